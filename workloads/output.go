package workloads

import "bitline/internal/gemm"

// finish is a layer's digital output stage for one tile: v = acc·M + B and what
// is added, then RHE(v/2^F), rectified and clamped; of a residual layer and the
// last only v.
func (e *Executor) finish(stage Stage, l *Node, s Sums) {
	b, a := stage.Batch, stage.Affine
	spec := gemm.RequantizeSpec{F: a.F, Frac: e.frac, Low: int16(-MaxCode(ActivationBits))}
	if l.ReLU {
		spec.Low = 0
	}
	plane := l.positions() * b.images
	for n := range l.Outputs {
		at := n*plane + s.First
		spec.M, spec.B = a.M[n], a.B[n]
		spec.Addend = e.addend(b, l, added{channel: n, first: at, count: s.Positions, shift: a.F + e.frac})
		if to := b.codes[l.Number+1]; to != nil {
			gemm.Requantize(to[at:][:s.Positions], s.Column(n), spec)
			continue
		}
		to := b.sums[l.Number][at:][:s.Positions]
		m, offset := spec.M, spec.B<<e.frac
		for p, acc := range s.Column(n) {
			to[p] = acc*m + offset
		}
		for p, v := range spec.Addend {
			to[p] += v
		}
	}
}

// added says which values belong to a column of a tile, and at which scale
// 2^-shift they are wanted.
type added struct{ channel, first, count, shift int }

// addend is what a layer adds, nil for nothing: another's outputs before
// rounding, or its codes brought to the same scale.
func (e *Executor) addend(b *Batch, l *Node, a added) []int64 {
	switch {
	case l.Adds == NoLayer:
		return nil
	case l.Adds >= 0 && e.nodes[l.Adds].Residual:
		return b.sums[l.Adds][a.first:][:a.count]
	}
	shift := uint(a.shift+e.model.residualShift(e.nodes, l)) & 63 // Check has bounded it
	zero := int64(0)
	if l.Adds == FromImage || e.nodes[l.Adds].raw {
		zero = int64(e.zeros[a.channel])
	}
	values := e.scratch[:a.count]
	for p, q := range b.codes[l.Adds+1][a.first:][:a.count] {
		values[p] = (int64(q) - zero) << shift
	}
	return values
}
