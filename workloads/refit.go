package workloads

import (
	"math/big"

	"bitline/internal/exact"
)

// Refit replaces the factors and offsets of an output stage, given in units of
// 2^-F, by their nearest integers. F falls where a factor would need more than 31
// bits.
func (a Affine) Refit(m, b []*big.Rat) Affine {
	f := a.F
	limit := new(big.Rat).SetInt64(1 << 31)
	half := big.NewRat(1, 2)
	shrink := big.NewRat(1, 1)
	for _, factor := range m {
		for x := new(big.Rat).Mul(factor, shrink); f > 0 && x.Abs(x).Cmp(limit) >= 0; f-- {
			shrink.Mul(shrink, half)
			x.Mul(x, half)
		}
	}
	return a.RefitAt(f, m, b)
}

// RefitAt is Refit with the given F, at most a's own. Factors and offsets are in
// units of 2^-a.F.
func (a Affine) RefitAt(f int, m, b []*big.Rat) Affine {
	r := Affine{M: make([]int64, len(m)), B: make([]int64, len(b)), F: f}
	shrink := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), uint(a.F-f)))
	for n := range m {
		r.M[n] = exact.Round(new(big.Rat).Mul(m[n], shrink))
		r.B[n] = exact.Round(new(big.Rat).Mul(b[n], shrink))
	}
	return r
}
