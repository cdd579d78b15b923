// Package sim is a discrete-event engine: a clock, a queue of events ordered by
// time, phase and sequence, and the server pools that they contend for.
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
	// Phase orders the events of one instant, lowest first; those of one phase
	// happen in the order in which they were scheduled.
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

// sequenceBits leaves the 8 bits above for the phase: 2^56 events are more than
// any run has.
const sequenceBits = 56

// Engine holds the clock and the pending events. The zero value is at time 0
// with none.
type Engine struct {
	now      units.Time
	sequence uint64
	events   uint64
	stopped  bool
	queue    heap
}

// Now is the time of the event that is being handled, or of the last one.
func (e *Engine) Now() units.Time { return e.now }

// Events is the number of events handled so far.
func (e *Engine) Events() uint64 { return e.events }

// Pending is the number of events that lie ahead.
func (e *Engine) Pending() int { return len(e.queue) }

// Schedule adds an event. It panics if its time is past, which only a fault of
// the handler can bring about.
func (e *Engine) Schedule(event Event) {
	if event.Time < e.now {
		panic(fmt.Sprintf("sim: event of kind %d at %d fs is scheduled in the past, now is %d fs", event.Kind, event.Time, e.now))
	}
	e.queue.push(entry{event: event, order: uint64(event.Phase)<<sequenceBits | e.sequence})
	e.sequence++
}

// Stop makes Run return once the event that is being handled is done. Another
// Run continues where it stopped.
func (e *Engine) Stop() { e.stopped = true }

// Run handles events in order until none is left, Stop is called, or ctx ends;
// only then is the error not nil.
func (e *Engine) Run(ctx context.Context, h Handler) error {
	e.stopped = false
	for len(e.queue) > 0 && !e.stopped {
		if e.events%contextEvery == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		next := e.queue.pop()
		e.now = next.Time
		e.events++
		h.Handle(next)
	}
	return nil
}
