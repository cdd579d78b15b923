package page

import (
	"fmt"
	"math"
	"strings"
)

// Histograms are small charts side by side, over a logarithmic count.
type Histograms struct {
	Title  string
	Note   string // "" for none
	Key    HistogramKey
	Groups []HistogramGroup
}

// HistogramKey says what the colours are.
type HistogramKey struct{ Within, Beyond, Limit string }

// HistogramGroup is histograms that belong together.
type HistogramGroup struct {
	Title string
	Items []Histogram
}

// Histogram is how often each whole number from First on was seen.
type Histogram struct {
	Title  string
	First  int64
	Counts []int64
	// Low and High are limits that are drawn in; nil for none. What lies beyond
	// them has another colour.
	Low, High *float64
	Notes     []string // below the chart
}

type histogramsView struct {
	Histograms
	ID     string
	Groups []groupView
}

type groupView struct {
	Title  string
	Closed bool
	Items  []histogramView
}

type histogramView struct {
	Title string
	Notes []string
	Chart drawing
}

// openGroups is how many groups are open at first.
const openGroups = 6

func (h Histograms) content(id string) (string, any) {
	v := histogramsView{Histograms: h, ID: id}
	for i, g := range h.Groups {
		group := groupView{Title: g.Title, Closed: i >= openGroups}
		for _, item := range g.Items {
			group.Items = append(group.Items, histogramView{item.Title, item.Notes, item.draw(g.Title)})
		}
		v.Groups = append(v.Groups, group)
	}
	return "histograms", v
}

// The size of one histogram and of what lies around it, in user units.
const (
	histogramWidth, histogramHeight = 260, 140

	histogramLeft, histogramRight = 30, 8
	histogramTop, histogramBottom = 16, 20

	maxBins = 64
)

// bins are counts of equally many neighbouring numbers.
type bins struct {
	first, width int64
	counts       []int64
	most         int64
}

// bins joins numbers until there are few enough. The upper limit does not fall within
// one.
func (h Histogram) bins() bins {
	b := bins{first: h.First, width: int64(len(h.Counts)+maxBins-1) / maxBins}
	if b.width == 0 {
		return b
	}
	if h.High != nil && b.width > 1 { // a bin ends at the limit
		b.first -= positive(h.First-int64(math.Floor(*h.High))-1, b.width)
	}
	for i, n := range h.Counts {
		at := int((h.First + int64(i) - b.first) / b.width)
		for len(b.counts) <= at {
			b.counts = append(b.counts, 0)
		}
		b.counts[at] += n
		b.most = max(b.most, b.counts[at])
	}
	return b
}

// positive is the remainder of a / b from 0 to b-1.
func positive(a, b int64) int64 { return ((a % b) + b) % b }

// draw draws the histogram of a group.
func (h Histogram) draw(group string) drawing {
	d := drawing{Width: histogramWidth, Height: histogramHeight, Label: h.label(group)}
	b := h.bins()
	x := axis{
		low: float64(b.first) - 0.5, high: float64(b.first+b.width*int64(len(b.counts))) - 0.5,
		from: histogramLeft, to: histogramWidth - histogramRight,
	}
	// A limit that is not far away is within the chart.
	room := math.Max(4, float64(len(h.Counts))/2)
	if h.High != nil && *h.High >= x.high && *h.High < x.high+room {
		x.high = *h.High + 1
	}
	if h.Low != nil && *h.Low <= x.low && *h.Low > x.low-room {
		x.low = *h.Low - 1
	}
	// From half a count, so that one conversion can be seen.
	y := axis{low: 0.5, high: math.Max(10, float64(b.most)) * 1.3, from: histogramHeight - histogramBottom, to: histogramTop, logarithms: true}
	h.frame(&d, x, y)
	h.fill(&d, b, x, y)
	h.limit(&d, x, h.Low, x.low)
	h.limit(&d, x, h.High, x.high)
	return d
}

func (h Histogram) frame(d *drawing, x, y axis) {
	for _, t := range y.ticks(3) {
		if t.value >= 1 {
			d.line("grid", x.from, y.at(t.value), x.to, y.at(t.value))
			d.text("tick", "end", t.label, x.from-4, y.at(t.value)+3.5)
		}
	}
	for _, t := range x.ticks(6) {
		if t.value == math.Trunc(t.value) {
			d.text("tick", "middle", t.label, x.at(t.value), y.from+13)
		}
	}
}

// fill draws the counts as two outlines, within the limits and beyond. A bin in which
// the lower limit falls holds some of both, and is drawn as beyond it.
func (h Histogram) fill(d *drawing, b bins, x, y axis) {
	var within, beyond strings.Builder
	for i, n := range b.counts {
		if n == 0 {
			continue
		}
		low := float64(b.first + int64(i)*b.width)
		high := low + float64(b.width)
		out := &within
		if h.High != nil && low > *h.High || h.Low != nil && low < *h.Low {
			out = &beyond
		}
		left, right, top := x.at(low-0.5), x.at(high-0.5), y.at(float64(n))
		fmt.Fprintf(out, "M%sV%sH%sV%sZ", point(left, y.from), number(top), number(right), number(y.from))
	}
	d.path("fill c0", within.String())
	if beyond.Len() > 0 {
		d.path("fill c1", beyond.String())
	}
	d.line("base", x.from, y.from, x.to, y.from)
}

// limit draws a limit, or at the end of the chart an arrow to where it lies.
func (h Histogram) limit(d *drawing, x axis, limit *float64, end float64) {
	if limit == nil {
		return
	}
	name := short(*limit)
	if *limit > x.high || *limit < x.low {
		anchor := "end"
		if *limit < x.low {
			anchor, name = "start", "← "+name
		} else {
			name += " →"
		}
		d.text("limit", anchor, name, x.at(end), histogramTop-5)
		return
	}
	// The line lies beyond the last sum that is within.
	at, anchor := *limit+0.5, "end"
	if *limit < 0 || limit == h.Low {
		at, anchor = *limit-0.5, "start"
	}
	if middle := (x.from + x.to) / 2; x.at(at) < middle {
		anchor = "start"
	}
	d.line("limit", x.at(at), histogramTop-12, x.at(at), histogramHeight-histogramBottom)
	shift := 4.0
	if anchor == "end" {
		shift = -4
	}
	d.text("limit", anchor, name, x.at(at)+shift, histogramTop-5)
}

// label is the histogram in words.
func (h Histogram) label(group string) string {
	total := int64(0)
	for _, n := range h.Counts {
		total += n
	}
	text := fmt.Sprintf("%s, %s: %d counted", group, h.Title, total)
	if len(h.Counts) > 0 {
		text += fmt.Sprintf(", from %d to %d", h.First, h.First+int64(len(h.Counts))-1)
	}
	for _, note := range h.Notes {
		text += ", " + note
	}
	return text
}
