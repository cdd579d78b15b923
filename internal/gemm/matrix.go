package gemm

import "fmt"

// Matrix is a strided view of float32 values: element (i, j) is
// Data[i*RowStride+j*ColStride]. Strides are at least 0 and count elements, not
// bytes. The rows of an operand may overlap, as the rows of a sliding window do.
type Matrix struct {
	Data                 []float32
	Rows, Cols           int
	RowStride, ColStride int
}

// Dense returns the row-major rows × cols view of data, which holds at least
// rows*cols values.
func Dense(data []float32, rows, cols int) Matrix {
	return Matrix{Data: data, Rows: rows, Cols: cols, RowStride: cols, ColStride: 1}
}

// T returns the transposed view of m, which shares its data.
func (m Matrix) T() Matrix {
	return Matrix{Data: m.Data, Rows: m.Cols, Cols: m.Rows, RowStride: m.ColStride, ColStride: m.RowStride}
}

func (m Matrix) empty() bool { return m.Rows == 0 || m.Cols == 0 }

// rowRange returns the view of rows lo to hi-1 of a matrix that is not empty.
func (m Matrix) rowRange(lo, hi int) Matrix {
	m.Data = m.Data[lo*m.RowStride:]
	m.Rows = hi - lo
	return m
}

// colRange returns the view of columns lo to hi-1 of a matrix that is not empty.
func (m Matrix) colRange(lo, hi int) Matrix {
	m.Data = m.Data[lo*m.ColStride:]
	m.Cols = hi - lo
	return m
}

// check panics unless every element of the view lies within its data: the
// assembly kernels read and write without bounds checks of their own.
func (m Matrix) check(name string) {
	if m.Rows < 0 || m.Cols < 0 || m.RowStride < 0 || m.ColStride < 0 {
		panic(fmt.Sprintf("gemm: %s is %d × %d with strides %d and %d, want none negative",
			name, m.Rows, m.Cols, m.RowStride, m.ColStride))
	}
	if m.empty() {
		return
	}
	need := (m.Rows-1)*m.RowStride + (m.Cols-1)*m.ColStride + 1
	if need > len(m.Data) {
		panic(fmt.Sprintf("gemm: %s is %d × %d with strides %d and %d and holds %d values, want at least %d",
			name, m.Rows, m.Cols, m.RowStride, m.ColStride, len(m.Data), need))
	}
}

func checkProduct(c, a, b Matrix) {
	a.check("a")
	b.check("b")
	c.check("c")
	if a.Cols != b.Rows || c.Rows != a.Rows || c.Cols != b.Cols {
		panic(fmt.Sprintf("gemm: c is %d × %d, a is %d × %d, b is %d × %d, want m × n, m × k, k × n",
			c.Rows, c.Cols, a.Rows, a.Cols, b.Rows, b.Cols))
	}
	if c.empty() {
		return
	}
	if c.ColStride != 1 {
		panic(fmt.Sprintf("gemm: c has column stride %d, want 1", c.ColStride))
	}
	if c.Rows > 1 && c.RowStride < c.Cols {
		panic(fmt.Sprintf("gemm: c has row stride %d, want at least its %d columns", c.RowStride, c.Cols))
	}
}
