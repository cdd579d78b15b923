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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends what does not see that the context has ended
	code := run(ctx, os.Args[1:], terminal{out: os.Stdout, err: os.Stderr, getenv: os.Getenv})
	stop()
	os.Exit(code)
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
