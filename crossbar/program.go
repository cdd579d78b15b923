package crossbar

import (
	"errors"
	"fmt"
	"math/bits"
	"sync"
)

// Design is what of a chip decides values: the size of a row block, the width of
// cells and wordline digits, and the encoding.
type Design struct {
	Wordlines, CellBits, DACBits int
	Encoding                     Encoding
	// FlipBits is the resolution of each slice's converter, by which OffsetFlip
	// decides which columns to complement; other encodings leave it nil.
	FlipBits []int
}

// Weights is a matrix to program: Rows × Columns integer codes, row-major, and
// the zero point of every row's input (nil for none). Rectified promises that no
// input will be below its zero point.
type Weights struct {
	Rows, Columns int
	Codes         []int32
	Zero          []int32
	Rectified     bool
}

// Matrix is a programmed matrix. It does not change and is safe for concurrent
// use.
type Matrix struct {
	design        Design
	rows, columns int
	slicing       Slicing
	steps         []Step
	blocks        []block
	zero          []int32
	rectified     bool
	zeroSum       []int64               // Σ zero·code of each column
	product       func() *packedProduct // laid out at first use
}

// reads is the number of times that a product reads an array.
func (m *Matrix) reads() int { return m.design.Encoding.Passes(m.rectified) * len(m.steps) }

// block is a row block: consecutive rows that share bitlines.
type block struct {
	first, rows, words int
	arrays             []array // slice-major: index slice·Arrays() + sign
}

// array holds one slice of one sign of a block as bit planes: bit p of the cell
// in row r and column c is bit r%64 of planes[(c·CellBits+p)·words + r/64].
type array struct {
	planes  []uint64
	worst   []int64 // largest possible sum of each column
	flipped []bool  // columns stored complemented; nil unless OffsetFlip
	cells   int64   // non-zero cells
}

// Program encodes a matrix into row blocks, slices and signs. It is an error if
// a code does not fit the cells, or if the sizes disagree.
func Program(d Design, w Weights) (*Matrix, error) {
	if w.Rows < 1 || w.Columns < 1 || len(w.Codes) != w.Rows*w.Columns {
		return nil, fmt.Errorf("matrix of %d rows and %d columns has %d codes, want at least one row and column and %d codes",
			w.Rows, w.Columns, len(w.Codes), w.Rows*w.Columns)
	}
	if w.Zero != nil && len(w.Zero) != w.Rows {
		return nil, fmt.Errorf("matrix has %d zero points, want one for each of %d rows", len(w.Zero), w.Rows)
	}
	low, high := d.Encoding.WeightRange()
	for i, c := range w.Codes {
		if c < low || c > high {
			return nil, fmt.Errorf("weight code %d in row %d, column %d, want %d to %d: what encoding.weight_bits = %d with signed = %q can hold",
				c, i/w.Columns, i%w.Columns, low, high, d.Encoding.WeightBits, d.Encoding.Signed)
		}
	}
	if d.Encoding.HasUnitColumn() && d.Encoding.UnitLevel >= 1<<d.CellBits {
		return nil, fmt.Errorf("unit column of level %d in cells of %d bit, want a level of at most %d",
			d.Encoding.UnitLevel, d.CellBits, 1<<d.CellBits-1)
	}
	m := &Matrix{
		design: d, rows: w.Rows, columns: w.Columns, zero: w.Zero, rectified: w.Rectified,
		slicing: NewSlicing(d.Encoding.WeightBits, d.CellBits),
		steps:   d.Encoding.Steps(d.DACBits),
		zeroSum: make([]int64, w.Columns),
	}
	if d.Encoding.Signed == OffsetFlip {
		if len(d.FlipBits) != m.slicing.Count {
			return nil, fmt.Errorf("offset-flip has %d resolutions, want one for each of %d slices", len(d.FlipBits), m.slicing.Count)
		}
		if d.Encoding.UnitLevel != 1 {
			return nil, errors.New("offset-flip with a unit column of level 2, want level 1, which counts the inputs")
		}
	}
	for k := 0; k < w.Rows && w.Zero != nil; k++ {
		for n := range m.zeroSum {
			m.zeroSum[n] += int64(w.Zero[k]) * int64(w.Codes[k*w.Columns+n])
		}
	}
	for first := 0; first < w.Rows; first += d.Wordlines {
		m.blocks = append(m.blocks, m.programBlock(w, first, min(d.Wordlines, w.Rows-first)))
	}
	m.product = sync.OnceValue(m.packProduct)
	return m, nil
}

// programBlock lays rows [first, first+rows) out in arrays. Cells are written as
// bit planes, and those of a column's slices are the planes of its codes.
func (m *Matrix) programBlock(w Weights, first, rows int) block {
	b := block{first: first, rows: rows, words: (rows + 63) / 64}
	arrays, planes := m.design.Encoding.Arrays(), m.slicing.Count*m.design.CellBits
	for range m.slicing.Count * arrays {
		a := array{
			planes: make([]uint64, w.Columns*m.design.CellBits*b.words),
			worst:  make([]int64, w.Columns),
		}
		if m.design.Encoding.Signed == OffsetFlip {
			a.flipped = make([]bool, w.Columns)
		}
		b.arrays = append(b.arrays, a)
	}
	column := make([]int32, rows)
	codes := make([]uint64, planes*b.words)
	for n := range w.Columns {
		for r := range column {
			column[r] = w.Codes[(first+r)*w.Columns+n]
		}
		for sign := range arrays {
			m.codePlanes(codes, column, sign)
			for slice := range m.slicing.Count {
				size := m.design.CellBits * b.words
				m.programColumn(&b, slice*arrays+sign, n, codes[slice*size:(slice+1)*size])
			}
		}
	}
	return b
}

// codePlanes sets planes to the bits of the magnitudes that array sign of some
// codes holds: bit r%64 of planes[k·words + r/64] is bit k of code r.
func (m *Matrix) codePlanes(planes []uint64, codes []int32, sign int) {
	clear(planes)
	direction, bias := int32(1), int32(0)
	if sign == 1 {
		direction = -1
	}
	if m.design.Encoding.IsOffset() {
		bias = 1 << (m.design.Encoding.WeightBits - 1)
	}
	words := (len(codes) + 63) / 64
	for w := range words {
		var word [maxCodeBits]uint64
		for r, code := range codes[64*w : min(64*w+64, len(codes))] {
			stored := uint64(max(direction*code+bias, 0))
			for k := range word[:m.design.Encoding.WeightBits] {
				word[k] |= (stored >> k & 1) << r
			}
		}
		for k := range m.design.Encoding.WeightBits {
			planes[k*words+w] = word[k]
		}
	}
}

// maxCodeBits is the width of the widest code.
const maxCodeBits = 16

// programColumn writes a column of an array, complemented where OffsetFlip asks
// for it. planes is changed.
func (m *Matrix) programColumn(b *block, i, n int, planes []uint64) {
	a, slice := &b.arrays[i], i/m.design.Encoding.Arrays()
	sum := planeSum(planes, b.words)
	if a.flipped != nil && sum*m.digitMax() >= int64(1)<<m.design.FlipBits[slice] {
		a.flipped[n] = true
		width := bits.Len32(m.slicing.Max(slice))
		for i := range planes[:width*b.words] {
			planes[i] ^= rowMask(b.rows, i%b.words)
		}
		sum = planeSum(planes, b.words)
	}
	a.worst[n] = sum * m.digitMax()
	for w := range b.words {
		any := uint64(0)
		for i := w; i < len(planes); i += b.words {
			any |= planes[i]
		}
		a.cells += int64(bits.OnesCount64(any))
	}
	copy(a.planes[n*len(planes):], planes)
}

// planeSum is the sum of the numbers whose bit planes have the given words each.
func planeSum(planes []uint64, words int) int64 {
	sum := int64(0)
	for i, v := range planes {
		sum += int64(bits.OnesCount64(v)) << (i / words)
	}
	return sum
}

// rowMask has a bit set for each of some rows that lies in a word.
func rowMask(rows, word int) uint64 {
	if rows -= 64 * word; rows < 64 {
		return uint64(1)<<rows - 1
	}
	return ^uint64(0)
}

// digitMax is the largest digit that a wordline is driven with.
func (m *Matrix) digitMax() int64 {
	widest := 0
	for _, s := range m.steps {
		widest = max(widest, s.Bits)
	}
	return int64(1)<<widest - 1
}

// geometric is the largest sum that rows mapped rows of full cells and full
// drivers could give, whether or not some slice or step is as wide.
func (m *Matrix) geometric(rows int) int64 {
	return int64(rows) * (int64(1)<<m.design.CellBits - 1) * (int64(1)<<m.design.DACBits - 1)
}

// Rows is the length of an input.
func (m *Matrix) Rows() int { return m.rows }

// Columns is the length of an output.
func (m *Matrix) Columns() int { return m.columns }

// Slices is the number of bit slices.
func (m *Matrix) Slices() int { return m.slicing.Count }

// analog says whether pairs of arrays share one signed conversion.
func (m *Matrix) analog() bool { return m.design.Encoding.Signed == DifferentialAnalog }

// converted is the number of conversions per column, block and slice: one per
// array, or one per pair.
func (m *Matrix) converted() int {
	if m.analog() {
		return 1
	}
	return m.design.Encoding.Arrays()
}

// WorstSums is the largest bitline sum of each slice that any input could give,
// in magnitude, a shared unit column included.
func (m *Matrix) WorstSums() []int64 {
	worst := make([]int64, m.slicing.Count)
	for _, b := range m.blocks {
		for i, a := range b.arrays {
			slice := i / m.design.Encoding.Arrays()
			for _, s := range a.worst {
				worst[slice] = max(worst[slice], s)
			}
		}
		if e := m.design.Encoding; e.HasUnitColumn() && e.UnitADC == Shared {
			top := len(worst) - 1
			worst[top] = max(worst[top], m.unitWorst(b))
		}
	}
	return worst
}

// unitWorst is the largest sum of a block's unit column.
func (m *Matrix) unitWorst(b block) int64 {
	return int64(b.rows) * int64(m.design.Encoding.UnitLevel) * m.digitMax()
}
