package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// tensors draws n tensors of normal numbers, a fifth of them 0, with slack behind.
func tensors(random *rand.Rand, n, size int) [][]float32 {
	all := make([][]float32, n)
	for k := range all {
		all[k] = make([]float32, size)
		for i := range all[k] {
			if random.IntN(5) > 0 {
				all[k][i] = float32(random.NormFloat64())
			}
		}
	}
	return all
}

func sameFloats(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}

// TestChannels compares the vector kernels with the portable ones, byte for byte,
// and those with formulas in float64.
func TestChannels(t *testing.T) {
	random := rand.New(rand.NewPCG(51, 52))
	for trial := range 60 {
		channels, rows := 16*(1+random.IntN(4)), 1+random.IntN(9)
		size := channels * rows
		in := tensors(random, 4, size)
		per := tensors(random, 6, channels)
		for name, l := range levelNames(bestLevel()) {
			t.Run(fmt.Sprintf("%d %s", trial, name), func(t *testing.T) {
				copyOf := func(x []float32) []float32 { return append([]float32(nil), x...) }
				s1, q1, s2, q2 := copyOf(per[0]), copyOf(per[1]), copyOf(per[0]), copyOf(per[1])
				l.moments(s1, q1, per[2], in[0])
				levelPortable.moments(s2, q2, per[2], in[0])
				sameFloats(t, "sum", s1, s2)
				sameFloats(t, "square", q1, q2)
				for kind := range 8 {
					s := LineSpec{Slope: per[0], Offset: per[1], Rectified: kind&1 != 0}
					if kind&2 != 0 {
						s.Add = in[1]
					}
					if kind&4 != 0 {
						s.Scale, s.High, s.Step = 16, 40, 1./16
					}
					a, b := make([]float32, size), make([]float32, size)
					topA, topB := l.line(a, in[0], &s), levelPortable.line(b, in[0], &s)
					sameFloats(t, fmt.Sprintf("line %d", kind), a, b)
					if topA != topB {
						t.Fatalf("top is %#x, want %#x", topA, topB)
					}
				}
				for kind := range 4 {
					ga, gb := copyOf(in[0]), copyOf(in[0])
					a := GateSpec{G: ga, Sum: copyOf(per[0]), Product: copyOf(per[1]), Pivot: per[2]}
					if kind&1 != 0 {
						a.Y = in[1]
					}
					if kind&2 != 0 {
						a.X = in[2]
					}
					b := a
					b.G, b.Sum, b.Product = gb, copyOf(per[0]), copyOf(per[1])
					a.gate(l)
					b.gate(levelPortable)
					sameFloats(t, "gated", ga, gb)
					sameFloats(t, "gate sum", a.Sum, b.Sum)
					sameFloats(t, "gate product", a.Product, b.Product)
				}
				x, y := make([]float32, size), make([]float32, size)
				spec := BlendSpec{per[0], per[1], per[2]}
				l.blend(x, in[0], in[1], &spec)
				levelPortable.blend(y, in[0], in[1], &spec)
				sameFloats(t, "blend", x, y)
				n := size - random.IntN(17)
				x, y = copyOf(in[0]), copyOf(in[0])
				l.addTo(x[:n], in[1][:n])
				levelPortable.addTo(y[:n], in[1][:n])
				sameFloats(t, "sum", x, y)
				l.larger(x[:n], in[2][:n])
				levelPortable.larger(y[:n], in[2][:n])
				sameFloats(t, "larger", x, y)
				u, v := copyOf(in[3]), copyOf(in[3])
				l.route(x[:n], u[:n], in[0][:n], in[1][:n])
				levelPortable.route(y[:n], v[:n], in[0][:n], in[1][:n])
				sameFloats(t, "routed", x, y)
				sameFloats(t, "left", u, v)
			})
		}
	}
}

// TestChannelFormulas checks the portable functions on one channel by hand.
func TestChannelFormulas(t *testing.T) {
	const n = ChannelUnit
	row := func(v ...float32) []float32 { // a row for each value, which all channels have
		var x []float32
		for _, e := range v {
			for range n {
				x = append(x, e)
			}
		}
		return x
	}
	sum, square := row(1), row(2)
	Moments(sum, square, row(0.5), row(1.5, -1)) // 1 and −1.5: sums −0.5 and 1 + 2.25
	sameFloats(t, "sum", sum, row(0.5))
	sameFloats(t, "square", square, row(5.25))

	dst := make([]float32, 5*n)
	// 2x + 1: 0.25, 0.75, 300, −300, −1 in codes of 1/2, at most 255 of them.
	top := Line(dst, row(-0.375, -0.125, 149.5, -150.5, -1), &LineSpec{Slope: row(2), Offset: row(1), Scale: 2, High: 255, Step: 0.5})
	sameFloats(t, "line", dst, row(0, 1, 127.5, -127.5, -1))
	if want := math.Float32bits(300); top != want {
		t.Errorf("top is %#x, want %#x", top, want)
	}
	Line(dst[:2*n], row(-3, 3), &LineSpec{Slope: row(1), Offset: row(0), Add: row(1, -1), Rectified: true})
	sameFloats(t, "rectified", dst[:2*n], row(0, 2))
	if top := Line(dst[:n], row(float32(math.NaN())), &LineSpec{Slope: row(1), Offset: row(0), Rectified: true}); top <= 0x7f800000 {
		t.Errorf("top of NaN is %#x, want one above infinity's", top)
	}

	g := row(3, 5, 7)
	s := GateSpec{G: g, Y: row(1, 0, 2), X: row(4, 4, 6), Sum: row(0), Product: row(1), Pivot: row(2)}
	Gate(&s) // 3·2 + 7·4
	sameFloats(t, "gate", g, row(3, 0, 7))
	sameFloats(t, "gate sum", s.Sum, row(10))
	sameFloats(t, "gate product", s.Product, row(35))

	Blend(dst[:n], row(3), row(5), &BlendSpec{row(2), row(-1), row(0.5)}) // 6 − 5 + 0.5
	sameFloats(t, "blend", dst[:n], row(1.5))

	to, left := row(1, 1), row(5, 6)
	Route(to, left, row(2, 2), row(2, 3))
	sameFloats(t, "routed", to, row(6, 1))
	sameFloats(t, "left", left, row(0, 6))
}

func TestChannelMisuse(t *testing.T) {
	x, p := make([]float32, 32), make([]float32, 16)
	for name, call := range map[string]func(){
		"channels":  func() { Moments(p[:8], p[:8], p[:8], x) },
		"rows":      func() { Moments(p, p, p, x[:20]) },
		"result":    func() { Line(x[:16], x, &LineSpec{Slope: p, Offset: p}) },
		"addend":    func() { Line(x, x, &LineSpec{Slope: p, Offset: p, Add: p}) },
		"gate":      func() { Gate(&GateSpec{G: x, Y: p, Sum: p}) },
		"blend":     func() { Blend(x, x, p, &BlendSpec{p, p, p}) },
		"add":       func() { AddTo(x, p) },
		"larger":    func() { Larger(x, p) },
		"route":     func() { Route(x, x, x, p) },
		"no offset": func() { Line(x, x, &LineSpec{Slope: p}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
}
