package sweep

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"bitline/internal/plot"
	"bitline/internal/report"
)

// Plot is a picture of results: the name of its file and its content.
type Plot struct {
	Name    string
	Content []byte
}

// Plots draws the front of each set of two figures over all points, as SVG and PNG:
// pareto.svg, pareto_2.svg and so on, as the columns are named.
func (r *Results) Plots() ([]Plot, error) {
	var all []Plot
	for i, set := range r.Identity.Pareto {
		if len(set) != 2 {
			continue
		}
		chart, ok := r.frontChart(i)
		if !ok {
			continue
		}
		picture, err := chart.Draw()
		if err != nil {
			return nil, err
		}
		all = append(all, Plot{FrontColumn(i) + ".svg", picture.SVG}, Plot{FrontColumn(i) + ".png", picture.PNG})
	}
	return all, nil
}

// frontChart is the chart of a front, its first figure upwards; ok is false where no
// point has both figures.
func (r *Results) frontChart(i int) (f plot.Front, ok bool) {
	set := r.Identity.Pareto[i]
	x, y := r.Column(set[1]), r.Column(set[0])
	if x == nil || y == nil {
		return f, false
	}
	f = plot.Front{LogX: x.spans(), LogY: y.spans()}
	var scaleX, scaleY float64
	f.XLabel, scaleX = x.label()
	f.YLabel, scaleY = y.label()
	on, failure := r.Column(FrontColumn(i)), r.Column(failureColumn)
	for row := range r.rows {
		a, b := x.Value(row), y.Value(row)
		if failure.Value(row).Kind != Missing || a.Kind == Missing || b.Kind == Missing || a.Kind == Text || b.Kind == Text {
			continue
		}
		if on.Value(row).Number == 1 {
			f.Joined = append(f.Joined, len(f.X))
		}
		f.X, f.Y = append(f.X, a.Number*scaleX), append(f.Y, b.Number*scaleY)
	}
	slices.SortFunc(f.Joined, func(a, b int) int { return cmp.Or(cmp.Compare(f.X[a], f.X[b]), cmp.Compare(f.Y[a], f.Y[b])) })
	f.Title = fmt.Sprintf("%s: %s", r.Identity.Name, report.Counted(len(f.X), "point"))
	return f, len(f.X) > 0
}

// spans says whether the column's numbers are above 0 and span more than a factor of
// ten, so that a logarithm shows more of them. Shares have their own range.
func (c *Column) spans() bool {
	if unit, _ := unitOf(c.Name); unit == "%" {
		return false
	}
	low, high := c.bounds()
	return low > 0 && high > 10*low
}

func (c *Column) bounds() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for row, kind := range c.kinds {
		if kind == Integer || kind == Number {
			low, high = min(low, c.numbers[row]), max(high, c.numbers[row])
		}
	}
	return low, high
}

// label names the column with a unit in which its numbers are short, and says how many
// of these one of the column's is.
func (c *Column) label() (text string, scale float64) {
	unit, scale := unitOf(c.Name)
	name, law, _ := strings.Cut(c.Name, "_by_")
	if at := strings.LastIndexByte(name, '_'); at >= 0 && law == "" {
		name = name[:at]
	}
	switch unit {
	case "%":
		return c.Name + " in %", 100
	case "s", "J", "W":
	case "mm²":
		return name + " in mm²", 1
	default:
		return c.Name, 1
	}
	low, _ := c.bounds()
	for _, p := range []struct {
		prefix string
		size   float64
	}{{"m", 1e-3}, {"µ", 1e-6}, {"n", 1e-9}, {"p", 1e-12}} {
		if low*scale >= p.size {
			return name + " in " + p.prefix + unit, scale / p.size
		}
	}
	return name + " in " + unit, scale
}
