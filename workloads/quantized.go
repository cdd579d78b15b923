package workloads

import (
	"errors"
	"fmt"
	"math"

	"bitline/internal/gemm"
)

// Quantization says how a float network becomes integers.
type Quantization struct {
	WeightBits int // magnitude bits of weights
	// WeightScales fixes S of every matrix's weights; nil takes that of the largest
	// weight.
	WeightScales []int
	Input        InputCodes
	Calibration  Images // on which the scales of activations are found
	Origin       Origin // what is known of the weights; the rest is filled in
}

// Quantize turns a float network into an integer model. A layer's weights are
// quantized together, at the scale of their largest; biases where no batch
// normalisation follows have 8 bits and a scale of their own. Scales of
// activations hold the largest magnitude that the calibration images give with
// the quantized weights. Biases and batch normalisations go into the digital
// affine.
func (f *Float) Quantize(q Quantization) (*Model, error) {
	nodes, err := f.Network.computed()
	if err != nil {
		return nil, err
	}
	if err := inRange("weight_bits", q.WeightBits, 1, MaxWeightBits); err != nil {
		return nil, err
	}
	if q.WeightScales != nil && len(q.WeightScales) != len(f.Layers) {
		return nil, fmt.Errorf("weight scales are %d, want one for each of %d layers", len(q.WeightScales), len(f.Layers))
	}
	if q.Calibration.Len() == 0 {
		return nil, errors.New("calibration has no images, want at least 1")
	}
	if q.Calibration.Shape != f.Network.Input {
		return nil, errors.New("calibration images are " + q.Calibration.Shape.String() + ", want " + f.Network.Input.String())
	}
	m := &Model{Network: f.Network, WeightBits: q.WeightBits, Input: q.Input, Origin: q.Origin}
	m.Origin.Calibration = q.Calibration.Hash()
	m.Origin.KernelClass = string(gemm.KernelClass())
	rounded := &Float{Network: f.Network}
	for i := range f.Layers {
		scale := f.Layers[i].weightScale()
		if q.WeightScales != nil {
			scale = q.WeightScales[i]
		}
		w, r := f.Layers[i].codes(q.WeightBits, scale)
		m.Layers, rounded.Layers = append(m.Layers, w), append(rounded.Layers, r)
	}
	largest := rounded.largest(q.Calibration, q.Input)
	for i := range nodes {
		l := &nodes[i]
		if !l.Kind.Matrix() {
			continue
		}
		m.Layers[l.Matrix].OutScale = Exponent(largest[l.Name])
		if l.Adds >= 0 && nodes[l.Adds].Residual {
			m.Layers[nodes[l.Adds].Matrix].OutScale = m.Layers[l.Matrix].OutScale
		}
	}
	for i := range nodes {
		if nodes[i].Kind.Matrix() && !nodes[i].Residual {
			if err := m.setAffine(nodes, &nodes[i], rounded); err != nil {
				return nil, layerError(nodes[i].Name, err)
			}
		}
	}
	return m, errors.Join(checkModel(m), m.Check(m.Affines(), 0))
}

// weightScale is S of the largest weight.
func (l *FloatLayer) weightScale() int { return scaleOfLargest(l.Weights) }

// codes quantizes a layer's weights at a scale, and its biases where no
// normalisation follows; rounded is what the codes stand for.
func (l *FloatLayer) codes(weightBits, scale int) (w LayerWeights, rounded FloatLayer) {
	w = LayerWeights{Rows: l.Rows, Columns: l.Columns, Scale: scale, Bias: make([]int16, l.Columns)}
	rounded = *l
	w.Codes, rounded.Weights = quantizeTensor(l.Weights, NewQuantizer(scale, weightBits))
	if l.Norm == nil && l.Bias != nil {
		w.BiasScale = scaleOfLargest(l.Bias)
		w.Bias, rounded.Bias = quantizeTensor(l.Bias, NewQuantizer(w.BiasScale, BiasBits))
	}
	return w, rounded
}

func scaleOfLargest(values []float32) int {
	top := 0.0
	for _, v := range values {
		top = math.Max(top, math.Abs(float64(v)))
	}
	return Exponent(top)
}

// quantizeTensor is a tensor's codes and what they stand for.
func quantizeTensor(values []float32, quantizer Quantizer) (codes []int16, rounded []float32) {
	codes, rounded = make([]int16, len(values)), make([]float32, len(values))
	for i, v := range values {
		codes[i], rounded[i] = int16(quantizer.Code(v)), quantizer.Value(v)
	}
	return codes, rounded
}

// setAffine makes a layer's output stage, and that of a residual layer which it
// adds: the two have one F.
func (m *Model) setAffine(nodes []Node, l *Node, f *Float) error {
	factors, offsets := m.outputLine(nodes, l, f)
	own := len(factors)
	var other *Node
	if l.Adds >= 0 && nodes[l.Adds].Residual {
		other = &nodes[l.Adds]
		moreFactors, moreOffsets := m.outputLine(nodes, other, f)
		factors, offsets = append(factors, moreFactors...), append(offsets, moreOffsets...)
	}
	a, err := NewAffine(factors, offsets)
	if err != nil {
		return err
	}
	m.Layers[l.Matrix].Affine = Affine{M: a.M[:own:own], B: a.B[:own:own], F: a.F}
	if other != nil {
		m.Layers[other.Matrix].Affine = Affine{M: a.M[own:], B: a.B[own:], F: a.F}
	}
	return nil
}

// outputLine is a layer's real affine from accumulators to output codes. An
// accumulator stands for acc·2^(Sw−bits)·2^(Sx−8) and an output code for
// y·2^(Sy−8), so a slope g counts g·2^(Sw+Sx−Sy−bits), an offset b
// b·2^(8−Sy).
func (m *Model) outputLine(nodes []Node, l *Node, f *Float) (factors, offsets []float64) {
	w := &m.Layers[l.Matrix]
	factors, offsets = f.Layers[l.Matrix].line()
	for n := range factors {
		factors[n] = math.Ldexp(factors[n], w.Scale+m.scaleOf(nodes, l.Takes[0])-w.OutScale-m.WeightBits)
		offsets[n] = math.Ldexp(offsets[n], ActivationBits-w.OutScale)
	}
	return factors, offsets
}
