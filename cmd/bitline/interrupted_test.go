//go:build darwin || linux

package main

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// A command that waits for something else than its context, here for a pipe to which
// nobody writes, outlives the first interrupt and is ended by the next.
func TestSecondInterrupt(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := syscall.Mkfifo("w.npy", 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, _ := process(t, "mvm", "--weights", "w.npy", "--inputs", "x.npy", "--out", "y.npy")
	writer, err := os.OpenFile("w.npy", os.O_WRONLY, 0) // when the command has opened it too
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	interrupts := 0
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	limit := time.After(time.Minute)
	for {
		select {
		case <-again.C:
			interrupts++
			_ = c.Process.Signal(os.Interrupt) // none, if it has just ended
		case err := <-ended:
			if status, ok := c.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != syscall.SIGINT || interrupts < 2 {
				t.Errorf("ended after %d interrupts with %v, want the second to end it", interrupts, err)
			}
			return
		case <-limit:
			if err := c.Process.Kill(); err != nil {
				t.Error(err)
			}
			t.Fatalf("still there after %d interrupts", interrupts)
		}
	}
}
