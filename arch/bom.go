package arch

import (
	"fmt"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/internal/cost"
	"bitline/internal/units"
	"bitline/tile"
)

// Level is a level of the chip's hierarchy.
type Level string

// The levels: an IMA is part of a tile, a tile part of the chip.
const (
	LevelIMA  Level = "ima"
	LevelTile Level = "tile"
	LevelChip Level = "chip"
)

// Row is one line of a bill of materials: equal components of one IMA, of one
// tile or of the chip. IMAs are a row of the tile, tiles a row of the chip.
type Row struct {
	Level     Level
	Component string
	Count     int    // components in one parent
	Spec      string // what one of them is, such as "8 b, 1.28 GS/s"
	// Energy is that of one action; it is in no total, which depend on activity.
	Energy units.Energy
	Power  units.Power // nameplate of all Count: active and static
	Area   units.Area  // of all Count
	// Assumed says on what the figures rest where no publication states them.
	Assumed string
}

// Total is nameplate power and area.
type Total struct {
	Power units.Power
	Area  units.Area
}

// Bill is a chip's bill of materials.
type Bill struct {
	Name, Node string
	// Structure, Encoding and Converters describe the chip in a line each.
	Structure, Encoding, Converters string
	Law                             adc.Law
	Rows                            []Row // IMA, tile, chip
	// IMA, Tile and Chip are the exact sums of the rows of their level.
	IMA, Tile, Chip Total
	// IO is the chip's links, a part of Chip.
	IO   Total
	Peak Peak
}

// Bill lists what the chip is made of. A chip that Read accepted has a bill; it
// is an error if a resolution has no cost under the ADC's law, or if a sum
// exceeds what a power or an area can hold.
func (c *Chip) Bill() (Bill, error) {
	var l ledger
	if err := c.imaRows(&l); err != nil {
		return Bill{}, fmt.Errorf("bill of chip %s: %w", c.Name, err)
	}
	c.tileRows(&l)
	c.chipRows(&l)
	if l.overflow != "" {
		return Bill{}, fmt.Errorf("bill of chip %s: %s exceeds the largest power (9.2 MW) or area (9.2 m²)", c.Name, l.overflow)
	}
	b := Bill{
		Name: c.Name, Node: c.Node, Law: c.ADC.Law,
		Structure: fmt.Sprintf("%d tiles × %d IMAs × %d crossbars of %d × %d cells of %d b",
			c.Tiles, c.Tile.IMAs, c.IMA.Crossbars, c.Crossbar.Wordlines, c.Crossbar.Bitlines, c.Crossbar.CellBits),
		Encoding: fmt.Sprintf("%d b weights %s in %d slices %s; %d b inputs %s, %d b a step",
			c.Encoding.WeightBits, c.Encoding.Signed, c.Slicing().Count, c.Encoding.Slices,
			c.Encoding.InputBits, c.Encoding.InputSign, c.DAC.Bits),
		Converters: fmt.Sprintf("%d %s per IMA, law %s relative to %d b", c.ADC.PerIMA, c.ADC.Kind, c.ADC.Law, c.ADC.RateBits),
		Rows:       l.rows,
		IMA:        l.total(LevelIMA), Tile: l.total(LevelTile), Chip: l.total(LevelChip),
		IO: l.io(c.IO),
	}
	var err error
	if b.Peak, err = c.peak(b.Chip, b.IO); err != nil {
		return Bill{}, fmt.Errorf("peak of chip %s: %w", c.Name, err)
	}
	return b, nil
}

// imaRows lists the parts of one IMA.
func (c *Chip) imaRows(l *ledger) error {
	arrays := c.IMA.Crossbars
	if err := c.adcRows(l); err != nil {
		return err
	}
	if c.Encoding.HasUnitColumn() && c.Encoding.UnitADC == crossbar.Own {
		l.add(Row{Level: LevelIMA, Component: "unit-column ADC", Count: arrays, Spec: "one conversion a read",
			Assumed: "counted as free: ISAAC's published bill, which this one follows, lists none"}, cost.Cost{})
	}
	l.add(Row{Level: LevelIMA, Component: "DAC", Count: arrays * c.Crossbar.Wordlines,
		Spec: fmt.Sprintf("%d b, one per wordline", c.DAC.Bits)}, c.DAC.Cost)
	l.add(Row{Level: LevelIMA, Component: "sample-and-hold", Count: arrays * c.Crossbar.Bitlines, Spec: "one per bitline"}, c.IMA.SampleHold)
	l.add(Row{Level: LevelIMA, Component: "crossbar", Count: arrays,
		Spec: fmt.Sprintf("%d × %d, %d b, %v a read", c.Crossbar.Wordlines, c.Crossbar.Bitlines, c.Crossbar.CellBits, c.Crossbar.Read())}, c.Crossbar.Cost())
	l.unit(LevelIMA, "shift-and-add", c.IMA.ShiftAdd)
	l.buffer(LevelIMA, "input register", c.IMA.InputRegister)
	l.buffer(LevelIMA, "output register", c.IMA.OutputRegister)
	return nil
}

// tileRows lists the parts of one tile, its IMAs among them. Of a router that
// several tiles share each counts its share, rounded down; see chipRows.
func (c *Chip) tileRows(l *ledger) {
	t := &c.Tile
	l.group(Row{Level: LevelTile, Component: "IMA", Count: t.IMAs}, l.total(LevelIMA))
	l.buffer(LevelTile, "eDRAM", t.EDRAM)
	l.channel("eDRAM port", t.EDRAMPort)
	l.channel("eDRAM-to-IMA bus", t.Bus)
	share := c.routerShare()
	l.add(Row{Level: LevelTile, Component: "router", Count: 1,
		Spec: fmt.Sprintf("%s, share of one for %d tiles", channelSpec(t.Router), t.RouterShare)}, share)
	l.unit(LevelTile, "activation", t.Activation)
	l.unit(LevelTile, "shift-and-add", t.ShiftAdd)
	l.unit(LevelTile, "max-pool", t.MaxPool)
	l.buffer(LevelTile, "output register", t.OutputRegister)
}

// routerShare is one tile's share of its router; an action costs what it costs.
func (c *Chip) routerShare() cost.Cost {
	r, n := c.Tile.Router.Cost, c.Tile.RouterShare
	return cost.Cost{Energy: r.Energy, ActivePower: r.Nameplate() / units.Power(n), Area: r.Area / units.Area(n), Assumed: r.Assumed}
}

// chipRows lists the tiles, what of the routers no tile counted (the unused ports
// of the last one, and the remainder of the division), and the links.
func (c *Chip) chipRows(l *ledger) {
	l.group(Row{Level: LevelChip, Component: "tile", Count: c.Tiles}, l.total(LevelTile))
	routers := (c.Tiles + c.Tile.RouterShare - 1) / c.Tile.RouterShare
	whole, share := c.Tile.Router.Cost, c.routerShare()
	rest := Total{
		Power: units.Power(l.times(int64(whole.Nameplate()), routers, "router")) - units.Power(l.times(int64(share.ActivePower), c.Tiles, "router")),
		Area:  units.Area(l.times(int64(whole.Area), routers, "router")) - units.Area(l.times(int64(share.Area), c.Tiles, "router")),
	}
	if rest != (Total{}) {
		l.group(Row{Level: LevelChip, Component: "router remainder", Count: 1,
			Spec: fmt.Sprintf("%d routers less the shares of %d tiles", routers, c.Tiles)}, rest)
	}
	l.add(Row{Level: LevelChip, Component: ioLink, Count: c.IO.Count}, c.IO.Cost)
}

// ioLink is the component whose share the figures without I/O leave out.
const ioLink = "I/O link"

// ledger collects rows.
type ledger struct {
	rows     []Row
	overflow string // the first component whose product or sum did not fit
}

// add adds the row of r.Count components of a cost each.
func (l *ledger) add(r Row, c cost.Cost) {
	r.Energy = c.Energy
	if r.Assumed == "" {
		r.Assumed = c.Assumed
	}
	l.group(r, Total{Power: c.Nameplate(), Area: c.Area})
}

// group adds the row of r.Count components that have a total each.
func (l *ledger) group(r Row, each Total) {
	r.Power = units.Power(l.times(int64(each.Power), r.Count, r.Component))
	r.Area = units.Area(l.times(int64(each.Area), r.Count, r.Component))
	l.rows = append(l.rows, r)
	if t := l.total(r.Level); l.overflow == "" && (t.Power < 0 || t.Area < 0) {
		l.overflow = r.Component
	}
}

func (l *ledger) unit(level Level, component string, u tile.Unit) {
	l.add(Row{Level: level, Component: component, Count: u.Count, Spec: fmt.Sprintf("%v each", u.Rate)}, u.Cost)
}

func (l *ledger) buffer(level Level, component string, b tile.Buffer) {
	l.add(Row{Level: level, Component: component, Count: 1, Spec: bytesText(b.Bytes)}, b.Cost)
}

func (l *ledger) channel(component string, ch tile.Channel) {
	l.add(Row{Level: LevelTile, Component: component, Count: 1, Spec: channelSpec(ch)}, ch.Cost)
}

// times is v·n, both at least 0; it notes a product that does not fit.
func (l *ledger) times(v int64, n int, component string) int64 {
	if product, ok := product(v, int64(n)); ok {
		return product
	}
	if l.overflow == "" {
		l.overflow = component
	}
	return 0
}

// product is v·n; ok says that it fits and that neither is negative.
func product(v, n int64) (p int64, ok bool) {
	p = v * n
	return p, v == 0 || n == 0 || p/n == v && p > 0
}

// total is the sum of the rows of a level so far. Two addends that fit wrap to a
// negative sum at most, which group looks for.
func (l *ledger) total(level Level) Total {
	var t Total
	for _, r := range l.rows {
		if r.Level == level {
			t.Power += r.Power
			t.Area += r.Area
		}
	}
	return t
}

// io is the total of the links.
func (l *ledger) io(u tile.Unit) Total {
	return Total{
		Power: units.Power(l.times(int64(u.Cost.Nameplate()), u.Count, ioLink)),
		Area:  units.Area(l.times(int64(u.Cost.Area), u.Count, ioLink)),
	}
}

func channelSpec(ch tile.Channel) string { return fmt.Sprintf("%d b at %v", ch.Width, ch.Clock) }

func bytesText(n int) string {
	if n%1024 == 0 {
		return fmt.Sprintf("%d KB", n/1024)
	}
	return fmt.Sprintf("%d B", n)
}
