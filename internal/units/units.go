// Package units holds the physical quantities of bitline as integers, so that
// every sum is exact and the same on any processor: time in femtoseconds,
// energy in attojoules, power in picowatts, area in square nanometres,
// frequency in hertz. Text carries a unit ("100ns"); a bare number is refused.
package units

import (
	"math"
	"math/bits"
)

// Time is simulated time in femtoseconds. It spans about 2.5 hours.
type Time int64

// Energy is in attojoules. It spans about 9.2 joules.
type Energy int64

// Power is in picowatts. It spans about 9.2 megawatts.
type Power int64

// Area is in square nanometres. It spans about 9.2 square metres.
type Area int64

// Frequency is in hertz.
type Frequency int64

// Multiples of the base units, for literals such as 100 * units.Nanosecond.
const (
	Femtosecond Time = 1
	Picosecond       = 1e3 * Femtosecond
	Nanosecond       = 1e6 * Femtosecond
	Microsecond      = 1e9 * Femtosecond
	Millisecond      = 1e12 * Femtosecond
	Second           = 1e15 * Femtosecond

	Attojoule  Energy = 1
	Femtojoule        = 1e3 * Attojoule
	Picojoule         = 1e6 * Attojoule
	Nanojoule         = 1e9 * Attojoule
	Microjoule        = 1e12 * Attojoule
	Millijoule        = 1e15 * Attojoule

	Picowatt  Power = 1
	Nanowatt        = 1e3 * Picowatt
	Microwatt       = 1e6 * Picowatt
	Milliwatt       = 1e9 * Picowatt
	Watt            = 1e12 * Picowatt

	SquareNanometre  Area = 1
	SquareMicrometre      = 1e6 * SquareNanometre
	SquareMillimetre      = 1e12 * SquareNanometre

	Hertz     Frequency = 1
	Kilohertz           = 1e3 * Hertz
	Megahertz           = 1e6 * Hertz
	Gigahertz           = 1e9 * Hertz
)

// Edge is the time of edge k of a clock of frequency f, round(k·10^15/f) with
// halves to even: 128 periods of 1.28 GHz are 100 ns exactly, although one
// period is 781.25 ps. It panics unless k ≥ 0 and f > 0.
func (f Frequency) Edge(k int64) Time { return f.EdgeScaled(k, 1, 1) }

// EdgeScaled is the time of k periods that are each num/den of a period of f:
// round(k·num·10^15/(f·den)), halves to even. An ADC whose conversion time
// shrinks with its resolution is timed by it without rounding its period.
func (f Frequency) EdgeScaled(k, num, den int64) Time {
	if k < 0 || f <= 0 || num <= 0 || den <= 0 {
		panic("units: edge of a clock wants k ≥ 0, a positive frequency and ratio")
	}
	return Time(MulDiv(k*num, int64(Second), int64(f)*den))
}

// Over is the energy that power p takes in time t, rounded half to even.
func (p Power) Over(t Time) Energy {
	// pW × fs = 1e-27 J = 1e-9 aJ
	return Energy(MulDiv(int64(p), int64(t), 1e9))
}

// Times is the energy of n equal actions. It saturates rather than wraps.
func (e Energy) Times(n int64) Energy {
	hi, lo := bits.Mul64(uint64(e), uint64(n))
	if hi != 0 || lo > math.MaxInt64 {
		return math.MaxInt64
	}
	return Energy(lo)
}

// MulDiv is a·b/d rounded half to even through 128 bits, for a, b ≥ 0 and
// d > 0. It panics on other arguments and saturates at the largest int64.
func MulDiv(a, b, d int64) int64 {
	if a < 0 || b < 0 || d <= 0 {
		panic("units: MulDiv wants a, b ≥ 0 and d > 0")
	}
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi >= uint64(d) {
		return math.MaxInt64
	}
	q, r := bits.Div64(hi, lo, uint64(d))
	if twice := 2 * r; twice > uint64(d) || twice == uint64(d) && q&1 == 1 {
		q++
	}
	if q > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(q)
}

// Quotient is a/b of two counts or quantities, and 0, which JSON can hold, where b
// is 0 and the quotient says nothing.
func Quotient[T ~int | ~int64 | ~float64](a, b T) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
