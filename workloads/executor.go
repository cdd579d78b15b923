package workloads

// MatMul sets y[n] to the accumulator Σ_k code[k][n]·(x[k] − zero[k]) of a layer,
// in units of 2^-frac for whatever frac the implementation states. x holds raw
// input codes.
type MatMul func(layer int, y []int64, x []int32)

// Executor computes a network in integers, image by image, through whichever
// matrix product it is given. It owns scratch memory: one goroutine at a time.
type Executor struct {
	model   *Model
	affines []Affine
	mul     MatMul
	frac    int
	wide    bool      // 64 bits are not proven to hold every output
	inputs  [][]int32 // of each layer
	sums    [][]int64 // accumulators of each layer
}

// NewExecutor prepares runs of a model whose product's unit is 2^-frac. affines
// replaces the layers' digital output stages where it is not nil.
func (m *Model) NewExecutor(mul MatMul, frac int, affines []Affine) *Executor {
	if affines == nil {
		affines = m.Affines()
	}
	e := &Executor{model: m, mul: mul, frac: frac, affines: affines, wide: m.Check(affines, frac) != nil}
	for _, l := range m.Layers {
		e.inputs = append(e.inputs, make([]int32, l.Rows))
		e.sums = append(e.sums, make([]int64, l.Columns))
	}
	return e
}

// Class computes one image, NHWC bytes: the index of the largest output of the
// last layer before rounding, the lowest on a tie.
func (e *Executor) Class(image []uint8) int {
	acc := e.run(image)
	a, best := e.affines[len(e.affines)-1], 0
	for n := range acc {
		if e.wide {
			if a.applyWide(n, acc[n], e.frac).compare(a.applyWide(best, acc[best], e.frac)) > 0 {
				best = n
			}
		} else if a.Apply(n, acc[n], e.frac) > a.Apply(best, acc[best], e.frac) {
			best = n
		}
	}
	return best
}

// run computes one image up to the last layer's accumulators.
func (e *Executor) run(image []uint8) []int64 {
	EnterImage(e.inputs[0], image)
	last := len(e.inputs) - 1
	for i := range e.inputs {
		e.mul(i, e.sums[i], e.inputs[i])
		if i < last {
			e.model.Activate(i, e.inputs[i+1], e.sums[i], Stage{Affine: e.affines[i], Fraction: e.frac, Wide: e.wide})
		}
	}
	return e.sums[last]
}

// EnterImage makes raw input codes of an image's bytes.
func EnterImage(x []int32, image []uint8) {
	for k, p := range image {
		x[k] = int32(p)
	}
}

// Stage is a digital output stage, the fraction bits of what enters it, and
// whether it needs more than 64 bits.
type Stage struct {
	Affine   Affine
	Fraction int
	Wide     bool
}

// Activate turns a layer's accumulators, in units of 2^-Fraction, into its output
// codes.
func (m *Model) Activate(layer int, y []int32, acc []int64, s Stage) {
	low := -MaxCode(ActivationBits)
	if m.Network.Layers[layer].ReLU {
		low = 0
	}
	for n, v := range acc {
		if s.Wide {
			y[n] = s.Affine.applyWide(n, v, s.Fraction).round(s.Affine.F+s.Fraction, low)
		} else {
			y[n] = roundShift(s.Affine.Apply(n, v, s.Fraction), s.Affine.F+s.Fraction, low)
		}
	}
}

// roundShift is RHE(v/2^shift) clamped to [low, 255].
func roundShift(v int64, shift int, low int32) int32 {
	q := v >> shift
	rest := v - q<<shift
	if half := int64(1) << shift >> 1; shift > 0 && (rest > half || rest == half && q&1 == 1) {
		q++
	}
	return int32(min(max(q, int64(low)), int64(MaxCode(ActivationBits))))
}

// Affines are the layers' digital output stages.
func (m *Model) Affines() []Affine {
	affines := make([]Affine, len(m.Layers))
	for i, l := range m.Layers {
		affines[i] = l.Affine
	}
	return affines
}

// Zero is the zero point of every row of a layer's input, nil where all are 0.
func (m *Model) Zero(layer int) []int32 {
	if layer > 0 {
		return nil
	}
	zero := make([]int32, m.Layers[0].Rows)
	for k := range zero {
		zero[k] = m.Input.Zero[k%len(m.Input.Zero)]
	}
	return zero
}

// InputRange is the smallest and largest raw input code of a layer.
func (m *Model) InputRange(layer int) (low, high int32) {
	high = MaxCode(ActivationBits)
	if layer > 0 && !m.Network.Layers[layer-1].ReLU {
		return -high, high
	}
	return 0, high
}

// Exact is the plain integer product: no slices, no converters. The function it
// returns is safe for concurrent use.
func (m *Model) Exact() MatMul {
	zeros := make([][]int32, len(m.Layers))
	for i := range m.Layers {
		zeros[i] = m.Zero(i)
	}
	return func(layer int, y []int64, x []int32) {
		l := &m.Layers[layer]
		clear(y)
		for k, q := range x {
			v := int64(q)
			if zeros[layer] != nil {
				v -= int64(zeros[layer][k])
			}
			if v == 0 {
				continue
			}
			for n, c := range l.Codes[k*l.Columns : (k+1)*l.Columns] {
				y[n] += v * int64(c)
			}
		}
	}
}

// Check proves that no input can overflow 64 bits in the accumulators and output
// stages of a product with frac fraction bits, or says where it might. It allows accumulators four times as large
// as the exact product's: clipped offset columns and rounded steps can exceed it.
func (m *Model) Check(affines []Affine, frac int) error {
	for i, l := range m.Layers {
		low, high := m.InputRange(i)
		span := int64(max(high, -low))
		if i == 0 {
			for _, z := range m.Input.Zero {
				span = max(span, int64(high)-int64(z), int64(z)-int64(low))
			}
		}
		if err := affines[i].Check(4*span*int64(MaxCode(m.WeightBits))*int64(l.Rows), frac); err != nil {
			return layerError(m.Network.Layers[i].Name, err)
		}
	}
	return nil
}
