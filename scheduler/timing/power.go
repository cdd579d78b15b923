package timing

import (
	"context"
	"fmt"
	"slices"

	"bitline/internal/cost"
	"bitline/internal/units"
	"bitline/scheduler/sim"
)

// PowerOptions ask for power over time.
type PowerOptions struct {
	// Bin is the least width of the bins whose mean powers are compared; 0 means a
	// stage, or 100 ns without stages. The window is divided into as many equal
	// bins as are no narrower.
	Bin units.Time
}

// defaultBin is the width of bins where nothing says otherwise.
const defaultBin = 100 * units.Nanosecond

// PowerReport is power over time in the settled window. The energy of each action
// is spread evenly over the time in which its resource serves it; what the account
// charges without saying when (input registers and parts of IMAs during reads) is
// spread over the reads of the IMA's first array. Static power is drawn always, by
// all tiles.
type PowerReport struct {
	// Bin is the width of the bins. Where it is the whole window, peak is average.
	Bin  units.Time
	Bins int
	// System is all chips, their links and the host port.
	System Draw
	// Tiles are those that hold weights, each with its share of its router.
	Tiles []TilePower
	// Layers are those on crossbars.
	Layers []LayerPower
	// Series is the power of the system over the window, in at most 128 equal
	// steps of SeriesStep, a whole number of bins; the last may be shorter.
	Series     []units.Power
	SeriesStep units.Time
	// Saved is the sum of the tiles', and Unused the static power of tiles
	// without weights and of routers without tiles that have some.
	Saved, Unused units.Power
}

// Draw is the power of a part of the system, in the mean over the window and in
// the bin that draws most, which begins PeakAt after the window.
type Draw struct {
	Average, Peak units.Power
	PeakAt        units.Time
	Static        units.Power // a part of both
	// WattsPerSquareMillimetre is the average over the area, and the peak; 0 where
	// the chip has no area.
	WattsPerSquareMillimetre, PeakWattsPerSquareMillimetre float64
}

// TilePower is the power of one tile.
type TilePower struct {
	Tile int // number in the system
	Path string
	Draw
	// Idle is the share of the window's bins in which nothing happens on the tile,
	// 0 to 1.
	Idle float64
	// Saved is the static power that gating would save, in the mean; see
	// GatingAssumption.
	Saved units.Power
}

// LayerPower is the power of one layer's IMAs.
type LayerPower struct {
	Layer string
	// Products are those of the busiest copy in one image: 1 for a layer that works
	// once.
	Products int64
	IMAs     int
	// Dynamic is the mean power of the layer's actions, those of the tile and the
	// network among them.
	Dynamic units.Power
	// Reading is the share of the time for which an IMA's arrays are read, 0 to 1.
	Reading float64
	// Static is that of the layer's IMAs, and Saved the part of it that gating each
	// IMA between its reads would save. It is a part of what the layer's tiles
	// would save, or another saving where these are not idle: not to be added.
	Static, Saved units.Power
}

// GatingAssumption says on what the saved power of a report rests.
const GatingAssumption = "a gated tile keeps the static power of its eDRAM, which holds its contents, and of its router; " +
	"it is gated in every bin in which nothing happens on it, if those are at least half of all; waking takes no time and no energy"

// gatedFrom is the share of idle bins from which a tile is gated.
const gatedFrom = 0.5

func (o *PowerOptions) check() error {
	if o != nil && o.Bin < 0 {
		return fmt.Errorf("bins of power are %v, want more than 0, or 0 for a stage", o.Bin)
	}
	return nil
}

// meter makes the meter of a window.
func (b *builder) meter(m *model, o PowerOptions, from, length units.Time) *meter {
	least := o.Bin
	if least == 0 {
		least = b.Chip.Stage
	}
	if least == 0 {
		least = defaultBin
	}
	return newMeter(b, m, from, length, least)
}

// report makes the report of a full meter.
func (w *meter) report(b *builder, t *Timing) (*PowerReport, error) {
	w.close(w.to)
	bill, err := b.Chip.Bill()
	if err != nil {
		return nil, err
	}
	length := w.to - w.from
	r := &PowerReport{Bin: w.width, Bins: int(w.bins)}
	r.System = w.draw(&w.chip, staticPower(systemParts(b.Chip)), bill.System.Area)
	tile, kept := b.tileStatic()
	for i := range w.tiles {
		x := &w.tiles[i]
		p := TilePower{Tile: i, Path: b.tilePath(i), Draw: w.draw(x, tile, bill.Tile.Area), Idle: float64(x.idle) / float64(length)}
		if p.Idle >= gatedFrom {
			p.Saved = units.Power(units.MulDiv(int64(tile-kept), int64(x.idle), int64(length)))
		}
		r.Saved += p.Saved
		r.Tiles = append(r.Tiles, p)
	}
	r.Series, r.SeriesStep = w.series.means(r.System.Static)
	all, used := staticPower(staticParts(b.Chip, b.Chip.Tiles*b.Chip.Count)), staticPower(staticParts(b.Chip, len(w.tiles)))
	r.Unused = all - used
	r.Layers, err = b.layerPowers(t)
	return r, err
}

// draw is the power of what a meter has measured.
func (w *meter) draw(x *tileMeter, static units.Power, area units.Area) Draw {
	d := Draw{
		Average: x.sum.over(w.to-w.from) + static, Peak: x.peak + static, PeakAt: units.Time(x.peakAt) * w.width, Static: static,
	}
	if area > 0 { // pW/nm² is W/mm²
		d.WattsPerSquareMillimetre = float64(d.Average) / float64(area)
		d.PeakWattsPerSquareMillimetre = float64(d.Peak) / float64(area)
	}
	return d
}

func staticPower(parts []part) units.Power {
	var sum units.Power
	for _, p := range parts {
		sum += p.cost.StaticPower * units.Power(p.instances)
	}
	return sum
}

// tileStatic is the static power of one tile with its share of its router, and the
// part of it that a gated tile keeps.
func (b *builder) tileStatic() (all, kept units.Power) {
	t := &b.Chip.Tile
	router := t.Router.Cost.StaticPower
	share := router / units.Power(t.RouterShare)
	return staticPower(staticParts(b.Chip, 1)) - router + share, t.EDRAM.Cost.StaticPower + share
}

// layerPowers are those of the layers on crossbars.
func (b *builder) layerPowers(t *Timing) ([]LayerPower, error) {
	var all []LayerPower
	ima := staticPower(slices.DeleteFunc(staticParts(b.Chip, 1), func(p part) bool { return !b.ofIMA(p.component) })) / units.Power(b.Chip.Tile.IMAs)
	for i := range b.Mapping.Layers {
		l := &b.Mapping.Layers[i]
		c := &t.Layers[i]
		rows, err := dynamicRows(b.Chip, c)
		if err != nil {
			return nil, err
		}
		p := LayerPower{Layer: l.Name, Products: int64(ceil(l.Positions, len(l.Copies)))}
		for k := range l.Copies {
			p.IMAs += l.Copies[k].IMAs
		}
		during := int64(p.IMAs) * int64(t.Interval)
		p.Dynamic = units.Power(units.MulDiv(int64(cost.Total(rows)), 1e9, int64(t.Interval))) // aJ/fs = 10^9 pW
		p.Reading = float64(c.IMATime) / float64(during)
		p.Static = ima * units.Power(p.IMAs)
		p.Saved = units.Power(units.MulDiv(int64(p.Static), max(during-int64(c.IMATime), 0), during))
		all = append(all, p)
	}
	return all, nil
}

// ofIMA says whether a component is a part of IMAs.
func (b *builder) ofIMA(component string) bool {
	for _, p := range b.Chip.IMA.Parts {
		if p.Name == component {
			return true
		}
	}
	switch component {
	case "IMA input register", "DAC", "crossbar", "sample-and-hold", "IMA shift-and-add", "IMA output register":
		return true
	}
	return false
}

// inspect watches a settled stream for a time as long as its window, and reports
// power and timeline. What was booked before the observer came is served by then:
// the time begins whole windows later.
func (b *builder) inspect(ctx context.Context, m *model, t *Timing, opts Options) error {
	if opts.Power == nil && opts.Timeline == nil {
		return nil
	}
	now := m.engine.Now()
	from := now + (m.booked()-now+t.Window-1)/t.Window*t.Window
	w := &observer{from: from, to: from + t.Window}
	if opts.Power != nil {
		w.power = b.meter(m, *opts.Power, from, t.Window)
	}
	if opts.Timeline != nil {
		w.lines = newLines(b, m, from, t.Window, opts.Timeline.columns())
	}
	b.observe(m, w)
	err := b.watch(ctx, m, w)
	if err == nil && w.power != nil {
		t.Power, err = w.power.report(b, t)
	}
	if err == nil && w.lines != nil {
		t.Timeline = w.lines.timeline(b, opts.Timeline.rows())
	}
	return err
}

// booked is when all that has been given to any resource is served.
func (m *model) booked() units.Time {
	at := m.engine.Now()
	var frees []units.Time
	m.eachPool(func(p *sim.Pool) { frees = p.Frees(frees[:0]); at = max(at, slices.Max(frees)) })
	for i := range m.teams {
		for c := range m.teams[i].classes {
			x := &m.teams[i].classes[c]
			at = max(at, slices.Max(x.until))
			if x.live != nil {
				at = max(at, slices.Max(x.live.state.busy()))
			}
		}
	}
	for i := range m.imas {
		s := m.imas[i].state
		at = max(at, slices.Max(s.busy()), m.engine.Now()+s.kind.read)
	}
	return at
}
