// Package exact rounds fractions, so that no figure depends on a processor's
// floating point.
package exact

import "math/big"

// Round is a fraction rounded to an integer, halves to even. It panics unless
// the result fits an int64.
func Round(r *big.Rat) int64 {
	q, rest := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int)) // rest ≥ 0
	twice := rest.Lsh(rest, 1)
	if c := twice.Cmp(r.Denom()); c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(1))
	}
	if !q.IsInt64() {
		panic("exact: fraction beyond 64 bits")
	}
	return q.Int64()
}
