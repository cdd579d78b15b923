package adc

import (
	"fmt"
	"math"
	"math/big"

	"bitline/internal/exact"
)

// FractionBits is the number of fraction bits at which codes whose step is not
// one count are accumulated (docs/semantics.md, Bitline and ADC).
const FractionBits = 16

// Transfer is the transfer function of one converter: from a bitline sum, in
// counts of one cell level, to a code, and back to the integer that shift-and-add
// accumulates for that code.
type Transfer struct {
	rng              Range
	limitLow, limit  int64 // unit: smallest and largest code
	levels           int64 // full: codes above zero; calibrated: steps between low and high
	largest          int64 // full: the sum that the highest code stands for
	low, high        float64
	weight, constant int64 // the value of one code and of code 0 at 2^FractionBits
}

// NewTransfer makes the transfer function of a converter of the given bits, whose
// mapped rows can sum to at most largest in magnitude. A signed converter clips
// both ways and needs 2 bits. It is an error if bits is outside 1 to 16.
func NewTransfer(s Spec, bits int, largest int64, signed bool) (Transfer, error) {
	lowest := 1
	if signed {
		lowest = 2
	}
	if bits < lowest || bits > MaxBits {
		return Transfer{}, fmt.Errorf("adc resolution is %d bits, want %d to %d", bits, lowest, MaxBits)
	}
	t := Transfer{rng: s.Range, low: s.Low, high: s.High, largest: max(largest, 1), weight: 1}
	t.limit = int64(1)<<bits - 1
	if signed {
		t.limit = int64(1)<<(bits-1) - 1
		t.limitLow = -t.limit
	}
	switch s.Range {
	case Full:
		t.levels = t.limit
		t.weight = exact.Round(big.NewRat(t.largest<<FractionBits, t.levels))
	case Calibrated:
		t.levels = t.limit - t.limitLow
		span := new(big.Rat).Sub(exactRat(t.high), exactRat(t.low))
		scale := new(big.Rat).SetInt64(1 << FractionBits)
		t.weight = exact.Round(new(big.Rat).Mul(scale, span.Quo(span, new(big.Rat).SetInt64(t.levels))))
		t.constant = exact.Round(scale.Mul(scale, exactRat(t.low)))
	}
	return t, nil
}

// Code is the converter's code for a bitline sum, and whether the sum lay
// outside the range. Under Calibrated, code 0 stands for the low end.
func (t Transfer) Code(sum int64) (code int64, clipped bool) {
	switch t.rng {
	case Full: // RHE(sum/step), step = largest/levels: it cannot clip
		return exact.Round(big.NewRat(sum*t.levels, t.largest)), false
	case Calibrated:
		s := math.Min(math.Max(float64(sum), t.low), t.high)
		x := new(big.Rat).Sub(exactRat(s), exactRat(t.low))
		x.Mul(x, new(big.Rat).SetInt64(t.levels))
		x.Quo(x, new(big.Rat).Sub(exactRat(t.high), exactRat(t.low)))
		return exact.Round(x), float64(sum) != s
	}
	code = min(max(sum, t.limitLow), t.limit)
	return code, code != sum
}

// Value is what shift-and-add accumulates for a code, in units of 2^-Fraction
// counts.
func (t Transfer) Value(code int64) int64 { return code*t.weight + t.constant }

// Fraction is the number of fraction bits of Value: 0 under Unit, else
// FractionBits.
func (t Transfer) Fraction() int {
	if t.rng == Unit {
		return 0
	}
	return FractionBits
}

// Clips says whether some sum from low to high lies outside the range.
func (t Transfer) Clips(low, high int64) bool {
	switch t.rng {
	case Full:
		return false
	case Calibrated:
		return float64(low) < t.low || float64(high) > t.high
	}
	return low < t.limitLow || high > t.limit
}

// Limits are the smallest and the largest sum, in counts, that the converter does
// not clip; ok is false where none clips.
func (t Transfer) Limits() (low, high float64, ok bool) {
	switch t.rng {
	case Full:
		return 0, 0, false
	case Calibrated:
		return t.low, t.high, true
	}
	return float64(t.limitLow), float64(t.limit), true
}

// exactRat is x as a fraction; x is finite by validation.
func exactRat(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }
