package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

const (
	maxSize  = 1 << 20 // bytes of a file
	maxChain = 16      // files that start from one another
)

// Source is where documents of one kind are found. A name that contains a
// slash (or the system's path separator) or ends in ".toml" is a file on disk;
// any other name is Kind/name.toml in Embedded.
type Source struct {
	Embedded fs.FS  // the files within the program; nil for none
	Kind     string // their folder, such as "chips"
	// Memo, unless nil, keeps what files hold, so that many loads of a file read it
	// once and are of one state of it.
	Memo *Memo
}

// Memo keeps documents; the zero Memo is empty. Sources of several kinds and
// goroutines may share one.
type Memo struct{ documents sync.Map } // from a location to a document of which nobody has asked

// Names are the names of the embedded documents, sorted.
func (s Source) Names() []string {
	if s.Embedded == nil {
		return nil
	}
	entries, err := fs.ReadDir(s.Embedded, s.folder())
	if err != nil {
		return nil // a program without that folder has no such documents
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".toml"); ok && !e.IsDir() {
			names = append(names, name)
		}
	}
	return names
}

func (s Source) folder() string { return path.Join(".", s.Kind) }

// Load reads a document, follows its base = "other.toml" and that one's, each
// beside its referrer (a bare name is embedded), lays each file over its base
// (tables are merged, arrays replaced as a whole) and then the overrides
// key=value, whose value is TOML or, where it does not parse as such, a string.
// It fails on files that cannot be read, that are not TOML or larger than
// 1 MiB, on cycles, and on overrides without a key; what is wrong with the
// values is for Table.Finish to say.
func Load(src Source, name string, sets []string) (*Table, error) {
	return LoadUnder(src, name, Part{}, sets)
}

// LoadUnder is Load with a part of another document laid over the files, below
// the overrides. Faults in what the part gives are told with its own lines.
func LoadUnder(src Source, name string, part Part, sets []string) (*Table, error) {
	f, err := src.find(name)
	if err != nil {
		return nil, err
	}
	root, err := src.document(f)
	if err != nil {
		return nil, err
	}
	part.over(root)
	return override(root, sets)
}

// document is what a file and those that it starts from hold.
func (s Source) document(f location) (*node, error) {
	if s.Memo != nil {
		if root, ok := s.Memo.documents.Load(f); ok {
			return root.(*node).clone(), nil
		}
	}
	data, err := s.read(f)
	if err != nil {
		return nil, err
	}
	root, err := s.assemble(f, data, []location{f})
	if err == nil && s.Memo != nil {
		s.Memo.documents.Store(f, root.clone())
	}
	return root, err
}

// Parse is Load for a document in memory, which may have no base; its faults
// are reported under the given name.
func Parse(name string, data []byte, sets []string) (*Table, error) {
	root, err := decode(name, data)
	if err != nil {
		return nil, err
	}
	if base := root.table["base"]; base != nil {
		return nil, fault{base.pos, "key base: only a file can start from another"}
	}
	return override(root, sets)
}

// location is a file by its cleaned path.
type location struct {
	path     string
	embedded bool
}

// Stem is the name of what a document describes that gives no name: the file's,
// without its folder and ending.
func Stem(name string) string { return strings.TrimSuffix(filepath.Base(name), ".toml") }

func (s Source) find(name string) (location, error) {
	if IsFile(name) {
		return location{path: filepath.Clean(name)}, nil
	}
	names := s.Names()
	if slices.Contains(names, name) {
		return location{path.Join(s.folder(), name+".toml"), true}, nil
	}
	if len(names) == 0 {
		return location{}, fmt.Errorf("unknown name %q, want the path of a .toml file", name)
	}
	return location{}, fmt.Errorf("unknown name %q in %s, want %s or the path of a .toml file%s",
		name, s.folder(), strings.Join(names, ", "), didYouMean(name, "", names))
}

// beside finds the base that the file from names.
func (s Source) beside(from location, base string) (location, error) {
	if !IsFile(base) {
		return s.find(base)
	}
	if !from.embedded {
		if filepath.IsAbs(base) {
			return location{path: filepath.Clean(base)}, nil
		}
		return location{path: filepath.Join(filepath.Dir(from.path), filepath.FromSlash(base))}, nil
	}
	at := path.Join(path.Dir(from.path), base)
	inside := s.folder() == "." || strings.HasPrefix(at, s.folder()+"/")
	if path.IsAbs(base) || !fs.ValidPath(at) || !inside {
		return location{}, fmt.Errorf("an embedded file starts from one in %s", s.folder())
	}
	return location{at, true}, nil
}

// read gives the bytes of a file, at most one more than maxSize.
func (s Source) read(f location) ([]byte, error) {
	var file fs.File
	var err error
	if f.embedded {
		file, err = s.Embedded.Open(f.path)
	} else {
		file, err = os.Open(f.path)
	}
	if err != nil {
		return nil, readingError(f, err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err != nil {
		return nil, readingError(f, err)
	}
	return data, nil
}

// readingError drops the operation and the path that an fs.PathError repeats.
func readingError(f location, err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	return fmt.Errorf("reading %s: %w", f.path, err)
}

// assemble decodes a file and lays it over its base, if it names one. The
// chain is the files on the way here, this one last.
func (s Source) assemble(f location, data []byte, chain []location) (*node, error) {
	root, err := decode(f.path, data)
	if err != nil {
		return nil, err
	}
	base := root.table["base"]
	if base == nil {
		return root, nil
	}
	delete(root.table, "base")
	name, ok := base.scalar.(string)
	if !ok {
		return nil, fault{base.pos, fmt.Sprintf("key base is %s, want the name of a file", base)}
	}
	if !Printable(name) {
		return nil, fault{base.pos, fmt.Sprintf("key base is %s, want %s", base, wantPrintable)}
	}
	wrap := func(err error) error { return fmt.Errorf("%s: key base is %s: %w", base.pos, base, err) }
	next, err := s.beside(f, name)
	if err != nil {
		return nil, wrap(err)
	}
	if slices.Contains(chain, next) {
		return nil, wrap(errors.New("the files start from one another in a circle"))
	}
	if len(chain) == maxChain {
		return nil, wrap(fmt.Errorf("more than %d files start from one another", maxChain))
	}
	below, err := s.read(next)
	if err != nil {
		return nil, wrap(err)
	}
	under, err := s.assemble(next, below, append(chain, next))
	if err != nil {
		return nil, err
	}
	return merge(under, root), nil
}
