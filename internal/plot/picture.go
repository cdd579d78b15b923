package plot

import (
	"bytes"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// pageWidth is the width of pictures.
const pageWidth = 18 * vg.Centimeter

// resolution is that of PNGs, in dots per inch.
const resolution = 150

// Picture is one drawing as files of two kinds.
type Picture struct{ SVG, PNG []byte }

// paint draws the same twice.
func paint(size vg.Point, what func(draw.Canvas)) (Picture, error) {
	vector, err := paintSVG(size, what)
	if err != nil {
		return Picture{}, err
	}
	raster := vgimg.NewWith(vgimg.UseWH(size.X, size.Y), vgimg.UseDPI(resolution))
	what(draw.New(raster))
	var dots bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: raster}).WriteTo(&dots); err != nil {
		return Picture{}, err
	}
	return Picture{vector, dots.Bytes()}, nil
}

func paintSVG(size vg.Point, what func(draw.Canvas)) ([]byte, error) {
	canvas := vgsvg.New(size.X, size.Y)
	what(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// blank makes a picture white.
func blank(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
}

// round are some five multiples of 1, 2 or 5 times a power of ten.
func round(low, high float64) []plot.Tick {
	least := (high - low) / 6
	step := math.Pow(10, math.Floor(math.Log10(least)))
	for _, factor := range []float64{2, 2.5, 2} { // 2, 5, 10
		if step >= least {
			break
		}
		step *= factor
	}
	var all []plot.Tick
	for i := math.Ceil(low / step); i*step <= high; i++ {
		v := i*step + 0 // 0 rather than -0
		all = append(all, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', 6, 64)})
	}
	return all
}

// ticks are 1, 2, 3, 5 and 7 times the powers of ten between two bounds above 0.
func ticks(low, high float64) []plot.Tick {
	var all []plot.Tick
	if low <= 0 {
		return nil
	}
	for power := math.Pow(10, math.Floor(math.Log10(low))); power <= high; power *= 10 {
		for _, n := range []float64{1, 2, 3, 5, 7} {
			if v := n * power; v >= low && v <= high {
				all = append(all, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', 4, 64)})
			}
		}
	}
	return all
}
