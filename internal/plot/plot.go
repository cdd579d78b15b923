// Package plot draws the pictures of reports as SVG, with gonum.org/v1/plot.
package plot

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// margin is the room beside the first and the last category, in categories, so
// that their names fit.
const margin = 0.25

// Series is one line of a chart: Y[i] at category i.
type Series struct {
	Name   string // in the legend; "" for a line that has no entry
	Y      []float64
	Dashed bool
	Colour int // lines of one colour belong together
}

// Lines is a chart of lines over named categories.
type Lines struct {
	Title, XLabel, YLabel string
	Categories            []string
	Series                []Series
}

// palette is Okabe and Ito's, which people with any colour vision tell apart.
func palette(i int) color.Color {
	colours := []color.RGBA{
		{0x00, 0x72, 0xB2, 0xFF}, {0xD5, 0x5E, 0x00, 0xFF}, {0x00, 0x9E, 0x73, 0xFF},
		{0xCC, 0x79, 0xA7, 0xFF}, {0xE6, 0x9F, 0x00, 0xFF}, {0x56, 0xB4, 0xE9, 0xFF},
	}
	return colours[i%len(colours)]
}

// SVG draws the chart.
func (l Lines) SVG() ([]byte, error) {
	p := plot.New()
	style(p, l.Title, l.XLabel, l.YLabel)
	p.Legend.Left, p.Legend.Top = true, false
	p.NominalX(l.Categories...)
	p.X.Min, p.X.Max = -margin, float64(len(l.Categories)-1)+margin
	grid := plotter.NewGrid()
	grid.Vertical.Color = nil
	grid.Horizontal.Color = color.Gray{Y: 0xDD}
	p.Add(grid)
	for _, s := range l.Series {
		points := make(plotter.XYs, len(s.Y))
		for i, y := range s.Y {
			points[i] = plotter.XY{X: float64(i), Y: y}
		}
		if err := addLine(p, s.Name, points, s.Colour, s.Dashed); err != nil {
			return nil, err
		}
	}
	return svg(p, l.Title)
}
