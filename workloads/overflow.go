package workloads

import (
	"errors"
	"fmt"
	"math/bits"
)

// sumBits bounds accumulators with their fraction bits, so that 512 of them add
// up in 64 bits, and their squares in 128.
const sumBits = 54

// Check proves that no input can overflow the accumulators and output stages of
// a product with frac fraction bits, additions included; with fraction bits the
// output stages have 128 bits, which always suffice. It allows accumulators
// four times as large as the exact product's: clipped offset columns and rounded
// steps can exceed it.
func (m *Model) Check(affines []Affine, frac int) error {
	nodes := m.nodes()
	var faults []error
	for i := range nodes {
		if !nodes[i].Kind.Matrix() || nodes[i].Residual { // judged where it is added
			continue
		}
		if err := m.checkLayer(nodes, &nodes[i], stages{affines, frac}); err != nil {
			faults = append(faults, layerError(nodes[i].Name, err))
		}
	}
	return errors.Join(faults...)
}

// stages are the output stages of all matrices and the fraction bits of what
// enters them.
type stages struct {
	affines []Affine
	frac    int
}

// largest is the largest magnitude that a matrix's accumulators can have,
// without their fraction bits.
func (m *Model) largest(layer int) (int64, error) {
	low, high := m.InputRange(layer)
	span := int64(max(high, -low))
	if _, from := m.source(layer); from == nil {
		for _, z := range m.Input.Zero {
			span = max(span, int64(high)-int64(z), int64(z)-int64(low))
		}
	}
	hi, lo := bits.Mul64(uint64(4*span*int64(MaxCode(m.WeightBits))), uint64(m.Layers[layer].Rows))
	if hi != 0 || bits.Len64(lo) > sumBits {
		return 0, fmt.Errorf("accumulators of %d rows need more than %d bits, want fewer rows or narrower weights", m.Layers[layer].Rows, sumBits)
	}
	return int64(lo), nil
}

// accumulators is largest, and an error if that and the fraction bits are too many.
func (m *Model) accumulators(layer, frac int) (int64, error) {
	largest, err := m.largest(layer)
	if err == nil && bits.Len64(uint64(largest))+frac > sumBits {
		err = fmt.Errorf("accumulators up to %d with %d fraction bits need more than %d bits, want fewer rows", largest, frac, sumBits)
	}
	return largest, err
}

func (m *Model) checkLayer(nodes []Node, l *Node, s stages) error {
	a := s.affines[l.Matrix]
	largest, err := m.accumulators(l.Matrix, s.frac)
	if err != nil {
		return err
	}
	wide := s.frac > 0
	switch {
	case l.Adds == NoLayer && wide:
		return nil
	case l.Adds == NoLayer:
		return a.Check(largest, s.frac)
	case l.Adds >= 0 && nodes[l.Adds].Residual:
		other := s.affines[nodes[l.Adds].Matrix]
		if other.F != a.F {
			return fmt.Errorf("its affine is at 2^-%d and that of %s, which it adds, at 2^-%d; want the same", a.F, nodes[l.Adds].Name, other.F)
		}
		otherLargest, err := m.accumulators(nodes[l.Adds].Matrix, s.frac)
		if err != nil {
			return layerError(nodes[l.Adds].Name, err)
		}
		if wide {
			return nil
		}
		return a.check(largest, s.frac, func(n int) (uint64, bool) { return other.bound(n, otherLargest) })
	}
	// Codes are shifted in 64 bits, with the fraction bits: by 63 at most.
	shift := a.F + m.residualShift(nodes, l)
	if most := min(63-ActivationBits, 63-s.frac); shift < 0 || shift > most {
		return fmt.Errorf("codes of %s count 2^%d of its output stage, want an exponent of 0 to %d", nodes[l.Number].Add, shift, most)
	}
	if wide {
		return nil
	}
	return a.check(largest, s.frac, func(int) (uint64, bool) { return uint64(MaxCode(ActivationBits)) << shift, true })
}

// Check proves that accumulators up to maxAcc in magnitude, with frac further
// fraction bits, cannot overflow the 64-bit affine.
func (a Affine) Check(maxAcc int64, frac int) error {
	return a.check(maxAcc, frac, func(int) (uint64, bool) { return 0, true })
}

// check is Check where output n is added to what other bounds.
func (a Affine) check(maxAcc int64, frac int, other func(n int) (uint64, bool)) error {
	for n := range a.M {
		own, ok := a.bound(n, maxAcc)
		addend, okToo := other(n)
		sum, carry := bits.Add64(own, addend, 0)
		if !ok || !okToo || carry != 0 || bits.Len64(sum)+frac > 63 {
			return fmt.Errorf("output %d: accumulators up to %d × %d + %d overflow 64 bits, want smaller scales or fewer rows", n, maxAcc, a.M[n], a.B[n])
		}
	}
	return nil
}

// bound is the largest magnitude of acc·M + B for output n; ok is false if it
// exceeds 64 bits.
func (a Affine) bound(n int, maxAcc int64) (sum uint64, ok bool) {
	hi, lo := bits.Mul64(uint64(maxAcc), magnitude(a.M[n]))
	sum, carry := bits.Add64(lo, magnitude(a.B[n]), 0)
	return sum, hi+carry == 0
}
