package timing

import (
	"cmp"
	"slices"

	"bitline/internal/units"
)

// This file makes spans of what happens inside IMAs. In exact runs these happen
// in the model and are logged; else a product is run again in an IMA of its own.

// imaSpan is one service inside an IMA.
type imaSpan struct {
	what                action
	lane                int32
	arrival, start, end units.Time
	shot                *shot // nil for a wait
}

// imaLog collects what an IMA does.
type imaLog struct{ spans []imaSpan }

// add logs a service.
func (l *imaLog) add(s imaSpan) { l.spans = append(l.spans, s) }

// The hooks of an IMA. They do nothing where there is no log.

// read is one that begins now.
func (l *imaLog) read(x *imaState, k int32, now units.Time) {
	if l != nil {
		l.add(imaSpan{reading, k, now, now, now + x.kind.read, x.lanes[k].reading})
	}
}

// wait is a lane's for its sample-and-hold, which ends now.
func (l *imaLog) wait(x *imaState, k int32, now units.Time) {
	if l != nil {
		l.add(imaSpan{blocked, k, x.lanes[k].since, x.lanes[k].since, now, nil})
	}
}

// convert is a scan and the accumulation of its codes.
func (l *imaLog) convert(x *imaState, k int32, scanned, added units.Time) {
	if l != nil {
		l.logConvert(x, k, scanned, added)
	}
}

func (l *imaLog) logConvert(x *imaState, k int32, scanned, added units.Time) {
	of := x.lanes[k].held
	l.add(imaSpan{scanning, k, x.lanes[k].asked, scanned - of.scan, scanned, of})
	l.add(imaSpan{accumulating, k, x.kind.edge(scanned), added - of.add, added, of})
}

// interior is what one product does in an IMA, times relative to its beginning.
type interior struct {
	spans []imaSpan
	steps []stretch // of power, for a meter
	busy  []rowStep // for a timeline
}

// stretch is some time in which a level stays as it is, times relative to the
// beginning of a product.
type stretch struct {
	start, end units.Time
	level      int64
}

// levels adds up, of some spans, how much each weighs, and tells when the sum is
// what: in the order of time, without what lies between spans.
func levels(spans []imaSpan, weight func(*imaSpan) int64) []stretch {
	type change struct {
		at        units.Time
		by, spans int64
	}
	var changes []change
	for i := range spans {
		s, by := &spans[i], weight(&spans[i])
		changes = append(changes, change{s.start, by, 1}, change{s.end, -by, -1})
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	var steps []stretch
	var level, open int64
	for i, c := range changes {
		if open > 0 && c.at > changes[i-1].at {
			from := changes[i-1].at
			if n := len(steps) - 1; n >= 0 && steps[n].end == from && steps[n].level == level {
				steps[n].end = c.at
			} else {
				steps = append(steps, stretch{from, c.at, level})
			}
		}
		level += c.by
		open += c.spans
	}
	return steps
}

// maxInside bounds the memory for products whose left work never repeats.
const maxInside = 1024

// interior runs a product again.
func (w *observer) interior(kind *imaKind, o *outcome) *interior {
	if r, ok := w.known[o]; ok {
		return r
	}
	if len(w.known) == maxInside {
		clear(w.known)
	}
	r := &interior{spans: kind.spans(o.left)}
	if w.power != nil {
		r.steps = w.power.steps(kind, r.spans)
	}
	if w.lines != nil {
		r.busy = busySteps(kind, r.spans)
	}
	w.known[o] = r
	return r
}

// spans runs one product in an IMA of its own, event by event.
func (k *imaKind) spans(left busy) []imaSpan {
	x, q := newIMAState(k), &private{}
	x.log = &imaLog{}
	x.resume(left, q)
	x.begin(0, q)
	for len(q.events) > 0 {
		e := q.next()
		x.handle(e.kind, e.lane, e.at, q)
	}
	return x.log.spans
}

func (w *observer) sawProduct(i int32, c int, o *outcome) {
	t, now := &w.m.teams[i], w.m.engine.Now()
	if w.over() || !w.sees(now, now+o.complete) {
		return
	}
	x, class := &t.classes[c], w.firstClass[i]+int32(c)
	r := w.interior(x.kind, o)
	if w.trace != nil {
		image, position := w.ofProduct(i, t.begun-1)
		for _, number := range w.members[class] {
			for k := range r.spans {
				s := ofIMA(x.kind, &r.spans[k], number, now)
				s.node, s.image, s.position = t.layer, image, position
				w.trace.span(&s)
			}
		}
	}
	if w.power != nil {
		w.power.product(t.tile, x.imas, r.steps, now)
	}
	if w.lines != nil {
		w.lines.product(class, x.imas, r.busy, now)
	}
}

func (w *observer) sawIMA(k int32) {
	x := &w.m.imas[k]
	log := x.state.log
	over := w.over() // what waited until now is still logged
	if len(log.spans) == 0 {
		return
	}
	t, of := &w.m.teams[x.team], w.imas[k]
	image, position := w.ofProduct(x.team, t.begun-1)
	for i := range log.spans {
		l := &log.spans[i]
		if w.trace != nil {
			s := ofIMA(x.state.kind, l, of.number, 0)
			s.node, s.image, s.position = t.layer, image, position
			w.trace.span(&s)
		}
		if over || !w.sees(l.start, l.end) {
			continue
		}
		if w.power != nil {
			w.power.service(t.tile, x.state.kind, l)
		}
		if w.lines != nil {
			w.lines.part(x.state.kind, of.class, 1, l)
		}
	}
	log.spans = log.spans[:0]
}

// sawLive takes what an IMA of a class has logged that runs ahead of the model, for
// all of them.
func (w *observer) sawLive(i int32, c int) {
	t := &w.m.teams[i]
	x, class := &t.classes[c], w.firstClass[i]+int32(c)
	log := x.live.state.log
	image, position := w.ofProduct(i, t.begun-1)
	for k := range log.spans {
		l := &log.spans[k]
		if w.over() || !w.sees(l.arrival, l.end) {
			continue
		}
		if w.lines != nil {
			w.lines.part(x.kind, class, x.imas, l)
		}
		if w.trace == nil {
			continue
		}
		for _, number := range w.members[class] {
			s := ofIMA(x.kind, l, number, 0)
			s.node, s.image, s.position = t.layer, image, position
			w.trace.span(&s)
		}
	}
	log.spans = log.spans[:0]
}

// waiting logs what still waits in the IMAs of an exact run when the observer's
// time has passed.
func (w *observer) waiting() {
	for k := range w.m.imas {
		s := w.m.imas[k].state
		for l := range s.lanes {
			if s.lanes[l].blocked {
				s.log.wait(s, int32(l), w.to)
			}
		}
		for p := range s.pools {
			for _, l := range s.pools[p].waiting {
				s.log.add(imaSpan{scanning, l, s.lanes[l].asked, w.to, w.to, s.lanes[l].held})
			}
		}
		w.sawIMA(int32(k))
	}
}

// ofIMA is a service of one of an IMA's parts; its times are relative to some
// time.
func ofIMA(kind *imaKind, l *imaSpan, ima int32, since units.Time) served {
	of := &kind.lanes[l.lane]
	s := served{what: l.what, lane: l.lane, arrival: since + l.arrival, start: since + l.start, end: since + l.end, imas: 1}
	switch l.what {
	case scanning:
		s.at, s.amount = site{inADC, ima, of.pool}, l.shot.codes
	case accumulating:
		s.at, s.amount = site{inShiftAdd, ima, 0}, l.shot.codes
	default:
		s.at, s.amount = site{inCrossbar, ima, l.lane}, of.crossbars*of.rows
	}
	return s
}
