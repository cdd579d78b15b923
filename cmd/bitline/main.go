// Command bitline simulates ReRAM accelerators: it trains networks with sparse
// bit slices, replays them bit for bit through crossbars and converters, times
// the chip event by event, and reports accuracy, latency, energy and area.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		caught := <-signals
		signal.Stop(signals) // a second signal ends what does not see that the context has ended
		cancel(interruption{caught})
	}()
	code := run(ctx, os.Args[1:], terminal{out: os.Stdout, err: os.Stderr, getenv: os.Getenv})
	if by, ok := context.Cause(ctx).(interruption); ok && code != 0 {
		dieOf(by.Signal)
	}
	os.Exit(code)
}

// interruption is the signal by which a command was ended.
type interruption struct{ os.Signal }

func (i interruption) Error() string { return i.String() }

// dieOf ends the process by a signal that it has handled, as a shell expects: it would
// go on with a loop over commands that merely fail.
func dieOf(s os.Signal) {
	if self, err := os.FindProcess(os.Getpid()); err == nil && self.Signal(s) == nil {
		time.Sleep(time.Second) // until it arrives
	}
}

// run is the whole command: it returns the exit code, 0 for success, 1 for an
// error, 2 for wrong usage.
func run(ctx context.Context, args []string, term terminal) int {
	root := newRoot(term)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var usage usageError
	switch {
	case errors.As(err, &usage):
		fmt.Fprintf(term.err, "bitline: %v\n", err)
		return 2
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintf(term.err, "bitline: interrupted: %v\n", err)
	default:
		fmt.Fprintf(term.err, "bitline: %v\n", err)
	}
	return 1
}

// usageError is a command line that cannot be understood.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }
