package plot

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Histograms is rows of small charts over a logarithmic count.
type Histograms struct {
	Title string
	Rows  [][]Histogram
}

// Histogram is how often each whole number from First on was seen.
type Histogram struct {
	Title  string
	First  int64
	Counts []int64
	// Low and High are limits that are drawn in; nil for none. What lies beyond
	// them has another colour.
	Low, High *float64
}

// The sizes of one histogram and of the title above all.
const (
	histogramHeight = 3.6 * vg.Centimeter
	titleHeight     = 0.9 * vg.Centimeter
)

// Draw draws the histograms.
func (h Histograms) Draw() (Picture, error) {
	columns := 1
	for _, row := range h.Rows {
		columns = max(columns, len(row))
	}
	width := max(pageWidth, vg.Length(columns)*4.4*vg.Centimeter)
	size := vg.Point{X: width, Y: titleHeight + histogramHeight*vg.Length(len(h.Rows))}
	picture, err := paint(size, func(c draw.Canvas) {
		blank(c)
		style := plot.New().Title.TextStyle
		style.Font.Size, style.XAlign, style.YAlign = font.Length(12), draw.XCenter, draw.YTop
		c.FillText(style, vg.Point{X: size.X / 2, Y: size.Y - vg.Points(6)}, h.Title)
		tiles := draw.Tiles{Rows: len(h.Rows), Cols: columns, PadTop: titleHeight, PadX: vg.Points(6), PadY: vg.Points(6), PadLeft: vg.Points(4), PadRight: vg.Points(6)}
		for i, row := range h.Rows {
			for j := range row {
				row[j].plot().Draw(tiles.At(c, j, i))
			}
		}
	})
	if err != nil {
		return Picture{}, fmt.Errorf("drawing %s: %w", h.Title, err)
	}
	return picture, nil
}

// plot is one histogram.
func (h Histogram) plot() *plot.Plot {
	p := plot.New()
	p.Title.Text, p.Title.TextStyle.Font.Size = h.Title, font.Length(8)
	p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = font.Length(6.5), font.Length(6.5)
	p.X.Min, p.X.Max = float64(h.First)-0.5, float64(h.First)+float64(len(h.Counts))-0.5
	span := math.Max(8, float64(len(h.Counts)))
	if h.High != nil && *h.High >= p.X.Max && *h.High < p.X.Max+span/2 {
		p.X.Max = *h.High + 1
	}
	if h.Low != nil && *h.Low <= p.X.Min && *h.Low > p.X.Min-span/2 {
		p.X.Min = *h.Low - 1
	}
	most := int64(10)
	for _, n := range h.Counts {
		most = max(most, n)
	}
	p.Y.Min, p.Y.Max = 0.5, 2*float64(most)
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.TickerFunc(decades)
	p.X.Tick.Marker = plot.TickerFunc(round)
	p.Add(steps{h})
	return p
}

// decades are some powers of ten from 1 on.
func decades(_, high float64) []plot.Tick {
	var all []plot.Tick
	every := max(1, int(math.Log10(high))/3)
	for power := 0; math.Pow(10, float64(power)) <= high; power += every {
		all = append(all, plot.Tick{Value: math.Pow(10, float64(power)), Label: fmt.Sprintf("1e%d", power)})
	}
	return all
}

// steps draws a histogram's counts and limits.
type steps struct{ Histogram }

// Plot draws the counts as two outlines, within the limits and beyond.
func (s steps) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	var within, beyond vg.Path
	for i, n := range s.Counts {
		if n == 0 {
			continue
		}
		sum := float64(s.First) + float64(i)
		path := &within
		if s.High != nil && sum > *s.High || s.Low != nil && sum < *s.Low {
			path = &beyond
		}
		left, right, base, top := x(sum-0.5), x(sum+0.5), y(p.Y.Min), y(float64(n))
		path.Move(vg.Point{X: left, Y: base})
		path.Line(vg.Point{X: left, Y: top})
		path.Line(vg.Point{X: right, Y: top})
		path.Line(vg.Point{X: right, Y: base})
		path.Close()
	}
	for i, path := range []vg.Path{within, beyond} {
		if len(path) > 0 {
			c.SetColor(palette(i))
			c.Fill(path)
		}
	}
	dashed := draw.LineStyle{Color: color.Black, Width: vg.Points(0.9), Dashes: []vg.Length{vg.Points(3), vg.Points(2)}}
	for _, limit := range []struct {
		at   *float64
		half float64
	}{{s.Low, -0.5}, {s.High, 0.5}} {
		if limit.at != nil && *limit.at+limit.half >= p.X.Min && *limit.at+limit.half <= p.X.Max {
			at := x(*limit.at + limit.half)
			c.StrokeLine2(dashed, at, c.Min.Y, at, c.Max.Y)
		}
	}
}
