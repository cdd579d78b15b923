package crossbar

import (
	"fmt"
	"math/bits"

	"bitline/adc"
)

// Runner computes matrix-vector products on a programmed matrix through
// converters of given resolutions, and gathers statistics. It owns scratch
// memory: one goroutine at a time.
type Runner struct {
	m        *Matrix
	tables   [][]table // of each block and slice
	unit     []table   // of each block's unit column
	fraction int
	input    []uint64 // [dac bit][word] of one block and step
	driven   []int32  // the part of the input that a pass drives
	sums     [2][]int32
	stats    Stats
	onRead   func(ArrayRead)
}

// table is a converter tabulated: what shift-and-add accumulates for every sum
// from −offset, and the sums that are not clipped.
type table struct {
	value         []int64
	offset        int64
	lowest, limit int64
}

// NewRunner prepares products through converters of spec s with the given
// resolution for each slice, least significant first.
func (m *Matrix) NewRunner(s adc.Spec, resolution []int) (*Runner, error) {
	if len(resolution) != m.slicing.Count {
		return nil, fmt.Errorf("%d adc resolutions, want one for each of %d slices", len(resolution), m.slicing.Count)
	}
	r := m.emptyRunner()
	if s.Range != adc.Unit {
		r.fraction = adc.FractionBits
	}
	for i, b := range m.blocks {
		var shared []table
		if i > 0 && b.rows == m.blocks[0].rows {
			shared = r.tables[0]
		} else {
			for slice := range m.slicing.Count {
				t, err := newTable(s, resolution[slice], m.geometric(b.rows), m.analog())
				if err != nil {
					return nil, fmt.Errorf("slice %d: %w", slice, err)
				}
				shared = append(shared, t)
			}
		}
		r.tables = append(r.tables, shared)
		if m.design.Encoding.HasUnitColumn() {
			unit := shared[len(shared)-1]
			if m.design.Encoding.UnitADC == Own {
				unit = losslessTable(m.unitWorst(b), r.fraction)
			}
			r.unit = append(r.unit, unit)
		}
	}
	return r, nil
}

// emptyRunner is a runner with its own memory, without converters.
func (m *Matrix) emptyRunner() *Runner {
	r := &Runner{m: m, driven: make([]int32, m.rows), stats: m.newStats()}
	r.input = make([]uint64, m.design.DACBits*m.blocks[0].words)
	r.sums[0], r.sums[1] = make([]int32, m.columns), make([]int32, m.columns)
	return r
}

// fork is a runner with the same converters that has seen nothing yet.
func (r *Runner) fork() *Runner {
	f := r.m.emptyRunner()
	f.tables, f.unit, f.fraction = r.tables, r.unit, r.fraction
	return f
}

func newTable(s adc.Spec, resolution int, geometric int64, signed bool) (table, error) {
	transfer, err := adc.NewTransfer(s, resolution, geometric, signed)
	if err != nil {
		return table{}, err
	}
	t := table{lowest: 1, limit: -1}
	if signed {
		t.offset = geometric
	}
	for sum := -t.offset; sum <= geometric; sum++ {
		code, clipped := transfer.Code(sum)
		t.value = append(t.value, transfer.Value(code))
		if !clipped {
			if t.lowest > t.limit {
				t.lowest = sum
			}
			t.limit = sum
		}
	}
	return t, nil
}

// losslessTable is a converter whose codes are the sums.
func losslessTable(largest int64, fraction int) table {
	t := table{limit: largest}
	for sum := range largest + 1 {
		t.value = append(t.value, sum<<fraction)
	}
	return t
}

// OnRead makes f hear of every read of every array, in the order block, step,
// slice, sign; nil ends it.
func (r *Runner) OnRead(f func(ArrayRead)) { r.onRead = f }

// Fraction is the number of fraction bits of the outputs: 0 under a unit range,
// else adc.FractionBits.
func (r *Runner) Fraction() int { return r.fraction }

// MVM sets y[n] to the product Σ_k code[k][n]·(x[k] − zero[k]) as the crossbars
// compute it, in units of 2^-Fraction. x holds Rows raw input codes; they must
// lie in what CheckInput accepted.
func (r *Runner) MVM(y []int64, x []int32) {
	m := r.m
	if len(x) != m.rows || len(y) != m.columns {
		panic("crossbar: MVM wants one input a row and one output a column")
	}
	clear(y)
	r.stats.MVMs++
	unsigned := m.design.Encoding.InputSign == Unsigned
	for k, v := range x {
		if m.zero != nil && !unsigned {
			v -= m.zero[k]
		}
		r.driven[k] = v
	}
	if m.design.Encoding.Signed == Offset {
		r.subtractOffset(y)
	}
	if unsigned {
		for n := range y {
			y[n] -= m.zeroSum[n] << r.fraction
		}
	}
	if m.design.Encoding.Passes(m.rectified) == 1 {
		r.pass(y, 1)
		return
	}
	for k, v := range r.driven {
		r.driven[k] = max(v, 0)
	}
	r.pass(y, 1)
	for k, v := range x {
		if m.zero != nil {
			v -= m.zero[k]
		}
		r.driven[k] = max(-v, 0)
	}
	r.pass(y, -1)
}

// subtractOffset takes the stored weights' bias off digitally.
func (r *Runner) subtractOffset(y []int64) {
	total := int64(0)
	for _, v := range r.driven {
		total += int64(v)
	}
	offset := total << (r.m.design.Encoding.WeightBits - 1 + r.fraction)
	for n := range y {
		y[n] -= offset
	}
}

// pass drives r.driven once, all steps, and accumulates sign × the result.
func (r *Runner) pass(y []int64, sign int64) {
	for i := range r.m.blocks {
		for k, step := range r.m.steps {
			empty := r.drive(&r.m.blocks[i], step)
			r.read(y, i, readStep{weight: sign * step.Sign, shift: step.Shift, empty: empty, pass: int(1-sign) / 2, number: k})
		}
	}
}

// drive packs one step's digits of a block's inputs into bit planes and says
// whether all are zero.
func (r *Runner) drive(b *block, step Step) (empty bool) {
	clear(r.input)
	any := uint64(0)
	for d := range step.Bits {
		plane := r.input[d*b.words : (d+1)*b.words]
		for k, v := range r.driven[b.first : b.first+b.rows] {
			plane[k>>6] |= uint64(uint32(v)>>(step.Shift+d)&1) << (k & 63)
		}
		for _, w := range plane {
			any |= w
		}
	}
	return any == 0
}

// readStep is how one step's codes count: weight × 2^shift.
type readStep struct {
	weight       int64
	shift        int
	empty        bool
	pass, number int
}

// read reads all arrays of a block for the step that is driven, converts the
// bitline sums, and shifts and adds the codes into y.
func (r *Runner) read(y []int64, blockIndex int, step readStep) {
	m, b := r.m, &r.m.blocks[blockIndex]
	arrays := m.design.Encoding.Arrays()
	r.stats.Reads += int64(len(b.arrays))
	if step.empty {
		r.stats.EmptyReads += int64(len(b.arrays))
	}
	unit := int64(0)
	if m.design.Encoding.HasUnitColumn() {
		unit = r.readUnit(y, blockIndex, step)
	}
	for slice := range m.slicing.Count {
		t := &r.tables[blockIndex][slice]
		scale := step.weight << (step.shift + m.slicing.Shift(slice))
		pair := b.arrays[slice*arrays : (slice+1)*arrays]
		if m.analog() {
			r.columnSums(0, b, &pair[0])
			r.columnSums(1, b, &pair[1])
			r.report(0, ArrayRead{Block: blockIndex, Slice: slice, Sign: 0, Pass: step.pass, Step: step.number})
			r.report(1, ArrayRead{Block: blockIndex, Slice: slice, Sign: 1, Pass: step.pass, Step: step.number})
			for n, s := range r.sums[1] {
				r.sums[0][n] -= s
			}
			r.convert(y, t, conversion{scale: scale, slice: slice, block: blockIndex})
			continue
		}
		for sign := range pair {
			r.columnSums(0, b, &pair[sign])
			r.report(0, ArrayRead{Block: blockIndex, Slice: slice, Sign: sign, Pass: step.pass, Step: step.number})
			c := conversion{scale: scale, slice: slice, block: blockIndex, sign: sign, flipped: pair[sign].flipped}
			if sign == 1 {
				c.scale = -scale
			}
			c.unit = unit * int64(m.slicing.Max(slice))
			r.convert(y, t, c)
		}
	}
}

// readUnit converts a block's unit column, takes the offset that it measures off
// every output, and returns the converted count of the inputs.
func (r *Runner) readUnit(y []int64, blockIndex int, step readStep) int64 {
	e, words := r.m.design.Encoding, r.m.blocks[blockIndex].words
	sum := int64(0)
	for i, w := range r.input[:len(r.input)/words*words] {
		sum += int64(bits.OnesCount64(w)) << (i / words)
	}
	sum *= int64(e.UnitLevel)
	t := &r.unit[blockIndex]
	r.stats.UnitConversions++
	r.stats.UnitMaxSum = max(r.stats.UnitMaxSum, sum)
	if sum > t.limit || sum < t.lowest {
		r.stats.UnitClipped++
	}
	unit := t.value[sum]
	// The offset is 2^(bits−1) per input; the column shows UnitLevel of it.
	correction := step.weight * unit << (e.WeightBits - e.UnitLevel + step.shift)
	for n := range y {
		y[n] -= correction
	}
	return unit
}

// conversion says where codes go: output += scale × value, or scale × (unit −
// value) where the column is stored complemented.
type conversion struct {
	scale, unit        int64
	slice, block, sign int
	flipped            []bool
}

// convert passes r.sums[0] through a converter and accumulates.
func (r *Runner) convert(y []int64, t *table, c conversion) {
	seen := &r.stats.Slices[c.slice]
	counts := seen.Histogram[seen.Offset-t.offset:] // a short last block has a smaller table
	clips := r.stats.columnClips(c.block, c.slice, c.sign)
	value, offset := t.value, int(t.offset)
	for n, s32 := range r.sums[0][:len(y)] {
		s := int64(s32)
		counts[int(s)+offset]++
		if s > t.limit || s < t.lowest {
			clips[n]++
		}
		v := value[int(s)+offset]
		if c.flipped != nil && c.flipped[n] {
			v = c.unit - v
		}
		y[n] += c.scale * v
	}
}

// columnSums sets r.sums[to][n] to the sum of column n of an array for the step
// that is driven: Σ over cell bits p and digit bits d of 2^(p+d)·popcount.
func (r *Runner) columnSums(to int, b *block, a *array) {
	cellBits, words := r.m.design.CellBits, b.words
	sums := r.sums[to]
	if cellBits == 2 && words == 2 && r.m.design.DACBits == 1 {
		sumPairs(sums, a.planes, r.input[0], r.input[1])
		return
	}
	for n := range sums {
		column := a.planes[n*cellBits*words : (n+1)*cellBits*words]
		total := 0
		for d := range r.m.design.DACBits {
			digit := r.input[d*words : (d+1)*words]
			for p := range cellBits {
				count := 0
				for w, cells := range column[p*words : (p+1)*words] {
					count += bits.OnesCount64(cells & digit[w])
				}
				total += count << (p + d)
			}
		}
		sums[n] = int32(total)
	}
}

// sumPairs is columnSums for the common case: 65 to 128 rows, 2-bit cells, 1-bit
// digits.
func sumPairs(sums []int32, planes []uint64, low, high uint64) {
	for n := range sums {
		c := planes[4*n : 4*n+4 : 4*n+4]
		ones := bits.OnesCount64(c[0]&low) + bits.OnesCount64(c[1]&high)
		twos := bits.OnesCount64(c[2]&low) + bits.OnesCount64(c[3]&high)
		sums[n] = int32(ones + 2*twos)
	}
}
