package train

import (
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"testing"

	"bitline/configs"
	"bitline/internal/config"
	"bitline/workloads"
)

// residualNetwork has each kind of layer that ResNet-20 has, in odd sizes.
func residualNetwork() *workloads.Network {
	return &workloads.Network{Name: "residual", Input: workloads.Shape{Height: 5, Width: 6, Channels: 2}, Layers: []workloads.Layer{
		{Name: "conv1", Kind: workloads.Conv, Outputs: 3, Kernel: 3, Stride: 1, Padding: 1, ReLU: true, BatchNorm: true, NoBias: true},
		{Name: "conv2", Kind: workloads.Conv, Outputs: 5, Kernel: 3, Stride: 2, Padding: 1, ReLU: true, BatchNorm: true, NoBias: true},
		{Name: "shortcut", Kind: workloads.Conv, Outputs: 5, Kernel: 1, Stride: 2, Input: "conv1", BatchNorm: true, NoBias: true, Residual: true},
		{Name: "conv3", Kind: workloads.Conv, Outputs: 5, Kernel: 3, Stride: 1, Padding: 1, Input: "conv2", ReLU: true, BatchNorm: true, NoBias: true, Add: "shortcut"},
		{Name: "conv4", Kind: workloads.Conv, Outputs: 5, Kernel: 3, Stride: 1, Padding: 1, ReLU: true, BatchNorm: true, NoBias: true, Add: "conv3"},
		{Name: "pool", Kind: workloads.GlobalPool},
		{Name: "fc", Kind: workloads.Linear, Outputs: 3},
	}}
}

// plainNetwork has what LeNet-5 and VGG-11 have, and windows that overlap.
func plainNetwork() *workloads.Network {
	return &workloads.Network{Name: "plain", Input: workloads.Shape{Height: 7, Width: 6, Channels: 1}, Layers: []workloads.Layer{
		{Name: "conv1", Kind: workloads.Conv, Outputs: 4, Kernel: 3, Stride: 1, Padding: 1, ReLU: true},
		{Name: "pool1", Kind: workloads.MaxPool, Kernel: 3, Stride: 2, Padding: 1},
		{Name: "conv2", Kind: workloads.Conv, Outputs: 3, Kernel: 2, Stride: 1, Padding: 1, ReLU: false},
		{Name: "pool2", Kind: workloads.AvgPool, Kernel: 2, Stride: 2},
		{Name: "fc1", Kind: workloads.Linear, Outputs: 5, ReLU: true},
		{Name: "fc2", Kind: workloads.Linear, Outputs: 3},
	}}
}

func graphConfig(batch int) Config {
	cfg := DefaultConfig()
	cfg.Batch, cfg.Workers = batch, 2
	cfg.Pretrain = Phase{Epochs: 2, Method: None}
	cfg.Finetune = Phase{Epochs: 1, Method: BitSliceL1, Strength: 0.1}
	return cfg
}

// graphOf is the graph that a trainer trains.
func graphOf(t *Trainer) *graph { return t.body.(*graph) }

// stir gives the parameters that begin as ones and zeros values of their own.
func stir(trainer *Trainer) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, p := range trainer.params {
		for i := range p.value {
			if p.kind != weightParam {
				p.value[i] += float32(0.2 * random.NormFloat64())
			}
		}
		p.measure()
	}
}

// twinOf copies a trainer's parameters.
func twinOf(t *testing.T, trainer *Trainer, quantized bool) *twinGraph {
	t.Helper()
	steps, err := trainer.net.Graph()
	if err != nil {
		t.Fatal(err)
	}
	g := &twinGraph{
		steps: steps, params: map[string][]float64{}, quantized: quantized, scales: map[string]int{}, bits: trainer.cfg.WeightBits,
		noted: map[string][]float64{}, open: map[string][]bool{}, most: map[string][]int{},
	}
	for _, p := range trainer.params {
		g.params[p.name] = wide(p.value)
	}
	return g
}

// cubes are the first images of a batch as the twin wants them.
func cubes(data *workloads.Dataset, order []int32) (x []cube, labels []uint8) {
	for _, i := range order {
		c := newCube(data.Train.Shape)
		image := data.Train.Image(int(i))
		for at, p := range image {
			channel, pixel := at%len(c), at/len(c)
			v := (float64(p) - float64(data.Input.Zero[channel])) * math.Pow(2, float64(data.Input.Scale-8))
			c[channel][pixel/data.Train.Shape.Width][pixel%data.Train.Shape.Width] = v
		}
		x, labels = append(x, c), append(labels, data.Train.Labels[i])
	}
	return x, labels
}

// TestSmoothing: of two classes with logits ln 3 and 0, probabilities 3/4 and 1/4, a
// label smoothed by 0.2 counts 0.9 and 0.1: the loss is −0.9·ln(3/4) − 0.1·ln(1/4), its
// gradient 0.75 − 0.9 and 0.25 − 0.1.
func TestSmoothing(t *testing.T) {
	gradient := make([]float32, 2)
	got := crossEntropy([]float32{float32(math.Log(3)), 0}, gradient, []uint8{0}, 0.2)
	if want := -0.9*math.Log(0.75) - 0.1*math.Log(0.25); math.Abs(got-want) > 1e-6 {
		t.Errorf("loss is %g, want %g", got, want)
	}
	for i, want := range []float64{-0.15, 0.15} {
		if math.Abs(float64(gradient[i])-want) > 1e-6 {
			t.Errorf("gradient %d is %g, want %g", i, gradient[i], want)
		}
	}
}

// TestGraphGradients compares the gradients of all parameters with central
// differences of the twin's loss: true ones with the quantizers off, straight
// through with them on. A weight of each matrix lies in the corner |w| = 2^S.
func TestGraphGradients(t *testing.T) {
	for _, net := range []*workloads.Network{residualNetwork(), plainNetwork()} {
		for _, exact := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s exact=%t", net.Name, exact), func(t *testing.T) {
				data := randomData(net.Input, 3, 6)
				trainer := newTestTrainer(t, graphConfig(6), net, data)
				stir(trainer)
				for _, p := range trainer.params {
					if p.kind == weightParam {
						p.value[1] = float32(math.Ldexp(1, scaleOf(p.largest))) // code 2^bits, which clamps
						p.measure()
					}
				}
				g := graphOf(trainer)
				g.exact = exact
				twin := twinOf(t, trainer, !exact)
				logits, gradient, err := g.forward(trainer.order, trainer.at)
				if err != nil {
					t.Fatal(err)
				}
				for _, u := range g.units {
					twin.scales[u.Name] = u.scale
				}
				x, labels := cubes(data, trainer.order)
				want, outputs := twin.loss(x, labels)
				if got := crossEntropy(logits, gradient, labels, 0); math.Abs(got-want) > 1e-5 {
					t.Fatalf("loss is %g, want %g", got, want)
				}
				checkOutputs(t, g, outputs)
				g.backward(len(labels))
				for _, p := range trainer.params {
					values := twin.params[p.name]
					for i := range values {
						const h = 1e-5
						old := values[i]
						values[i] = old + h
						up, _ := twin.loss(x, labels)
						values[i] = old - h
						down, _ := twin.loss(x, labels)
						values[i] = old
						want := (up - down) / (2 * h)
						if got := float64(p.gradient[i]); math.Abs(got-want) > 1e-6+1e-4*math.Abs(want) {
							t.Fatalf("%s[%d]: gradient is %g, want %g", p.name, i, got, want)
						}
					}
				}
			})
		}
	}
}

// checkOutputs compares the outputs of every layer. Codes could differ where a
// value lies next to a tie; with these seeds none does.
func checkOutputs(t *testing.T, g *graph, outputs map[string][]cube) {
	t.Helper()
	for _, u := range g.units {
		for n, image := range outputs[u.Name] {
			for c := range image {
				for y := range image[c] {
					for x, want := range image[c][y] {
						got := float64(u.y.data[u.y.plane(y*u.Out.Width+x)+n*u.y.pitch+c])
						if math.Abs(got-want) > 1e-5 {
							t.Fatalf("layer %s, image %d, channel %d at %d, %d: output is %g, want %g", u.Name, n, c, y, x, got, want)
						}
					}
				}
			}
		}
	}
}

// TestKernel compares the three products of a convolution with sums written out,
// for small kernels and those that are cut by weight. The values are small
// integers, so that all sums are exact.
func TestKernel(t *testing.T) {
	for _, s := range []struct {
		in                            workloads.Shape
		outputs, size, stride, padded int
		images                        int
	}{
		{workloads.Shape{Height: 4, Width: 5, Channels: 3}, 6, 3, 1, 1, 5},
		{workloads.Shape{Height: 7, Width: 6, Channels: 17}, 33, 3, 2, 1, 66},
		{workloads.Shape{Height: 5, Width: 5, Channels: 16}, 48, 1, 2, 0, 3},
		{workloads.Shape{Height: 6, Width: 5, Channels: 2}, 4, 4, 3, 2, 2},
		{workloads.Shape{Height: 2, Width: 2, Channels: 96}, 160, 3, 1, 1, 4},  // by weight
		{workloads.Shape{Height: 3, Width: 2, Channels: 130}, 121, 3, 2, 1, 2}, // by weight, padded columns
	} {
		t.Run(fmt.Sprintf("%s to %d, %d/%d", s.in, s.outputs, s.size, s.stride), func(t *testing.T) {
			net := &workloads.Network{Name: "n", Input: s.in, Layers: []workloads.Layer{
				{Name: "c", Kind: workloads.Conv, Outputs: s.outputs, Kernel: s.size, Stride: s.stride, Padding: s.padded},
				{Name: "f", Kind: workloads.Linear, Outputs: 2},
			}}
			steps, err := net.Graph()
			if err != nil {
				t.Fatal(err)
			}
			step := &steps[0]
			random := rand.New(rand.NewPCG(5, 6))
			x, dx := newTensor(s.in, pitchOf(s.in.Channels), s.images), newTensor(s.in, pitchOf(s.in.Channels), s.images)
			z, dz := newTensor(step.Out, pitchOf(s.outputs), s.images), newTensor(step.Out, pitchOf(s.outputs), s.images)
			fillTensor(&x, random)
			fillTensor(&dz, random)
			k := newKernel(step, x.pitch, true, 2)
			w, dw := make([]float32, k.rows()*s.outputs), make([]float32, k.rows()*s.outputs)
			for i := range w {
				w[i] = float32(random.IntN(7) - 3)
			}
			k.pack(w)
			k.product(&z, &x)
			k.inputGradient(&dx, &dz, false)
			k.inputGradient(&dx, &dz, true)
			k.weightGradient(dw, &dz, &x)
			wantZ, wantX, wantW := make([]float32, len(z.data)), make([]float32, len(x.data)), make([]float32, len(w))
			for oy := range step.Out.Height {
				for ox := range step.Out.Width {
					for tap := range s.size * s.size {
						iy, ix := oy*s.stride+tap/s.size-s.padded, ox*s.stride+tap%s.size-s.padded
						if iy < 0 || ix < 0 || iy >= s.in.Height || ix >= s.in.Width {
							continue
						}
						for n := range s.images {
							for c := range s.in.Channels {
								for o := range s.outputs {
									at, to := ((iy*s.in.Width+ix)*s.images+n)*x.pitch+c, ((oy*step.Out.Width+ox)*s.images+n)*z.pitch+o
									weight := (tap*s.in.Channels+c)*s.outputs + o
									wantZ[to] += x.data[at] * w[weight]
									wantX[at] += 2 * dz.data[to] * w[weight]
									wantW[weight] += x.data[at] * dz.data[to]
								}
							}
						}
					}
				}
			}
			same(t, "output", z.data, wantZ)
			same(t, "input gradient", dx.data, wantX)
			same(t, "weight gradient", dw, wantW)
		})
	}
}

// fillTensor draws small integers for the channels and leaves the rest 0.
func fillTensor(x *tensor, random *rand.Rand) {
	for at := 0; at < len(x.data); at += x.pitch {
		for c := range x.shape.Channels {
			x.data[at+c] = float32(random.IntN(7) - 3)
		}
	}
}

func same(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i, w := range want {
		if got[i] != w {
			t.Fatalf("%s %d is %g, want %g", what, i, got[i], w)
		}
	}
}

// network reads one of the project's networks.
func network(t testing.TB, name string) *workloads.Network {
	t.Helper()
	content, err := fs.ReadFile(configs.Files(), "networks/"+name+".toml")
	if err != nil {
		t.Fatal(err)
	}
	table, err := config.Parse(name, content, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := workloads.ReadNetwork(table)
	if err := table.Finish(); err != nil {
		t.Fatal(err)
	}
	return n
}
