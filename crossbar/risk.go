package crossbar

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// A converter of unit range makes s − excess of a sum s, so a product is the
// exact integer product less the excesses of the sums that clip. This file finds
// the columns that some input can clip, and how their sums are counted.

// riskColumn is one way that a column can clip, laid out for the counters. Its
// biased sum t = start + Σ of its rows has bit top set exactly where the sum
// exceeds the limit, and the bits below then hold the excess less 1. The
// assembly reads this struct: 36 bytes in this order.
type riskColumn struct {
	first    uint32             // entry of the riskSet's rows where its lists begin
	start    uint32             // 2^top − limit − 1, less what complemented rows add
	quarters [listLevels]uint16 // of carrying groups, listed at each level
	top      uint16
	shift    uint16 // of the slice
	units    uint32 // the fewest units of digit that can clip it
	clips    uint32 // index of the column's clip counter among the block's
	target   uint32 // accumulator 2·column + 1 where excess counts positive
	bin      int32  // that of a biased sum of zero, or notTallied
}

// isTallied says whether the column's sums are counted.
func (c *riskColumn) isTallied() bool { return c.bin != notTallied }

// listLevels is the number of levels at which rows can enter a counter.
const listLevels = 4

// quarterRows is the size of what lists are padded to with rows of zeros, and how
// many quarters of a group that is. The counters add rows of a level in groups
// that carry once to level listLevels, 16 at level 0, 8, 4, and 2 at level 3, and
// half a group and a quarter of one at the end of a list.
func quarterRows(level int) (rows, quarters int) {
	if level == listLevels-1 {
		return 1, 2
	}
	return 4 >> level, 1
}

// listed is the number of rows that the column lists at a level.
func (c *riskColumn) listed(level int) int {
	rows, quarters := quarterRows(level)
	return int(c.quarters[level]) / quarters * rows
}

// carries bounds the number of carries to level listLevels.
func (c *riskColumn) carries() int {
	n := 0
	for _, q := range c.quarters {
		n += int(q)/4 + 2
	}
	return n
}

// riskColumns is the number of columns of a matrix whose arrays share a riskSet:
// their accumulators, of some 2 KiB each, stay in the second-level cache.
const riskColumns = 64

// riskSet holds what of some columns of a block can clip, or is tallied, in all
// slices and signs, those that the fewest driven rows can clip first.
type riskSet struct {
	columns []riskColumn
	tallied int // columns in front whose sums are counted
	// rows lists, for each column and level, where the planes of its rows begin
	// in the planes of a step.
	rows []uint16
}

// within is the number of columns to count where digits have at most the given
// sum: it cannot clip those behind.
func (s *riskSet) within(units int) int {
	n := len(s.columns)
	for n > 0 && int(s.columns[n-1].units) > units {
		n--
	}
	return n
}

// stepLayout says where the bit planes of a step lie: plane d of the digit
// begins at row d·stride, its complement, where there is one, behind all of them.
type stepLayout struct {
	rows, width int
	complement  bool // complemented planes follow the planes
}

// stride is the number of rows of a plane: the row behind the block's is zero.
func (l stepLayout) stride() int { return l.rows + 1 }

// zero is a row that is never driven.
func (l stepLayout) zero() int { return l.rows }

// words is the size of all planes.
func (l stepLayout) words() int {
	n := l.width * l.stride() * tileWords
	if l.complement {
		n *= 2
	}
	return n
}

// fits says whether lists can hold every row.
func (l stepLayout) fits() bool { return l.words()-1 < 1<<16 }

// row is where plane d of a row begins.
func (l stepLayout) row(r, d int, complement bool) uint16 {
	plane := d
	if complement {
		plane += l.width
	}
	return uint16((plane*l.stride() + r) * tileWords)
}

// digitMax is the largest digit of the step.
func (l stepLayout) digitMax() int64 { return int64(1)<<l.width - 1 }

// part is an array's cells of a column as they enter a counter, as they are or
// driven with complemented digits.
type part struct {
	cells      []uint8
	any        uint8 // bits that some cell has
	complement bool
}

// riskCase is a column whose sum Σ parts − bias clips above limit.
type riskCase struct {
	parts                []part
	limit                int64
	shift, clips, target int
	zero                 int32 // the bin of a sum of zero, or notTallied
}

// add appends a column to the set, unless no input can clip it and its sums are
// not counted.
func (s *riskSet) add(l stepLayout, c riskCase) {
	units, worst := clippingUnits(c.parts[0].cells, l.digitMax(), c.limit)
	if units == 0 && c.zero == notTallied {
		return
	}
	bias := int64(0)
	for _, p := range c.parts[1:] {
		for _, cell := range p.cells {
			bias += int64(cell) * l.digitMax()
		}
	}
	limit := c.limit
	if units == 0 { // so high a limit that the sum is counted from 0
		limit = int64(1)<<max(bits.Len64(uint64(worst+bias)), listLevels-1) - 1 - bias
		units = math.MaxUint32
	}
	top := max(bits.Len64(uint64(max(worst-limit-1, 0))), bits.Len64(uint64(limit+bias)), listLevels-1)
	zero := int64(1)<<top - limit - 1 // the biased sum where the sum is zero
	column := riskColumn{
		first: uint32(len(s.rows)), start: uint32(zero - bias), top: uint16(top),
		shift: uint16(c.shift), units: uint32(units), clips: uint32(c.clips), target: uint32(c.target), bin: c.zero,
	}
	if c.zero != notTallied {
		column.bin -= int32(zero)
	}
	s.rows = appendLists(s.rows, &column, l, c.parts)
	s.columns = append(s.columns, column)
}

// sort puts the columns that are tallied first; of the others those that clip most
// easily, and within an eighth of the units those of one shape together, so that a
// processor foresees their loops.
func (s *riskSet) sort() {
	shape := func(a, b riskColumn) int {
		return cmp.Or(cmp.Compare(a.top, b.top), slices.Compare(a.quarters[:], b.quarters[:]))
	}
	slices.SortStableFunc(s.columns, func(a, b riskColumn) int {
		switch {
		case !a.isTallied() && !b.isTallied():
			return cmp.Or(cmp.Compare(rough(a.units), rough(b.units)), shape(a, b))
		case a.isTallied() && b.isTallied():
			return shape(a, b)
		case a.isTallied():
			return -1
		}
		return 1
	})
	for s.tallied < len(s.columns) && s.columns[s.tallied].isTallied() {
		s.tallied++
	}
}

// rough keeps the first three bits of a number.
func rough(n uint32) uint32 {
	drop := max(bits.Len32(n)-3, 0)
	return n >> drop << drop
}

// clippingUnits is the smallest sum of digits that can lift Σ cell·digit above
// the limit, by driving the largest cells first, and the largest sum; no units
// where the limit holds.
func clippingUnits(cells []uint8, digitMax, limit int64) (units, worst int64) {
	var of [16]int64
	for _, c := range cells {
		of[c]++
		worst += int64(c) * digitMax
	}
	if worst <= limit {
		return 0, worst
	}
	missing := limit + 1
	for c := int64(len(of) - 1); c > 0; c-- {
		whole := of[c] * digitMax
		if c*whole >= missing {
			return units + (missing+c-1)/c, worst
		}
		missing -= c * whole
		units += whole
	}
	panic("crossbar: a column exceeds its own worst case")
}

// appendLists appends the column's rows level by level: bit p of a cell and bit d
// of a digit enter at level p + d, those of a level beyond the last twice or more
// at the last.
func appendLists(rows []uint16, column *riskColumn, l stepLayout, parts []part) []uint16 {
	for level := range listLevels {
		from := len(rows)
		for _, p := range parts {
			for d := range l.width {
				rows = appendLevel(rows, l, p, [2]int{level, d})
			}
		}
		size, quarters := quarterRows(level)
		pad := size
		if column.top >= uint16(listLevels) {
			pad = 8 >> level // whole halves, which leave fewer carries
		}
		for (len(rows)-from)%pad != 0 {
			rows = append(rows, l.row(l.zero(), 0, false))
		}
		column.quarters[level] = uint16((len(rows) - from) / size * quarters)
	}
	return rows
}

// appendLevel appends the rows that enter at a level through one bit of the digit.
func appendLevel(rows []uint16, l stepLayout, p part, levelDigit [2]int) []uint16 {
	level, d := levelDigit[0], levelDigit[1]
	if level >= d {
		rows = appendRows(rows, l, p, [2]int{level - d, d})
	}
	if level != listLevels-1 {
		return rows
	}
	for bit := level + 1; bit < maxCellBits+d; bit++ {
		for range 1 << (bit - level) {
			rows = appendRows(rows, l, p, [2]int{bit - d, d})
		}
	}
	return rows
}

// appendRows appends the rows whose cells have one bit, through one of the digit.
func appendRows(rows []uint16, l stepLayout, p part, cellDigit [2]int) []uint16 {
	bit, d := cellDigit[0], cellDigit[1]
	if p.any>>bit&1 == 0 {
		return rows
	}
	// Every row is written, and stays where its bit is set: no branch to foresee.
	n := len(rows)
	rows = slices.Grow(rows, len(p.cells))[:n+len(p.cells)]
	row := l.row(0, d, p.complement)
	for _, cell := range p.cells {
		rows[n] = row
		row += tileWords
		n += int(cell >> bit & 1)
	}
	return rows[:n]
}

// maxCellBits is the width of the widest cell.
const maxCellBits = 4
