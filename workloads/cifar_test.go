package workloads

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Two records of 2×1×3 pixels: planes become pixels.
func TestDecodeCIFAR(t *testing.T) {
	to := newImages(Shape{2, 1, 3}, 2)
	if err := decodeCIFAR([]byte{9, 1, 2, 3, 4, 5, 6, 0, 11, 12, 13, 14, 15, 16}, to); err != nil {
		t.Fatal(err)
	}
	if want := []uint8{1, 3, 5, 2, 4, 6, 11, 13, 15, 12, 14, 16}; !slices.Equal(to.Pixels, want) || !slices.Equal(to.Labels, []uint8{9, 0}) {
		t.Errorf("pixels are %v with labels %v, want %v with 9 and 0", to.Pixels, to.Labels, want)
	}
	if err := decodeCIFAR([]byte{1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0}, to); err == nil || err.Error() != "label 1 is 10, want 0 to 9" {
		t.Errorf("class 10: error is %v", err)
	}
}

func TestReadCIFARSizes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.bin")
	for size, want := range map[int]string{13: "has 13 bytes, want 14", 14: "", 15: "has 14 bytes and more, want 14"} {
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := readCIFAR(path, newImages(Shape{2, 1, 3}, 2))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d bytes: error is %v, want %q", size, err, want)
		}
	}
}

func TestCIFARCopy(t *testing.T) {
	dir := t.TempDir()
	check := func(sum, want string) {
		t.Helper()
		if got, err := cifarCopy(dir, sum); err != nil || got != want {
			t.Errorf("the copy is %q (%v), want %q", got, err, want)
		}
	}
	check("", "unverified copy")
	check(cifarJPEG, "JPEG copy")
	if err := os.WriteFile(filepath.Join(dir, cifarCopyFile), []byte("published files \nand more"), 0o600); err != nil {
		t.Fatal(err)
	}
	check("", "published files")
	if err := os.WriteFile(filepath.Join(dir, cifarCopyFile), []byte("published\x1b[31m files\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := cifarCopy(dir, ""); err == nil || !strings.Contains(err.Error(), `COPY: the first line is "published\x1b[31m files", want printable characters`) {
		t.Errorf("a line that commands the terminal: %q, %v", got, err)
	}
}

// TestCIFAR10 reads the real files where the user has them.
func TestCIFAR10(t *testing.T) {
	f := NewFinder("", os.Getenv)
	if s := cifarStatus(f); !s.Found {
		t.Skipf("skipped: %s is not here: %s", cifarName, s.Note)
	}
	d, err := Load(f, cifarName)
	if err != nil {
		t.Fatal(err)
	}
	if got := []int{d.Train.Len(), d.Validation.Len(), d.Test.Len()}; !slices.Equal(got, []int{45000, 5000, 10000}) {
		t.Errorf("splits are %v, want [45000 5000 10000]", got)
	}
	for _, n := range classCounts(d.Test.Labels) { // balanced, as its page states
		if n != 1000 {
			t.Errorf("test images per class are %v, want 1000 each", classCounts(d.Test.Labels))
			break
		}
	}
	for c, zero := range d.Input.Zero {
		sum := 0
		for i := c; i < len(d.Train.Pixels); i += 3 {
			sum += int(d.Train.Pixels[i])
		}
		if mean := float64(sum) / float64(len(d.Train.Pixels)/3); mean < float64(zero)-1 || mean > float64(zero)+1 {
			t.Errorf("channel %d has mean %.1f and zero point %d, want them within 1", c, mean, zero)
		}
	}
}
