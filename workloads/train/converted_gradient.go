package train

import (
	"math"

	"bitline/crossbar"
	"bitline/internal/gemm"
	"bitline/workloads"
)

// stageGradient clears the gradient by the output where the rectifier was shut, and
// sets those of the output stage: of offsets Σ dy, of factors slope·Σ dy·z, over
// images and positions.
func (l *convertedLayer) stageGradient(workers int) {
	u, pitch := l.unit, l.unit.y.pitch
	sum, product := l.sums[:pitch], l.sums[pitch:]
	pivot := l.pivot
	if l.factor == nil {
		pivot = nil
	}
	u.gate(sum, product, pivot, workers)
	for n := range u.Outputs {
		l.offset.gradient[n] = float32(sum[n])
		if l.factor != nil {
			l.factor.gradient[n] = float32(l.slope[n] * product[n])
		}
	}
}

// blend sets dz to the gradient by the accumulators' values, gain·dy.
func (l *convertedLayer) blend(dz []float32, workers int) {
	u := l.unit
	for n := range u.Outputs {
		l.blends.A[n] = float32(l.gain(n))
	}
	each(workers, u.y.chunks(), func(_, task int) {
		lo, hi := u.y.bounds(task)
		gemm.Blend(dz[lo:hi], u.gradient[lo:hi], u.gradient[lo:hi], &l.blends)
	})
}

// weightGradient sets the gradient of the weights from that by the accumulators, and
// lays the weights out as the gradient by the input sees them.
func (l *convertedLayer) weightGradient(c *converted, dz, x *tensor) {
	p := l.unit.weight
	l.unit.kernel.weightGradient(p.gradient, dz, x)
	if l.spec.Gradient == ClipAware {
		each(c.cfg.Workers, l.blocks(), func(_, block int) { l.damp(block) })
		l.unit.kernel.pack(l.damped)
	} else {
		l.unit.kernel.pack(p.quantized)
	}
	if l.excess != nil {
		c.penalty += l.excess.add(l, c.cfg.Workers)
	}
}

// damp takes what clips off the gradient of a block's weights and off the weights
// (type Gradient, ClipAware). The product gave Σ (x − z)·dz, so a row of zero point
// z gets (Σ (x − z)·dz)·r − z·(1 − r)·Σ dz.
func (l *convertedLayer) damp(block int) {
	p, columns := l.unit.weight, l.unit.Outputs
	slicing := crossbar.NewSlicing(l.design.Encoding.WeightBits, l.design.CellBits)
	perCode := 1 / p.quantizer.Step()
	driven := l.design.Encoding.InputSign == crossbar.Unsigned
	zeroStep := 0.0
	if l.zero != nil && driven {
		zeroStep = l.step / float64(p.quantizer.Step())
	}
	first := block * l.design.Wordlines
	for k := first; k < min(first+l.design.Wordlines, l.unit.kernel.rows()); k++ {
		zero := 0.0
		if zeroStep != 0 {
			zero = float64(l.zero[k]) * zeroStep
		}
		for n := range columns {
			i := k*columns + n
			code := int32(p.quantized[i] * perCode)
			r := l.passes(slicing, clipPlace{block, n, code})
			l.damped[i] = float32(r) * p.quantized[i]
			g := float64(p.gradient[i]) * r
			if zero != 0 {
				g -= float64(zero * (1 - r) * l.gain(n) * l.sums[n])
			}
			p.gradient[i] = float32(g)
		}
	}
}

// clipPlace is a weight's code, its block and column.
type clipPlace struct {
	block, column int
	code          int32
}

// passes is r, the share of a weight that its converters let pass.
func (l *convertedLayer) passes(s crossbar.Slicing, at clipPlace) float64 {
	columns := l.unit.Outputs
	kappa := func(slice, sign int) float64 {
		return float64(l.clipped[((at.block*s.Count+slice)*2+sign)*columns+at.column])
	}
	sign, magnitude := 0, uint32(at.code)
	switch {
	case at.code == 0:
		return 1 - (kappa(0, 0)+kappa(0, 1))/2
	case at.code < 0:
		sign, magnitude = 1, uint32(-at.code)
	}
	kept := 0.0
	for slice := range s.Count {
		if digit := s.Digit(magnitude, slice); digit != 0 {
			kept += float64(digit<<s.Shift(slice)) * (1 - kappa(slice, sign))
		}
	}
	return kept / float64(magnitude)
}

// averageClips takes the shares of a batch's conversions that clipped into the
// running ones.
func (l *convertedLayer) averageClips(share float64) {
	for _, s := range l.shards {
		stats := s.runners[0].Stats()
		for _, r := range s.runners[1:] {
			stats.Add(r.Stats())
		}
		for c := range s.runners[0].Columns(stats).All() {
			at := &l.clipped[l.clipIndex(c, s.lo)]
			seen := float64(c.Clips) / float64(max(c.Conversions, 1))
			*at += float32(share * (seen - float64(*at)))
		}
	}
}

// clipIndex is the place of a shard's column among the running shares.
func (l *convertedLayer) clipIndex(c crossbar.ColumnCertificate, first int) int {
	converters := len(l.clipped) / (l.blocks() * len(l.bits) * l.unit.Outputs)
	return ((c.Block*len(l.bits)+c.Slice)*converters+c.Sign)*l.unit.Outputs + first + c.Column
}

// codesPerValue is 2^(8−S) of a layer's inputs.
func (l *convertedLayer) codesPerValue(c *converted) float32 {
	return float32(math.Ldexp(1, workloads.ActivationBits-c.inScale(l.unit)))
}
