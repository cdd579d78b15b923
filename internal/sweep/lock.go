package sweep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// errHeld is a lock that another process has, or this one under another Store.
var errHeld = errors.New("is held")

// lockShard takes the lock of a part, or says who has it.
func lockShard(path string) (*os.File, error) {
	file, err := lockFile(path)
	if errors.Is(err, errHeld) {
		holder := "another process"
		if content, readErr := os.ReadFile(path); readErr == nil && len(content) > 0 {
			holder = "process " + strings.TrimSpace(string(content))
		}
		return nil, fmt.Errorf("%s is at work on this shard (%s): wait for it, stop it, or choose another folder", holder, path)
	}
	if err != nil {
		return nil, err
	}
	if err := writePID(file); err != nil {
		return nil, errors.Join(err, unlockFile(file))
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

// lockInterval is how often a lock that somebody holds is asked for.
const lockInterval = 50 * time.Millisecond

// waitForLock takes a lock as soon as nobody else has it.
func waitForLock(ctx context.Context, path string) (*os.File, error) {
	for {
		file, err := lockFile(path)
		if !errors.Is(err, errHeld) {
			return file, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lockInterval):
		}
	}
}
