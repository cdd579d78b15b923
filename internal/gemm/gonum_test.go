package gemm

import (
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

// BenchmarkGonum is gonum's float32 product on the shapes of BenchmarkMul, for
// comparison in one run.
func BenchmarkGonum(b *testing.B) {
	for _, s := range []struct {
		name    string
		m, k, n int
	}{{"64x784x100", 64, 784, 100}, {"1024x1024x1024", 1024, 1024, 1024}} {
		b.Run(s.name, func(b *testing.B) {
			x := blas32.General{Rows: s.m, Cols: s.k, Stride: s.k, Data: make([]float32, s.m*s.k)}
			y := blas32.General{Rows: s.k, Cols: s.n, Stride: s.n, Data: make([]float32, s.k*s.n)}
			z := blas32.General{Rows: s.m, Cols: s.n, Stride: s.n, Data: make([]float32, s.m*s.n)}
			for i := range x.Data {
				x.Data[i] = float32(i%7) - 3
			}
			for i := range y.Data {
				y.Data[i] = float32(i%5) - 2
			}
			for b.Loop() {
				blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, x, y, 0, z)
			}
			b.ReportMetric(2*float64(s.m)*float64(s.k)*float64(s.n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
