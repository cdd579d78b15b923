package workloads

import (
	"math/big"

	"bitline/internal/exact"
)

// Refit replaces the factors and offsets of an output stage, given in units of
// 2^-F, by their nearest integers. F falls where a factor would need more than 31
// bits.
func (a Affine) Refit(m, b []*big.Rat) Affine {
	r := Affine{M: make([]int64, len(m)), B: make([]int64, len(b)), F: a.F}
	limit := new(big.Rat).SetInt64(1 << 31)
	shrink := big.NewRat(1, 1)
	for n := range m {
		for x := new(big.Rat).Mul(m[n], shrink); r.F > 0 && x.Abs(x).Cmp(limit) >= 0; r.F-- {
			shrink.Mul(shrink, big.NewRat(1, 2))
			x.Mul(x, big.NewRat(1, 2))
		}
	}
	for n := range m {
		r.M[n] = exact.Round(new(big.Rat).Mul(m[n], shrink))
		r.B[n] = exact.Round(new(big.Rat).Mul(b[n], shrink))
	}
	return r
}
