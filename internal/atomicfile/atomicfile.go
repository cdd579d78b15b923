// Package atomicfile writes files that appear whole or not at all.
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Write writes a file under a temporary name beside it, flushes it to the disk
// and renames it, so that a reader sees the old file or the whole new one. On an
// error, which names the file, the old file is untouched and nothing is left
// behind. A link stays one, to the new file. What is there already must be a
// regular file: a device or a pipe is not replaced. A new file can be read by all, one
// that is replaced keeps its permissions.
func Write(path string, content []byte) error {
	return Stream(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// Stream is Write of what a function writes, which may be more than fits into
// memory. An error of the function is returned as it is, if it is not the file's.
func Stream(path string, write func(io.Writer) error) error {
	temp, err := create(path)
	if err != nil {
		return writingError(path, err)
	}
	if err := write(temp); err != nil {
		_ = errors.Join(temp.Close(), os.Remove(temp.Name())) // the first error is what matters
		if e, ok := errors.AsType[*fs.PathError](err); ok && e.Path == temp.Name() {
			return writingError(path, err)
		}
		return err
	}
	if err := finish(temp, follow(path)); err != nil {
		_ = os.Remove(temp.Name()) // the first error is what matters
		return writingError(path, err)
	}
	if err := SyncFolder(filepath.Dir(temp.Name())); err != nil {
		return writingError(path, err)
	}
	return nil
}

// Check says whether Write could write files at these paths, without a trace: it
// spares a user the hours of work whose result cannot be kept. A path that stands
// there twice is an error: one file would replace the other. Empty paths are none.
func Check(paths ...string) error {
	var faults []error
	seen := map[string]bool{}
	for _, path := range paths {
		if path == "" {
			continue
		}
		file := whole(path)
		if seen[file] {
			faults = append(faults, writingError(path, errors.New("is asked for twice, want a file of its own for each")))
			continue
		}
		seen[file] = true
		temp, err := create(path)
		if err == nil {
			err = errors.Join(temp.Close(), os.Remove(temp.Name()))
		}
		if err != nil {
			faults = append(faults, writingError(path, err))
		}
	}
	return errors.Join(faults...)
}

// Sweep removes the temporary files that killed writers of the files at these
// paths left beside them. Nobody may be writing them. Empty paths are none.
func Sweep(paths ...string) error {
	var faults []error
	for _, path := range paths {
		if path == "" {
			continue
		}
		dir, prefix := place(path)
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // whoever writes there is told why that cannot be
		}
		for _, e := range entries {
			if number, ok := strings.CutPrefix(e.Name(), prefix); ok && number != "" && strings.Trim(number, "0123456789") == "" {
				faults = append(faults, os.Remove(filepath.Join(dir, e.Name())))
			}
		}
	}
	return errors.Join(faults...)
}

// place says where the temporary files of a path lie, and what their names start
// with; a number follows.
func place(path string) (dir, prefix string) {
	path = follow(path)
	return filepath.Dir(path), "." + filepath.Base(path) + "."
}

// follow is the file that a link leads to, be it there or not, or the path itself.
func follow(path string) string {
	if file, err := filepath.EvalSymlinks(path); err == nil {
		return file
	}
	target, err := os.Readlink(path)
	switch {
	case err != nil:
		return path
	case filepath.IsAbs(target):
		return target
	}
	return filepath.Join(filepath.Dir(path), target)
}

// whole is the file that a path leads to from anywhere, or the path itself.
func whole(path string) string {
	if file, err := filepath.Abs(follow(path)); err == nil {
		return file
	}
	return path
}

// create makes the temporary file beside a path that is a regular file or nothing.
func create(path string) (*os.File, error) {
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return nil, syscall.EISDIR
	case err == nil && !info.Mode().IsRegular():
		return nil, errors.New("is no regular file")
	}
	dir, prefix := place(path)
	return os.CreateTemp(dir, prefix+"*")
}

// finish makes the temporary file durable and gives it its name.
func finish(temp *os.File, path string) error {
	err := temp.Sync()
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	mode := fs.FileMode(0o644)
	if old, statErr := os.Stat(path); statErr == nil {
		mode = old.Mode().Perm()
	}
	if err == nil {
		err = os.Chmod(temp.Name(), mode)
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	return err
}

// SyncFolder makes new names in a folder durable, where the file system can and the
// folder may be read.
func SyncFolder(path string) error {
	folder, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	err = folder.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, folder.Close())
}

// writingError names the file that was asked for, and drops the temporary name
// that the system's error holds.
func writingError(path string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	} else if e, ok := errors.AsType[*os.LinkError](err); ok {
		err = e.Err
	}
	return fmt.Errorf("writing %s: %w", path, err)
}
