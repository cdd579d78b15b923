package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// bruteReduce is the sum in float64, of values that are small integers: exact.
func bruteReduce(r *Reduction, i, j int) float64 {
	sum := 0.0
	if r.Add {
		sum = float64(r.C[i*r.CRow+j])
	}
	for _, run := range r.Runs {
		for k := range r.Depth {
			sum += float64(r.A[run[0]+i*r.ARow+k*r.ACol]) * float64(r.B[run[1]+k*r.BRow+j])
		}
	}
	return sum
}

func integers(random *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(random.IntN(17) - 8)
	}
	return x
}

// randomReduction draws a shape with slack behind the rows of c, which nothing
// may touch.
func randomReduction(random *rand.Rand) *Reduction {
	r := &Reduction{
		Rows: 1 + random.IntN(20), Cols: ReduceCols >> random.IntN(2), Depth: 1 + random.IntN(11),
		Add: random.IntN(2) == 1,
	}
	r.CRow, r.BRow = r.Cols+random.IntN(3), r.Cols+random.IntN(5)
	if random.IntN(2) == 1 {
		r.ACol, r.ARow = 1, r.Depth+random.IntN(3)
	} else {
		r.ARow, r.ACol = 1, r.Rows+random.IntN(3)
	}
	sizeA, sizeB := r.Rows*r.ARow+r.Depth*r.ACol, r.Depth*r.BRow
	for range 1 + random.IntN(4) {
		r.Runs = append(r.Runs, Run{random.IntN(40), random.IntN(60)})
	}
	r.A, r.B, r.C = integers(random, sizeA+40), integers(random, sizeB+60+r.Cols), integers(random, r.Rows*r.CRow)
	return r
}

func TestReduce(t *testing.T) {
	random := rand.New(rand.NewPCG(41, 42))
	for trial := range 500 {
		r := randomReduction(random)
		old := append([]float32(nil), r.C...)
		for name, l := range levelNames(bestLevel()) {
			got := *r
			got.C = append([]float32(nil), old...)
			got.reduce(l)
			for at, v := range got.C {
				want := float64(old[at])
				if i, j := at/r.CRow, at%r.CRow; j < r.Cols {
					want = bruteReduce(r, i, j)
				}
				if float64(v) != want {
					t.Fatalf("trial %d, %s: %d × %d × %d, %d runs: c[%d] is %g, want %g", trial, name, r.Rows, r.Depth, r.Cols, len(r.Runs), at, v, want)
				}
			}
		}
	}
}

// TestReduceSameBytes: the two vector widths agree on values that are rounded.
func TestReduceSameBytes(t *testing.T) {
	levels := levelNames(bestLevel())
	if len(levels) < 3 {
		t.Skip("needs AVX-512")
	}
	random := rand.New(rand.NewPCG(43, 44))
	for range 100 {
		r := randomReduction(random)
		for i := range r.A {
			r.A[i] = float32(random.NormFloat64())
		}
		for i := range r.B {
			r.B[i] = float32(random.NormFloat64())
		}
		x, y := *r, *r
		x.C, y.C = append([]float32(nil), r.C...), append([]float32(nil), r.C...)
		x.reduce(levels["avx2"])
		y.reduce(levels["avx512"])
		for i := range x.C {
			if math.Float32bits(x.C[i]) != math.Float32bits(y.C[i]) {
				t.Fatalf("c[%d] is %g with AVX2 and %g with AVX-512", i, x.C[i], y.C[i])
			}
		}
	}
}

func TestReduceMisuse(t *testing.T) {
	good := func() *Reduction {
		return &Reduction{
			Rows: 2, Cols: 16, Depth: 3, C: make([]float32, 32), CRow: 16, A: make([]float32, 6), ARow: 3, ACol: 1,
			B: make([]float32, 48), BRow: 16, Runs: []Run{{0, 0}},
		}
	}
	Reduce(good())
	for name, spoil := range map[string]func(*Reduction){
		"columns":       func(r *Reduction) { r.Cols = 8 },
		"no run":        func(r *Reduction) { r.Runs = nil },
		"no depth":      func(r *Reduction) { r.Depth = 0 },
		"short a":       func(r *Reduction) { r.A = r.A[:5] },
		"short b":       func(r *Reduction) { r.B = r.B[:47] },
		"short c":       func(r *Reduction) { r.C = r.C[:31] },
		"offset":        func(r *Reduction) { r.Runs = []Run{{0, 0}, {1, 0}} },
		"before":        func(r *Reduction) { r.Runs = []Run{{-1, 0}} },
		"negative step": func(r *Reduction) { r.ACol = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			r := good()
			spoil(r)
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			Reduce(r)
		})
	}
}

// BenchmarkReduce is a tile row of the convolutions of ResNet-20 and VGG-11 on 64
// images, forward and by weight.
func BenchmarkReduce(b *testing.B) {
	for _, s := range []struct{ in, out int }{{16, 16}, {32, 32}, {64, 64}, {512, 512}} {
		for name, l := range levelNames(bestLevel()) {
			r := &Reduction{Rows: 64, Cols: min(s.out, ReduceCols), Depth: s.in, ARow: s.in, ACol: 1}
			r.CRow, r.BRow = s.out, r.Cols
			for tap := range 9 {
				r.Runs = append(r.Runs, Run{tap * 64 * s.in, tap * s.in * r.Cols})
			}
			r.A, r.B, r.C = make([]float32, 9*64*s.in), make([]float32, 9*s.in*r.Cols), make([]float32, 64*s.out)
			b.Run(fmt.Sprintf("%dx%d/%s", s.in, s.out, name), func(b *testing.B) {
				for b.Loop() {
					r.reduce(l)
				}
				b.ReportMetric(2*9*64*float64(s.in)*float64(r.Cols)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
