package gemm

import (
	"fmt"
	"math"
)

// ChannelUnit divides the channels of every tensor that the functions below take:
// rows × channels values, the channels adjacent. They round every product and
// every sum to float32, in the same order on every processor, whose bytes
// therefore agree.
const ChannelUnit = 16

// Moments adds to sum and square, of one value a channel, what the rows of x give:
// x − pivot and its square. It panics where the sizes do not fit, as all functions
// of this file do.
func Moments(sum, square, pivot, x []float32) { bestLevel().moments(sum, square, pivot, x) }

func (l level) moments(sum, square, pivot, x []float32) {
	checkChannels(len(x), len(pivot), len(sum), len(square))
	if len(x) == 0 {
		return
	}
	if l != levelPortable {
		l.momentsVector(sum, square, pivot, x)
		return
	}
	channels := len(pivot)
	for at := 0; at < len(x); at += channels {
		for c, v := range x[at:][:channels] {
			d := v - pivot[c]
			sum[c] += d
			square[c] += float32(d * d)
		}
	}
}

// LineSpec is an output stage: v = x·Slope + Offset + Add, by channel, rectified
// or not. Where Step is not 0, v·Scale is clamped to ±High and rounded half to
// even, and each unit of that counts Step.
type LineSpec struct {
	Slope, Offset     []float32
	Add               []float32 // one for each value; nil for none
	Rectified         bool
	Scale, High, Step float32
}

// Line writes the output stage of x to dst and returns the largest magnitude of v
// as the bits of a float32, NaN the largest. dst may be x.
func Line(dst, x []float32, s *LineSpec) uint32 { return bestLevel().line(dst, x, s) }

func (l level) line(dst, x []float32, s *LineSpec) uint32 {
	checkChannels(len(x), len(s.Slope), len(s.Offset), len(s.Offset))
	if len(dst) != len(x) || s.Add != nil && len(s.Add) != len(x) {
		panic(fmt.Sprintf("gemm: a line of %d values has %d results and %d addends, want one for each", len(x), len(dst), len(s.Add)))
	}
	if len(x) == 0 {
		return 0
	}
	if l != levelPortable {
		return l.lineVector(dst, x, s)
	}
	top, low, channels := uint32(0), s.low(), len(s.Slope)
	for at := 0; at < len(x); at += channels {
		to := dst[at:][:channels]
		for c, v := range x[at:][:channels] {
			v = float32(v*s.Slope[c]) + s.Offset[c]
			if s.Add != nil {
				v += s.Add[at+c]
			}
			if v < low {
				v = low
			}
			top = max(top, math.Float32bits(v)&^(1<<31))
			to[c] = s.round(v)
		}
	}
	return top
}

// lineMagic rounds to an integer, halves to even: at 1.5·2^23 the spacing is one.
const lineMagic = 3 << 22

// low is the lower bound of v.
func (s *LineSpec) low() float32 {
	if s.Rectified {
		return 0
	}
	return float32(math.Inf(-1))
}

func (s *LineSpec) round(v float32) float32 {
	if s.Step == 0 {
		return v
	}
	v = max(min(float32(v*s.Scale), s.High), -s.High)
	return float32(float32(v+lineMagic)-lineMagic) * s.Step
}

// GateSpec is what Gate works on: gradients G of the values Y of a rectifier, nil
// where there was none, and the values X that Y was made of, nil where only sums
// are wanted.
type GateSpec struct {
	G, Y, X      []float32
	Sum, Product []float32 // by channel, added to: Σ G and Σ G·(X − Pivot)
	Pivot        []float32
}

// Gate clears the gradients where the rectified value is 0 and adds up what is
// left.
func Gate(s *GateSpec) { s.gate(bestLevel()) }

func (s *GateSpec) gate(l level) {
	checkChannels(len(s.G), len(s.Sum), len(s.Sum), len(s.Sum))
	if s.Y != nil && len(s.Y) != len(s.G) || s.X != nil && (len(s.X) != len(s.G) || len(s.Product) != len(s.Sum) || len(s.Pivot) != len(s.Sum)) {
		panic("gemm: gradients, values and sums of a gate differ in their sizes")
	}
	if len(s.G) == 0 {
		return
	}
	if l != levelPortable {
		l.gateVector(s)
		return
	}
	channels := len(s.Sum)
	for at := 0; at < len(s.G); at += channels {
		for c := range channels {
			if s.Y != nil && s.Y[at+c] == 0 {
				s.G[at+c] = 0
			}
			g := s.G[at+c]
			s.Sum[c] += g
			if s.X != nil {
				s.Product[c] += float32(g * (s.X[at+c] - s.Pivot[c]))
			}
		}
	}
}

// BlendSpec is g·A + (x·B + C), by channel.
type BlendSpec struct{ A, B, C []float32 }

// Blend writes what s makes of g and x to dst.
func Blend(dst, g, x []float32, s *BlendSpec) { bestLevel().blend(dst, g, x, s) }

func (l level) blend(dst, g, x []float32, s *BlendSpec) {
	checkChannels(len(g), len(s.A), len(s.B), len(s.C))
	if len(dst) != len(g) || len(x) != len(g) {
		panic("gemm: the operands of a blend differ in their sizes")
	}
	if len(g) == 0 {
		return
	}
	if l != levelPortable {
		l.blendVector(dst, g, x, s)
		return
	}
	channels := len(s.A)
	for at, v := range g {
		c := at % channels
		dst[at] = float32(v*s.A[c]) + (float32(x[at]*s.B[c]) + s.C[c])
	}
}

// AddTo adds src to dst, which have any one size.
func AddTo(dst, src []float32) { bestLevel().addTo(dst, src) }

func (l level) addTo(dst, src []float32) {
	checkPair(len(dst), len(src))
	done := 0
	if l != levelPortable {
		done = l.addVector(dst, src)
	}
	for i := done; i < len(dst); i++ {
		dst[i] += src[i]
	}
}

// Larger sets dst to the larger of dst and src, which have any one size.
func Larger(dst, src []float32) { bestLevel().larger(dst, src) }

func (l level) larger(dst, src []float32) {
	checkPair(len(dst), len(src))
	done := 0
	if l != levelPortable {
		done = l.largerVector(dst, src)
	}
	for i := done; i < len(dst); i++ {
		dst[i] = max(dst[i], src[i])
	}
}

// Route moves left to dst wherever x is y: the gradient of a maximum y to the
// first x that it is. All have any one size.
func Route(dst, left, y, x []float32) { bestLevel().route(dst, left, y, x) }

func (l level) route(dst, left, y, x []float32) {
	checkPair(len(dst), len(left))
	checkPair(len(y), len(x))
	checkPair(len(dst), len(x))
	done := 0
	if l != levelPortable {
		done = l.routeVector(dst, left, y, x)
	}
	for i := done; i < len(dst); i++ {
		if x[i] == y[i] {
			dst[i] += left[i]
			left[i] = 0
		}
	}
}

func checkPair(a, b int) {
	if a != b {
		panic(fmt.Sprintf("gemm: operands have %d and %d values, want as many", a, b))
	}
}

func checkChannels(values, channels, a, b int) {
	if channels == 0 || channels%ChannelUnit != 0 || values%channels != 0 || a != channels || b != channels {
		panic(fmt.Sprintf("gemm: %d values of %d channels with %d and %d numbers, want whole rows of a multiple of %d channels with as many numbers",
			values, channels, a, b, ChannelUnit))
	}
}
