package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// layout is one way to store a matrix.
type layout struct {
	name string
	make func(rows, cols int) Matrix
}

func layouts() []layout {
	return []layout{
		{"row-major", func(rows, cols int) Matrix { return Dense(make([]float32, rows*cols), rows, cols) }},
		{"transposed", func(rows, cols int) Matrix { return Dense(make([]float32, rows*cols), cols, rows).T() }},
		{"wide rows", func(rows, cols int) Matrix {
			m := Dense(make([]float32, rows*(cols+5)), rows, cols)
			m.RowStride = cols + 5
			return m
		}},
		{"both strides", func(rows, cols int) Matrix {
			return Matrix{Data: make([]float32, rows*cols*6), Rows: rows, Cols: cols, RowStride: 2, ColStride: 2*rows + 1}
		}},
	}
}

func at(m Matrix, i, j int) float32 { return m.Data[i*m.RowStride+j*m.ColStride] }

// fill sets every element of the view, and every value between them to NaN, so
// that a read of the wrong place shows.
func fill(m Matrix, value func() float32) Matrix {
	for i := range m.Data {
		m.Data[i] = float32(math.NaN())
	}
	for i := range m.Rows {
		for j := range m.Cols {
			m.Data[i*m.RowStride+j*m.ColStride] = value()
		}
	}
	return m
}

func normal(r *rand.Rand) func() float32 {
	return func() float32 { return float32(r.NormFloat64()) }
}

// small draws integers from -8 to 8: sums of up to 2^18 of their products are
// exact in float32, in any order.
func small(r *rand.Rand) func() float32 {
	return func() float32 { return float32(r.IntN(17) - 8) }
}

// levelNames are the levels up to the one of this processor.
func levelNames(best level) map[string]level {
	names := map[string]level{"portable": levelPortable}
	if best >= levelAVX2 {
		names["avx2"] = levelAVX2
	}
	if best >= levelAVX512 {
		names["avx512"] = levelAVX512
	}
	return names
}

func multipliers(workers int) map[string]*Multiplier {
	m := map[string]*Multiplier{}
	for name, l := range levelNames(bestLevel()) {
		m[name] = newMultiplier(workers, l)
	}
	return m
}

// wide holds the sums of a product in float64, with the sums of magnitudes that
// bound its rounding errors.
type wide struct{ sum, size float64 }

func reference(c, a, b Matrix, i, j int) wide {
	w := wide{}
	if c.Data != nil {
		w.sum = float64(at(c, i, j))
		w.size = math.Abs(w.sum)
	}
	for k := range a.Cols {
		x := float64(at(a, i, k)) * float64(at(b, k, j))
		w.sum += x
		w.size += math.Abs(x)
	}
	return w
}

func randomShape(r *rand.Rand) (m, n, k int) { return 1 + r.IntN(40), 1 + r.IntN(40), 1 + r.IntN(40) }

// TestWithinRounding holds products of random values against float64. A chain
// of k steps errs by less than (k+1)·2^-23 of its sum of magnitudes: two
// roundings of at most 2^-24 a step.
func TestWithinRounding(t *testing.T) {
	for name, g := range multipliers(1) {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			ls := layouts()
			for trial := range 400 {
				m, n, k := randomShape(r)
				la, lb := ls[trial%4], ls[trial/4%4]
				a, b := fill(la.make(m, k), normal(r)), fill(lb.make(k, n), normal(r))
				c := fill(ls[trial/16%2*2].make(m, n), normal(r))
				start := Matrix{}
				if trial/32%2 == 1 {
					start = c
					start.Data = slices.Clone(c.Data)
					g.MulAdd(c, a, b)
				} else {
					g.Mul(c, a, b)
				}
				for i := range m {
					for j := range n {
						want := reference(start, a, b, i, j)
						limit := float64(k+1) * 0x1p-23 * want.size
						if got := float64(at(c, i, j)); !(math.Abs(got-want.sum) <= limit) {
							t.Fatalf("%d×%d×%d, a %s, b %s: c(%d,%d) is %g, want %g within %g",
								m, k, n, la.name, lb.name, i, j, got, want.sum, limit)
						}
					}
				}
			}
		})
	}
}

// TestExactIntegers crosses the edges of tiles and blocks with data on which
// every order of summation gives the same value.
func TestExactIntegers(t *testing.T) {
	shapes := [][3]int{
		{1, 1, 1}, {6, 16, 4}, {7, 17, 5}, {5, 15, 3}, {12, 32, 8},
		{13, 47, 6}, {25, 49, 5}, {blockRows - 1, 3, 9}, {blockRows + 1, 33, 7}, {directRows, 18, 11}, {directRows + 1, 18, 11},
		{4, 20, blockDepth}, {4, 20, blockDepth + 1}, {9, 35, 2*blockDepth + 3}, {130, 20, 2*blockDepth - 1},
		{3, blockCols - 1, 5}, {3, blockCols, 5}, {131, blockCols + 17, 6}, {64, 100, 784}, {64, 10, 100},
		{crowdedStride, copyCols, 5}, {2 * crowdedStride, copyCols - 1, 5}, {crowdedStride, copyCols + 1, blockDepth + 1},
	}
	for name, g := range multipliers(1) {
		for _, s := range shapes {
			m, n, k := s[0], s[1], s[2]
			for _, lb := range layouts() {
				t.Run(fmt.Sprintf("%s %d×%d×%d b %s", name, m, k, n, lb.name), func(t *testing.T) {
					r := rand.New(rand.NewPCG(3, 4))
					a, b := fill(Dense(make([]float32, m*k), k, m).T(), small(r)), fill(lb.make(k, n), small(r))
					c := fill(Dense(make([]float32, m*n), m, n), normal(r))
					g.Mul(c, a, b)
					g.MulAdd(c, a, b)
					for i := range m {
						for j := range n {
							if got, want := float64(at(c, i, j)), 2*reference(Matrix{}, a, b, i, j).sum; got != want {
								t.Fatalf("c(%d,%d) is %g, want %g", i, j, got, want)
							}
						}
					}
				})
			}
		}
	}
}

// fused returns x·y + z rounded once to float32. The product is exact in
// float64. The sum there is rounded to odd: an inexact sum takes the neighbour
// with the odd last bit, which makes the second rounding safe because float64
// has more than two bits more than float32.
func fused(x, y, z float32) float32 {
	p, q := float64(x)*float64(y), float64(z)
	sum := p + q
	back := sum - p
	tail := (p - (sum - back)) + (q - back)
	if tail != 0 && math.Float64bits(sum)&1 == 0 {
		away := (tail > 0) == (sum > 0)
		bits := math.Float64bits(sum)
		if away {
			bits++
		} else {
			bits--
		}
		sum = math.Float64frombits(bits)
	}
	return float32(sum)
}

// TestFused pins the twin of the fused step itself: (1+2^-12)² is
// 1+2^-11+2^-24, half a unit of float32 above 1+2^-11. The tie goes to even,
// unless an addend that float64 cannot hold beside it breaks it.
func TestFused(t *testing.T) {
	x := float32(1 + 0x1p-12)
	for _, tc := range []struct {
		name    string
		z, want float32
	}{
		{"tie", 0, 1 + 0x1p-11},
		{"just above", 0x1p-70, 1 + 0x1p-11 + 0x1p-23},
		{"just below", -0x1p-70, 1 + 0x1p-11},
	} {
		if got := fused(x, x, tc.z); got != tc.want {
			t.Errorf("%s: got %b, want %b", tc.name, got, tc.want)
		}
	}
}

// TestChainBits pins each class to its chain bit for bit, across blocks of k.
func TestChainBits(t *testing.T) {
	steps := map[Class]func(x, y, z float32) float32{
		ClassFMA:      fused,
		ClassPortable: func(x, y, z float32) float32 { return float32(x*y) + z },
	}
	for name, g := range multipliers(1) {
		t.Run(name, func(t *testing.T) {
			step := steps[g.level.class()]
			r := rand.New(rand.NewPCG(5, 6))
			for _, k := range []int{1, 2, 5, 37, blockDepth + 1, 1000} {
				const m, n = 13, 37
				a, b := fill(Dense(make([]float32, m*k), m, k), normal(r)), fill(Dense(make([]float32, k*n), n, k).T(), normal(r))
				c, sum := Dense(make([]float32, m*n), m, n), Dense(make([]float32, m*n), m, n)
				fill(sum, normal(r))
				start := slices.Clone(sum.Data)
				g.Mul(c, a, b)
				g.MulAdd(sum, a, b)
				for i := range m {
					for j := range n {
						want, wantSum := float32(0), start[i*n+j]
						for l := range k {
							want = step(at(a, i, l), at(b, l, j), want)
							wantSum = step(at(a, i, l), at(b, l, j), wantSum)
						}
						if got, gotSum := at(c, i, j), at(sum, i, j); got != want || gotSum != wantSum {
							t.Fatalf("k %d: c(%d,%d) is %b and %b, want %b and %b", k, i, j, got, gotSum, want, wantSum)
						}
					}
				}
			}
		})
	}
}

// TestSameBytes compares strided with plain operands and numbers of workers.
func TestSameBytes(t *testing.T) {
	shapes := [][3]int{{64, 100, 784}, {784, 100, 64}, {300, 33, 350}, {33, 600, 350}, {2, 1000, 1000}, {1000, 2, 1000}, {100, copyCols + 5, 2 * crowdedStride}}
	for _, s := range shapes {
		m, n, k := s[0], s[1], s[2]
		r := rand.New(rand.NewPCG(7, 8))
		a, b := fill(Dense(make([]float32, m*k), m, k), normal(r)), fill(Dense(make([]float32, k*n), k, n), normal(r))
		for name, one := range multipliers(1) {
			want := Dense(make([]float32, m*n), m, n)
			one.Mul(want, a, b)
			for _, l := range layouts() {
				for workers := 1; workers <= 3; workers++ {
					copied := func(m Matrix) Matrix {
						i := -1
						return fill(l.make(m.Rows, m.Cols), func() float32 { i++; return m.Data[i] })
					}
					got := Dense(make([]float32, m*n), m, n)
					multipliers(workers)[name].Mul(got, copied(a), copied(b))
					if !slices.Equal(got.Data, want.Data) {
						t.Errorf("%s %d×%d×%d, %s, %d workers: bytes differ from row-major on one", name, m, k, n, l.name, workers)
					}
				}
			}
		}
	}
}

// TestKernelsAgree holds the two classes against each other.
func TestKernelsAgree(t *testing.T) {
	if KernelClass() == ClassPortable {
		t.Skip("this processor has only the portable kernels")
	}
	const m, n, k = 50, 70, 400
	r := rand.New(rand.NewPCG(9, 10))
	a, b := fill(Dense(make([]float32, m*k), m, k), normal(r)), fill(Dense(make([]float32, k*n), k, n), normal(r))
	fast, portable := Dense(make([]float32, m*n), m, n), Dense(make([]float32, m*n), m, n)
	New(1).Mul(fast, a, b)
	newMultiplier(1, levelPortable).Mul(portable, a, b)
	same := 0
	for i := range m {
		for j := range n {
			x, y := float64(at(fast, i, j)), float64(at(portable, i, j))
			if x == y {
				same++
			}
			if limit := 2 * (k + 1) * 0x1p-23 * reference(Matrix{}, a, b, i, j).size; !(math.Abs(x-y) <= limit) {
				t.Fatalf("c(%d,%d) is %g and %g, want them within %g", i, j, x, y, limit)
			}
		}
	}
	if same == m*n {
		t.Error("the classes gave the same bytes throughout, want both kernels to have run")
	}
}

// TestLevelsSameBytes holds the kernels of one class against each other.
func TestLevelsSameBytes(t *testing.T) {
	if bestLevel() < levelAVX512 {
		t.Skip("this processor has only one level of the class")
	}
	r := rand.New(rand.NewPCG(13, 14))
	ls := layouts()
	shapes := [][3]int{{16, 512, 144}, {200, 300, 400}, {64, 10, 100}, {12, 32, 1}, {13, 49, 7}}
	for range 200 {
		m, n, k := randomShape(r)
		shapes = append(shapes, [3]int{m, 3 * n, k})
	}
	for i, s := range shapes {
		m, n, k := s[0], s[1], s[2]
		a, b := fill(ls[i%4].make(m, k), normal(r)), fill(ls[i/4%4].make(k, n), normal(r))
		narrow := fill(Dense(make([]float32, m*n), m, n), normal(r))
		wide := Dense(slices.Clone(narrow.Data), m, n)
		for _, add := range []bool{true, false} {
			for c, l := range map[*Matrix]level{&narrow: levelAVX2, &wide: levelAVX512} {
				newMultiplier(1, l).multiply(product{c: *c, a: a, b: b, add: add})
			}
			if !slices.Equal(narrow.Data, wide.Data) {
				t.Fatalf("%d×%d×%d, a %s, b %s, add %t: the bytes of AVX2 and AVX-512 differ", m, k, n, ls[i%4].name, ls[i/4%4].name, add)
			}
		}
	}
}

// TestOverlappingRows slides a window of three values over a row: two rows of a
// share two values.
func TestOverlappingRows(t *testing.T) {
	// (1 2 3 4 5) against (1 10 100): 321, 432, 543.
	a := Matrix{Data: []float32{1, 2, 3, 4, 5}, Rows: 3, Cols: 3, RowStride: 1, ColStride: 1}
	for name, g := range multipliers(1) {
		c := Dense(make([]float32, 3), 3, 1)
		g.Mul(c, a, Dense([]float32{1, 10, 100}, 3, 1))
		if want := []float32{321, 432, 543}; !slices.Equal(c.Data, want) {
			t.Errorf("%s: got %v, want %v", name, c.Data, want)
		}
	}
}

// TestOutsideUntouched checks that a product writes its own elements only.
func TestOutsideUntouched(t *testing.T) {
	for name, g := range multipliers(2) {
		for rows := 1; rows <= 13; rows++ {
			for _, cols := range []int{1, 10, 15, 16, 17, 31, 32, 33} {
				const margin = 3
				c := Matrix{Data: make([]float32, rows*(cols+margin)), Rows: rows, Cols: cols, RowStride: cols + margin, ColStride: 1}
				for i := range c.Data {
					c.Data[i] = -1
				}
				one := func() float32 { return 1 }
				g.Mul(c, fill(Dense(make([]float32, rows*4), rows, 4), one), fill(Dense(make([]float32, 4*cols), 4, cols), one))
				for i, got := range c.Data {
					want := float32(4)
					if i%(cols+margin) >= cols {
						want = -1
					}
					if got != want {
						t.Fatalf("%s %d×%d: value %d is %g, want %g", name, rows, cols, i, got, want)
					}
				}
			}
		}
	}
}

func TestZeroSizes(t *testing.T) {
	for name, g := range multipliers(2) {
		g.Mul(Dense(nil, 0, 5), Dense(nil, 0, 3), Dense(make([]float32, 15), 3, 5))
		g.Mul(Dense(nil, 5, 0), Dense(make([]float32, 15), 5, 3), Dense(nil, 3, 0))
		c := Dense([]float32{1, 2, 3, 4}, 2, 2)
		g.MulAdd(c, Dense(nil, 2, 0), Dense(nil, 0, 2))
		if want := []float32{1, 2, 3, 4}; !slices.Equal(c.Data, want) {
			t.Errorf("%s: c + empty product is %v, want %v", name, c.Data, want)
		}
		c.Cols = 1
		g.Mul(c, Dense(nil, 2, 0), Dense(nil, 0, 1))
		if want := []float32{0, 2, 0, 4}; !slices.Equal(c.Data, want) {
			t.Errorf("%s: empty product is %v, want %v", name, c.Data, want)
		}
	}
}

func TestMisuse(t *testing.T) {
	d := func(rows, cols int) Matrix { return Dense(make([]float32, rows*cols), rows, cols) }
	cases := []struct {
		name    string
		c, a, b Matrix
		want    string
	}{
		{"inner", d(2, 3), d(2, 4), d(5, 3), "gemm: c is 2 × 3, a is 2 × 4, b is 5 × 3, want m × n, m × k, k × n"},
		{"rows", d(3, 3), d(2, 4), d(4, 3), "gemm: c is 3 × 3, a is 2 × 4, b is 4 × 3, want m × n, m × k, k × n"},
		{"columns", d(2, 2), d(2, 4), d(4, 3), "gemm: c is 2 × 2, a is 2 × 4, b is 4 × 3, want m × n, m × k, k × n"},
		{"short data", d(2, 3), Dense(make([]float32, 7), 2, 4), d(4, 3), "gemm: a is 2 × 4 with strides 4 and 1 and holds 7 values, want at least 8"},
		{"negative", d(2, 3), d(2, 4), Matrix{Rows: 4, Cols: 3, RowStride: -3, ColStride: 1}, "gemm: b is 4 × 3 with strides -3 and 1, want none negative"},
		{"transposed c", d(3, 2).T(), d(2, 4), d(4, 3), "gemm: c has column stride 2, want 1"},
		{"overlapping c", Matrix{make([]float32, 6), 2, 3, 2, 1}, d(2, 4), d(4, 3), "gemm: c has row stride 2, want at least its 3 columns"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			defer func() {
				if got := recover(); got != tc.want {
					t.Errorf("panic is %v, want %s", got, tc.want)
				}
			}()
			New(1).Mul(tc.c, tc.a, tc.b)
		})
	}
	t.Run("no workers", func(t *testing.T) {
		defer func() {
			if got, want := recover(), "gemm: a multiplier needs at least 1 worker"; got != want {
				t.Errorf("panic is %v, want %s", got, want)
			}
		}()
		New(0)
	})
}

func TestNoAllocations(t *testing.T) {
	for name, g := range multipliers(1) {
		r := rand.New(rand.NewPCG(11, 12))
		for _, s := range benchShapes[:4] {
			c, a, b := s.operands(r)
			g.Mul(c, a, b)
			if got := testing.AllocsPerRun(3, func() { g.Mul(c, a, b); g.MulAdd(c, a, b) }); got != 0 {
				t.Errorf("%s %s: %g allocations a call, want 0", name, s.name, got)
			}
		}
	}
}
