package workloads

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Finder holds the folders in which data sets are searched, best first. A set
// lies in a folder DIR as DIR/NAME/FILE or, if it is the only one there, as
// DIR/FILE; a FILE may be compressed and then ends in .gz.
type Finder struct {
	Dirs []string
	// Shelf, unless nil, keeps what was loaded.
	Shelf *Shelf
}

// systemData is where Debian's dataset-fashion-mnist puts its folder.
const systemData = "/usr/share/datasets"

// NewFinder is the places of one user: the explicit folder alone, if one is
// given; else $BITLINE_DATA, the folder bitline/data of the user's cache, a
// folder shared/data beside the working directory or beside one of its parents,
// and the system's folder of data sets. getenv looks up an environment variable,
// as os.Getenv does.
func NewFinder(explicit string, getenv func(string) string) Finder {
	if explicit != "" {
		return Finder{Dirs: []string{explicit}}
	}
	var f Finder
	if dir := getenv("BITLINE_DATA"); dir != "" {
		f.Dirs = append(f.Dirs, dir)
	}
	if cache, err := os.UserCacheDir(); err == nil {
		f.Dirs = append(f.Dirs, filepath.Join(cache, "bitline", "data"))
	}
	if dir, err := os.Getwd(); err == nil {
		f.Dirs = append(f.Dirs, sharedData(dir)...)
	}
	f.Dirs = append(f.Dirs, systemData)
	return f
}

// sharedData lists the folders shared/data beside dir and beside its parents;
// only those that exist, so that a message about missing data stays short.
func sharedData(dir string) []string {
	var found []string
	for parent := filepath.Dir(dir); parent != dir; dir, parent = parent, filepath.Dir(parent) {
		candidate := filepath.Join(parent, "shared", "data")
		if info, err := os.Stat(candidate); err == nil && info.IsDir() {
			found = append(found, candidate)
		}
	}
	return found
}

// A folder is one place that holds every file of a set.
type folder struct {
	dir   string
	paths []string // in the order of the files asked for
}

// locate finds the folder that holds all files of the data set called name.
// A file directly in one of the places may be of another set with the same file
// names: accept is asked before such a folder is taken.
func (f Finder) locate(name string, files []string, accept func(folder) bool) (folder, error) {
	var searched, notes []string
	for _, dir := range f.Dirs {
		own := filepath.Join(dir, name)
		for _, candidate := range []string{own, dir} {
			searched = append(searched, candidate)
			at, missing := inFolder(candidate, files)
			switch {
			case len(missing) == 0 && (candidate == own || accept(at)):
				return at, nil
			case len(missing) == 0:
				notes = append(notes, fmt.Sprintf("the files directly in %s are of another set", candidate))
			case len(missing) < len(files):
				notes = append(notes, fmt.Sprintf("%s has no %s", candidate, strings.Join(missing, ", ")))
			}
		}
	}
	err := fmt.Errorf("found in none of %s: want the files %s, plain or with .gz; download them with bitline data get, or put them into DIR/%s and name DIR with --data or BITLINE_DATA",
		strings.Join(searched, ", "), strings.Join(files, ", "), name)
	if len(notes) > 0 {
		err = fmt.Errorf("%w (%s)", err, strings.Join(notes, "; "))
	}
	return folder{}, err
}

// howToHave says what to do to have a set that was not found.
func howToHave(set string) string { return "bitline data get " + set }

// inFolder finds files in dir, plain rather than compressed, and lists those
// that are not there.
func inFolder(dir string, files []string) (at folder, missing []string) {
	at.dir = dir
	for _, name := range files {
		path := filepath.Join(dir, name)
		switch {
		case IsFile(path):
			at.paths = append(at.paths, path)
		case IsFile(path + ".gz"):
			at.paths = append(at.paths, path+".gz")
		default:
			missing = append(missing, name)
		}
	}
	return at, missing
}

// IsFile says whether a regular file lies at path, which alone can be one of a data
// set's.
func IsFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
