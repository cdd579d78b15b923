package atomicfile_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"bitline/internal/atomicfile"
)

// names lists a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestWriteReplacesTheWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.json")
	for _, content := range []string{"a long first content", "short", ""} {
		if err := atomicfile.Write(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != content {
			t.Errorf("holds %q, error %v, want %q", got, err, content)
		}
		if got := names(t, dir); !slices.Equal(got, []string{"a.json"}) {
			t.Errorf("the folder holds %v, want a.json alone", got)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode is %v, error %v, want rw-r--r--", info.Mode(), err)
	}
}

// A reader who has the file open keeps the old one: it is not written into.
func TestWriteLeavesOpenFilesAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := atomicfile.Write(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	reader, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := atomicfile.Write(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 8)
	if n, err := reader.Read(b); err != nil || string(b[:n]) != "old" {
		t.Errorf("the open file reads %q, error %v, want \"old\"", b[:n], err)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644), os.Symlink("pipe", filepath.Join(dir, "link"))); err != nil {
		t.Fatal(err)
	}
	want := names(t, dir)
	for _, tt := range []struct {
		path, want string
		is         error
	}{
		{"none/x", "no such file or directory", fs.ErrNotExist},
		{"file/x", "not a directory", nil},
		{"folder", "is a directory", nil},
		{"pipe", "is no regular file", nil},
		{"link", "is no regular file", nil},
	} {
		path := filepath.Join(dir, tt.path)
		for name, err := range map[string]error{"Write": atomicfile.Write(path, []byte("x")), "Check": atomicfile.Check("", path)} {
			if message := "writing " + path + ": " + tt.want; err == nil || err.Error() != message {
				t.Errorf("%s(%s): error %v, want %s", name, tt.path, err, message)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%s(%s): error %v is not %v", name, tt.path, err, tt.is)
			}
		}
	}
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("the folder holds %v, want %v", got, want)
	}
}

// A writer that stops half way leaves the old file and nothing else, and its error
// is passed on.
func TestStreamThatStops(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("enough")
	err := atomicfile.Stream(path, func(w io.Writer) error {
		if _, err := w.Write([]byte("half of the n")); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Errorf("error is %v, want %v", err, stop)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
		t.Errorf("holds %q, error %v, want \"old\"", got, err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"a"}) {
		t.Errorf("the folder holds %v, want a alone", got)
	}
}

// A link stays a link: the file that it leads to is replaced.
func TestWriteThroughLink(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	file, link := filepath.Join(other, "file"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(file, []byte("old"), 0o644), os.Symlink(file, link)); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "new" {
		t.Errorf("the file holds %q, error %v, want \"new\"", got, err)
	}
	if got, err := os.Readlink(link); err != nil || got != file {
		t.Errorf("the link leads to %q, error %v, want %s", got, err, file)
	}
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	keep := []string{".a", ".a.", ".a.b.12", ".a.old", ".b.12", "a", "a.12"}
	for _, name := range append([]string{".a.1", ".a.4711"}, keep...) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := atomicfile.Sweep(filepath.Join(dir, "a"), "", filepath.Join(dir, "none", "a")); err != nil {
		t.Error(err)
	}
	if got := names(t, dir); !slices.Equal(got, keep) {
		t.Errorf("the folder holds %v, want %v", got, keep)
	}
}

// Check leaves no trace, neither a file nor a change of one.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	if err := os.WriteFile(a, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Check(a, b, ""); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(a); err != nil || string(got) != "old" {
		t.Errorf("a holds %q, error %v, want \"old\"", got, err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"a"}) {
		t.Errorf("the folder holds %v, want a alone", got)
	}
}

// A link whose file is not there yet stays a link, to the new file; a file that is
// replaced keeps who may read it.
func TestWriteKeepsLinksAndModes(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink("file", link); err != nil {
		t.Skipf("NOT RUN: no symbolic links: %v", err)
	}
	if err := atomicfile.Write(link, []byte("first")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "file")
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is %v (%v), want a link still", info, err)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(file, []byte("second")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 6 {
		t.Errorf("the file is %v (%v), want the second, rw-------", info, err)
	}
}
