package crossbar

import (
	"math/bits"

	"bitline/internal/gemm"
)

// codes are the integer codes that the cells hold, row-major.
func (m *Matrix) codes() []int32 {
	codes := make([]int32, m.rows*m.columns)
	column := make([]int32, m.blocks[0].rows)
	for i := range m.blocks {
		b := &m.blocks[i]
		for n := range m.columns {
			m.columnCodes(column[:b.rows], b, n)
			for r, code := range column[:b.rows] {
				codes[(b.first+r)*m.columns+n] = code
			}
		}
	}
	return codes
}

// columnCodes sets codes to those of column n of a block.
func (m *Matrix) columnCodes(codes []int32, b *block, n int) {
	e, cellBits := m.design.Encoding, m.design.CellBits
	bias := int32(0)
	if e.IsOffset() {
		bias = 1 << (e.WeightBits - 1)
	}
	for r := range codes {
		codes[r] = -bias
	}
	for i := range b.arrays {
		a, slice := &b.arrays[i], i/e.Arrays()
		width := cellBits
		flipped := uint64(0)
		if a.isFlipped(n) {
			width, flipped = bits.Len32(m.slicing.Max(slice)), ^uint64(0)
		}
		for p := range width {
			scale := int32(1) << (m.slicing.Shift(slice) + p)
			if i%e.Arrays() == 1 {
				scale = -scale
			}
			for w, word := range a.plane(n*cellBits+p, b.words) {
				for word = (word ^ flipped) & rowMask(b.rows, w); word != 0; word &= word - 1 {
					codes[64*w+bits.TrailingZeros64(word)] += scale
				}
			}
		}
	}
}

// cells sets c to the levels of column n of an array, and returns the bits that
// some of them have.
func (m *Matrix) cells(c []uint8, b *block, a *array, n int) (any uint8) {
	clear(c)
	for p := range m.design.CellBits {
		for w, word := range a.plane(n*m.design.CellBits+p, b.words) {
			if word != 0 {
				any |= 1 << p
			}
			for ; word != 0; word &= word - 1 {
				c[64*w+bits.TrailingZeros64(word)] |= 1 << p
			}
		}
	}
	return any
}

// plane is a bit plane of the given number of words.
func (a *array) plane(i, words int) []uint64 { return a.planes[i*words : (i+1)*words] }

func (a *array) isFlipped(n int) bool { return a.flipped != nil && a.flipped[n] }

// packedProduct is a matrix laid out for exact products, without converters.
type packedProduct struct {
	packed  *gemm.PackedInt // nil where codes exceed 16 bits
	codes   []int32         // nil where packed
	zeroSum []int64         // the matrix's
}

func (m *Matrix) packProduct() *packedProduct {
	codes := m.codes()
	short := make([]int16, len(codes))
	for i, c := range codes {
		if c != int32(int16(c)) {
			return &packedProduct{codes: codes, zeroSum: m.zeroSum}
		}
		short[i] = int16(c)
	}
	return &packedProduct{packed: gemm.PackInt(short, m.rows, m.columns), zeroSum: m.zeroSum}
}

// mul sets y to the products Σ_k code[k][n]·(x[k] − zero[k]) of a tile.
func (p *packedProduct) mul(y []int64, x []int16, scratch *gemm.IntScratch) {
	if p.packed != nil {
		p.packed.Mul(y, x, scratch)
	} else {
		mulWide(y, x, p.codes)
	}
	for n, zero := range p.zeroSum {
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
func mulWide(y []int64, x []int16, codes []int32) {
	clear(y)
	rows, columns := len(x)/TilePositions, len(y)/TilePositions
	for n := range columns {
		to := y[n*TilePositions : (n+1)*TilePositions]
		for k := range rows {
			code := int64(codes[k*columns+n])
			for p, v := range x[k*TilePositions : (k+1)*TilePositions] {
				to[p] += code * int64(v)
			}
		}
	}
}
