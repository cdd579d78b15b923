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

func BenchmarkMul(b *testing.B) {
	for _, class := range []Class{KernelClass(), ClassPortable} {
		for _, s := range benchShapes {
			for workers := 1; workers <= 2; workers++ {
				b.Run(fmt.Sprintf("%s/%s/%dx%dx%d/workers=%d", class, s.name, s.m, s.k, s.n, workers), func(b *testing.B) {
					g := newMultiplier(workers, class)
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
