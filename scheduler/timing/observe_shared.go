package timing

import "bitline/internal/units"

// This file makes spans of the services of resources that layers share.

// ofProduct is the image and the position of a team's product.
func (w *observer) ofProduct(i int32, product int64) (image, position int64) {
	t := &w.m.teams[i]
	return w.ofEmitter(t.copy, product)
}

// ofEmitter is the image and the position of an emitter's result.
func (w *observer) ofEmitter(k int32, number int64) (image, position int64) {
	x := &w.m.emitters[k]
	image, number = number/x.perImage, number%x.perImage
	if x.positions != nil {
		number = int64(x.positions[number])
	}
	return image, number
}

func (w *observer) sawTeam(what action, i int32, product int64, done units.Time) {
	t := &w.m.teams[i]
	s := served{what: what, arrival: w.m.engine.Now(), end: done, node: t.layer, imas: t.imas}
	s.image, s.position = w.ofProduct(i, product)
	s.at = site{place: inBuffer, owner: t.tile}
	switch what {
	case fetching:
		s.start, s.amount = done-t.fetchTime, t.fetchBits
	case outputting:
		s.start, s.amount = done-t.outputTime, t.outputBits
	case summing:
		s.at.place, s.start, s.amount = inTileAdd, done-t.sumTime, t.outputs
	case merging:
		s.at.place, s.start, s.amount = inTileAdd, done-t.mergeTime, t.columns
	}
	w.span(s)
}

func (w *observer) sawActivation(k int32, number int64, done units.Time) {
	x := &w.m.copies[k]
	s := served{
		at: site{place: inActivation, owner: w.m.emitters[k].tile}, what: activating, node: x.layer,
		arrival: w.m.engine.Now(), start: done - x.activationTime, end: done, amount: x.columns,
	}
	s.image, s.position = w.ofEmitter(k, number)
	w.span(s)
}

func (w *observer) sawWrite(v entry, done units.Time) {
	st := &w.m.stores[v.store]
	f := &w.m.flows[st.flow]
	s := served{
		at: site{place: inBuffer, owner: st.tile}, what: writing, node: st.flow, arrival: w.m.engine.Now(),
		start: done - st.writeTime, end: done, image: v.position / f.positions, position: v.position % f.positions, amount: st.message,
	}
	if st.emitter >= 0 {
		windows := int64(st.start[v.number+1] - st.start[v.number])
		s.at.place, s.what, s.node = inPool, pooling, st.node
		s.start, s.amount = done-units.Time(windows)*st.writeTime, windows*int64(w.b.nodes[st.node].Out.Channels)
	}
	w.span(s)
}

func (w *observer) sawStore(k int32, number int64, done units.Time) {
	x := &w.m.emitters[k]
	f := &w.m.flows[x.flow]
	s := served{
		at: site{place: inBuffer, owner: x.tile}, what: storing, node: x.flow,
		arrival: w.m.engine.Now(), start: done - f.outTime, end: done, amount: f.bits,
	}
	s.image, s.position = w.ofEmitter(k, number)
	w.span(s)
}

func (w *observer) sawFill(i int32) {
	if w.trace != nil && !w.over() {
		w.trace.fill(i)
	}
}

func (w *observer) sawMessage(flow int32, position int64) {
	f := &w.m.flows[flow]
	w.node, w.image, w.position = flow, position/f.positions, position%f.positions
}

func (w *observer) sawSums(i int32, product int64) {
	w.node = w.m.teams[i].layer
	w.image, w.position = w.ofProduct(i, product)
}

func (w *observer) sawResult(k int32) {
	w.node = w.m.emitters[k].flow
	w.image, w.position = w.ofEmitter(k, w.left[k])
	w.left[k]++
}

func (w *observer) sawLink(l int32, arrival, start, done units.Time) {
	w.span(served{
		at: site{place: inLink, owner: l}, what: sending, arrival: arrival, start: start, end: done,
		node: w.node, image: w.image, position: w.position, amount: w.m.net.bits,
	})
}

func (w *observer) sawPixel(k int32, number int64, done units.Time) {
	f := &w.m.flows[w.m.emitters[k].flow]
	s := served{
		at: site{place: inHost}, what: receiving, node: w.m.emitters[k].flow, arrival: w.m.engine.Now(),
		start: done - w.m.hostBits.Duration(f.bits), end: done, amount: f.bits,
	}
	s.image, s.position = w.ofEmitter(k, number)
	w.span(s)
}

func (w *observer) sawHome(k int32, done units.Time) {
	f := &w.m.flows[w.m.emitters[k].flow]
	s := served{
		at: site{place: inHost}, what: returning, node: w.m.emitters[k].flow, arrival: w.m.engine.Now(),
		start: done - w.m.hostBits.Duration(f.bits), end: done, amount: f.bits,
	}
	s.image, s.position = w.ofEmitter(k, w.returned[k])
	w.returned[k]++
	w.span(s)
}
