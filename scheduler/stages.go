package scheduler

// This file is what happens to one image on its way through a layer, in order.

// tryFetch moves an IMA's next input from its tile's eDRAM into its register.
func (m *model) tryFetch(i int32) {
	x := &m.imas[i]
	if !x.registerFree || x.requested >= m.inputs[x.input].arrived {
		return
	}
	x.registerFree = false
	x.requested++
	done := m.tiles[m.inputs[x.input].tile].buffer.Serve(m.engine.Now(), x.fetchTime)
	m.schedule(fetchEnd, done, i, 0)
}

// endFetch lets the lanes read, and frees an image's place in the eDRAM once all
// IMAs of the tile have it.
func (m *model) endFetch(i int32) {
	x := &m.imas[i]
	x.fetched++
	for k := x.firstLane; k < x.firstLane+x.lanes; k++ {
		m.tryRead(k)
	}
	in := &m.inputs[x.input]
	freed := x.fetched
	for _, other := range in.imas {
		freed = min(freed, m.imas[other].fetched)
	}
	if freed == in.freed {
		return
	}
	in.freed = freed
	if in.producer < 0 {
		m.deliver(x.input)
	} else {
		m.tryWrite(in.producer)
	}
}

// tryRead begins a lane's next read if the array is idle and, for the first read
// of an MVM, if the input is there. The register is free for the next input once
// every lane has begun its last read: the last bits are latched on the wordlines.
func (m *model) tryRead(k int32) {
	l := &m.lanes[k]
	if l.reading || l.blocked {
		return
	}
	x := &m.imas[l.ima]
	image, step := l.next/m.reads, l.next%m.reads
	if step == 0 && x.fetched <= image {
		return
	}
	l.reading = true
	l.next++
	l.readUse.Jobs++
	l.readUse.Busy += m.read
	m.schedule(readEnd, m.engine.Now()+m.read, k, 0)
	if step == m.reads-1 {
		if x.lastBegun++; x.lastBegun == x.lanes {
			x.lastBegun = 0
			x.registerFree = true
			m.tryFetch(l.ima)
		}
	}
}

// endRead latches the result, or blocks the array until the hold is empty.
func (m *model) endRead(k int32) {
	l := &m.lanes[k]
	l.reading = false
	if l.holding {
		l.blocked, l.since = true, m.engine.Now()
		return
	}
	m.latch(k)
}

// latch holds the lane's last result, queues its scan, and lets the array read on.
func (m *model) latch(k int32) {
	l := &m.lanes[k]
	l.holding, l.held = true, (l.next-1)/m.reads
	l.scans++
	done := m.imas[l.ima].converters[l.pool].Serve(m.engine.Now(), l.scan)
	m.schedule(scanEnd, done, k, 0)
	m.tryRead(k)
}

// endScan hands the codes to the shift-and-add units, if the accumulators of
// their image are free: the image before the last must have left.
func (m *model) endScan(k int32) {
	l := &m.lanes[k]
	x := &m.imas[l.ima]
	if l.held >= x.left+double {
		x.waiting = append(x.waiting, k)
		return
	}
	m.accumulate(k)
}

// accumulate takes a lane's codes, which empties its hold.
func (m *model) accumulate(k int32) {
	l := &m.lanes[k]
	done := m.imas[l.ima].adder.Serve(m.engine.Now(), l.add)
	m.schedule(shiftAddEnd, done, l.ima, l.held)
	l.holding = false
	if l.blocked {
		l.blocked = false
		l.readUse.Waiting += m.engine.Now() - l.since
		m.latch(k)
	}
}

// endShiftAdd counts an accumulated scan; after the last one the MVM is complete.
func (m *model) endShiftAdd(i int32, image int64) {
	x := &m.imas[i]
	if x.accumulated[image%double]++; x.accumulated[image%double] < int64(x.lanes)*m.reads {
		return
	}
	x.accumulated[image%double] = 0
	x.complete++
	m.tryOutput(i)
}

// tryOutput sends a complete MVM over the bus, if the sums of its image are free:
// the image before the last must be activated.
func (m *model) tryOutput(i int32) {
	x := &m.imas[i]
	l := &m.layers[x.layer]
	for x.sent < x.complete && x.sent < l.activated+double {
		tile := &m.tiles[m.inputs[x.input].tile]
		done := tile.buffer.Serve(m.engine.Now(), x.outputTime)
		m.schedule(outputLeft, done, i, 0)
		next := outputArrive
		if x.routeTime > 0 {
			next = outputRoute
		}
		m.scheduleRaw(next, done, i, x.sent)
		x.sent++
	}
}

// leave frees an accumulator for the codes that wait for one. All of them are of
// the next image: codes that wait keep their hold, so no lane is further.
func (m *model) leave(i int32) {
	x := &m.imas[i]
	x.left++
	waiting := x.waiting
	x.waiting = x.waiting[:0]
	for _, k := range waiting {
		m.accumulate(k)
	}
}

// route carries an MVM to the layer's home tile.
func (m *model) route(i int32, image int64) {
	x := &m.imas[i]
	done := m.router(m.inputs[x.input].tile).Serve(m.engine.Now(), x.routeTime)
	m.scheduleRaw(outputArrive, done, i, image)
}

// sum adds an MVM to the sums of its image.
func (m *model) sum(i int32, image int64) {
	x := &m.imas[i]
	done := m.tiles[m.layers[x.layer].home].adder.Serve(m.engine.Now(), x.sumTime)
	m.schedule(sumEnd, done, i, image)
}

// endSum counts a summed IMA; after the last one the image's sums are complete.
func (m *model) endSum(k int32, image int64) {
	l := &m.layers[k]
	if l.arrived[image%double]++; l.arrived[image%double] < l.imas {
		return
	}
	l.arrived[image%double] = 0
	l.summed++
	m.tryActivate(k)
}

// tryActivate activates complete sums, if a register is free for the result: the
// image before the last must be written.
func (m *model) tryActivate(k int32) {
	l := &m.layers[k]
	for l.activating < l.summed && l.activating < l.written+double {
		done := m.tiles[l.home].activation.Serve(m.engine.Now(), l.activationTime)
		m.schedule(activationEnd, done, k, l.activating)
		l.activating++
	}
}

func (m *model) endActivation(k int32) {
	l := &m.layers[k]
	l.activated++
	for i := l.firstIMA; i < l.firstIMA+l.imas; i++ {
		m.tryOutput(i)
	}
	m.tryWrite(k)
}

// tryWrite writes a result to every tile that needs it, once each of them has a
// place for it.
func (m *model) tryWrite(k int32) {
	l := &m.layers[k]
	for l.writing < l.activated && m.placesFree(l) {
		image := l.writing
		l.writing++
		l.pending[image%double] = int32(len(l.targets))
		for _, t := range l.targets {
			m.inputs[t.input].claimed++
			if t.routeTime > 0 {
				done := m.router(l.home).Serve(m.engine.Now(), t.routeTime)
				m.schedule(routeEnd, done, t.input, image)
			} else {
				done := m.tiles[l.home].buffer.Serve(m.engine.Now(), t.writeTime)
				m.schedule(writeEnd, done, t.input, image)
			}
		}
		if len(l.targets) == 0 {
			done := m.tiles[l.home].buffer.Serve(m.engine.Now(), l.outTime)
			m.schedule(writeEnd, done, -1, image)
		}
	}
}

func (m *model) placesFree(l *layer) bool {
	for _, t := range l.targets {
		if in := &m.inputs[t.input]; in.claimed-in.freed >= in.slots {
			return false
		}
	}
	return true
}

// endRoute writes a result that has come over the network.
func (m *model) endRoute(i int32, image int64) {
	in := &m.inputs[i]
	for _, t := range m.layers[in.producer].targets {
		if t.input == i {
			done := m.tiles[in.tile].buffer.Serve(m.engine.Now(), t.writeTime)
			m.schedule(writeEnd, done, i, image)
		}
	}
}

// endWrite hands an image to its consumer; input −1 is the network's output.
func (m *model) endWrite(i int32, image int64) {
	producer := int32(len(m.layers) - 1)
	if i >= 0 {
		producer = m.inputs[i].producer
	}
	l := &m.layers[producer]
	if i >= 0 {
		m.inputs[i].arrived++
		m.fetchAll(&m.inputs[i])
		if l.pending[image%double]--; l.pending[image%double] > 0 {
			return
		}
	}
	l.written++
	m.tryActivate(producer)
	if i < 0 {
		m.complete()
	}
}

// complete notes an image that has passed the whole network.
func (m *model) complete() {
	m.done = append(m.done, m.engine.Now())
	if int64(len(m.done)) == m.stopAt {
		m.engine.Stop()
	}
}
