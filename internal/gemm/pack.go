package gemm

// panel is tileCols adjacent columns of b: step k is data[k*stride:][:tileCols].
type panel struct {
	data   []float32
	stride int
}

// panels finds the panels of one block of b: whole ones in b itself where
// direct is set, the others packed one after another.
type panels struct {
	packed []float32
	b      Matrix
	direct bool
}

// directRows is the most rows of c for which whole panels of a row-major b are
// read where they lie by the assembly kernels: for so few, copying costs more
// than it saves. The portable kernels want every panel packed.
const directRows = 128

// pack lays out the block of b in panels, the last one filled up with zeros.
func (w *worker) pack(p product) panels {
	b := p.b
	s := panels{b: b, direct: w.class == ClassFMA && b.ColStride == 1 && p.c.Rows <= directRows}
	size := b.Rows * tileCols
	total := ceilDiv(b.Cols, tileCols) * size
	if cap(w.packed) < total {
		w.packed = make([]float32, total)
	}
	s.packed = w.packed[:total]
	whole := b.Cols / tileCols * tileCols
	if !s.direct {
		for j := 0; j < whole; j += tileCols {
			w.packWhole(s.packed[j*b.Rows:][:size], b.colRange(j, j+tileCols))
		}
	}
	if whole < b.Cols {
		packEdge(s.packed[whole*b.Rows:][:size], b.colRange(whole, b.Cols))
	}
	return s
}

// at returns the panel that starts at column j.
func (s panels) at(j int) panel {
	if s.direct && j+tileCols <= s.b.Cols {
		return panel{s.b.Data[j:], s.b.RowStride}
	}
	return panel{s.packed[j*s.b.Rows:][:s.b.Rows*tileCols], tileCols}
}

// packWhole packs a panel of tileCols columns.
func (w *worker) packWhole(dst []float32, b Matrix) {
	if b.ColStride == 1 {
		for k := range b.Rows {
			*(*[tileCols]float32)(dst[k*tileCols:]) = *(*[tileCols]float32)(b.Data[k*b.RowStride:])
		}
		return
	}
	if w.class == ClassFMA {
		done := packVector(dst, b)
		if done == b.Rows {
			return
		}
		dst, b = dst[done*tileCols:], b.rowRange(done, b.Rows)
	}
	packColumns(dst, b)
}

// packEdge packs a panel of fewer than tileCols columns.
func packEdge(dst []float32, b Matrix) {
	clear(dst)
	if b.ColStride == 1 {
		for k := range b.Rows {
			copy(dst[k*tileCols:][:tileCols], b.Data[k*b.RowStride:][:b.Cols])
		}
		return
	}
	packColumns(dst, b)
}

// packColumns packs any panel column by column, along the short stride of a
// transposed b.
func packColumns(dst []float32, b Matrix) {
	for j := range b.Cols {
		src := b.Data[j*b.ColStride:]
		for k := range b.Rows {
			dst[k*tileCols+j] = src[k*b.RowStride]
		}
	}
}
