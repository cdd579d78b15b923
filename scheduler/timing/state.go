package timing

import (
	"bitline/internal/units"
	"bitline/scheduler/sim"
)

// digest reduces the state of a model to a number, such that two states from which
// the same would follow, later and with later images, have the same one.
type digest struct {
	sum   uint64
	now   units.Time
	frees []units.Time
}

// add takes a number in; order matters.
func (d *digest) add(v int64) {
	d.sum = (d.sum ^ uint64(v)) * 0x9E3779B97F4A7C15
	d.sum ^= d.sum >> 29
}

func (d *digest) flag(v bool) {
	if v {
		d.add(1)
	} else {
		d.add(0)
	}
}

// until takes in how long something will be busy.
func (d *digest) until(t units.Time) { d.add(int64(max(t-d.now, 0))) }

// equals takes in how long each of some equal servers will be busy; it does not
// matter which is which.
func (d *digest) equals(frees []units.Time) {
	var sum uint64
	for _, t := range frees {
		one := digest{now: d.now}
		one.until(t)
		sum += one.sum
	}
	d.add(int64(sum))
}

func (d *digest) pool(p *sim.Pool) {
	d.frees = p.Frees(d.frees[:0])
	d.equals(d.frees)
}

// digest is that of the model when an image has just been completed. Counters are
// taken relative to the images completed, times relative to now.
func (m *model) digest() uint64 {
	d := &digest{now: m.engine.Now()}
	images := int64(len(m.done))
	if m.data != nil {
		d.add(images % m.data.images())
	}
	if m.stage > 0 {
		d.add(int64(d.now % m.stage))
	}
	for i := range m.teams {
		m.teams[i].digest(d, images)
	}
	for k := range m.copies {
		x, past := &m.copies[k], images*m.emitters[k].perImage
		d.add(x.summed - past)
		d.add(x.activating - past)
	}
	for k := range m.emitters {
		x := &m.emitters[k]
		past := images * x.perImage
		d.add(x.available - past)
		d.add(x.writing - past)
		d.add(x.written - past)
		d.flag(x.blocked)
		for i := range int64(double) {
			d.add(int64(x.pending[(past+i)%double]))
		}
	}
	for i := range m.stores {
		m.stores[i].digest(d, images)
	}
	m.eachPool(d.pool)
	for i := range m.imas {
		m.imas[i].digest(d)
	}
	m.digestEvents(d, images)
	return d.sum
}

func (t *team) digest(d *digest, images int64) {
	past := images * int64(len(t.need))
	for _, n := range []int64{t.requested, t.released, t.fetched, t.begun, t.complete, t.sent, t.left, t.merged} {
		d.add(n - past)
	}
	if t.next >= 0 {
		d.add(t.passed - past)
	}
	d.flag(t.beginPosted)
	d.until(t.readyAt)
	for c := range t.classes {
		t.classes[c].digest(d)
	}
	d.add(int64(t.ready))
	d.add(int64(t.registers))
	for i := range int64(double) {
		d.add(int64(t.completing[(past+i)%double]))
		d.add(int64(t.parts[(past+i)%double]))
	}
}

func (x *class) digest(d *digest) {
	if x.live != nil {
		x.live.digest(d)
		return
	}
	d.until(x.until[0])
	i := 1
	for _, converters := range x.kind.pools {
		d.equals(x.until[i : i+converters])
		i += converters
	}
	for _, t := range x.until[i:] {
		d.until(t)
	}
}

func (s *store) digest(d *digest, images int64) {
	past := images * s.perImage
	d.add(s.arrived - past)
	d.add(s.freed - past)
	for _, e := range s.waiting {
		d.add(int64(e))
	}
	for i := s.arrived; i < s.freed+s.slots; i++ {
		if n := s.parts[i%s.slots]; n > 0 {
			d.add(i - past)
			d.add(int64(n))
		}
	}
}

func (x *exactIMA) digest(d *digest) {
	s := x.state
	d.add(int64(s.lastBegun))
	d.add(int64(s.latched))
	d.pool(&s.adder)
	for p := range s.pools {
		d.pool(&s.pools[p].oldest)
		d.add(int64(s.pools[p].idle))
		d.add(int64(s.pools[p].last))
		for _, k := range s.pools[p].waiting {
			d.add(int64(k))
		}
	}
	for k := range s.lanes {
		l := &s.lanes[k]
		d.add(int64(l.next))
		d.flag(l.blocked)
		d.flag(l.holding)
		d.until(l.until)
	}
}

// digestEvents takes in what lies ahead. The queue has no order that could be
// relied on, so that what is taken in is a sum.
func (m *model) digestEvents(d *digest, images int64) {
	var sum uint64
	m.engine.Each(func(e sim.Event) {
		one := digest{now: d.now}
		one.until(e.Time)
		one.add(int64(e.Kind))
		one.add(int64(e.A))
		one.add(int64(e.B))
		one.add(e.C - images*m.numbered(e))
		sum += one.sum
	})
	d.add(int64(sum))
}

// numbered is how many of what an event's number counts there are in an image; 0
// where it counts nothing.
func (m *model) numbered(e sim.Event) int64 {
	switch e.Kind {
	case writeEnd, messageArrive:
		return m.flows[m.stores[e.A].flow].positions
	case outputSum, sumEnd, sumsArrive:
		return int64(len(m.teams[e.A].need))
	case pixelEnd:
		return m.flows[m.emitters[e.A].flow].positions
	}
	return 0
}
