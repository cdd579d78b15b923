package workloads

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"bitline/internal/config"
	"bitline/internal/wholefile"
)

// CIFAR-10 in its binary version: files of 10,000 records, each a label and the
// red, green and blue planes of a 32×32 image (A. Krizhevsky, Learning Multiple
// Layers of Features from Tiny Images, 2009).
const (
	cifarName       = "cifar10"
	cifarFolder     = "cifar-10-batches-bin"
	cifarRecords    = 10000
	cifarValidation = 5000
	cifarClasses    = 10
	// cifarCopyFile, beside the data, says in its first line which copy they are.
	cifarCopyFile = "COPY"
)

var cifarShape = Shape{Height: 32, Width: 32, Channels: 3}

var cifarFiles = []string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"}

// cifarJPEG is the SHA-256 of the test file of a copy that went through JPEG,
// whose images are not those published.
const cifarJPEG = "ab72f179fbaa0fb24fad14c5e78e86fee3207e52a33215119a9bc1818423ac6d"

// cifarInput is (p − m)/2^6 with the mean of each channel of the training
// images, 125.3, 123.0 and 113.9.
func cifarInput() InputCodes { return InputCodes{Zero: []int32{125, 123, 114}, Scale: 2} }

func locateCIFAR(f Finder) (folder, error) {
	return f.locate(cifarFolder, cifarFiles, func(folder) bool { return true })
}

func cifarStatus(f Finder) Status {
	at, err := locateCIFAR(f)
	if err != nil {
		return Status{Name: cifarName, Note: howToHave(cifarName)}
	}
	return Status{Name: cifarName, Found: true, Where: at.dir, Note: fmt.Sprintf("%d images, %s", len(cifarFiles)*cifarRecords, cifarShape)}
}

// loadCIFAR reads the set: the last 5,000 training images are for validation.
func loadCIFAR(f Finder) (*Dataset, error) {
	at, err := locateCIFAR(f)
	if err != nil {
		return nil, err
	}
	last := len(cifarFiles) - 1
	training := newImages(cifarShape, last*cifarRecords)
	test := newImages(cifarShape, cifarRecords)
	var sums []string
	var faults []error
	for i, path := range at.paths {
		to := test
		if i < last {
			to = training.Slice(i*cifarRecords, (i+1)*cifarRecords)
		}
		sum, err := readCIFAR(path, to)
		sums, faults = append(sums, sum), append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	copied, err := cifarCopy(at.dir, sums[last])
	if err != nil {
		return nil, err
	}
	split := training.Len() - cifarValidation
	return &Dataset{
		Name: cifarName, Copy: copied, Classes: cifarClasses, Input: cifarInput(),
		Train: training.Slice(0, split), Validation: training.Slice(split, training.Len()), Test: test,
		Hash: hash([]byte(strings.Join(sums, "\n"))),
	}, nil
}

func newImages(shape Shape, n int) Images {
	return Images{Shape: shape, Pixels: make([]uint8, n*shape.Size()), Labels: make([]uint8, n)}
}

// readCIFAR reads the records of one file into images, and gives the SHA-256 of
// its content.
func readCIFAR(path string, to Images) (sum string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err // names the file itself
	}
	defer file.Close()
	size := to.Len() * (1 + to.Shape.Size())
	content, err := decompress(file, size)
	if err == nil && len(content) != size {
		err = fmt.Errorf("has %d bytes%s, want %d: records of a label and %d values", min(len(content), size), more(len(content) > size), size, to.Shape.Size())
	}
	if err == nil {
		err = decodeCIFAR(content, to)
	}
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", path, err)
	}
	return hash(content), nil
}

func more(yes bool) string {
	if yes {
		return " and more"
	}
	return ""
}

// decodeCIFAR turns records into images, planes into pixels.
func decodeCIFAR(content []byte, to Images) error {
	pixels := to.Shape.Height * to.Shape.Width
	for i := range to.Len() {
		record := content[i*(1+to.Shape.Size()):]
		if record[0] >= cifarClasses {
			return fmt.Errorf("label %d is %d, want 0 to %d", i, record[0], cifarClasses-1)
		}
		to.Labels[i] = record[0]
		image := to.Image(i)
		for at := range image {
			image[at] = record[1+at%to.Shape.Channels*pixels+at/to.Shape.Channels]
		}
	}
	return nil
}

// cifarCopy says which copy the files in a folder are. The sums of the published
// files are not known here, so only what their folder says can name them.
func cifarCopy(dir, testSum string) (string, error) {
	if testSum == cifarJPEG {
		return "JPEG copy", nil
	}
	text, err := wholefile.Read(filepath.Join(dir, cifarCopyFile), 1<<12)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "unverified copy", nil
	case err != nil:
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimSpace(line); !config.Printable(line) {
		return "", fmt.Errorf("reading %s: the first line is %q, want printable characters", filepath.Join(dir, cifarCopyFile), config.Shorten(line))
	}
	return line, nil
}
