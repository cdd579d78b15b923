package workloads

import (
	"compress/gzip"
	_ "embed" // for the images
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The UCI optical digits: who made them and what they are stands in
// data/digits/LICENSE.md.
const (
	digitsName       = "digits"
	digitsCopy       = "the 1,797 UCI test images, 8×8"
	digitsTrain      = 1197
	digitsValidation = 150
	digitsTest       = 450
	digitsMaxPixel   = 16
	digitsClasses    = 10
)

//go:embed data/digits/digits.csv.gz
var digitsFile string

// loadDigits reads the embedded digits, split in the order of the file.
func loadDigits() (*Dataset, error) {
	z, err := gzip.NewReader(strings.NewReader(digitsFile))
	if err != nil {
		return nil, fmt.Errorf("reading digits.csv.gz: %w", err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("reading digits.csv.gz: %w", err)
	}
	all, err := parseDigits(string(text))
	if err != nil {
		return nil, fmt.Errorf("reading digits.csv.gz: %w", err)
	}
	const n = digitsTrain + digitsValidation + digitsTest
	if all.Len() != n {
		return nil, fmt.Errorf("reading digits.csv.gz: holds %d images, want %d", all.Len(), n)
	}
	return &Dataset{
		Name:       digitsName,
		Copy:       digitsCopy,
		Classes:    digitsClasses,
		Input:      InputCodes{Zero: []int32{5}, Scale: 4},
		Train:      all.Slice(0, digitsTrain),
		Validation: all.Slice(digitsTrain, digitsTrain+digitsValidation),
		Test:       all.Slice(digitsTrain+digitsValidation, n),
		Hash:       hash(text),
	}, nil
}

// parseDigits reads lines of 64 pixels and a label.
func parseDigits(text string) (Images, error) {
	im := Images{Shape: Shape{Height: 8, Width: 8, Channels: 1}}
	size, line := im.Shape.Size(), 0
	for row := range strings.Lines(text) {
		line++
		fields := strings.Split(strings.TrimRight(row, "\r\n"), ",")
		if len(fields) != size+1 {
			return Images{}, fmt.Errorf("line %d has %d numbers, want %d pixels and a label", line, len(fields), size)
		}
		for i, f := range fields {
			limit := uint64(digitsMaxPixel)
			if i == size {
				limit = digitsClasses - 1
			}
			v, err := strconv.ParseUint(f, 10, 8)
			if err != nil || v > limit {
				return Images{}, fmt.Errorf("line %d: number %d is %q, want 0 to %d", line, i+1, f, limit)
			}
			if i == size {
				im.Labels = append(im.Labels, uint8(v))
			} else {
				im.Pixels = append(im.Pixels, uint8(v))
			}
		}
	}
	return im, nil
}
