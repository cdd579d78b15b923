package adc_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"bitline/adc"
)

func newTransfer(t *testing.T, s adc.Spec, bits int, largest int64, signed bool) adc.Transfer {
	t.Helper()
	tr, err := adc.NewTransfer(s, bits, largest, signed)
	if err != nil {
		t.Fatalf("NewTransfer(%s, %d bits): %v", s.Range, bits, err)
	}
	return tr
}

// TestTransferUnit holds both sides of each end, at every resolution: the sum
// 2^b − 1 is the last that passes, ±(2^(b−1) − 1) for a signed converter.
func TestTransferUnit(t *testing.T) {
	for bits := 1; bits <= adc.MaxBits; bits++ {
		for _, signed := range []bool{false, true} {
			low, high := int64(0), int64(1)<<bits-1
			if signed {
				if bits == 1 {
					continue
				}
				high = int64(1)<<(bits-1) - 1
				low = -high
			}
			tr := newTransfer(t, adc.Spec{Range: adc.Unit}, bits, 1<<20, signed)
			for _, c := range []struct {
				sum, code int64
				clipped   bool
			}{
				{low - 1, low, true}, {low, low, false}, {0, 0, false}, {1, 1, false}, {high, high, false}, {high + 1, high, true}, {1 << 20, high, true},
			} {
				code, clipped := tr.Code(c.sum)
				if code != c.code || clipped != c.clipped || tr.Value(code) != c.code {
					t.Errorf("%d bits, signed %t: sum %d gives code %d worth %d, clipped %t, want %d, %t",
						bits, signed, c.sum, code, tr.Value(code), clipped, c.code, c.clipped)
				}
			}
			if tr.Clips(low, high) || !tr.Clips(low, high+1) || !tr.Clips(low-1, high) {
				t.Errorf("%d bits, signed %t: want sums from %d to %d, and no others, proven", bits, signed, low, high)
			}
			if tr.Fraction() != 0 {
				t.Errorf("fraction bits %d, want 0", tr.Fraction())
			}
			if l, h, ok := tr.Limits(); l != float64(low) || h != float64(high) || !ok {
				t.Errorf("%d bits, signed %t: limits are %g and %g (%t), want %d and %d", bits, signed, l, h, ok, low, high)
			}
		}
	}
}

// TestTransferFull works codes and values out by hand. Ties go to the even code.
func TestTransferFull(t *testing.T) {
	cases := []struct {
		name        string
		bits        int
		largest     int64
		signed      bool
		sum         int64
		code, value int64
	}{
		// Step 6/3 = 2: 1, 3 and 5 lie half-way; one code is worth 2·2^16.
		{"tie down to 0", 2, 6, false, 1, 0, 0},
		{"no tie", 2, 6, false, 2, 1, 2 << 16},
		{"tie up to 2", 2, 6, false, 3, 2, 4 << 16},
		{"tie down to 2", 2, 6, false, 5, 2, 4 << 16},
		{"top", 2, 6, false, 6, 3, 6 << 16},
		// Step 384/255, one code is worth RHE(1.50588…·65536) = RHE(98689.5058…) = 98690.
		{"isaac's array, 1", 8, 384, false, 1, 1, 98690},
		{"isaac's array, 128", 8, 384, false, 128, 85, 85 * 98690},
		{"isaac's array, 384", 8, 384, false, 384, 255, 255 * 98690},
		// Signed: step 6/(2² − 1) = 2 below and above zero.
		{"signed tie down to 0", 3, 6, true, -1, 0, 0},
		{"signed tie to −2", 3, 6, true, -3, -2, -4 << 16},
		{"signed tie back to −2", 3, 6, true, -5, -2, -4 << 16},
		{"signed bottom", 3, 6, true, -6, -3, -6 << 16},
		{"signed top", 3, 6, true, 6, 3, 6 << 16},
		// A range as wide as the codes counts them.
		{"unit step", 8, 255, false, 77, 77, 77 << 16},
		// One bit: the half-way sum 3 goes to 0.
		{"one bit, tie", 1, 6, false, 3, 0, 0},
		{"one bit, above", 1, 6, false, 4, 1, 6 << 16},
		// Step 2/65535: RHE(2·65536/65535) = 2, so the top is worth 2·65535.
		{"more codes than sums", 16, 2, false, 2, 65535, 2 * 65535},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			tr := newTransfer(t, adc.Spec{Range: adc.Full}, c.bits, c.largest, c.signed)
			code, clipped := tr.Code(c.sum)
			if code != c.code || clipped || tr.Value(code) != c.value {
				t.Errorf("sum %d gives code %d worth %d, clipped %t, want %d worth %d", c.sum, code, tr.Value(code), clipped, c.code, c.value)
			}
			if tr.Clips(-c.largest, c.largest) || tr.Fraction() != adc.FractionBits {
				t.Errorf("clips %t with %d fraction bits, want never with %d", tr.Clips(-c.largest, c.largest), tr.Fraction(), adc.FractionBits)
			}
		})
	}
}

// TestTransferCalibrated compares codes with the formula of the oracle's notes,
// rint((clip(s, lo, hi) − lo)·(L−1)/(hi − lo)), L = 2^b levels, 2^b − 1 signed, and
// values with code·(hi − lo)/(L−1) + lo. Ends and steps are chosen so that float64
// holds the formula exactly or no sum lies near a tie.
func TestTransferCalibrated(t *testing.T) {
	cases := []struct {
		low, high float64
		bits      int
		signed    bool
	}{
		{0, 255, 8, false}, // unit
		{0, 510, 8, false}, // every odd sum a tie
		{2.5, 17.5, 4, false},
		{-3, 4.5, 4, false},
		{-7, 7, 4, true},
		{-21, 21, 4, true},
		{-0.75, 2.75, 3, true}, // lopsided
		{10, 11, 1, false},
		{0.1, 20.3, 5, false},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%g to %g, %d bits", c.low, c.high, c.bits), func(t *testing.T) {
			levels := math.Ldexp(1, c.bits)
			if c.signed {
				levels--
			}
			tr := newTransfer(t, adc.Spec{Range: adc.Calibrated, Low: c.low, High: c.high}, c.bits, 600, c.signed)
			for sum := int64(-600); sum <= 600; sum++ {
				s := math.Min(math.Max(float64(sum), c.low), c.high)
				want := math.RoundToEven((s - c.low) * (levels - 1) / (c.high - c.low))
				code, clipped := tr.Code(sum)
				if code != int64(want) || clipped != (float64(sum) < c.low || float64(sum) > c.high) {
					t.Fatalf("sum %d gives code %d, clipped %t, want %g", sum, code, clipped, want)
				}
				// The weight of a code and the low end are each rounded to 2^-16: half a
				// unit a code, and half a unit.
				count := want*(c.high-c.low)/(levels-1) + c.low
				if off := math.Abs(float64(tr.Value(code)) - count*65536); off > want/2+0.5+1e-6 {
					t.Fatalf("code %d is worth %d, want %g", code, tr.Value(code), count*65536)
				}
			}
			low, high := int64(math.Ceil(c.low)), int64(math.Floor(c.high))
			if tr.Clips(low, high) || !tr.Clips(low-1, high) || !tr.Clips(low, high+1) {
				t.Errorf("want sums from %d to %d, and no others, proven", low, high)
			}
			if tr.Fraction() != adc.FractionBits {
				t.Errorf("fraction bits %d, want %d", tr.Fraction(), adc.FractionBits)
			}
		})
	}
}

// TestTransferCalibratedExact works the values of a range with an exact step out:
// 2.5 to 17.5 in 15 steps of one count.
func TestTransferCalibratedExact(t *testing.T) {
	tr := newTransfer(t, adc.Spec{Range: adc.Calibrated, Low: 2.5, High: 17.5}, 4, 100, false)
	for _, c := range []struct {
		sum, code int64
		count     float64
		clipped   bool
	}{
		{2, 0, 2.5, true},
		{3, 0, 2.5, false}, // 0.5 steps up: a tie, to 0
		{4, 2, 4.5, false}, // 1.5 steps: a tie, to 2
		{5, 2, 4.5, false},
		{17, 14, 16.5, false}, // 14.5
		{18, 15, 17.5, true},
	} {
		code, clipped := tr.Code(c.sum)
		if code != c.code || clipped != c.clipped || tr.Value(code) != int64(c.count*65536) {
			t.Errorf("sum %d gives code %d worth %d, clipped %t, want %d worth %g counts, %t",
				c.sum, code, tr.Value(code), clipped, c.code, c.count, c.clipped)
		}
	}
}

// TestNewTransferFaults holds both sides of each limit.
func TestNewTransferFaults(t *testing.T) {
	cases := []struct {
		bits   int
		signed bool
		want   string
	}{
		{0, false, "adc resolution is 0 bits, want 1 to 16"},
		{1, false, ""},
		{16, false, ""},
		{17, false, "adc resolution is 17 bits, want 1 to 16"},
		{1, true, "adc resolution is 1 bits, want 2 to 16"},
		{2, true, ""},
		{-1, true, "adc resolution is -1 bits, want 2 to 16"},
	}
	for _, c := range cases {
		_, err := adc.NewTransfer(adc.Spec{Range: adc.Unit}, c.bits, 10, c.signed)
		if got := strings.TrimPrefix(fmt.Sprint(err), "<nil>"); got != c.want {
			t.Errorf("%d bits, signed %t: got error %q, want %q", c.bits, c.signed, got, c.want)
		}
	}
}

// TestBitsFor stands on both sides of each power of two.
func TestBitsFor(t *testing.T) {
	cases := []struct {
		sum              int64
		unsigned, signed int
	}{
		{0, 1, 2}, {1, 1, 2}, {2, 2, 3}, {3, 2, 3}, {4, 3, 4}, {7, 3, 4}, {8, 4, 5},
		{255, 8, 9}, {256, 9, 10}, {384, 9, 10}, {1<<16 - 1, 16, 17}, {1 << 16, 17, 18},
	}
	for _, c := range cases {
		if u, s := adc.BitsFor(c.sum, false), adc.BitsFor(c.sum, true); u != c.unsigned || s != c.signed {
			t.Errorf("sum %d needs %d bits, %d signed, want %d, %d", c.sum, u, s, c.unsigned, c.signed)
		}
	}
}

// TestBitsForIsTight asks the transfer function: so many bits do not clip, one
// fewer do.
func TestBitsForIsTight(t *testing.T) {
	for sum := int64(0); sum < 1200; sum++ {
		for _, signed := range []bool{false, true} {
			low, lowest := int64(0), 1
			if signed {
				low, lowest = -sum, 2
			}
			bits := adc.BitsFor(sum, signed)
			if newTransfer(t, adc.Spec{Range: adc.Unit}, bits, sum, signed).Clips(low, sum) {
				t.Fatalf("sum %d, signed %t: %d bits clip", sum, signed, bits)
			}
			if bits > lowest && !newTransfer(t, adc.Spec{Range: adc.Unit}, bits-1, sum, signed).Clips(low, sum) {
				t.Fatalf("sum %d, signed %t: %d bits, but one fewer would do", sum, signed, bits)
			}
		}
	}
}

// TestLimits: what clips nothing has none, and a calibrated range is its own.
func TestLimits(t *testing.T) {
	if low, high, ok := newTransfer(t, adc.Spec{Range: adc.Full}, 3, 100, false).Limits(); ok {
		t.Errorf("a full range has the limits %g and %g, want none", low, high)
	}
	if low, high, ok := newTransfer(t, adc.Spec{Range: adc.Calibrated, Low: -1.5, High: 20}, 3, 100, true).Limits(); low != -1.5 || high != 20 || !ok {
		t.Errorf("a calibrated range has the limits %g and %g (%t), want -1.5 and 20", low, high, ok)
	}
}
