package timing

import (
	"bitline/internal/units"
	"bitline/scheduler/sim"
)

// flow is what a layer, a pool or the source gives: for each of its positions,
// where the values are needed.
type flow struct {
	positions int64
	emitter   []int32 // of each position; nil if a source has them all
	number    []int32 // of each position among those of its emitter
	layer     int32   // on crossbars, to whose account it goes
	start     []int32 // positions + 1
	targets   []target
	pending   []lead     // while the model is built
	bits      int64      // of one position
	outTime   units.Time // of writing a result of the network
}

// leaves says whether the flow is a result of the network.
func (f *flow) leaves() bool { return f.emitter != nil && len(f.targets) == 0 }

// target is one entry of one store.
type target struct{ store, entry int32 }

// emitter sends the results of one copy of a layer, of one part of a pool, or the
// images.
type emitter struct {
	flow, tile int32
	perImage   int64
	positions  []int32 // nil for a source, which has all
	pool       int32   // store of a pool; −1 for none

	available int64 // results that are there
	writing   int64 // results sent
	written   int64 // results written everywhere, and all before them
	pending   [double]int32
	blocked   bool // waits for room in a store
}

// tryEmit sends results to everyone who needs them, in order, each once there is
// room for it everywhere. Two may be on their way.
func (m *model) tryEmit(k int32) {
	x := &m.emitters[k]
	f := &m.flows[x.flow]
	for !x.blocked && x.writing < x.available && x.writing < x.written+double {
		image, i := x.writing/x.perImage, x.writing%x.perImage
		p := int64(x.positions[i])
		targets := f.targets[f.start[p]:f.start[p+1]]
		if !m.roomFor(k, image, targets) {
			return
		}
		x.pending[x.writing%double] = int32(len(targets))
		x.writing++
		switch {
		case len(targets) > 0:
			m.watch.message(x.flow, image*f.positions+p)
			m.deliver(x.tile, f, image*f.positions+p)
		case f.leaves():
			x.pending[(x.writing-1)%double] = 1
			done := m.tiles[x.tile].buffer.Serve(m.engine.Now(), f.outTime)
			m.watch.store(k, x.writing-1, done)
			m.schedule(outputEnd, done, k, 0)
		default: // a position that no window sees
			m.freeWritten(k)
		}
	}
}

// roomFor says whether all targets have room; if not, the emitter waits.
func (m *model) roomFor(k int32, image int64, targets []target) bool {
	for _, t := range targets {
		if s := &m.stores[t.store]; !s.room(image, t.entry) {
			m.emitters[k].blocked = true
			s.waiting = append(s.waiting, k)
			return false
		}
	}
	return true
}

// deliver carries the values of a position to all tiles that need them and writes
// them there.
func (m *model) deliver(from int32, f *flow, position int64) {
	p := position % f.positions
	sent := false
	for _, t := range f.targets[f.start[p]:f.start[p+1]] {
		v, s := entry{t.store, t.entry, position}, &m.stores[t.store]
		if s.tile == from {
			m.write(v)
			continue
		}
		if !sent {
			m.net.begin(f.layer, f.bits)
			sent = true
		}
		m.scheduleEntry(messageArrive, m.net.send(from, s.tile, m.engine.Now()), v)
	}
}

// wrote notes that a result has been written in one place.
func (m *model) wrote(k int32, number int64) {
	m.emitters[k].pending[number%double]--
	if m.freeWritten(k) {
		m.tryEmit(k)
	}
}

// freeWritten frees the registers of results that have been written everywhere, and
// says whether there are any.
func (m *model) freeWritten(k int32) bool {
	x := &m.emitters[k]
	before := x.written
	for x.written < x.writing && x.pending[x.written%double] == 0 {
		x.written++
	}
	if x.written == before {
		return false
	}
	if int(k) < len(m.copies) {
		m.tryActivate(k)
	}
	if x.pool >= 0 {
		m.release(x.pool, x.written)
	}
	return true
}

// endOutput sends a result of the network to the host.
func (m *model) endOutput(k int32) {
	x := &m.emitters[k]
	if m.hostBits == nil {
		m.endResult(k)
		return
	}
	f := &m.flows[x.flow]
	m.net.begin(f.layer, f.bits)
	m.watch.result(k)
	m.scheduleRaw(portArrive, m.net.send(x.tile, atHost, m.engine.Now()), k, 0)
}

// endPort lets a result pass the host's port.
func (m *model) endPort(k int32) {
	f := &m.flows[m.emitters[k].flow]
	done := m.host.Serve(m.engine.Now(), m.hostBits.Duration(f.bits)+m.hostLonger)
	m.watch.home(k, done)
	m.scheduleRaw(resultArrive, done, k, 0)
}

// endResult counts a result; after the last one of an image it has passed the
// whole network.
func (m *model) endResult(k int32) {
	m.wrote(k, m.emitters[k].written)
	if m.results++; m.results%m.outputs == 0 {
		m.done = append(m.done, m.engine.Now())
		if int64(len(m.done)) == m.stopAt {
			m.engine.Stop()
		}
		m.feedAll()
	}
}

func event(kind uint8, at units.Time, v entry) sim.Event {
	return sim.Event{Time: at, Phase: kind, Kind: kind, A: v.store, B: v.number, C: v.position}
}
