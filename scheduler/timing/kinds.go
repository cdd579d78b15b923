package timing

import (
	"slices"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/scheduler"
)

// kindOf is the kind of an IMA with some arrays of a layer.
func (b *builder) kindOf(k int32, arrays []scheduler.Array) *imaKind {
	enc := b.Chip.Encoding
	kind := &imaKind{
		arbitration: b.Chip.ADC.Arbitration, stage: b.Chip.Stage, read: b.Chip.Crossbar.Read(),
		reads: int32(b.reads(k)),
	}
	pools := b.Chip.Slicing().Count
	if b.Chip.ADC.Kind == adc.Reconfigurable || enc.Slices == crossbar.Interleaved {
		pools = 1
	}
	for p := range pools { // converter j serves pool j mod pools
		kind.pools = append(kind.pools, (b.Chip.ADC.PerIMA-p+pools-1)/pools)
	}
	pair := 1
	if enc.Signed == crossbar.DifferentialAnalog {
		pair = enc.Arrays()
	}
	for i := 0; i < len(arrays); i += pair {
		lane := b.lane(k, &arrays[i])
		lane.crossbars = int64(pair)
		if pools > 1 {
			lane.pool = arrays[i].Slice
		}
		kind.lanes = append(kind.lanes, lane)
	}
	for _, known := range b.kinds {
		if known.equal(kind) {
			return known
		}
	}
	b.kinds = append(b.kinds, kind)
	return kind
}

// equal says whether two kinds of a chip are one.
func (k *imaKind) equal(o *imaKind) bool {
	sameSteps := func(a, b []shot) bool { return slices.EqualFunc(a, b, shot.equal) }
	return k.reads == o.reads && slices.EqualFunc(k.lanes, o.lanes, func(a, b lane) bool {
		return a.pool == b.pool && a.crossbars == b.crossbars && a.rows == b.rows && a.columns == b.columns &&
			a.block == b.block && a.blocks == b.blocks && a.shot.equal(b.shot) && slices.EqualFunc(a.steps, b.steps, sameSteps)
	})
}

func (s shot) equal(o shot) bool {
	return s.unit == o.unit && s.codes == o.codes && s.scan == o.scan && s.add == o.add && slices.Equal(s.spans, o.spans)
}

// lane is what reads of an array lead to.
func (b *builder) lane(k int32, a *scheduler.Array) lane {
	columns := laneColumns{k, a.Slice, a.Weights, a.Units}
	l, known := b.lanes[columns]
	if !known {
		l = b.read(k, a)
		b.lanes[columns] = l
	}
	l.rows, l.columns = int64(a.Rows), int64(a.Columns())
	if b.followsData() {
		rowBlocks := int32(b.layer(k).RowBlocks)
		l.block, l.blocks = a.Group*rowBlocks+a.RowBlock, max(1, a.Groups)
	}
	return l
}

// laneColumns is all of an array that what its reads lead to depends on.
type laneColumns struct{ node, slice, weights, units int32 }

// read is what reads of an array lead to, but for its wordlines.
func (b *builder) read(k int32, a *scheduler.Array) lane {
	var l lane
	bitlines := b.bitlines(a)
	bits := b.Bits[b.nodes[k].Matrix]
	l.shot = b.shot(bitlines, func(slice int32) int { return bits[slice] })
	if a.Units > 0 && b.Chip.Encoding.UnitADC == crossbar.Own {
		l.unit = int64(a.Units)
	}
	if !b.stepped() {
		return l
	}
	for range b.Chip.Encoding.Passes(b.layer(k).Rectified) {
		for _, ofStep := range b.stepBits(bits) {
			l.steps = append(l.steps, b.shots(bitlines, l.unit, func(slice int32) int { return ofStep[slice] }))
		}
	}
	return l
}

// bitlines is the slice of each bitline that shared converters take, in order.
func (b *builder) bitlines(a *scheduler.Array) []int32 {
	var all []int32
	top := a.Slice
	if a.Slice == scheduler.AllSlices {
		top = int32(b.Chip.Slicing().Count) - 1
		for range a.Weights {
			for slice := range top + 1 {
				all = append(all, slice)
			}
		}
	} else {
		all = slices.Repeat([]int32{top}, int(a.Weights))
	}
	if a.Units > 0 && b.Chip.Encoding.UnitADC == crossbar.Shared {
		all = append(all, slices.Repeat([]int32{top}, int(a.Units))...)
	}
	return all
}

// shots are those of one pass over the columns in one step: one for each operation
// unit. There is none where no column is converted. Unit columns with a converter
// of their own come with the first.
func (b *builder) shots(bitlines []int32, unit int64, bits func(slice int32) int) []shot {
	if !slices.ContainsFunc(bitlines, func(slice int32) bool { return bits(slice) > 0 }) {
		return nil
	}
	width := b.Chip.Crossbar.UnitColumns
	if width == 0 {
		width = len(bitlines)
	}
	var all []shot
	for part := range slices.Chunk(bitlines, width) {
		all = append(all, b.shot(part, bits))
	}
	all[0].unit = unit
	return all
}

// shot is what a read of some bitlines leads to.
func (b *builder) shot(bitlines []int32, bits func(slice int32) int) shot {
	s := shot{scan: b.Chip.ADC.Settle}
next:
	for _, slice := range bitlines {
		n := bits(slice)
		if n == 0 {
			continue
		}
		for i := range s.spans {
			if s.spans[i].bits == n {
				s.spans[i].columns++
				continue next
			}
		}
		s.spans = append(s.spans, span{bits: n, columns: 1})
	}
	for _, x := range s.spans { // columns of one resolution are timed as a whole
		s.codes += x.columns
		s.scan += b.converters[x.bits].Scan(x.columns)
	}
	s.add = b.Chip.IMA.ShiftAdd.Duration(s.codes)
	return s
}

// stepBits is the resolution of each slice's conversions in each step of a pass,
// where those of the slices are given.
func (b *builder) stepBits(bits []int) [][]int {
	signed, slicing := b.Chip.Encoding.Signed == crossbar.DifferentialAnalog, b.Chip.Slicing()
	var all [][]int
	for i, step := range b.Chip.Encoding.Steps(b.Chip.DAC.Bits) {
		ofStep := make([]int, len(bits))
		for k := range bits {
			ofStep[k] = b.Chip.ADC.StepBits(bits[k], adc.Conversion{Step: i, Slice: k, Shift: step.Shift + slicing.Shift(k)}, signed)
		}
		all = append(all, ofStep)
	}
	return all
}

// stepped says whether the reads of a product may differ.
func (b *builder) stepped() bool {
	x := &b.Chip.Crossbar
	return b.Chip.ADC.Stepped() || x.UnitRows > 0 || x.UnitColumns > 0 || b.followsData()
}

// followsData says whether time or energy depends on activity.
func (b *builder) followsData() bool { return b.Chip.TimeFollowsData() || b.Chip.CostFollowsData() }
