package gemm

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

type benchShape struct {
	name           string
	m, k, n        int
	transA, transB bool
}

// benchShapes starts with the products of a training step of the
// 784-100-10 perceptron at batch 64.
var benchShapes = []benchShape{
	{"forward1", 64, 784, 100, false, false},
	{"weights1", 784, 64, 100, true, false},
	{"input1", 64, 100, 784, false, true},
	{"forward2", 64, 100, 10, false, false},
	{"weights2", 100, 64, 10, true, false},
	{"input2", 64, 10, 100, false, true},
	{"conv", 8192, 144, 16, false, false},
	{"square", 1024, 1024, 1024, false, false},
	{"squareTA", 1024, 1024, 1024, true, false},
	{"squareTB", 1024, 1024, 1024, false, true},
	// Convolutions on planar tiles of 512 positions.
	{"planar16", 16, 144, 512, true, false},
	{"planar32", 32, 288, 512, true, false},
	{"planar64", 64, 576, 512, true, false},
	{"planar512", 512, 4608, 512, true, false},
}

func (s benchShape) operands(r *rand.Rand) (c, a, b Matrix) {
	dense := func(rows, cols int, transposed bool) Matrix {
		data := make([]float32, rows*cols)
		if transposed {
			return fill(Dense(data, cols, rows).T(), normal(r))
		}
		return fill(Dense(data, rows, cols), normal(r))
	}
	return Dense(make([]float32, s.m*s.n), s.m, s.n), dense(s.m, s.k, s.transA), dense(s.k, s.n, s.transB)
}

// BenchmarkMul runs every level on a shape in turn, so that their ratio is from
// one stretch of time.
func BenchmarkMul(b *testing.B) {
	for _, s := range benchShapes {
		for workers := 1; workers <= 2; workers++ {
			for _, l := range []string{"portable", "avx2", "avx512"} {
				level, ok := levelNames(bestLevel())[l]
				if !ok {
					continue
				}
				b.Run(fmt.Sprintf("%s/%dx%dx%d/workers=%d/%s", s.name, s.m, s.k, s.n, workers, l), func(b *testing.B) {
					g := newMultiplier(workers, level)
					c, x, y := s.operands(rand.New(rand.NewPCG(1, 1)))
					b.ReportAllocs()
					for b.Loop() {
						g.Mul(c, x, y)
					}
					flops := 2 * float64(s.m) * float64(s.k) * float64(s.n) * float64(b.N)
					b.ReportMetric(flops/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
		}
	}
}

// BenchmarkPackedInt is the integer product of a tile, beside the float32 one of
// the same shape.
func BenchmarkPackedInt(b *testing.B) {
	for _, s := range []struct{ k, n int }{{144, 16}, {288, 32}, {576, 64}, {4608, 512}, {784, 100}, {100, 10}} {
		macs := float64(s.k) * float64(s.n) * TilePositions
		run := func(name string, mul func()) {
			b.Run(fmt.Sprintf("%dx%d/%s", s.k, s.n, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					mul()
				}
				b.ReportMetric(macs*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
			})
		}
		r := rand.New(rand.NewPCG(2, 2))
		g := New(1)
		w, x := fill(Dense(make([]float32, s.k*s.n), s.k, s.n), small(r)), fill(Dense(make([]float32, s.k*TilePositions), s.k, TilePositions), small(r))
		c := Dense(make([]float32, s.n*TilePositions), s.n, TilePositions)
		run("float32", func() { g.Mul(c, w.T(), x) })
		codes, in := uniform(r, s.k*s.n, 255), uniform(r, s.k*TilePositions, 255)
		y := make([]int64, s.n*TilePositions)
		var scratch IntScratch
		for _, l := range []string{"portable", "avx2", "avx512"} {
			if level, ok := levelNames(bestIntLevel())[l]; ok {
				p := packInt(codes, s.k, s.n, level)
				run(l, func() { p.Mul(y, in, &scratch) })
			}
		}
	}
}
