package timing

import "bitline/internal/units"

// store is a place in a tile's eDRAM for what one producer sends: the positions
// that a layer's copies on the tile see, what a copy adds, or the open windows of
// a pool. Entries are numbered through all images in the order in which the
// producer computes them. They may arrive out of that order, but no further ahead
// of the oldest that is still needed than there is room.
type store struct {
	node     int32 // of the network, whose input it is
	tile     int32
	flow     int32 // what fills it
	layer    int32 // to whose account its traffic goes
	perImage int64 // entries
	bits     int64 // of one entry
	slots    int64 // entries that fit
	least    int64 // entries that must fit, or the network comes to a halt
	// positions are the producer's, entry by entry; nil for a pool.
	positions []int32
	writeTime units.Time // of one value of the producer
	message   int64      // bits of one value of the producer

	teams   []int32 // that take entries; nil unless it is a layer's input
	copy    int32   // that adds entries; −1 if none does
	emitter int32   // of a pool; −1 for none
	windows []int32 // values in each window of a pool
	// Value number n of an image goes into the windows entries[start[n]:start[n+1]]
	// of a pool, in order; nil otherwise, where value and entry are one.
	start, entries []int32

	parts   []int32 // arrived values of each slot
	arrived int64   // entries that are complete, and all before them
	freed   int64   // entries that are needed no more
	spared  int64   // the least that any of the teams spares
	writes  int64
	pooled  int64   // values taken by windows
	waiting []int32 // emitters that wait for room
}

// room says whether a value of an image may be sent.
func (s *store) room(image int64, number int32) bool {
	if s.windows != nil {
		number = s.entries[s.start[number+1]-1]
	}
	return image*s.perImage+int64(number) < s.freed+s.slots
}

// whole is how many values make an entry complete.
func (s *store) whole(entry int64) int32 {
	if s.windows == nil {
		return 1
	}
	return s.windows[entry%s.perImage]
}

// land notes a value of an image and says whether more entries are complete now.
func (s *store) land(image int64, number int32) bool {
	if s.windows == nil {
		s.parts[(image*s.perImage+int64(number))%s.slots]++
	} else {
		for _, e := range s.entries[s.start[number]:s.start[number+1]] {
			s.parts[(image*s.perImage+int64(e))%s.slots]++
		}
	}
	before := s.arrived
	for s.arrived < s.freed+s.slots && s.parts[s.arrived%s.slots] == s.whole(s.arrived) {
		s.parts[s.arrived%s.slots] = 0
		s.arrived++
	}
	return s.arrived > before
}

// release frees the entries of a store up to one, and lets those go on that wait
// for room.
func (m *model) release(i int32, freed int64) {
	s := &m.stores[i]
	if freed <= s.freed {
		return
	}
	s.freed = freed
	m.watch.fill(i)
	if len(s.waiting) == 0 {
		return
	}
	waiting := s.waiting
	s.waiting, m.spare = m.spare[:0], nil // what goes on may release other stores
	for _, e := range waiting {
		m.emitters[e].blocked = false
		if e >= m.sources {
			m.feed(e)
		} else {
			m.tryEmit(e)
		}
	}
	m.spare = waiting
}

// entry is a value on its way into a store.
type entry struct {
	store    int32
	number   int32 // of the value in its image
	position int64 // of the producer, through all images
}

// write puts a value into its store, through the port of its tile or, in a pool,
// through the comparators.
func (m *model) write(v entry) {
	s := &m.stores[v.store]
	t := &m.tiles[s.tile]
	s.writes++
	done := units.Time(0)
	if s.emitter >= 0 {
		windows := s.start[v.number+1] - s.start[v.number]
		s.pooled += int64(windows)
		done = t.pool.Serve(m.engine.Now(), units.Time(windows)*s.writeTime)
	} else {
		done = t.buffer.Serve(m.engine.Now(), s.writeTime)
	}
	m.watch.write(v, done)
	m.scheduleEntry(writeEnd, done, v)
}

func (m *model) scheduleEntry(kind uint8, at units.Time, v entry) {
	e := event(kind, edge(m.stage, at), v)
	if m.causes != nil {
		m.causes.scheduled(e)
	}
	m.engine.Schedule(e)
}

// endWrite hands an entry to its consumer, and tells its producer.
func (m *model) endWrite(v entry) {
	s := &m.stores[v.store]
	f := &m.flows[s.flow]
	image, p := v.position/f.positions, v.position%f.positions
	if s.land(image, v.number) {
		m.watch.fill(v.store)
		m.consume(v.store)
	}
	if f.emitter != nil {
		e := f.emitter[p]
		m.wrote(e, image*m.emitters[e].perImage+int64(f.number[p]))
	}
}

// consume lets those go on that wait for complete entries.
func (m *model) consume(i int32) {
	s := &m.stores[i]
	for _, t := range s.teams {
		m.tryFetch(t)
	}
	if s.copy >= 0 {
		m.tryActivate(s.copy)
	}
	if s.emitter >= 0 {
		m.emitters[s.emitter].available = s.arrived
		m.tryEmit(s.emitter)
	}
}
