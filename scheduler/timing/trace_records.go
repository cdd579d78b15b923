package timing

import (
	"bufio"
	"cmp"
	"fmt"
	"slices"

	"bitline/internal/units"
)

// traceWriter puts spans and changes of counters in order and writes them. What is
// booked begins now or later, so that all before now is known.
type traceWriter struct {
	b        *builder
	m        *model
	from, to units.Time
	out      *bufio.Writer
	err      error
	events   int64 // written
	most     int64 // at which it gives up
	line     []byte

	pending []record
	room    int // records at which those before now are written
	fills   []int64

	layers   []string // as JSON; the image's is the last
	tracks   map[site]*track
	counters map[counter]*count
	order    []*count // as first seen
	begun    bool     // the stretch
}

// record is a span or a change of a counter.
type record struct {
	time  units.Time
	delta int64   // of a counter; 0 for a span
	of    counter // of a counter
	span  served
}

// counter is the queue before a resource, or what lies in a store.
type counter struct {
	at    site
	store int32 // −1 for a queue
}

// count is a counter's value.
type count struct {
	value   int64
	pid     int32
	name    string // as JSON
	unit    string
	written int64
}

// leastRoom is how many records are sorted at once, at least.
const leastRoom = 1 << 13

func newTraceWriter(b *builder, m *model, o TraceOptions) *traceWriter {
	w := &traceWriter{
		b: b, m: m, from: o.From, to: o.To, most: cmp.Or(o.most, maxTraceEvents), out: bufio.NewWriterSize(o.Writer, 1<<16), room: leastRoom,
		fills: make([]int64, len(m.stores)), tracks: map[site]*track{}, counters: map[counter]*count{},
	}
	for i := range b.nodes {
		w.layers = append(w.layers, quote(b.nodes[i].Name))
	}
	w.layers = append(w.layers, quote("image"))
	w.head()
	return w
}

// span takes a service in. Whoever waits for it is in the queue from arrival to
// start.
func (w *traceWriter) span(s *served) {
	if s.what == blocked { // an exact run does not know how long it will be
		s.end = min(s.end, w.to)
	}
	if s.start > s.arrival && s.what != blocked && s.start > w.from && s.arrival < w.to {
		of := counter{at: s.at, store: -1}
		w.push(record{time: s.arrival, delta: 1, of: of})
		w.push(record{time: s.start, delta: -1, of: of})
	}
	if s.start < w.to && (s.end > w.from || s.end == w.from && s.start == s.end) {
		w.push(record{time: s.start, span: *s})
	}
}

// fill takes in what lies in a store.
func (w *traceWriter) fill(i int32) {
	s := &w.m.stores[i]
	lies := max(s.arrived-s.freed, 0)
	if lies == w.fills[i] {
		return
	}
	w.push(record{time: w.m.engine.Now(), delta: lies - w.fills[i], of: counter{at: site{place: inBuffer, owner: s.tile}, store: i}})
	w.fills[i] = lies
}

func (w *traceWriter) push(r record) {
	w.pending = append(w.pending, r)
	if len(w.pending) >= w.room {
		w.flush(min(w.m.engine.Now(), w.to))
		w.room = max(leastRoom, 2*len(w.pending))
	}
}

// flush writes what happens before a time, in order.
func (w *traceWriter) flush(before units.Time) {
	slices.SortFunc(w.pending, compareRecords)
	n, _ := slices.BinarySearchFunc(w.pending, before, func(r record, t units.Time) int { return cmp.Compare(r.time, t) })
	for i := 0; i < n && w.err == nil; {
		r := &w.pending[i]
		if !w.begun && r.time >= w.from {
			w.begin()
		}
		if r.delta == 0 {
			w.err = w.writeSpan(&r.span)
			i++
			continue
		}
		i = w.change(i, n)
	}
	w.pending = slices.Delete(w.pending, 0, n)
	if w.err != nil {
		w.m.engine.Stop()
	}
}

// change applies the changes of one counter at one time, from one record on, and
// says which is the next.
func (w *traceWriter) change(i, n int) int {
	r := w.pending[i]
	c := w.counter(r.of)
	for ; i < n && w.pending[i].delta != 0 && w.pending[i].time == r.time && w.pending[i].of == r.of; i++ {
		c.value += w.pending[i].delta
	}
	if w.begun && c.value != c.written {
		w.writeCount(c, r.time)
	}
	return i
}

// begin writes what the counters are when the stretch begins.
func (w *traceWriter) begin() {
	w.begun = true
	for _, c := range w.order {
		if c.value != 0 {
			w.writeCount(c, w.from)
		}
	}
}

// close writes what is left.
func (w *traceWriter) close() error {
	w.flush(w.to)
	if !w.begun && w.err == nil {
		w.begin()
	}
	if w.err != nil {
		return w.err
	}
	w.tail()
	return w.out.Flush()
}

// compareRecords orders records by time and then by all that they are, so that
// the order in which they were made does not matter. Changes of counters come
// first.
func compareRecords(a, b record) int {
	if c := cmp.Compare(a.time, b.time); c != 0 {
		return c
	}
	if (a.delta == 0) != (b.delta == 0) {
		if a.delta != 0 {
			return -1
		}
		return 1
	}
	if a.delta != 0 {
		return cmp.Or(compareSites(a.of.at, b.of.at), cmp.Compare(a.of.store, b.of.store), cmp.Compare(a.delta, b.delta))
	}
	return compareSpans(&a.span, &b.span)
}

func compareSpans(a, b *served) int {
	return cmp.Or(
		compareSites(a.at, b.at), cmp.Compare(a.end, b.end), cmp.Compare(a.node, b.node), cmp.Compare(a.image, b.image),
		cmp.Compare(a.position, b.position), cmp.Compare(a.lane, b.lane), cmp.Compare(a.what, b.what),
	)
}

func compareSites(a, b site) int {
	return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.owner, b.owner), cmp.Compare(a.part, b.part))
}

// serverOf finds a server of a track's resource that is free for a span. There is
// one, unless a resource serves more than its servers can.
func serverOf(t *track, s *served) (int32, error) {
	for i, until := range t.until {
		if until <= s.start {
			t.until[i] = s.end
			return int32(i), nil
		}
	}
	return 0, fmt.Errorf("%s does more than %d things at once at %v: a fault of the model", t.names[0], len(t.until), s.start)
}
