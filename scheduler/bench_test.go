package scheduler

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bitline/crossbar"
	"bitline/internal/config"
	"bitline/workloads"
)

// BenchmarkReplay is the speed of replays that count clips, on all processors and
// real images, beside that of the float32 pass of the same network on the same
// images: images a second of both, and their ratio. Laying out weights, runners
// and memory is outside of both; what of it a replay takes is setup-s.
//
// An iteration measures replay and float pass by turns, and rates are those of
// the median iteration: run it with a -benchtime of some iterations, such as 5x,
// and with -cpu 1 and -cpu 2 in processes of their own, since go test runs the
// first of several counts on as many cores as the benchmark before. cores says
// how many there were.
func BenchmarkReplay(b *testing.B) {
	for _, n := range []struct {
		name, data string
		images     int
		cases      []benchCase
	}{
		{"resnet-20", "cifar10", 512, benchCases()},
		{"vgg-11", "cifar10", 256, benchCases()},
		{"mlp-784-100-10", "mnist", 8192, benchCases()[1:2]},
	} {
		b.Run(n.name, func(b *testing.B) {
			data, err := workloads.Load(workloads.NewFinder("", os.Getenv), n.data)
			if err != nil {
				b.Skipf("skipped, for it is about real images: %v", err)
			}
			network := benchNetwork(b, n.name)
			for _, c := range n.cases {
				b.Run(c.name, func(b *testing.B) {
					weights := c.weights(network)
					model, err := weights.Quantize(workloads.Quantization{
						WeightBits: 8, Input: data.Input, Calibration: data.Calibration(64),
					})
					if err != nil {
						b.Fatal(err)
					}
					c.check(b, model)
					benchReplay(b, data.Test.Slice(0, n.images), weights, model, c.bits)
				})
			}
		})
	}
}

// benchCase is a way to draw weights, and the resolutions of their slices.
type benchCase struct {
	name   string
	bits   []int
	shares []float64 // of non-zero digits by slice, nil for dense weights
}

func benchCases() []benchCase {
	return []benchCase{
		{"9bit", []int{9, 9, 9, 9}, nil},
		{"5bit", []int{5, 5, 5, 5}, nil},
		{"sparse-3331bit", []int{3, 3, 3, 1}, []float64{0.10, 0.06, 0.02, 0.005}},
	}
}

func benchNetwork(b *testing.B, name string) *workloads.Network {
	b.Helper()
	table, err := config.Load(config.Source{Kind: "networks"}, "../configs/networks/"+name+".toml", nil)
	if err != nil {
		b.Fatal(err)
	}
	return workloads.ReadNetwork(table)
}

// weights are the case's for a network.
func (c benchCase) weights(n *workloads.Network) *workloads.Float {
	f := workloads.RandomFloat(n, 1)
	if c.shares == nil {
		return f
	}
	for i := range f.Layers {
		f.Layers[i].Weights = sparseWeights(rand.New(rand.NewPCG(2, uint64(i))), &f.Layers[i], c.shares)
	}
	return f
}

// sparseWeights draws magnitudes whose digit of each slice is not zero with the
// given share, and signs, and scales them by a power of two to about the variance
// 2/rows of RandomFloat.
func sparseWeights(r *rand.Rand, l *workloads.FloatLayer, shares []float64) []float32 {
	codes := make([]int, l.Rows*l.Columns)
	squares := 0.0
	for i := range codes {
		for slice, share := range shares {
			if r.Float64() < share {
				codes[i] |= (1 + r.IntN(3)) << (2 * slice)
			}
		}
		if i == 0 {
			codes[i] |= 129 // above 2^7, so that the scale is that of 8-bit codes
		}
		if r.IntN(2) == 0 {
			codes[i] = -codes[i]
		}
		squares += float64(codes[i] * codes[i])
	}
	scale := math.Round(math.Log2(math.Sqrt(2 * float64(l.Columns) / squares)))
	weights := make([]float32, len(codes))
	for i, code := range codes {
		weights[i] = float32(math.Ldexp(float64(code), int(scale)))
	}
	return weights
}

// check compares a model's shares of non-zero digits with those that were to be
// drawn: within a tenth, and three standard deviations of the draw.
func (c benchCase) check(b *testing.B, m *workloads.Model) {
	b.Helper()
	_, pooled := m.Sparsity(2)
	for slice, want := range c.shares {
		slack := 0.1*want + 3*math.Sqrt(want/float64(pooled.Weights.Parameters))
		if got := pooled.Weights.Share(slice); math.Abs(got-want) > slack {
			b.Fatalf("slice %d: share of non-zero digits is %g, want about %g", slice, got, want)
		}
	}
}

// benchReplay measures a model's replay and the float pass.
func benchReplay(b *testing.B, images workloads.Images, weights *workloads.Float, model *workloads.Model, bits []int) {
	chip := replayChip(crossbar.DefaultEncoding(), bits...)
	chip.Crossbar.Wordlines = 128
	start := time.Now()
	r, err := NewReplayer(chip, model)
	if err != nil {
		b.Fatal(err)
	}
	plan := Plan{Statistics: crossbar.Clips, NoReference: true, Bits: slices.Repeat([][]int{bits}, len(model.Layers))}
	p, err := r.prepare(images, plan)
	if err != nil {
		b.Fatal(err)
	}
	setup := time.Since(start).Seconds()
	f := newFloatPass(weights, model.Input)
	replay := func() {
		if _, err := p.run(context.Background(), nil); err != nil {
			b.Fatal(err)
		}
	}
	float := func() { f.run(images) }
	replay() // memory is touched outside of what is measured
	float()
	var replays, floats []float64
	for b.Loop() {
		replays, floats = append(replays, seconds(replay)), append(floats, seconds(float))
	}
	own, other := float64(images.Len())/median(replays), float64(images.Len())/median(floats)
	b.ReportMetric(own, "img/s")
	b.ReportMetric(other, "float-img/s")
	b.ReportMetric(own/other, "ratio")
	b.ReportMetric(setup, "setup-s")
	b.ReportMetric(float64(runtime.GOMAXPROCS(0)), "cores")
	b.ReportMetric(0, "ns/op") // of both passes, so of no use
}

func seconds(do func()) float64 {
	start := time.Now()
	do()
	return time.Since(start).Seconds()
}

func median(v []float64) float64 {
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// floatPass is workloads.Float.Forward with weights laid out and memory made
// beforehand, as a prepared replay's are.
type floatPass struct{ executors []*workloads.FloatExecutor }

func newFloatPass(f *workloads.Float, input workloads.InputCodes) floatPass {
	var p floatPass
	for range runtime.GOMAXPROCS(0) {
		p.executors = append(p.executors, f.NewExecutor(input))
	}
	return p
}

func (p floatPass) run(images workloads.Images) {
	const batch = 64 // as Forward's
	var next atomic.Int64
	var wait sync.WaitGroup
	for _, e := range p.executors {
		wait.Go(func() {
			for from := int(next.Add(batch)) - batch; from < images.Len(); from = int(next.Add(batch)) - batch {
				e.Run(images.Slice(from, min(from+batch, images.Len())))
			}
		})
	}
	wait.Wait()
}
