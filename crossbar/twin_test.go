package crossbar_test

import (
	"bitline/adc"
	"bitline/crossbar"
)

// twin is docs/semantics.md written out in plain loops, one cell and one digit at
// a time, with fractions wherever something is rounded. It takes the descriptions
// of a design from the package under test and nothing that computes.
//
// Where the page leaves a choice, the twin makes the documented one:
//   - full, signed: step = largest sum / (2^(b−1) − 1), so that codes span the
//     signed range of the unit converter;
//   - calibrated: a code's value is code × A + RHE(low·2^16);
//   - a shared unit column goes through the top slice's converter whatever its
//     range, one of its own returns its sum;
//   - a flipped cell holds the largest level of its own slice, which is less for a
//     narrow top slice, minus the level; the sum is recovered as that level × the
//     unit column's converted count − the value of the code;
//   - the worst-case digit is the largest that some step drives: less than
//     2^dac.bits − 1 where no step is as wide as the driver;
//   - corrections of a product count its signed inputs, whatever the passes.
type twin struct {
	design  crossbar.Design
	weights crossbar.Weights
	spec    adc.Spec
	bits    []int // of each slice's converter
	blocks  []twinBlock
	memo    map[twinSum]twinCode
	seen    twinCounts
}

// twinBlock is rows first to first+rows of the matrix: level [slice][sign][row][column].
type twinBlock struct {
	first, rows int
	level       [][][][]int64
	flipped     [][]bool // [slice][column]
}

// pulse is one time that the wordlines are driven: a digit of every row, whose
// result counts weight.
type pulse struct {
	digits []int64
	weight int64
}

type twinSum struct {
	slice, rows int
	sum         int64
}

type twinCode struct {
	value   int64
	clipped bool
}

// twinCounts is what the twin's converters saw.
type twinCounts struct {
	mvms, reads, empty, unit, unitClipped int64
	histogram                             []map[int64]int64 // [slice][sum]
	clipped                               []int64           // [slice]
	columnClips                           map[[4]int]int64  // [block, slice, converter, column]
}

func power(base, exponent int) int64 {
	p := int64(1)
	for range exponent {
		p *= int64(base)
	}
	return p
}

func newTwin(d crossbar.Design, w crossbar.Weights, s adc.Spec, bits []int) *twin {
	t := &twin{design: d, weights: w, spec: s, bits: bits, memo: map[twinSum]twinCode{}}
	t.seen.columnClips = map[[4]int]int64{}
	t.seen.clipped = make([]int64, t.slices())
	for range t.slices() {
		t.seen.histogram = append(t.seen.histogram, map[int64]int64{})
	}
	for first := 0; first < w.Rows; first += d.Wordlines {
		t.blocks = append(t.blocks, t.newBlock(first, min(d.Wordlines, w.Rows-first)))
	}
	return t
}

// slices counts how often cell_bits can be taken from weight_bits.
func (t *twin) slices() int {
	n := 0
	for left := t.design.Encoding.WeightBits; left > 0; left -= t.design.CellBits {
		n++
	}
	return n
}

func (t *twin) differential() bool {
	s := t.design.Encoding.Signed
	return s == crossbar.Differential || s == crossbar.DifferentialAnalog
}

func (t *twin) analog() bool { return t.design.Encoding.Signed == crossbar.DifferentialAnalog }

func (t *twin) signs() int {
	if t.differential() {
		return 2
	}
	return 1
}

// converters is the number of conversions of a column of a block and slice.
func (t *twin) converters() int {
	if t.analog() {
		return 1
	}
	return t.signs()
}

func (t *twin) unitColumn() bool {
	s := t.design.Encoding.Signed
	return s == crossbar.OffsetUnitColumn || s == crossbar.OffsetFlip
}

// topLevel is the largest level that a cell of a slice is given.
func (t *twin) topLevel(slice int) int64 {
	left := t.design.Encoding.WeightBits - slice*t.design.CellBits
	return power(2, min(left, t.design.CellBits)) - 1
}

// inputBits is the number of bits that are driven as digits: the sign bit of
// two's complement is not one of them.
func (t *twin) inputBits() int {
	if t.design.Encoding.InputSign == crossbar.TwosComplement {
		return t.design.Encoding.InputBits - 1
	}
	return t.design.Encoding.InputBits
}

// topDigit is the largest digit that some step drives.
func (t *twin) topDigit() int64 {
	return power(2, min(t.design.DACBits, t.inputBits())) - 1
}

// magnitude is what the cells of one sign hold together of a weight.
func (t *twin) magnitude(code int32, sign int) int64 {
	v := int64(code)
	switch {
	case !t.differential():
		return v + power(2, t.design.Encoding.WeightBits-1)
	case sign == 0 && v > 0:
		return v
	case sign == 1 && v < 0:
		return -v
	}
	return 0
}

func (t *twin) newBlock(first, rows int) twinBlock {
	b := twinBlock{first: first, rows: rows}
	for slice := range t.slices() {
		var signs [][][]int64
		for sign := range t.signs() {
			var level [][]int64
			for r := range rows {
				var row []int64
				for c := range t.weights.Columns {
					v := t.magnitude(t.weights.Codes[(first+r)*t.weights.Columns+c], sign)
					for range slice {
						v /= power(2, t.design.CellBits)
					}
					row = append(row, v%power(2, t.design.CellBits))
				}
				level = append(level, row)
			}
			signs = append(signs, level)
		}
		b.level = append(b.level, signs)
		b.flipped = append(b.flipped, make([]bool, t.weights.Columns))
		if t.design.Encoding.Signed == crossbar.OffsetFlip {
			t.flip(&b, slice)
		}
	}
	return b
}

// flip complements the columns whose worst-case sum is 2^bits or more.
func (t *twin) flip(b *twinBlock, slice int) {
	for c := range t.weights.Columns {
		worst := int64(0)
		for r := range b.rows {
			worst += b.level[slice][0][r][c] * t.topDigit()
		}
		if worst < power(2, t.design.FlipBits[slice]) {
			continue
		}
		b.flipped[slice][c] = true
		for r := range b.rows {
			b.level[slice][0][r][c] = t.topLevel(slice) - b.level[slice][0][r][c]
		}
	}
}
