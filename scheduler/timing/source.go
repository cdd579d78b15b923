package timing

import "math"

// The source delivers images position by position, in order. Without a host port
// they lie ready and are in the stores as soon as there is room.

// start sets a model going.
func (m *model) start() {
	for i := range m.teams {
		t := &m.teams[i]
		t.wants, t.spares = m.wants(t), int64(t.first)
	}
	for i := range m.stores {
		m.stores[i].spared = math.MaxInt64
	}
	for i := range m.teams {
		m.tryFetch(int32(i)) // what sees nothing but padding needs no input
	}
	m.feedAll()
}

// feedAll delivers what there is room for.
func (m *model) feedAll() {
	for k := m.sources; int(k) < len(m.emitters); k++ {
		m.feed(k)
	}
}

// feed delivers what there is room for of one source. What it delivers may make
// room, for which it is called again: once is enough.
func (m *model) feed(k int32) {
	if m.feeding {
		return
	}
	m.feeding = true
	defer func() { m.feeding = false }()
	x := &m.emitters[k]
	f := &m.flows[x.flow]
	for !x.blocked && x.writing < m.images*f.positions {
		image, p := x.writing/f.positions, x.writing%f.positions
		if m.ahead > 0 && image >= int64(len(m.done))+m.ahead {
			return
		}
		targets := f.targets[f.start[p]:f.start[p+1]]
		if !m.roomFor(k, image, targets) {
			return
		}
		if m.hostBits != nil {
			if x.writing >= x.written+double {
				return
			}
			done := m.host.Serve(m.engine.Now(), m.hostBits.Duration(f.bits)+m.hostLonger)
			m.watch.pixel(k, x.writing, done)
			m.scheduleRaw(pixelEnd, done, k, x.writing)
			x.writing++
			x.available = x.writing
			continue
		}
		x.writing++
		x.available, x.written = x.writing, x.writing
		for _, t := range targets {
			s := &m.stores[t.store]
			if s.emitter >= 0 { // a pool takes its time even for an image that lies ready
				m.write(entry{t.store, t.entry, x.writing - 1})
			} else if s.land(image, t.entry) {
				m.watch.fill(t.store)
				m.consume(t.store)
			}
		}
	}
}

// endPixel sends a position of an image from the host to all that need it.
func (m *model) endPixel(k int32, number int64) {
	x := &m.emitters[k]
	f := &m.flows[x.flow]
	m.watch.message(x.flow, number)
	m.deliver(x.tile, f, number)
	x.written++
	m.feed(k)
}
