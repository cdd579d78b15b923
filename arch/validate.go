package arch

import (
	"fmt"
	"math/big"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/internal/config"
	"bitline/internal/units"
	"bitline/tile"
)

// validate reports combinations that no single component can judge. It fills in
// the width of the accumulators where the file leaves it open.
func (c *Chip) validate(t *config.Table) {
	c.validateConverters(t)
	c.validateSteps(t.Table("adc"))
	c.validateTimes(t)
	c.validateProgramming(t)
	c.validateNetwork(t)
	slices := c.Slicing().Count
	if c.Encoding.Signed == crossbar.OffsetFlip && c.Encoding.UnitLevel != 1 {
		t.Table("encoding").Faultf("unit_level", "is %d with signed = %q, want 1", c.Encoding.UnitLevel, c.Encoding.Signed)
	}
	if c.Encoding.HasUnitColumn() && c.Encoding.UnitLevel > int(c.Slicing().Max(slices-1)) {
		t.Table("encoding").Faultf("unit_level", "is %d, want at most %d, the highest level of the top slice's cells", c.Encoding.UnitLevel, c.Slicing().Max(slices-1))
	}
	if width := c.WeightsPerRow(); width == 0 {
		t.Table("crossbar").Faultf("bitlines", "is %d, want at least the %d slices of one interleaved weight", c.Crossbar.Bitlines, slices)
		return
	}
	if a := c.Encoding.Arrays(); c.Encoding.Signed == crossbar.DifferentialAnalog && c.IMA.Crossbars < a {
		t.Table("ima").Faultf("crossbars", "is %d, want at least %d with encoding.signed = %q, whose two arrays are read together", c.IMA.Crossbars, a, c.Encoding.Signed)
	}
	c.validateWidths(t.Table("ima"))
	c.validateRegisters(t.Table("ima"), t.Table("tile"))
}

// validateConverters reports resolutions and ranges that the encoding cannot use.
func (c *Chip) validateConverters(t *config.Table) {
	adcs, slices := t.Table("adc"), c.Slicing().Count
	if c.ADC.Rate < tile.MinClock || c.ADC.Rate > tile.MaxClock {
		adcs.Faultf("rate", "is %v, want %v to %v", c.ADC.Rate, tile.MinClock, tile.MaxClock)
	}
	if c.ADC.Auto == adc.Given {
		if bits, err := c.ADC.PerSlice(slices); err != nil {
			adcs.Faultf("bits", "lists %d resolutions, want 1 or one for each of the %d slices of encoding.weight_bits = %d and crossbar.cell_bits = %d",
				len(c.ADC.Bits), slices, c.Encoding.WeightBits, c.Crossbar.CellBits)
		} else {
			c.validateBits(adcs, "bits", bits)
		}
		c.validateLayers(adcs.Table("layers"), slices)
	}
	if c.ADC.Auto != adc.Given && c.Encoding.Signed == crossbar.OffsetFlip {
		adcs.Faultf("bits", "is \"auto\" with encoding.signed = \"offset-flip\", which stores columns by the resolution: want resolutions")
	}
	if c.ADC.Auto != adc.Given && c.ADC.Range != adc.Unit {
		adcs.Faultf("bits", "is \"auto\" with adc.range = %q, want \"unit\", in which a sum needs a resolution", c.ADC.Range)
	}
	if c.ADC.Range == adc.Calibrated && c.Encoding.HasUnitColumn() {
		adcs.Faultf("range", "is calibrated with encoding.signed = %q, want unit or full, which a unit column can share", c.Encoding.Signed)
	}
	if c.ADC.Kind == adc.Fixed && c.Encoding.Slices == crossbar.Grouped && c.ADC.PerIMA < slices {
		adcs.Faultf("per_ima", "is %d with kind = \"fixed\", want at least one converter for each of the %d slice classes, or kind = \"reconfigurable\"", c.ADC.PerIMA, slices)
	}
}

// validateLayers reports resolutions of single layers that do not suit the slices.
func (c *Chip) validateLayers(t *config.Table, slices int) {
	for _, own := range c.ADC.Layers {
		if n := len(own.Bits); n != 1 && n != slices {
			t.Faultf(own.Layer, "lists %d resolutions, want 1 or one for each of the %d slices", n, slices)
			continue
		}
		c.validateBits(t, own.Layer, own.Bits)
	}
}

// validateBits reports resolutions of a key that the encoding cannot use.
func (c *Chip) validateBits(t *config.Table, key string, bits []int) {
	for i, b := range bits {
		if c.Encoding.Signed == crossbar.DifferentialAnalog && b < 2 {
			t.Faultf(key, "is %d for slice %d, want 2 or more: a signed converter's range is ±(2^(bits−1) − 1)", b, i)
			return
		}
		if c.ADC.Kind == adc.Fixed && c.Encoding.Slices == crossbar.Interleaved && b != bits[0] {
			t.Faultf(key, "differ between slices with kind = \"fixed\" and interleaved slices, want one resolution or kind = \"reconfigurable\"")
			return
		}
	}
}

// maxLoad bounds the programming of a full tile.
const maxLoad = 1000 * units.Second

// validateProgramming reports weights that take longer to write than a simulation
// counts.
func (c *Chip) validateProgramming(t *config.Table) {
	arrays := int64(c.Tile.IMAs) * int64(c.IMA.Crossbars)
	full := c.Programming.Load(c.Crossbar, crossbar.Written{Arrays: arrays, Tiles: 1, Fullest: arrays})
	if full.Time > maxLoad {
		t.Table("programming").Faultf("time", "is %v with pulses = %d and arrays_per_tile = %d: the %d arrays of a tile take longer than %v to write, want less", c.Programming.Time, c.Programming.Pulses, c.Programming.ArraysPerTile, arrays, units.Time(maxLoad))
	}
}

// maxTime bounds a read and a stage, far above any device's and such that times
// and their sums over a run never overflow.
const maxTime = 100 * units.Microsecond

// validateTimes reports times that are too long.
func (c *Chip) validateTimes(t *config.Table) {
	if c.Stage > maxTime {
		t.Table("pipeline").Faultf("stage", "is %v, want at most %v", c.Stage, maxTime)
	}
	arrays := t.Table("crossbar")
	switch {
	case c.Crossbar.ReadLatency == 0:
		return // a fault already
	case c.Crossbar.ReadLatency > maxTime:
		arrays.Faultf("read_latency", "is %v, want at most %v", c.Crossbar.ReadLatency, maxTime)
		return // the law would only make more of it
	}
	if read := c.Crossbar.Read(); read < 1 || read > maxTime {
		arrays.Faultf("read_law", "is %q, by which a read of %d wordlines takes %v, want 1 fs to %v", c.Crossbar.ReadLaw, c.Crossbar.Wordlines, read, maxTime)
	}
}

// validateNetwork reports networks whose nodes or links do not fit the tiles and
// chips.
func (c *Chip) validateNetwork(t *config.Table) {
	noc := t.Table("noc")
	if c.NoC.Topology == tile.Mesh && c.Tile.RouterShare != 1 {
		noc.Faultf("topology", "is \"mesh\" with tile.router.tiles = %d, want 1 tile a router or \"concentrated-mesh\"", c.Tile.RouterShare)
	}
	if routers := c.Routers(); c.NoC.Columns > routers {
		noc.Faultf("columns", "is %d, want at most %d, the routers of %d tiles", c.NoC.Columns, routers, c.Tiles)
	}
	if c.Count == 1 {
		return
	}
	columns, rows := tile.Grid(c.Count, 0)
	if need := min(columns-1, 2) + min(rows-1, 2); c.IO.Count < need {
		t.Table("io").Faultf("links", "is %d with chips = %d, want at least %d, one for each neighbour in a grid of %d × %d chips", c.IO.Count, c.Count, need, columns, rows)
	}
}

// validateWidths reports accumulators that could wrap and outputs that could be
// no layer's inputs.
func (c *Chip) validateWidths(t *config.Table) {
	m := &c.IMA
	need := c.SumBits()
	switch {
	case need > 64:
		t.Faultf("accumulator_bits", "would have to be %d for the largest sum of a block, want at most 64: a smaller adc.high, a larger adc.low, or fewer encoding.weight_bits or input_bits", need)
		return
	case m.AccumulatorBits == 0:
		m.AccumulatorBits = need
	case m.AccumulatorBits < need:
		t.Faultf("accumulator_bits", "is %d, want at least %d, what the largest sum of %d rows needs with its sign", m.AccumulatorBits, need, c.Crossbar.Wordlines)
		return
	}
	if m.OutputBits < c.Encoding.InputBits {
		t.Faultf("output_bits", "is %d, want at least %d, the encoding.input_bits of the layer that takes the output", m.OutputBits, c.Encoding.InputBits)
	}
	if m.Rounding == tile.Unrounded && m.OutputBits < m.AccumulatorBits {
		t.Faultf("output_bits", "is %d with rounding = \"none\", want at least %d, the width of an accumulator", m.OutputBits, m.AccumulatorBits)
	}
}

// SumBits is the width of the largest sum that a block can accumulate over all
// slices, input steps and rows, with its sign. Under a unit range that is
// rows × largest weight × largest input, before an offset is corrected: 24 bits
// for 128 · 255 · 255, 39 for ISAAC's 128 · (2^16 − 1) · 2^15. Other ranges
// accumulate codes at 2^16.
func (c *Chip) SumBits() int {
	column := func(cell, input int64) int64 { return int64(c.Crossbar.Wordlines) * cell * input }
	if c.ADC.Range == adc.Calibrated {
		limit := int64(max(c.ADC.High, -c.ADC.Low, 1)) + 1
		column = func(int64, int64) int64 { return limit }
	}
	sum, term := new(big.Int), new(big.Int)
	slicing := c.Slicing()
	for _, sign := range []int64{1, -1} { // the two signs of input steps never add up
		part := new(big.Int)
		for _, step := range c.Encoding.Steps(c.DAC.Bits) {
			if step.Sign != sign {
				continue
			}
			for i := range slicing.Count {
				term.SetInt64(column(int64(slicing.Max(i)), 1<<step.Bits-1))
				part.Add(part, term.Lsh(term, uint(slicing.Shift(i)+step.Shift)))
			}
		}
		if part.Cmp(sum) > 0 {
			sum = part
		}
	}
	bits := sum.BitLen() + 1
	if c.ADC.Range != adc.Unit {
		bits += 17 // and the rounding of the codes' scale to 2^-16
	}
	return bits
}

// Blocks is the number of blocks of weights that the crossbars of an IMA can
// hold, or take part in where one block fills more than an IMA.
func (c *Chip) Blocks() int {
	arrays, block := c.IMA.Crossbars, c.ArraysPerBlock()
	if c.Encoding.Signed == crossbar.DifferentialAnalog {
		arrays = max(arrays-arrays%c.Encoding.Arrays(), 1)
	}
	switch {
	case block <= arrays:
		return arrays / block
	case block%arrays == 0:
		return 1
	}
	return 2 // the end of one and the beginning of the next
}

// RegisterBlocks is the number of blocks of whose products the IMA's registers
// hold the inputs and the outputs: at most Blocks, at least 1 for a chip that
// Read accepted. A mapping that gives an IMA more blocks would keep products
// waiting for registers.
func (c *Chip) RegisterBlocks() int {
	inputs := 8 * c.IMA.InputRegister.Bytes / (c.Crossbar.Wordlines * c.Encoding.InputBits)
	outputs := 8 * c.IMA.OutputRegister.Bytes / (c.WeightsPerRow() * c.IMA.OutputBits)
	return min(c.Blocks(), inputs, outputs)
}

// validateRegisters reports memories in which the inputs or outputs of one product
// have no room.
func (c *Chip) validateRegisters(ima, parent *config.Table) {
	numbers := func(n, bits int, what string) (bytes int, text string) {
		return (n*bits + 7) / 8, fmt.Sprintf("one product's %d %s of %d bits", n, what, bits)
	}
	check := func(t *config.Table, have, want int, text string) {
		if have < want {
			t.Faultf("bytes", "is %d, want at least %d for %s", have, want, text)
		}
	}
	inputs, text := numbers(c.Crossbar.Wordlines, c.Encoding.InputBits, "inputs")
	check(ima.Table("input_register"), c.IMA.InputRegister.Bytes, inputs, text)
	check(parent.Table("edram"), c.Tile.EDRAM.Bytes, inputs, text)
	outputs, text := numbers(c.WeightsPerRow(), c.IMA.OutputBits, "outputs")
	check(ima.Table("output_register"), c.IMA.OutputRegister.Bytes, outputs, text)
	check(parent.Table("output_register"), c.Tile.OutputRegister.Bytes, outputs, text)
}
