package workloads

import (
	"errors"
	"fmt"
	"strings"
)

// An idxSet is a data set in the four files of MNIST.
type idxSet struct {
	name    string
	shape   Shape
	classes int
	input   InputCodes
	// The first train of the training file's images are the training split, the
	// validation ones after them the validation split.
	train, validation, test int
	// sums are the SHA-256 of the published files, decompressed, in the order of
	// idxFiles.
	sums [4]string
}

// idxFiles are the names of a set's files, as they are published.
var idxFiles = []string{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}

// The places of a set's files in idxFiles.
const (
	trainImages = iota
	trainLabels
	testImages
	testLabels
)

// idxSets are the sets that are read from files. The zero points are the mean
// pixel of the training images, 33.3 and 72.9, rounded; the sums are those of
// the files published by Y. LeCun, C. Cortes and C. Burges (MNIST) and by
// Zalando Research (Fashion-MNIST).
var idxSets = []idxSet{
	{
		name: "mnist", shape: Shape{Height: 28, Width: 28, Channels: 1}, classes: 10,
		input: InputCodes{Zero: []int32{33}, Scale: 2},
		train: 55000, validation: 5000, test: 10000,
		sums: [4]string{
			"ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
			"65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
			"0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
			"ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
		},
	},
	{
		name: "fashion-mnist", shape: Shape{Height: 28, Width: 28, Channels: 1}, classes: 10,
		input: InputCodes{Zero: []int32{73}, Scale: 2},
		train: 55000, validation: 5000, test: 10000,
		sums: [4]string{
			"c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
			"bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
			"5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
			"0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
		},
	},
}

// shapes are those of the four files.
func (s idxSet) shapes() [4][]int {
	n := s.train + s.validation
	return [4][]int{
		trainImages: {n, s.shape.Height, s.shape.Width},
		trainLabels: {n},
		testImages:  {s.test, s.shape.Height, s.shape.Width},
		testLabels:  {s.test},
	}
}

// locate finds the set's folder.
func (s idxSet) locate(f Finder) (folder, error) {
	return f.locate(s.name, idxFiles, func(at folder) bool {
		// The smallest file tells the sets apart.
		content, _, err := readIDX(at.paths[testLabels], s.shapes()[testLabels])
		return err != nil || s.otherOwner(testLabels, hash(content)) == ""
	})
}

// otherOwner names the published set, not this one, whose file has this sum.
func (s idxSet) otherOwner(file int, sum string) string {
	for _, other := range idxSets {
		if other.name != s.name && other.sums[file] == sum {
			return other.name
		}
	}
	return ""
}

// status says where the set is.
func (s idxSet) status(f Finder) Status {
	at, err := s.locate(f)
	if err != nil {
		return Status{Name: s.name, Note: howToHave(s.name)}
	}
	return Status{Name: s.name, Found: true, Where: at.dir, Note: fmt.Sprintf("%d images, %s", s.train+s.validation+s.test, s.shape)}
}

// load reads the set.
func (s idxSet) load(f Finder) (*Dataset, error) {
	at, err := s.locate(f)
	if err != nil {
		return nil, err
	}
	var contents, values [4][]byte
	var faults []error
	for i, shape := range s.shapes() {
		contents[i], values[i], err = readIDX(at.paths[i], shape)
		if err == nil && (i == trainLabels || i == testLabels) {
			err = s.checkLabels(at.paths[i], values[i])
		}
		faults = append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	copied, err := s.identify(at, contents)
	if err != nil {
		return nil, err
	}
	training := Images{Shape: s.shape, Pixels: values[trainImages], Labels: values[trainLabels]}
	return &Dataset{
		Name:       s.name,
		Copy:       copied,
		Classes:    s.classes,
		Input:      InputCodes{Zero: append([]int32(nil), s.input.Zero...), Scale: s.input.Scale},
		Train:      training.Slice(0, s.train),
		Validation: training.Slice(s.train, s.train+s.validation),
		Test:       Images{Shape: s.shape, Pixels: values[testImages], Labels: values[testLabels]},
		Hash:       hash(contents[:]...),
	}, nil
}

// checkLabels reports the first label that is no class.
func (s idxSet) checkLabels(path string, labels []byte) error {
	for i, l := range labels {
		if int(l) >= s.classes {
			return fmt.Errorf("reading %s: label %d is %d, want 0 to %d", path, i, l, s.classes-1)
		}
	}
	return nil
}

// identify says which copy of the set was read. A file that differs from the
// published one may be used, and is named; one of another set is an error.
func (s idxSet) identify(at folder, contents [4][]byte) (string, error) {
	var differ []string
	for i, content := range contents {
		sum := hash(content)
		if other := s.otherOwner(i, sum); other != "" {
			return "", fmt.Errorf("reading %s: it is the file of %s, want that of %s", at.paths[i], other, s.name)
		}
		if sum != s.sums[i] {
			differ = append(differ, idxFiles[i])
		}
	}
	if len(differ) == 0 {
		return "published files", nil
	}
	return "differs from the published files: " + strings.Join(differ, ", "), nil
}
