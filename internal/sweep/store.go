package sweep

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"bitline/internal/atomicfile"
	"bitline/internal/filelock"
)

// syncInterval bounds the records that one flush to the disk stands for.
const syncInterval = 100 * time.Millisecond

// Store keeps the records of one part of a sweep in a folder:
//
//	DIR/sweep.json                    whose records they are
//	DIR/records/shard-0-of-1.jsonl    one line for each record, only ever appended to
//	DIR/records/shard-0-of-1.lock     held while a Store is open, with the process's number
//
// A record has been handed to the system when Put returns: a process that is
// killed after that loses nothing, and one that is killed within Put leaves at
// most a torn last line, which Open cuts off. A computer that loses its power may
// lose more: Put flushes the file to the disk if the last flush was 100 ms ago or
// longer, and Flush and Close do so always, so that only records put within 100 ms
// of a flush, with no Put, Flush or Close since, can be lost. Methods may be called
// by several goroutines.
type Store struct {
	path     string
	identity Identity
	shard    Shard

	mu     sync.Mutex
	lock   *os.File // nil after Close
	file   *os.File
	length int64  // of whole lines
	has    []bool // by point, whichever part recorded it
	dirty  bool   // records since the last flush
	synced time.Time
	fault  error // after which the file's state is unknown
	line   []byte
}

// Open opens a part's store and makes what is not there yet. It returns an error
// if the folder is another sweep's, if somebody else is at work on this part, or
// if records are damaged other than by a cut end.
func Open(dir string, id Identity, shard Shard) (*Store, error) {
	if err := shard.Check(); err != nil {
		return nil, err
	}
	if id.Points > mostPoints {
		return nil, fmt.Errorf("the plan has %d points, want at most %d in one folder", id.Points, mostPoints)
	}
	if err := id.CheckFolder(dir); err != nil {
		return nil, err // before anything is written there
	}
	if err := os.MkdirAll(filepath.Join(dir, recordsFolder), 0o755); err != nil {
		return nil, err
	}
	lock, err := filelock.Take(filepath.Join(dir, recordsFolder, shard.file(lockEnding)), "this shard")
	if err != nil {
		return nil, err
	}
	s := &Store{
		path:     filepath.Join(dir, recordsFolder, shard.file(recordsEnding)),
		identity: id, shard: shard, lock: lock, has: make([]bool, id.Points),
	}
	if err := s.open(dir); err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

// open does what wants the lock.
func (s *Store) open(dir string) (err error) {
	if err := s.identity.claim(dir); err != nil {
		return err
	}
	if s.file, err = os.OpenFile(s.path, os.O_WRONLY|os.O_CREATE, 0o644); err != nil {
		return err
	}
	files, err := recordFiles(dir)
	if err != nil {
		return err
	}
	d := newDecoder()
	for _, path := range files {
		whole, err := scan(path, func(body []byte) error {
			point, err := d.point(body)
			if err == nil && point >= len(s.has) {
				err = outsideError(point, len(s.has))
			}
			if err == nil {
				s.has[point] = true
			}
			return err
		})
		if err != nil {
			return err
		}
		if path == s.path {
			s.length = whole
		}
	}
	if err := s.file.Truncate(s.length); err != nil {
		return err
	}
	if err := s.sync(); err != nil {
		return err
	}
	return errors.Join(atomicfile.SyncFolder(filepath.Join(dir, recordsFolder)), atomicfile.SyncFolder(dir), atomicfile.SyncFolder(filepath.Dir(dir)))
}

func outsideError(point, points int) error {
	return fmt.Errorf("record is of point %d, want less than the plan's %d points", point, points)
}

// Has says whether there is a record of a point, by Put or from before Open, by
// whichever part. Points that other parts record meanwhile are not seen.
func (s *Store) Has(point int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.has[point]
}

// Put appends the record of a point of this part that has none yet. It keeps
// nothing of r. A record that cannot be written is cut off again, and the next Put may
// succeed; where it cannot be cut off either, Put and Close return the error from then on.
func (s *Store) Put(r Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check(&r); err != nil {
		return err
	}
	s.line = appendLine(s.line[:0], &r)
	if _, err := s.file.WriteAt(s.line, s.length); err != nil {
		if cutErr := s.file.Truncate(s.length); cutErr != nil {
			s.fault = errors.Join(err, cutErr)
		}
		return err
	}
	s.length += int64(len(s.line))
	s.has[r.Point] = true
	s.dirty = true
	if time.Since(s.synced) < syncInterval {
		return nil
	}
	return s.sync()
}

func (s *Store) check(r *Record) error {
	switch {
	case s.lock == nil:
		panic("sweep: Put after Close")
	case s.fault != nil:
		return s.fault
	case r.Point < 0 || r.Point >= len(s.has):
		return outsideError(r.Point, len(s.has))
	case !s.shard.Holds(r.Point):
		return fmt.Errorf("record is of point %d, which belongs to another shard than %s", r.Point, s.shard)
	case s.has[r.Point]:
		return fmt.Errorf("point %d has a record already", r.Point)
	}
	if err := r.check(); err != nil {
		return fmt.Errorf("record of point %d: %w", r.Point, err)
	}
	return nil
}

// sync flushes the file. What an error leaves of the records is unknown, and a
// second try may claim to have kept what is lost.
func (s *Store) sync() error {
	if s.fault == nil {
		s.fault = s.file.Sync()
	}
	s.dirty, s.synced = false, time.Now()
	return s.fault
}

// Flush writes all records to the disk.
func (s *Store) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.dirty {
		return s.fault
	}
	return s.sync()
}

// Close writes all records to the disk and gives the lock back. Closing a second
// time does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock == nil {
		return nil
	}
	err := s.fault
	if s.dirty && err == nil {
		err = s.sync()
	}
	return errors.Join(err, s.release())
}

// release closes the files.
func (s *Store) release() error {
	var err error
	if s.file != nil {
		err = s.file.Close()
	}
	err = errors.Join(err, filelock.Release(s.lock))
	s.lock = nil
	return err
}
