package crossbar

import "bitline/internal/gemm"

// codes are the integer codes that the cells hold, row-major.
func (m *Matrix) codes() []int32 {
	codes := make([]int32, m.rows*m.columns)
	cells := make([]uint8, m.blocks[0].rows)
	arrays := m.design.Encoding.Arrays()
	for _, b := range m.blocks {
		for i := range b.arrays {
			for n := range m.columns {
				m.cells(cells[:b.rows], &b, &b.arrays[i], n)
				scale := int32(1) << m.slicing.Shift(i/arrays)
				top, flipped := uint8(m.slicing.Max(i/arrays)), b.arrays[i].isFlipped(n)
				if i%arrays == 1 {
					scale = -scale
				}
				for r, c := range cells[:b.rows] {
					if flipped {
						c = top - c
					}
					codes[(b.first+r)*m.columns+n] += scale * int32(c)
				}
			}
		}
	}
	if m.design.Encoding.IsOffset() {
		for i := range codes {
			codes[i] -= int32(1) << (m.design.Encoding.WeightBits - 1)
		}
	}
	return codes
}

// cells sets c to the levels of column n of an array.
func (m *Matrix) cells(c []uint8, b *block, a *array, n int) {
	bits := m.design.CellBits
	for r := range c {
		c[r] = 0
		for p := range bits {
			c[r] |= uint8(a.planes[(n*bits+p)*b.words+r/64]>>(r%64)&1) << p
		}
	}
}

func (a *array) isFlipped(n int) bool { return a.flipped != nil && a.flipped[n] }

// exactProduct multiplies tiles by a matrix without converters.
type exactProduct struct {
	packed  *gemm.PackedInt // nil where codes exceed 16 bits
	scratch gemm.IntScratch
	codes   []int32 // nil where packed
	m       *Matrix
}

func newExactProduct(m *Matrix) *exactProduct {
	e := &exactProduct{m: m, codes: m.codes()}
	short := make([]int16, len(e.codes))
	for i, c := range e.codes {
		if c != int32(int16(c)) {
			return e
		}
		short[i] = int16(c)
	}
	e.codes, e.packed = nil, gemm.PackInt(short, m.rows, m.columns)
	return e
}

// mul sets y to the products Σ_k code[k][n]·(x[k] − zero[k]) of a tile.
func (e *exactProduct) mul(y []int64, x []int16) {
	if e.packed != nil {
		e.packed.Mul(y, x, &e.scratch)
	} else {
		e.mulWide(y, x)
	}
	for n, zero := range e.m.zeroSum {
		if zero == 0 {
			continue
		}
		to := y[n*TilePositions : (n+1)*TilePositions]
		for p := range to {
			to[p] -= zero
		}
	}
}

// mulWide multiplies by codes of more than 16 bits.
func (e *exactProduct) mulWide(y []int64, x []int16) {
	clear(y)
	for n := range e.m.columns {
		to := y[n*TilePositions : (n+1)*TilePositions]
		for k := range e.m.rows {
			code := int64(e.codes[k*e.m.columns+n])
			for p, v := range x[k*TilePositions : (k+1)*TilePositions] {
				to[p] += code * int64(v)
			}
		}
	}
}
