package gemm

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// bruteCode is a code by exact rational arithmetic: the floor and what is left
// of it decide.
func bruteCode(acc, addend int64, s RequantizeSpec) int16 {
	v := new(big.Int).Mul(big.NewInt(acc), big.NewInt(s.M))
	v.Add(v, new(big.Int).Lsh(big.NewInt(s.B), uint(s.Frac)))
	v.Add(v, big.NewInt(addend))
	unit := new(big.Int).Lsh(big.NewInt(1), uint(s.F+s.Frac))
	q, rest := new(big.Int).DivMod(v, unit, new(big.Int))
	c := new(big.Int).Lsh(rest, 1).Cmp(unit)
	if c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(1))
	}
	switch {
	case q.Cmp(big.NewInt(int64(s.Low))) < 0:
		return s.Low
	case q.Cmp(big.NewInt(255)) > 0:
		return 255
	}
	return int16(q.Int64())
}

func TestRequantizeCases(t *testing.T) {
	cases := []struct {
		name   string
		acc    int64
		addend int64
		spec   RequantizeSpec
		want   int16
	}{
		// v/2^2 with M = 1.
		{"half to even down", 2, 0, RequantizeSpec{M: 1, F: 2, Low: -255}, 0},    // 0.5
		{"half to even up", 6, 0, RequantizeSpec{M: 1, F: 2, Low: -255}, 2},      // 1.5
		{"below half", 5, 0, RequantizeSpec{M: 1, F: 2, Low: -255}, 1},           // 1.25
		{"above half", 7, 0, RequantizeSpec{M: 1, F: 2, Low: -255}, 2},           // 1.75
		{"negative half up", -2, 0, RequantizeSpec{M: 1, F: 2, Low: -255}, 0},    // -0.5
		{"negative half down", -6, 0, RequantizeSpec{M: 1, F: 2, Low: -255}, -2}, // -1.5
		{"negative above half", -5, 0, RequantizeSpec{M: 1, F: 2, Low: -255}, -1},
		{"negative below half", -7, 0, RequantizeSpec{M: 1, F: 2, Low: -255}, -2},
		{"no shift even", 4, 0, RequantizeSpec{M: 1, Low: -255}, 4},
		{"no shift odd", 5, 0, RequantizeSpec{M: 1, Low: -255}, 5},
		{"shift of one, tie to even", 5, 0, RequantizeSpec{M: 1, F: 1, Low: -255}, 2}, // 2.5
		{"shift of one, tie up", 7, 0, RequantizeSpec{M: 1, F: 1, Low: -255}, 4},      // 3.5
		{"ReLU", -1000, 0, RequantizeSpec{M: 1, F: 1}, 0},
		{"low", -1000, 0, RequantizeSpec{M: 1, F: 1, Low: -255}, -255},
		{"high", 1000, 0, RequantizeSpec{M: 1, F: 1, Low: -255}, 255},
		{"last below high", 509, 0, RequantizeSpec{M: 1, F: 1, Low: -255}, 254},                           // 254.5
		{"offset at the layer's fraction", 8, 0, RequantizeSpec{M: 1, B: 3, F: 1, Frac: 2, Low: -255}, 2}, // 8 + 12 over 8 is 2.5
		{"addend breaks a tie", 2, 1, RequantizeSpec{M: 1, F: 2, Low: -255}, 1},
		{"addend makes a tie", 5, 1, RequantizeSpec{M: 1, F: 2, Low: -255}, 2},
		{"negative factor", 10, 0, RequantizeSpec{M: -3, F: 2, Low: -255}, -8},                                // -7.5
		{"largest factor and sum", math.MaxInt32, 0, RequantizeSpec{M: math.MaxInt32, F: 55, Low: -255}, 128}, // 2^62 - 2^32 + 1 over 2^55
		{"lowest sum", math.MinInt32, 0, RequantizeSpec{M: math.MaxInt32, F: 55, Low: -255}, -128},
		{"widest shift", math.MaxInt64, 0, RequantizeSpec{M: 1, F: 60, Frac: 2, Low: -255}, 2},
		{"lowest value", math.MinInt64, 0, RequantizeSpec{M: 1, F: 60, Frac: 2, Low: -255}, -2},
		{"sum beyond 32 bits", 1 << 40, 0, RequantizeSpec{M: 3, F: 36, Low: -255}, 48},
	}
	for _, tc := range cases {
		for name, l := range levelNames(bestRequantizeLevel()) {
			t.Run(tc.name+" "+name, func(t *testing.T) {
				// Nine: a vector and one more.
				var acc, addend [9]int64
				for i := range acc {
					acc[i], addend[i] = tc.acc, tc.addend
				}
				for _, s := range []RequantizeSpec{tc.spec, withAddend(tc.spec, addend[:])} {
					if s.Addend == nil && tc.addend != 0 {
						continue
					}
					var got [9]int16
					requantize(got[:], acc[:], s, l)
					for i, v := range got {
						if v != tc.want {
							t.Fatalf("code %d of %d is %d, want %d", i, tc.acc, v, tc.want)
						}
					}
				}
				if brute := bruteCode(tc.acc, tc.addend, tc.spec); brute != tc.want {
					t.Errorf("the exact code is %d, want %d", brute, tc.want)
				}
			})
		}
	}
}

func withAddend(s RequantizeSpec, addend []int64) RequantizeSpec {
	s.Addend = addend
	return s
}

// TestRequantizeRandom draws values around the clamps, many of them ties.
func TestRequantizeRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	for trial := range 300 {
		count := r.IntN(40)
		s := RequantizeSpec{F: r.IntN(31), Frac: r.IntN(9), Low: int16(-255 * r.IntN(2))}
		s.M = int64(r.IntN(1<<10)-1<<9) << r.IntN(22)
		s.B = r.Int64N(1<<(s.F+9)) - 1<<(s.F+8)
		acc := make([]int64, count)
		for i := range acc {
			acc[i] = int64(int32(r.Uint32())) >> r.IntN(32)
		}
		if trial%2 == 1 {
			s.Addend = make([]int64, count)
			for i := range s.Addend {
				s.Addend[i] = (r.Int64N(1<<12) - 1<<11) << max(s.F+s.Frac-r.IntN(4), 0)
			}
		}
		for name, l := range levelNames(bestRequantizeLevel()) {
			got := make([]int16, count+1)
			got[count] = -7
			requantize(got[:count], acc, s, l)
			for i := range count {
				addend := int64(0)
				if s.Addend != nil {
					addend = s.Addend[i]
				}
				if want := bruteCode(acc[i], addend, s); got[i] != want {
					t.Fatalf("%s: code of %d + %d under %+v is %d, want %d", name, acc[i], addend, s, got[i], want)
				}
			}
			if got[count] != -7 {
				t.Fatalf("%s: the value past %d codes is %d, want it untouched", name, count, got[count])
			}
		}
	}
}

func TestRequantizeMisuse(t *testing.T) {
	two := make([]int64, 2)
	cases := []struct {
		name string
		dst  int
		spec RequantizeSpec
		want string
	}{
		{"negative shift", 1, RequantizeSpec{F: -1}, "gemm: shifts are -1 and 0, low code is 0, want 0 to 62 together and at most 255"},
		{"wide shift", 1, RequantizeSpec{F: 60, Frac: 3}, "gemm: shifts are 60 and 3, low code is 0, want 0 to 62 together and at most 255"},
		{"low", 1, RequantizeSpec{Low: 256}, "gemm: shifts are 0 and 0, low code is 256, want 0 to 62 together and at most 255"},
		{"accumulators", 3, RequantizeSpec{}, "gemm: 3 codes of 2 accumulators and 0 addends, want one for each"},
		{"addends", 2, RequantizeSpec{Addend: two[:1]}, "gemm: 2 codes of 2 accumulators and 1 addends, want one for each"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			defer func() {
				if got := recover(); got != tc.want {
					t.Errorf("panic is %v, want %s", got, tc.want)
				}
			}()
			Requantize(make([]int16, tc.dst), two, tc.spec)
		})
	}
}

func TestRequantizeNoAllocations(t *testing.T) {
	dst, acc := make([]int16, 100), make([]int64, 100)
	if got := testing.AllocsPerRun(3, func() { Requantize(dst, acc, RequantizeSpec{M: 3, F: 5, Addend: acc}) }); got != 0 {
		t.Errorf("%g allocations a call, want 0", got)
	}
}

func BenchmarkRequantize(b *testing.B) {
	r := rand.New(rand.NewPCG(33, 34))
	dst, acc := make([]int16, TilePositions), make([]int64, TilePositions)
	for i := range acc {
		acc[i] = int64(r.IntN(1<<24) - 1<<23)
	}
	for _, l := range []string{"portable", "avx512"} {
		level, ok := levelNames(bestRequantizeLevel())[l]
		if !ok {
			continue
		}
		for _, addend := range [][]int64{nil, acc} {
			b.Run(fmt.Sprintf("%s/addend=%t", l, addend != nil), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					requantize(dst, acc, RequantizeSpec{M: 3000, B: 1 << 20, F: 26, Addend: addend}, level)
				}
				b.ReportMetric(TilePositions*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gcodes/s")
			})
		}
	}
}
