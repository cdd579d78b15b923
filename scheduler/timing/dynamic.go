package timing

import (
	"math"

	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/units"
	"bitline/scheduler"
)

// This file is the work of products whose inputs decide how much there is: which
// reads an array needs in each input step. All arrays of a team begin a product
// together, so that each waits for the slowest; nothing is known beforehand, so
// that every product is simulated.

// data says what arrays have to do. It looks at one product at a time.
type data struct {
	*Activity
	skip     arch.SkipEmpty
	unitRows int64
	// drivenOnly charges the wordlines that are driven.
	drivenOnly bool
	steps      int    // the most of a product
	ahead      uint64 // events inside IMAs that ran ahead
	first      int64  // image of the activity that the first one has
	matrices   []int  // of each node
	any        []bool // steps in which an array of the team is driven

	record   *scheduler.LayerRecord // of the product's image and layer; nil if assumed
	position int
}

// newData is the work of images from a number on. Without an activity everything
// is driven.
func (b *builder) newData(first int64) *data {
	most := b.Chip.Encoding.Reads(b.Chip.DAC.Bits, false)
	d := &data{
		Activity: b.activity, skip: b.Chip.SkipEmpty, unitRows: int64(b.Chip.Crossbar.UnitRows),
		drivenOnly: b.Chip.DAC.Charge == crossbar.DrivenWordlines, first: first, steps: most, any: make([]bool, most),
	}
	if d.Activity == nil {
		d.Activity = AllActive()
	}
	for i := range b.nodes {
		d.matrices = append(d.matrices, b.nodes[i].Matrix)
	}
	return d
}

// meet looks at the product that a team begins.
func (d *data) meet(m *model, t *team) { d.look(m, t, t.begun-1) }

// look looks at one of a team's products, numbered through all images.
func (d *data) look(m *model, t *team, product int64) {
	products := int64(len(t.need))
	d.record = nil
	if len(d.Records) > 0 {
		image := (d.first + product/products) % d.images()
		d.record = &d.Records[image].Layers[d.matrices[t.layer]]
		d.position = int(m.emitters[t.copy].positions[product%products])
	}
	if d.skip != arch.SkipByProduct {
		return
	}
	for s := range int(t.classes[0].kind.reads) {
		d.any[s] = false
		for c := range t.classes {
			kind := t.classes[c].kind
			for k := range kind.lanes {
				d.any[s] = d.any[s] || d.driven(&kind.lanes[k], s) > 0
			}
		}
	}
}

// driven is the number of an array's wordlines that a step of the product drives.
func (d *data) driven(l *lane, step int) int64 {
	if d.record == nil {
		return max(1, int64(math.RoundToEven(d.Driven*float64(l.rows))))
	}
	at, sum := d.record.At(d.position, int(l.block), step), int64(0)
	for range l.blocks {
		sum += int64(d.record.Driven[at])
		at += d.record.Steps
	}
	return sum
}

// times is how often a step of the product goes through the shots of an array of
// which it drives so many wordlines: once, or once for each group of them, or not at
// all.
func (d *data) times(driven int64, step int) int32 {
	switch {
	case d.unitRows > 0:
		return int32((driven + d.unitRows - 1) / d.unitRows)
	case d.skip == arch.SkipByArray && driven == 0, d.skip == arch.SkipByProduct && !d.any[step]:
		return 0
	}
	return 1
}

// load gives an IMA its part of the product.
func (d *data) load(x *imaState) {
	for k := range x.lanes {
		l := &x.kind.lanes[k]
		x.setTimes(int32(k), func(step int) int32 { return d.times(d.driven(l, step), step) })
	}
}

// liveIMA is an IMA that runs ahead of the model, product by product, as far as
// the moment at which its arrays are ready for the next. What lies ahead then, ends
// of scans and additions, waits in its own agenda: a product meets the state that it
// would meet in an exact run, whatever the one before has left.
type liveIMA struct {
	state    *imaState
	agenda   private
	outcomes [double]outcome
}

// beginLive lets a product happen in one IMA of each class of a team.
func (m *model) beginLive(i int32) {
	t, now := &m.teams[i], m.engine.Now()
	m.data.meet(m, t)
	var register, end units.Time
	for c := range t.classes {
		x := &t.classes[c]
		if x.live == nil {
			x.live = &liveIMA{state: newIMAState(x.kind)}
		}
		slot := (t.begun - 1) % double
		o := &x.live.outcomes[slot]
		m.data.load(x.live.state)
		m.watch.listen(x.live.state)
		m.data.ahead += x.live.product(now, o)
		m.watch.live(i, c)
		x.open[slot] = o
		register, end = max(register, o.registerFree), max(end, o.complete)
		t.readyAt = max(t.readyAt, edge(m.stage, o.ready))
	}
	m.scheduleRaw(registersFree, register, i, 0)
	m.scheduleRaw(productEnd, end, i, 0)
}

// product begins a product and runs on until the arrays are ready for the next, and
// returns how many events that took. The times of its outcome are absolute.
func (l *liveIMA) product(now units.Time, o *outcome) (events uint64) {
	events = l.advance(now)
	var register, readyAt units.Time
	done := false
	hear := func(n news, now units.Time) {
		if n&registerFree != 0 {
			register = now
		}
		if n&ready != 0 {
			readyAt, done = now, true
		}
	}
	hear(l.state.begin(now, &l.agenda), now)
	for !done {
		e := l.agenda.next()
		events++
		hear(l.state.handle(e.kind, e.lane, e.at, &l.agenda), e.at)
	}
	l.state.take(o)
	o.registerFree, o.ready, o.complete = register, readyAt, readyAt
	for _, e := range l.agenda.events {
		if e.kind == addEnd { // of this product or the one before, which is complete no later
			o.complete = max(o.complete, e.at)
		}
	}
	return events
}

// advance lets everything happen that lies no later than now.
func (l *liveIMA) advance(now units.Time) (events uint64) {
	for n := len(l.agenda.events); n > 0 && l.agenda.events[n-1].at <= now; n = len(l.agenda.events) {
		e := l.agenda.next()
		l.state.handle(e.kind, e.lane, e.at, &l.agenda)
		events++
	}
	return events
}

// events is how many a run took, those inside IMAs that ran ahead among them.
func (m *model) events() uint64 {
	n := m.engine.Events()
	if m.data != nil {
		n += m.data.ahead
	}
	return n
}

// digest takes in what the next product meets.
func (l *liveIMA) digest(d *digest) {
	l.advance(d.now)
	x := l.state
	d.pool(&x.adder)
	for p := range x.pools {
		d.pool(&x.pools[p].oldest)
		d.add(int64(x.pools[p].idle))
		d.add(int64(x.pools[p].last))
	}
	for k := range x.lanes {
		d.flag(x.lanes[k].holding)
		d.until(x.lanes[k].until)
	}
	for _, e := range l.agenda.events {
		d.until(e.at)
		d.add(int64(e.kind))
		d.add(int64(e.lane))
	}
}
