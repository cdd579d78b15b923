package sim

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"bitline/internal/units"
)

// twin is the order by definition: a list that is kept sorted by time, phase and
// concern, and a new event comes after all that are equal to it.
type twin []Event

func (w *twin) add(e Event) {
	place, _ := slices.BinarySearchFunc(*w, e, func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Phase, b.Phase), cmp.Compare(a.A, b.A), -1)
	})
	*w = slices.Insert(*w, place, e)
}

// comparison runs an engine beside its twin.
type comparison struct {
	t      *testing.T
	engine Engine
	twin   twin
	number int32
	act    func(*comparison) // what the handler does after the comparison
	failed bool
}

// schedule adds an event to both; B makes it unlike any other. Times that overflow
// become the last of all.
func (c *comparison) schedule(wait units.Time, phase uint8, concern int32) {
	at := c.engine.Now() + wait
	if at < c.engine.Now() {
		at = math.MaxInt64
	}
	e := Event{Time: at, Phase: phase, Kind: uint8(c.number), A: concern, B: -c.number, C: -1 - int64(c.number)}
	c.number++
	c.twin.add(e)
	c.engine.Schedule(e)
}

func (c *comparison) Handle(got Event) {
	want := c.twin[0]
	c.twin = c.twin[1:]
	if got != want || c.engine.Now() != want.Time || c.engine.Pending() != len(c.twin) {
		c.t.Errorf("event %d is %+v at %d with %d pending, want %+v with %d pending",
			c.engine.Events(), got, c.engine.Now(), c.engine.Pending(), want, len(c.twin))
		c.failed = true
		c.engine.Stop()
		return
	}
	c.act(c)
}

// run continues until nothing is pending, however often the engine is stopped.
// between is called after each stop.
func (c *comparison) run(between func()) {
	c.t.Helper()
	for {
		if err := c.engine.Run(context.Background(), c); err != nil {
			c.t.Fatal(err)
		}
		if c.failed || len(c.twin) == 0 {
			break
		}
		between()
	}
	if !c.failed && (c.engine.Pending() != 0 || c.engine.Events() != uint64(c.number)) {
		c.t.Errorf("at the end %d are pending and %d of %d were handled", c.engine.Pending(), c.engine.Events(), c.number)
	}
}

// schedules draw how long after the present an event comes, and in which phase.
var schedules = []struct {
	name string
	draw func(rng *rand.Rand, now units.Time) (wait units.Time, phase uint8)
}{
	{"few times", func(rng *rand.Rand, _ units.Time) (units.Time, uint8) {
		return units.Time(rng.IntN(5)), uint8(rng.IntN(4))
	}},
	{"scattered", func(rng *rand.Rand, _ units.Time) (units.Time, uint8) {
		return units.Time(rng.IntN(1e8)), 0
	}},
	{"exponential", func(rng *rand.Rand, _ units.Time) (units.Time, uint8) {
		return units.Time(1e8 * rng.ExpFloat64()), uint8(rng.IntN(2))
	}},
	{"clock edges", func(rng *rand.Rand, now units.Time) (units.Time, uint8) {
		const clock = 100 * units.Nanosecond
		return (now/clock+units.Time(1+rng.IntN(3)))*clock - now, uint8(rng.IntN(17))
	}},
	{"mostly at once, all phases", func(rng *rand.Rand, _ units.Time) (units.Time, uint8) {
		return units.Time(max(0, rng.IntN(10)-7)), uint8(rng.IntN(256))
	}},
	{"every magnitude", func(rng *rand.Rand, _ units.Time) (units.Time, uint8) {
		return units.Time(rng.Uint64() >> (16 + rng.IntN(48))), uint8(rng.IntN(2))
	}},
	{"beside powers of two", func(rng *rand.Rand, now units.Time) (units.Time, uint8) {
		tick := units.Time(1) << rng.IntN(45)
		return max(0, (now/tick+1)*tick-now+units.Time(rng.IntN(3)-1)), uint8(rng.IntN(2))
	}},
	{"few near, many far", func(rng *rand.Rand, _ units.Time) (units.Time, uint8) {
		if rng.IntN(4) == 0 {
			return units.Time(rng.IntN(1000)), 0
		}
		return units.Second/4 + units.Time(rng.IntN(100)), uint8(rng.IntN(3))
	}},
}

// TestOrder compares the engine with its twin while handlers schedule, some at
// present, and stop; the number of pending events rises to a peak, twice.
func TestOrder(t *testing.T) {
	for i, s := range schedules {
		t.Run(s.name, func(t *testing.T) {
			concerns := []int{1, 3, 1 << 30}[i%3]
			rng := rand.New(rand.NewPCG(1, 2))
			c := &comparison{t: t}
			add := func() {
				wait, phase := s.draw(rng, c.engine.Now())
				c.schedule(wait, phase, int32(rng.IntN(concerns))-1)
			}
			left := 0
			c.act = func(*comparison) {
				// Two for each until all are scheduled, then none.
				for range min(2, left) {
					add()
					left--
				}
				if rng.IntN(100) == 0 {
					c.engine.Stop()
				}
			}
			for range 2 {
				left = 3000
				add()
				c.run(func() { add() })
			}
		})
	}
}

// TestOrderAtPresent schedules in phase 5 of an instant: what lies in lower phases
// is next nevertheless, and what lies in the same phase comes after what is there.
func TestOrderAtPresent(t *testing.T) {
	var e Engine
	e.Schedule(Event{Time: 7, Phase: 5, A: 0})
	e.Schedule(Event{Time: 7, Phase: 5, A: 1})
	e.Schedule(Event{Time: 7, Phase: 9, A: 2})
	e.Schedule(Event{Time: 8, Phase: 0, A: 3})
	r := recorder{act: func(x Event) {
		if x.A == 0 {
			e.Schedule(Event{Time: 7, Phase: 255, A: 4})
			e.Schedule(Event{Time: 7, Phase: 5, A: 5})
			e.Schedule(Event{Time: 7, Phase: 6, A: 6})
			e.Schedule(Event{Time: 7, Phase: 0, A: 7})
		}
	}}
	if err := e.Run(context.Background(), &r); err != nil {
		t.Fatal(err)
	}
	var got []int32
	for _, x := range r.seen {
		got = append(got, x.A)
	}
	if want := []int32{0, 7, 1, 5, 6, 2, 4, 3}; !slices.Equal(got, want) {
		t.Errorf("got the order %v, want %v", got, want)
	}
}

// TestOrderOfConcerns schedules events of one phase out of the order of concerns,
// some of them while the phase is at work: those of a lower concern than the present
// one are next, those of the same come after what is there.
func TestOrderOfConcerns(t *testing.T) {
	var e Engine
	add := func(a, b int32) { e.Schedule(Event{Time: 7, Phase: 5, A: a, B: b}) }
	for i, a := range []int32{3, 1, 3, -2, 2, 1} {
		add(a, int32(i))
	}
	r := recorder{act: func(x Event) {
		if x.B == 1 { // the first of concern 1
			add(1, 6)
			add(2, 7)
			add(0, 8)
			add(9, 9)
		}
	}}
	if err := e.Run(context.Background(), &r); err != nil {
		t.Fatal(err)
	}
	var got []int32
	for _, x := range r.seen {
		got = append(got, x.B)
	}
	if want := []int32{3, 1, 8, 5, 6, 4, 7, 0, 2, 9}; !slices.Equal(got, want) {
		t.Errorf("got the order %v, want %v", got, want)
	}
}

// TestEach visits what lies ahead, also while an event is handled: not the present
// one, and each of the others once.
func TestEach(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, s := range schedules {
		c := &comparison{t: t}
		add := func() {
			wait, phase := s.draw(rng, c.engine.Now())
			c.schedule(wait, phase, int32(rng.IntN(3)))
		}
		left := 300
		c.act = func(*comparison) {
			for range min(2, left) {
				add()
				left--
			}
			var got []Event
			c.engine.Each(func(e Event) { got = append(got, e) })
			want := slices.Clone([]Event(c.twin))
			byNumber := func(a, b Event) int { return cmp.Compare(a.B, b.B) }
			slices.SortFunc(got, byNumber)
			slices.SortFunc(want, byNumber)
			if !slices.Equal(got, want) {
				t.Fatalf("%s: %d events lie ahead, want %d: %v and %v", s.name, len(got), len(want), got, want)
			}
		}
		add()
		c.run(add)
	}
}

// TestLastTimes has times on both sides of every digit of the queue, up to the last
// time there is.
func TestLastTimes(t *testing.T) {
	var e Engine
	want := []units.Time{0}
	for bit := range 63 {
		want = append(want, units.Time(uint64(1)<<bit), units.Time(uint64(2)<<bit-1))
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for _, i := range rng.Perm(len(want)) {
		e.Schedule(Event{Time: want[i]})
	}
	r := recorder{}
	if err := e.Run(context.Background(), &r); err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	for i, x := range r.seen {
		if x.Time != want[i] || e.Now() != math.MaxInt64 {
			t.Fatalf("place %d has time %d, want %d; now is %d at the end", i, x.Time, want[i], e.Now())
		}
	}
	if len(r.seen) != len(want) {
		t.Errorf("%d events ran, want %d", len(r.seen), len(want))
	}
}

// TestGrowth fills and drains a queue: what a smaller load needs is there already.
func TestGrowth(t *testing.T) {
	var e Engine
	var r recorder
	grown := 0
	for _, n := range []int{10, 20000, 1, 19999, 20000} {
		r.seen = r.seen[:0]
		for i := range n {
			e.Schedule(Event{Time: e.Now() + units.Time(i*7919%n), A: int32(i)})
		}
		if e.Pending() != n {
			t.Errorf("%d events pending, want %d", e.Pending(), n)
		}
		if err := e.Run(context.Background(), &r); err != nil {
			t.Fatal(err)
		}
		if len(r.seen) != n || e.Pending() != 0 {
			t.Errorf("%d events ran and %d are pending, want %d and 0", len(r.seen), e.Pending(), n)
		}
		if grown = max(grown, n); len(e.queue.nodes) != grown {
			t.Errorf("%d events at most were pending and take %d nodes", grown, len(e.queue.nodes))
		}
	}
}

// FuzzOrder reads what handlers do from bytes, three for an event: how many bits to
// shift the second by for its wait, its wait, and its phase, of 64, and concern, of
// four.
func FuzzOrder(f *testing.F) {
	f.Add([]byte("clock edges, phases and a far event\x3e\xff\x00"))
	f.Add([]byte{0, 0, 5, 0, 0, 4, 0, 0, 255, 10, 1, 0, 10, 1, 0, 20, 1, 0, 62, 1, 0, 0, 0, 0, 9, 3, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &comparison{t: t}
		add := func() {
			if len(data) < 3 {
				return
			}
			wait := uint64(data[1]) << (data[0] & 63) & math.MaxInt64
			phase, concern := data[2]>>2, data[2]&3
			data = data[3:]
			c.schedule(units.Time(wait), phase, int32(concern)-1)
		}
		c.act = func(*comparison) {
			if len(data) > 0 && data[0]&64 != 0 {
				c.engine.Stop()
			}
			add()
			if len(data) > 0 && data[0]&128 != 0 {
				add()
			}
		}
		for range 4 {
			add()
		}
		c.run(add)
	})
}
