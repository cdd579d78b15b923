package timing

import (
	"fmt"
	"math"
	"slices"

	"bitline/arch"
	"bitline/internal/cost"
	"bitline/internal/units"
	"bitline/tile"
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
	// static power have no row. Where a network runs in rounds, both have the writing
	// of its cells: once for an image alone, and each image's part of a batch.
	Single, Steady []cost.Row
	// EnergySingle is the sum of Dynamic and Single, EnergySteady that of Dynamic
	// and Steady.
	EnergySingle, EnergySteady units.Energy
}

// IO is the part of Chip.EnergySteady that the links between chips and the host's
// port take.
func (a *Account) IO() units.Energy {
	var sum units.Energy
	for _, rows := range [][]cost.Row{a.Dynamic, a.Chip.Steady} {
		for _, r := range rows {
			if arch.IsIO(r.Component) {
				sum += r.Energy
			}
		}
	}
	return sum
}

// NewAccount multiplies the counts of one image by what each action costs. It is
// an error if a converter's resolution has no cost under the chip's law.
//
// What is busy when, where the figures of a published table leave it open: an
// array and its wordline drivers during a read; a sample-and-hold while its array
// is scanned; an input register during fetches and reads; an output register
// while codes are accumulated and outputs sent; a pool of digital units with all
// its units; a router with one port for every link that a message takes. Parts
// without timing draw their active power while their IMA reads, those of tiles and
// chips always. Unit columns with converters of their own cost nothing, as in the
// chip's bill of materials.
func NewAccount(job Job, t *Timing) (*Account, error) {
	chip, mapping := job.Chip, job.Mapping
	dynamic, err := dynamicRows(chip, &t.PerImage)
	if err != nil {
		return nil, fmt.Errorf("account of network %s on chip %s: %w", mapping.Network, chip.Name, err)
	}
	a := &Account{Dynamic: dynamic}
	a.UsedTiles = newScope(chip, dynamic, staticParts(chip, mapping.TilesUsed), t)
	a.Chip = newScope(chip, dynamic, systemParts(chip), t)
	a.UsedTiles.Tiles, a.Chip.Tiles = mapping.TilesUsed, chip.Tiles*chip.Count
	return a, nil
}

// LayerRows are an account's rows of actions for each layer alone, in the order of
// the mapping. They add up to Dynamic, but for the rounding of each row.
func LayerRows(job Job, t *Timing) ([][]cost.Row, error) {
	layers := make([][]cost.Row, len(t.Layers))
	for i := range t.Layers {
		rows, err := dynamicRows(job.Chip, &t.Layers[i])
		if err != nil {
			return nil, fmt.Errorf("account of layer %s on chip %s: %w", job.Mapping.Layers[i].Name, job.Chip.Name, err)
		}
		layers[i] = rows
	}
	return layers, nil
}

// dynamicRows lists what acts, in the order of an image's way.
func dynamicRows(chip *arch.Chip, c *Counts) ([]cost.Row, error) {
	rows, err := actionRows(chip, c)
	return slices.DeleteFunc(rows, func(r cost.Row) bool { return r.Count == 0 }), err
}

// actionRows has the rows of parts as well that are busy without acting.
func actionRows(chip *arch.Chip, c *Counts) ([]cost.Row, error) {
	m, t := &chip.IMA, &chip.Tile
	rows := []cost.Row{
		t.EDRAM.Cost.Dynamic("eDRAM", "transfer", c.EDRAMTransfers, c.EDRAMTime),
		t.EDRAMPort.Cost.Dynamic("eDRAM port", "transfer", c.EDRAMTransfers, c.EDRAMTime),
		t.Bus.Cost.Dynamic("eDRAM-to-IMA bus", "transfer", c.BusTransfers, c.BusTime),
		m.InputRegister.Cost.Dynamic("IMA input register", "read", c.Reads, c.InputRegisterTime),
		chip.DAC.Cost.Dynamic("DAC", "drive", c.Drives, c.DriveTime),
		crossbarRow(chip, c),
		m.SampleHold.Dynamic("sample-and-hold", "latch", c.Latches, c.HoldTime),
	}
	converted, err := conversionRows(chip, c)
	if err != nil {
		return nil, err
	}
	for _, p := range m.Parts {
		rows = append(rows, cost.Cost{ActivePower: p.Cost.ActivePower, Assumed: p.Cost.Assumed}.Dynamic(p.Name, "read", c.Reads, units.Time(p.Count)*c.IMATime))
	}
	rows = append(append(rows, converted...),
		m.ShiftAdd.Cost.Dynamic("IMA shift-and-add", "code", c.Codes, c.AddTime),
		m.OutputRegister.Cost.Dynamic("IMA output register", "code", c.Codes, c.OutputRegisterTime),
		t.Router.Cost.Dynamic("router", "transfer", c.RouterTransfers, c.RouterTime/units.Time(chip.NoC.Ports(t.RouterShare))),
		chip.IO.Cost.Dynamic(arch.IOLink, "transfer", c.LinkTransfers, c.LinkTime),
		t.ShiftAdd.Cost.Dynamic("tile shift-and-add", "sum", c.TileSums, c.TileSumTime),
		t.OutputRegister.Cost.Dynamic("tile output register", "sum", c.TileSums, c.TileOutputRegisterTime),
		t.Activation.Cost.Dynamic("activation", "output", c.Activations, c.ActivationTime),
		t.MaxPool.Cost.Dynamic("pool", "value", c.Pooled, c.PoolTime),
		chip.Host.Cost.Dynamic(arch.HostPort, "transfer", c.HostTransfers, c.HostTime),
	)
	return rows, nil
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

// systemParts lists what all chips are made of.
func systemParts(chip *arch.Chip) []part {
	parts := append(staticParts(chip, chip.Tiles*chip.Count), part{arch.IOLink, int64(chip.IO.Count * chip.Count), chip.IO.Cost})
	parts = append(parts, always(chip.Parts, int64(chip.Count))...)
	if !chip.Host.Absent() {
		parts = append(parts, part{arch.HostPort, 1, chip.Host.Cost})
	}
	return parts
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
	parts := []part{
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
		{"pool", tiles * int64(t.MaxPool.Count), t.MaxPool.Cost},
		{"multiplier", tiles * int64(t.Multiplier.Count), t.Multiplier.Cost},
	}
	for _, p := range m.Parts {
		parts = append(parts, part{p.Name, imas * int64(p.Count), p.Cost})
	}
	return append(parts, always(t.Parts, tiles)...)
}

// cellWrites is an image's part of writing the cells of all rounds for a batch.
func cellWrites(chip *arch.Chip, rounds []Round, batch int) cost.Row {
	cells, joules := int64(0), 0.0
	for i := range rounds {
		cells += rounds[i].Load.Cells
		joules += rounds[i].Load.Joules
	}
	energy := units.Energy(math.MaxInt64) // too much to be held, an error of those who report it
	if x := math.RoundToEven(joules * 1e18 / float64(batch)); x < math.MaxInt64 {
		energy = units.Energy(x)
	}
	return cost.Row{
		Component: "crossbar", Action: "write of a cell", Kind: cost.Dynamic,
		Count: units.MulDiv(cells, 1, int64(batch)), Energy: energy, Assumed: chip.Programming.Assumed,
	}
}

// always are parts that draw their active power all the time.
func always(parts []tile.Part, owners int64) []part {
	var all []part
	for _, p := range parts {
		c := p.Cost
		c.StaticPower += c.ActivePower
		all = append(all, part{p.Name, owners * int64(p.Count), c})
	}
	return all
}

func newScope(chip *arch.Chip, dynamic []cost.Row, parts []part, t *Timing) Scope {
	var s Scope
	if t.Rounds != nil {
		s.Single = append(s.Single, cellWrites(chip, t.Rounds, 1))
		s.Steady = append(s.Steady, cellWrites(chip, t.Rounds, t.WindowImages))
	}
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
