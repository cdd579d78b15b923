package arch

import (
	"fmt"
	"strings"

	"bitline/crossbar"
	"bitline/internal/config"
)

// SkipEmpty says which input steps in which nothing is driven need no read, no
// scan and no addition.
type SkipEmpty string

const (
	// SkipNothing reads every array in every step.
	SkipNothing SkipEmpty = "never"
	// SkipByArray passes over the steps in which no wordline of an array is driven,
	// array by array. The next product waits for the array with most steps.
	SkipByArray SkipEmpty = "array"
	// SkipByProduct passes over the steps in which no wordline is driven of any
	// array that begins a product together: those of one copy on one tile.
	SkipByProduct SkipEmpty = "product"
)

// TimeFollowsData says whether the time of a product depends on its inputs.
func (c *Chip) TimeFollowsData() bool {
	return c.SkipEmpty != SkipNothing && c.SkipEmpty != "" || c.Crossbar.UnitRows > 0
}

// CostFollowsData says whether a read is charged for what its inputs and cells do.
func (c *Chip) CostFollowsData() bool {
	return c.ChargesConduction() || c.DAC.Charge == crossbar.DrivenWordlines
}

// ChargesConduction says whether reads are charged for what cells conduct.
func (c *Chip) ChargesConduction() bool { return c.Crossbar.Charge == crossbar.Conducting }

// ReplayFollowsChip says whether a replay's converters see what the chip's do. They
// do not where a conversion takes the sum of an operation unit instead of a block's,
// or resolves fewer bits in some steps: then values are those of the chip only where
// neither loses anything, and what of the chip is simulated is time and energy.
func (c *Chip) ReplayFollowsChip() bool { return c.Crossbar.UnitRows == 0 && !c.ADC.Stepped() }

// validateSteps reports tables of resolutions that are not those of the chip's steps.
func (c *Chip) validateSteps(t *config.Table) {
	if len(c.ADC.ByStep) == 0 {
		return
	}
	steps, slices := len(c.Encoding.Steps(c.DAC.Bits)), c.Slicing().Count
	if n := len(c.ADC.ByStep); n != steps {
		t.Faultf("bits_by_step", "lists %d steps, want the %d of encoding.input_bits = %d and dac.bits = %d", n, steps, c.Encoding.InputBits, c.DAC.Bits)
	}
	for i, row := range c.ADC.ByStep {
		if len(row) != 1 && len(row) != slices {
			t.Faultf("bits_by_step", "lists %d resolutions for step %d, want 1 or one for each of %d slices", len(row), i, slices)
		}
	}
}

// activityFact says what of the chip follows the data.
func (c *Chip) activityFact() string {
	var facts []string
	if c.SkipEmpty == SkipByArray || c.SkipEmpty == SkipByProduct {
		facts = append(facts, fmt.Sprintf("input steps that drive nothing are skipped by %s", c.SkipEmpty))
	}
	if c.Crossbar.UnitRows > 0 || c.Crossbar.UnitColumns > 0 {
		rows, columns := c.Crossbar.Unit()
		facts = append(facts, fmt.Sprintf("operation units of %d × %d are read at a time", rows, columns))
	}
	if len(c.ADC.ByStep) > 0 {
		facts = append(facts, "resolutions follow a table of steps")
	}
	if k := c.ADC.Kept; k.High > 0 {
		facts = append(facts, fmt.Sprintf("conversions resolve bits %d to %d of an output", k.Low, k.High-1))
	}
	if c.ChargesConduction() {
		facts = append(facts, "reads are charged for what cells conduct")
	}
	if c.DAC.Charge == crossbar.DrivenWordlines {
		facts = append(facts, "drivers for the wordlines that they drive")
	}
	return strings.Join(facts, "; ")
}
