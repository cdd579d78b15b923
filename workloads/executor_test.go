package workloads

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestRoundShift(t *testing.T) {
	for _, c := range []struct {
		name  string
		v     int64
		shift int
		low   int32
		want  int32
	}{
		{"half to even, down", 1 << 3, 4, -255, 0},
		{"half to even, up", 3 << 3, 4, -255, 2},
		{"just over half", 1<<3 + 1, 4, -255, 1},
		{"negative half to even", -1 << 3, 4, -255, 0},
		{"negative three halves", -3 << 3, 4, -255, -2},
		{"negative just over half", -1<<3 - 1, 4, -255, -1},
		{"no shift", 7, 0, 0, 7},
		{"rectified", -5, 0, 0, 0},
		{"top of the range", 255 << 4, 4, 0, 255},
		{"clamped", 256 << 4, 4, 0, 255},
		{"bottom of the range", -256 << 4, 4, -255, -255},
	} {
		if got := roundShift(c.v, c.shift, c.low); got != c.want {
			t.Errorf("%s: roundShift(%d, %d, %d) = %d, want %d", c.name, c.v, c.shift, c.low, got, c.want)
		}
	}
}

func TestNewAffine(t *testing.T) {
	for _, c := range []struct {
		name   string
		factor float64
		f      int
		m      int64
	}{
		{"small factors keep 30 fraction bits", 0.5, 30, 1 << 29},
		{"a factor just below 2", 2 - 1.0/(1<<29), 30, 1<<31 - 2},
		{"a factor of 2 needs a bit more", 2, 29, 1 << 30},
		{"a factor that rounds up to 2^31", 2 - 1.0/(1<<40), 29, 1 << 30},
		{"the largest", 1<<31 - 1, 0, 1<<31 - 1},
	} {
		a, err := NewAffine([]float64{c.factor}, []float64{-3})
		if err != nil || a.F != c.f || a.M[0] != c.m || a.B[0] != -3<<c.f {
			t.Errorf("%s: NewAffine(%g) = %+v, %v; want F %d, M %d", c.name, c.factor, a, err, c.f, c.m)
		}
	}
	if a, err := NewAffine([]float64{1 << 31}, []float64{0}); err == nil {
		t.Errorf("a factor of 2^31 gave %+v, want an error", a)
	}
}

// |acc·M + B| must stay below 2^63: with M = 2^31, acc = 2^32 − 1 fits and 2^32
// does not.
func TestAffineCheck(t *testing.T) {
	a := Affine{M: []int64{-1 << 31}, B: []int64{0}, F: 30}
	if err := a.Check(1<<32-1, 0); err != nil {
		t.Errorf("acc 2^32−1 with M 2^31: %v, want no overflow", err)
	}
	if err := a.Check(1<<32, 0); err == nil {
		t.Error("acc 2^32 with M 2^31 passed, want an overflow")
	}
	if err := a.Check(1<<20, 12); err == nil {
		t.Error("acc 2^20 with 12 fraction bits and M 2^31 passed, want an overflow")
	}
	if err := a.Check(1<<20-1, 12); err != nil {
		t.Errorf("acc 2^20−1 with 12 fraction bits: %v, want no overflow", err)
	}
}

// randomModel is a chain of linear layers with random codes.
func randomModel(r *rand.Rand, widths ...int) *Model {
	m := &Model{
		Network:    &Network{Name: "random", Input: Shape{1, 1, widths[0]}},
		WeightBits: 8, Input: InputCodes{Zero: []int32{7}, Scale: 2},
	}
	for i, n := range widths[1:] {
		l := LayerWeights{Rows: widths[i], Columns: n, Affine: Affine{F: 20}}
		for range l.Rows * n {
			l.Codes = append(l.Codes, int16(r.IntN(511)-255))
		}
		for range n {
			l.Bias = append(l.Bias, 0)
			l.Affine.M = append(l.Affine.M, int64(r.IntN(4000)))
			l.Affine.B = append(l.Affine.B, int64(r.IntN(1<<24)-1<<23))
		}
		m.Layers = append(m.Layers, l)
		m.Network.Layers = append(m.Network.Layers, Layer{Name: string(rune('a' + i)), Kind: Linear, Outputs: n, ReLU: i%2 == 0})
	}
	return m
}

// bruteRun is the network in arbitrary precision, straight from docs/semantics.md.
func bruteRun(m *Model, image []uint8) []*big.Int {
	x := make([]*big.Int, len(image))
	for k, p := range image {
		x[k] = big.NewInt(int64(p) - int64(m.Input.Zero[k%len(m.Input.Zero)]))
	}
	for i, l := range m.Layers {
		v := make([]*big.Int, l.Columns)
		for n := range v {
			acc := new(big.Int)
			for k := range l.Rows {
				acc.Add(acc, new(big.Int).Mul(x[k], big.NewInt(int64(l.Codes[k*l.Columns+n]))))
			}
			v[n] = acc.Mul(acc, big.NewInt(l.Affine.M[n]))
			v[n].Add(v[n], big.NewInt(l.Affine.B[n]))
		}
		if i == len(m.Layers)-1 {
			return v
		}
		x = x[:0]
		for _, a := range v {
			x = append(x, bruteRound(a, l.Affine.F, m.Network.Layers[i].ReLU))
		}
	}
	return nil
}

func bruteRound(v *big.Int, f int, relu bool) *big.Int {
	one := new(big.Int).Lsh(big.NewInt(1), uint(f))
	q, rest := new(big.Int).DivMod(v, one, new(big.Int))
	if c := rest.Lsh(rest, 1).Cmp(one); c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(1))
	}
	low := big.NewInt(-255)
	if relu {
		low = big.NewInt(0)
	}
	if q.Cmp(low) < 0 {
		return low
	}
	if q.Cmp(big.NewInt(255)) > 0 {
		return big.NewInt(255)
	}
	return q
}

func TestExecutorEqualsBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		m := randomModel(r, 1+r.IntN(20), 1+r.IntN(12), 1+r.IntN(12), 1+r.IntN(6))
		if err := m.Check(m.Affines(), 0); err != nil {
			t.Fatal(err)
		}
		e := m.NewExecutor(m.Exact(), 0, nil)
		image := make([]uint8, m.Layers[0].Rows)
		for k := range image {
			image[k] = uint8(r.IntN(256))
		}
		acc, want, best := e.run(image), bruteRun(m, image), 0
		last := m.Layers[len(m.Layers)-1].Affine
		for n := range want {
			if got := last.Apply(n, acc[n], 0); big.NewInt(got).Cmp(want[n]) != 0 {
				t.Fatalf("output %d of %v is %d, want %v", n, m.Network, got, want[n])
			}
			if want[n].Cmp(want[best]) > 0 {
				best = n
			}
		}
		e.wide = true
		if got := e.Class(image); got != best {
			t.Fatalf("class of %v in 128 bits is %d, want %d", m.Network, got, best)
		}
	}
}

func TestClassTie(t *testing.T) {
	m := randomModel(rand.New(rand.NewPCG(1, 1)), 1, 3)
	m.Layers[0].Affine.M = []int64{0, 0, 0}
	for _, c := range []struct {
		b    []int64
		want int
	}{{[]int64{1, 3, 2}, 1}, {[]int64{5, 5, 5}, 0}, {[]int64{-4, -1, -1}, 1}} {
		m.Layers[0].Affine.B = c.b
		for _, wide := range []bool{false, true} {
			e := m.NewExecutor(m.Exact(), 0, nil)
			e.wide = wide
			if got := e.Class([]uint8{9}); got != c.want {
				t.Errorf("class of outputs %v is %d, want %d: the lowest index on a tie", c.b, got, c.want)
			}
		}
	}
}

// The 128-bit stage equals arbitrary precision, and 64 bits where those suffice.
func TestWideStage(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20000 {
		frac, f := r.IntN(17), r.IntN(31)
		acc := int64(r.Uint64()) >> r.IntN(63)
		a := Affine{M: []int64{int64(r.Uint64()) >> (33 + r.IntN(30))}, B: []int64{int64(r.Uint64()) >> (2 + r.IntN(60))}, F: f}
		low := int32(-255 * r.IntN(2))
		want := new(big.Int).Mul(big.NewInt(acc), big.NewInt(a.M[0]))
		want.Add(want, new(big.Int).Lsh(big.NewInt(a.B[0]), uint(frac)))
		v := a.applyWide(0, acc, frac)
		got := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(v.hi), 64), new(big.Int).SetUint64(v.lo))
		if got.Cmp(want) != 0 {
			t.Fatalf("%d·%d + %d·2^%d = %v, want %v", acc, a.M[0], a.B[0], frac, got, want)
		}
		if got, want := v.round(f+frac, low), bruteRound(want, f+frac, low == 0).Int64(); int64(got) != want {
			t.Fatalf("%v rounded by 2^%d is %d, want %d", v, f+frac, got, want)
		}
		if want.IsInt64() {
			if got, want := v.round(f+frac, low), roundShift(want.Int64(), f+frac, low); got != want {
				t.Fatalf("%v rounded by 2^%d is %d in 128 bits, %d in 64", v, f+frac, got, want)
			}
		}
	}
}

func TestRefit(t *testing.T) {
	a := Affine{M: []int64{100, 1 << 30}, B: []int64{7, 0}, F: 30}
	got := a.Refit([]*big.Rat{big.NewRat(5, 2), big.NewRat(1<<32, 1)}, []*big.Rat{big.NewRat(3, 2), big.NewRat(0, 1)})
	// 2^32 must fall below 2^31: two bits off F; 5/2 → 5/8 → 1; 3/2 → 3/8 → 0.
	want := Affine{M: []int64{1, 1 << 30}, B: []int64{0, 0}, F: 28}
	if got.F != want.F || !slices.Equal(got.M, want.M) || !slices.Equal(got.B, want.B) {
		t.Errorf("Refit = %+v, want %+v", got, want)
	}
	same := a.Refit([]*big.Rat{big.NewRat(5, 2), big.NewRat(3, 1)}, []*big.Rat{big.NewRat(3, 2), big.NewRat(-9, 2)})
	if same.F != 30 || !slices.Equal(same.M, []int64{2, 3}) || !slices.Equal(same.B, []int64{2, -4}) {
		t.Errorf("Refit = %+v, want halves rounded to even at F 30", same)
	}
}
