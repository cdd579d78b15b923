package plot

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Bars is a chart of horizontal bars, a name each, whose parts follow each other.
type Bars struct {
	Title, XLabel string
	Names         []string
	Labels        []string // at the ends of bars
	Parts         []BarPart
}

// BarPart is one part of every bar.
type BarPart struct {
	Name   string // in the legend; "" for a part that has no entry
	Values []float64
}

// barRoom is the height of one bar and its room, entryRoom that of an entry of the
// legend, barFrame that of all around them.
const (
	barRoom   = 0.62 * vg.Centimeter
	entryRoom = 0.45 * vg.Centimeter
	barFrame  = 2.6 * vg.Centimeter
)

// Draw draws the chart.
func (b Bars) Draw() (Picture, error) {
	p := plot.New()
	style(p, b.Title, b.XLabel, "")
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = nil, color.Gray{Y: 0xDD}
	p.Add(grid)
	sums := make([]float64, len(b.Names))
	var below *plotter.BarChart
	for i, part := range b.Parts {
		for k, v := range part.Values {
			sums[k] += v
		}
		values := slices.Clone(part.Values)
		slices.Reverse(values) // the first is at the top
		bars, err := plotter.NewBarChart(plotter.Values(values), barRoom*0.72)
		if err != nil {
			return Picture{}, fmt.Errorf("drawing %s: %w", b.Title, err)
		}
		bars.Horizontal, bars.Color, bars.LineStyle.Width = true, fill(i), 0
		if below != nil {
			bars.StackOn(below)
		}
		below = bars
		p.Add(bars)
		if part.Name != "" {
			p.Legend.Add(part.Name, bars)
		}
	}
	if err := b.label(p, sums); err != nil {
		return Picture{}, fmt.Errorf("drawing %s: %w", b.Title, err)
	}
	height := barFrame + max(barRoom*vg.Length(len(b.Names)), entryRoom*vg.Length(len(b.Parts)))
	picture, err := paint(vg.Point{X: pageWidth, Y: height}, func(c draw.Canvas) {
		blank(c)
		p.Draw(draw.Crop(c, vg.Points(6), vg.Points(-8), vg.Points(4), vg.Points(-6)))
	})
	if err != nil {
		return Picture{}, fmt.Errorf("drawing %s: %w", b.Title, err)
	}
	return picture, nil
}

// label writes the bars' names and what stands at their ends.
func (b Bars) label(p *plot.Plot, sums []float64) error {
	names := slices.Clone(b.Names)
	slices.Reverse(names)
	p.NominalY(names...)
	p.Y.Min, p.Y.Max = -0.6, float64(len(names))-0.4
	room := 1.24 // for labels
	if b.Parts[0].Name != "" {
		room = 1.6 // and the legend
	}
	p.X.Min, p.X.Max = 0, room*slices.Max(append(sums, 1e-12))
	p.X.Tick.Marker = plot.TickerFunc(round)
	p.X.Label.TextStyle.Font.Size = font.Length(10)
	p.Legend.Top, p.Legend.Left, p.Legend.Padding = false, false, vg.Points(2)
	p.Legend.YOffs, p.Legend.XOffs = vg.Points(8), vg.Points(-6)
	at := plotter.XYLabels{}
	for i, text := range b.Labels {
		at.XYs = append(at.XYs, plotter.XY{X: sums[i], Y: float64(len(names) - 1 - i)})
		at.Labels = append(at.Labels, text)
	}
	labels, err := plotter.NewLabels(at)
	if err != nil {
		return err
	}
	labels.Offset = vg.Point{X: vg.Points(4), Y: vg.Points(1.5)}
	for i := range labels.TextStyle {
		labels.TextStyle[i].Font.Size = font.Length(8)
		labels.TextStyle[i].YAlign = draw.YCenter
	}
	p.Add(labels)
	return nil
}

// fill is the colour of part i; those without one of their own are grey.
func fill(i int) color.Color {
	if i < 6 {
		return palette(i)
	}
	if i == 6 {
		return color.RGBA{0x6F, 0x4E, 0x9C, 0xFF}
	}
	return color.Gray{Y: 0xA8}
}
