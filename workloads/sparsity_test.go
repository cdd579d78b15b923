package workloads

import (
	"fmt"
	"math"
	"testing"
)

// TestSparsity counts by hand on cells of 2 bits, 8 bits a code:
// 0 → 0000, 1 → 1000, −4 → 0100, 255 → 3333, −192 → 0003, slice 0 first.
func TestSparsity(t *testing.T) {
	m := &Model{
		Network:    &Network{Layers: []Layer{{Name: "a", Kind: Linear}, {Name: "b", Kind: Linear}}},
		WeightBits: 8,
		Layers: []LayerWeights{
			{Codes: []int16{0, 1, -4, 255}, Bias: []int16{-192}},
			{Codes: []int16{-1, 0}, Bias: []int16{0}},
		},
	}
	layers, pooled := m.Sparsity(2)
	tests := []struct {
		name       string
		got        SliceCounts
		parameters int
		nonZero    []int
	}{
		{"a weights", layers[0].Weights, 4, []int{2, 2, 1, 1}},
		{"a with biases", layers[0].WithBiases, 5, []int{2, 2, 1, 2}},
		{"b weights", layers[1].Weights, 2, []int{1, 0, 0, 0}},
		{"b with biases", layers[1].WithBiases, 3, []int{1, 0, 0, 0}},
		{"pooled weights", pooled.Weights, 6, []int{3, 2, 1, 1}},
		{"pooled with biases", pooled.WithBiases, 8, []int{3, 2, 1, 2}},
	}
	for _, tt := range tests {
		if tt.got.Parameters != tt.parameters || fmt.Sprint(tt.got.NonZero) != fmt.Sprint(tt.nonZero) {
			t.Errorf("%s: got %+v, want %d parameters and %v", tt.name, tt.got, tt.parameters, tt.nonZero)
		}
	}
	if layers[0].Layer != "a" || layers[1].Layer != "b" || pooled.Layer != "" {
		t.Errorf("layers are %q, %q and %q, want a, b and none", layers[0].Layer, layers[1].Layer, pooled.Layer)
	}
	if got := pooled.WithBiases.Share(3); got != 0.25 {
		t.Errorf("share of slice 3 is %g, want 0.25", got)
	}
	if got := pooled.WithBiases.Average(); math.Abs(got-0.25) > 1e-15 { // (3 + 2 + 1 + 2)/8/4
		t.Errorf("average is %g, want 0.25", got)
	}
}

// TestSparsityWidths has weights of 4 bits, 2 slices, with biases of 4 slices.
// A layer without biases has no parameters of theirs, unless something was folded into
// the place that they have.
func TestSparsityWithoutBiases(t *testing.T) {
	for _, tt := range []struct {
		layer      Layer
		bias       int16
		parameters int
	}{
		{Layer{Kind: Linear}, 0, 3}, {Layer{Kind: Linear, NoBias: true}, 0, 2}, {Layer{Kind: Linear, BatchNorm: true}, 0, 2}, {Layer{Kind: Linear, NoBias: true}, 5, 3},
	} {
		m := &Model{Network: &Network{Layers: []Layer{tt.layer}}, WeightBits: 8, Layers: []LayerWeights{{Codes: []int16{1, 0}, Bias: []int16{tt.bias}}}}
		if _, pooled := m.Sparsity(2); pooled.Weights.Parameters != 2 || pooled.WithBiases.Parameters != tt.parameters {
			t.Errorf("%+v with bias %d: %d weights, %d parameters, want 2 and %d", tt.layer, tt.bias, pooled.Weights.Parameters, pooled.WithBiases.Parameters, tt.parameters)
		}
	}
}

func TestSparsityWidths(t *testing.T) {
	m := &Model{
		Network:    &Network{Layers: []Layer{{Name: "a", Kind: Linear}}},
		WeightBits: 4,
		Layers:     []LayerWeights{{Codes: []int16{15, -8}, Bias: []int16{64}}},
	}
	_, pooled := m.Sparsity(2)
	if got := fmt.Sprint(pooled.Weights.NonZero); got != "[1 2]" {
		t.Errorf("weights: got %s, want [1 2]", got)
	}
	if got := fmt.Sprint(pooled.WithBiases.NonZero); got != "[1 2 0 1]" {
		t.Errorf("with biases: got %s, want [1 2 0 1]", got)
	}
}
