// Package filelock locks files between processes.
package filelock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// ErrHeld is a lock that another process has, or this one under another file.
var ErrHeld = errors.New("is held")

// Take takes the lock of a file, which it makes if it is not there, and writes the
// process's number into it; or it says who has it, who is at work on what is named.
func Take(path, what string) (*os.File, error) {
	file, err := Try(path)
	if errors.Is(err, ErrHeld) {
		holder := "another process"
		if content, readErr := os.ReadFile(path); readErr == nil && len(content) > 0 {
			holder = "process " + strings.TrimSpace(string(content))
		}
		return nil, fmt.Errorf("%s is at work on %s (%s): wait for it, stop it, or choose another place", holder, what, path)
	}
	if err != nil {
		return nil, err
	}
	if err := writePID(file); err != nil {
		return nil, errors.Join(err, Release(file))
	}
	return file, nil
}

func writePID(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt(fmt.Appendln(nil, os.Getpid()), 0)
	return err
}

// Interval is how often Wait asks for a lock that somebody holds.
const Interval = 50 * time.Millisecond

// Wait takes a lock as soon as nobody else has it.
func Wait(ctx context.Context, path string) (*os.File, error) {
	for {
		file, err := Try(path)
		if !errors.Is(err, ErrHeld) {
			return file, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(Interval):
		}
	}
}
