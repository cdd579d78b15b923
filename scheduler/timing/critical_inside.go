package timing

import (
	"bitline/adc"
	"bitline/internal/units"
)

// This file records why things happen inside an IMA when they do: it runs one
// product again, event by event, and keeps the last cause of each.

// step is something that has come about inside an IMA.
type step struct {
	at    units.Time // since the beginning of the product
	cause int32      // the step before; less than 0: see below
	on    reason
}

// began is the cause of the first reads; began − 1 − j is the work of part j that
// the product before has left.
const began = -1

// inside is the steps of one product.
type inside struct {
	steps                      []step
	registers, complete, ready int32
	leaves                     []int32
}

// tracer is the agenda of a product whose steps are recorded.
type tracer struct {
	inside
	kind    *imaKind
	queue   private
	ids     map[privateEvent][]int32
	now     units.Time
	current int32
	left    busy       // while the work left is being posted
	servers [][]server // of each pool
	adder   server
	scanned int32 // the last scan that was given a converter
	holds   []int32
}

// server is when a server is free, and the end of its last service.
type server struct {
	free units.Time
	step int32
}

// trace runs the product of an outcome again.
func (k *imaKind) trace(o *outcome) *inside {
	t := &tracer{kind: k, ids: map[privateEvent][]int32{}, left: o.left, holds: make([]int32, len(k.lanes))}
	root := func(j int) server {
		if o.left[j] == 0 {
			return server{step: t.add(0, began, onStage)}
		}
		return server{k.read + o.left[j], t.add(k.read+o.left[j], began-1-int32(j), onStage)}
	}
	t.adder = root(0)
	j := 1
	for _, converters := range k.pools {
		var servers []server
		for range converters {
			servers = append(servers, root(j))
			j++
		}
		t.servers = append(t.servers, servers)
	}
	for lane := range k.lanes {
		t.holds[lane] = root(j + lane).step
	}
	x := newIMAState(k)
	x.tracer = t
	x.resume(o.left, t)
	t.left = nil
	t.current = t.add(0, began, onStage)
	t.hear(x.begin(0, t))
	for len(t.queue.events) > 0 {
		e := t.queue.next()
		t.now, t.current = e.at, t.ids[e][0]
		t.ids[e] = t.ids[e][1:]
		t.hear(x.handle(e.kind, e.lane, e.at, t))
	}
	t.leave(x)
	return &t.inside
}

func (t *tracer) add(at units.Time, cause int32, on reason) int32 {
	t.steps = append(t.steps, step{at, cause, on})
	return int32(len(t.steps) - 1)
}

func (t *tracer) hear(n news) {
	if n&registerFree != 0 {
		t.registers = t.current
	}
	if n&ready != 0 {
		t.ready = t.current
	}
	if n&complete != 0 {
		t.complete = t.current
	}
}

// leave finds the last steps of the parts, in their order.
func (t *tracer) leave(x *imaState) {
	until := x.busy()
	t.leaves = append(t.leaves, t.adder.step)
	for p, converters := range t.kind.pools {
		for range converters {
			at := until[len(t.leaves)]
			step := t.add(0, began, onStage)
			for _, s := range t.servers[p] {
				if s.free == at {
					step = s.step
				}
			}
			t.leaves = append(t.leaves, step)
		}
	}
	t.leaves = append(t.leaves, t.holds...)
}

// converts records that a lane's result is given a converter, which holds it until
// the scan ends, and its codes their time in the shift-and-add units. The last scan
// of a product ends with the product, so that the codes of all are recorded.
func (t *tracer) converts(lane int32) {
	k := t.kind
	l := &k.lanes[lane]
	if k.arbitration != adc.RoundRobin { // else its end has been posted
		t.scanned = t.serve(t.server(l.pool), t.now, t.current, l.scan, onScan)
	}
	hold := t.atEdge(k.edge(t.steps[t.scanned].at), t.scanned)
	t.holds[lane] = hold
	t.serve(&t.adder, t.steps[hold].at, hold, l.add, onAdd)
}

// post records what an event ends.
func (t *tracer) post(kind uint8, lane int32, at units.Time) {
	k := t.kind
	l := &k.lanes[lane]
	var id int32
	switch {
	case t.left != nil: // only converters that are lent in turn post their end
		id = t.leftBy(l.pool, at)
	case kind == readEnd:
		id = t.atEdge(at, t.add(t.now+k.read, t.current, onRead))
	case kind == converterFree:
		t.scanned = t.serve(t.server(l.pool), t.now, t.current, l.scan, onScan)
		id = t.scanned
	case kind == scanEnd:
		id = t.holds[lane]
	default:
		id = t.atEdge(at, t.adder.step)
	}
	t.queue.post(kind, lane, at)
	e := privateEvent{at: at, kind: kind, lane: lane}
	t.ids[e] = append(t.ids[e], id)
}

// leftBy is the work left of a converter.
func (t *tracer) leftBy(pool int32, at units.Time) int32 {
	for _, s := range t.servers[pool] {
		if s.free == at {
			return s.step
		}
	}
	panic("timing: no converter is busy until then")
}

// atEdge adds the wait for a stage to a step, if there is one.
func (t *tracer) atEdge(at units.Time, id int32) int32 {
	if t.steps[id].at == at {
		return id
	}
	return t.add(at, id, onStage)
}

// server is the one of a pool that is free first.
func (t *tracer) server(pool int32) *server {
	first := &t.servers[pool][0]
	for i := range t.servers[pool] {
		if s := &t.servers[pool][i]; s.free < first.free {
			first = s
		}
	}
	return first
}

// serve records a service that was asked for by a step at a time.
func (t *tracer) serve(s *server, asked units.Time, by int32, service units.Time, on reason) int32 {
	start := asked
	if s.free > asked {
		start, by = s.free, s.step
	}
	s.free = start + service
	s.step = t.add(s.free, by, on)
	return s.step
}
