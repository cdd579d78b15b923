package train

import (
	"math"

	"bitline/crossbar"
)

// bitSliceL1 is strength/n·Σ(s_0 + … + s_(n−1)) over the n slices of the
// magnitude code of every parameter (arXiv 1909.08496), the strength already
// divided by the number of parameters. A tensor whose codes have other bits,
// and so another n, counts with its own n.
type bitSliceL1 struct {
	strength float64 // per slice
	sums     []int32 // Σ s_k by code
	// pulls is strength/n·Σ_k [s_k ≠ 0]/2^(cellBits·k) by code: the gradient of
	// the digit sum per code step, straight through, where only non-zero slices
	// pull.
	pulls []float32
}

func newBitSliceL1(strength float64, bits, cellBits int) *bitSliceL1 {
	slicing := crossbar.NewSlicing(bits, cellBits)
	b := &bitSliceL1{
		strength: strength / float64(slicing.Count),
		sums:     make([]int32, 1<<bits),
		pulls:    make([]float32, 1<<bits),
	}
	for code := range b.sums {
		pull := 0.0
		for k := range slicing.Count {
			digit := slicing.Digit(uint32(code), k)
			b.sums[code] += int32(digit)
			if digit != 0 {
				pull += math.Ldexp(1, -slicing.Shift(k))
			}
		}
		b.pulls[code] = float32(b.strength * pull)
	}
	return b
}

func (b *bitSliceL1) value(p *param) float64 {
	perCode := 1 / p.quantizer.Step()
	sum := int64(0)
	for _, w := range p.quantized {
		sum += int64(b.sums[magnitudeCode(w, perCode)])
	}
	return b.strength * float64(sum)
}

// addGradient adds sign(w)·2^(bits−S)·pulls[code]. The corner |w| = 2^S has the
// clamped code 2^bits − 1 like the values just below it.
func (b *bitSliceL1) addGradient(p *param, lo, hi int) {
	perCode := 1 / p.quantizer.Step() // exact: the step is a power of two
	gradient := p.gradient[lo:hi]
	for i, w := range p.quantized[lo:hi] {
		pull := b.pulls[magnitudeCode(w, perCode)] * perCode
		gradient[i] += math.Float32frombits(math.Float32bits(pull) | math.Float32bits(w)&signBit)
	}
}

// magnitudeCode is the code of |w| for a quantized w of perCode codes per unit.
func magnitudeCode(w, perCode float32) int32 {
	return int32(math.Float32frombits(math.Float32bits(w)&^signBit) * perCode)
}
