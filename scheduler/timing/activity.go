package timing

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"bitline/arch"
	"bitline/internal/cost"
	"bitline/internal/units"
	"bitline/scheduler"
)

// Activity is what a chip meets whose time or energy follows the data: the records
// of some images, which come again and again in their order, so that image i has
// record i mod their number; or, where there are none, an assumption.
type Activity struct {
	Records []*scheduler.Record
	// Driven is the share of wordlines that every input step drives, over 0 to 1; of
	// each array it is rounded half to even, to at least one.
	Driven float64
	// Conducting is what the mapped cells behind a driven wordline conduct, as a share
	// of what they would at their highest level and digit, 0 to 1.
	Conducting float64
}

// AllActive is the activity in which every input bit is set and every cell at its
// highest level: the most that any image can bring about.
func AllActive() *Activity { return &Activity{Driven: 1, Conducting: 1} }

// images is the number of images that differ.
func (a *Activity) images() int64 { return int64(max(1, len(a.Records))) }

// ActivityReport says on what activity a simulation rests. Its numbers are sums
// over arrays, the steps of their products, and the images.
type ActivityReport struct {
	Images             []string // whose records were used; none if activity is assumed
	Driven, Conducting float64  // what was assumed; 0 with records
	// Latencies are those of the images alone on an empty chip.
	Latencies []units.Time
	// Steps counts input steps of arrays, Empty those in which no mapped wordline of
	// the array is driven.
	Steps, Empty int64
	// Wordlines counts the mapped wordlines in those steps, DrivenWordlines those
	// with a digit.
	Wordlines, DrivenWordlines int64
	// Reads counts what was read: arrays, or operation units of them.
	Reads int64
}

// inRounds is the report of rounds so far and of one more: the sum of both, of the same
// images. A network whose chip does not follow the data has none.
func (r *ActivityReport) inRounds(next *ActivityReport) *ActivityReport {
	if r == nil || next == nil {
		return next
	}
	sum := *r
	sum.Steps += next.Steps
	sum.Empty += next.Empty
	sum.Wordlines += next.Wordlines
	sum.DrivenWordlines += next.DrivenWordlines
	sum.Reads += next.Reads
	sum.Latencies = slices.Clone(r.Latencies)
	for i := range sum.Latencies {
		sum.Latencies[i] += next.Latencies[i]
	}
	return &sum
}

// take checks and keeps the activity that the chip wants.
func (b *builder) take(a *Activity) error {
	if !b.followsData() {
		return nil
	}
	b.activity = a
	if a == nil {
		return fmt.Errorf("%s follow the data, want the activity of replayed images or an assumed one", b.whatFollows())
	}
	var faults []error
	if len(a.Records) == 0 {
		if !(a.Driven > 0 && a.Driven <= 1) {
			faults = append(faults, fmt.Errorf("assumed activity is %g, want over 0 to 1: the share of wordlines that a step drives", a.Driven))
		}
		if !(a.Conducting >= 0 && a.Conducting <= 1) {
			faults = append(faults, fmt.Errorf("assumed conduction is %g, want 0 to 1: the share of what the cells behind driven wordlines can conduct", a.Conducting))
		}
	}
	for _, r := range a.Records {
		if len(r.Layers) != len(b.Mapping.Layers) {
			faults = append(faults, fmt.Errorf("activity of %s has %d layers, want %d", r.Image, len(r.Layers), len(b.Mapping.Layers)))
			continue
		}
		for i := range r.Layers {
			l := &b.Mapping.Layers[i]
			if err := r.Layers[i].Fits(l, b.Chip.Encoding.Reads(b.Chip.DAC.Bits, l.Rectified), b.Chip.Slicing().Count); err != nil {
				faults = append(faults, fmt.Errorf("activity of %s, layer %s: %w", r.Image, l.Name, err))
			}
		}
	}
	return errors.Join(faults...)
}

// reads is the number of times that a product of a node reads an array.
func (b *builder) reads(node int32) int {
	return b.Chip.Encoding.Reads(b.Chip.DAC.Bits, b.layer(node).Rectified)
}

// whatFollows names the keys by which work follows the data.
func (b *builder) whatFollows() string {
	text := ""
	name := func(on bool, key string) {
		if on && text != "" {
			text += ", "
		}
		if on {
			text += key
		}
	}
	name(b.Chip.SkipEmpty == arch.SkipByArray || b.Chip.SkipEmpty == arch.SkipByProduct, "pipeline.skip_empty_steps")
	name(b.Chip.Crossbar.UnitRows > 0, "crossbar.unit_rows")
	name(b.Chip.CostFollowsData(), "crossbar.charge or dac.charge")
	return "time or energy by " + text
}

// wholeRounds is the least number of images, at least n, in which each of the
// activity's images comes equally often.
func (b *builder) wholeRounds(n int) int {
	if b.activity == nil {
		return n
	}
	images := int(b.activity.images())
	return ceil(n, images) * images
}

// singles runs each image of the activity, or just one, alone through an empty
// chip. It returns the least interval that a stream can have as well, 0 where that
// follows the images.
func (b *builder) singles(ctx context.Context, exact bool) (*Timing, units.Time, error) {
	bound := units.Time(0)
	images := int64(1)
	t := &Timing{Layers: make([]Counts, len(b.Mapping.Layers))}
	if b.activity != nil {
		images = b.activity.images()
		t.Activity = &ActivityReport{}
		b.met = t.Activity
		if len(b.activity.Records) == 0 {
			t.Activity.Driven, t.Activity.Conducting = b.activity.Driven, b.activity.Conducting
		}
		for _, r := range b.activity.Records {
			t.Activity.Images = append(t.Activity.Images, r.Image)
		}
	}
	for i := range images {
		m, err := b.model(modelOptions{images: 1, first: i, exact: exact})
		if err != nil {
			return nil, 0, err
		}
		m.start()
		if err := b.runTo(ctx, m, 1); err != nil {
			return nil, 0, err
		}
		if err := m.engine.Run(ctx, m); err != nil { // what the result did not wait for
			return nil, 0, err
		}
		if b.activity == nil {
			bound = b.bound(m)
		}
		t.LatencySingle += m.done[0]
		t.Events += m.events()
		for k, c := range b.allCounts(m, i) {
			t.Layers[k].add(&c)
			if err := t.Layers[k].checkTimes(); err != nil {
				return nil, 0, fmt.Errorf("layer %s: %w", b.Mapping.Layers[k].Name, err)
			}
		}
		if t.Activity != nil {
			t.Activity.Latencies = append(t.Activity.Latencies, m.done[0])
		}
	}
	t.LatencySingle = units.Time(units.MulDiv(int64(t.LatencySingle), 1, images))
	for k := range t.Layers {
		t.Layers[k].divide(images)
		t.PerImage.add(&t.Layers[k])
	}
	if err := t.PerImage.checkTimes(); err != nil {
		return nil, 0, err
	}
	return t, bound, nil
}

// crossbarRow is the energy of reads: of whole arrays or operation units, or, cell
// by cell, of what they conduct,
//
//	cell × conducted / (highest level × highest digit) + driven wordlines × wordline + read bitlines × bitline.
func crossbarRow(chip *arch.Chip, c *Counts) cost.Row {
	x := &chip.Crossbar
	row := x.ReadCost().Dynamic("crossbar", "read", c.Reads, c.ReadTime)
	if !chip.ChargesConduction() {
		return row
	}
	top := int64(1<<x.CellBits-1) * int64(1<<chip.DAC.Bits-1)
	_, bitlines := x.Unit()
	// pW·fs are 10^-27 J, of which an attojoule has 10^9.
	perRead := units.MulDiv(int64(x.CellPower), int64(x.Read()), 1)
	row.Action = "read, by what cells conduct"
	row.Energy = 0
	for _, e := range []units.Energy{
		units.Energy(units.MulDiv(int64(x.CellEnergy), c.Conducted, top)),
		units.Energy(units.MulDiv(perRead, c.Conducted, top*1e9)),
		x.WordlinePower.Over(c.DriveTime),
		x.BitlinePower.Over(c.ReadTime).Times(int64(bitlines)),
	} {
		row.Energy += min(e, math.MaxInt64-row.Energy)
	}
	return row
}
