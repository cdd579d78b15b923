//go:build darwin || linux

package filelock

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Try opens and locks a file, or returns ErrHeld: the system gives the lock back when
// its holder ends, however it ends.
func Try(path string) (*os.File, error) {
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, err
		}
		if err := lock(file); err != nil {
			if !errors.Is(err, ErrHeld) {
				err = &fs.PathError{Op: "lock", Path: path, Err: err}
			}
			return nil, errors.Join(err, file.Close())
		}
		if isAt(file, path) {
			return file, nil
		}
		if err := file.Close(); err != nil { // its holder removed it: the lock is another file's
			return nil, err
		}
	}
}

func lock(file *os.File) error {
	for {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EWOULDBLOCK):
			return ErrHeld
		default:
			return err
		}
	}
}

// isAt says whether a file still has its name.
func isAt(file *os.File, path string) bool {
	opened, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(opened, named)
}

// Release gives a lock back, and leaves its file empty.
func Release(file *os.File) error { return errors.Join(file.Truncate(0), file.Close()) }

// Remove gives a lock back and removes its file, if that is still there.
func Remove(file *os.File) error {
	err := os.Remove(file.Name())
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, file.Close())
}
