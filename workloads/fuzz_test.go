package workloads

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bitline/configs"
	"bitline/internal/config"
)

// Whatever a description holds, it is a network that can be resolved, or has faults
// with its name.
func FuzzReadNetwork(f *testing.F) {
	shipped, err := fs.Glob(configs.Files(), "networks/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range shipped {
		text, err := fs.ReadFile(configs.Files(), name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(importText)
	f.Fuzz(func(t *testing.T, text string) {
		table, err := config.Parse("fuzz.toml", []byte(text), nil)
		if err != nil {
			return
		}
		n := ReadNetwork(table)
		if err := table.Finish(); err != nil {
			for line := range strings.Lines(err.Error()) {
				if !strings.HasPrefix(line, "fuzz.toml") {
					t.Errorf("fault %q, want one of fuzz.toml", line)
				}
			}
			return
		}
		nodes, err := n.Graph()
		if err != nil {
			t.Fatalf("a network that was read does not resolve: %v", err)
		}
		for _, x := range nodes {
			if x.Out.Size() <= 0 {
				t.Errorf("layer %s gives %s", x.Name, x.Out)
			}
		}
	})
}

// Whatever a file of float weights holds, it is a network's, or an error with its name.
func FuzzDecodeFloat(f *testing.F) {
	table, err := config.Parse("net.toml", []byte("name = \"n\"\ninput = [2, 2, 1]\nlayer = [\n{name = \"fc\", kind = \"linear\", outputs = 2},\n]"), nil)
	if err != nil {
		f.Fatal(err)
	}
	n := ReadNetwork(table)
	if err := table.Finish(); err != nil {
		f.Fatal(err)
	}
	good := joinFile(f, map[string]tensorEntry{
		"fc.weight": {Dtype: "F32", Shape: []int{2, 4}, Offsets: [2]int{0, 32}}, "fc.bias": {Dtype: "F32", Shape: []int{2}, Offsets: [2]int{32, 40}},
	}, make([]byte, 40))
	if _, err := DecodeFloat("good", good, n); err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(joinFile(f, `{"fc.weight":{"dtype":"F32","shape":[2,4611686018427387904],"data_offsets":[0,0]}}`, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := DecodeFloat("fuzz", b, n); err != nil && !strings.HasPrefix(err.Error(), "reading fuzz: ") {
			t.Errorf("error %v does not name the file", err)
		}
	})
}

// Whatever a file of records holds, compressed or not, it is images with labels in
// range, or an error with its name.
func FuzzReadCIFAR(f *testing.F) {
	shape := Shape{Height: 2, Width: 2, Channels: 3}
	good := append([]byte{9}, make([]byte, 12)...)
	good = append(good, good...)
	var small bytes.Buffer
	w := gzip.NewWriter(&small)
	if _, err := w.Write(good); err != nil {
		f.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(small.Bytes())
	f.Add(small.Bytes()[:small.Len()-3])
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "fuzz.bin")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		images := newImages(shape, 2)
		if _, err := readCIFAR(path, images); err != nil {
			if !strings.Contains(err.Error(), path) {
				t.Errorf("error %v does not name the file", err)
			}
			return
		}
		for _, l := range images.Labels {
			if l >= cifarClasses {
				t.Errorf("label %d was accepted", l)
			}
		}
	})
}
