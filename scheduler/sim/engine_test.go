package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"bitline/internal/units"
)

// recorder keeps what it is told and may act on it.
type recorder struct {
	seen []Event
	act  func(Event)
}

func (r *recorder) Handle(e Event) {
	r.seen = append(r.seen, e)
	if r.act != nil {
		r.act(e)
	}
}

// TestOrder compares the engine with a stable sort by (time, phase) of the same
// random events, many of which share a time and a phase.
func TestOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 5, 6, 100, 5000} {
		var e Engine
		events := make([]Event, n)
		for i := range events {
			events[i] = Event{Time: units.Time(rng.IntN(1 + n/10)), Phase: uint8(rng.IntN(3)), A: int32(i)}
			e.Schedule(events[i])
		}
		var got recorder
		if err := e.Run(context.Background(), &got); err != nil {
			t.Fatal(err)
		}
		slices.SortStableFunc(events, func(a, b Event) int {
			return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Phase, b.Phase))
		})
		if !slices.Equal(got.seen, events) {
			t.Errorf("%d events are not in the order of a stable sort", n)
		}
		if e.Pending() != 0 || e.Events() != uint64(n) {
			t.Errorf("%d events: got %d pending and %d handled", n, e.Pending(), e.Events())
		}
	}
}

// TestOrderWhileRunning schedules from the handler, compares with a list that is
// searched for its least entry, and covers pushes between pops.
func TestOrderWhileRunning(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var e Engine
	var pending []Event // in the order of scheduling
	schedule := func(x Event) {
		pending = append(pending, x)
		e.Schedule(x)
	}
	for i := range 50 {
		schedule(Event{Time: units.Time(rng.IntN(20)), A: int32(i)})
	}
	left := 5000
	r := recorder{act: func(got Event) {
		least := 0
		for i, p := range pending {
			if p.Time < pending[least].Time || p.Time == pending[least].Time && p.Phase < pending[least].Phase {
				least = i
			}
		}
		if got != pending[least] {
			t.Fatalf("got %+v, want %+v", got, pending[least])
		}
		pending = slices.Delete(pending, least, least+1)
		for range rng.IntN(3) {
			if left--; left > 0 {
				schedule(Event{Time: e.Now() + units.Time(rng.IntN(5)), Phase: uint8(rng.IntN(4)), A: int32(left)})
			}
		}
	}}
	if err := e.Run(context.Background(), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.seen) < 100 {
		t.Fatalf("only %d events ran, the test wants more", len(r.seen))
	}
}

func TestFirstInFirstOut(t *testing.T) {
	var e Engine
	for i := range int32(100) {
		e.Schedule(Event{Time: 7, Phase: 1, A: i})
	}
	e.Schedule(Event{Time: 7, Phase: 0, A: 100})
	var got recorder
	if err := e.Run(context.Background(), &got); err != nil {
		t.Fatal(err)
	}
	if got.seen[0].A != 100 {
		t.Errorf("first is event %d, want 100: the lower phase comes first however late it was scheduled", got.seen[0].A)
	}
	for i, x := range got.seen[1:] {
		if x.A != int32(i) {
			t.Fatalf("place %d has event %d, want %d", i+1, x.A, i)
		}
	}
}

func TestPastPanics(t *testing.T) {
	var e Engine
	e.Schedule(Event{Time: 10})
	at := func(when units.Time) (text string) {
		defer func() {
			if p := recover(); p != nil {
				text = p.(string)
			}
		}()
		e.Schedule(Event{Time: when})
		return ""
	}
	r := recorder{act: func(x Event) {
		if x.Time != 10 || len(at(10)) > 0 {
			return
		}
		if text := at(9); !strings.HasPrefix(text, "sim: ") {
			t.Errorf("an event at 9 when it is 10 gives %q, want a panic that begins with \"sim: \"", text)
		}
		e.Stop()
	}}
	if err := e.Run(context.Background(), &r); err != nil {
		t.Fatal(err)
	}
	if e.Pending() == 0 {
		t.Error("the event at the present time was not scheduled")
	}
}

func TestStopAndContinue(t *testing.T) {
	var e Engine
	for i := range 10 {
		e.Schedule(Event{Time: units.Time(i)})
	}
	r := recorder{act: func(x Event) {
		if x.Time == 3 {
			e.Stop()
		}
	}}
	for _, want := range []int{4, 10} {
		if err := e.Run(context.Background(), &r); err != nil {
			t.Fatal(err)
		}
		if len(r.seen) != want {
			t.Errorf("handled %d events, want %d", len(r.seen), want)
		}
	}
}

// TestContext cancels in the first event: the engine must notice at the next look,
// after 4,096 events, and not before.
func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var e Engine
	e.Schedule(Event{})
	r := recorder{act: func(Event) {
		cancel()
		e.Schedule(Event{Time: e.Now() + 1})
	}}
	err := e.Run(ctx, &r)
	if !errors.Is(err, context.Canceled) || len(r.seen) != contextEvery {
		t.Errorf("got %v after %d events, want %v after %d", err, len(r.seen), context.Canceled, contextEvery)
	}
}

// hold is the usual load of a queue: every event schedules one at a random later
// time, so that as many stay pending.
type hold struct {
	engine *Engine
	rng    *rand.Rand
	left   int
}

func (h *hold) Handle(x Event) {
	x.Time += units.Time(1 + h.rng.IntN(1000))
	h.engine.Schedule(x)
	if h.left--; h.left <= 0 {
		h.engine.Stop()
	}
}

func newHold(pending int) *hold {
	h := &hold{engine: &Engine{}, rng: rand.New(rand.NewPCG(5, 6))}
	for range pending {
		h.engine.Schedule(Event{Time: units.Time(h.rng.IntN(1000))})
	}
	return h
}

func (h *hold) run(tb testing.TB, events int) {
	h.left = events
	if err := h.engine.Run(context.Background(), h); err != nil {
		tb.Fatal(err)
	}
}

func TestNoAllocations(t *testing.T) {
	h := newHold(1000)
	h.run(t, 10000) // the queue grows to its size
	if n := testing.AllocsPerRun(10, func() { h.run(t, 10000) }); n != 0 {
		t.Errorf("10000 events allocate %v times, want 0", n)
	}
}

func BenchmarkEngine(b *testing.B) {
	for _, pending := range []int{1e2, 1e4, 1e5} {
		b.Run(fmt.Sprintf("pending=%d", pending), func(b *testing.B) {
			h := newHold(pending)
			h.run(b, 2*pending)
			b.ReportAllocs()
			b.ResetTimer()
			h.run(b, b.N)
		})
	}
}
