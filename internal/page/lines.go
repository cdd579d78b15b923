package page

import (
	"fmt"
	"math"
	"strconv"

	"bitline/internal/report"
)

// Lines is a chart of lines with marks.
type Lines report.Lines

type linesView struct {
	Lines
	ID    string
	Key   []keyView
	Chart drawing
	Data  tableView
}

func (l Lines) content(id string) (string, any) {
	v := linesView{Lines: l, ID: id, Chart: l.draw()}
	for _, s := range l.Series {
		if s.Name != "" {
			v.Key = append(v.Key, keyView{colour(s.Colour), s.Name, s.Dashed})
		}
	}
	_, data := l.table().content(id + "-data")
	v.Data = data.(tableView)
	return "lines", v
}

// The size of a chart of lines and of what lies around it, in user units.
const (
	linesWidth, linesHeight = 760, 400

	linesLeft, linesRight = 52, 16
	linesTop, linesBottom = 30, 46
)

func (l Lines) draw() drawing {
	d := drawing{Width: linesWidth, Height: linesHeight, Label: fmt.Sprintf("%s: %s over %s; its figures are in the table below", l.Title, l.YLabel, l.XLabel)}
	x, y := l.axes()
	for _, t := range y.ticks(6) {
		d.line("grid", x.from, y.at(t.value), x.to, y.at(t.value))
		d.text("tick", "end", t.label, x.from-8, y.at(t.value)+4)
	}
	d.line("base", x.from, y.from, x.to, y.from)
	marks := x.ticks(8)
	if l.Categories != nil {
		marks = nil
		for i, name := range l.Categories {
			marks = append(marks, tick{float64(i), name})
		}
	}
	for _, t := range marks {
		d.line("base", x.at(t.value), y.from, x.at(t.value), y.from+4)
		d.text("tick", "middle", t.label, x.at(t.value), y.from+18)
	}
	d.text("name", "middle", l.XLabel, (x.from+x.to)/2, linesHeight-8)
	d.text("name", "start", l.YLabel, 4, 14)
	for _, s := range l.Series {
		l.trace(&d, s, x, y)
	}
	return d
}

// trace draws a line, its marks above it.
func (l Lines) trace(d *drawing, s report.Line, x, y axis) {
	class := colour(s.Colour)
	data := ""
	for i := range s.X {
		if data == "" {
			data = "M"
		} else {
			data += "L"
		}
		data += point(x.at(s.X[i]), y.at(s.Y[i]))
	}
	if s.Dashed {
		d.path("line dashed "+class, data)
	} else {
		d.path("line "+class, data)
	}
	for i := range s.X {
		d.dot("dot "+class, fmt.Sprintf("%s: %s, %s", l.name(s), l.place(s.X[i]), short(s.Y[i])), x.at(s.X[i]), y.at(s.Y[i]))
	}
}

// axes spans the points with a little room around them.
func (l Lines) axes() (x, y axis) {
	x = axis{low: math.Inf(1), high: math.Inf(-1), from: linesLeft, to: linesWidth - linesRight, logarithms: l.LogX}
	y = axis{low: math.Inf(1), high: math.Inf(-1), from: linesHeight - linesBottom, to: linesTop}
	for _, s := range l.Series {
		for i := range s.X {
			x.low, x.high = min(x.low, s.X[i]), max(x.high, s.X[i])
			y.low, y.high = min(y.low, s.Y[i]), max(y.high, s.Y[i])
		}
	}
	if math.IsInf(x.low, 0) { // no points
		x.low, x.high, y.low, y.high = 1, 1, 0, 0
	}
	switch {
	case l.Categories != nil:
		x.low, x.high = -0.4, float64(len(l.Categories))-0.6
	case l.LogX:
		x.low, x.high = x.low/1.15, x.high*1.15
	default:
		room := 0.04 * (x.high - x.low)
		x.low, x.high = x.low-room, x.high+room
	}
	if y.low == y.high {
		y.low, y.high = y.low-1, y.high+1
	}
	room := 0.06 * (y.high - y.low)
	y.low, y.high = y.low-room, y.high+room
	return x, y
}

// table has the chart's figures.
func (l Lines) table() Table {
	t := report.Table{Columns: []string{"line", l.XLabel + ">", l.YLabel + ">"}}
	for _, s := range l.Series {
		for i := range s.X {
			x := plain(s.X[i])
			if l.Categories != nil {
				x = l.place(s.X[i])
			}
			t.Add(l.name(s), x, plain(s.Y[i]))
		}
	}
	return Table(t)
}

// plain is a figure of a table, which is sorted by it: without prefixes.
func plain(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

// name is a line's, or for one without that of the named line of its colour.
func (l Lines) name(s report.Line) string {
	if s.Name != "" {
		return s.Name
	}
	for _, other := range l.Series {
		if other.Colour == s.Colour && other.Name != "" {
			if s.Dashed && !other.Dashed {
				return other.Name + ", dashed"
			}
			return other.Name
		}
	}
	return ""
}

// place is where a point lies along the chart.
func (l Lines) place(x float64) string {
	if i := int(x); l.Categories != nil && i >= 0 && i < len(l.Categories) {
		return l.Categories[i]
	}
	return short(x)
}
