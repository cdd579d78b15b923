package timing

import (
	"bitline/internal/units"
	"bitline/scheduler/sim"
)

// This file records why things happen when they do. What happens, happens as soon
// as the last of its causes has come about: the resource is free, the input has
// arrived, a register or room has become free. That last cause is kept for every
// service and every event, so that the way back from a result is a chain without a
// gap.

// reason says what the time between something and its cause was spent on.
type reason uint8

const (
	onStage reason = iota // nothing, or the edge of a stage
	onRead
	onScan
	onAdd
	onBuffer
	onTileAdd
	onActivation
	onPool
	onLink
	onIO
	onHop
	onHost
	reasons // the number of those that are classes
	// The causes of these lie inside an IMA.
	onRegisters = reasons + iota - 1
	onProduct
	onReady
)

// ClassStage and ClassHop are what an interval may be spent on beside resources.
const (
	ClassStage = "pipeline stage"
	ClassHop   = "hop through a router"
)

var reasonClass = [reasons]string{
	ClassStage, ClassCrossbar, ClassADC, ClassShiftAdd, ClassBuffer, ClassTileAdd, ClassActivation, ClassPool, ClassRouter, ClassIO, ClassHop, ClassHost,
}

// hand is a hand-over that lets something begin: what was taken becomes free. The
// arrival of data is none.
type hand uint8

const (
	noHand hand = iota
	inputRegister
	accumulators
	tileSums
	resultRegister
	room
	flight
	hands
)

var handName = [hands]string{"", "input register", "accumulators", "sums of a tile", "register of results", "room in an eDRAM", "image in flight"}

// noCause is the cause of what began before the record.
const noCause = -1

// node is something that has come about: an event, or the end of a service.
type node struct {
	at    units.Time
	cause int32 // the node before; the product for what happens inside an IMA
	place int32 // tile or link
	times int32 // services
	layer int16 // on crossbars
	on    reason
	hand  hand // by which the cause let it begin
}

// product is one that was begun by a team.
type product struct {
	begin    int32 // node
	before   int32 // product of the team before
	team     int32
	outcomes int32 // of its classes, the index of the first
	hand     hand
}

// linkNodes are when a message was let onto a link, when the link was through
// with it, and when all of it was at the link's end.
type linkNodes struct{ start, done, end int32 }

// causes is the record of a model.
type causes struct {
	model    *model
	nodes    []node
	products []product
	outcomes []*outcome
	current  int32 // node of the event that happens
	event    sim.Event
	// pending are the events that lie ahead; of equal ones the first, and after
	// it those that follow.
	pending map[sim.Event]int32
	after   map[int32]int32
	jobs    map[*sim.Pool]int32 // the last of each
	links   []linkNodes
	begun   []int32 // the last product of each team
	frees   []units.Time
}

// record begins a record of what happens from now on.
func (m *model) record() *causes {
	c := &causes{
		model: m, current: noCause, pending: map[sim.Event]int32{}, after: map[int32]int32{}, jobs: map[*sim.Pool]int32{},
		links: make([]linkNodes, len(m.net.links)), begun: make([]int32, len(m.teams)),
	}
	m.eachPool(func(p *sim.Pool) { c.jobs[p] = c.add(node{at: c.free(p), cause: noCause}) })
	for l := range c.links {
		job := c.jobs[&m.net.links[l]]
		c.links[l] = linkNodes{job, job, job}
	}
	for i := range c.begun {
		c.begun[i] = noCause
	}
	m.causes, m.net.causes = c, c
	return c
}

// stop ends the record.
func (c *causes) stop() { c.model.causes, c.model.net.causes = nil, nil }

// free is when a pool, which has one server, is done with all it was given.
func (c *causes) free(p *sim.Pool) units.Time {
	c.frees = p.Frees(c.frees[:0])
	return c.frees[0]
}

func (c *causes) add(n node) int32 {
	c.nodes = append(c.nodes, n)
	return int32(len(c.nodes) - 1)
}

// happens notes which event does.
func (c *causes) happens(e sim.Event) {
	c.event = e
	i, ok := c.pending[e]
	if !ok { // it was scheduled before the record
		c.current = c.add(node{at: e.Time, cause: noCause})
		return
	}
	c.current = i
	if next, more := c.after[i]; more {
		c.pending[e] = next
		delete(c.after, i)
	} else {
		delete(c.pending, e)
	}
}

// scheduled notes an event with its cause. The service that it ends is the last
// that the resource was given.
func (c *causes) scheduled(e sim.Event) {
	n := node{at: e.Time, cause: c.serviceOf(e), on: onStage, times: 1}
	switch e.Kind {
	case registersFree:
		c.beginProduct(e.A)
		n.cause, n.on = c.begun[e.A], onRegisters
	case productEnd:
		n.cause, n.on = c.begun[e.A], onProduct
	case beginReady:
		n.cause, n.on = c.begun[e.A], onReady
	}
	i := c.add(n)
	first, twin := c.pending[e]
	if !twin {
		c.pending[e] = i
		return
	}
	for next, more := c.after[first]; more; next, more = c.after[first] {
		first = next
	}
	c.after[first] = i
}

// serviceOf records the service that an event ends.
func (c *causes) serviceOf(e sim.Event) int32 {
	m := c.model
	switch e.Kind {
	case fetchEnd, outputLeft:
		t := &m.teams[e.A]
		return c.serve(&m.tiles[t.tile].buffer, node{on: onBuffer, layer: c.layer(t.layer), place: t.tile, hand: c.handOf(e)})
	case outputSum: // outputLeft came before it
		return c.jobs[&m.tiles[m.teams[e.A].tile].buffer]
	case sumEnd, mergeEnd:
		t := &m.teams[e.A]
		return c.serve(&m.tiles[t.tile].adder, node{on: onTileAdd, layer: c.layer(t.layer), place: t.tile})
	case activationEnd:
		tile := m.emitters[e.A].tile
		return c.serve(&m.tiles[tile].activation, node{on: onActivation, layer: c.layer(m.copies[e.A].layer), place: tile, hand: c.handOf(e)})
	case writeEnd:
		s := &m.stores[e.A]
		n := node{on: onBuffer, layer: int16(s.layer), place: s.tile, hand: c.handOf(e)}
		if s.emitter < 0 {
			return c.serve(&m.tiles[s.tile].buffer, n)
		}
		n.on, n.times = onPool, s.start[e.B+1]-s.start[e.B]
		return c.serve(&m.tiles[s.tile].pool, n)
	case outputEnd:
		x := &m.emitters[e.A]
		return c.serve(&m.tiles[x.tile].buffer, node{on: onBuffer, layer: int16(m.flows[x.flow].layer), place: x.tile, hand: c.handOf(e)})
	case messageArrive, sumsArrive, portArrive:
		if first := &c.nodes[c.links[m.net.path[0]].done]; first.cause == c.current {
			first.hand = c.handOf(e)
		}
		return c.messageEnd()
	case resultArrive:
		return c.serve(&m.host, node{on: onHost, layer: int16(m.flows[m.emitters[e.A].flow].layer)})
	case pixelEnd:
		return c.serve(&m.host, node{on: onHost, layer: int16(m.flows[m.emitters[e.A].flow].layer), hand: c.handOf(e)})
	}
	return c.current
}

func (c *causes) layer(k int32) int16 { return int16(c.model.flows[k].layer) }

// messageEnd is the arrival of the message that was sent last.
func (c *causes) messageEnd() int32 {
	path := c.model.net.path
	return c.links[path[len(path)-1]].end
}

func (c *causes) serve(p *sim.Pool, n node) int32 {
	return c.serveAt(p, n, c.current, c.model.engine.Now())
}

// serveAt records a service that was asked for at a time. It begins then, or when
// the service before it ends.
func (c *causes) serveAt(p *sim.Pool, n node, asked int32, at units.Time) int32 {
	n.cause = asked
	if before := c.jobs[p]; c.nodes[before].at > at {
		n.cause, n.hand = before, noHand
	}
	n.at, n.times = c.free(p), max(n.times, 1)
	i := c.add(n)
	c.jobs[p] = i
	return i
}

// passed records the way of a message over one link: p is when its head and its
// end were before it.
func (c *causes) passed(l int32, p passage, done units.Time) {
	n := &c.model.net
	before := int32(noCause)
	for i, x := range n.path {
		if x == l && i > 0 {
			before = n.path[i-1]
		}
	}
	x := node{at: done, on: onLink, layer: int16(n.layer), place: l, times: 1}
	if n.isIO(l) {
		x.on = onIO
	}
	free := c.links[l].done
	switch {
	case c.nodes[free].at > p.head:
		x.cause = free
	case before >= 0:
		x.cause = c.add(node{at: p.head, cause: c.links[before].start, on: onHop, layer: x.layer, place: before, times: 1})
	default:
		x.cause = c.current // the event that it ends will tell the hand-over
	}
	i := c.add(x)
	end, at := i, done
	if x.on == onIO && n.ioHop > 0 { // which ends behind the link
		at += n.ioHop
		end = c.add(node{at: at, cause: i, on: onHop, layer: x.layer, place: l, times: 1})
	}
	if p.end > at {
		end = c.links[before].end
	}
	c.links[l] = linkNodes{x.cause, i, end}
}

// beginProduct records that a team begins a product.
func (c *causes) beginProduct(i int32) {
	t := &c.model.teams[i]
	p := product{begin: c.current, before: c.begun[i], team: i, outcomes: int32(len(c.outcomes))}
	if c.event.Kind == outputLeft {
		p.hand = accumulators
	}
	for k := range t.classes {
		c.outcomes = append(c.outcomes, t.classes[k].open[(t.begun-1)%double])
	}
	c.begun[i] = int32(len(c.products))
	c.products = append(c.products, p)
}

// handOf says what the event that happens now has handed over, so that the service
// which another event ends may begin.
func (c *causes) handOf(e sim.Event) hand {
	if c.current == noCause {
		return noHand
	}
	by := c.event.Kind
	switch e.Kind {
	case fetchEnd:
		switch by {
		case registersFree:
			return inputRegister
		case outputEnd, resultArrive:
			return flight
		case fetchEnd, activationEnd, mergeEnd: // the source has sent at once
			return room
		}
	case outputLeft:
		if by != productEnd {
			return tileSums
		}
	case sumsArrive: // sent when they are complete, or when there is a place for them
		if by != sumEnd && by != mergeEnd || c.event.A != c.model.teams[e.A].previous {
			return tileSums
		}
	case activationEnd:
		if by != mergeEnd && !c.brings(e.A) {
			return resultRegister
		}
	case writeEnd, messageArrive:
		return c.handOfResult(c.emitterOf(e))
	case outputEnd:
		return c.handOfResult(e.A)
	case pixelEnd:
		return c.handOfResult(fromSource)
	}
	return noHand
}

// brings says whether the event that happens writes what a copy adds.
func (c *causes) brings(copy int32) bool {
	return c.event.Kind == writeEnd && c.model.stores[c.event.A].copy == copy
}

// fromSource is the emitter of images, whichever it is.
const fromSource = -1

// emitterOf is who sends what an event writes.
func (c *causes) emitterOf(e sim.Event) int32 {
	switch e.Kind {
	case outputEnd, resultArrive:
		return e.A
	}
	f := &c.model.flows[c.model.stores[e.A].flow]
	if f.emitter == nil {
		return fromSource
	}
	return f.emitter[e.C%f.positions]
}

// handOfResult is that for what an emitter sends.
func (c *causes) handOfResult(emitter int32) hand {
	switch c.event.Kind {
	case fetchEnd, mergeEnd:
		return room
	case outputEnd, resultArrive:
		if emitter == fromSource {
			return flight
		}
	case writeEnd:
		if c.model.stores[c.event.A].emitter == emitter {
			return noHand // it completes a window of a pool
		}
	default:
		return noHand
	}
	if c.emitterOf(c.event) != emitter {
		return room
	}
	return resultRegister
}
