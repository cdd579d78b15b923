package gemm

const (
	// tileRows × tileCols is the part of c that a kernel keeps in registers:
	// 12 vectors of 8 values, which with two of b and two of a fill the 16
	// registers of AVX2.
	tileRows = 6
	tileCols = 16
	// A packed panel of blockDepth × tileCols values (20 KiB) stays in the
	// first-level cache while the rows of a pass by; the blockRows × blockDepth
	// block of a and the blockDepth × blockCols block of b stay in the second.
	blockDepth = 320
	blockRows  = 96
	blockCols  = 512
)

// worker computes products on one goroutine.
type worker struct {
	class   Class
	packed  []float32
	scratch [tileRows * tileCols]float32
}

// tile is the work of one kernel call: rows × tileCols elements of c and depth
// steps of their chains. b holds tileCols adjacent values for each step. The
// chains start from c where load is set, else from 0.
type tile struct {
	rows, depth int
	a           []float32
	aRow, aCol  int
	b           []float32
	bRow        int
	c           []float32
	cRow        int
	load        bool
}

// multiply computes a product whose c is not empty. Blocks of k follow one
// another in order, each going on from the sums that the last one left in c.
func (w *worker) multiply(p product) {
	depth := p.a.Cols
	if depth == 0 {
		if !p.add {
			for i := range p.c.Rows {
				clear(p.c.Data[i*p.c.RowStride:][:p.c.Cols])
			}
		}
		return
	}
	// Even blocks, so that no short one is left over at the end.
	step := ceilDiv(depth, ceilDiv(depth, blockDepth))
	for j := 0; j < p.c.Cols; j += blockCols {
		cols := part(p, j)
		for k := 0; k < depth; k += step {
			end := min(k+step, depth)
			w.block(product{
				c:   cols.c,
				a:   cols.a.colRange(k, end),
				b:   cols.b.rowRange(k, end),
				add: p.add || k > 0,
			})
		}
	}
}

// part returns the product restricted to at most blockCols columns from j.
func part(p product, j int) product {
	end := min(j+blockCols, p.c.Cols)
	p.c, p.b = p.c.colRange(j, end), p.b.colRange(j, end)
	return p
}

// block computes a product of at most blockDepth steps and blockCols columns.
func (w *worker) block(p product) {
	panels := w.pack(p)
	for i := 0; i < p.c.Rows; i += blockRows {
		end := min(i+blockRows, p.c.Rows)
		for j := 0; j < p.c.Cols; j += tileCols {
			w.column(p, panels.at(j), span{i, end, j})
		}
	}
}

// span is rows lo to hi-1 of the tile column that starts at column j.
type span struct{ lo, hi, j int }

// column runs the kernel down the rows of one column of tiles.
func (w *worker) column(p product, b panel, s span) {
	cols := min(tileCols, p.c.Cols-s.j)
	for i := s.lo; i < s.hi; i += tileRows {
		t := tile{
			rows: min(tileRows, s.hi-i), depth: p.a.Cols,
			a: p.a.Data[i*p.a.RowStride:], aRow: p.a.RowStride, aCol: p.a.ColStride,
			b: b.data, bRow: b.stride,
			c: p.c.Data[i*p.c.RowStride+s.j:], cRow: p.c.RowStride,
			load: p.add,
		}
		if cols == tileCols {
			w.kernel(&t)
		} else {
			w.narrow(&t, cols)
		}
	}
}

// narrow runs the kernel on a scratch tile where c has fewer than tileCols
// columns left.
func (w *worker) narrow(t *tile, cols int) {
	c, cRow := t.c, t.cRow
	t.c, t.cRow = w.scratch[:], tileCols
	if t.load {
		for i := range t.rows {
			copy(t.c[i*tileCols:][:cols], c[i*cRow:][:cols])
		}
	}
	w.kernel(t)
	for i := range t.rows {
		copy(c[i*cRow:][:cols], t.c[i*tileCols:][:cols])
	}
}

func (w *worker) kernel(t *tile) {
	if w.class == ClassFMA {
		kernelFMA(t)
		return
	}
	kernelPortable(t)
}
