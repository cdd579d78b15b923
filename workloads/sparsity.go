package workloads

import (
	"slices"

	"bitline/crossbar"
)

// SliceCounts counts the non-zero digits of some magnitude codes, slice by
// slice.
type SliceCounts struct {
	Parameters int
	NonZero    []int // by bit slice, 0 the least significant
}

// Share is the share of parameters whose digit in a slice is not zero, 0 to 1.
func (c SliceCounts) Share(slice int) float64 {
	if c.Parameters == 0 {
		return 0
	}
	return float64(c.NonZero[slice]) / float64(c.Parameters)
}

// Average is the mean of the shares of all slices, 0 to 1.
func (c SliceCounts) Average() float64 {
	sum := 0.0
	for slice := range c.NonZero {
		sum += c.Share(slice)
	}
	return sum / float64(len(c.NonZero))
}

// LayerSparsity holds the counts of one layer, or of all layers pooled.
type LayerSparsity struct {
	Layer string // "" for all layers
	// Weights are those that lie on crossbars; WithBiases adds the biases, as
	// arXiv 1909.08496 counts its parameters.
	Weights, WithBiases SliceCounts
}

// Sparsity counts the non-zero digits of a model's codes on cells of cellBits
// bits: per layer in order, and pooled over all layers. A bias of fewer slices
// than the weights has zeros in the others; one of more widens the counts.
func (m *Model) Sparsity(cellBits int) (layers []LayerSparsity, pooled LayerSparsity) {
	weights := crossbar.NewSlicing(m.WeightBits, cellBits)
	biases := crossbar.NewSlicing(ActivationBits, cellBits)
	count := func(weightCodes, biasCodes []int16) LayerSparsity {
		w := countDigits(weightCodes, weights)
		return LayerSparsity{Weights: w, WithBiases: w.plus(countDigits(biasCodes, biases))}
	}
	pooled = count(nil, nil)
	matrices := slices.DeleteFunc(slices.Clone(m.Network.Layers), func(l Layer) bool { return !l.Kind.Matrix() })
	for i, l := range m.Layers {
		biases := l.Bias
		if of := &matrices[i]; (of.BatchNorm || of.NoBias) && !slices.ContainsFunc(biases, func(b int16) bool { return b != 0 }) {
			biases = nil // there are none: the codes are a place for them
		}
		layer := count(l.Codes, biases)
		layer.Layer = matrices[i].Name
		layers = append(layers, layer)
		pooled.Weights = pooled.Weights.plus(layer.Weights)
		pooled.WithBiases = pooled.WithBiases.plus(layer.WithBiases)
	}
	return layers, pooled
}

func countDigits(codes []int16, s crossbar.Slicing) SliceCounts {
	c := SliceCounts{Parameters: len(codes), NonZero: make([]int, s.Count)}
	for _, code := range codes {
		m := uint32(magnitude(int64(code)))
		for k := range c.NonZero {
			if s.Digit(m, k) != 0 {
				c.NonZero[k]++
			}
		}
	}
	return c
}

// plus pools two sets of parameters.
func (c SliceCounts) plus(d SliceCounts) SliceCounts {
	sum := SliceCounts{
		Parameters: c.Parameters + d.Parameters,
		NonZero:    make([]int, max(len(c.NonZero), len(d.NonZero))),
	}
	copy(sum.NonZero, c.NonZero)
	for k, n := range d.NonZero {
		sum.NonZero[k] += n
	}
	return sum
}
