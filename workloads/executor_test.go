package workloads

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

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
		Network:    &Network{Name: "random", Input: Shape{1, widths[0], 1}},
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

func randomImages(r *rand.Rand, shape Shape, n int) Images {
	im := Images{Shape: shape, Labels: make([]uint8, n)}
	for range n * shape.Size() {
		im.Pixels = append(im.Pixels, uint8(r.IntN(256)))
	}
	return im
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
		images := randomImages(r, m.Network.Input, 1+r.IntN(5))
		for i, got := range m.NewExecutor(m.Exact(), Options{}).Run(images) {
			for n, want := range bruteRun(m, images.Image(i)) {
				if big.NewInt(got[n]).Cmp(want) != 0 {
					t.Fatalf("output %d of image %d of %v is %d, want %v", n, i, m.Network, got[n], want)
				}
			}
		}
	}
}

func TestClass(t *testing.T) {
	for _, c := range []struct {
		v    []int64
		want int
	}{{[]int64{1, 3, 2}, 1}, {[]int64{5, 5, 5}, 0}, {[]int64{-4, -1, -1}, 1}} {
		if got := Class(c.v); got != c.want {
			t.Errorf("Class(%v) = %d, want %d: the lowest index on a tie", c.v, got, c.want)
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
