package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// uniform draws count values from -limit to limit.
func uniform(r *rand.Rand, count, limit int) []int16 {
	v := make([]int16, count)
	for i := range v {
		v[i] = int16(r.IntN(2*limit+1) - limit)
	}
	return v
}

func constant(count int, value int16) []int16 {
	return slices.Repeat([]int16{value}, count)
}

// intReference is one output by its definition.
func intReference(codes, x []int16, cols, n, position int) int64 {
	sum := int64(0)
	for k := range len(codes) / cols {
		sum += int64(codes[k*cols+n]) * int64(x[k*TilePositions+position])
	}
	return sum
}

// intProduct returns the product at a level. It starts from garbage, and checks
// that the margin past the outputs stays.
func intProduct(t *testing.T, l level, codes, x []int16, rows, cols int) []int64 {
	t.Helper()
	const margin = 64
	y := slices.Repeat([]int64{-7}, cols*TilePositions+margin)
	scratch := new(IntScratch)
	for i := range scratch.panel {
		for j := range scratch.panel[i] {
			scratch.panel[i][j] = 12345
		}
	}
	packInt(codes, rows, cols, l).Mul(y, x, scratch)
	for i, v := range y[cols*TilePositions:] {
		if v != -7 {
			t.Fatalf("value %d past the outputs is %d, want it untouched", i, v)
		}
	}
	return y[:cols*TilePositions]
}

func TestPackedInt(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	type shape struct{ rows, cols, codes, inputs int }
	shapes := []shape{
		{1, 1, 255, 255}, {2, 1, 255, 255}, {3, 12, 255, 255}, {4, 13, 255, 255}, {5, 25, 255, 255},
		{144, 16, 255, 255}, {27, 16, 255, 255}, {panelDepth - 1, 7, 255, 255}, {panelDepth, 2, 255, 255},
		{panelDepth + 1, 14, 255, 255}, {2*panelDepth + 3, 5, 255, 255},
		{9, 11, 32767, 32767}, {300, 3, 32767, 255}, {301, 3, 255, 32767}, {panelDepth + 7, 2, 1000, 9000},
	}
	for range 25 {
		shapes = append(shapes, shape{1 + r.IntN(60), 1 + r.IntN(40), 1 + r.IntN(32767), 1 + r.IntN(32767)})
	}
	for _, s := range shapes {
		codes, x := uniform(r, s.rows*s.cols, s.codes), uniform(r, s.rows*TilePositions, s.inputs)
		want := make([]int64, s.cols*TilePositions)
		for i := range want {
			want[i] = intReference(codes, x, s.cols, i/TilePositions, i%TilePositions)
		}
		for name, l := range levelNames(bestIntLevel()) {
			t.Run(fmt.Sprintf("%s %d×%d up to %d and %d", name, s.rows, s.cols, s.codes, s.inputs), func(t *testing.T) {
				got := intProduct(t, l, codes, x, s.rows, s.cols)
				for i := range want {
					if got[i] != want[i] {
						t.Fatalf("output %d at position %d is %d, want %d", i/TilePositions, i%TilePositions, got[i], want[i])
					}
				}
			})
		}
	}
}

// TestPackedIntExtremes multiplies constants: every output is rows·code·input.
func TestPackedIntExtremes(t *testing.T) {
	const low = math.MinInt16
	cases := []struct {
		name        string
		rows        int
		code, input int16
	}{
		// 255² · 33025 is 2,147,450,625, the last multiple below 2^31.
		{"most rows in 32 bits", 33025, 255, 255},
		{"one row more", 33026, 255, -255},
		{"two rows in 32 bits", 2, 32767, 32767}, // 2,147,352,578
		{"four rows", 4, 32767, 32767},
		{"four rows negative", 4, -32767, 32767},
		{"many rows", 2*panelDepth + 1, 32767, -32767},
		{"lowest code", 3, low, 32767},
		{"lowest input", 3, 32767, low},
		{"pair of exactly 2^31", 2, low, low},
		{"many pairs of 2^31", 2*panelDepth + 5, low, low},
		// 64 rows of 1024·32767 stay 2^16 below 2^31, those of 1024·32768 reach it.
		{"largest inputs of a block", 64, 1024, 32767},
		{"one above", 64, -1024, low},
		{"zero codes", 5, 0, low},
		{"zero inputs", 5, low, 0},
	}
	for _, tc := range cases {
		for name, l := range levelNames(bestIntLevel()) {
			t.Run(tc.name+" "+name, func(t *testing.T) {
				got := intProduct(t, l, constant(tc.rows*2, tc.code), constant(tc.rows*TilePositions, tc.input), tc.rows, 2)
				want := int64(tc.rows) * int64(tc.code) * int64(tc.input)
				for i, v := range got {
					if v != want {
						t.Fatalf("output %d is %d, want %d", i, v, want)
					}
				}
			})
		}
	}
}

// TestPackedIntLateExtreme has its only 2^31 pair in the second panel, at one
// position: the blocks before it keep their 32-bit sums.
func TestPackedIntLateExtreme(t *testing.T) {
	const rows, cols = panelDepth + 6, 3
	r := rand.New(rand.NewPCG(23, 24))
	codes, x := uniform(r, rows*cols, 255), uniform(r, rows*TilePositions, 255)
	for k := panelDepth + 2; k < panelDepth+4; k++ {
		codes[k*cols+1] = math.MinInt16
		x[k*TilePositions+77] = math.MinInt16
	}
	for name, l := range levelNames(bestIntLevel()) {
		for i, got := range intProduct(t, l, codes, x, rows, cols) {
			if want := intReference(codes, x, cols, i/TilePositions, i%TilePositions); got != want {
				t.Fatalf("%s: output %d at position %d is %d, want %d", name, i/TilePositions, i%TilePositions, got, want)
			}
		}
	}
}

// TestLargest puts the largest magnitude at each place of a block.
func TestLargest(t *testing.T) {
	const rows = 7
	for name, l := range levelNames(bestIntLevel()) {
		if l == levelPortable {
			continue // It packs nothing.
		}
		p, s, y := packInt(make([]int16, rows), rows, 1, l), new(IntScratch), make([]int64, TilePositions)
		for k := range rows {
			for i := range panelPositions {
				x := uniform(rand.New(rand.NewPCG(uint64(k), uint64(i))), rows*TilePositions, 9)
				for from := 0; from < TilePositions; from += 7 * panelPositions {
					for _, v := range []int16{10, -10, 32767, math.MinInt16} {
						x[k*TilePositions+from+i] = v
						want := max(int64(v), -int64(v))
						b := block{0, 4, from, from + panelPositions}
						if got := packPairs(s, x, b, l); got != want {
							t.Fatalf("%s: the largest with %d at row %d, position %d is %d", name, v, k, from+i, got)
						}
						b.hi = 3
						if got, packed, _ := p.first(y, x, b, s); packed && k < 6 && got != want {
							t.Fatalf("%s: the first group's largest with %d at row %d, position %d is %d", name, v, k, from+i, got)
						}
					}
				}
			}
		}
	}
}

func TestSafePairs(t *testing.T) {
	cases := []struct {
		name          string
		code, largest int64
		want          int
	}{
		{"zero", 0, 32768, panelPairs},
		{"capped by the panel", 255, 255, panelPairs},
		{"one pair", 32767, 32767, 1},     // 2·32767² is below 2^31
		{"no pair", 32768, 32768, 0},      // 2·2^30 is 2^31
		{"last pair", 32768, 32767, 1},    // 2^31 - 2^16
		{"exact", 1 << 10, 1 << 15, 31},   // 31·2^26 fits, 32·2^26 is 2^31
		{"just over", 1 << 10, 32767, 32}, // 32·2^26 - 2^16 fits
	}
	for _, tc := range cases {
		if got := (&PackedInt{largest: tc.code}).safePairs(tc.largest); got != tc.want {
			t.Errorf("%s: safePairs(%d) with codes up to %d is %d, want %d", tc.name, tc.largest, tc.code, got, tc.want)
		}
	}
}

func TestPackedIntEmpty(t *testing.T) {
	for name, l := range levelNames(bestIntLevel()) {
		for i, v := range intProduct(t, l, nil, nil, 0, 3) {
			if v != 0 {
				t.Fatalf("%s: output %d of no rows is %d, want 0", name, i, v)
			}
		}
		intProduct(t, l, nil, make([]int16, 3*TilePositions), 3, 0)
	}
}

func TestPackedIntMisuse(t *testing.T) {
	p := PackInt(make([]int16, 6), 3, 2)
	cases := []struct {
		name string
		call func()
		want string
	}{
		{"codes", func() { PackInt(make([]int16, 5), 3, 2) }, "gemm: 5 codes, want 3 × 2"},
		{"outputs", func() { p.Mul(make([]int64, 1023), make([]int16, 1536), new(IntScratch)) }, "gemm: 1023 outputs and 1536 inputs, want at least 1024 and 1536"},
		{"inputs", func() { p.Mul(make([]int64, 1024), make([]int16, 1535), new(IntScratch)) }, "gemm: 1024 outputs and 1535 inputs, want at least 1024 and 1536"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			defer func() {
				if got := recover(); got != tc.want {
					t.Errorf("panic is %v, want %s", got, tc.want)
				}
			}()
			tc.call()
		})
	}
}

func TestPackedIntNoAllocations(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	codes, x, y := uniform(r, 145*17, 255), uniform(r, 145*TilePositions, 255), make([]int64, 17*TilePositions)
	scratch := new(IntScratch)
	for name, l := range levelNames(bestIntLevel()) {
		p := packInt(codes, 145, 17, l)
		if got := testing.AllocsPerRun(3, func() { p.Mul(y, x, scratch) }); got != 0 {
			t.Errorf("%s: %g allocations a call, want 0", name, got)
		}
	}
}
