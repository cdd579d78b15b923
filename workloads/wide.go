package workloads

import (
	"cmp"
	"math/bits"
)

// wide is a signed 128-bit integer, hi·2^64 + lo: an output before rounding where
// 64 bits are not proven to hold it.
type wide struct {
	hi int64
	lo uint64
}

// applyWide is acc·M[n] + B[n]·2^frac.
func (a Affine) applyWide(n int, acc int64, frac int) wide {
	v := product(acc, a.M[n])
	offset := product(a.B[n], 1<<frac)
	lo, carry := bits.Add64(v.lo, offset.lo, 0)
	return wide{hi: v.hi + offset.hi + int64(carry), lo: lo}
}

// product is x·y.
func product(x, y int64) wide {
	hi, lo := bits.Mul64(uint64(x), uint64(y))
	// The unsigned product counts a negative factor as 2^64 too much.
	return wide{hi: int64(hi) - x>>63&y - y>>63&x, lo: lo}
}

// round is RHE(v/2^shift), 0 ≤ shift < 64, clamped to [low, 255].
func (v wide) round(shift int, low int32) int32 {
	q := wide{hi: v.hi >> shift, lo: v.lo>>shift | uint64(v.hi)<<(64-shift)}
	rest, half := v.lo&(1<<shift-1), uint64(1)<<shift>>1
	if shift > 0 && (rest > half || rest == half && q.lo&1 == 1) {
		lo, carry := bits.Add64(q.lo, 1, 0)
		q = wide{hi: q.hi + int64(carry), lo: lo}
	}
	top := int64(MaxCode(ActivationBits))
	switch {
	case q.compare(wide{lo: uint64(top)}) > 0:
		return int32(top)
	case q.compare(wide{hi: int64(low) >> 63, lo: uint64(int64(low))}) < 0:
		return low
	}
	return int32(q.lo)
}

// compare orders v before o (−1), with it (0) or after it (+1).
func (v wide) compare(o wide) int {
	if c := cmp.Compare(v.hi, o.hi); c != 0 {
		return c
	}
	return cmp.Compare(v.lo, o.lo)
}

// plus is v + o.
func (v wide) plus(o wide) wide {
	lo, carry := bits.Add64(v.lo, o.lo, 0)
	return wide{hi: v.hi + o.hi + int64(carry), lo: lo}
}

// shifted is x·2^shift, 0 ≤ shift < 64.
func shifted(x int64, shift uint) wide {
	return wide{hi: x >> (63 - shift) >> 1, lo: uint64(x) << shift}
}

// finishWide is finish with outputs of 128 bits.
func (e *Executor) finishWide(stage Stage, l *Node, s Sums) {
	b, a := stage.Batch, stage.Affine
	low := -MaxCode(ActivationBits)
	if l.ReLU {
		low = 0
	}
	plane := l.positions() * b.images
	for n := range l.Outputs {
		at := n*plane + s.First
		for p, acc := range s.Column(n) {
			v := a.applyWide(n, acc, e.frac).plus(e.wideAddend(b, l, added{channel: n, first: at + p, shift: a.F + e.frac}))
			if to := b.codes[l.Number+1]; to != nil {
				to[at+p] = int16(v.round(a.F+e.frac, low))
			} else {
				b.wide[l.Number][at+p] = v
			}
		}
	}
}

// wideAddend is addend for the one value at a.first.
func (e *Executor) wideAddend(b *Batch, l *Node, a added) wide {
	switch {
	case l.Adds == NoLayer:
		return wide{}
	case l.Adds >= 0 && e.nodes[l.Adds].Residual:
		return b.wide[l.Adds][a.first]
	}
	q := int64(b.codes[l.Adds+1][a.first])
	if l.Adds == FromImage || e.nodes[l.Adds].raw {
		q -= int64(e.zeros[a.channel])
	}
	return shifted(q, uint(a.shift+e.model.residualShift(e.nodes, l))&63) // Check has bounded it
}

// wideClasses is the class of each image of a finished batch.
func (e *Executor) wideClasses(b *Batch) []int {
	last := &e.nodes[len(e.nodes)-1]
	outputs := b.wide[last.Number]
	classes := make([]int, b.images)
	for i := range classes {
		for n := range last.Outputs {
			if outputs[n*b.images+i].compare(outputs[classes[i]*b.images+i]) > 0 {
				classes[i] = n
			}
		}
	}
	return classes
}
