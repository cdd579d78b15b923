package gemm

const (
	// tileRows × tileCols is the part of c that a kernel keeps in registers:
	// 12 vectors of 8 values, which with two of b and two of a fill the 16
	// registers of AVX2.
	tileRows = 6
	tileCols = 16
	// wideRows × wideCols is that part with AVX-512: 24 vectors of 16 values of
	// its 32 registers.
	wideRows = 12
	wideCols = 32
	// A packed panel of blockDepth × tileCols values (20 KiB) stays in the
	// first-level cache while the rows of a pass by; the blockRows × blockDepth
	// block of a and the blockDepth × blockCols block of b stay in the second.
	blockDepth = 320
	blockRows  = 96
	blockCols  = 512
)

// worker computes products on one goroutine.
type worker struct {
	level   level
	packed  []float32
	copied  []float32
	scratch [wideRows * wideCols]float32
}

// tile is the work of one kernel call: rows × cols elements of c, where cols is
// tileCols or wideCols, and depth steps of their chains. b holds cols adjacent
// values for each step. The chains start from c where load is set, else from 0.
type tile struct {
	rows, cols int
	depth      int
	a          []float32
	aRow, aCol int
	b          []float32
	bRow       int
	c          []float32
	cRow       int
	load       bool
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
		rows := product{c: p.c.rowRange(i, end), a: w.rows(p.a.rowRange(i, end), p.c.Cols), add: p.add}
		for j := 0; j < p.c.Cols; {
			b := panels.at(j)
			w.column(rows, b, j)
			j += b.cols
		}
	}
}

// column runs the kernel down the rows of the column of tiles at column j.
func (w *worker) column(p product, b panel, j int) {
	cols := min(b.cols, p.c.Cols-j)
	step := tileRows
	if b.cols == wideCols {
		// Even tiles: those of few rows keep too few chains going at once.
		step = ceilDiv(p.c.Rows, ceilDiv(p.c.Rows, wideRows))
	}
	for i := 0; i < p.c.Rows; i += step {
		t := tile{
			rows: min(step, p.c.Rows-i), cols: b.cols, depth: p.a.Cols,
			a: p.a.Data[i*p.a.RowStride:], aRow: p.a.RowStride, aCol: p.a.ColStride,
			b: b.data, bRow: b.stride,
			c: p.c.Data[i*p.c.RowStride+j:], cRow: p.c.RowStride,
			load: p.add,
		}
		if cols == b.cols {
			w.kernel(&t)
		} else {
			w.narrow(&t, cols)
		}
	}
}

// narrow runs the kernel on a scratch tile where c has fewer columns left than
// the tile.
func (w *worker) narrow(t *tile, cols int) {
	c, cRow := t.c, t.cRow
	t.c, t.cRow = w.scratch[:], t.cols
	if t.load {
		for i := range t.rows {
			copy(t.c[i*t.cols:][:cols], c[i*cRow:][:cols])
		}
	}
	w.kernel(t)
	for i := range t.rows {
		copy(c[i*cRow:][:cols], t.c[i*t.cols:][:cols])
	}
}

func (w *worker) kernel(t *tile) {
	switch {
	case w.level == levelPortable:
		kernelPortable(t)
	case t.cols == wideCols:
		kernelWide(t)
	default:
		kernelFMA(t)
	}
}
