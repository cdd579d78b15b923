package workloads

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
)

// Images are the images of one split, with their classes.
type Images struct {
	Shape  Shape
	Pixels []uint8 // Len × Shape.Size bytes: image, row, column, channel
	Labels []uint8 // Len classes, from 0
}

// Len is the number of images.
func (im Images) Len() int { return len(im.Labels) }

// Image is the bytes of image i; they are shared, not copied. It panics if there
// is no such image.
func (im Images) Image(i int) []uint8 {
	size := im.Shape.Size()
	return im.Pixels[i*size : (i+1)*size : (i+1)*size]
}

// Slice is the images from ≤ i < to; they share their bytes with im. It panics
// if they are not all there.
func (im Images) Slice(from, to int) Images {
	size := im.Shape.Size()
	return Images{
		Shape:  im.Shape,
		Pixels: im.Pixels[from*size : to*size : to*size],
		Labels: im.Labels[from:to:to],
	}
}

// Hash is the SHA-256 of the pixels, in hex: the name of a calibration set.
func (im Images) Hash() string { return hash(im.Pixels) }

// Dataset is a set of labelled images in three splits that share no image.
type Dataset struct {
	Name string
	// Copy says which copy was read, such as "published files", for reports.
	Copy    string
	Classes int
	Input   InputCodes

	Train, Validation, Test Images

	// Hash is the SHA-256, in hex, of the decompressed files one after the other:
	// training images, training labels, test images, test labels; of CIFAR-10 it
	// is that of the files' own sums, one a line.
	Hash string
}

// Calibration is the first n training images, or all if there are fewer.
func (d *Dataset) Calibration(n int) Images {
	return d.Train.Slice(0, min(n, d.Train.Len()))
}

// A source is one data set that can be loaded.
type source struct {
	name string
	load func(Finder) (*Dataset, error)
	find func(Finder) Status
}

// sources lists the data sets, in the order in which a user sees them.
func sources() []source {
	list := []source{{
		name: digitsName,
		load: func(Finder) (*Dataset, error) { return loadDigits() },
		find: func(Finder) Status {
			return Status{Name: digitsName, Found: true, Where: "embedded", Note: digitsCopy}
		},
	}}
	for _, set := range idxSets {
		list = append(list, source{set.name, set.load, set.status})
	}
	return append(list, source{cifarName, loadCIFAR, cifarStatus})
}

// DatasetNames lists the data sets that Load knows.
func DatasetNames() []string {
	var names []string
	for _, s := range sources() {
		names = append(names, s.name)
	}
	return names
}

// Load reads a data set: digits, which the program holds, or mnist,
// fashion-mnist or cifar10 from files that f finds. Its errors name the file and what was
// wanted of it.
func Load(f Finder, name string) (*Dataset, error) {
	if f.Shelf != nil {
		return f.Shelf.load(f, name)
	}
	return load(f, name)
}

// Shelf keeps data sets, of which each is read once however often and by whomever it
// is loaded. Nobody may change them.
type Shelf struct {
	mu   sync.Mutex
	sets map[string]*Dataset
}

func (s *Shelf) load(f Finder, name string) (*Dataset, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.sets[name]; d != nil {
		return d, nil
	}
	d, err := load(f, name)
	if err != nil {
		return nil, err
	}
	if s.sets == nil {
		s.sets = map[string]*Dataset{}
	}
	s.sets[name] = d
	return d, nil
}

func load(f Finder, name string) (*Dataset, error) {
	for _, s := range sources() {
		if s.name == name {
			d, err := s.load(f)
			if err != nil {
				return nil, fmt.Errorf("data set %s: %w", name, err)
			}
			return d, nil
		}
	}
	return nil, fmt.Errorf("data set is %q, want one of %s", name, strings.Join(DatasetNames(), ", "))
}

// Status says whether a data set can be loaded, without reading its images.
type Status struct {
	Name  string
	Found bool
	Where string // the folder, or "embedded"
	Note  string // what it is, or what to do to have it; Load says more
}

// List is the status of every data set.
func List(f Finder) []Status {
	var list []Status
	for _, s := range sources() {
		list = append(list, s.find(f))
	}
	return list
}

// hash is the SHA-256 of parts, one after the other, in hex.
func hash(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p) // never fails
	}
	return hex.EncodeToString(h.Sum(nil))
}
