package sweep

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// Shard is one of Count parts of a sweep that run side by side: the points whose
// number leaves the rest Index when it is divided by Count.
type Shard struct{ Index, Count int }

// Whole is a sweep in one part.
var Whole = Shard{Index: 0, Count: 1}

// Check finds numbers that are no part.
func (s Shard) Check() error {
	if s.Count < 1 || s.Index < 0 || s.Index >= s.Count {
		return fmt.Errorf("shard %s is none, want I/N with I from 0 to N - 1", s)
	}
	return nil
}

// Holds says whether a point belongs to the part.
func (s Shard) Holds(point int) bool { return point%s.Count == s.Index }

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Count) }

// file is the name of the part's file in the folder of records, with its ending.
func (s Shard) file(ending string) string {
	return fmt.Sprintf("shard-%d-of-%d%s", s.Index, s.Count, ending)
}

const (
	recordsFolder = "records"
	recordsEnding = ".jsonl"
	lockEnding    = ".lock"
)

// recordFiles lists the files of records in a sweep's folder, whatever the parts
// were, by name. A sweep that has not begun has none.
func recordFiles(dir string) ([]string, error) {
	folder := filepath.Join(dir, recordsFolder)
	entries, err := os.ReadDir(folder)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	name := regexp.MustCompile(`^shard-\d+-of-\d+` + regexp.QuoteMeta(recordsEnding) + `$`)
	var files []string
	for _, e := range entries {
		if name.MatchString(e.Name()) {
			files = append(files, filepath.Join(folder, e.Name()))
		}
	}
	slices.Sort(files)
	return files, nil
}
