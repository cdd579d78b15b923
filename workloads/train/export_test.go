package train

import (
	"math"
	"testing"

	"bitline/workloads"
)

// integers runs a model on one image with plain integer loops and float64
// rounding: all numbers stay below 2^53. It returns the outputs' unrounded v and
// the codes of the hidden layer.
func integers(m *workloads.Model, image []uint8) (v []float64, hidden []int64) {
	x := make([]int64, len(image))
	for i, p := range image {
		x[i] = int64(p) - int64(m.Input.Zero[i%len(m.Input.Zero)])
	}
	for k, l := range m.Layers {
		v = make([]float64, l.Columns)
		y := make([]int64, l.Columns)
		for n := range y {
			acc := int64(0)
			for r, xr := range x {
				acc += int64(l.Codes[r*l.Columns+n]) * xr
			}
			v[n] = float64(acc*l.Affine.M[n] + l.Affine.B[n])
			y[n] = int64(math.RoundToEven(v[n] / math.Pow(2, float64(l.Affine.F))))
			low := int64(-255)
			if m.Network.Layers[k].ReLU {
				low = 0
			}
			y[n] = max(low, min(255, y[n]))
		}
		if x = y; k == 0 {
			hidden = y
		}
	}
	return v, hidden
}

// TestModelIsTheTrainedNetwork compares the integers of an exported model with
// the float32 evaluation, image by image. On digits all sums are multiples of a
// power of two below 2^24 of it, so that both agree exactly.
func TestModelIsTheTrainedNetwork(t *testing.T) {
	data := digits(t)
	for _, bits := range []int{8, 5} {
		cfg := quick()
		cfg.WeightBits = bits
		trainer := newTestTrainer(t, cfg, chain(data.Train.Shape, 32, 10), data)
		run(t, trainer)
		m, err := trainer.Model()
		if err != nil {
			t.Fatal(err)
		}
		if m.WeightBits != bits || len(m.Layers) != 2 {
			t.Fatalf("model has %d bits and %d layers, want %d and 2", m.WeightBits, len(m.Layers), bits)
		}
		scales := chainOf(trainer).calibrate(data.Calibration(1000))
		chainOf(trainer).evaluate(data.Test, 0, data.Test.Len(), scales)
		right := 0
		for i := range data.Test.Len() {
			v, hidden := integers(m, data.Test.Image(i))
			for n, code := range hidden {
				got := float64(chainOf(trainer).eval.outputs[0].values[i*32+n])
				if want := float64(code) * math.Pow(2, float64(m.Layers[0].OutScale-8)); got != want {
					t.Fatalf("%d bits, image %d, hidden %d: training has %g, the model %g", bits, i, n, got, want)
				}
			}
			best := 0
			for n := range v {
				got := float64(chainOf(trainer).eval.outputs[1].values[i*10+n])
				want := v[n] * math.Pow(2, float64(m.Layers[1].OutScale-8-m.Layers[1].Affine.F))
				if got != want {
					t.Fatalf("%d bits, image %d, output %d: training has %g, the model %g", bits, i, n, got, want)
				}
				if v[n] > v[best] {
					best = n
				}
			}
			if best == int(data.Test.Labels[i]) {
				right++
			}
		}
		if got, want := accuracy(t, trainer, data.Test), float64(right)/float64(data.Test.Len()); got != want {
			t.Errorf("%d bits: accuracy is %g, the model's %g", bits, got, want)
		}
		for _, l := range m.Layers {
			for i, c := range l.Codes {
				if int(c) >= 1<<bits || int(c) <= -(1<<bits) {
					t.Fatalf("%d bits: weight code %d is %d", bits, i, c)
				}
			}
		}
	}
}

// TestOutputScales checks that no calibration output exceeds its scale and that
// half of it would be too small.
func TestOutputScales(t *testing.T) {
	data := digits(t)
	trainer := newTestTrainer(t, quick(), chain(data.Train.Shape, 16, 10), data)
	run(t, trainer)
	m, err := trainer.Model()
	if err != nil {
		t.Fatal(err)
	}
	var top float64
	for i := range 1000 {
		v, _ := integers(m, data.Train.Image(i))
		for _, x := range v {
			top = max(top, math.Abs(x)*math.Pow(2, -float64(m.Layers[1].Affine.F)))
		}
	}
	if top > 256 || top <= 128 {
		t.Errorf("the largest output code is %g, want above 128 and at most 256", top)
	}
}

func TestOrigin(t *testing.T) {
	data := digits(t)
	net := chain(data.Train.Shape, 4, 10)
	tests := []struct {
		name      string
		pretrain  Phase
		threshold float64
		finetune  Phase
		steps     int // 0: to the end
		method    string
		strength  float64
		epochs    int
	}{
		{name: "dense", pretrain: Phase{Epochs: 1, Method: None}, method: "dense", epochs: 1},
		{name: "pre-trained", pretrain: Phase{Epochs: 1, Method: L1, Strength: 2}, method: "l1", strength: 2, epochs: 1},
		{name: "pruned", pretrain: Phase{Epochs: 1, Method: L1, Strength: 2}, threshold: 0.1, method: "pruned", strength: 0.1, epochs: 1},
		{name: "pruned and tuned", pretrain: Phase{Epochs: 1, Method: L1, Strength: 2}, threshold: 0.1, finetune: Phase{Epochs: 1, Method: None, Strength: 0}, method: "pruned", strength: 0.1, epochs: 2},
		{name: "fine-tuned", pretrain: Phase{Epochs: 1, Method: L1, Strength: 2}, threshold: 0.1, finetune: Phase{Epochs: 1, Method: BitSliceL1, Strength: 0.5}, method: "bitslice-l1", strength: 0.5, epochs: 2},
		{name: "stopped", pretrain: Phase{Epochs: 1, Method: L1, Strength: 2}, threshold: 0.1, finetune: Phase{Epochs: 1, Method: BitSliceL1, Strength: 0.5}, steps: 5, method: "l1", strength: 2},
		{name: "stopped later", pretrain: Phase{Epochs: 1, Method: L1, Strength: 2}, finetune: Phase{Epochs: 2, Method: BitSliceL1, Strength: 0.5}, steps: 40, method: "bitslice-l1", strength: 0.5, epochs: 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := quick()
			cfg.Pretrain, cfg.PruneThreshold, cfg.Finetune = tt.pretrain, tt.threshold, tt.finetune
			if cfg.Finetune.Method == "" {
				cfg.Finetune.Method = None
			}
			trainer := newTestTrainer(t, cfg, net, data)
			if tt.steps > 0 {
				runSteps(t, trainer, tt.steps)
			} else {
				run(t, trainer)
			}
			m, err := trainer.Model()
			if err != nil {
				t.Fatal(err)
			}
			o := m.Origin
			if o.Method != tt.method || o.Strength != tt.strength || o.Epochs != tt.epochs {
				t.Errorf("method %s, strength %g, %d epochs, want %s, %g, %d", o.Method, o.Strength, o.Epochs, tt.method, tt.strength, tt.epochs)
			}
			if o.Seed != 1 || o.DataHash != data.Hash || o.Calibration != data.Calibration(1000).Hash() || o.KernelClass == "" {
				t.Errorf("origin is %+v, want seed 1, the hashes of the data and a kernel class", o)
			}
		})
	}
}
