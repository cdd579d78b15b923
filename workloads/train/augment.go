package train

import (
	"fmt"
	"math/rand/v2"

	"bitline/internal/config"
	"bitline/workloads"
)

// Augment says how training images vary from epoch to epoch.
type Augment struct {
	Flip bool // left to right, every second image
	Crop int  // each image is padded by so many pixels and cut back at a random place
	// Cutout is the side of a square, at a random place of each image, in which it is
	// empty (DeVries and Taylor, arXiv 1708.04552); 0 for none.
	Cutout int
}

// maxCrop bounds the padding of a crop.
const maxCrop = 1 << 10

func readAugment(t *config.Table) Augment {
	return Augment{Flip: t.Bool("flip", false), Crop: t.Int("crop", 0, 0, maxCrop), Cutout: t.Int("cutout", 0, 0, maxCrop)}
}

func (c Config) augments() bool { return c.Augment != Augment{} }

// String names what varies.
func (a Augment) String() string {
	text := fmt.Sprintf("flip %t, crop %d", a.Flip, a.Crop)
	if a.Cutout > 0 {
		text += fmt.Sprintf(", cutout %d", a.Cutout)
	}
	return text
}

// view is where one image is cut, from −Crop to Crop, whether it is flipped after
// that, and which square of the outcome is empty.
type view struct {
	flip        bool
	top, across int
	hole        int // its side
	holeY       int // its first row and column, which may lie outside
	holeX       int
}

// pixel is the pixel of an image that a view shows at (y, x), row by row; ok is false
// where it shows none.
func (v view) pixel(s workloads.Shape, y, x int) (from int, ok bool) {
	if v.hole > 0 && y >= v.holeY && y < v.holeY+v.hole && x >= v.holeX && x < v.holeX+v.hole {
		return 0, false
	}
	if v.flip {
		x = s.Width - 1 - x
	}
	y, x = y+v.top, x+v.across
	return y*s.Width + x, y >= 0 && y < s.Height && x >= 0 && x < s.Width
}

// views draws those of the images of a step; they depend on the images' shape and on
// what random is at.
func (a Augment) views(to []view, s workloads.Shape, random *rand.PCG) {
	for i := range to {
		to[i] = view{}
		if a.Flip {
			to[i].flip = random.Uint64()>>63 == 1
		}
		if a.Crop > 0 {
			to[i].top = int(below(random, uint64(2*a.Crop+1))) - a.Crop
			to[i].across = int(below(random, uint64(2*a.Crop+1))) - a.Crop
		}
		if a.Cutout > 0 {
			to[i].hole = a.Cutout
			to[i].holeY = int(below(random, uint64(s.Height))) - a.Cutout/2
			to[i].holeX = int(below(random, uint64(s.Width))) - a.Cutout/2
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
			values := to.data[at:][:s.Channels]
			at += to.rows * to.pitch
			from, ok := v.pixel(s, y, x)
			if !ok {
				clear(values)
				continue
			}
			pixel := image[from*s.Channels:][:s.Channels]
			for c, p := range pixel {
				values[c] = t[c][p]
			}
		}
	}
}

// placeBytes writes an image of a shape as a view shows it; what the padding gives is
// the zero point of its channel.
func placeBytes(to, image []uint8, s workloads.Shape, zero []int32, v view) {
	if v == (view{}) {
		copy(to, image)
		return
	}
	at := 0
	for y := range s.Height {
		for x := range s.Width {
			pixel := to[at:][:s.Channels]
			at += s.Channels
			if from, ok := v.pixel(s, y, x); ok {
				copy(pixel, image[from*s.Channels:])
				continue
			}
			for c := range pixel {
				pixel[c] = uint8(zero[c])
			}
		}
	}
}
