package timing

import (
	"slices"

	"bitline/internal/units"
	"bitline/scheduler/sim"
)

// arbitrate gives idle converters of a pool to the arrays that wait, in turn
// from the one after the last that was served.
func (x *imaState) arbitrate(pool int32, now units.Time, a agenda) (n news) {
	p := &x.pools[pool]
	for p.idle > 0 && len(p.waiting) > 0 {
		next := 0
		for i, k := range p.waiting {
			if x.turn(p, k) < x.turn(p, p.waiting[next]) {
				next = i
			}
		}
		k := p.waiting[next]
		p.waiting = slices.Delete(p.waiting, next, next+1)
		p.idle--
		p.last = k
		scan := x.lanes[k].held.scan
		p.until[slices.IndexFunc(p.until, func(t units.Time) bool { return t <= now })] = now + scan
		x.asking--
		p.use.Jobs++
		p.use.Busy += scan
		p.use.Waiting += now - x.lanes[k].asked
		a.post(converterFree, p.lane, now+scan)
		n |= x.convert(k, now+scan, a)
	}
	return n
}

// turn is how many places after the last one served a lane is.
func (x *imaState) turn(p *poolState, k int32) int32 {
	n := int32(len(x.lanes))
	return (k - p.last - 1 + n) % n
}

// poolUse is what a pool of converters has done.
func (x *imaState) poolUse(pool int) sim.Use {
	u, o := x.pools[pool].use, x.pools[pool].oldest.Use()
	return sim.Use{Jobs: u.Jobs + o.Jobs, Busy: u.Busy + o.Busy, Waiting: u.Waiting + o.Waiting}
}
