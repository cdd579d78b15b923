package wholefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	content := strings.Repeat("0123456789", 300)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(path, 3000); err != nil || string(got) != content {
		t.Errorf("%d bytes, error %v, want the file's 3000", len(got), err)
	}
	if _, err := Read(filepath.Join(dir, "none"), 10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error of a missing file is %v", err)
	}
	wants := map[string]string{path: path + " has 3000 bytes, want at most 2999"}
	if runtime.GOOS != "windows" {
		wants["/dev/zero"] = "/dev/zero is a device, want a file"
	}
	for name, want := range wants {
		if _, err := Read(name, 2999); err == nil || err.Error() != want {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

// TestReadPipe: what does not say how long it is, is read to its end or to the bound.
func TestReadPipe(t *testing.T) {
	content := strings.Repeat("x", 5000)
	if got, err := read(strings.NewReader(content), "pipe", 0, 5000); err != nil || string(got) != content {
		t.Errorf("%d bytes, error %v, want 5000", len(got), err)
	}
	if _, err := read(strings.NewReader(content), "pipe", 0, 4999); err == nil || err.Error() != "pipe has more than 4999 bytes, want at most that" {
		t.Errorf("error is %v", err)
	}
}
