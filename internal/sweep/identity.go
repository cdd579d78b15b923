package sweep

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"bitline/internal/atomicfile"
	"bitline/internal/report"
	"bitline/internal/wholefile"
)

// identitySchema names the form of sweep.json and of the records beside it.
const identitySchema = "bitline.sweep/1"

const identityFile = "sweep.json"

// CSVFile and ParquetFile are a folder's tables of all points.
const (
	CSVFile     = "results.csv"
	ParquetFile = "results.parquet"
)

// FolderFiles are the files of a sweep's folder that hold what it has found. The
// records of the only part are among them before they are there.
func FolderFiles(dir string) []string {
	records, _ := filepath.Glob(filepath.Join(dir, recordsFolder, "*")) // no such pattern is wrong
	return append(records, filepath.Join(dir, identityFile), filepath.Join(dir, CSVFile), filepath.Join(dir, ParquetFile),
		filepath.Join(dir, recordsFolder, Shard{Count: 1}.file(recordsEnding)))
}

// maxRecord bounds a file of a sweep's folder that is read whole, in bytes.
const maxRecord = 1 << 30

// Identity says whose results a folder holds: records of two identities are not
// comparable and never share a folder.
type Identity struct {
	Name    string // of the plan
	Plan    string // its digest
	Files   string // the digest of the files that its points are read from
	Points  int    // how many the plan has
	Version string // of the program
	Kernels string // the class of its kernels, on which training depends

	// Pareto is what the plan asks for, sets of two or three columns. It is kept
	// for Collect and may change: fronts are found anew.
	Pareto [][]string
}

// identityJSON is sweep.json.
type identityJSON struct {
	Schema  string     `json:"schema"`
	Name    string     `json:"name"`
	Plan    string     `json:"plan_sha256"`
	Files   string     `json:"files_sha256"`
	Points  int        `json:"points"`
	Version string     `json:"version"`
	Kernels string     `json:"kernel_class"`
	Pareto  [][]string `json:"pareto,omitempty"`
}

func (id Identity) encode() ([]byte, error) {
	return report.JSON(identityJSON{identitySchema, id.Name, id.Plan, id.Files, id.Points, id.Version, id.Kernels, id.Pareto})
}

// differences lists what makes other points of it than the ones that are wanted.
func (id Identity) differences(want Identity) []string {
	var list []string
	note := func(what string, got, want any) {
		if got != want {
			list = append(list, fmt.Sprintf("%s %v, want %v", what, got, want))
		}
	}
	note("plan", fmt.Sprintf("%q", id.Name), fmt.Sprintf("%q", want.Name))
	if id.Plan != want.Plan {
		note("plan digest", shortDigest(id.Plan), shortDigest(want.Plan))
	}
	if id.Files != want.Files {
		note("digest of the job's files", shortDigest(id.Files), shortDigest(want.Files))
	}
	note("points", id.Points, want.Points)
	return list
}

// otherProgram lists what makes records of it that are not comparable with those of
// the one that is wanted.
func (id Identity) otherProgram(want Identity) []string {
	var list []string
	if id.Version != want.Version {
		list = append(list, fmt.Sprintf("version %s, want %s", id.Version, want.Version))
	}
	if id.Kernels != want.Kernels {
		list = append(list, fmt.Sprintf("kernel class %s, want %s", id.Kernels, want.Kernels))
	}
	return list
}

// CheckSame is an error if a folder of that identity holds other points' records than
// those that are wanted, by whichever version.
func (id Identity) CheckSame(dir string, want Identity) error {
	return other(dir, id.differences(want))
}

func other(dir string, list []string) error {
	if len(list) == 0 {
		return nil
	}
	return fmt.Errorf("%s was made by another sweep: %s; choose another folder", dir, strings.Join(list, "; "))
}

// shortDigest is enough of a digest to tell it.
func shortDigest(digest string) string { return digest[:min(12, len(digest))] }

// readIdentity reads a folder's sweep.json, or returns fs.ErrNotExist in an error.
func readIdentity(dir string) (Identity, error) {
	path := filepath.Join(dir, identityFile)
	content, err := wholefile.Read(path, maxRecord)
	if err != nil {
		return Identity{}, err
	}
	var v identityJSON
	if err := json.Unmarshal(content, &v); err != nil {
		return Identity{}, fmt.Errorf("reading %s: %w", path, report.JSONFault(content, err))
	}
	if v.Schema != identitySchema {
		return Identity{}, fmt.Errorf("reading %s: schema is %q, want %q: another version's sweep", path, v.Schema, identitySchema)
	}
	if v.Points < 0 || v.Points > mostPoints {
		return Identity{}, fmt.Errorf("reading %s: points is %d, want 0 to %d", path, v.Points, mostPoints)
	}
	for _, set := range v.Pareto {
		if !isFront(set) {
			return Identity{}, fmt.Errorf("reading %s: pareto holds %q, want two or three different figures", path, set)
		}
	}
	return Identity{Name: v.Name, Plan: v.Plan, Files: v.Files, Points: v.Points, Version: v.Version, Kernels: v.Kernels, Pareto: v.Pareto}, nil
}

// mostPoints bounds the points of a folder, of each of which a little is held in
// memory.
const mostPoints = 10_000_000

// claim makes a folder that of the identity, unless it is another's.
func (id Identity) claim(dir string) error {
	if err := id.CheckFolder(dir); err != nil {
		return err
	}
	content, err := id.encode()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, identityFile)
	if old, err := wholefile.Read(path, maxRecord); err == nil && bytes.Equal(old, content) {
		return nil
	}
	return atomicfile.Write(path, content)
}

// AskFor keeps other fronts in the identity's folder, which Collect finds from then on.
func (id Identity) AskFor(dir string, pareto [][]string) error {
	id.Pareto = pareto
	content, err := id.encode()
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, identityFile), content)
}

// refuseOther finds that a folder is another sweep's, or nobody's (fs.ErrNotExist).
func (id Identity) refuseOther(dir string) error {
	found, err := readIdentity(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if files, listErr := recordFiles(dir); listErr == nil && len(files) > 0 {
			return fmt.Errorf("%s holds records without %s, which says whose they are; choose another folder", dir, identityFile)
		}
	}
	if err != nil {
		return err
	}
	return other(dir, append(found.differences(id), found.otherProgram(id)...))
}

// CheckFolder is an error if a sweep of the identity cannot record in a folder: it is
// another's, or no folder.
func (id Identity) CheckFolder(dir string) error {
	if err := id.refuseOther(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
