package crossbar

import (
	"errors"
	"fmt"
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
// the zero point of every row's input (nil for none).
type Weights struct {
	Rows, Columns int
	Codes         []int32
	Zero          []int32
}

// Matrix is a programmed matrix. It is immutable and safe for concurrent use.
type Matrix struct {
	design        Design
	rows, columns int
	slicing       Slicing
	steps         []Step
	blocks        []block
	zero          []int32
	zeroSum       []int64 // Σ zero·code of each column
}

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
		design: d, rows: w.Rows, columns: w.Columns, zero: w.Zero,
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
	return m, nil
}

// programBlock lays rows [first, first+rows) out in arrays.
func (m *Matrix) programBlock(w Weights, first, rows int) block {
	b := block{first: first, rows: rows, words: (rows + 63) / 64}
	for slice := range m.slicing.Count {
		for sign := range m.design.Encoding.Arrays() {
			b.arrays = append(b.arrays, m.programArray(w, b, slice, sign))
		}
	}
	return b
}

func (m *Matrix) programArray(w Weights, b block, slice, sign int) array {
	bits := m.design.CellBits
	a := array{
		planes: make([]uint64, w.Columns*bits*b.words),
		worst:  make([]int64, w.Columns),
	}
	if m.design.Encoding.Signed == OffsetFlip {
		a.flipped = make([]bool, w.Columns)
	}
	digits := make([]uint32, b.rows)
	for n := range w.Columns {
		sum := int64(0)
		for r := range digits {
			digits[r] = m.slicing.Digit(m.stored(w.Codes[(b.first+r)*w.Columns+n], sign), slice)
			sum += int64(digits[r])
		}
		if a.flipped != nil && sum*m.digitMax() >= int64(1)<<m.design.FlipBits[slice] {
			a.flipped[n] = true
			sum = 0
			for r := range digits {
				digits[r] = m.slicing.Max(slice) - digits[r]
				sum += int64(digits[r])
			}
		}
		a.worst[n] = sum * m.digitMax()
		for r, d := range digits {
			if d != 0 {
				a.cells++
			}
			for p := range bits {
				a.planes[(n*bits+p)*b.words+r/64] |= uint64(d>>p&1) << (r % 64)
			}
		}
	}
	return a
}

// stored is the magnitude that array sign of a code holds.
func (m *Matrix) stored(code int32, sign int) uint32 {
	switch {
	case m.design.Encoding.IsOffset():
		return uint32(code + int32(1)<<(m.design.Encoding.WeightBits-1))
	case sign == 0 && code > 0:
		return uint32(code)
	case sign == 1 && code < 0:
		return uint32(-code)
	}
	return 0
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
