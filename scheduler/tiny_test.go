package scheduler

import (
	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/units"
	"bitline/tile"
)

const ns = units.Nanosecond

// tiny is a chip whose times can be added up by hand. Every tile is one IMA of
// four crossbars of 4 × 4 cells, one array to a block. A read takes 10 ns;
// everything else does one value, or 8 bits, in a nanosecond.
func tiny(change func(*arch.Chip)) *arch.Chip {
	unit := tile.Unit{Count: 1, Rate: units.Gigahertz}
	channel := tile.Channel{Width: 8, Clock: units.Gigahertz}
	c := arch.Chip{
		Name: "tiny", Tiles: 100, Count: 1,
		Encoding: crossbar.Encoding{
			WeightBits: 2, InputBits: 1, InputSign: crossbar.Unsigned, Signed: crossbar.Offset, Slices: crossbar.Grouped,
		},
		Crossbar: crossbar.Spec{Wordlines: 4, Bitlines: 4, CellBits: 2, ReadLatency: 10 * ns, ReadLaw: crossbar.ConstantRead},
		DAC:      crossbar.DAC{Bits: 1},
		ADC: adc.Spec{
			Kind: adc.Reconfigurable, Range: adc.Unit, Law: adc.Linear, Rate: units.Gigahertz, RateBits: 8, PerIMA: 4,
		},
		IMA:  tile.IMA{Crossbars: 4, HoldDepth: 1, ShiftAdd: unit, OutputBits: 8},
		Tile: tile.Spec{IMAs: 1, EDRAM: tile.Buffer{Bytes: 1024}, EDRAMPort: channel, Bus: channel, Router: channel, RouterShare: 1, ShiftAdd: unit, Activation: unit},
	}
	if change != nil {
		change(&c)
	}
	return &c
}
