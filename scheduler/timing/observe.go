package timing

import (
	"bitline/internal/units"
	"bitline/scheduler"
)

// This file is how a run is watched. A model without an observer asks at every
// service whether there is one, and nothing else.

// action is what a resource does during a span.
type action uint8

const (
	fetching   action = iota // eDRAM to input registers
	outputting               // output registers to the tile's shift-and-add units
	writing                  // a value into an eDRAM
	storing                  // a result of the network into the eDRAM of its own tile
	summing                  // the outputs of a tile's IMAs
	merging                  // the sums of the tile before
	activating
	pooling
	sending   // over one link
	receiving // a position of an image from the host
	returning // a result to the host
	reading
	blocked // a finished read waits for the sample-and-hold; its array is not busy
	scanning
	accumulating
)

// String is the action's name in a trace.
func (a action) String() string {
	return [...]string{
		"fetch", "output", "write", "write result", "sum", "merge", "activate", "pool", "send", "receive", "return",
		"read", "wait for hold", "scan", "shift-and-add",
	}[a]
}

// unit says what an action's amount counts.
func (a action) unit() string {
	return [...]string{
		"bits", "bits", "bits", "bits", "values", "values", "values", "values", "bits", "bits", "bits",
		"rows", "rows", "columns", "codes",
	}[a]
}

// place is a kind of resource, in the order of a tile's tracks; see site.
type place uint8

const (
	inBuffer     place = iota // owner: tile
	inTileAdd                 // the same
	inActivation              // the same
	inPool                    // the same
	inCrossbar                // owner: IMA in the system; part: lane
	inADC                     // owner: IMA; part: pool of converters
	inShiftAdd                // owner: IMA
	inLink                    // owner: link
	inHost
)

// site is one resource of the system.
type site struct {
	place       place
	owner, part int32
}

// served is one thing that a resource does.
type served struct {
	at                  site
	what                action
	arrival, start, end units.Time // work waits from its arrival to its start
	node                int32      // layer of the network whose values these are; the image's is the number of layers
	lane                int32      // of an IMA
	image, position     int64
	amount              int64 // bits, values, rows, columns or codes
	imas                int64 // whose registers take part
}

// observer watches a model for some time and hands what overlaps it to whoever
// asked: a trace, a power meter, a timeline. The engine stops at the end of it.
type observer struct {
	b        *builder
	m        *model
	from, to units.Time
	trace    *traceWriter
	power    *meter
	lines    *lines

	node            int32 // of the message on its way
	image, position int64
	left, returned  []int64 // results of each emitter, to the network and to the host, since the beginning of the run
	firstClass      []int32 // of each team, among all classes
	members         []members
	imas            []member // of the IMAs of an exact run
	known           map[*outcome]*interior
}

// members are the numbers of a class's IMAs.
type members []int32

// member is one IMA of an exact run: its class among all, and its number.
type member struct{ class, number int32 }

// observe lets an observer watch a model, from now on.
func (b *builder) observe(m *model, w *observer) {
	w.b, w.m, w.known = b, m, map[*outcome]*interior{}
	w.left, w.returned = make([]int64, len(m.emitters)), make([]int64, len(m.emitters))
	for i := range m.teams {
		t := &m.teams[i]
		w.firstClass = append(w.firstClass, int32(len(w.members)))
		numbers := b.numbers(t)
		for c := range t.classes {
			if m.exact {
				for _, n := range numbers[c] {
					w.imas = append(w.imas, member{int32(len(w.members)), n})
				}
			}
			w.members = append(w.members, numbers[c])
		}
	}
	for i := range m.imas {
		m.imas[i].state.log = &imaLog{}
	}
	m.watch, m.net.watch = w, w
}

// numbers lists the IMAs of each class of a team.
func (b *builder) numbers(t *team) []members {
	all := make([]members, len(t.classes))
	eachIMA(t.arrays, func(arrays []scheduler.Array) {
		kind := b.kindOf(t.layer, arrays)
		for c := range t.classes {
			if t.classes[c].kind == kind {
				all[c] = append(all[c], arrays[0].IMA)
			}
		}
	})
	return all
}

// eachIMA visits the arrays of each IMA of a team.
func eachIMA(arrays []scheduler.Array, visit func([]scheduler.Array)) {
	for from := 0; from < len(arrays); {
		to := from
		for to < len(arrays) && arrays[to].IMA == arrays[from].IMA {
			to++
		}
		visit(arrays[from:to])
		from = to
	}
}

// over says that the observer's time has passed, and stops the engine.
func (w *observer) over() bool {
	if w.m.engine.Now() < w.to {
		return false
	}
	w.m.engine.Stop()
	return true
}

// sees says whether the time from start to end overlaps the observer's; a moment
// does if it lies in it.
func (w *observer) sees(start, end units.Time) bool {
	return start < w.to && (end > w.from || end == w.from && start == end)
}

// span hands a service on.
func (w *observer) span(s served) {
	if w.over() {
		return
	}
	if w.trace != nil {
		w.trace.span(&s)
	}
	if !w.sees(s.start, s.end) {
		return
	}
	if w.power != nil {
		w.power.span(&s)
	}
	if w.lines != nil {
		w.lines.shared(&s)
	}
}

// The hooks of the model. Each does nothing where nobody observes, and is small
// enough to be inlined.

// team is a service that belongs to a product of a team.
func (w *observer) team(what action, i int32, product int64, done units.Time) {
	if w != nil {
		w.sawTeam(what, i, product, done)
	}
}

// activation is that of a position of a copy.
func (w *observer) activation(k int32, number int64, done units.Time) {
	if w != nil {
		w.sawActivation(k, number, done)
	}
}

// write is that of a value into a store.
func (w *observer) write(v entry, done units.Time) {
	if w != nil {
		w.sawWrite(v, done)
	}
}

// store is the writing of a result of the network.
func (w *observer) store(k int32, number int64, done units.Time) {
	if w != nil {
		w.sawStore(k, number, done)
	}
}

// fill is a change of what lies in a store.
func (w *observer) fill(i int32) {
	if w != nil {
		w.sawFill(i)
	}
}

// message says what the next links carry: a position of a flow.
func (w *observer) message(flow int32, position int64) {
	if w != nil {
		w.sawMessage(flow, position)
	}
}

// sums says that the next links carry the sums of a product.
func (w *observer) sums(i int32, product int64) {
	if w != nil {
		w.sawSums(i, product)
	}
}

// result says that the next links carry a result of the network.
func (w *observer) result(k int32) {
	if w != nil {
		w.sawResult(k)
	}
}

// link is the passage of a message over one link.
func (w *observer) link(l int32, arrival, start, done units.Time) {
	if w != nil {
		w.sawLink(l, arrival, start, done)
	}
}

// pixel is a position of an image that the host delivers.
func (w *observer) pixel(k int32, number int64, done units.Time) {
	if w != nil {
		w.sawPixel(k, number, done)
	}
}

// home is a result that the host takes.
func (w *observer) home(k int32, done units.Time) {
	if w != nil {
		w.sawHome(k, done)
	}
}

// product is one that begins now in the IMAs of a class.
func (w *observer) product(i int32, c int, o *outcome) {
	if w != nil {
		w.sawProduct(i, c, o)
	}
}

// ima takes what an IMA of an exact run has logged.
func (w *observer) ima(k int32) {
	if w != nil {
		w.sawIMA(k)
	}
}

// listen makes an IMA that runs ahead of the model log what it does.
func (w *observer) listen(x *imaState) {
	if w != nil && x.log == nil {
		x.log = &imaLog{}
	}
}

// live takes what such an IMA has logged, for all of its class.
func (w *observer) live(i int32, c int) {
	if w != nil {
		w.sawLive(i, c)
	}
}
