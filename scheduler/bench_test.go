package scheduler

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bitline/adc"
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
	p, err := r.prepare(images, []Plan{plan})
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

// BenchmarkRunMany is the time of many plans in one pass over real images, as a
// share of that of separate runs of the same plans, preparations included, by
// turns: times shorter.
func BenchmarkRunMany(b *testing.B) {
	for _, c := range []struct {
		name, network, data string
		images              int
		plans               func(b *testing.B, r *Replayer, d *workloads.Dataset) []Plan
	}{
		{"mlp-refitted-or-not", "mlp-784-100-10", "mnist", 8192, refittedOrNot},
		{"resnet-20-refitted-or-not", "resnet-20", "cifar10", 64, refittedOrNot},
		{"resnet-20-each-layer-lower", "resnet-20", "cifar10", 64, func(_ *testing.B, r *Replayer, _ *workloads.Dataset) []Plan {
			plans := []Plan{{Bits: slices.Repeat([][]int{{5, 5, 5, 5}}, len(r.layers))}}
			for i := range r.layers {
				p := Plan{Bits: slices.Clone(plans[0].Bits)}
				p.Bits[i] = []int{4, 4, 4, 4}
				plans = append(plans, p)
			}
			return plans
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			r, data := benchReplayer(b, c.network, c.data)
			images := data.Test.Slice(0, c.images)
			plans := c.plans(b, r, data)
			for i := range plans {
				plans[i].Statistics = crossbar.Clips
			}
			run := func(plans []Plan) {
				if _, err := r.RunMany(context.Background(), images, plans, nil); err != nil {
					b.Fatal(err)
				}
			}
			run(plans[:1])
			var many, separate []float64
			for b.Loop() {
				many = append(many, seconds(func() { run(plans) }))
				separate = append(separate, seconds(func() {
					for i := range plans {
						run(plans[i : i+1])
					}
				}))
			}
			b.ReportMetric(float64(len(plans)), "plans")
			b.ReportMetric(median(many), "many-s")
			b.ReportMetric(median(separate), "separate-s")
			b.ReportMetric(median(separate)/median(many), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// refittedOrNot is four resolutions with the model's output stages and with
// refitted ones.
func refittedOrNot(b *testing.B, r *Replayer, data *workloads.Dataset) (plans []Plan) {
	for _, bits := range [][]int{{9, 9, 9, 9}, {5, 5, 5, 3}, {4, 4, 4, 2}, {3, 3, 3, 1}} {
		p := Plan{Bits: slices.Repeat([][]int{bits}, len(r.layers)), NoReference: true}
		affines, err := r.Recalibrate(context.Background(), p.Bits, data.Calibration(32))
		if err != nil {
			b.Fatal(err)
		}
		refitted := p
		refitted.Affines = affines
		plans = append(plans, p, refitted)
	}
	return plans
}

// benchReplayer is a network with random weights, calibrated on real images.
func benchReplayer(b *testing.B, network, set string) (*Replayer, *workloads.Dataset) {
	data, err := workloads.Load(workloads.NewFinder("", os.Getenv), set)
	if err != nil {
		b.Skipf("skipped, for it is about real images: %v", err)
	}
	model, err := workloads.RandomFloat(benchNetwork(b, network), 1).Quantize(workloads.Quantization{
		WeightBits: 8, Input: data.Input, Calibration: data.Calibration(64),
	})
	if err != nil {
		b.Fatal(err)
	}
	chip := replayChip(crossbar.DefaultEncoding(), 9)
	chip.Crossbar.Wordlines = 128
	r, err := NewReplayer(chip, model)
	if err != nil {
		b.Fatal(err)
	}
	return r, data
}

// BenchmarkSearch is the time in which a search finds the resolutions for a loss
// budget, as a share of that of the same descent without memory, which replays
// every table from the images on: times shorter, of one round each. Both begin by
// counting every sum under converters that cannot clip, which takes observe-s.
// Images are labelled with what the network sees in them.
func BenchmarkSearch(b *testing.B) {
	for _, c := range []struct {
		name, network, data string
		images              int
		recalibrate         adc.Recalibration
	}{
		{"mlp", "mlp-784-100-10", "mnist", 500, adc.NoRecalibration},
		{"mlp-refitted", "mlp-784-100-10", "mnist", 500, adc.AffineRecalibration},
		{"lenet-5", "lenet-5", "mnist", 100, adc.NoRecalibration},
		{"lenet-5-refitted", "lenet-5", "mnist", 100, adc.AffineRecalibration},
		{"resnet-20", "resnet-20", "cifar10", 16, adc.NoRecalibration},
	} {
		b.Run(c.name, func(b *testing.B) {
			r, data := benchReplayer(b, c.network, c.data)
			r.chip.ADC.Auto, r.chip.ADC.Budget, r.chip.ADC.Recalibrate = adc.LossBudget, 0.05, c.recalibrate
			images := data.Calibration(c.images)
			images.Labels = slices.Clone(images.Labels)
			labelled(b, r, images)
			worst, err := r.WorstCaseBits()
			if err != nil {
				b.Fatal(err)
			}
			var observed, quick, long []float64
			for b.Loop() {
				observed = append(observed, seconds(func() {
					if _, err := r.Run(context.Background(), images, Plan{Bits: worst}, nil); err != nil {
						b.Fatal(err)
					}
				}))
				var fast, slow [][]int
				quick = append(quick, seconds(func() {
					var err error
					if fast, err = r.SearchBits(context.Background(), images); err != nil {
						b.Fatal(err)
					}
				}))
				long = append(long, seconds(func() { slow = slowSearch(b, r, images) }))
				if !reflect.DeepEqual(fast, slow) {
					b.Errorf("tables differ: %v, want %v", fast, slow)
				}
			}
			b.ReportMetric(median(observed), "observe-s")
			b.ReportMetric(median(quick), "search-s")
			b.ReportMetric(median(long), "slow-s")
			b.ReportMetric(median(long)/median(quick), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
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
