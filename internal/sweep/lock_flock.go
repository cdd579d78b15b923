//go:build darwin || linux

package sweep

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockFile opens and locks a file: the system gives the lock back when its holder
// ends, however it ends. The file stays: were it removed, two processes could hold
// one lock, one of them the removed file's.
func lockFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = errHeld
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func unlockFile(file *os.File) error { return errors.Join(file.Truncate(0), file.Close()) }
