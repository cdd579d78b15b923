// Package sim is a discrete-event engine: a clock, a queue of events ordered by
// time, phase, concern and sequence, and the server pools that they contend for.
//
// Events are plain values; what they mean is the handler's concern. Nothing here
// depends on host time, and an event costs no allocation once the queue has
// grown to its size.
package sim

import (
	"context"
	"fmt"

	"bitline/internal/units"
)

// Event is something that happens at a time. Kind, A, B and C are the handler's
// own.
type Event struct {
	Time units.Time
	// Phase orders the events of one instant, lowest first. Those of one phase
	// happen in the order of A, which is who they concern, and where that is equal
	// in the order in which they were scheduled.
	Phase uint8
	Kind  uint8
	A, B  int32
	C     int64
}

// Handler is told each event at its time. It may schedule more and stop the
// engine.
type Handler interface {
	Handle(e Event)
}

// contextEvery is after how many events the context is looked at.
const contextEvery = 4096

// Engine holds the clock and the pending events. The zero value is at time 0
// with none. It takes about 120 KB, so it is passed by pointer.
type Engine struct {
	events  uint64
	stopped bool
	queue   queue
}

// Now is the time of the event that is being handled, or of the last one.
func (e *Engine) Now() units.Time { return e.queue.now }

// Events is the number of events handled so far.
func (e *Engine) Events() uint64 { return e.events }

// Pending is the number of events that lie ahead.
func (e *Engine) Pending() int { return e.queue.pending }

// Each visits the events that lie ahead, in no particular order.
func (e *Engine) Each(visit func(Event)) {
	e.queue.each(func(n *node) {
		visit(Event{Time: n.time, Phase: n.phase, Kind: n.kind, A: n.a, B: n.b, C: n.c})
	})
}

// Schedule adds an event. It panics if its time is past, which only a fault of
// the handler can bring about.
func (e *Engine) Schedule(event Event) {
	if event.Time < e.queue.now {
		panic(fmt.Sprintf("sim: event of kind %d at %d fs is scheduled in the past, now is %d fs", event.Kind, event.Time, e.queue.now))
	}
	i, n := e.queue.take()
	n.time, n.phase, n.kind, n.a, n.b, n.c = event.Time, event.Phase, event.Kind, event.A, event.B, event.C
	e.queue.place(i, n)
}

// Stop makes Run return once the event that is being handled is done. Another
// Run continues where it stopped.
func (e *Engine) Stop() { e.stopped = true }

// Run handles events in order until none is left, Stop is called, or ctx ends;
// only then is the error not nil.
func (e *Engine) Run(ctx context.Context, h Handler) error {
	e.stopped = false
	for e.queue.pending > 0 && !e.stopped {
		if e.events%contextEvery == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		e.events++
		// An event that a function returned would be copied once more on the way, in
		// halves that the processor has to wait for.
		n := e.queue.pop()
		h.Handle(Event{Time: n.time, Phase: n.phase, Kind: n.kind, A: n.a, B: n.b, C: n.c})
	}
	return nil
}
