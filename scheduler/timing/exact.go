package timing

import (
	"bitline/internal/units"
	"bitline/scheduler/sim"
)

// exactIMA is one IMA of an exact run, which lives event by event.
type exactIMA struct {
	state     *imaState
	team      int32
	firstLane int32
	products  int64 // completed
	closed    int64 // products whose work is all given out
	open      [double]outcome
}

// post adds an event of one of the IMA's lanes to those of the model. All such
// events are of one concern: what happens in one IMA does not depend on others, and
// among its own the order of posting is that of a run on its own.
func (a *imaAgenda) post(kind uint8, lane int32, at units.Time) {
	a.model.engine.Schedule(sim.Event{Time: at, Phase: kind, Kind: kind, B: a.model.imas[a.ima].firstLane + lane})
}

// imaAgenda is the model as an IMA sees it.
type imaAgenda struct {
	model *model
	ima   int32
}

// addIMAs gives every IMA a state of its own.
func (m *model) addIMAs() {
	for i := range m.teams {
		for c := range m.teams[i].classes {
			x := &m.teams[i].classes[c]
			x.first = int32(len(m.imas))
			for range x.imas {
				k := int32(len(m.imas))
				m.imas = append(m.imas, exactIMA{state: newIMAState(x.kind), team: int32(i), firstLane: int32(len(m.lanes))})
				for range x.kind.lanes {
					m.lanes = append(m.lanes, k)
				}
			}
		}
	}
}

// beginExact starts a product in every IMA of a team.
func (m *model) beginExact(i int32) {
	t := &m.teams[i]
	t.ready, t.registers = 0, 0
	if m.data != nil {
		m.data.meet(m, t)
	}
	for c := range t.classes {
		x := &t.classes[c]
		for k := x.first; k < x.first+int32(x.imas); k++ {
			m.agenda.ima = k
			if m.data != nil {
				m.data.load(m.imas[k].state)
			}
			m.hear(k, m.imas[k].state.begin(m.engine.Now(), &m.agenda))
			m.watch.ima(k)
		}
	}
}

// handleIMA lets an event inside an IMA happen.
func (m *model) handleIMA(e sim.Event) {
	k := m.lanes[e.B]
	x := &m.imas[k]
	m.agenda.ima = k
	m.hear(k, x.state.handle(e.Kind, e.B-x.firstLane, m.engine.Now(), &m.agenda))
	m.watch.ima(k)
}

// hear tells a team what one of its IMAs has come to; the last one counts.
func (m *model) hear(k int32, n news) {
	if n == 0 {
		return
	}
	x := &m.imas[k]
	t, now := &m.teams[x.team], m.engine.Now()
	if n&registerFree != 0 {
		if t.registers++; int64(t.registers) == t.imas {
			m.scheduleRaw(registersFree, now, x.team, 0)
		}
	}
	if n&complete != 0 {
		slot := x.products % double
		x.products++
		if t.completing[slot]++; int64(t.completing[slot]) == t.imas {
			t.completing[slot] = 0
			m.scheduleRaw(productEnd, now, x.team, 0)
		}
	}
	if n&ready != 0 {
		x.close()
		t.readyAt = edge(m.stage, now)
		if t.ready++; int64(t.ready) == t.imas && t.mayBegin() {
			t.beginPosted = true
			m.scheduleRaw(beginReady, t.readyAt, x.team, 0)
		}
	}
}

// count notes what the IMAs of a class have done for a product that is complete.
func (m *model) count(x *class, product int64) {
	if !m.exact {
		x.use.add(x.open[product%double], x.imas)
		return
	}
	for k := x.first; k < x.first+int32(x.imas); k++ {
		x.use.add(&m.imas[k].open[product%double], 1)
	}
}

// close takes what an IMA has done for a product: when its arrays are ready for the
// next one, all of it is known.
func (x *exactIMA) close() {
	x.state.take(&x.open[x.closed%double])
	x.closed++
}

// take moves what an IMA has done since the last time into an outcome.
func (x *imaState) take(o *outcome) {
	*o = outcome{scans: x.scans, reads: x.readUse, adds: x.adder.Use(), pools: o.pools[:0]}
	for p := range x.pools {
		o.pools = append(o.pools, x.poolUse(p))
		x.pools[p].use = sim.Use{}
		x.pools[p].oldest.Reset()
	}
	x.readUse, x.scans = sim.Use{}, 0
	x.adder.Reset()
}

// add counts a product in n IMAs.
func (u *classUse) add(o *outcome, n int64) {
	u.products += n
	u.scans += n * o.scans
	addUse(&u.reads, o.reads, n)
	addUse(&u.adds, o.adds, n)
	for p := range o.pools {
		addUse(&u.pools[p], o.pools[p], n)
	}
}

func addUse(u *sim.Use, v sim.Use, n int64) {
	u.Jobs += n * v.Jobs
	u.Busy += units.Time(n) * v.Busy
	u.Waiting += units.Time(n) * v.Waiting
}
