package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"bitline/internal/atomicfile"
)

// output is a file that a flag asks for.
type output struct{ flag, path string }

// checkOutputs finds files to write that the command reads or keeps as well, that stand there
// twice, or that cannot be written. Empty paths are none.
func checkOutputs(used []string, outputs ...output) error {
	var faults []error
	var paths []string
	for _, o := range outputs {
		paths = append(paths, o.path)
		for _, from := range used {
			if o.path != "" && from != "" && sameFile(o.path, from) {
				faults = append(faults, fmt.Errorf("%s is %s, which is in use, want another file", o.flag, o.path))
				break
			}
		}
	}
	return errors.Join(append(faults, atomicfile.Check(paths...))...)
}

// sameFile says whether two paths are of one file, which need not be there.
func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	other, otherErr := os.Stat(b)
	if err == nil && otherErr == nil {
		return os.SameFile(one, other)
	}
	a, err = filepath.Abs(a)
	b, otherErr = filepath.Abs(b)
	return err == nil && otherErr == nil && a == b
}
