package arch

import "bitline/crossbar"

// Writing is what it takes to load weights, by one of the published figures or the
// file's own.
type Writing struct {
	crossbar.Programming
	crossbar.Load
	InUse bool // the chip's own choice
}

// writings is what it takes to write every cell of one chip.
func (c *Chip) writings() []Writing {
	arrays := int64(c.Tiles) * int64(c.Tile.IMAs) * int64(c.IMA.Crossbars)
	return c.Writings(crossbar.Written{
		Arrays: arrays, Cells: arrays * int64(c.Crossbar.Wordlines) * int64(c.Crossbar.Bitlines),
		Tiles: int64(c.Tiles), Fullest: int64(c.Tile.IMAs) * int64(c.IMA.Crossbars),
	})
}

// Writings is what it takes to write that (see crossbar.Programming.Load): by every
// preset, with the chip's pulses, arrays at a time and endurance, and by the chip's
// own figures where they are others. The one in use is marked.
func (c *Chip) Writings(w crossbar.Written) []Writing {
	all, own := crossbar.Presets(), -1
	for i := range all {
		p, q := &all[i], c.Programming
		p.ArraysPerTile, p.Pulses = q.ArraysPerTile, q.Pulses
		p.EnduranceLow, p.EnduranceHigh, p.EnduranceMark, p.Assumed = q.EnduranceLow, q.EnduranceHigh, q.EnduranceMark, q.Assumed
		if *p == q {
			own = i
		}
	}
	if own < 0 { // the file changed a preset, or gives its own
		all, own = append(all, c.Programming), len(all)
	}
	list := make([]Writing, len(all))
	for i, p := range all {
		list[i] = Writing{Programming: p, Load: p.Load(c.Crossbar, w), InUse: i == own}
	}
	return list
}
