package timing

import (
	"math/rand/v2"
	"slices"
	"testing"

	"bitline/adc"
	"bitline/internal/units"
)

// randomKind is an IMA of a few arrays with short times.
func randomKind(rng *rand.Rand) *imaKind {
	k := &imaKind{
		arbitration: []adc.Arbitration{adc.OldestFirst, adc.RoundRobin}[rng.IntN(2)],
		read:        units.Time(1 + rng.IntN(9)), reads: int32(1 + rng.IntN(4)),
	}
	for range 1 + rng.IntN(2) {
		k.pools = append(k.pools, 1+rng.IntN(3))
	}
	for range len(k.pools) + rng.IntN(4) {
		k.lanes = append(k.lanes, lane{
			pool: int32(len(k.lanes) % len(k.pools)), crossbars: 1,
			shot: shot{codes: 1, scan: units.Time(1 + rng.IntN(12)), add: units.Time(1 + rng.IntN(4))},
		})
	}
	return k
}

// trip is when a product began and what it came to.
type trip struct{ begin, registerFree, ready, complete units.Time }

// stepped runs products through an IMA one unit of time after the other: each
// begins when the one before is ready and some pause is over.
type stepped struct {
	kind  *imaKind
	now   units.Time
	lanes []steppedLane
	free  [][]units.Time // of each converter of each pool, when it is free
	given [][]int        // when each of them was given its last scan, in order
	last  []int          // lane of each pool that was served last
	queue []int          // lanes that wait for a converter, in the order of latching
	// scans are those whose codes the adder will take, in order: that of latching or,
	// in turn, that of getting a converter. taken counts those it has done with.
	scans  []steppedScan
	taken  int
	serial int
	adder  units.Time // when it has done all that it was given
}

// steppedScan is a scan of a lane, which ends at 0 until it has a converter.
type steppedScan struct {
	lane int
	end  units.Time
}

type steppedLane struct {
	scan        int // number of that of the held result
	begun       int
	end         units.Time // of the present read
	reading     bool
	stuck       bool       // a read has ended and waits for the hold
	held        bool       // a result is held
	asking      bool       // and has no converter yet
	scanned     units.Time // end of its scan
	wait, queue units.Time // for the hold, and for a converter
	// began and freed order what happens at one time: by when it was bound to.
	began, freed int
}

// convert gives lane k converter c.
func (s *stepped) convert(k, c int) {
	x, l := &s.lanes[k], &s.kind.lanes[k]
	x.asking = false
	x.scanned = s.now + l.scan
	if x.stuck && s.kind.arbitration == adc.RoundRobin { // else it was known before
		s.serial++
		x.freed = s.serial
	}
	s.free[l.pool][c] = x.scanned
	s.serial++
	s.given[l.pool][c] = s.serial
	s.last[l.pool] = k
	if s.kind.arbitration == adc.RoundRobin {
		x.scan = len(s.scans)
		s.scans = append(s.scans, steppedScan{lane: k})
	}
	s.scans[x.scan].end = x.scanned
	for ; s.taken < len(s.scans) && s.scans[s.taken].end > 0; s.taken++ {
		first := s.scans[s.taken]
		s.adder = max(s.adder, first.end) + s.kind.lanes[first.lane].add
	}
	s.queue = slices.DeleteFunc(s.queue, func(q int) bool { return q == k })
}

// give gives converters that were free before a time to lanes that wait.
func (s *stepped) give(before units.Time) {
	type converter struct{ pool, number int }
	var free []converter
	for pool := range s.free {
		for c := range s.free[pool] {
			if s.free[pool][c] <= before {
				free = append(free, converter{pool, c})
			}
		}
	}
	slices.SortStableFunc(free, func(a, b converter) int { return s.given[a.pool][a.number] - s.given[b.pool][b.number] })
	for _, c := range free {
		if k := s.choose(int32(c.pool)); k >= 0 {
			s.convert(k, c.number)
		}
	}
}

// choose is the lane of a pool that is next, −1 if none waits.
func (s *stepped) choose(pool int32) int {
	n := len(s.lanes)
	for i := range n {
		k := (s.last[pool] + 1 + i) % n
		if s.kind.arbitration == adc.RoundRobin && s.lanes[k].asking && s.kind.lanes[k].pool == pool {
			return k
		}
	}
	for _, k := range s.queue {
		if s.kind.arbitration == adc.OldestFirst && s.kind.lanes[k].pool == pool {
			return k
		}
	}
	return -1
}

// latch holds a lane's result and lets it read on.
func (s *stepped) latch(k int) {
	x := &s.lanes[k]
	x.held, x.asking, x.stuck, x.reading = true, true, false, false
	s.queue = append(s.queue, k)
	if s.kind.arbitration == adc.OldestFirst {
		x.scan = len(s.scans)
		s.scans = append(s.scans, steppedScan{lane: k})
	}
	if x.begun < int(s.kind.reads) {
		s.read(k)
	}
}

func (s *stepped) read(k int) {
	x := &s.lanes[k]
	x.begun++
	x.reading, x.end = true, s.now+s.kind.read
	s.serial++
	x.began = s.serial
}

// inOrder visits the lanes in an order.
func (s *stepped) inOrder(by func(x *steppedLane) int, visit func(k int)) {
	var lanes []int
	for k := range s.lanes {
		lanes = append(lanes, k)
	}
	slices.SortStableFunc(lanes, func(a, b int) int { return by(&s.lanes[a]) - by(&s.lanes[b]) })
	for _, k := range lanes {
		visit(k)
	}
}

// tick lets happen what happens at one time: holds empty, converters become free,
// reads end.
func (s *stepped) tick() {
	s.inOrder(func(x *steppedLane) int { return x.freed }, func(k int) {
		x := &s.lanes[k]
		if x.held && !x.asking && x.scanned == s.now {
			x.held = false
			if x.stuck {
				s.latch(k)
				s.give(s.now - 1)
			}
		}
	})
	s.give(s.now)
	s.inOrder(func(x *steppedLane) int { return x.began }, func(k int) {
		x := &s.lanes[k]
		if !x.reading || x.end != s.now {
			return
		}
		if x.reading = false; x.held {
			if x.stuck = true; !x.asking || s.kind.arbitration == adc.OldestFirst {
				s.serial++
				x.freed = s.serial
			}
		} else {
			s.latch(k)
			s.give(s.now)
		}
	})
	for k := range s.lanes {
		if s.lanes[k].stuck {
			s.lanes[k].wait++
		}
		if s.lanes[k].asking {
			s.lanes[k].queue++
		}
	}
}

// run is what so many products come to, and how long results waited for holds and
// for converters.
func (s *stepped) run(pauses []units.Time) (all []trip, wait, queue units.Time) {
	s.lanes = make([]steppedLane, len(s.kind.lanes))
	for _, n := range s.kind.pools {
		s.free, s.last = append(s.free, make([]units.Time, n)), append(s.last, len(s.kind.lanes)-1)
		s.given = append(s.given, make([]int, n))
	}
	for _, pause := range pauses {
		for range pause {
			s.now++
			s.tick()
		}
		p := trip{begin: s.now}
		for k := range s.lanes {
			s.lanes[k].begun = 0
			s.read(k)
		}
		for pool := range s.last {
			s.last[pool] = len(s.lanes) - 1
		}
		every := func(ok func(x *steppedLane) bool) bool {
			return !slices.ContainsFunc(s.lanes, func(x steppedLane) bool { return !ok(&x) })
		}
		reading := func(x *steppedLane) bool { return x.begun == int(s.kind.reads) }
		latched := func(x *steppedLane) bool {
			return reading(x) && !x.reading && !x.stuck && (s.kind.arbitration == adc.OldestFirst || !x.asking)
		}
		p.registerFree = s.now
		for !every(reading) {
			s.now++
			s.tick()
			p.registerFree = s.now
		}
		for !every(latched) {
			s.now++
			s.tick()
		}
		p.ready = s.now
		end := s.finish()
		p.complete = end.adder
		all = append(all, p)
		wait, queue = 0, 0
		for k := range end.lanes {
			wait += end.lanes[k].wait
			queue += end.lanes[k].queue
		}
	}
	return all, wait, queue
}

// finish is the machine when all that is latched has a converter, as if nothing
// followed: nothing that follows can hold it up.
func (s *stepped) finish() *stepped {
	c := *s
	c.lanes, c.queue, c.last = slices.Clone(s.lanes), slices.Clone(s.queue), slices.Clone(s.last)
	c.scans = slices.Clone(s.scans)
	c.free = nil
	for _, f := range s.free {
		c.free = append(c.free, slices.Clone(f))
	}
	for len(c.queue) > 0 {
		c.now++
		c.tick()
	}
	return &c
}

// TestIMAStepByStep compares the IMA's machine, as the model uses it by the product,
// with one that is stepped.
func TestIMAStepByStep(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 42))
	for i := range 3000 {
		kind := randomKind(rng)
		pauses := make([]units.Time, 1+rng.IntN(6))
		for j := range pauses {
			pauses[j] = units.Time(rng.IntN(2) * rng.IntN(30))
		}
		want, wait, queue := (&stepped{kind: kind}).run(pauses)
		now, until := units.Time(0), make(busy, kind.parts())
		var gotWait, gotQueue units.Time
		for j := range want {
			now += pauses[j]
			o := kind.outcome(until, now)
			got := trip{now, now + o.registerFree, now + o.ready, now + o.complete}
			if got != want[j] {
				t.Fatalf("case %d: product %d is %+v, want %+v, of %+v with pauses %v", i, j, got, want[j], kind, pauses)
			}
			for k, u := range o.leaves {
				until[k] = now + u
			}
			now += o.ready
			gotWait += o.reads.Waiting
			for _, u := range o.pools {
				gotQueue += u.Waiting
			}
		}
		if gotWait != wait || gotQueue != queue {
			t.Fatalf("case %d: results wait %d for holds and %d for converters, want %d and %d, of %+v", i, gotWait, gotQueue, wait, queue, kind)
		}
	}
}

// services is an agenda that keeps what every part of an IMA does when.
type services struct {
	private
	kind         *imaKind
	now          units.Time
	reads, scans []service
	until        []units.Time
}

// service is the work of one server for a lane.
type service struct {
	lane     int32
	from, to units.Time
}

func (s *services) post(kind uint8, k int32, at units.Time) {
	if kind == readEnd {
		s.reads = append(s.reads, service{k, s.now, at})
	}
	s.private.post(kind, k, at)
}

// look notes the scans that were given converters since the last look.
func (s *services) look(x *imaState) {
	for k := range x.lanes {
		if end := x.lanes[k].until; end != s.until[k] {
			s.until[k] = end
			s.scans = append(s.scans, service{int32(k), end - s.kind.lanes[k].scan, end})
		}
	}
}

// most is the largest number of services of a choice at one time.
func most(all []service, chosen func(lane int32) bool) (n int) {
	for _, a := range all {
		if !chosen(a.lane) {
			continue
		}
		together := 0
		for _, b := range all {
			if chosen(b.lane) && b.from <= a.from && a.from < b.to {
				together++
			}
		}
		n = max(n, together)
	}
	return n
}

// TestNoServerServesTwo records every service of an IMA: an array has one read and
// one held result at a time, a pool as many scans as converters, and all that is
// read is converted and added.
func TestNoServerServesTwo(t *testing.T) {
	rng := rand.New(rand.NewPCG(43, 44))
	for i := range 1000 {
		kind := randomKind(rng)
		s := &services{kind: kind, until: make([]units.Time, len(kind.lanes))}
		x := newIMAState(kind)
		const products = 3
		begun := 1
		x.begin(0, s)
		for len(s.events) > 0 {
			e := s.next()
			if e.at < s.now {
				t.Fatalf("case %d: an event at %d when it is %d", i, e.at, s.now)
			}
			s.now = e.at
			if n := x.handle(e.kind, e.lane, e.at, s); n&ready != 0 && begun < products {
				begun++
				x.begin(s.now, s)
			}
			s.look(x)
		}
		each := products * int(kind.reads) * len(kind.lanes)
		if len(s.reads) != each || len(s.scans) != each || x.adder.Use().Jobs != int64(each) {
			t.Fatalf("case %d: %d reads, %d scans, %d shift-and-adds, want %d of each", i, len(s.reads), len(s.scans), x.adder.Use().Jobs, each)
		}
		for k := range kind.lanes {
			own := func(lane int32) bool { return lane == int32(k) }
			if most(s.reads, own) != 1 || most(s.scans, own) != 1 {
				t.Errorf("case %d: array %d reads or holds two at a time", i, k)
			}
		}
		for p, converters := range kind.pools {
			if n := most(s.scans, func(lane int32) bool { return int(kind.lanes[lane].pool) == p }); n > converters {
				t.Errorf("case %d: %d scans at a time on %d converters", i, n, converters)
			}
		}
	}
}
