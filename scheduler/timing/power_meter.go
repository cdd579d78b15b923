package timing

import (
	"math"
	"math/bits"
	"slices"

	"bitline/internal/units"
	"bitline/tile"
)

// meter adds up the power of everything in bins of time, tile by tile. Bins lie
// open from the one that is now to the last in which something is booked.
type meter struct {
	charges  *charges
	m        *model
	from, to units.Time
	width    units.Time
	bins     int64
	first    int64    // open bin
	open     [][]cell // a cell for each tile, and one for the whole
	free     [][]cell
	tiles    []tileMeter
	chip     tileMeter
	series   series
}

// tileMeter is what the closed bins of one tile come to; the chip's is one more.
type tileMeter struct {
	sum    charge
	peak   units.Power
	peakAt int64 // bin
	idle   units.Time
}

// cell is what a tile draws in a bin, and whether anything happens on it but the
// traffic of its router.
type cell struct {
	charge
	works bool
}

// charge is power times time, in fW·fs, which are 10^-30 J: 128 bits hold 3·10^8 J.
type charge struct{ high, low uint64 }

func (c *charge) add(p femtowatts, t units.Time) {
	high, low := bits.Mul64(uint64(p), uint64(t))
	c.plus(charge{high, low})
}

func (c *charge) plus(o charge) {
	var carry uint64
	c.low, carry = bits.Add64(c.low, o.low, 0)
	c.high, _ = bits.Add64(c.high, o.high, carry)
}

// over is the mean power during a time, rounded down to picowatts; it is the
// largest power if that is more.
func (c charge) over(t units.Time) units.Power {
	high, rest := c.high/1000, c.high%1000 // in pW
	low, _ := bits.Div64(rest, c.low, 1000)
	if high >= uint64(t) {
		return math.MaxInt64
	}
	p, _ := bits.Div64(high, low, uint64(t))
	return units.Power(min(p, math.MaxInt64))
}

// newMeter makes one for a window, in bins of at least some width, all equal but
// for the femtoseconds that the last one takes over.
func newMeter(b *builder, m *model, from, length, least units.Time) *meter {
	w := &meter{charges: newCharges(b), m: m, from: from, to: from + length, bins: max(1, int64(length/least)), tiles: make([]tileMeter, len(m.tiles))}
	w.width = length / units.Time(w.bins)
	return w
}

// bin is the one that a time of the window lies in.
func (w *meter) bin(t units.Time) int64 { return min(int64((t-w.from)/w.width), w.bins-1) }

// ends is when a bin ends.
func (w *meter) ends(bin int64) units.Time {
	if bin == w.bins-1 {
		return w.to
	}
	return w.from + units.Time(bin+1)*w.width
}

// add takes power in that a tile draws for some time.
func (w *meter) add(tile int32, p femtowatts, start, end units.Time) {
	w.book(int(tile), p, start, end, true)
	w.book(len(w.tiles), p, start, end, true)
}

// book takes power in for a tile, or for the whole.
func (w *meter) book(tile int, p femtowatts, start, end units.Time, works bool) {
	w.close(w.m.engine.Now())
	start, end = max(start, w.from), min(end, w.to)
	for start < end {
		bin := w.bin(start)
		to := min(w.ends(bin), end)
		x := &w.row(bin)[tile]
		x.add(p, to-start)
		x.works = x.works || works
		start = to
	}
}

// row is an open bin.
func (w *meter) row(bin int64) []cell {
	for int64(len(w.open)) <= bin-w.first {
		row := make([]cell, len(w.tiles)+1)
		if n := len(w.free); n > 0 {
			row, w.free = w.free[n-1], w.free[:n-1]
			clear(row)
		}
		w.open = append(w.open, row)
	}
	return w.open[bin-w.first]
}

// close closes the bins that end by a time.
func (w *meter) close(now units.Time) {
	for w.first < w.bins && w.ends(w.first) <= now {
		row := w.row(w.first)
		length := w.ends(w.first) - w.from - units.Time(w.first)*w.width
		for i := range w.tiles {
			w.tiles[i].close(row[i], w.first, length)
		}
		w.chip.close(row[len(w.tiles)], w.first, length)
		w.series.add(row[len(w.tiles)].charge, length)
		w.free = append(w.free, row)
		w.open = slices.Delete(w.open, 0, 1)
		w.first++
	}
}

func (t *tileMeter) close(c cell, bin int64, length units.Time) {
	t.sum.plus(c.charge)
	if p := c.over(length); p > t.peak {
		t.peak, t.peakAt = p, bin
	}
	if !c.works {
		t.idle += length
	}
}

// span takes the service of a shared resource in. Links belong to no tile, but
// each tile of a router has its share of the router's in its own figures.
func (w *meter) span(s *served) {
	switch s.at.place {
	case inLink:
		chips := w.m.net.isIO(s.at.owner)
		p := w.charges.of(s, chips)
		w.book(len(w.tiles), p, s.start, s.end, true)
		if !chips {
			from, to := w.m.net.tilesOf(s.at.owner)
			for t := from; t < to && int(t) < len(w.tiles); t++ {
				w.book(int(t), p/femtowatts(w.m.net.share), s.start, s.end, false)
			}
		}
	case inHost:
		w.book(len(w.tiles), w.charges.of(s, false), s.start, s.end, true)
	default:
		w.add(s.at.owner, w.charges.of(s, false), s.start, s.end)
	}
}

// tilesOf is the tiles of the router that a link is a port of.
func (n *network) tilesOf(link int32) (from, to int32) {
	chip, l := link/n.perChip, link%n.perChip
	router := l / directions
	switch {
	case n.topology == tile.NoTopology:
		router = l
	case l >= n.firstTile:
		router = (l - n.firstTile) % n.tiles / n.share
	}
	return chip*n.tiles + router*n.share, chip*n.tiles + min((router+1)*n.share, n.tiles)
}

// steps is the power of a product in an IMA.
func (w *meter) steps(kind *imaKind, spans []imaSpan) []stretch {
	working := slices.DeleteFunc(slices.Clone(spans), func(s imaSpan) bool { return s.what == blocked })
	return levels(working, func(s *imaSpan) int64 { return int64(w.charges.ofPart(kind, s)) })
}

// product takes a product in that some equal IMAs of a tile begin now.
func (w *meter) product(tile int32, imas int64, steps []stretch, now units.Time) {
	for _, s := range steps {
		w.add(tile, femtowatts(s.level*imas), now+s.start, now+s.end)
	}
}

// service takes a service of a part of an IMA in.
func (w *meter) service(tile int32, kind *imaKind, l *imaSpan) {
	if l.what != blocked {
		w.add(tile, w.charges.ofPart(kind, l), l.start, l.end)
	}
}
