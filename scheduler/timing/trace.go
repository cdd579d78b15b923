package timing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"bitline/internal/units"
)

// TraceOptions ask for a trace of a stretch of the stream of images, which begins
// with an empty chip at time 0. Everything that overlaps the stretch is in it.
//
// The trace is JSON that ui.perfetto.dev and chrome://tracing open. Every tile, the
// network of every chip, and the host are a process; every crossbar, converter,
// pool of digital units, port and link is a track, on which one thing happens at a
// time; the lengths of queues and what lies in eDRAMs are counters. Events are in
// the order of their times, and the bytes are those of an exact run.
type TraceOptions struct {
	// Writer takes the JSON as it is made. After an error it is incomplete.
	Writer io.Writer
	// From and To are the stretch; To = 0 means TraceLength after From. Every
	// read, scan and shift-and-add of every array of the chip is in it: a full chip
	// of ISAAC's makes some 20 MB in a microsecond. More than 20 million events are
	// an error.
	From, To units.Time
	// Settled counts From and To from the beginning of the measured window, where
	// the pipeline has settled.
	Settled bool

	most int64 // events; 0: maxTraceEvents
}

// TraceLength is how long a trace is that does not say so.
const TraceLength = 5 * units.Microsecond

// maxTraceEvents is how many events a trace may have: some 3 GB of JSON, more than
// the viewers open.
const maxTraceEvents = 20_000_000

// ParseTraceWindow reads a stretch of time such as "0..20us" or "1.5 ms..1.6 ms".
// It is an error unless the second time is later than the first.
func ParseTraceWindow(s string) (from, to units.Time, err error) {
	a, b, ok := strings.Cut(s, "..")
	if !ok {
		return 0, 0, fmt.Errorf("window is %q, want two times such as 0..20us", s)
	}
	parse := func(s string) (units.Time, error) {
		if strings.TrimSpace(s) == "0" {
			return 0, nil
		}
		return units.ParseTime(s)
	}
	from, errFrom := parse(a)
	to, errTo := parse(b)
	if err := errors.Join(errFrom, errTo); err != nil {
		return 0, 0, fmt.Errorf("window %s: %w", s, err)
	}
	if from < 0 || to <= from {
		return 0, 0, fmt.Errorf("window is %v to %v, want a later end than beginning, and none before 0", from, to)
	}
	return from, to, nil
}

// check says what of the options makes no sense.
func (o *TraceOptions) check() error {
	switch {
	case o == nil:
		return nil
	case o.Writer == nil:
		return errors.New("a trace has no writer, want one")
	case o.From < 0 || o.To != 0 && o.To <= o.From:
		return fmt.Errorf("trace is from %v to %v, want a later end than beginning, and none before 0", o.From, o.To)
	}
	return nil
}

// writeTrace runs a stream of images from the beginning to the end of the stretch;
// settled is when the measured window began.
func (b *builder) writeTrace(ctx context.Context, opts Options, settled units.Time) error {
	o := *opts.Trace
	if o.To == 0 {
		o.To = o.From + TraceLength
	}
	if o.Settled {
		o.From, o.To = o.From+settled, o.To+settled
	}
	m, err := b.model(modelOptions{images: endless, ahead: int64(opts.InFlight), exact: opts.Exact})
	if err != nil {
		return err
	}
	w := &observer{from: o.From, to: o.To}
	w.trace = newTraceWriter(b, m, o)
	b.observe(m, w)
	m.start()
	if err := b.watch(ctx, m, w); err != nil {
		return err
	}
	if err := w.trace.close(); err != nil {
		return fmt.Errorf("writing the trace: %w", err)
	}
	return nil
}

// watch runs a model to the end of its observer's time.
func (b *builder) watch(ctx context.Context, m *model, w *observer) error {
	m.stopAt = 0
	for !w.over() {
		if m.engine.Pending() == 0 {
			return b.deadlock(m, len(m.done)+1)
		}
		if err := m.engine.Run(ctx, m); err != nil {
			return err
		}
		if w.trace != nil && w.trace.err != nil {
			return fmt.Errorf("writing the trace: %w", w.trace.err)
		}
	}
	w.waiting()
	m.watch, m.net.watch = nil, nil
	return nil
}
