package timing

import (
	"fmt"

	"bitline/internal/units"
	"bitline/scheduler/sim"
	"bitline/tile"
)

// Resource is what a class of equal resources did over the window.
type Resource struct {
	Class string
	// Layer is the layer that the resources belong to; it is empty for those
	// that the layers on a tile share.
	Layer   string
	Servers int
	Jobs    int64
	// Busy and Idle are summed over servers. Waiting is summed over jobs: the
	// time that work waited for the resource. A crossbar waits itself, with a
	// finished read for the sample-and-hold, and is then neither busy nor idle.
	Busy, Waiting, Idle units.Time
	// Queue is the mean number of jobs that wait, Waiting over the window.
	Queue float64
	// Utilisation is Busy over the servers' time, 0 to 1; Peak is the highest of
	// a single resource, which PeakAt names.
	Utilisation, Peak float64
	PeakAt            string
}

// The classes of resources.
const (
	ClassCrossbar   = "crossbar"
	ClassADC        = "adc"
	ClassShiftAdd   = "shift-and-add"
	ClassBuffer     = "edram port and bus"
	ClassRouter     = "network link"
	ClassIO         = "link between chips"
	ClassTileAdd    = "tile shift-and-add"
	ClassActivation = "activation"
	ClassPool       = "pool"
	ClassHost       = "host port"
)

// Bottleneck is the class with the busiest single resource, the first of equals
// in the order of Resources. Its peak is less than 1 where no resource but the
// exchange of full for empty registers or stages bounds the interval.
func (t *Timing) Bottleneck() Resource {
	best := t.Resources[0]
	for _, r := range t.Resources[1:] {
		if r.Peak > best.Peak {
			best = r
		}
	}
	return best
}

// station is some equal resources of a model.
type station struct {
	class, layer string
	path         func() string // of the first
	servers      int64
	use          sim.Use
}

// resources adds the stations of each class and layer up. Classes of which no
// resource had work are left out.
func (b *builder) resources(m *model, w window) []Resource {
	var all []Resource
	index := map[[2]string]int{}
	b.eachStation(m, func(s station) {
		if s.use.Jobs == 0 && s.layer == "" {
			return
		}
		key := [2]string{s.class, s.layer}
		i, ok := index[key]
		if !ok {
			i = len(all)
			index[key] = i
			all = append(all, Resource{Class: s.class, Layer: s.layer})
		}
		r := &all[i]
		r.Servers += int(s.servers)
		r.Jobs += s.use.Jobs
		time := units.Time(s.servers) * w.length
		if !w.repeats {
			s.fit(time)
		}
		r.Busy += s.use.Busy
		r.Waiting += s.use.Waiting
		r.Idle += time - s.use.Busy
		if s.class == ClassCrossbar {
			r.Idle -= s.use.Waiting
		}
		if peak := float64(s.use.Busy) / float64(s.servers) / float64(w.length); r.PeakAt == "" || peak > r.Peak {
			r.Peak, r.PeakAt = peak, s.path()
		}
	})
	for i := range all {
		r := &all[i]
		r.Utilisation = float64(r.Busy) / float64(r.Servers) / float64(w.length)
		r.Queue = float64(r.Waiting) / float64(w.length)
	}
	return all
}

// fit cuts off what is more than the servers' time. What an IMA does counts where
// its product ends, and a job where it is taken, so that a window that is no period
// may have more of it than fits. One that is a period must not: there nothing is cut
// off, and a fault of the counts is seen.
func (s *station) fit(time units.Time) {
	s.use.Busy = min(s.use.Busy, time)
	if s.class == ClassCrossbar {
		s.use.Waiting = min(s.use.Waiting, time-s.use.Busy)
	}
}

// eachStation lists the resources of a model, class by class.
func (b *builder) eachStation(m *model, visit func(station)) {
	each := func(do func(t *team, x *class, use classUse, at station)) {
		for i := range m.teams {
			t := &m.teams[i]
			for c := range t.classes {
				x := &t.classes[c]
				at := station{layer: b.nodes[t.layer].Name, path: func() string { return b.imaPath(t, x) }}
				do(t, x, x.use, at)
			}
		}
	}
	each(func(_ *team, x *class, use classUse, at station) {
		at.class, at.use = ClassCrossbar, use.reads
		for _, l := range x.kind.lanes {
			at.servers += x.imas * l.crossbars
		}
		visit(at)
	})
	each(func(_ *team, x *class, use classUse, at station) {
		for p, n := range x.kind.pools {
			s := at
			s.class, s.servers, s.use = ClassADC, x.imas*int64(n), use.pools[p]
			if path := s.path; len(x.kind.pools) > 1 {
				s.path = func() string { return fmt.Sprintf("%s.adc.slice[%d]", path(), p) }
			}
			visit(s)
		}
	})
	each(func(_ *team, x *class, use classUse, at station) {
		at.class, at.servers, at.use = ClassShiftAdd, x.imas, use.adds
		visit(at)
	})
	b.eachShared(m, visit)
}

// eachShared lists the resources that layers share.
func (b *builder) eachShared(m *model, visit func(station)) {
	uses := m.poolUses()
	parts := []struct{ class, name string }{
		{ClassBuffer, "edram"}, {ClassTileAdd, "shift_add"}, {ClassActivation, "activation"}, {ClassPool, "max_pool"},
	}
	for k, part := range parts {
		for i := range m.tiles {
			visit(station{class: part.class, servers: 1, use: uses[i*len(parts)+k], path: func() string { return fmt.Sprintf("%s.%s", b.tilePath(i), part.name) }})
		}
	}
	uses = uses[len(parts)*len(m.tiles):]
	for i := range m.net.links {
		s := station{class: ClassRouter, servers: 1, use: uses[i], path: func() string { return m.net.name(int32(i)) }}
		if m.net.isIO(int32(i)) {
			s.class = ClassIO
		}
		visit(s)
	}
	visit(station{class: ClassHost, servers: 1, use: uses[len(m.net.links)], path: func() string { return "host" }})
}

func (b *builder) tilePath(tile int) string {
	if b.Chip.Count > 1 {
		return fmt.Sprintf("chip[%d].tile[%d]", tile/b.Chip.Tiles, tile%b.Chip.Tiles)
	}
	return fmt.Sprintf("chip.tile[%d]", tile)
}

func (b *builder) imaPath(t *team, x *class) string {
	return fmt.Sprintf("%s.ima[%d]", b.tilePath(int(t.tile)), x.ima%int32(b.Chip.Tile.IMAs))
}

// name says which link one is.
func (n *network) name(link int32) string {
	chip, l := link/n.perChip, link%n.perChip
	switch {
	case l >= n.firstIO:
		return fmt.Sprintf("chip[%d].link.%v", chip, tile.Direction(l-n.firstIO))
	case l >= n.firstTile+n.tiles:
		return fmt.Sprintf("chip[%d].router to tile[%d]", chip, l-n.firstTile-n.tiles)
	case l >= n.firstTile:
		return fmt.Sprintf("chip[%d].tile[%d] to router", chip, l-n.firstTile)
	case n.firstTile == n.routers:
		return fmt.Sprintf("chip[%d].router[%d]", chip, l)
	}
	return fmt.Sprintf("chip[%d].router[%d].%v", chip, l/directions, tile.Direction(l%directions))
}
