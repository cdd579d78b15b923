package sweep

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

// What a full disk took of a record is unknown where it cannot be taken back:
// nothing is written after it, and the record does not count as there.
func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("NOT RUN: this system has no /dev/full")
	}
	defer full.Close()
	s, err := Open(t.TempDir(), Identity{Points: 4}, Whole)
	if err != nil {
		t.Fatal(err)
	}
	good := s.file
	s.file = full
	if err := s.Put(Record{Point: 1}); !errors.Is(err, syscall.ENOSPC) || s.Has(1) {
		t.Errorf("error %v, Has(1) %t, want no space left and false", err, s.Has(1))
	}
	if err := s.Put(Record{Point: 2}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("error %v, want the first one again", err)
	}
	s.file, s.fault = good, nil
	if err := errors.Join(s.Put(Record{Point: 1}), s.Close()); err != nil {
		t.Error(err)
	}
}
