package train

import "math"

// prune sets every value of magnitude below threshold to zero and keeps it
// there: the mask stays on the gradients from here on.
func (p *param) prune(threshold float64) {
	p.mask = make([]uint32, len(p.value))
	for i, w := range p.value {
		if math.Abs(float64(w)) < threshold {
			p.value[i] = 0
		} else {
			p.mask[i] = ^uint32(0)
		}
	}
	p.measure()
}

func maskGradient(gradient []float32, mask []uint32) {
	mask = mask[:len(gradient)]
	for i, g := range gradient {
		gradient[i] = math.Float32frombits(math.Float32bits(g) & mask[i])
	}
}
