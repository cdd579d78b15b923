package gemm

import "fmt"

// topCode is the largest code that Requantize writes.
const topCode = 255

// RequantizeSpec is a digital output stage: an accumulator in units of 2^-Frac
// becomes v = acc·M + B·2^Frac, in units of 2^-(F+Frac), and v the code
// v/2^(F+Frac), rounded half to even and clamped to Low and 255. F and Frac are
// at least 0, their sum at most 62. Low is at most 255. Nothing may overflow 64
// bits.
type RequantizeSpec struct {
	M, B    int64
	F, Frac int
	Low     int16
	// Addend is added to v before it is rounded, where it is not nil: one value
	// for each accumulator, in the units of v.
	Addend []int64
}

// Requantize writes the codes of as many accumulators as dst has. It panics
// where acc or the addend has fewer, or the spec is out of its range.
func Requantize(dst []int16, acc []int64, s RequantizeSpec) {
	requantize(dst, acc, s, bestRequantizeLevel())
}

func requantize(dst []int16, acc []int64, s RequantizeSpec, l level) {
	if s.F < 0 || s.Frac < 0 || s.F+s.Frac > 62 || s.Low > topCode {
		panic(fmt.Sprintf("gemm: shifts are %d and %d, low code is %d, want 0 to 62 together and at most %d", s.F, s.Frac, s.Low, topCode))
	}
	if len(acc) < len(dst) || s.Addend != nil && len(s.Addend) < len(dst) {
		panic(fmt.Sprintf("gemm: %d codes of %d accumulators and %d addends, want one for each", len(dst), len(acc), len(s.Addend)))
	}
	done := 0
	if l == levelAVX512 {
		done = requantizeVector(dst, acc, s)
	}
	dst, acc = dst[done:], acc[done:][:len(dst)-done]
	if s.Addend == nil {
		for i, a := range acc {
			dst[i] = s.code(a, 0)
		}
		return
	}
	for i, a := range s.Addend[done:][:len(dst)] {
		dst[i] = s.code(acc[i], a)
	}
}

func (s *RequantizeSpec) code(acc, addend int64) int16 {
	v := acc*s.M + s.B<<s.Frac + addend
	shift := s.F + s.Frac
	q := v >> shift
	if v-q<<shift+q&1 > tie(shift) {
		q++
	}
	return int16(min(max(q, int64(s.Low)), topCode))
}

// tie is what the bits shifted out, plus 1 where the quotient is odd, exceed
// where it is rounded up: half a unit. With shift 0 there are none: they never do.
func tie(shift int) int64 {
	if shift == 0 {
		return 1
	}
	return 1 << (shift - 1)
}
