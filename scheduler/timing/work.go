package timing

import (
	"math"
	"slices"

	"bitline/crossbar"
)

// This file counts the actions of products whose reads differ, from the activity
// alone: what is counted does not depend on when it happens.

// tally is what one array does in one input step of all products.
type tally struct {
	times         int64 // that the shots were gone through
	rows          int64 // wordlines charged for going through them once
	cells         int64 // mapped ones behind driven wordlines
	driven, empty int64 // wordlines, and products that drive none
}

// countWork counts the reads of a team's products of one image of the activity, and
// what they lead to.
func (b *builder) countWork(c *Counts, m *model, t *team, image int64) {
	d := b.newData(image)
	cells := int64(0)
	for i := range t.classes {
		x := &t.classes[i]
		tallies := make([]tally, len(x.kind.lanes)*d.steps)
		longest := int64(0) // reads, one after the other, of the busiest array of each product
		for product := range t.complete {
			d.look(m, t, product)
			longest += d.tallyProduct(x.kind, tallies)
		}
		spend(&c.IMATime, longest*x.imas, x.kind.read)
		spend(&c.InputRegisterTime, longest*x.imas, x.kind.read)
		for k := range x.kind.lanes {
			cells += b.countLaneWork(c, laneWork{x, &x.kind.lanes[k], tallies[k*d.steps : (k+1)*d.steps], t.complete})
		}
	}
	if b.Chip.ChargesConduction() && len(d.Records) == 0 {
		top := int64(1<<b.Chip.Crossbar.CellBits-1) * int64(1<<b.Chip.DAC.Bits-1)
		c.Conducted += int64(math.RoundToEven(d.Conducting * float64(cells) * float64(top)))
	}
}

// tallyProduct adds a product to the tallies of an IMA's lanes, and returns the most
// reads of one.
func (d *data) tallyProduct(kind *imaKind, tallies []tally) (most int64) {
	for k := range kind.lanes {
		l, reads := &kind.lanes[k], int64(0)
		for s, shots := range l.steps {
			driven := d.driven(l, s)
			x := &tallies[k*d.steps+s]
			x.driven += driven
			if driven == 0 {
				x.empty++
			}
			if len(shots) == 0 {
				continue
			}
			times := int64(d.times(driven, s))
			reads += times * int64(len(shots))
			x.times += times
			if times == 0 {
				continue
			}
			x.cells += driven * (l.columns / int64(max(1, l.blocks))) * l.crossbars // those of the wordline's own group
			if d.unitRows > 0 || d.drivenOnly {
				x.rows += driven // each is in one group
			} else {
				x.rows += l.rows
			}
		}
		most = max(most, reads)
	}
	return most
}

// laneWork is the tallies of a lane, which a class has once in each of its IMAs.
type laneWork struct {
	class    *class
	lane     *lane
	tallies  []tally
	products int64
}

// countLaneWork counts what a lane's tallies say, and returns the mapped cells that
// lay behind driven wordlines.
func (b *builder) countLaneWork(c *Counts, w laneWork) (cells int64) {
	l := w.lane
	for s, x := range w.tallies[:len(l.steps)] { // rectified inputs have half the steps of signed ones
		for i := range l.steps[s] {
			b.countShots(c, w, shots{&l.steps[s][i], x.times * w.class.imas, x.rows * w.class.imas})
		}
		cells += x.cells * w.class.imas
		if r := b.met; r != nil {
			n := w.class.imas * l.crossbars
			r.Steps += n * w.products
			r.Empty += n * x.empty
			r.Wordlines += n * w.products * l.rows
			r.DrivenWordlines += n * x.driven
			r.Reads += n * x.times * int64(len(l.steps[s]))
		}
	}
	return cells
}

// shots are a shot that is taken so many times, driving so many wordlines in all.
type shots struct {
	*shot
	times, rows int64
}

func (b *builder) countShots(c *Counts, w laneWork, s shots) {
	crossbars, read := w.lane.crossbars, w.class.kind.read
	c.Reads += s.times * crossbars
	spend(&c.ReadTime, s.times*crossbars, read)
	c.Drives += s.rows * crossbars
	spend(&c.DriveTime, s.rows*crossbars, read)
	c.Latches += s.times * (s.codes + s.unit)
	spend(&c.HoldTime, s.times*(s.codes+s.unit), s.scan)
	for _, x := range s.spans {
		c.Conversions[x.bits] += s.times * x.columns
	}
	c.UnitConversions += s.times * s.unit
	spend(&c.ScanTime, s.times, s.scan)
	c.Codes += s.times * s.codes
	spend(&c.AddTime, s.times*int64(b.Chip.IMA.ShiftAdd.Count), s.add)
	spend(&c.OutputRegisterTime, s.times, s.add)
}

// countConducted counts what a layer's reads conduct, from the record of an image.
// An array conducts in the steps in which it is read, all its slices together.
func (b *builder) countConducted(c *Counts, layer int, image int64) {
	if !b.Chip.ChargesConduction() || len(b.activity.Records) == 0 || b.Mapping.Layers[layer].Round != b.round {
		return
	}
	read := b.stepBits(b.Bits[layer])
	grouped := b.Chip.Encoding.Slices == crossbar.Grouped
	c.Conducted += b.activity.Records[image].Layers[layer].Sum(func(step, slice int) bool {
		ofStep := read[step%len(read)]
		if grouped {
			return ofStep[slice] > 0
		}
		return slices.Max(ofStep) > 0
	})
}
