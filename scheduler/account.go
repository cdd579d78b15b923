package scheduler

import (
	"fmt"

	"bitline/arch"
	"bitline/internal/cost"
	"bitline/internal/units"
)

// Account is the energy of one image, as rows whose sums are the totals.
type Account struct {
	// Dynamic are the rows of actions: counts times the energy of an action, and
	// active power for the time that instances are busy. They do not depend on how
	// images overlap.
	Dynamic []cost.Row
	// UsedTiles charges the static power of the tiles that hold weights and of
	// their routers, Chip that of every tile and of the links to the outside.
	UsedTiles, Chip Scope
}

// Scope is the account with the static power of a part of the chip.
type Scope struct {
	Tiles int
	// Single are the static rows during the latency of one image on an empty
	// chip, Steady those during the interval of a settled pipeline. Parts without
	// static power have no row.
	Single, Steady []cost.Row
	// EnergySingle is the sum of Dynamic and Single, EnergySteady that of Dynamic
	// and Steady.
	EnergySingle, EnergySteady units.Energy
}

// NewAccount multiplies the counts of one image by what each action costs. It is
// an error if a converter's resolution has no cost under the chip's law.
//
// What is busy when, where the figures of a published table leave it open: an
// array and its wordline drivers during a read; a sample-and-hold while its array
// is scanned; an input register during fetches and reads; an output register
// while codes are accumulated and outputs sent; a pool of digital units with all
// its units. Unit columns with converters of their own cost nothing, as in the
// chip's bill of materials. Traffic to the outside is not modelled.
func NewAccount(chip *arch.Chip, mapping *Mapping, t *Timing) (*Account, error) {
	dynamic, err := dynamicRows(chip, &t.PerImage)
	if err != nil {
		return nil, fmt.Errorf("account of network %s on chip %s: %w", mapping.Network, chip.Name, err)
	}
	a := &Account{Dynamic: dynamic}
	a.UsedTiles = newScope(dynamic, staticParts(chip, mapping.TilesUsed), t)
	whole := append(staticParts(chip, chip.Tiles), part{"I/O link", int64(chip.IO.Count), chip.IO.Cost})
	a.Chip = newScope(dynamic, whole, t)
	a.UsedTiles.Tiles, a.Chip.Tiles = mapping.TilesUsed, chip.Tiles
	return a, nil
}

// dynamicRows lists what acts, in the order of an image's way.
func dynamicRows(chip *arch.Chip, c *Counts) ([]cost.Row, error) {
	m, t := &chip.IMA, &chip.Tile
	rows := []cost.Row{
		t.EDRAM.Cost.Dynamic("eDRAM", "transfer", c.EDRAMTransfers, c.EDRAMTime),
		t.EDRAMPort.Cost.Dynamic("eDRAM port", "transfer", c.EDRAMTransfers, c.EDRAMTime),
		t.Bus.Cost.Dynamic("eDRAM-to-IMA bus", "transfer", c.BusTransfers, c.BusTime),
		m.InputRegister.Cost.Dynamic("IMA input register", "read", c.Reads, c.InputRegisterTime),
		chip.DAC.Cost.Dynamic("DAC", "drive", c.Drives, c.DriveTime),
		chip.Crossbar.Cost().Dynamic("crossbar", "read", c.Reads, c.ReadTime),
		m.SampleHold.Dynamic("sample-and-hold", "latch", c.Latches, c.HoldTime),
	}
	converted, err := conversionRows(chip, c)
	if err != nil {
		return nil, err
	}
	return append(append(rows, converted...),
		m.ShiftAdd.Cost.Dynamic("IMA shift-and-add", "code", c.Codes, c.AddTime),
		m.OutputRegister.Cost.Dynamic("IMA output register", "code", c.Codes, c.OutputRegisterTime),
		t.Router.Cost.Dynamic("router", "transfer", c.RouterTransfers, c.RouterTime),
		t.ShiftAdd.Cost.Dynamic("tile shift-and-add", "sum", c.TileSums, c.TileSumTime),
		t.OutputRegister.Cost.Dynamic("tile output register", "sum", c.TileSums, c.TileOutputRegisterTime),
		t.Activation.Cost.Dynamic("activation", "output", c.Activations, c.ActivationTime),
	), nil
}

// conversionRows has a row for each resolution, the lowest first. A conversion
// has one energy, which already is the power over its time.
func conversionRows(chip *arch.Chip, c *Counts) ([]cost.Row, error) {
	var rows []cost.Row
	for bits, n := range c.Conversions {
		if n == 0 {
			continue
		}
		converter, err := chip.ADC.Converter(bits)
		if err != nil {
			return nil, err
		}
		rows = append(rows, cost.Row{
			Component: "ADC", Action: fmt.Sprintf("conversion at %d b", bits), Kind: cost.Dynamic,
			Count: n, Busy: converter.Scan(n), Energy: converter.Energy.Times(n), Assumed: converter.Assumed(),
		})
	}
	if c.UnitConversions > 0 {
		rows = append(rows, cost.Row{
			Component: "unit-column ADC", Action: "conversion", Kind: cost.Dynamic, Count: c.UnitConversions,
			Assumed: "counted as free, as in the bill of materials",
		})
	}
	return rows, nil
}

// part is equal components that may leak.
type part struct {
	component string
	instances int64
	cost      cost.Cost
}

// staticParts lists what some tiles are made of.
func staticParts(chip *arch.Chip, tileCount int) []part {
	t, m := &chip.Tile, &chip.IMA
	tiles := int64(tileCount)
	imas := tiles * int64(t.IMAs)
	arrays := imas * int64(m.Crossbars)
	return []part{
		{"eDRAM", tiles, t.EDRAM.Cost},
		{"eDRAM port", tiles, t.EDRAMPort.Cost},
		{"eDRAM-to-IMA bus", tiles, t.Bus.Cost},
		{"IMA input register", imas, m.InputRegister.Cost},
		{"DAC", arrays * int64(chip.Crossbar.Wordlines), chip.DAC.Cost},
		{"crossbar", arrays, chip.Crossbar.Cost()},
		{"sample-and-hold", arrays * int64(chip.Crossbar.Bitlines), m.SampleHold},
		{"IMA shift-and-add", imas * int64(m.ShiftAdd.Count), m.ShiftAdd.Cost},
		{"IMA output register", imas, m.OutputRegister.Cost},
		{"router", int64(ceil(tileCount, t.RouterShare)), t.Router.Cost},
		{"tile shift-and-add", tiles * int64(t.ShiftAdd.Count), t.ShiftAdd.Cost},
		{"tile output register", tiles, t.OutputRegister.Cost},
		{"activation", tiles * int64(t.Activation.Count), t.Activation.Cost},
		{"max-pool", tiles * int64(t.MaxPool.Count), t.MaxPool.Cost},
	}
}

func newScope(dynamic []cost.Row, parts []part, t *Timing) Scope {
	var s Scope
	for _, p := range parts {
		if p.cost.StaticPower > 0 && p.instances > 0 {
			s.Single = append(s.Single, p.cost.Static(p.component, p.instances, t.LatencySingle))
			s.Steady = append(s.Steady, p.cost.Static(p.component, p.instances, t.Interval))
		}
	}
	s.EnergySingle = cost.Total(dynamic) + cost.Total(s.Single)
	s.EnergySteady = cost.Total(dynamic) + cost.Total(s.Steady)
	return s
}
