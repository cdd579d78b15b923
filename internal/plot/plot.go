// Package plot draws the pictures of reports as SVG, with gonum.org/v1/plot.
package plot

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"bitline/internal/report"
)

// margin is the room beside the first and the last category, in categories, so
// that their names fit.
const margin = 0.25

// palette is Okabe and Ito's, which people with any colour vision tell apart.
func palette(i int) color.Color {
	colours := []color.RGBA{
		{0x00, 0x72, 0xB2, 0xFF}, {0xD5, 0x5E, 0x00, 0xFF}, {0x00, 0x9E, 0x73, 0xFF},
		{0xCC, 0x79, 0xA7, 0xFF}, {0xE6, 0x9F, 0x00, 0xFF}, {0x56, 0xB4, 0xE9, 0xFF},
	}
	return colours[i%len(colours)]
}

// Lines is a chart of lines with marks, over categories or a logarithmic axis.
type Lines report.Lines

// SVG draws the chart.
func (l Lines) SVG() ([]byte, error) {
	p := plot.New()
	style(p, l.Title, l.XLabel, l.YLabel)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{Y: 0xDD}, color.Gray{Y: 0xDD}
	if l.Categories != nil {
		grid.Vertical.Color = nil
	}
	p.Add(grid)
	for _, line := range l.Series {
		points := make(plotter.XYs, len(line.X))
		for i := range points {
			points[i] = plotter.XY{X: line.X[i], Y: line.Y[i]}
		}
		if err := addLine(p, line.Name, points, line.Colour, line.Dashed); err != nil {
			return nil, err
		}
	}
	l.axis(p)
	return svg(p, l.Title)
}

// axis is the axis below, once the lines are there. Accuracy falls towards the last
// category and rises towards the largest number: the legend is in the other corner.
func (l Lines) axis(p *plot.Plot) {
	if l.Categories != nil {
		p.NominalX(l.Categories...)
		p.X.Min, p.X.Max = -margin, float64(len(l.Categories)-1)+margin
		p.Legend.Left = true
		return
	}
	p.Legend.XOffs, p.Legend.YOffs = -vg.Points(12), vg.Points(12)
	if l.LogX {
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.TickerFunc(ticks)
		p.X.Min, p.X.Max = p.X.Min/1.1, p.X.Max*1.1
	}
}

// style gives a chart its titles and sizes of letters.
func style(p *plot.Plot, title, x, y string) {
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle.Font.Size = font.Length(12)
	p.Title.Padding = vg.Points(8)
	p.Legend.TextStyle.Font.Size = font.Length(9)
	p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = font.Length(9), font.Length(9)
}

// addLine adds a line with a mark at each of its points.
func addLine(p *plot.Plot, name string, points plotter.XYs, colour int, dashed bool) error {
	line, marks, err := plotter.NewLinePoints(points)
	if err != nil {
		return fmt.Errorf("drawing %s: %w", name, err)
	}
	line.Color, line.Width = palette(colour), vg.Points(1.8)
	marks.Color, marks.Shape, marks.Radius = palette(colour), draw.CircleGlyph{}, vg.Points(2.6)
	if dashed {
		line.Dashes = []vg.Length{vg.Points(5), vg.Points(3)}
	}
	p.Add(line, marks)
	if name != "" {
		p.Legend.Add(name, line, marks)
	}
	return nil
}

// svg draws a chart at the size of a page's width.
func svg(p *plot.Plot, title string) ([]byte, error) {
	picture, err := paintSVG(vg.Point{X: pageWidth, Y: 11 * vg.Centimeter}, p.Draw)
	if err != nil {
		return nil, fmt.Errorf("drawing %s: %w", title, err)
	}
	return picture, nil
}
