package train

import (
	"math"

	"bitline/workloads"
)

// pixelTable holds the value of every pixel byte of every channel,
// (p − zero)·2^(S−8).
type pixelTable [][256]float32

func newPixelTable(in workloads.InputCodes) pixelTable {
	table := make(pixelTable, len(in.Zero))
	for c, zero := range in.Zero {
		for p := range table[c] {
			table[c][p] = float32(math.Ldexp(float64(p-int(zero)), in.Scale-workloads.ActivationBits))
		}
	}
	return table
}

// load sets values to those of one image, channels last.
func (t pixelTable) load(values []float32, image []uint8) {
	values = values[:len(image)]
	channels := len(t)
	for c := range t {
		channel := &t[c]
		if channels == 1 {
			for i, p := range image {
				values[i] = channel[p]
			}
			return
		}
		for i := c; i < len(image); i += channels {
			values[i] = channel[image[i]]
		}
	}
}
