package train

import "math"

// l1 is strength·Σ|w|, the strength already divided by the number of
// parameters.
type l1 struct{ strength float64 }

func (l l1) value(p *param) float64 {
	sum := 0.0
	for _, w := range p.value {
		sum += math.Abs(float64(w))
	}
	return l.strength * sum
}

// addGradient adds strength·sign(w). Signs are as good as random, so it puts
// them together from bits rather than branch on them.
func (l l1) addGradient(p *param, lo, hi int) {
	pull := math.Float32bits(float32(l.strength))
	gradient := p.gradient[lo:hi]
	for i, w := range p.value[lo:hi] {
		b := math.Float32bits(w)
		gradient[i] += math.Float32frombits((pull | b&signBit) & nonZero(b&^signBit))
	}
}
