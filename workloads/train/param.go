package train

import (
	"math"

	"bitline/workloads"
)

// param is one tensor of trainable parameters. Its float32 master values are
// what the optimiser moves; its quantized values are what the layers see.
type param struct {
	name    string
	bits    int // magnitude bits of a code
	workers int

	value, quantized, gradient, velocity []float32

	// mask holds all ones for a parameter that may move and 0 for one that was
	// pruned; nil where nothing was.
	mask    []uint32
	penalty penalty

	scale     int // S of the quantized values
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

// descent is the rate and the momentum of one step.
type descent struct{ rate, momentum float32 }

const (
	signBit = 1 << 31
	// infinity is the bit pattern of the float32 +Inf: magnitudes from here on
	// are not finite.
	infinity = 0x7f800000
)

// newParam returns a parameter of n zeros whose codes have the given number of
// magnitude bits.
func newParam(name string, n, bits, workers int) *param {
	p := &param{
		name: name, bits: bits, workers: workers,
		value: make([]float32, n), quantized: make([]float32, n),
		gradient: make([]float32, n), velocity: make([]float32, n),
		penalty: none{},
		tops:    make([]uint32, (n+chunk-1)/chunk),
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
	p.scale = workloads.Exponent(float64(math.Float32frombits(p.largest)))
	p.quantizer = workloads.NewQuantizer(p.scale, p.bits)
	spread(p.workers, len(p.tops), p.quantizeTask)
}

func (p *param) quantizeChunk(task int) {
	lo, hi := p.bounds(task)
	q := p.quantizer
	to := p.quantized[lo:hi]
	for i, w := range p.value[lo:hi] {
		to[i] = q.Value(w)
	}
}

// update adds the penalty's gradient and makes one step of gradient descent with
// momentum: v = m·v + g, w −= rate·v.
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
	if p.mask != nil {
		maskGradient(p.gradient[lo:hi], p.mask[lo:hi])
	}
	p.tops[task] = p.descent.move(p.value[lo:hi], p.velocity[lo:hi], p.gradient[lo:hi])
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
