// Package arch describes one chip: it composes the specifications of crossbars,
// converters and tiles, reads them from TOML, validates the whole, and lists the
// bill of materials with its totals and peak figures.
package arch

import (
	"fmt"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/internal/config"
	"bitline/internal/units"
	"bitline/tile"
)

// Chip is one accelerator, or a system of Count equal ones that share a network,
// immutable once loaded.
type Chip struct {
	Name string
	// Node is the technology node of all figures, such as "32nm". Scaling says
	// from which other node they were scaled, if any.
	Node    string
	Scaling Scaling
	Count   int // of chips
	Tiles   int // of one chip
	// Stage is the clock of a synchronous pipeline: work is asked for at an edge
	// of it and its result is usable at the edge at or after its end; a shared
	// part serves what was asked for at one edge back to back. 0 lets each part
	// begin as soon as it can.
	Stage units.Time
	// SkipEmpty says which input steps need no read.
	SkipEmpty SkipEmpty
	Encoding  crossbar.Encoding
	Crossbar  crossbar.Spec
	DAC       crossbar.DAC
	ADC       adc.Spec
	IMA       tile.IMA
	Tile      tile.Spec
	NoC       tile.Network
	IO        tile.Links // between chips
	// Host is where images enter the system and results leave it.
	Host tile.Port
	Map  Mapping // how networks are laid out
	// Parts are those of one chip that have no timing.
	Parts       []tile.Part
	Programming crossbar.Programming
}

// Slicing is how the chip slices its weights.
func (c *Chip) Slicing() crossbar.Slicing {
	return crossbar.NewSlicing(c.Encoding.WeightBits, c.Crossbar.CellBits)
}

// Default is an ISAAC-sized chip with ISAAC's components and the default
// encoding, without a network on chip, links or a host port.
func Default() Chip {
	return Chip{
		Node: "32nm", Count: 1, Tiles: 168, SkipEmpty: SkipNothing,
		Encoding: crossbar.DefaultEncoding(), Crossbar: crossbar.DefaultSpec(), DAC: crossbar.DefaultDAC(),
		ADC: adc.DefaultSpec(), IMA: tile.DefaultIMA(), Tile: tile.DefaultSpec(),
		NoC: tile.DefaultNetwork(), IO: tile.DefaultLinks(), Host: tile.DefaultPort(),
		Map: DefaultMapping(), Programming: crossbar.DefaultProgramming(),
	}
}

// Read reads a chip and validates it. Every fault of the file is in the error.
func Read(t *config.Table) (*Chip, error) {
	c := Default()
	c.Name = t.String("name", c.Name)
	c.Node = t.Enum("node", c.Node, Nodes()...)
	c.Scaling = readScaling(t.Table("scaling"), c.Node)
	c.Count = t.Int("chips", c.Count, 1, 1<<12)
	c.Tiles = t.Int("tiles", c.Tiles, 1, 1<<20)
	c.Stage = t.Table("pipeline").Time("stage", c.Stage)
	c.SkipEmpty = SkipEmpty(t.Table("pipeline").Enum("skip_empty_steps", string(c.SkipEmpty), string(SkipNothing), string(SkipByArray), string(SkipByProduct)))
	c.Encoding = crossbar.ReadEncoding(t.Table("encoding"))
	c.Crossbar = crossbar.ReadSpec(t.Table("crossbar"))
	c.DAC = crossbar.ReadDAC(t.Table("dac"))
	c.ADC = adc.ReadSpec(t.Table("adc"))
	c.IMA = tile.ReadIMA(t.Table("ima"))
	c.Tile = tile.ReadSpec(t.Table("tile"))
	c.NoC = tile.ReadNetwork(t.Table("noc"))
	c.IO = tile.ReadLinks(t.Table("io"))
	c.Host = tile.ReadPort(t.Table("host"))
	c.Map = ReadMapping(t.Table("mapping"))
	c.Parts = tile.ReadParts(t, "part")
	c.Programming = crossbar.ReadProgramming(t.Table("programming"))
	c.validate(t)
	c.scale()
	if err := t.Finish(); err != nil {
		return nil, err
	}
	return &c, nil
}

// WeightsPerRow is the number of weights that one crossbar holds per wordline: a
// bitline each when slices are grouped, a bitline per slice when interleaved.
func (c *Chip) WeightsPerRow() int {
	if c.Encoding.Slices == crossbar.Interleaved {
		return c.Crossbar.Bitlines / c.Slicing().Count
	}
	return c.Crossbar.Bitlines
}

// ArraysPerBlock is the number of crossbars that hold one block of weights: one
// for each slice and sign where slices are grouped, one for each sign where they
// are interleaved.
func (c *Chip) ArraysPerBlock() int {
	if c.Encoding.Slices == crossbar.Grouped {
		return c.Encoding.Arrays() * c.Slicing().Count
	}
	return c.Encoding.Arrays()
}

// Routers is the number of routers of one chip.
func (c *Chip) Routers() int { return (c.Tiles + c.Tile.RouterShare - 1) / c.Tile.RouterShare }

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
