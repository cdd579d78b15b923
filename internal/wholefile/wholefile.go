// Package wholefile reads files of a known kind into memory. What is no file of that
// kind may have no end: a device, or a disk's image by a wrong name.
package wholefile

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Read is os.ReadFile for a file or a pipe of at most so many bytes; a longer one
// and a device are errors. Errors name the file.
func Read(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	switch {
	case info.Mode()&fs.ModeDevice != 0:
		return nil, fmt.Errorf("%s is a device, want a file", path)
	case info.Size() > most:
		return nil, fmt.Errorf("%s has %d bytes, want at most %d", path, info.Size(), most)
	}
	return read(f, path, info.Size(), most)
}

// read reads what says that it has so many bytes; a pipe has 0, and a file may grow.
func read(r io.Reader, path string, size, most int64) ([]byte, error) {
	b := make([]byte, 0, size+512)
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case int64(len(b)) > most:
			return nil, fmt.Errorf("%s has more than %d bytes, want at most that", path, most)
		case err == io.EOF:
			return b, nil
		case err != nil:
			return nil, err
		case len(b) == cap(b):
			b = append(b, 0)[:len(b)]
		}
	}
}
