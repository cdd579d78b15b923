package units

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func TestEdge(t *testing.T) {
	const isaac, newton = 1280 * Megahertz, 1200 * Megahertz
	for _, c := range []struct {
		name string
		got  Time
		want Time
	}{
		{"128 of 1.28 GHz", isaac.Edge(128), 100 * Nanosecond},
		{"120 of 1.2 GHz", newton.Edge(120), 100 * Nanosecond},
		{"1 of 1.28 GHz", isaac.Edge(1), 781250},
		{"1 of 1.2 GHz", newton.Edge(1), 833333},  // 833333 1/3
		{"2 of 1.2 GHz", newton.Edge(2), 1666667}, // 1666666 2/3
		{"0 of 1 Hz", Hertz.Edge(0), 0},
		{"1 of 2·10^15 Hz", Frequency(2e15).Edge(1), 0}, // 0.5, to even
		{"3 of 2·10^15 Hz", Frequency(2e15).Edge(3), 2}, // 1.5, to even
		{"128 conversions of 5/8 period", isaac.EdgeScaled(128, 5, 8), 62500 * Picosecond},
		{"128 conversions of 3/8 period", isaac.EdgeScaled(128, 3, 8), 37500 * Picosecond},
	} {
		if c.got != c.want {
			t.Errorf("edge %s is %d fs, want %d fs", c.name, c.got, c.want)
		}
	}
}

func TestMulDiv(t *testing.T) {
	for _, c := range []struct{ a, b, d, want int64 }{
		{1, 1, 2, 0}, // 0.5
		{3, 1, 2, 2}, // 1.5
		{5, 1, 2, 2}, // 2.5
		{7, 1, 2, 4}, // 3.5
		{5, 1, 3, 2}, // 1.67
		{4, 1, 3, 1}, // 1.33
		{0, math.MaxInt64, 1, 0},
		{math.MaxInt64, math.MaxInt64, math.MaxInt64, math.MaxInt64},
		{math.MaxInt64, 2, 2, math.MaxInt64},
		{math.MaxInt64, 2, 1, math.MaxInt64}, // saturates
		{math.MaxInt64, math.MaxInt64, 1, math.MaxInt64},
		{1 << 62, 3, 1 << 62, 3},
	} {
		if got := MulDiv(c.a, c.b, c.d); got != c.want {
			t.Errorf("MulDiv(%d, %d, %d) = %d, want %d", c.a, c.b, c.d, got, c.want)
		}
	}
}

// TestMulDivExact compares with math/big: |d·q − a·b| ≤ d/2, even on a tie.
func TestMulDivExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		a, b := rng.Int64()>>rng.IntN(63), rng.Int64()>>rng.IntN(63)
		d := rng.Int64()>>rng.IntN(63) + 1
		got := MulDiv(a, b, d)
		if got == math.MaxInt64 {
			continue
		}
		off := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
		off.Sub(off, new(big.Int).Mul(big.NewInt(d), big.NewInt(got)))
		off.Abs(off).Lsh(off, 1)
		if half := off.Cmp(big.NewInt(d)); half > 0 || half == 0 && got%2 != 0 {
			t.Fatalf("MulDiv(%d, %d, %d) = %d is not the nearest", a, b, d, got)
		}
	}
}

func TestMulDivPanics(t *testing.T) {
	for _, c := range [][3]int64{{-1, 1, 1}, {1, -1, 1}, {1, 1, 0}, {1, 1, -1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("MulDiv(%d, %d, %d) gave a value, want a panic", c[0], c[1], c[2])
				}
			}()
			MulDiv(c[0], c[1], c[2])
		}()
	}
}

func TestOver(t *testing.T) {
	for _, c := range []struct {
		name string
		p    Power
		t    Time
		want Energy
	}{
		{"2 mW over 781.25 ps", 2 * Milliwatt, 781250, 1562500}, // 1.5625 pJ
		{"1 W over 1 s", Watt, Second, 1000 * Millijoule},
		{"1 pW over 0.5 µs", Picowatt, 500 * Nanosecond, 0},     // 0.5 aJ, to even
		{"3 pW over 0.5 µs", 3 * Picowatt, 500 * Nanosecond, 2}, // 1.5 aJ, to even
		{"0 over 1 s", 0, Second, 0},
	} {
		if got := c.p.Over(c.t); got != c.want {
			t.Errorf("%s is %d aJ, want %d aJ", c.name, got, c.want)
		}
	}
}

func TestTimes(t *testing.T) {
	for _, c := range []struct {
		e    Energy
		n    int64
		want Energy
	}{
		{3 * Picojoule, 5, 15 * Picojoule},
		{0, math.MaxInt64, 0},
		{math.MaxInt64, 1, math.MaxInt64},
		{math.MaxInt64 / 2, 2, math.MaxInt64 - 1},
		{math.MaxInt64/2 + 1, 2, math.MaxInt64}, // 2^63 saturates
		{math.MaxInt64, math.MaxInt64, math.MaxInt64},
	} {
		if got := c.e.Times(c.n); got != c.want {
			t.Errorf("%d aJ × %d = %d, want %d", c.e, c.n, got, c.want)
		}
	}
}

func TestQuotient(t *testing.T) {
	if got := Quotient(3, 4); got != 0.75 {
		t.Errorf("Quotient(3, 4) = %g, want 0.75", got)
	}
	if got := Quotient(3.0, 0); got != 0 {
		t.Errorf("Quotient(3, 0) = %g, want 0, which JSON can hold", got)
	}
}
