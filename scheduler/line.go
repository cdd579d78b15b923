package scheduler

import (
	"math/big"
	"math/bits"
)

// moments are the exact sums of a column's accumulators: x through the
// converters, t without.
type moments struct {
	count            int64
	sx, st, sxx, sxt big.Int
}

// add takes the values of one tile: at most 512 of at most 54 bits, so that they
// add up in 64 bits and their products in 128.
func (m *moments) add(x, t []int64) {
	var sx, st int64
	var sxx, sxt wide
	for i, v := range x {
		w := t[i]
		sx += v
		st += w
		sxx.addProduct(v, v)
		sxt.addProduct(v, w)
	}
	m.count += int64(len(x))
	var sum big.Int
	m.sx.Add(&m.sx, sum.SetInt64(sx))
	m.st.Add(&m.st, sum.SetInt64(st))
	m.sxx.Add(&m.sxx, sxx.value(&sum))
	m.sxt.Add(&m.sxt, sxt.value(&sum))
}

func (m *moments) merge(o *moments) {
	m.count += o.count
	m.sx.Add(&m.sx, &o.sx)
	m.st.Add(&m.st, &o.st)
	m.sxx.Add(&m.sxx, &o.sxx)
	m.sxt.Add(&m.sxt, &o.sxt)
}

// wide is a sum in 128 bits, two's complement.
type wide struct{ hi, lo uint64 }

// addProduct adds a·b. The signed product is the unsigned one less 2^64 times
// each factor whose other is negative.
func (w *wide) addProduct(a, b int64) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	hi -= uint64(a>>63)&uint64(b) + uint64(b>>63)&uint64(a)
	var carry uint64
	w.lo, carry = bits.Add64(w.lo, lo, 0)
	w.hi, _ = bits.Add64(w.hi, hi, carry)
}

// value sets v to the sum.
func (w wide) value(v *big.Int) *big.Int {
	v.SetInt64(int64(w.hi))
	v.Lsh(v, 64)
	return v.Add(v, new(big.Int).SetUint64(w.lo))
}

// line is the least-squares line t ≈ slope·x + intercept with x in units of
// 2^-frac and t in counts; the intercept is in counts. Where x does not vary the
// slope is 1.
func (m *moments) line(frac int) (slope, intercept *big.Rat) {
	st, sxt := new(big.Int).Lsh(&m.st, uint(frac)), new(big.Int).Lsh(&m.sxt, uint(frac))
	count := big.NewInt(m.count)
	over := new(big.Int).Sub(new(big.Int).Mul(count, sxt), new(big.Int).Mul(&m.sx, st))
	under := new(big.Int).Sub(new(big.Int).Mul(count, &m.sxx), new(big.Int).Mul(&m.sx, &m.sx))
	slope = big.NewRat(1, 1)
	if under.Sign() != 0 {
		slope.SetFrac(over, under)
	}
	// intercept = (Σt − slope·Σx)/(count·2^frac)
	intercept = new(big.Rat).SetInt(&m.sx)
	intercept.Sub(new(big.Rat).SetInt(st), intercept.Mul(intercept, slope))
	intercept.Quo(intercept, new(big.Rat).SetInt(count.Lsh(count, uint(frac))))
	return slope, intercept
}
