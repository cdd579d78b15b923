package workloads

import (
	"strings"
	"testing"
)

func TestPlan(t *testing.T) {
	n := &Network{Name: "n", Input: Shape{Height: 4, Width: 6, Channels: 1}, Layers: []Layer{
		{Name: "a", Kind: Conv, Outputs: 3, Kernel: 3, Stride: 2, Padding: 1},
		{Name: "p", Kind: MaxPool, Kernel: 2, Stride: 1},
		{Name: "b", Kind: Conv, Outputs: 3, Kernel: 1, Stride: 1, Input: "a", Add: "a"},
		{Name: "f", Kind: Linear, Outputs: 2, Input: "b"},
		{Name: "g", Kind: Linear, Outputs: 2, Input: "p", Add: "f"},
	}}
	steps, err := n.Plan()
	if err != nil {
		t.Fatal(err)
	}
	small := Shape{Height: 2, Width: 3, Channels: 3} // (4 + 2 − 3)/2 + 1 by (6 + 2 − 3)/2 + 1
	pooled, two := Shape{Height: 1, Width: 2, Channels: 3}, Shape{Height: 1, Width: 1, Channels: 2}
	want := []Step{
		{Matrix: 0, From: Image, Adds: Nothing, In: n.Input, Out: small, Window: Window{3, 3, 2, 1}},
		{Matrix: Nothing, From: 0, Adds: Nothing, In: small, Out: pooled, Window: Window{2, 2, 1, 0}},
		{Matrix: 1, From: 0, Adds: 0, In: small, Out: small, Window: Window{1, 1, 1, 0}},
		{Matrix: 2, From: 2, Adds: Nothing, In: small, Out: two, Window: Window{2, 3, 1, 0}},
		{Matrix: 3, From: 1, Adds: 3, In: pooled, Out: two, Window: Window{1, 2, 1, 0}},
	}
	for i, w := range want {
		w.Layer = n.Layers[i]
		if steps[i] != w {
			t.Errorf("step %d is %+v of %s, want %+v of %s", i, steps[i], steps[i].Name, w, w.Name)
		}
	}
	n.Layers[2].Add, n.Layers[3].Input = "z", "y"
	_, err = n.Plan()
	for _, fault := range []string{`layer "b": add is "z", which is no layer`, `layer "f": input is "y", which is no layer`} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("error is %v, want one that contains %s", err, fault)
		}
	}
}

// TestWeightScales: a scale one higher than the largest weight's gives half the
// codes, one lower clamps them.
func TestWeightScales(t *testing.T) {
	f := &Float{
		Network: &Network{Name: "n", Input: Shape{Height: 1, Width: 2, Channels: 1}, Layers: []Layer{{Name: "f", Kind: Linear, Outputs: 2, NoBias: true}}},
		Layers:  []FloatLayer{{Rows: 2, Columns: 2, Weights: []float32{0.75, -0.5, 0.25, 0.125}}},
	}
	images := Images{Shape: f.Network.Input, Pixels: []uint8{200, 100}, Labels: []uint8{0}}
	q := Quantization{WeightBits: 4, Input: InputCodes{Zero: []int32{0}, Scale: 8}, Calibration: images}
	for _, tt := range []struct {
		name   string
		scales []int
		scale  int
		want   [4]int16
	}{
		{"own", nil, 0, [4]int16{12, -8, 4, 2}},
		{"wider", []int{1}, 1, [4]int16{6, -4, 2, 1}},
		{"narrower", []int{-1}, -1, [4]int16{15, -15, 8, 4}},
	} {
		q.WeightScales = tt.scales
		m, err := f.Quantize(q)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if l := m.Layers[0]; l.Scale != tt.scale || [4]int16(l.Codes) != tt.want {
			t.Errorf("%s: scale %d and codes %v, want %d and %v", tt.name, l.Scale, l.Codes, tt.scale, tt.want)
		}
	}
	q.WeightScales = []int{0, 0}
	if _, err := f.Quantize(q); err == nil || err.Error() != "weight scales are 2, want one for each of 1 layers" {
		t.Errorf("error of two scales is %v", err)
	}
}
