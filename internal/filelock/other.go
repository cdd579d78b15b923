//go:build !darwin && !linux

package filelock

import (
	"errors"
	"os"
)

// Try makes a file that nobody else has, or returns ErrHeld. One whose holder was
// killed must be removed by hand.
func Try(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return nil, ErrHeld
	}
	return file, err
}

// Release gives a lock back, and removes its file.
func Release(file *os.File) error { return errors.Join(file.Close(), os.Remove(file.Name())) }

// Remove gives a lock back and removes its file.
func Remove(file *os.File) error { return Release(file) }
