package workloads

import "math"

// ActivationBits is the number of magnitude bits of an activation's code; image
// bytes enter with the same number.
const ActivationBits = 8

// Exponent is S = ⌈log2(max(maxAbs, 1e-5))⌉, the power-of-two scale under which
// every magnitude up to maxAbs lies in [0, 2^S]. It is taken from the float's
// own exponent, never from a rounded logarithm (docs/semantics.md, Codes).
func Exponent(maxAbs float64) int {
	fraction, exponent := math.Frexp(math.Max(maxAbs, 1e-5))
	if fraction == 0.5 { // an exact power of two is its own bound
		exponent--
	}
	return exponent
}

// MaxCode is the largest magnitude code of the given number of magnitude bits;
// the corner |x| = 2^S, code 2^bits, does not exist and clamps to it.
func MaxCode(bits int) int32 { return 1<<bits - 1 }

// roundMagic makes float32 addition round its first operand to an integer,
// halves to even, for magnitudes below 2^22: at 1.5·2^23 the spacing is one.
const roundMagic = 3 << 22

// A Quantizer turns reals into signed integer codes of one tensor: code q stands
// for q·2^(S−bits), |q| ≤ 2^bits − 1. One definition serves the forward pass of
// training, the penalties, checkpoints and the replay.
type Quantizer struct {
	scale, limit float32 // 2^(bits−S) and 2^bits − 1
	step         float32 // 2^(S−bits)
}

// NewQuantizer makes the quantizer of exponent s and bits magnitude bits, 1 to 16.
func NewQuantizer(s, bits int) Quantizer {
	return Quantizer{
		scale: float32(math.Ldexp(1, bits-s)),
		step:  float32(math.Ldexp(1, s-bits)),
		limit: float32(MaxCode(bits)),
	}
}

// Level is x in steps, rounded half to even and clamped: the code as a float32.
func (q Quantizer) Level(x float32) float32 {
	v := x * q.scale // exact: the scale is a power of two
	if v > q.limit {
		return q.limit
	}
	if v < -q.limit {
		return -q.limit
	}
	return (v + roundMagic) - roundMagic
}

// Code is the integer code of x.
func (q Quantizer) Code(x float32) int32 { return int32(q.Level(x)) }

// Value is x rounded to the nearest value that a code stands for.
func (q Quantizer) Value(x float32) float32 { return q.Level(x) * q.step }

// Step is the value of code 1, 2^(S−bits).
func (q Quantizer) Step() float32 { return q.step }
