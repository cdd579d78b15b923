package sim

import (
	"context"
	"errors"
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
