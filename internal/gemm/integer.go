package gemm

import (
	"fmt"
	"math"
)

// TilePositions is the number of positions of a planar tile: row k of its
// inputs is x[k*TilePositions:][:TilePositions].
const TilePositions = 512

const (
	// panelPositions is the number of positions that are packed and multiplied at
	// a time, panelDepth the number of their rows: 64 KiB, which stay in the
	// second-level cache while the columns pass by.
	panelPositions = 32
	panelDepth     = 1024
	panelPairs     = panelDepth / 2
)

// PackedInt is an integer matrix laid out for Mul. It is safe for concurrent
// use, each goroutine with an IntScratch of its own.
type PackedInt struct {
	rows, cols, pairs int
	level             level
	largest           int64 // magnitude of a code
	// codes holds groups of columns one after another. A group holds, for each
	// pair of rows, the two codes of each of its columns.
	codes  []int16
	groups []group
}

// group is count adjacent columns from first on.
type group struct{ first, count int }

// IntScratch is the memory that Mul works in. Its zero value is ready; it
// serves products of any size, one at a time.
type IntScratch struct {
	panel [panelPairs][2 * panelPositions]int16
}

// PackInt lays out the rows × cols row-major matrix codes. It panics where codes
// has another length.
func PackInt(codes []int16, rows, cols int) *PackedInt {
	return packInt(codes, rows, cols, bestIntLevel())
}

func packInt(codes []int16, rows, cols int, l level) *PackedInt {
	if rows < 0 || cols < 0 || len(codes) != rows*cols {
		panic(fmt.Sprintf("gemm: %d codes, want %d × %d", len(codes), rows, cols))
	}
	p := &PackedInt{rows: rows, cols: cols, pairs: ceilDiv(rows, 2), level: l}
	for _, c := range codes {
		p.largest = max(p.largest, int64(c), -int64(c))
	}
	p.codes = make([]int16, 0, 2*p.pairs*cols)
	count := ceilDiv(cols, groupCols(l))
	for i := range count {
		first := cols * i / count
		g := group{first, cols*(i+1)/count - first}
		p.groups = append(p.groups, g)
		for k := 0; k < rows; k += 2 {
			for n := first; n < first+g.count; n++ {
				p.codes = append(p.codes, codes[k*cols+n])
				if k+1 < rows {
					p.codes = append(p.codes, codes[(k+1)*cols+n])
				} else {
					p.codes = append(p.codes, 0)
				}
			}
		}
	}
	return p
}

// groupCols is the most columns of a group: as many as keep their sums of two
// vectors of positions in registers.
func groupCols(l level) int {
	switch l {
	case levelAVX512:
		return 12
	case levelAVX2:
		return 6
	}
	return 1
}

// at returns the codes of a group from a pair of rows on.
func (p *PackedInt) at(g group, pair int) []int16 {
	return p.codes[2*(g.first*p.pairs+g.count*pair) : 2*(g.first+g.count)*p.pairs]
}

// Mul sets y[n*TilePositions+i] to the sum over the rows k of
// codes[k*cols+n]·x[k*TilePositions+i], exact for any codes and inputs. It panics
// where y or x is shorter than cols or rows times TilePositions; what y holds
// beyond stays.
func (p *PackedInt) Mul(y []int64, x []int16, scratch *IntScratch) {
	if len(y) < p.cols*TilePositions || len(x) < p.rows*TilePositions {
		panic(fmt.Sprintf("gemm: %d outputs and %d inputs, want at least %d and %d",
			len(y), len(x), p.cols*TilePositions, p.rows*TilePositions))
	}
	y, x = y[:p.cols*TilePositions], x[:p.rows*TilePositions]
	if p.level == levelPortable || len(y) == 0 || p.rows == 0 {
		clear(y)
		p.addPlain(y, x, block{0, p.pairs, 0, TilePositions})
		return
	}
	for pair := 0; pair < p.pairs; pair += panelPairs {
		end := min(pair+panelPairs, p.pairs)
		for i := 0; i < TilePositions; i += panelPositions {
			p.multiply(y, x, block{pair, end, i, i + panelPositions}, scratch)
		}
	}
}

// block is the pairs of rows lo to hi-1 at positions from to to-1.
type block struct{ lo, hi, from, to int }

// multiply adds the product of one panel to y, or sets y to it where it is the
// first.
func (p *PackedInt) multiply(y []int64, x []int16, b block, s *IntScratch) {
	groups := p.groups
	largest, packed, done := p.first(y, x, b, s)
	if !packed {
		largest = packPairs(s, x, b, p.level)
	}
	if done {
		groups = groups[1:]
	}
	step := p.safePairs(largest)
	if step == 0 {
		if b.lo == 0 {
			for n := range p.cols {
				clear(y[n*TilePositions:][b.from:b.to])
			}
		}
		p.addPlain(y, x, b)
		return
	}
	for _, g := range groups {
		out := y[g.first*TilePositions+b.from:]
		for q := b.lo; q < b.hi; q += step {
			productPairs(p.level, intTile{
				y: out, w: p.at(g, q), x: s.panel[q-b.lo : min(q+step, b.hi)-b.lo],
				cols: g.count, add: q > 0,
			})
		}
	}
}

// first packs a block and multiplies its first group of columns at once, and
// returns the largest magnitude of its inputs and what it has done: packed them,
// and multiplied them too, which it does where the sums fit in 32 bits.
func (p *PackedInt) first(y []int64, x []int16, b block, s *IntScratch) (largest int64, packed, done bool) {
	pairs := b.hi - b.lo
	if p.level != levelAVX512 || 2*b.hi > p.rows {
		return 0, false, false
	}
	g := p.groups[0]
	limit := int64(math.MaxInt32) / max(2*int64(pairs)*p.largest, 1)
	largest = firstPairs(x[2*b.lo*TilePositions+b.from:], limit, intTile{
		y: y[b.from:], w: p.at(g, b.lo), x: s.panel[:pairs], cols: g.count, add: b.lo > 0,
	})
	return largest, true, largest <= limit
}

// safePairs is the number of pairs of rows whose sums stay below 2^31 for
// inputs of the given magnitude: 0 where those of one pair may not.
func (p *PackedInt) safePairs(largest int64) int {
	product := 2 * largest * p.largest
	if product == 0 {
		return panelPairs
	}
	return int(min(math.MaxInt32/product, panelPairs))
}

// intTile is the work of one kernel call: panelPositions outputs of cols
// columns, whose codes w holds for each pair of rows in x.
type intTile struct {
	y    []int64
	w    []int16
	x    [][2 * panelPositions]int16
	cols int
	add  bool
}

// packPairs lays out the inputs of a block: for each pair of rows, the two
// inputs of each position. It returns their largest magnitude.
func packPairs(s *IntScratch, x []int16, b block, l level) int64 {
	x = x[2*b.lo*TilePositions:]
	pairs := min(len(x)/(2*TilePositions), b.hi-b.lo)
	largest := int64(0)
	if pairs > 0 {
		largest = interleave(&s.panel[0], x[b.from:2*pairs*TilePositions], pairs, l)
	}
	if pairs < b.hi-b.lo {
		// The last of an odd number of rows.
		dst := &s.panel[pairs]
		for i, v := range x[2*pairs*TilePositions:][b.from:b.to] {
			dst[2*i], dst[2*i+1] = v, 0
			largest = max(largest, int64(v), -int64(v))
		}
	}
	return largest
}

// addPlain adds the product of a block to y in Go, in 64 bits.
func (p *PackedInt) addPlain(y []int64, x []int16, b block) {
	for _, g := range p.groups {
		for c := range g.count {
			out := y[(g.first+c)*TilePositions:][b.from:b.to]
			for q := b.lo; q < b.hi; q++ {
				w := p.at(g, q)[2*c:]
				even := x[2*q*TilePositions:]
				if 2*q+1 < p.rows {
					addPair(out, even[b.from:b.to], even[TilePositions+b.from:][:len(out)], int64(w[0]), int64(w[1]))
				} else {
					addPair(out, even[b.from:b.to], even[b.from:b.to], int64(w[0]), 0)
				}
			}
		}
	}
}

func addPair(y []int64, even, odd []int16, v, w int64) {
	even, odd = even[:len(y)], odd[:len(y)]
	for i := range y {
		y[i] += v*int64(even[i]) + w*int64(odd[i])
	}
}
