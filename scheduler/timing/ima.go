package timing

import (
	"slices"

	"bitline/adc"
	"bitline/internal/units"
	"bitline/scheduler/sim"
)

// This file is what happens inside one IMA during one matrix-vector product:
// reads, scans by the shared converters, shift-and-add.

// imaKind is all of an IMA that its times depend on; IMAs of one kind behave
// alike.
type imaKind struct {
	lanes []lane
	pools []int // converters of each pool
	// arbitration says which of the arrays that wait for a converter is next.
	arbitration adc.Arbitration
	stage       units.Time // 0: no stages
	read        units.Time // of one read
	reads       int32      // of one product
	outcomes    []*outcome // known ones
}

// lane is an array, or a pair of arrays whose currents are subtracted, with its
// drivers and its sample-and-hold.
type lane struct {
	pool      int32 // converters of the IMA that take its columns
	crossbars int64 // 1, or 2 for a pair
	rows      int64 // mapped wordlines of each
	columns   int64 // mapped bitlines of each that hold weights
	shot            // the one of every read, where steps is nil
	// steps are the shots of one pass over the columns, for each input step, where
	// reads differ; none where a step needs no read.
	steps [][]shot
	// block is the first of the layer's row blocks that lie on the array, one for
	// each group; they are noted where work follows the data.
	block, blocks int32
}

// shot is what one read of an array, or of some of its columns, leads to.
type shot struct {
	spans []span
	unit  int64      // columns that a converter of their own takes
	codes int64      // of one scan
	scan  units.Time // of all columns, the multiplexer's settling included
	add   units.Time // of all codes in the IMA's shift-and-add units
}

// span is columns converted at one resolution.
type span struct {
	bits    int
	columns int64
}

// The events inside an IMA. Their order is their order within one instant: what
// empties a place comes before what wants to fill it.
const (
	addEnd        uint8 = iota // of the last scan of a product
	scanEnd                    // that an array waits for, or any under round-robin arbitration
	converterFree              // under round-robin arbitration
	readEnd
	imaEvents // the number of kinds
)

// agenda is where an IMA posts what will happen to one of its lanes.
type agenda interface {
	post(kind uint8, lane int32, at units.Time)
}

// news is what an event inside an IMA means to the outside.
type news uint8

const (
	registerFree news = 1 << iota // every array has begun its last read: the last bits are latched on the wordlines
	ready                         // the arrays may begin the next product
	complete                      // every code of a product is accumulated
)

// imaState is an IMA at work.
//
// The arrays begin a product together, once every result of the product before is
// latched and, under round-robin arbitration, with a converter. From there on each
// array reads as fast as its sample-and-hold empties. Converters are given to
// results, and shift-and-add units to scans, in the order in which these were
// latched; so nothing that a product does can hold up the product before, and all
// that one product leaves to the next is work in hand.
type imaState struct {
	kind    *imaKind
	lanes   []laneState
	pools   []poolState
	adder   sim.Pool
	readUse sim.Use // of single arrays
	scans   int64
	log     *imaLog // nil: nobody listens

	lastBegun, latched, asking int32

	tracer *tracer // nil: nobody asks why things happen when they do
}

type laneState struct {
	next    int32 // read to begin next
	reads   int32 // of this product
	reading *shot // what the read that goes on, or is blocked, leads to
	held    *shot
	course
	blocked bool       // a finished read waits for the hold
	holding bool       // a result that has no converter yet
	until   units.Time // when the held result is converted
	since   units.Time // when a blocked lane began to wait
	asked   units.Time // when the held result began to wait for a converter
}

// poolState is the converters of one pool: they serve the oldest first, or the
// lanes in turn.
type poolState struct {
	oldest  sim.Pool
	lane    int32 // the first of the pool, in whose name its converters become free
	idle    int32
	until   []units.Time // when each converter is done
	last    int32        // lane that was served last
	waiting []int32
	use     sim.Use
}

func newIMAState(kind *imaKind) *imaState {
	x := &imaState{kind: kind, lanes: make([]laneState, len(kind.lanes)), pools: make([]poolState, len(kind.pools)), adder: sim.NewPool(1)}
	for p, n := range kind.pools {
		x.pools[p] = poolState{oldest: sim.NewPool(n), idle: int32(n), until: make([]units.Time, n), last: int32(len(kind.lanes)) - 1}
	}
	for k, l := range slices.Backward(kind.lanes) {
		x.pools[l.pool].lane = int32(k)
	}
	for k := range kind.lanes {
		x.lanes[k].reads = kind.reads
		if kind.lanes[k].steps != nil {
			x.lanes[k].course.times = make([]int32, kind.reads)
			x.setTimes(int32(k), func(int) int32 { return 1 })
		}
	}
	return x
}

// edge is the first stage boundary at or after t.
func (k *imaKind) edge(t units.Time) units.Time { return edge(k.stage, t) }

// edge is the first boundary of stages at or after t, or t where there are none.
// What an operation makes is usable from the boundary at or after its end, so
// that operations are asked for at boundaries; a resource serves those asked for
// at one boundary back to back.
func edge(stage, t units.Time) units.Time {
	if stage == 0 {
		return t
	}
	return (t + stage - 1) / stage * stage
}

// begin starts the first reads of a product. The arrays' turns begin anew with it.
func (x *imaState) begin(now units.Time, a agenda) (n news) {
	x.lastBegun, x.latched = 0, 0
	for p := range x.pools {
		x.pools[p].last = int32(len(x.lanes)) - 1
	}
	due := int64(0)
	for k := range x.lanes {
		l := &x.lanes[k]
		l.next = 0
		l.start()
		due += int64(l.reads)
		if l.reads == 0 { // the lane has nothing to do
			x.lastBegun++
			x.latched++
		}
	}
	if due == 0 { // complete once the product before is
		a.post(addEnd, 0, x.kind.edge(now+x.adder.Backlog(now)))
		return registerFree | ready
	}
	for k := range x.lanes {
		if x.lanes[k].reads > 0 {
			n |= x.read(int32(k), now, a)
		}
	}
	return n
}

// read begins a lane's next read.
func (x *imaState) read(k int32, now units.Time, a agenda) (n news) {
	l, crossbars := &x.lanes[k], x.kind.lanes[k].crossbars
	l.next++
	l.reading = l.shot(&x.kind.lanes[k])
	x.readUse.Jobs += crossbars
	x.readUse.Busy += units.Time(crossbars) * x.kind.read
	x.log.read(x, k, now)
	a.post(readEnd, k, x.kind.edge(now+x.kind.read))
	if l.next == l.reads {
		if x.lastBegun++; int(x.lastBegun) == len(x.lanes) {
			n = registerFree
		}
	}
	return n
}

// handle lets an event happen.
func (x *imaState) handle(kind uint8, k int32, now units.Time, a agenda) news {
	switch kind {
	case readEnd:
		return x.endRead(k, now, a)
	case scanEnd:
		return x.endScan(k, now, a)
	case converterFree:
		pool := x.kind.lanes[k].pool
		x.pools[pool].idle++
		return x.arbitrate(pool, now, a)
	default:
		return complete
	}
}

// endRead latches a result, or blocks the array until the one before is converted.
func (x *imaState) endRead(k int32, now units.Time, a agenda) news {
	l := &x.lanes[k]
	if !l.holding && l.until <= now {
		return x.latch(k, now, a)
	}
	l.blocked, l.since = true, now
	if !l.holding {
		a.post(scanEnd, k, l.until)
	}
	return 0
}

// latch holds the lane's last result, asks for its scan, and lets the array read
// on.
func (x *imaState) latch(k int32, now units.Time, a agenda) (n news) {
	l := &x.lanes[k]
	l.held = l.reading
	last := l.next == l.reads
	if last {
		x.latched++
	}
	n = x.ask(k, now, a)
	if !last {
		n |= x.read(k, now, a)
	}
	return n
}

// ask takes a held result to a converter.
func (x *imaState) ask(k int32, now units.Time, a agenda) news {
	l := &x.kind.lanes[k]
	p := &x.pools[l.pool]
	x.lanes[k].asked = now
	if x.kind.arbitration == adc.RoundRobin {
		x.lanes[k].holding = true
		p.waiting = append(p.waiting, k)
		x.asking++
		return x.arbitrate(l.pool, now, a)
	}
	return x.convert(k, p.oldest.Serve(now, x.lanes[k].held.scan), a)
}

// convert gives a result a converter until a time, and its codes their time in the
// shift-and-add units. It tells when all results of the product have converters,
// and posts the end of the product.
func (x *imaState) convert(k int32, done units.Time, a agenda) news {
	if x.tracer != nil {
		x.tracer.converts(k)
	}
	l, scanned := &x.lanes[k], done
	done = x.kind.edge(done)
	x.scans++
	l.until = done
	if l.holding = false; l.blocked {
		a.post(scanEnd, k, done)
	}
	added := x.adder.Serve(done, l.held.add)
	x.log.convert(x, k, scanned, added)
	if int(x.latched) < len(x.lanes) || x.asking > 0 {
		return 0
	}
	a.post(addEnd, k, x.kind.edge(added))
	return ready
}

// endScan empties the hold of an array that waits for it.
func (x *imaState) endScan(k int32, now units.Time, a agenda) news {
	l := &x.lanes[k]
	l.blocked = false
	x.readUse.Waiting += (now - l.since) * units.Time(x.kind.lanes[k].crossbars)
	x.log.wait(x, k, now)
	return x.latch(k, now, a)
}
