package plot

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Front is a chart of points, those on a Pareto front joined.
type Front struct {
	Title, XLabel, YLabel string
	X, Y                  []float64
	LogX, LogY            bool // of values above 0
	// Joined are indices of the points on the front, in the order of the line.
	Joined []int
}

// frontHeight is the height of the chart.
const frontHeight = 11 * vg.Centimeter

// Draw draws the chart.
func (f Front) Draw() (Picture, error) {
	p := plot.New()
	style(p, f.Title, f.XLabel, f.YLabel)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{Y: 0xDD}, color.Gray{Y: 0xDD}
	p.Add(grid)
	all := make(plotter.XYs, len(f.X))
	for i := range all {
		all[i] = plotter.XY{X: f.X[i], Y: f.Y[i]}
	}
	points, err := plotter.NewScatter(all)
	if err != nil {
		return Picture{}, fmt.Errorf("drawing %s: %w", f.Title, err)
	}
	points.Color, points.Shape, points.Radius = color.Gray{Y: 0x99}, draw.CircleGlyph{}, vg.Points(1.6)
	p.Add(points)
	var line plotter.XYs
	for _, i := range f.Joined {
		line = append(line, all[i])
	}
	if len(line) > 0 {
		if err := addLine(p, "Pareto front", line, 1, false); err != nil {
			return Picture{}, err
		}
	}
	for _, a := range []struct {
		axis *plot.Axis
		log  bool
	}{{&p.X, f.LogX}, {&p.Y, f.LogY}} {
		if a.log {
			a.axis.Scale, a.axis.Tick.Marker = plot.LogScale{}, plot.TickerFunc(ticks)
			a.axis.Min, a.axis.Max = a.axis.Min/1.1, a.axis.Max*1.1
		}
	}
	return paint(vg.Point{X: pageWidth, Y: frontHeight}, func(c draw.Canvas) {
		blank(c)
		p.Draw(draw.Crop(c, vg.Points(4), -vg.Points(10), vg.Points(4), -vg.Points(4)))
	})
}
