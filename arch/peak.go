package arch

import (
	"fmt"
	"math"

	"bitline/internal/units"
)

// Peak is what the chip does where nothing spares it work: every array full of
// weights, every input at hand, every wordline driven in every input step, twice
// where signs are split, every conversion at the full resolution, and one
// matrix-vector product (MVM) of all arrays after the other. Nothing but crossbar
// reads and conversions bounds it. What a network spares, such as the second pass of
// rectified inputs, may make it faster than that.
type Peak struct {
	Read units.Time // one read of an array, or of an operation unit of it
	Scan units.Time // conversions of one read of all arrays of an IMA
	Step units.Time // between two reads: the longer of the two, in whole stages of a synchronous pipeline
	MVM  units.Time // between two MVMs: all input steps, passes and operation units
	// Latency is that of one MVM: from its first read to the last code added up, a
	// read, a scan and an addition after the last step but one, each in whole
	// stages of a synchronous pipeline.
	Latency units.Time
	// Bottleneck is what bounds Step: "crossbar read", "ADC", "crossbar read and
	// ADC" if they take equally long, or "stage" if both are shorter than that.
	Bottleneck string
	// Operations is that of one MVM of all arrays: 2 for each multiply-accumulate
	// of a weight and an input of the stated bits.
	Operations            float64
	WeightBits, InputBits int
	// TOPS is 10^12 operations per second. The ratios are per watt of nameplate
	// power and power of actions and per square millimetre, in 10^9 operations; 0 where the chip has
	// no power or no area.
	TOPS                                                      float64
	GOPSPerWatt, GOPSPerWattWithoutIO                         float64
	GOPSPerSquareMillimetre, GOPSPerSquareMillimetreWithoutIO float64
}

// peakTimes is the part of a chip's peak that is time.
func (c *Chip) peakTimes() (Peak, error) {
	scan, err := c.scan()
	if err != nil {
		return Peak{}, err
	}
	p := Peak{Read: c.Crossbar.Read(), Scan: scan, WeightBits: c.Encoding.WeightBits, InputBits: c.Encoding.InputBits}
	p.Step, p.Bottleneck = step(p.Read, p.Scan, c.Stage)
	steps := int64(c.Encoding.Reads(c.DAC.Bits, false)) * c.Crossbar.Units()
	mvm, ok := product(int64(p.Step), steps)
	if !ok || mvm > math.MaxInt64/2 {
		return Peak{}, fmt.Errorf("%d steps of an MVM take longer than 4611 s", steps)
	}
	p.MVM = units.Time(mvm)
	p.Latency = p.MVM - p.Step
	for _, t := range []units.Time{p.Read, p.Scan, c.IMA.ShiftAdd.Duration(c.codes())} {
		p.Latency += whole(t, c.Stage)
	}
	return p, nil
}

// whole is t in whole stages.
func whole(t, stage units.Time) units.Time {
	if stage > 0 && t%stage != 0 {
		t += stage - t%stage
	}
	return t
}

// peak completes the times to the chip's peak; chip and io are its totals.
func (c *Chip) peak(p Peak, chip, io Total) Peak {
	p.Operations = 2 * c.weights()
	p.TOPS = units.Quotient(p.Operations*1e3, float64(p.MVM)) // per fs: 1e15 a second
	gops := p.TOPS * 1e3
	power := chip.Power + chip.Events
	p.GOPSPerWatt = units.Quotient(gops*1e12, float64(power))
	p.GOPSPerWattWithoutIO = units.Quotient(gops*1e12, float64(power-io.Power-io.Events))
	p.GOPSPerSquareMillimetre = units.Quotient(gops*1e12, float64(chip.Area))
	p.GOPSPerSquareMillimetreWithoutIO = units.Quotient(gops*1e12, float64(chip.Area-io.Area))
	return p
}

// step is the time between two reads and what bounds it. A stage that is too
// short for a read or a scan is waited for in whole.
func step(read, scan, stage units.Time) (units.Time, string) {
	longest := max(read, scan)
	bottleneck := "crossbar read and ADC"
	switch {
	case stage > longest:
		return stage, "stage"
	case read > scan:
		bottleneck = "crossbar read"
	case scan > read:
		bottleneck = "ADC"
	}
	return whole(longest, stage), bottleneck
}

// weights is the number of weights that the chip's arrays hold. A weight takes
// one cell of each slice and sign: one array if slices are interleaved, else one
// for each slice; twice as many for the differential encodings.
func (c *Chip) weights() float64 {
	perWeight := c.ArraysPerBlock()
	arrays := float64(c.Tiles) * float64(c.Tile.IMAs) * float64(c.lanes()*c.together())
	return arrays * float64(c.Crossbar.Wordlines) * float64(c.WeightsPerRow()) / float64(perWeight)
}
