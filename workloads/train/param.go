package train

import (
	"math"

	"bitline/workloads"
)

// param is one tensor of trainable parameters. Its float32 master values are
// what the optimiser moves; its quantized values are what the layers see.
type param struct {
	name    string
	kind    paramKind
	bits    int // magnitude bits of a code; 0 where it is not quantized
	workers int

	value, quantized, gradient, velocity []float32

	// mask holds all ones for a parameter that may move and 0 for one that was
	// pruned; nil where nothing was.
	mask    []uint32
	penalty penalty

	scale     int  // S of the quantized values
	frozen    bool // scale does not follow the values, which are clipped to its range
	quantizer workloads.Quantizer

	// largest is the greatest magnitude in value as the bits of a float32, which
	// order like the magnitudes themselves, NaN last. tops holds it per chunk.
	largest uint32
	tops    []uint32

	descent descent
	// quantizeTask and updateTask are the methods of their names, bound once so
	// that a step allocates nothing.
	quantizeTask, updateTask func(task int)
}

// paramKind says what a parameter is, and so what is done to it.
type paramKind int

const (
	weightParam paramKind = iota // penalised, pruned, decays
	biasParam                    // penalised
	normParam                    // of a batch normalisation: neither, and not quantized
)

// penalized says whether a method's penalty covers the parameter.
func (p *param) penalized() bool { return p.kind != normParam }

// descent is the rate, the momentum and the weight decay of one step.
type descent struct{ rate, momentum, decay float32 }

const (
	signBit = 1 << 31
	// infinity is the bit pattern of the float32 +Inf: magnitudes from here on
	// are not finite.
	infinity = 0x7f800000
)

// newParam returns a parameter of n zeros whose codes have the given number of
// magnitude bits, or none.
func newParam(name string, n, bits, workers int) *param {
	p := &param{
		name: name, bits: bits, workers: workers,
		value: make([]float32, n), gradient: make([]float32, n), velocity: make([]float32, n),
		penalty: none{},
		tops:    make([]uint32, (n+chunk-1)/chunk),
	}
	if bits > 0 {
		p.quantized = make([]float32, n)
	}
	p.quantizeTask, p.updateTask = p.quantizeChunk, p.updateChunk
	return p
}

// measure finds the largest magnitude after value was written from outside.
func (p *param) measure() { p.largest = largest(p.value, 0) }

// finite says whether every value is finite.
func (p *param) finite() bool { return p.largest < infinity }

// quantize sets the scale from the largest magnitude and the quantized values
// from the master values.
func (p *param) quantize() {
	if !p.frozen {
		p.scale = scaleOf(p.largest)
	}
	p.quantizer = workloads.NewQuantizer(p.scale, p.bits)
	spread(p.workers, len(p.tops), p.quantizeTask)
}

// freeze fixes the scale.
func (p *param) freeze(scale int) {
	p.scale, p.frozen = scale, true
	p.quantizer = workloads.NewQuantizer(scale, p.bits)
}

func (p *param) quantizeChunk(task int) {
	lo, hi := p.bounds(task)
	q := p.quantizer
	to := p.quantized[lo:hi]
	for i, w := range p.value[lo:hi] {
		to[i] = q.Value(w)
	}
}

// update adds the gradients of the penalty and, of weights, of the decay, and makes
// one step of gradient descent with momentum: v = m·v + g, w −= rate·v.
func (p *param) update(d descent) {
	p.descent = d
	spread(p.workers, len(p.tops), p.updateTask)
	p.largest = 0
	for _, top := range p.tops {
		p.largest = max(p.largest, top)
	}
}

func (p *param) updateChunk(task int) {
	lo, hi := p.bounds(task)
	p.penalty.addGradient(p, lo, hi)
	if p.descent.decay != 0 && p.kind == weightParam {
		p.descent.addDecay(p.gradient[lo:hi], p.value[lo:hi])
	}
	if p.mask != nil {
		maskGradient(p.gradient[lo:hi], p.mask[lo:hi])
	}
	p.tops[task] = p.descent.move(p.value[lo:hi], p.velocity[lo:hi], p.gradient[lo:hi])
	if p.frozen {
		p.tops[task] = clip(p.value[lo:hi], float32(workloads.MaxCode(p.bits))*p.quantizer.Step(), p.tops[task])
	}
}

// addDecay adds decay·w.
func (d descent) addDecay(gradient, value []float32) {
	gradient = gradient[:len(value)]
	for i, w := range value {
		gradient[i] += float32(d.decay * w)
	}
}

// clip limits magnitudes and returns the largest; that of values that are not
// finite stays.
func clip(value []float32, limit float32, top uint32) uint32 {
	if top <= math.Float32bits(limit) || top >= infinity {
		return top
	}
	for i, w := range value {
		value[i] = max(min(w, limit), -limit)
	}
	return math.Float32bits(limit)
}

// move makes the step on some values and returns their largest magnitude. The
// conversions keep compilers from fusing a product with its sum.
func (d descent) move(value, velocity, gradient []float32) uint32 {
	velocity, gradient = velocity[:len(value)], gradient[:len(value)]
	var top uint32
	for i, w := range value {
		v := float32(d.momentum*velocity[i]) + gradient[i]
		w -= float32(d.rate * v)
		velocity[i], value[i] = v, w
		top = max(top, math.Float32bits(w)&^signBit)
	}
	return top
}

// bounds are the first element of a task and the one after its last.
func (p *param) bounds(task int) (lo, hi int) {
	return task * chunk, min((task+1)*chunk, len(p.value))
}

// largest returns the greatest magnitude among x and top, as float32 bits.
func largest(x []float32, top uint32) uint32 {
	for _, v := range x {
		top = max(top, math.Float32bits(v)&^signBit)
	}
	return top
}

// nonZero is all ones where x, a float32's bits without the sign, is not 0.
func nonZero(x uint32) uint32 { return uint32(int32(x|-x) >> 31) }
