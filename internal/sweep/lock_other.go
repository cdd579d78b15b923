//go:build !darwin && !linux

package sweep

import (
	"errors"
	"os"
)

// lockFile makes a file that nobody else has. One whose holder was killed must be
// removed by hand.
func lockFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return nil, errHeld
	}
	return file, err
}

func unlockFile(file *os.File) error { return errors.Join(file.Close(), os.Remove(file.Name())) }
