package workloads

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// The 128-bit stage equals arbitrary precision.
func TestWideStage(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	number := func(v wide) *big.Int {
		return new(big.Int).Add(new(big.Int).Lsh(big.NewInt(v.hi), 64), new(big.Int).SetUint64(v.lo))
	}
	for range 20000 {
		frac, f, shift := r.IntN(17), r.IntN(31), uint(r.IntN(64))
		acc, other := int64(r.Uint64())>>r.IntN(63), int64(r.Uint64())>>r.IntN(63)
		a := Affine{M: []int64{int64(r.Uint64()) >> (33 + r.IntN(30))}, B: []int64{int64(r.Uint64()) >> (2 + r.IntN(60))}, F: f}
		low := int32(-255 * r.IntN(2))
		want := new(big.Int).Mul(big.NewInt(acc), big.NewInt(a.M[0]))
		want.Add(want, new(big.Int).Lsh(big.NewInt(a.B[0]), uint(frac)))
		want.Add(want, new(big.Int).Lsh(big.NewInt(other), shift))
		v := a.applyWide(0, acc, frac).plus(shifted(other, shift))
		if number(v).Cmp(want) != 0 {
			t.Fatalf("%d·%d + %d·2^%d + %d·2^%d = %v, want %v", acc, a.M[0], a.B[0], frac, other, shift, number(v), want)
		}
		if got, want := v.round(f+frac, low), bruteRound(want, f+frac, low == 0).Int64(); int64(got) != want {
			t.Fatalf("%v rounded by 2^%d is %d, want %d", v, f+frac, got, want)
		}
	}
}

// A product whose unit is 2^-16 and which loses nothing gives the codes and the
// classes of the plain one, layer by layer.
func TestFractionBits(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 60 {
		n := randomNetwork(r)
		m := randomWeights(r, n)
		images := randomImages(r, n.Input, 1+r.IntN(9))
		exact := m.Exact()
		fine := func(layer int, y []int64, x []int16, positions int) {
			exact(layer, y, x, positions)
			for i := range y {
				y[i] <<= 16
			}
		}
		if err := m.Check(m.Affines(), 16); err != nil {
			t.Fatal(err)
		}
		codes := func(mul MatMul, frac int) (all [][]int16, classes []int) {
			e := m.NewExecutor(mul, Options{Fraction: frac, Batch: images.Len()})
			e.OnCodes = func(c Codes) { all = append(all, slices.Clone(c.Values)) }
			classes = e.Classify(images)
			return all, classes
		}
		want, wantClasses := codes(exact, 0)
		got, classes := codes(fine, 16)
		if !slices.Equal(classes, wantClasses) || !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("%v: classes %v, want %v; codes equal: %v", n, classes, wantClasses, slices.EqualFunc(got, want, slices.Equal))
		}
	}
}
