package gemm

import "fmt"

// ReduceCols is the columns of a wide panel of a Reduction; a narrow one has half
// as many.
const ReduceCols = 32

// Run is one product of a Reduction: the offsets, in elements, of its operands in
// A and B.
type Run [2]int

// Reduction is a sum of products of matrices of one shape, C = Σ_r A_r·B_r, or C
// plus that sum where Add is set: what a convolution is, with one run for each
// place of the kernel. Element (i, k) of A_r is A[Runs[r][0]+i*ARow+k*ACol],
// element (k, j) of B_r is B[Runs[r][1]+k*BRow+j], and element (i, j) of C is
// C[i*CRow+j]. C shares no element with A or B.
//
// Every element of C is one chain of multiply-adds over the runs in their order
// and over k within each; its bytes depend on the operands and the kernel class
// alone.
type Reduction struct {
	Rows, Cols, Depth int // Cols is ReduceCols or half of it
	C                 []float32
	CRow              int
	A                 []float32
	ARow, ACol        int
	B                 []float32
	BRow              int
	Runs              []Run
	Add               bool
}

// Reduce computes a Reduction with the fastest kernels of this processor. It
// panics where the sizes do not fit or an operand exceeds its data. It is safe for
// concurrent use on results that share no element.
func Reduce(r *Reduction) { r.reduce(bestLevel()) }

func (r *Reduction) reduce(l level) {
	if r.Rows <= 0 || r.Depth <= 0 || len(r.Runs) == 0 || r.Cols != ReduceCols && r.Cols != ReduceCols/2 {
		panic(fmt.Sprintf("gemm: a reduction of %d runs is %d × %d × %d, want at least 1 each and %d or %d columns",
			len(r.Runs), r.Rows, r.Depth, r.Cols, ReduceCols/2, ReduceCols))
	}
	r.check()
	switch l {
	case levelPortable:
		r.portable()
	default:
		r.vector(l)
	}
}

// check looks up the last element of each operand: the kernels have no bounds
// checks of their own.
func (r *Reduction) check() {
	if min(r.CRow, r.ARow, r.ACol, r.BRow) < 0 {
		panic(fmt.Sprintf("gemm: a reduction has strides %d, %d, %d and %d, want none negative", r.CRow, r.ARow, r.ACol, r.BRow))
	}
	_ = r.C[(r.Rows-1)*r.CRow+r.Cols-1]
	lastA, lastB := (r.Rows-1)*r.ARow+(r.Depth-1)*r.ACol, (r.Depth-1)*r.BRow+r.Cols-1
	least, mostA, mostB := 0, 0, 0
	for _, run := range r.Runs {
		least = min(least, run[0], run[1])
		mostA, mostB = max(mostA, run[0]), max(mostB, run[1])
	}
	if least < 0 || mostA+lastA >= len(r.A) || mostB+lastB >= len(r.B) {
		panic(fmt.Sprintf("gemm: a reduction reads from %d up to %d and %d, want 0 and less than the %d and %d values there are",
			least, mostA+lastA, mostB+lastB, len(r.A), len(r.B)))
	}
}

// portable runs the chains in Go, four columns at a time. The conversions keep
// compilers from fusing a product with its sum.
func (r *Reduction) portable() {
	for i := range r.Rows {
		for j := 0; j < r.Cols; j += 4 {
			c := (*[4]float32)(r.C[i*r.CRow+j:])
			var s0, s1, s2, s3 float32
			if r.Add {
				s0, s1, s2, s3 = c[0], c[1], c[2], c[3]
			}
			for _, run := range r.Runs {
				at, bt := run[0]+i*r.ARow, run[1]+j
				for range r.Depth {
					x, b := r.A[at], (*[4]float32)(r.B[bt:])
					s0 += float32(x * b[0])
					s1 += float32(x * b[1])
					s2 += float32(x * b[2])
					s3 += float32(x * b[3])
					at, bt = at+r.ACol, bt+r.BRow
				}
			}
			c[0], c[1], c[2], c[3] = s0, s1, s2, s3
		}
	}
}
