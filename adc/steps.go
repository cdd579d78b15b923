package adc

import (
	"bitline/internal/config"
)

// Kept is the bits Low to High − 1 of an accumulator that an output keeps. A
// conversion need not resolve the others; {0, 0} keeps all. Newton's converters
// (Nag et al., IEEE Micro 2018) resolve 832 bits instead of 1152 for 16 input steps,
// 8 slices and sums of 9 bits. Its window is not stated with that figure; {10, 26},
// 16 of 39 bits, gives it.
type Kept struct{ Low, High int }

// maxKept bounds the accumulator of which bits are kept.
const maxKept = 64

// Conversion is one of a product: of which step of a pass, and of which slice;
// its sum counts 2^Shift.
type Conversion struct{ Step, Slice, Shift int }

// StepBits is the resolution of a conversion whose slice has so many bits: at most
// what ByStep says for its step and slice, and no more than the bits of the sum
// that the output keeps. 0 means that nothing is converted. A signed converter
// that converts has at least 2 bits.
func (s Spec) StepBits(bits int, c Conversion, signed bool) int {
	if len(s.ByStep) > 0 {
		bits = min(bits, s.ByStep[c.Step][c.Slice%len(s.ByStep[c.Step])])
	}
	if s.Kept.High > 0 {
		bits = max(0, min(c.Shift+bits, s.Kept.High)-max(c.Shift, s.Kept.Low))
	}
	if signed && bits == 1 {
		return 2
	}
	return bits
}

// Stepped says whether conversions of a slice differ between steps.
func (s Spec) Stepped() bool { return len(s.ByStep) > 0 || s.Kept.High > 0 }

// readSteps reads bits_by_step, a list of steps, least significant first, each a
// resolution or a list of one per slice, and kept_bits.
func readSteps(t *config.Table, s *Spec) {
	if kept := t.Ints("kept_bits", nil, 0, maxKept); len(kept) > 0 {
		if len(kept) != 2 || kept[0] >= kept[1] {
			t.Faultf("kept_bits", "is %v, want the lowest bit that an output keeps and the first that it does not, such as [10, 26]", kept)
		} else {
			s.Kept = Kept{kept[0], kept[1]}
		}
	}
	value, ok := t.Value("bits_by_step")
	if !ok {
		return
	}
	steps, ok := value.([]any)
	if !ok || len(steps) == 0 {
		t.Faultf("bits_by_step", "is %v, want a list of steps, least significant first, each a number from 0 to %d or a list of one per slice", value, MaxBits)
		return
	}
	for i, step := range steps {
		row, isList := step.([]any)
		if !isList {
			row = []any{step}
		}
		bits := make([]int, len(row))
		for k, v := range row {
			n, isInt := v.(int64)
			if !isInt || n < 0 || n > MaxBits {
				t.Faultf("bits_by_step", "is %v for slice %d in step %d, want 0 to %d", v, k, i, MaxBits)
				return
			}
			bits[k] = int(n)
		}
		if len(bits) == 0 {
			t.Faultf("bits_by_step", "is empty for step %d, want a number or a list of one per slice", i)
			return
		}
		s.ByStep = append(s.ByStep, bits)
	}
}
