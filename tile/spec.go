// Package tile composes crossbars into in-situ multiply-accumulate units (IMAs)
// and IMAs into tiles: how many crossbars share how many converters, registers
// and shift-and-add units, and the buffer, bus, router and digital units that the
// IMAs of a tile share.
//
// It holds structure, sizes, rates and costs. What happens when is the
// scheduler's concern. Control logic, clock trees and all else without timing of
// its own is a Part.
package tile

import (
	"bitline/internal/config"
	"bitline/internal/cost"
	"bitline/internal/units"
)

// Unit is a pool of equal digital units.
type Unit struct {
	Count int
	Rate  units.Frequency // operations per second of one unit
	Cost  cost.Cost       // of one unit
}

// Duration is the time in which all units of the pool do n operations together.
func (u Unit) Duration(n int64) units.Time { return u.Rate.EdgeScaled(n, 1, int64(u.Count)) }

// Buffer is a memory: eDRAM or a register file.
type Buffer struct {
	Bytes int
	Banks int // of an eDRAM, over which words interleave; 0 and 1 are one bank
	Cost  cost.Cost
}

// Channel moves Width bits per clock: a memory port, a bus, a link.
type Channel struct {
	Width int
	Clock units.Frequency
	Cost  cost.Cost // an action is one transfer of Width bits
}

// Transfers is the number of clocks for so many bits.
func (c Channel) Transfers(bits int64) int64 { return (bits + int64(c.Width) - 1) / int64(c.Width) }

// Duration is the time for so many bits.
func (c Channel) Duration(bits int64) units.Time { return c.Clock.Edge(c.Transfers(bits)) }

// IMA is crossbars that share converters.
type IMA struct {
	Crossbars      int
	HoldDepth      int // results that each sample-and-hold keeps; 1 is supported
	SampleHold     cost.Cost
	ShiftAdd       Unit // an operation takes one code
	InputRegister  Buffer
	OutputRegister Buffer
	// AccumulatorBits is the width of an output while the shift-and-add units
	// accumulate it, its sign among them. An accumulator never wraps: arch
	// validates that it holds the largest sum, and fills in what that needs where
	// a file gives 0.
	AccumulatorBits int
	// OutputBits is the width of one accumulated output on the bus, Rounding what
	// becomes of the low bits where it is less than AccumulatorBits. It decides
	// traffic and cost: replays compute with the whole accumulator.
	OutputBits int
	Rounding   Rounding
	Parts      []Part // of one IMA, without timing
}

// Rounding says how an accumulator is narrowed to the bits on the bus.
type Rounding string

const (
	// HalfEven rounds to the nearest, halves to even.
	HalfEven Rounding = "half-even"
	// Truncate drops the low bits.
	Truncate Rounding = "truncate"
	// Unrounded sends the whole accumulator.
	Unrounded Rounding = "none"
)

// Spec is one tile.
type Spec struct {
	IMAs        int
	EDRAM       Buffer
	EDRAMPort   Channel
	Bus         Channel
	Router      Channel
	RouterShare int // tiles that share one router
	ShiftAdd    Unit
	Activation  Unit
	// MaxPool takes one input of a window per operation. It serves average and
	// global pools too, which add instead of comparing.
	MaxPool        Unit
	OutputRegister Buffer
	// Multiplier multiplies two activations and accumulates, once per operation:
	// the products of attention, which no crossbar holds. Count 0 is none.
	Multiplier Unit
	Parts      []Part // of one tile, without timing
}

// BankedPort is the eDRAM's port over all its banks: words interleave, so that a
// clock moves one of each.
func (s *Spec) BankedPort() Channel {
	port := s.EDRAMPort
	port.Width *= max(1, s.EDRAM.Banks)
	return port
}

// DefaultIMA is ISAAC's (Shafiee et al., ISCA 2016, table I). Four shift-and-add
// units must take the 10.24 G codes/s of eight converters, 2.56 G each: a rate
// that the table leaves open.
func DefaultIMA() IMA {
	return IMA{
		Crossbars: 8, HoldDepth: 1, OutputBits: 16, Rounding: HalfEven,
		SampleHold: cost.Cost{
			ActivePower: 9766 * units.Picowatt,         // 10 µW / (8·128)
			Area:        39063 * units.SquareNanometre, // 0.00004 mm² / (8·128)
		},
		ShiftAdd: Unit{Count: 4, Rate: 2560 * units.Megahertz, Cost: cost.Cost{
			ActivePower: 50 * units.Microwatt,         // 0.2 mW / 4
			Area:        60 * units.SquareMicrometre}, // 0.00024 mm² / 4
		},
		InputRegister: Buffer{Bytes: 2048, Cost: cost.Cost{
			ActivePower: 1240 * units.Microwatt, Area: 2100 * units.SquareMicrometre}},
		OutputRegister: Buffer{Bytes: 256, Cost: cost.Cost{
			ActivePower: 230 * units.Microwatt, Area: 770 * units.SquareMicrometre}},
	}
}

// DefaultSpec is ISAAC's tile (table I). The eDRAM delivers 1 KB in a stage of
// 100 ns, 32 words of 256 bits: 320 MHz.
func DefaultSpec() Spec {
	return Spec{
		IMAs: 12,
		EDRAM: Buffer{Bytes: 65536, Banks: 1, Cost: cost.Cost{
			ActivePower: 20700 * units.Microwatt, Area: 83000 * units.SquareMicrometre}},
		EDRAMPort: Channel{Width: 256, Clock: 320 * units.Megahertz},
		Bus: Channel{Width: 384, Clock: 1200 * units.Megahertz, Cost: cost.Cost{
			ActivePower: 7 * units.Milliwatt, Area: 90000 * units.SquareMicrometre}},
		Router: Channel{Width: 32, Clock: units.Gigahertz, Cost: cost.Cost{
			ActivePower: 42 * units.Milliwatt, Area: 151000 * units.SquareMicrometre}},
		RouterShare: 4,
		ShiftAdd: Unit{Count: 1, Rate: 1200 * units.Megahertz, Cost: cost.Cost{
			ActivePower: 50 * units.Microwatt, Area: 60 * units.SquareMicrometre}},
		Activation: Unit{Count: 2, Rate: 1200 * units.Megahertz, Cost: cost.Cost{
			ActivePower: 260 * units.Microwatt, Area: 300 * units.SquareMicrometre}},
		MaxPool: Unit{Count: 1, Rate: 1200 * units.Megahertz, Cost: cost.Cost{
			ActivePower: 400 * units.Microwatt, Area: 240 * units.SquareMicrometre}},
		OutputRegister: Buffer{Bytes: 3072, Cost: cost.Cost{
			ActivePower: 1680 * units.Microwatt, Area: 3200 * units.SquareMicrometre}},
		Multiplier: Unit{Rate: 1200 * units.Megahertz},
	}
}

// ReadIMA reads the table [ima] over the defaults.
func ReadIMA(t *config.Table) IMA {
	m := DefaultIMA()
	m.Crossbars = t.Int("crossbars", m.Crossbars, 1, 1<<12)
	m.HoldDepth = t.Int("hold_depth", m.HoldDepth, 1, 1)
	m.AccumulatorBits = t.Int("accumulator_bits", 0, 2, 64)
	m.OutputBits = t.Int("output_bits", m.OutputBits, 1, 64)
	m.Rounding = Rounding(t.Enum("rounding", string(m.Rounding), string(HalfEven), string(Truncate), string(Unrounded)))
	m.SampleHold = cost.Read(t.Table("sample_hold"), m.SampleHold)
	m.ShiftAdd = readUnit(t.Table("shift_add"), m.ShiftAdd)
	m.InputRegister = readBuffer(t.Table("input_register"), m.InputRegister)
	m.OutputRegister = readBuffer(t.Table("output_register"), m.OutputRegister)
	m.Parts = ReadParts(t, "part")
	return m
}

// ReadSpec reads the table [tile] over the defaults.
func ReadSpec(t *config.Table) Spec {
	s := DefaultSpec()
	s.IMAs = t.Int("imas", s.IMAs, 1, 1<<12)
	edram, banks := t.Table("edram"), s.EDRAM.Banks
	s.EDRAM = readBuffer(edram, s.EDRAM)
	s.EDRAM.Banks = edram.Int("banks", banks, 1, 1<<10)
	s.EDRAMPort = readChannel(t.Table("edram_port"), s.EDRAMPort)
	s.Bus = readChannel(t.Table("bus"), s.Bus)
	router := t.Table("router")
	s.Router = readChannel(router, s.Router)
	s.RouterShare = router.Int("tiles", s.RouterShare, 1, 1<<12)
	s.ShiftAdd = readUnit(t.Table("shift_add"), s.ShiftAdd)
	s.Activation = readUnit(t.Table("activation"), s.Activation)
	s.MaxPool = readUnit(t.Table("max_pool"), s.MaxPool)
	s.OutputRegister = readBuffer(t.Table("output_register"), s.OutputRegister)
	s.Multiplier = readMultiplier(t.Table("multiplier"), s.Multiplier)
	s.Parts = ReadParts(t, "part")
	return s
}

func readUnit(t *config.Table, def Unit) Unit {
	return Unit{Count: t.Int("count", def.Count, 1, 1<<12), Rate: readClock(t, "rate", def.Rate), Cost: cost.Read(t, def.Cost)}
}

// readMultiplier reads a pool that may be empty; a cost without a unit is a fault.
func readMultiplier(t *config.Table, def Unit) Unit {
	u := Unit{Count: t.Int("count", def.Count, 0, 1<<12), Rate: readClock(t, "rate", def.Rate), Cost: cost.Read(t, def.Cost)}
	if u.Count == 0 && u.Cost.Given() {
		t.Faultf("count", "is 0 with a cost, want the number of units")
	}
	return u
}

func readBuffer(t *config.Table, def Buffer) Buffer {
	return Buffer{Bytes: t.Int("bytes", def.Bytes, 1, 1<<30), Cost: cost.Read(t, def.Cost)}
}

func readChannel(t *config.Table, def Channel) Channel {
	return Channel{Width: t.Int("width", def.Width, 1, 1<<16), Clock: readClock(t, "clock", def.Clock), Cost: cost.Read(t, def.Cost)}
}

// MinClock and MaxClock bound the rates that a chip may have, far from any
// device's and such that times and their sums over a run never overflow.
const (
	MinClock = units.Megahertz
	MaxClock = 1000 * units.Gigahertz
)

// readClock reads a frequency.
func readClock(t *config.Table, key string, def units.Frequency) units.Frequency {
	f := t.Frequency(key, def)
	if f < MinClock || f > MaxClock {
		t.Faultf(key, "is %v, want %v to %v", f, MinClock, MaxClock)
		return def
	}
	return f
}
