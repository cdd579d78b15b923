package workloads

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func classCounts(labels []uint8) []int {
	counts := make([]int, 10)
	for _, l := range labels {
		counts[l]++
	}
	return counts
}

func TestDigits(t *testing.T) {
	d, err := Load(Finder{}, "digits")
	if err != nil {
		t.Fatal(err)
	}
	// The SHA-256 that `zcat digits.csv.gz | sha256sum` gives.
	if want := "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"; d.Hash != want {
		t.Errorf("hash is %s, want %s", d.Hash, want)
	}
	if got := []int{d.Train.Len(), d.Validation.Len(), d.Test.Len()}; !slices.Equal(got, []int{1197, 150, 450}) {
		t.Errorf("splits are %v, want [1197 150 450]", got)
	}
	if d.Classes != 10 || d.Train.Shape != (Shape{8, 8, 1}) || !slices.Equal(d.Input.Zero, []int32{5}) || d.Input.Scale != 4 {
		t.Errorf("got %d classes of %s, codes %+v, want 10 of 8×8×1, {[5] 4}", d.Classes, d.Train.Shape, d.Input)
	}
	// The class distribution of the test set in the source's own description.
	want := []int{178, 182, 177, 183, 181, 182, 181, 179, 174, 180}
	all := slices.Concat(d.Train.Labels, d.Validation.Labels, d.Test.Labels)
	if got := classCounts(all); !slices.Equal(got, want) {
		t.Errorf("images per class are %v, want %v", got, want)
	}
	if got := slices.Max(slices.Concat(d.Train.Pixels, d.Validation.Pixels, d.Test.Pixels)); got != 16 {
		t.Errorf("largest pixel is %d, want 16", got)
	}
	// The first line of the file is a 0 whose second row is 0,0,13,15,10,15,5,0;
	// the last line is an 8.
	if got := d.Train.Image(0)[8:16]; d.Train.Labels[0] != 0 || !slices.Equal(got, []uint8{0, 0, 13, 15, 10, 15, 5, 0}) {
		t.Errorf("image 0 is a %d with second row %v", d.Train.Labels[0], got)
	}
	if got := d.Test.Labels[449]; got != 8 {
		t.Errorf("last image is a %d, want an 8", got)
	}
}

func TestParseDigitsFaults(t *testing.T) {
	line := strings.Repeat("16,", 64) + "9\n"
	tests := []struct{ name, in, want string }{
		{"one number short", line + "0," + line[6:], "line 2 has 64 numbers, want 64 pixels and a label"},
		{"pixel of 17", "17" + line[2:], `line 1: number 1 is "17", want 0 to 16`},
		{"class 10", strings.Repeat("0,", 64) + "10", `line 1: number 65 is "10", want 0 to 9`},
		{"a word", "x" + line[2:], `number 1 is "x"`},
		{"an empty line", line + "\n", "line 2 has 1 numbers"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := parseDigits(tt.in); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
	if im, err := parseDigits(line + line); err != nil || im.Len() != 2 {
		t.Errorf("two good lines: got %d images and error %v", im.Len(), err)
	}
}

func TestImages(t *testing.T) {
	im := Images{Shape: Shape{1, 2, 1}, Pixels: []uint8{0, 1, 2, 3, 4, 5}, Labels: []uint8{7, 8, 9}}
	s := im.Slice(1, 3)
	if s.Len() != 2 || !slices.Equal(s.Image(1), []uint8{4, 5}) || s.Labels[0] != 8 || s.Shape != im.Shape {
		t.Errorf("images 1 and 2 are %+v", s)
	}
	if one := im.Slice(0, 1); cap(one.Pixels) != 2 || cap(one.Labels) != 1 {
		t.Errorf("capacities of a slice are %d and %d, want 2 and 1: an append would overwrite its neighbour", cap(one.Pixels), cap(one.Labels))
	}
	// sha256sum of no bytes, as FIPS 180-4 implementations give it.
	if got := im.Slice(2, 2).Hash(); got != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
		t.Errorf("hash of no images is %s", got)
	}
	d := Dataset{Train: im}
	for n, want := range map[int]int{0: 0, 2: 2, 3: 3, 4: 3} {
		if got := d.Calibration(n).Len(); got != want {
			t.Errorf("Calibration(%d) has %d images, want %d", n, got, want)
		}
	}
}

// A shelf has one of each set, and keeps no failures.
func TestShelf(t *testing.T) {
	f := Finder{Shelf: &Shelf{}}
	first, err := Load(f, "digits")
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load(f, "digits")
	if err != nil || again != first {
		t.Errorf("the second set is another one, error %v", err)
	}
	other, err := Load(Finder{}, "digits")
	if err != nil || other == first {
		t.Errorf("without a shelf the set is the same one, error %v", err)
	}
	for range 2 {
		if _, err := Load(f, "mnist"); err == nil {
			t.Error("mnist is found in no folder")
		}
	}
}

func TestLoadFaults(t *testing.T) {
	dir := t.TempDir()
	_, err := Load(Finder{Dirs: []string{dir}}, "cifar-100")
	if want := `data set is "cifar-100", want one of digits, mnist, fashion-mnist, cifar10`; err == nil || err.Error() != want {
		t.Errorf("unknown name: got %v, want %s", err, want)
	}
	_, err = Load(Finder{Dirs: []string{dir}}, "mnist")
	for _, want := range []string{"data set mnist: ", filepath.Join(dir, "mnist") + ", " + dir, "train-images-idx3-ubyte", "DIR/mnist", "BITLINE_DATA", "--data"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("missing files: got %v, want %q in it", err, want)
		}
	}
}

func TestList(t *testing.T) {
	dir := t.TempDir()
	list := List(Finder{Dirs: []string{dir}})
	var names []string
	for _, s := range list {
		names = append(names, s.Name)
		if s.Found != (s.Name == "digits") || s.Note == "" {
			t.Errorf("with an empty folder: got %+v", s)
		}
		if !s.Found && (strings.Contains(s.Note, dir) || len(s.Note) > 100) {
			t.Errorf("note of %s is %q, want what to do and nothing else", s.Name, s.Note)
		}
	}
	if !slices.Equal(names, DatasetNames()) {
		t.Errorf("listed are %v, want %v", names, DatasetNames())
	}
}

func TestNewFinder(t *testing.T) {
	environment := func(key string) string { return map[string]string{"BITLINE_DATA": "/somewhere"}[key] }
	if f := NewFinder("mine", environment); !slices.Equal(f.Dirs, []string{"mine"}) {
		t.Errorf("with an explicit folder: %v, want it alone", f.Dirs)
	}
	if f := NewFinder("", environment); f.Dirs[0] != "/somewhere" || !slices.Contains(f.Dirs, systemData) {
		t.Errorf("with BITLINE_DATA: %v, want it first and %s among them", f.Dirs, systemData)
	}
	if f := NewFinder("", func(string) string { return "" }); slices.Contains(f.Dirs, "") {
		t.Errorf("without BITLINE_DATA: %v, want no empty folder", f.Dirs)
	}
}

func TestSharedData(t *testing.T) {
	top := t.TempDir()
	work := filepath.Join(top, "project", "workloads")
	for _, dir := range []string{work, filepath.Join(top, "shared", "data"), filepath.Join(work, "shared", "data")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	got := sharedData(work)
	if len(got) == 0 || got[0] != filepath.Join(top, "shared", "data") {
		t.Errorf("got %v, want the folder beside the parent first: not the one inside", got)
	}
}

// TestPublishedSets reads the real files where the user has them.
func TestPublishedSets(t *testing.T) {
	tests := []struct {
		name        string
		zero        int32
		train, test []int // labels per class, of the 60,000 and of the 10,000
	}{
		{"mnist", 33,
			[]int{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}, // counted in the published label files
			[]int{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}},
		{"fashion-mnist", 73, // balanced, as its page states
			[]int{6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000},
			[]int{1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := NewFinder("", os.Getenv)
			if i := slices.IndexFunc(List(f), func(s Status) bool { return s.Name == tt.name }); !List(f)[i].Found {
				t.Skipf("skipped: %s is not here: %s", tt.name, List(f)[i].Note)
			}
			d, err := Load(f, tt.name)
			if err != nil {
				t.Fatal(err)
			}
			if d.Copy != "published files" {
				t.Skipf("skipped: this copy of %s %s", tt.name, d.Copy)
			}
			if got := []int{d.Train.Len(), d.Validation.Len(), d.Test.Len()}; !slices.Equal(got, []int{55000, 5000, 10000}) {
				t.Errorf("splits are %v, want [55000 5000 10000]", got)
			}
			if got := classCounts(slices.Concat(d.Train.Labels, d.Validation.Labels)); !slices.Equal(got, tt.train) {
				t.Errorf("training labels per class are %v, want %v", got, tt.train)
			}
			if got := classCounts(d.Test.Labels); !slices.Equal(got, tt.test) {
				t.Errorf("test labels per class are %v, want %v", got, tt.test)
			}
			var sum int64
			for _, p := range slices.Concat(d.Train.Pixels, d.Validation.Pixels) {
				sum += int64(p)
			}
			if mean := float64(sum) / (60000 * 784); mean < float64(tt.zero)-0.5 || mean > float64(tt.zero)+0.5 || d.Input.Zero[0] != tt.zero {
				t.Errorf("mean pixel is %.2f and the zero point %d, want it rounded: %d", mean, d.Input.Zero[0], tt.zero)
			}
		})
	}
}
