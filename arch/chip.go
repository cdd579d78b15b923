// Package arch describes one chip: it composes the specifications of crossbars,
// converters and tiles, reads them from TOML, validates the whole, and lists the
// bill of materials with its totals and peak figures.
package arch

import (
	"fmt"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/internal/config"
	"bitline/internal/cost"
	"bitline/internal/units"
	"bitline/tile"
)

// Chip is one accelerator, immutable once loaded.
type Chip struct {
	Name  string
	Node  string // technology node of all figures, such as "32nm"
	Tiles int
	// Count is the number of equal chips that share a network. Tiles are numbered
	// over all of them: tile t is on chip t / Tiles.
	Count int
	// Map is how networks are laid out.
	Map Mapping
	// Stage is the clock of a synchronous pipeline: work is asked for at an edge
	// of it and its result is usable at the edge at or after its end; a shared
	// part serves what was asked for at one edge back to back. 0 lets each part
	// begin as soon as it can.
	Stage    units.Time
	Encoding crossbar.Encoding
	Crossbar crossbar.Spec
	DAC      crossbar.DAC
	ADC      adc.Spec
	IMA      tile.IMA
	Tile     tile.Spec
	// IO is the chip's links to the outside.
	IO tile.Unit
}

// Slicing is how the chip slices its weights.
func (c *Chip) Slicing() crossbar.Slicing {
	return crossbar.NewSlicing(c.Encoding.WeightBits, c.Crossbar.CellBits)
}

// Default is an ISAAC-sized chip with ISAAC's components and the default
// encoding.
func Default() Chip {
	return Chip{
		Node: "32nm", Tiles: 168, Count: 1, Map: DefaultMapping(),
		Encoding: crossbar.DefaultEncoding(), Crossbar: crossbar.DefaultSpec(), DAC: crossbar.DefaultDAC(),
		ADC: adc.DefaultSpec(), IMA: tile.DefaultIMA(), Tile: tile.DefaultSpec(),
	}
}

// Read reads a chip and validates it. Every fault of the file is in the error.
func Read(t *config.Table) (*Chip, error) {
	c := Default()
	c.Name = t.String("name", c.Name)
	c.Node = t.Enum("node", c.Node, "32nm")
	c.Tiles = t.Int("tiles", c.Tiles, 1, 1<<20)
	c.Map = ReadMapping(t.Table("mapping"))
	c.Stage = t.Table("pipeline").Time("stage", c.Stage)
	c.Encoding = crossbar.ReadEncoding(t.Table("encoding"))
	c.Crossbar = crossbar.ReadSpec(t.Table("crossbar"))
	c.DAC = crossbar.ReadDAC(t.Table("dac"))
	c.ADC = adc.ReadSpec(t.Table("adc"))
	c.IMA = tile.ReadIMA(t.Table("ima"))
	c.Tile = tile.ReadSpec(t.Table("tile"))
	io := t.Table("io")
	c.IO = tile.Unit{Count: io.Int("links", 0, 0, 1<<12), Cost: cost.Read(io, cost.Cost{})}
	c.validate(t)
	if err := t.Finish(); err != nil {
		return nil, err
	}
	return &c, nil
}

// validate reports combinations that no single component can judge.
func (c *Chip) validate(t *config.Table) {
	adcs, enc := t.Table("adc"), t.Table("encoding")
	slices := c.Slicing().Count
	if c.ADC.Rate < tile.MinClock || c.ADC.Rate > tile.MaxClock {
		adcs.Faultf("rate", "is %v, want %v to %v", c.ADC.Rate, tile.MinClock, tile.MaxClock)
	}
	c.validateTimes(t)
	if c.ADC.Auto == adc.Given {
		if bits, err := c.ADC.PerSlice(slices); err != nil {
			adcs.Faultf("bits", "lists %d resolutions, want 1 or one for each of the %d slices of encoding.weight_bits = %d and crossbar.cell_bits = %d",
				len(c.ADC.Bits), slices, c.Encoding.WeightBits, c.Crossbar.CellBits)
		} else {
			c.validateBits(adcs, bits)
		}
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
	if c.Encoding.HasUnitColumn() && c.Encoding.UnitLevel > int(c.Slicing().Max(slices-1)) {
		enc.Faultf("unit_level", "is %d, want at most %d, the highest level of the top slice's cells", c.Encoding.UnitLevel, c.Slicing().Max(slices-1))
	}
	if width := c.WeightsPerRow(); width == 0 {
		t.Table("crossbar").Faultf("bitlines", "is %d, want at least the %d slices of one interleaved weight", c.Crossbar.Bitlines, slices)
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

// validateBits reports resolutions that the encoding cannot use.
func (c *Chip) validateBits(t *config.Table, bits []int) {
	for i, b := range bits {
		if c.Encoding.Signed == crossbar.DifferentialAnalog && b < 2 {
			t.Faultf("bits", "is %d for slice %d, want 2 or more: a signed converter's range is ±(2^(bits−1) − 1)", b, i)
			return
		}
		if c.ADC.Kind == adc.Fixed && c.Encoding.Slices == crossbar.Interleaved && b != bits[0] {
			t.Faultf("bits", "differ between slices with kind = \"fixed\" and interleaved slices, want one resolution or kind = \"reconfigurable\"")
			return
		}
	}
}

// WeightsPerRow is the number of weights that one crossbar holds per wordline: a
// bitline each when slices are grouped, a bitline per slice when interleaved.
func (c *Chip) WeightsPerRow() int {
	if c.Encoding.Slices == crossbar.Interleaved {
		return c.Crossbar.Bitlines / c.Slicing().Count
	}
	return c.Crossbar.Bitlines
}

// String names the chip.
func (c *Chip) String() string { return fmt.Sprintf("%s (%s)", c.Name, c.Node) }

// Design is what of the chip decides values, for the given resolution of each
// slice's converters.
func (c *Chip) Design(bits []int) crossbar.Design {
	return crossbar.Design{
		Wordlines: c.Crossbar.Wordlines, CellBits: c.Crossbar.CellBits, DACBits: c.DAC.Bits,
		Encoding: c.Encoding, FlipBits: bits,
	}
}
