package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"bitline/workloads"
)

// randomData is a data set of random bytes and labels.
func randomData(shape workloads.Shape, classes, images int) *workloads.Dataset {
	random := rand.New(rand.NewPCG(7, 7))
	im := workloads.Images{Shape: shape}
	for range images {
		for range shape.Size() {
			im.Pixels = append(im.Pixels, uint8(random.IntN(256)))
		}
		im.Labels = append(im.Labels, uint8(random.IntN(classes)))
	}
	zero := make([]int32, shape.Channels)
	for c := range zero {
		zero[c] = int32(100 + 20*c)
	}
	return &workloads.Dataset{
		Name: "random", Copy: "seed 7", Classes: classes, Hash: "none",
		Input: workloads.InputCodes{Zero: zero, Scale: 1},
		Train: im, Validation: im.Slice(0, images/2), Test: im.Slice(images/2, images),
	}
}

// chain is a network of linear layers, all but the last rectified.
func chain(input workloads.Shape, outputs ...int) *workloads.Network {
	n := &workloads.Network{Name: "chain", Input: input}
	for i, out := range outputs {
		n.Layers = append(n.Layers, workloads.Layer{
			Name: fmt.Sprintf("fc%d", i+1), Kind: workloads.Linear, Outputs: out, ReLU: i < len(outputs)-1,
		})
	}
	return n
}

func newTestTrainer(t testing.TB, cfg Config, net *workloads.Network, data *workloads.Dataset) *Trainer {
	t.Helper()
	trainer, err := New(cfg, net, data)
	if err != nil {
		t.Fatal(err)
	}
	return trainer
}

// smallCase is a trainer of three small layers on three-channel images, with its
// twin and the whole data set as one batch.
func smallCase(t *testing.T, quantized bool) (*Trainer, twinNetwork, [][]float64, []uint8) {
	data := randomData(workloads.Shape{Height: 1, Width: 2, Channels: 3}, 3, 7)
	cfg := DefaultConfig()
	cfg.Batch = 7
	trainer := newTestTrainer(t, cfg, chain(data.Train.Shape, 5, 4, 3), data)
	twin := twinNetwork{quantized: quantized}
	for _, l := range chainOf(trainer).layers {
		tl := twinLayer{relu: l.relu}
		for i := range l.in {
			tl.w = append(tl.w, wide(l.weight.value[i*l.out:(i+1)*l.out]))
		}
		tl.b = wide(l.bias.value)
		twin.layers = append(twin.layers, tl)
	}
	var x [][]float64
	var labels []uint8
	for _, image := range trainer.order {
		var row []float64
		for i, p := range data.Train.Image(int(image)) {
			row = append(row, (float64(p)-float64(100+20*(i%3)))/128) // 2^(S−8) with S = 1
		}
		x = append(x, row)
		labels = append(labels, data.Train.Labels[image])
	}
	return trainer, twin, x, labels
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// TestTwinGradients checks the brute-force layers by central differences of the
// loss, whose error is of the order h² plus 1e-16/h.
func TestTwinGradients(t *testing.T) {
	_, twin, x, labels := smallCase(t, false)
	grads := twin.gradients(x, labels)
	const h = 1e-5
	check := func(name string, w *float64, got float64) {
		t.Helper()
		old := *w
		*w = old + h
		up := twin.loss(x, labels)
		*w = old - h
		down := twin.loss(x, labels)
		*w = old
		if want := (up - down) / (2 * h); math.Abs(got-want) > 1e-8 {
			t.Errorf("%s: gradient is %g, want %g", name, got, want)
		}
	}
	for k, l := range twin.layers {
		for i := range l.w {
			for j := range l.w[i] {
				check(fmt.Sprintf("layer %d w[%d][%d]", k, i, j), &l.w[i][j], grads[k].w[i][j])
			}
		}
		for j := range l.b {
			check(fmt.Sprintf("layer %d b[%d]", k, j), &l.b[j], grads[k].b[j])
		}
	}
}

// TestLayersAgreeWithTwin compares the float32 layers with the brute-force ones.
// The outputs agree exactly: every sum is one of a few products of 8-bit codes
// and stays below 2^24 units, so float32 rounds nothing before the quantizer.
func TestLayersAgreeWithTwin(t *testing.T) {
	trainer, twin, x, labels := smallCase(t, true)
	if err := trainer.step(); err != nil {
		t.Fatal(err)
	}
	values := twin.forward(x)
	for k, out := range chainOf(trainer).batch.outputs {
		for i := range x {
			for j, want := range values[k+1][i] {
				if got := float64(out.values[i*len(values[k+1][i])+j]); got != want {
					t.Errorf("layer %d image %d output %d: got %g, want %g", k, i, j, got, want)
				}
			}
		}
	}
	if got, want := trainer.sum/float64(len(x)), twin.loss(x, labels); math.Abs(got-want) > 1e-6 {
		t.Errorf("loss: got %g, want %g", got, want)
	}
	// The step has added the l1 gradient, α·sign(w)/P; w has moved by less than
	// its distance from zero, so that its sign is still the old one.
	pull := trainer.cfg.Pretrain.Strength / float64(trainer.Parameters())
	for k, g := range twin.gradients(x, labels) {
		l := chainOf(trainer).layers[k]
		for i := range g.w {
			for j, want := range g.w[i] {
				n := i*l.out + j
				checkGradient(t, fmt.Sprintf("%s[%d][%d]", l.weight.name, i, j), l.weight.gradient[n], want+math.Copysign(pull, twin.layers[k].w[i][j]))
			}
		}
		for j, want := range g.b {
			checkGradient(t, fmt.Sprintf("%s[%d]", l.bias.name, j), l.bias.gradient[j], want+math.Copysign(pull, twin.layers[k].b[j]))
		}
	}
}

func checkGradient(t *testing.T, name string, got float32, want float64) {
	t.Helper()
	if math.Abs(float64(got)-want) > 1e-6 {
		t.Errorf("%s: gradient is %g, want %g", name, got, want)
	}
}

func TestPixelTable(t *testing.T) {
	table := newPixelTable(workloads.InputCodes{Zero: []int32{0, 33}, Scale: 2})
	got := make([]float32, 4)
	table.load(got, []uint8{255, 33, 1, 0})
	// Steps of 2^(2−8) = 1/64.
	for i, want := range []float32{255. / 64, 0, 1. / 64, -33. / 64} {
		if got[i] != want {
			t.Errorf("value %d: got %g, want %g", i, got[i], want)
		}
	}
}

// chainOf is the chain of linear layers that a trainer trains.
func chainOf(t *Trainer) *perceptron { return t.body.(*perceptron) }

// accuracy is that of a trainer that can be exported.
func accuracy(t testing.TB, trainer *Trainer, images workloads.Images) float64 {
	t.Helper()
	a, err := trainer.Accuracy(images)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
