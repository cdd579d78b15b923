package filelock_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"bitline/internal/filelock"
)

// Who asks for a lock that is held is told by whom, and has it once it is given back.
func TestTake(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l")
	first, err := filelock.Take(path, "this folder")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("process %d is at work on this folder (%s): wait for it, stop it, or choose another place", os.Getpid(), path)
	if _, err := filelock.Take(path, "this folder"); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if _, err := filelock.Try(path); !errors.Is(err, filelock.ErrHeld) {
		t.Errorf("error %v, want %v", err, filelock.ErrHeld)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := filelock.Wait(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting ended with %v, want %v", err, context.Canceled)
	}
	if err := filelock.Release(first); err != nil {
		t.Fatal(err)
	}
	again, err := filelock.Wait(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := filelock.Remove(again); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the removed lock is there: %v", err)
	}
}

// Locks whose files are removed are still held by one at a time.
func TestRemovedLocksExclude(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l")
	var holders atomic.Int64
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 100 {
				file, err := untilFree(path)
				if err != nil {
					t.Error(err)
					return
				}
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d hold the lock, want one", n)
				}
				for range 8 { // so that others try meanwhile
					runtime.Gosched()
				}
				holders.Add(-1)
				if err := filelock.Remove(file); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
}

// untilFree tries to take a lock until nobody has it.
func untilFree(path string) (*os.File, error) {
	for {
		file, err := filelock.Try(path)
		if !errors.Is(err, filelock.ErrHeld) {
			return file, err
		}
		runtime.Gosched()
	}
}
