package workloads

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// idxFile is an IDX file of bytes, put together by hand.
func idxFile(values []byte, shape ...byte) []byte {
	b := []byte{0, 0, 8, byte(len(shape))}
	for _, d := range shape {
		b = append(b, 0, 0, 0, d)
	}
	return append(b, values...)
}

func compressed(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestDecodeIDX(t *testing.T) {
	good := idxFile([]byte{1, 2, 3, 4, 5, 6}, 3, 2)
	got, err := decodeIDX(good, []int{3, 2})
	if err != nil || !slices.Equal(got, []byte{1, 2, 3, 4, 5, 6}) {
		t.Fatalf("got %v and error %v, want 1 to 6", got, err)
	}
	tests := []struct {
		name string
		in   []byte
		want string
	}{
		{"empty", nil, "magic is missing, want 00 00 08 02"},
		{"floats", append([]byte{0, 0, 13, 2}, good[4:]...), "magic is 00 00 0d 02"},
		{"one dimension", idxFile([]byte{1, 2, 3}, 3), "magic is 00 00 08 01, want 00 00 08 02"},
		{"header cut off", good[:11], "header is cut off after 11 bytes, want 12"},
		{"other count", idxFile([]byte{1, 2, 3, 4}, 2, 2), "dimension 1 is 2, want 3"},
		{"other width", idxFile([]byte{1, 2, 3}, 3, 1), "dimension 2 is 1, want 2"},
		{"huge dimension", append([]byte{0, 0, 8, 2, 255, 255, 255, 255}, good[8:]...), "dimension 1 is 4294967295"},
		{"one byte short", good[:17], "cut off after 5 bytes, want 6"},
		{"one byte over", append(slices.Clone(good), 0), "goes on after the 6 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := decodeIDX(tt.in, []int{3, 2}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestReadIDX(t *testing.T) {
	good := idxFile([]byte{1, 2, 3}, 3)
	zipped := compressed(t, good)
	corrupt := slices.Clone(zipped)
	corrupt[len(corrupt)-8] ^= 1 // the first byte of the checksum
	tests := []struct {
		name  string
		bytes []byte
		want  string // part of the error; empty for none
	}{
		{"plain", good, ""},
		{"gzip", zipped, ""},
		{"gzip cut off", zipped[:len(zipped)-9], "unexpected EOF"},
		{"gzip with another checksum", corrupt, "checksum"},
		{"gzip header cut off", zipped[:5], "EOF"},
		{"gzip of a million zeros", compressed(t, append(slices.Clone(good), make([]byte, 1<<20)...)), "goes on after the 3 bytes"},
		{"plain, too long", append(slices.Clone(good), 9, 9), "goes on after the 3 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "labels")
			if err := os.WriteFile(path, tt.bytes, 0o644); err != nil {
				t.Fatal(err)
			}
			content, values, err := readIDX(path, []int{3})
			if tt.want == "" {
				if err != nil || !slices.Equal(values, []byte{1, 2, 3}) || !bytes.Equal(content, good) {
					t.Errorf("got %v of %v and error %v", values, content, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "reading "+path) {
				t.Errorf("got error %v, want one with %q and the file's name", err, tt.want)
			}
		})
	}
}

func TestDecompressIsBounded(t *testing.T) {
	b, err := decompress(bytes.NewReader(compressed(t, make([]byte, 1<<20))), 100)
	if err != nil || len(b) != 101 {
		t.Errorf("got %d bytes and error %v, want 101 of the million: one over the limit", len(b), err)
	}
}

// tinySet is a data set of three training images, one of them for validation,
// and one test image.
func tinySet() (idxSet, [4][]byte) {
	files := [4][]byte{
		trainImages: idxFile([]byte{0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23}, 3, 2, 2),
		trainLabels: idxFile([]byte{0, 2, 1}, 3),
		testImages:  idxFile([]byte{30, 31, 32, 33}, 1, 2, 2),
		testLabels:  idxFile([]byte{2}, 1),
	}
	set := idxSet{
		name: "tiny", shape: Shape{2, 2, 1}, classes: 3, input: InputCodes{Zero: []int32{16}, Scale: 3},
		train: 2, validation: 1, test: 1,
	}
	for i, f := range files {
		set.sums[i] = hash(f)
	}
	return set, files
}

func writeSet(t *testing.T, dir string, files [4][]byte, suffix string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, b := range files {
		if suffix == ".gz" {
			b = compressed(t, b)
		}
		if err := os.WriteFile(filepath.Join(dir, idxFiles[i]+suffix), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLoadSet(t *testing.T) {
	set, files := tinySet()
	for _, suffix := range []string{"", ".gz"} {
		for _, sub := range []string{"tiny", ""} {
			dir := t.TempDir()
			writeSet(t, filepath.Join(dir, sub), files, suffix)
			f := Finder{Dirs: []string{t.TempDir(), dir}}
			d, err := set.load(f)
			if err != nil {
				t.Fatalf("suffix %q in DIR/%s: %v", suffix, sub, err)
			}
			if d.Copy != "published files" || d.Hash != hash(slices.Concat(files[0], files[1], files[2], files[3])) {
				t.Errorf("suffix %q in DIR/%s: copy %q, hash %s", suffix, sub, d.Copy, d.Hash)
			}
			if !slices.Equal(d.Train.Image(1), []byte{10, 11, 12, 13}) || !slices.Equal(d.Train.Labels, []byte{0, 2}) ||
				!slices.Equal(d.Validation.Pixels, []byte{20, 21, 22, 23}) || !slices.Equal(d.Validation.Labels, []byte{1}) ||
				!slices.Equal(d.Test.Pixels, []byte{30, 31, 32, 33}) || !slices.Equal(d.Test.Labels, []byte{2}) {
				t.Errorf("suffix %q in DIR/%s: splits are %+v %+v %+v", suffix, sub, d.Train, d.Validation, d.Test)
			}
			if s := set.status(f); !s.Found || s.Where != filepath.Join(dir, sub) {
				t.Errorf("suffix %q in DIR/%s: status is %+v", suffix, sub, s)
			}
		}
	}
}

func TestLoadSetFaults(t *testing.T) {
	tests := []struct {
		name string
		edit func(files *[4][]byte)
		want string
	}{
		{"label out of range", func(f *[4][]byte) { f[trainLabels][9] = 3 }, "train-labels-idx1-ubyte: label 1 is 3, want 0 to 2"},
		{"images without labels", func(f *[4][]byte) { f[testLabels] = idxFile(nil, 0) }, "t10k-labels-idx1-ubyte: idx dimension 1 is 0, want 1"},
		{"truncated images", func(f *[4][]byte) { f[testImages] = f[testImages][:18] }, "t10k-images-idx3-ubyte: idx data is cut off after 2 bytes, want 4"},
		{"images and labels swapped", func(f *[4][]byte) { f[2], f[3] = f[3], f[2] }, "t10k-images-idx3-ubyte: idx magic is 00 00 08 01"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set, files := tinySet()
			tt.edit(&files)
			dir := t.TempDir()
			writeSet(t, filepath.Join(dir, "tiny"), files, "")
			if _, err := set.load(Finder{Dirs: []string{dir}}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestLoadSetNamesAnotherCopy(t *testing.T) {
	set, files := tinySet()
	files[testImages][16]++
	dir := t.TempDir()
	writeSet(t, dir, files, "")
	d, err := set.load(Finder{Dirs: []string{dir}})
	if want := "differs from the published files: t10k-images-idx3-ubyte"; err != nil || d.Copy != want {
		t.Errorf("got copy %+v and error %v, want %q", d, err, want)
	}
}

func TestLocateNamesWhatIsMissing(t *testing.T) {
	set, files := tinySet()
	dir := t.TempDir()
	writeSet(t, filepath.Join(dir, "tiny"), files, ".gz")
	if err := os.Remove(filepath.Join(dir, "tiny", idxFiles[testLabels]+".gz")); err != nil {
		t.Fatal(err)
	}
	_, err := set.load(Finder{Dirs: []string{dir}})
	if want := filepath.Join(dir, "tiny") + " has no t10k-labels-idx1-ubyte"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want one with %q", err, want)
	}
}

// TestFilesOfAnotherSet puts the real MNIST, where it is here, in the place of
// Fashion-MNIST: the two have the same file names.
func TestFilesOfAnotherSet(t *testing.T) {
	mnist, err := idxSets[0].locate(NewFinder("", os.Getenv))
	if err != nil {
		t.Skipf("skipped: %v", err)
	}
	labels, _, err := readIDX(mnist.paths[testLabels], []int{10000})
	if err != nil || hash(labels) != idxSets[0].sums[testLabels] {
		t.Skipf("skipped: no published copy of MNIST (%v)", err)
	}
	link := func(dir string) Finder {
		t.Helper()
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, path := range mnist.paths {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return Finder{Dirs: []string{dir}}
	}
	direct := link(t.TempDir())
	if _, err := Load(direct, "fashion-mnist"); err == nil || !strings.Contains(err.Error(), "are of another set") {
		t.Errorf("directly in DIR: got error %v, want one that says whose they are", err)
	}
	if _, err := Load(direct, "mnist"); err != nil {
		t.Errorf("directly in DIR: %v", err)
	}
	top := t.TempDir()
	link(filepath.Join(top, "fashion-mnist"))
	if _, err := Load(Finder{Dirs: []string{top}}, "fashion-mnist"); err == nil || !strings.Contains(err.Error(), "it is the file of mnist, want that of fashion-mnist") {
		t.Errorf("in DIR/fashion-mnist: got error %v, want one that says whose they are", err)
	}
}

func FuzzDecodeIDX(f *testing.F) {
	f.Add(idxFile([]byte{1, 2, 3, 4, 5, 6}, 3, 2))
	f.Add(idxFile([]byte{1, 2, 3}, 3))
	f.Add(idxFile(nil, 0))
	f.Add([]byte{0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, shape := range [][]int{{3}, {3, 2}, {0}, {1, 2, 2}} {
			values, err := decodeIDX(b, shape)
			if err == nil && (len(values)+4+4*len(shape) != len(b) || idxSize(shape) != len(b)) {
				t.Fatalf("shape %v: %d values from %d bytes", shape, len(values), len(b))
			}
		}
		if content, err := decompress(bytes.NewReader(b), 64); err == nil && len(content) > 65 {
			t.Fatalf("decompressed to %d bytes, want at most 65", len(content))
		}
	})
}
