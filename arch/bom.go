package arch

import (
	"fmt"
	"math"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/internal/cost"
	"bitline/internal/report"
	"bitline/internal/units"
	"bitline/tile"
)

// Level is a level of the chip's hierarchy.
type Level string

// The levels: an IMA is part of a tile, a tile part of the chip, and the chip part
// of a system where a network has several.
const (
	LevelIMA    Level = "ima"
	LevelTile   Level = "tile"
	LevelChip   Level = "chip"
	LevelSystem Level = "system"
)

// Row is one line of a bill of materials: equal components of one IMA, of one
// tile or of the chip. IMAs are a row of the tile, tiles a row of the chip.
type Row struct {
	Level     Level
	Component string
	Count     int          // components in one parent
	Spec      string       // what one of them is, such as "8 b, 1.28 GS/s"
	Energy    units.Energy // of one action of one of them
	Power     units.Power  // nameplate of all Count: active and static
	// Events is the power of all Count at the energies of their actions, each
	// acting as often as it can: drivers, arrays, holds and registers at every read
	// of a peak product, clocked parts at every edge. It is 0 where the chip charges
	// the component by its power; a converter's energy is a part of its power.
	Events units.Power
	Area   units.Area // of all Count
	// Assumed says on what the figures rest where no publication states them.
	Assumed string
}

// Total is nameplate power, power of actions at their peak rates, and area.
type Total struct {
	Power, Events units.Power
	Area          units.Area
}

// Bill is a chip's bill of materials.
type Bill struct {
	Name, Node string
	// Structure, Encoding and Converters describe the chip in a line each.
	Structure, Encoding, Converters string
	Law                             adc.Law
	Facts                           []Fact // what the rows do not say
	Rows                            []Row  // IMA, tile, chip, system
	// IMA, Tile and Chip are the exact sums of the rows of their level; System is
	// that of all chips, and Chip where there is one.
	IMA, Tile, Chip, System Total
	Chips                   int
	// IO is one chip's links to others and its host port, a part of Chip.
	IO   Total
	Peak Peak
	// PerMAC is the energy of one multiply-accumulate at peak by component.
	PerMAC []MACEnergy
	Writes []Writing
}

// Bill lists what the chip is made of. A chip that Read accepted has a bill; it
// is an error if a resolution has no cost under the ADC's law, or if a sum
// exceeds what a power or an area can hold.
func (c *Chip) Bill() (Bill, error) {
	times, err := c.peakTimes()
	if err != nil {
		return Bill{}, fmt.Errorf("peak of chip %s: %w", c.Name, err)
	}
	l := ledger{step: times.Step}
	if err := c.imaRows(&l); err != nil {
		return Bill{}, fmt.Errorf("bill of chip %s: %w", c.Name, err)
	}
	c.tileRows(&l)
	c.chipRows(&l)
	c.systemRows(&l)
	if l.overflow != "" {
		return Bill{}, fmt.Errorf("bill of chip %s: %s exceeds the largest power (9.2 MW) or area (9.2 m²)", c.Name, l.overflow)
	}
	b := Bill{
		Name: c.Name, Node: c.Node, Law: c.ADC.Law,
		Structure: fmt.Sprintf("%s × %s × %s of %d × %d cells of %d b",
			report.Counted(c.Tiles, "tile"), report.Counted(c.Tile.IMAs, "IMA"), report.Counted(c.IMA.Crossbars, "crossbar"), c.Crossbar.Wordlines, c.Crossbar.Bitlines, c.Crossbar.CellBits),
		Encoding: fmt.Sprintf("%d b weights %s in %s %s; %d b inputs %s, %d b a step",
			c.Encoding.WeightBits, c.Encoding.Signed, report.Counted(c.Slicing().Count, "slice"), c.Encoding.Slices,
			c.Encoding.InputBits, c.Encoding.InputSign, c.DAC.Bits),
		Converters: fmt.Sprintf("%d %s per IMA, law %s relative to %d b", c.ADC.PerIMA, c.ADC.Kind, c.ADC.Law, c.ADC.RateBits),
		Facts:      c.facts(), Rows: l.rows, Chips: c.Count,
		IMA: l.total(LevelIMA), Tile: l.total(LevelTile), Chip: l.total(LevelChip), System: l.total(LevelSystem),
		IO: l.io(), Writes: c.writings(),
	}
	if c.Count == 1 {
		b.System = b.Chip
	}
	b.Peak = c.peak(times, b.Chip, b.IO)
	b.PerMAC = b.perMAC(c)
	return b, nil
}

// imaRows lists the parts of one IMA.
func (c *Chip) imaRows(l *ledger) error {
	arrays := c.IMA.Crossbars
	if err := c.adcRows(l); err != nil {
		return err
	}
	if c.Encoding.HasUnitColumn() && c.Encoding.UnitADC == crossbar.Own {
		columns := arrays
		if n := c.Slicing().Count; c.Encoding.Slices == crossbar.Grouped { // on the top slice alone
			columns = (arrays + n - 1) / n
		}
		l.add(Row{Level: LevelIMA, Component: "unit-column ADC", Count: columns, Spec: "one conversion a read",
			Assumed: "counted as free: ISAAC's published bill, which this one follows, lists none"}, cost.Cost{}, 0)
	}
	l.add(Row{Level: LevelIMA, Component: "DAC", Count: arrays * c.Crossbar.Wordlines,
		Spec: fmt.Sprintf("%d b, one per wordline", c.DAC.Bits)}, c.DAC.Cost, l.perStep(1))
	held := l.perStep(1) / perSecond(c.together()) // one of a pair holds the difference
	l.add(Row{Level: LevelIMA, Component: "sample-and-hold", Count: arrays * c.Crossbar.Bitlines, Spec: "one per bitline"}, c.IMA.SampleHold, held)
	l.add(Row{Level: LevelIMA, Component: "crossbar", Count: arrays,
		Spec: fmt.Sprintf("%d × %d, %d b, %v a read", c.Crossbar.Wordlines, c.Crossbar.Bitlines, c.Crossbar.CellBits, c.Crossbar.Read())}, c.Crossbar.Cost(), l.perStep(1))
	l.unit(LevelIMA, "shift-and-add", c.IMA.ShiftAdd)
	l.buffer(LevelIMA, "input register", c.IMA.InputRegister, l.perStep(int64(arrays)))
	l.buffer(LevelIMA, "output register", c.IMA.OutputRegister, l.perStep(c.codes()))
	l.parts(LevelIMA, c.IMA.Parts)
	return nil
}

// tileRows lists the parts of one tile, its IMAs among them. Of a router that
// several tiles share each counts its share, rounded down; see chipRows.
func (c *Chip) tileRows(l *ledger) {
	t := &c.Tile
	l.group(Row{Level: LevelTile, Component: "IMA", Count: t.IMAs}, l.total(LevelIMA))
	port := t.BankedPort()
	moved := min(bandwidth(port), bandwidth(t.Bus)) // port and bus move data together
	words := moved / perSecond(t.EDRAMPort.Width)   // of one bank: an action is one of them
	l.buffer(LevelTile, "eDRAM", t.EDRAM, words)
	l.channel("eDRAM port", port, words)
	l.channel("eDRAM-to-IMA bus", t.Bus, moved/perSecond(t.Bus.Width))
	share, actions := c.routerShare()
	l.add(Row{Level: LevelTile, Component: "router", Count: 1,
		Spec: fmt.Sprintf("%s, share of one for %s", channelSpec(t.Router), report.Counted(t.RouterShare, "tile"))}, share, actions)
	l.unit(LevelTile, "activation", t.Activation)
	l.unit(LevelTile, "shift-and-add", t.ShiftAdd)
	l.unit(LevelTile, "max-pool", t.MaxPool)
	l.unit(LevelTile, "multiplier", t.Multiplier)
	l.buffer(LevelTile, "output register", t.OutputRegister, rate(t.ShiftAdd.Rate)*perSecond(t.ShiftAdd.Count))
	l.parts(LevelTile, t.Parts)
}

// routerShare is one tile's share of its router, whose ports all act at every
// edge.
func (c *Chip) routerShare() (cost.Cost, perSecond) {
	r, n := c.Tile.Router.Cost, c.Tile.RouterShare
	share := cost.Cost{Energy: r.Energy, ActivePower: r.Nameplate() / units.Power(n), Area: r.Area / units.Area(n), Assumed: r.Assumed}
	return share, rate(c.Tile.Router.Clock) * perSecond(c.NoC.Ports(n)) / perSecond(n)
}

// chipRows lists the tiles, what of the routers no tile counted (the unused ports
// of the last one, and the remainder of the division), and the links.
func (c *Chip) chipRows(l *ledger) {
	l.group(Row{Level: LevelChip, Component: "tile", Count: c.Tiles}, l.total(LevelTile))
	routers := c.Routers()
	whole := c.Tile.Router.Cost
	share, _ := c.routerShare()
	rest := Total{
		Power: units.Power(l.times(int64(whole.Nameplate()), routers, "router")) - units.Power(l.times(int64(share.ActivePower), c.Tiles, "router")),
		Area:  units.Area(l.times(int64(whole.Area), routers, "router")) - units.Area(l.times(int64(share.Area), c.Tiles, "router")),
	}
	if rest != (Total{}) {
		l.group(Row{Level: LevelChip, Component: "router remainder", Count: 1,
			Spec: fmt.Sprintf("%s less the shares of %s", report.Counted(routers, "router"), report.Counted(c.Tiles, "tile"))}, rest)
	}
	l.add(Row{Level: LevelChip, Component: IOLink, Count: c.IO.Count, Spec: linkSpec(c.IO)}, c.IO.Cost, rate(c.IO.Clock))
	l.parts(LevelChip, c.Parts)
	if c.Count == 1 {
		c.hostRow(l, LevelChip)
	}
}

// systemRows lists the chips of a system of several and its port.
func (c *Chip) systemRows(l *ledger) {
	if c.Count > 1 {
		l.group(Row{Level: LevelSystem, Component: "chip", Count: c.Count}, l.total(LevelChip))
		c.hostRow(l, LevelSystem)
	}
}

func (c *Chip) hostRow(l *ledger, level Level) {
	if !c.Host.Absent() {
		l.add(Row{Level: level, Component: HostPort, Count: 1, Spec: channelSpec(c.Host.Channel)}, c.Host.Cost, rate(c.Host.Clock))
	}
}

// linkSpec says what a chip's links are; one without links has none to describe.
func linkSpec(l tile.Links) string {
	if l.Count == 0 {
		return ""
	}
	return channelSpec(l.Channel)
}

// What joins a system to the outside and its chips to one another: the components
// that figures without I/O leave out.
const (
	IOLink   = "I/O link"
	HostPort = "host port"
)

// IsIO says whether a component is one of them.
func IsIO(component string) bool { return component == IOLink || component == HostPort }

// perSecond is how often one component acts at its peak, in actions a second.
type perSecond float64

// bandwidth is what a channel moves at most, in bits a second.
func bandwidth(c tile.Channel) perSecond { return perSecond(c.Width) * rate(c.Clock) }

func rate(f units.Frequency) perSecond { return perSecond(f) }

// ledger collects rows.
type ledger struct {
	rows     []Row
	step     units.Time // between two reads at peak
	overflow string     // the first component whose product or sum did not fit
}

// perStep is n actions at every read of a peak product.
func (l *ledger) perStep(n int64) perSecond { return perSecond(n) * 1e15 / perSecond(l.step) }

// add adds the row of r.Count components of a cost each that act so often.
func (l *ledger) add(r Row, c cost.Cost, actions perSecond) {
	r.Energy = c.Energy
	if r.Assumed == "" {
		r.Assumed = c.Assumed
	}
	events := 0.0
	if c.Energy > 0 {
		events = float64(c.Energy) * float64(actions) / 1e6 // aJ/s = 1e-6 pW
	}
	if events > math.MaxInt64/2 && l.overflow == "" {
		l.overflow = r.Component
		events = 0
	}
	l.group(r, Total{Power: c.Nameplate(), Events: units.Power(math.RoundToEven(events)), Area: c.Area})
}

// group adds the row of r.Count components that have a total each.
func (l *ledger) group(r Row, each Total) {
	r.Power = units.Power(l.times(int64(each.Power), r.Count, r.Component))
	r.Events = units.Power(l.times(int64(each.Events), r.Count, r.Component))
	r.Area = units.Area(l.times(int64(each.Area), r.Count, r.Component))
	l.rows = append(l.rows, r)
	if t := l.total(r.Level); l.overflow == "" && (t.Power < 0 || t.Area < 0 || t.Events < 0 || t.Power > math.MaxInt64-t.Events) {
		l.overflow = r.Component
	}
}

// unit adds a pool of digital units that act at their rate; an empty pool has no
// row.
func (l *ledger) unit(level Level, component string, u tile.Unit) {
	if u.Count > 0 {
		l.add(Row{Level: level, Component: component, Count: u.Count, Spec: fmt.Sprintf("%v each", u.Rate)}, u.Cost, rate(u.Rate))
	}
}

func (l *ledger) buffer(level Level, component string, b tile.Buffer, actions perSecond) {
	spec := bytesText(b.Bytes)
	if b.Banks > 1 {
		spec += fmt.Sprintf(" in %d banks", b.Banks)
	}
	l.add(Row{Level: level, Component: component, Count: 1, Spec: spec}, b.Cost, actions)
}

func (l *ledger) channel(component string, ch tile.Channel, actions perSecond) {
	l.add(Row{Level: LevelTile, Component: component, Count: 1, Spec: channelSpec(ch)}, ch.Cost, actions)
}

func (l *ledger) parts(level Level, parts []tile.Part) {
	for _, p := range parts {
		l.add(Row{Level: level, Component: p.Name, Count: p.Count, Spec: "no timing"}, p.Cost, 0)
	}
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
			t.Events += r.Events
			t.Area += r.Area
		}
	}
	return t
}

// io is the total of one chip's links and port.
func (l *ledger) io() Total {
	var t Total
	for _, r := range l.rows {
		if r.Level == LevelChip && IsIO(r.Component) {
			t.Power += r.Power
			t.Events += r.Events
			t.Area += r.Area
		}
	}
	return t
}

func channelSpec(ch tile.Channel) string { return fmt.Sprintf("%d b at %v", ch.Width, ch.Clock) }

func bytesText(n int) string {
	if n%1024 == 0 {
		return fmt.Sprintf("%d KB", n/1024)
	}
	return fmt.Sprintf("%d B", n)
}
