package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"

	"bitline/internal/atomicfile"
	"bitline/internal/pipeline"
	"bitline/scheduler/timing"

	"github.com/spf13/cobra"
)

// observeFlags ask for more of a simulation than its figures.
type observeFlags struct {
	trace, window            string
	settled, timeline, power bool
}

func (o *observeFlags) add(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.trace, "trace", "", "write a trace for ui.perfetto.dev (Chrome's JSON; compressed if the name ends in .gz) to this file")
	f.StringVar(&o.window, "trace-window", "", fmt.Sprintf("what the trace shows, such as 0..20us; by default the first %v", timing.TraceLength))
	f.BoolVar(&o.settled, "trace-settled", false, "count the trace's window from where the pipeline has settled")
	f.BoolVar(&o.timeline, "timeline", false, "draw when the busiest resources work, in the settled pipeline")
	f.BoolVar(&o.power, "power", false, "print power over time: average, peak and W/mm² of the system and its tiles, idle and gated power")
}

// given says whether any is asked for.
func (o *observeFlags) given() bool { return *o != observeFlags{} }

// set gives a job the options, but for the trace's writer.
func (o *observeFlags) set(job *pipeline.Job) error {
	if o.trace == "" && (o.window != "" || o.settled) {
		return usageError{errors.New("--trace-window and --trace-settled want --trace FILE")}
	}
	s := &job.Simulation
	if o.timeline {
		s.Timeline = &timing.TimelineOptions{}
	}
	if o.power {
		s.Power = &timing.PowerOptions{}
	}
	if o.trace == "" {
		return nil
	}
	s.Trace = &timing.TraceOptions{Settled: o.settled}
	if o.window == "" {
		return nil
	}
	var err error
	if s.Trace.From, s.Trace.To, err = timing.ParseTraceWindow(o.window); err != nil {
		return usageError{fmt.Errorf("--trace-window: %w", err)}
	}
	return nil
}

// record runs a job and writes its trace meanwhile, if one is asked for. The file
// appears once the run has gone well.
func (o *observeFlags) record(job *pipeline.Job, run func() error) error {
	if o.trace == "" {
		return run()
	}
	return atomicfile.Stream(o.trace, func(file io.Writer) error {
		buffer := bufio.NewWriterSize(file, 1<<20)
		job.Simulation.Trace.Writer = buffer
		if !strings.HasSuffix(o.trace, ".gz") {
			return cmp.Or(run(), buffer.Flush())
		}
		packed := gzip.NewWriter(buffer)
		job.Simulation.Trace.Writer = packed
		return cmp.Or(run(), packed.Close(), buffer.Flush())
	})
}
