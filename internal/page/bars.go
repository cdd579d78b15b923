package page

import (
	"fmt"
	"strconv"
	"strings"

	"bitline/internal/report"
)

// Colours is how many parts of charts have a colour of their own; the others are
// grey.
const Colours = 7

// Bars is a chart of horizontal bars, one row each. It is a table, so that every
// figure can be read and the chart fits any width.
type Bars struct {
	Title string
	Note  string // "" for none
	Names string // what the rows are, such as "layer"
	// Parts names the colours, in a legend; nil for none.
	Parts []string
	// Beside draws the parts of a row each from the left, with figures of their
	// own, else they follow each other and add up.
	Beside bool
	// Full is what the whole width stands for; 0 for the largest bar.
	Full float64
	// Shares adds a column of each row's share of the rows' sum.
	Shares bool
	Format func(float64) string
	Rows   []Bar
}

// Bar is one row.
type Bar struct {
	Name  string
	Parts []Part
}

// Part is a part of a bar: which of the chart's parts, and how much, at least 0.
type Part struct {
	Part  int
	Value float64
}

func (b Bar) sum() float64 {
	sum := 0.0
	for _, p := range b.Parts {
		sum += p.Value
	}
	return sum
}

type barsView struct {
	Bars
	ID   string
	Long bool
	Key  []keyView
	Rows []barView
}

// keyView is an entry of a legend.
type keyView struct {
	Class  string
	Name   string
	Dashed bool
}

type barView struct {
	Name    string
	Height  int // in pixels
	Strokes []strokeView
	Label   string // the row's parts in words, "" where the figure says it all
	Figures []string
	Share   string
}

// strokeView is a rectangle, in per cent of the width.
type strokeView struct{ X, Width, Y, Height, Class, Title string }

func (b Bars) content(id string) (string, any) {
	v := barsView{Bars: b, ID: id, Long: len(b.Rows) > longTable}
	for i, name := range b.Parts {
		v.Key = append(v.Key, keyView{Class: colour(i), Name: name})
	}
	total, full := 0.0, b.Full
	for _, row := range b.Rows {
		total += row.sum()
		if b.Full == 0 {
			full = max(full, b.longest(row))
		}
	}
	for _, row := range b.Rows {
		bar := b.row(row, full)
		if b.Shares && total > 0 {
			bar.Share = report.Percent(row.sum() / total)
		}
		v.Rows = append(v.Rows, bar)
	}
	return "bars", v
}

// longest is the length of a row's longest bar.
func (b Bars) longest(row Bar) float64 {
	if !b.Beside {
		return row.sum()
	}
	longest := 0.0
	for _, p := range row.Parts {
		longest = max(longest, p.Value)
	}
	return longest
}

// The heights of a row's bars in pixels: of the parts that follow each other, and of
// each of those beside each other.
const (
	barHeight    = 18
	besideHeight = 10
)

func (b Bars) row(row Bar, full float64) barView {
	height, whole := barHeight, barHeight
	if b.Beside {
		height, whole = besideHeight, besideHeight*max(1, len(row.Parts))
	}
	v := barView{Name: row.Name, Height: whole}
	x, y := 0.0, 0
	var words []string
	for _, p := range row.Parts {
		width := 0.0
		if full > 0 {
			width = 100 * p.Value / full
		}
		text := b.Format(p.Value)
		if len(b.Parts) > 0 {
			text = b.Parts[p.Part] + ": " + text
		}
		words = append(words, text)
		v.Strokes = append(v.Strokes, strokeView{
			X: percent(x), Width: percent(width), Y: strconv.Itoa(y), Height: strconv.Itoa(height - 1),
			Class: colour(p.Part), Title: row.Name + ": " + text,
		})
		if b.Beside {
			v.Figures = append(v.Figures, b.Format(p.Value))
			y += height
		} else {
			x += width
		}
	}
	if !b.Beside {
		v.Figures = []string{b.Format(row.sum())}
	}
	if len(b.Parts) > 0 {
		v.Label = strings.Join(words, ", ")
	}
	return v
}

// colour is the class of part i.
func colour(i int) string {
	if i < 0 || i >= Colours {
		return "grey"
	}
	return fmt.Sprintf("c%d", i)
}

func percent(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) + "%" }

// number is a coordinate, to a tenth of a pixel.
func number(x float64) string {
	text := strconv.FormatFloat(x, 'f', 1, 64)
	return strings.TrimSuffix(text, ".0")
}
