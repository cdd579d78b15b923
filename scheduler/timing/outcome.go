package timing

import (
	"bitline/adc"
	"bitline/internal/units"
	"bitline/scheduler/sim"
)

// outcome is what one product does in an IMA, times relative to its beginning.
// It depends on nothing but the IMA's kind and what work the product before has
// left, so that it is worked out once and used again.
type outcome struct {
	left busy // by the product before

	registerFree units.Time
	ready        units.Time // the earliest beginning of the next product
	complete     units.Time
	leaves       busy
	scans        int64
	reads, adds  sim.Use
	pools        []sim.Use
}

// busy says until when parts of an IMA have work in hand: the shift-and-add units,
// each converter, pool by pool, and each lane's sample-and-hold.
type busy []units.Time

// maxOutcomes bounds the memory of a kind whose left work never repeats.
const maxOutcomes = 64

// outcome is that of a product that begins now, with the times until which parts
// are busy.
func (k *imaKind) outcome(until busy, now units.Time) *outcome {
	first := now + k.read // nothing is asked of any part before
next:
	for i := range k.outcomes {
		for j, t := range k.outcomes[i].left {
			if max(until[j]-first, 0) != t {
				continue next
			}
		}
		return k.outcomes[i]
	}
	if len(k.outcomes) == maxOutcomes {
		k.outcomes = k.outcomes[:0]
	}
	left := make(busy, len(until))
	for j, t := range until {
		left[j] = max(t-first, 0)
	}
	k.outcomes = append(k.outcomes, k.simulate(left))
	return k.outcomes[len(k.outcomes)-1]
}

// parts is the number of parts that may be busy.
func (k *imaKind) parts() int {
	n := 1 + len(k.lanes)
	for _, converters := range k.pools {
		n += converters
	}
	return n
}

// simulate runs one product in an IMA of its own, event by event.
func (k *imaKind) simulate(left busy) *outcome {
	x, q := newIMAState(k), &private{}
	x.resume(left, q)
	o := &outcome{left: left}
	hear := func(n news, now units.Time) {
		if n&registerFree != 0 {
			o.registerFree = now
		}
		if n&ready != 0 {
			o.ready = now
		}
		if n&complete != 0 {
			o.complete = now
		}
	}
	hear(x.begin(0, q), 0)
	for len(q.events) > 0 {
		e := q.next()
		hear(x.handle(e.kind, e.lane, e.at, q), e.at)
	}
	o.leaves = x.busy()
	o.scans, o.reads, o.adds = x.scans, x.readUse, x.adder.Use()
	for p := range x.pools {
		o.pools = append(o.pools, x.poolUse(p))
	}
	return o
}

// resume puts a new state to work for what a product has left; times are relative
// to the end of the first read.
func (x *imaState) resume(left busy, a agenda) {
	read := x.kind.read
	serve := func(p *sim.Pool, t units.Time) {
		if t > 0 {
			p.Serve(0, read+t)
		}
	}
	serve(&x.adder, left[0])
	i := 1
	for p, converters := range x.kind.pools {
		for range converters {
			if x.kind.arbitration == adc.RoundRobin && left[i] > 0 {
				x.pools[p].idle--
				x.pools[p].until[x.pools[p].idle] = read + left[i]
				a.post(converterFree, x.pools[p].lane, read+left[i])
			} else {
				serve(&x.pools[p].oldest, left[i])
			}
			i++
		}
		x.pools[p].oldest.Reset()
	}
	x.adder.Reset()
	for k := range x.lanes {
		if t := left[i+k]; t > 0 {
			x.lanes[k].until = read + t
		}
	}
}

// busy is until when the parts have work in hand.
func (x *imaState) busy() busy {
	b := busy(x.adder.Frees(nil))
	for p := range x.pools {
		if x.kind.arbitration == adc.RoundRobin {
			b = append(b, x.pools[p].until...)
			continue
		}
		b = x.pools[p].oldest.Frees(b)
	}
	for k := range x.lanes {
		b = append(b, x.lanes[k].until)
	}
	return b
}

// private is the agenda of an IMA on its own: few events, kept in order, the
// next one last.
type private struct{ events []privateEvent }

type privateEvent struct {
	at   units.Time
	kind uint8
	lane int32
}

// after says whether an event comes after another that was posted before it.
func (e privateEvent) after(o privateEvent) bool {
	return e.at > o.at || e.at == o.at && e.kind >= o.kind
}

func (q *private) post(kind uint8, lane int32, at units.Time) {
	e := privateEvent{at: at, kind: kind, lane: lane}
	q.events = append(q.events, e)
	i := len(q.events) - 1
	for ; i > 0 && e.after(q.events[i-1]); i-- {
		q.events[i] = q.events[i-1]
	}
	q.events[i] = e
}

func (q *private) next() privateEvent {
	e := q.events[len(q.events)-1]
	q.events = q.events[:len(q.events)-1]
	return e
}
