// Package plot draws the pictures of reports as SVG, with gonum.org/v1/plot.
package plot

import (
	"bytes"
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
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
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = l.Title, l.XLabel, l.YLabel
	p.Title.TextStyle.Font.Size = font.Length(12)
	p.Title.Padding = vg.Points(8)
	p.Legend.Left, p.Legend.Top = true, false
	p.Legend.TextStyle.Font.Size = font.Length(9)
	p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = font.Length(9), font.Length(9)
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
		line, marks, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, fmt.Errorf("drawing %s: %w", s.Name, err)
		}
		line.Color, line.Width = palette(s.Colour), vg.Points(1.8)
		marks.Color, marks.Shape, marks.Radius = palette(s.Colour), draw.CircleGlyph{}, vg.Points(2.6)
		if s.Dashed {
			line.Dashes = []vg.Length{vg.Points(5), vg.Points(3)}
		}
		p.Add(line, marks)
		if s.Name != "" {
			p.Legend.Add(s.Name, line, marks)
		}
	}
	canvas := vgsvg.New(18*vg.Centimeter, 11*vg.Centimeter)
	p.Draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("drawing %s: %w", l.Title, err)
	}
	return b.Bytes(), nil
}
