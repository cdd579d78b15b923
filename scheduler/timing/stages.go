package timing

import (
	"math"

	"bitline/internal/units"
)

// This file is what happens to one product on its way through a layer, in order.

// tryFetch moves the inputs of a team's next product from its tile's eDRAM into
// the input registers, if these have room for them.
func (m *model) tryFetch(i int32) {
	t := &m.teams[i]
	if t.requested >= t.released+t.depth || m.stores[t.store].arrived < t.wants {
		return
	}
	t.requested++
	t.wants = m.wants(t)
	done := m.tiles[t.tile].buffer.Serve(m.engine.Now(), t.fetchTime)
	m.watch.team(fetching, i, t.requested-1, done)
	m.schedule(fetchEnd, done, i, 0)
}

// wants is how many entries of its store must have arrived for a team's next fetch:
// more than ever do, after the last image.
func (m *model) wants(t *team) int64 {
	products := int64(len(t.need))
	image, product := t.requested/products, t.requested%products
	if image >= m.images {
		return math.MaxInt64
	}
	return image*m.stores[t.store].perImage + int64(t.need[product])
}

// endFetch lets the team begin, and frees what no team of the tile needs any
// more.
func (m *model) endFetch(i int32) {
	t := &m.teams[i]
	t.fetched++
	m.tryBegin(i)
	s := &m.stores[t.store]
	before := t.spares
	products := int64(len(t.need))
	image, product := (t.fetched-1)/products, (t.fetched-1)%products
	t.spares = image*s.perImage + int64(t.free[product])
	if before > s.spared { // another team needs older entries than this one did
		return
	}
	s.spared = t.spares
	for _, other := range s.teams {
		s.spared = min(s.spared, m.teams[other].spares)
	}
	m.release(t.store, s.spared)
}

// tryBegin begins a team's next product, once its input is there, its arrays are
// ready, and the accumulators are free: the product before the last must have
// left.
func (m *model) tryBegin(i int32) {
	t := &m.teams[i]
	if !t.mayBegin() || m.exact && int64(t.ready) < t.imas {
		return
	}
	if m.engine.Now() < t.readyAt {
		t.beginPosted = true
		m.scheduleRaw(beginReady, t.readyAt, i, 0)
		return
	}
	t.begun++
	if m.exact {
		m.beginExact(i)
	} else if m.data != nil {
		m.beginLive(i)
	} else {
		m.begin(i)
	}
}

// begin lets a product happen in every IMA of a team.
func (m *model) begin(i int32) {
	t, now := &m.teams[i], m.engine.Now()
	var register, end units.Time
	for c := range t.classes {
		x := &t.classes[c]
		o := x.kind.outcome(x.until, now)
		m.watch.product(i, c, o)
		x.open[(t.begun-1)%double] = o
		for j, u := range o.leaves {
			x.until[j] = now + u
		}
		register, end = max(register, o.registerFree), max(end, o.complete)
		t.readyAt = max(t.readyAt, edge(m.stage, now+o.ready))
	}
	m.scheduleRaw(registersFree, now+register, i, 0)
	m.scheduleRaw(productEnd, now+end, i, 0)
}

// endProduct counts an accumulated product.
func (m *model) endProduct(i int32) {
	t := &m.teams[i]
	for c := range t.classes {
		m.count(&t.classes[c], t.complete)
	}
	t.complete++
	m.tryOutput(i)
}

// tryOutput sends a complete product over the bus, if a set of the tile's sums is
// free: the product before the last must have gone on.
func (m *model) tryOutput(i int32) {
	t := &m.teams[i]
	for t.sent < t.complete && t.sent < m.passed(i)+double {
		done := m.tiles[t.tile].buffer.Serve(m.engine.Now(), t.outputTime)
		m.watch.team(outputting, i, t.sent, done)
		m.schedule(outputLeft, done, i, 0)
		m.scheduleRaw(outputSum, done, i, t.sent)
		t.sent++
	}
}

// leave frees an accumulator.
func (m *model) leave(i int32) {
	m.teams[i].left++
	m.tryBegin(i)
}

// tryActivate activates complete sums, if what is added is there and a register
// is free for the result: the position before the last must be written.
func (m *model) tryActivate(k int32) {
	x, e := &m.copies[k], &m.emitters[k]
	for x.activating < x.summed && x.activating < e.written+double {
		if x.addend >= 0 && m.stores[x.addend].arrived <= x.activating {
			return
		}
		x.activating++
		done := m.tiles[e.tile].activation.Serve(m.engine.Now(), x.activationTime)
		m.watch.activation(k, x.activating-1, done)
		m.schedule(activationEnd, done, k, 0)
		if x.addend >= 0 {
			m.release(x.addend, x.activating) // last: what fills the place may call for an activation
		}
	}
}

// endActivation hands the result on, and its sums to the next position.
func (m *model) endActivation(k int32) {
	m.emitters[k].available++
	m.freeSums(m.copies[k].last)
	m.tryEmit(k)
}
