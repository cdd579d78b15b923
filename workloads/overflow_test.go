package workloads

import (
	"strings"
	"testing"
)

// addModel is conv a, residual conv s, conv b that adds s, conv c that adds b,
// and a linear layer, on 1×1×1 images: every matrix is one weight.
func addModel() *Model {
	n := &Network{Name: "adds", Input: Shape{1, 1, 1}, Layers: []Layer{
		{Name: "a", Kind: Conv, Outputs: 1, Kernel: 1, Stride: 1, ReLU: true},
		{Name: "s", Kind: Conv, Outputs: 1, Kernel: 1, Stride: 1, Residual: true},
		{Name: "b", Kind: Conv, Input: "a", Outputs: 1, Kernel: 1, Stride: 1, ReLU: true, Add: "s"},
		{Name: "c", Kind: Conv, Outputs: 1, Kernel: 1, Stride: 1, ReLU: true, Add: "b"},
		{Name: "end", Kind: Linear, Outputs: 1},
	}}
	m := &Model{Network: n, WeightBits: 8, Input: InputCodes{Zero: []int32{0}}}
	for range n.Matrices() {
		m.Layers = append(m.Layers, LayerWeights{Rows: 1, Columns: 1, Codes: []int16{1}, Bias: []int16{0}, Affine: Affine{M: []int64{1}, B: []int64{0}, F: 20}})
	}
	return m
}

func TestModelCheck(t *testing.T) {
	// Accumulators reach 4·255·255 < 2^18; the largest offset leaves 2^62.
	const half = 1<<62 - 1
	smallF := func(m *Model) { // codes that are added count 2^F too
		for i := range m.Layers {
			m.Layers[i].Affine.F = 10
		}
	}
	for _, c := range []struct {
		name string
		edit func(*Model)
		frac int
		want string // "" if it passes
	}{
		{"as it is", func(*Model) {}, 0, ""},
		{"another F", func(m *Model) { m.Layers[1].Affine.F = 19 }, 0, "layer b: its affine is at 2^-20 and that of s, which it adds, at 2^-19"},
		{"codes at 2^0", func(m *Model) { m.Layers[3].OutScale = 20 }, 0, ""},
		{"codes below", func(m *Model) { m.Layers[3].OutScale = 21 }, 0, "layer c: codes of b count 2^-1 of its output stage, want an exponent of 0 to 55"},
		{"codes at 2^54", func(m *Model) { m.Layers[3].OutScale = -34 }, 0, ""},
		{"codes above", func(m *Model) { m.Layers[3].OutScale = -36 }, 0, "layer c: codes of b count 2^56"},
		{"one large offset", func(m *Model) { m.Layers[1].Affine.B[0] = half }, 0, ""},
		{"two large offsets", func(m *Model) { m.Layers[1].Affine.B[0], m.Layers[2].Affine.B[0] = half, half }, 0, "layer b: output 0: accumulators up to 260100"},
		{"fraction bits", smallF, 36, ""},
		{"codes at 2^36 and 16 fraction bits", func(m *Model) { m.Layers[3].OutScale = -16 }, 16, ""},
		{"codes at 2^48 and 16 fraction bits", func(m *Model) { m.Layers[3].OutScale = -28 }, 16, "layer c: codes of b count 2^48 of its output stage, want an exponent of 0 to 47"},
		{"codes below, with fraction bits", func(m *Model) { m.Layers[3].OutScale = 40 }, 16, "layer c: codes of b count 2^-20"},
		{"too many fraction bits", smallF, 37, "layer a: accumulators up to 260100 with 37 fraction bits need more than 54 bits"},
	} {
		m := addModel()
		c.edit(m)
		err := m.Check(m.Affines(), c.frac)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q", c.name, err, c.want)
		}
	}
}

// Memory bounds the batch, so does the number of images a worker has.
func TestBatchFor(t *testing.T) {
	vgg := &Model{Network: readTOML(t, "../configs/networks/vgg-11.toml")}
	chain := &Model{Network: readTOML(t, "../configs/networks/mlp-784-100-10.toml")}
	for _, c := range []struct {
		name                  string
		m                     *Model
		images, workers, want int
	}{
		{"convolutions", vgg, 10000, 2, 128},
		{"a chain", chain, 10000, 2, 512},
		{"few images", chain, 151, 2, 76},
		{"no images", chain, 0, 2, 1},
		// The most codes of an image are 64·32·32 and, pooled, a quarter of them:
		// 160 KiB. 256 MiB / (64 · 160 KiB) = 25.6.
		{"many workers", vgg, 10000, 64, 25},
	} {
		if got := c.m.BatchFor(c.images, c.workers); got != c.want {
			t.Errorf("%s: a batch of %d, want %d", c.name, got, c.want)
		}
	}
}
