package gemm

// panel is cols adjacent columns of b, tileCols or wideCols of them: step k is
// data[k*stride:][:cols].
type panel struct {
	data         []float32
	stride, cols int
}

// panels finds the panels of one block of b: whole ones in b itself where
// direct is set, the others packed one after another.
type panels struct {
	packed       []float32
	b            Matrix
	direct, wide bool
}

// directRows is the most rows of c for which whole panels of a row-major b are
// read where they lie by the assembly kernels: for so few, copying costs more
// than it saves. The portable kernels want every panel packed.
const directRows = 128

// pack lays out the block of b in panels, the last one filled up with zeros.
func (w *worker) pack(p product) panels {
	b := p.b
	s := panels{
		b: b, wide: w.level == levelAVX512,
		direct: w.level != levelPortable && b.ColStride == 1 && p.c.Rows <= directRows,
	}
	total := ceilDiv(b.Cols, wideCols) * wideCols * b.Rows
	if cap(w.packed) < total {
		w.packed = make([]float32, total)
	}
	s.packed = w.packed[:total]
	for j := 0; j < b.Cols; {
		n := s.width(j)
		dst := panel{s.packed[j*b.Rows:][:n*b.Rows], n, n}
		switch {
		case j+n > b.Cols:
			packEdge(dst, b.colRange(j, b.Cols))
		case !s.direct:
			w.packWhole(dst, b.colRange(j, j+n))
		}
		j += n
	}
	return s
}

// width returns the columns of the panel that starts at column j. A rest that
// fits in a narrow one takes it.
func (s panels) width(j int) int {
	if s.wide && s.b.Cols-j > tileCols {
		return wideCols
	}
	return tileCols
}

// at returns the panel that starts at column j.
func (s panels) at(j int) panel {
	n := s.width(j)
	if s.direct && j+n <= s.b.Cols {
		return panel{s.b.Data[j:], s.b.RowStride, n}
	}
	return panel{s.packed[j*s.b.Rows:][:n*s.b.Rows], n, n}
}

const (
	// crowdedStride is a stride in elements whose multiples, 1 KiB apart, fall
	// into a sixteenth of the first-level cache.
	crowdedStride = 256
	// copyCols is the least columns of c that repay a copy of a.
	copyCols = 128
)

// rows returns at most blockRows rows of a, copied closer together where they
// would drive one another out of the cache for each of the columns of c.
func (w *worker) rows(a Matrix, cols int) Matrix {
	crowded := max(a.RowStride, a.ColStride)%crowdedStride == 0
	if !crowded || cols < copyCols || min(a.RowStride, a.ColStride) != 1 {
		return a
	}
	if a.RowStride == 1 {
		return w.rows(a.T(), cols).T()
	}
	const gap = 16 // keeps a depth of 256 from being crowded again
	stride := a.Cols + gap
	if need := a.Rows * stride; cap(w.copied) < need {
		w.copied = make([]float32, need)
	}
	m := Matrix{Data: w.copied[:cap(w.copied)], Rows: a.Rows, Cols: a.Cols, RowStride: stride, ColStride: 1}
	for i := range a.Rows {
		copy(m.Data[i*stride:][:a.Cols], a.Data[i*a.RowStride:])
	}
	return m
}

// packWhole packs a panel of dst.cols columns.
func (w *worker) packWhole(dst panel, b Matrix) {
	if b.ColStride == 1 {
		for k := range b.Rows {
			src := b.Data[k*b.RowStride:]
			for j := 0; j < dst.cols; j += tileCols {
				*(*[tileCols]float32)(dst.data[k*dst.cols+j:]) = *(*[tileCols]float32)(src[j:])
			}
		}
		return
	}
	if w.level != levelPortable {
		done := packVector(dst, b)
		if done == b.Rows {
			return
		}
		dst.data, b = dst.data[done*dst.cols:], b.rowRange(done, b.Rows)
	}
	packColumns(dst, b)
}

// packEdge packs a panel of fewer than dst.cols columns.
func packEdge(dst panel, b Matrix) {
	clear(dst.data)
	if b.ColStride == 1 {
		for k := range b.Rows {
			copy(dst.data[k*dst.cols:][:dst.cols], b.Data[k*b.RowStride:][:b.Cols])
		}
		return
	}
	packColumns(dst, b)
}

// packColumns packs any panel column by column, along the short stride of a
// transposed b.
func packColumns(dst panel, b Matrix) {
	for j := range b.Cols {
		src := b.Data[j*b.ColStride:]
		for k := range b.Rows {
			dst.data[k*dst.cols+j] = src[k*b.RowStride]
		}
	}
}
