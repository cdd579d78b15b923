package train

import (
	"fmt"
	"math/rand/v2"

	"bitline/internal/config"
)

// Augment says how training images vary from epoch to epoch.
type Augment struct {
	Flip bool // left to right, every second image
	Crop int  // each image is padded by so many pixels and cut back at a random place
}

// maxCrop bounds the padding of a crop.
const maxCrop = 1 << 10

func readAugment(t *config.Table) Augment {
	return Augment{Flip: t.Bool("flip", false), Crop: t.Int("crop", 0, 0, maxCrop)}
}

func (c Config) augments() bool { return c.Augment != Augment{} }

// String names what varies.
func (a Augment) String() string { return fmt.Sprintf("flip %t, crop %d", a.Flip, a.Crop) }

// view is where one image is cut, from −Crop to Crop, and whether it is flipped
// after that.
type view struct {
	flip        bool
	top, across int
}

// views draws those of the images of a step; they depend on the seed and the
// position alone.
func (a Augment) views(to []view, seed uint64, at Position) {
	random := stepRandom(augmentStream, seed, at)
	for i := range to {
		to[i] = view{}
		if a.Flip {
			to[i].flip = random.Uint64()>>63 == 1
		}
		if a.Crop > 0 {
			to[i].top = int(below(random, uint64(2*a.Crop+1))) - a.Crop
			to[i].across = int(below(random, uint64(2*a.Crop+1))) - a.Crop
		}
	}
}

// stepRandom is the generator of one purpose at one step.
func stepRandom(stream, seed uint64, at Position) *rand.PCG {
	return rand.NewPCG(seed^uint64(at.Step)<<32, stream|uint64(at.Phase)<<48|uint64(at.Epoch))
}

// place writes an image's values as image row of a batch: planes of one pixel
// each, rows of the batch in them. What the padding gives is 0, the value of the
// zero point.
func (t pixelTable) place(to tensor, row int, image []uint8, v view) {
	s := to.shape
	at := row * to.pitch
	for y := range s.Height {
		for x := range s.Width {
			from := x
			if v.flip {
				from = s.Width - 1 - x
			}
			fy, fx := y+v.top, from+v.across
			values := to.data[at:][:s.Channels]
			at += to.rows * to.pitch
			if fy < 0 || fy >= s.Height || fx < 0 || fx >= s.Width {
				clear(values)
				continue
			}
			pixel := image[(fy*s.Width+fx)*s.Channels:][:s.Channels]
			for c, p := range pixel {
				values[c] = t[c][p]
			}
		}
	}
}
