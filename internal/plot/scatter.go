package plot

import (
	"fmt"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// XYSeries is one line of measured points. X is greater than 0.
type XYSeries struct {
	Name   string // in the legend; "" for a line that has no entry
	X, Y   []float64
	Colour int // lines of one colour belong together
}

// Scatter is a chart of measured points on lines, over a logarithmic axis.
type Scatter struct {
	Title, XLabel, YLabel string
	Series                []XYSeries
}

// SVG draws the chart.
func (s Scatter) SVG() ([]byte, error) {
	p := plot.New()
	style(p, s.Title, s.XLabel, s.YLabel)
	p.Legend.Left, p.Legend.Top = false, false
	p.Legend.XOffs, p.Legend.YOffs = -vg.Points(12), vg.Points(12)
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.TickerFunc(ticks)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{Y: 0xDD}, color.Gray{Y: 0xDD}
	p.Add(grid)
	for _, line := range s.Series {
		points := make(plotter.XYs, len(line.X))
		for i := range points {
			points[i] = plotter.XY{X: line.X[i], Y: line.Y[i]}
		}
		if err := addLine(p, line.Name, points, line.Colour, false); err != nil {
			return nil, err
		}
	}
	p.X.Min, p.X.Max = p.X.Min/1.1, p.X.Max*1.1
	return svg(p, s.Title)
}

// ticks are 1, 2, 3, 5 and 7 times the powers of ten between two bounds.
func ticks(low, high float64) []plot.Tick {
	var all []plot.Tick
	for power := math.Pow(10, math.Floor(math.Log10(low))); power <= high; power *= 10 {
		for _, n := range []float64{1, 2, 3, 5, 7} {
			if v := n * power; v >= low && v <= high {
				all = append(all, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', 4, 64)})
			}
		}
	}
	return all
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
