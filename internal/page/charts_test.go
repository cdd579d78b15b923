package page

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func labels(list []tick) string {
	var all []string
	for _, t := range list {
		all = append(all, t.label)
	}
	return strings.Join(all, " ")
}

func TestAxisTicks(t *testing.T) {
	for _, tt := range []struct {
		name string
		axis axis
		n    int
		want string
	}{
		{"whole numbers", axis{low: -0.5, high: 21.5}, 6, "0 5 10 15 20"},
		{"beyond zero", axis{low: -3, high: 3}, 6, "-3 -2 -1 0 1 2 3"},
		{"thousands", axis{low: 0, high: 42_000}, 5, "0 10k 20k 30k 40k"},
		{"one value", axis{low: 7, high: 7}, 5, "7"},
		{"less than a decade", axis{low: 13.3, high: 51.4, logarithms: true}, 8, "15 20 25 30 35 40 45 50"},
		{"a decade", axis{low: 1.7, high: 25, logarithms: true}, 8, "2 5 10 20"},
		{"many decades", axis{low: 0.5, high: 2e6, logarithms: true}, 3, "1 1000 1M"},
	} {
		if got := labels(tt.axis.ticks(tt.n)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestAxisAt(t *testing.T) {
	a := axis{low: 1, high: 100, from: 20, to: 120, logarithms: true}
	for v, want := range map[float64]float64{1: 20, 10: 70, 100: 120} {
		if got := a.at(v); got < want-1e-9 || got > want+1e-9 {
			t.Errorf("%g lies at %g, want %g", v, got, want)
		}
	}
	if got := (axis{low: 5, high: 5, from: 0, to: 10}).at(5); got != 5 {
		t.Errorf("the one value lies at %g, want the middle", got)
	}
}

// A bin holds sums within the limit, or beyond it, not both.
func TestBinsEndAtTheLimit(t *testing.T) {
	for high := range 400 {
		limit := float64(high)
		h := Histogram{First: 3, Counts: slices.Repeat([]int64{1}, 300), High: &limit}
		b := h.bins()
		total := int64(0)
		for i, n := range b.counts {
			total += n
			first := b.first + int64(i)*b.width
			if last := first + b.width - 1; first <= int64(high) && last > int64(high) {
				t.Fatalf("limit %d lies in the bin from %d to %d", high, first, last)
			}
		}
		if total != 300 || len(b.counts) > maxBins+1 {
			t.Fatalf("limit %d: %d bins hold %d, want 300 in at most %d", high, len(b.counts), total, maxBins+1)
		}
	}
	if b := (Histogram{}).bins(); len(b.counts) != 0 {
		t.Errorf("nothing has %d bins, want none", len(b.counts))
	}
}

// paths are the classes of a drawing's paths.
func paths(d drawing) string {
	var all []string
	for _, m := range d.Marks {
		if m.Kind == "path" && !strings.HasPrefix(m.Class, "grid") && m.Class != "base" {
			all = append(all, m.Class)
		}
	}
	return strings.Join(all, ", ")
}

// A bin in which the lower limit falls, of two joined numbers here, is beyond it.
func TestHistogramLowerLimit(t *testing.T) {
	low := -49.0
	h := Histogram{First: -50, Counts: append([]int64{4, 4}, make([]int64, 100)...), Low: &low}
	if b := h.bins(); b.width != 2 || b.first != -50 {
		t.Fatalf("bins are %+v, want pairs from -50", b)
	}
	if got := paths(h.draw("group")); !strings.Contains(got, "fill c1") {
		t.Errorf("%s, want a bin beyond the limit", got)
	}
}

func TestHistogramLimits(t *testing.T) {
	counts := []int64{9, 5, 3, 1}
	near, far, within, low := 6.0, 255.0, 1.0, 1.0
	for _, tt := range []struct {
		name      string
		low, high *float64
		want      string
	}{
		{"none", nil, nil, "fill c0"},
		{"beyond, near", nil, &near, "fill c0, limit"},
		{"beyond, far: an arrow", nil, &far, "fill c0"},
		{"within", nil, &within, "fill c0, fill c1, limit"},
		{"below", &low, nil, "fill c0, fill c1, limit"},
	} {
		d := Histogram{Title: "h", Counts: counts, Low: tt.low, High: tt.high}.draw("group")
		if got := paths(d); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		arrow := slices.ContainsFunc(d.Marks, func(m mark) bool { return m.Text == "255 →" })
		if arrow != (tt.high == &far) {
			t.Errorf("%s: an arrow to the limit is %t", tt.name, arrow)
		}
	}
}

// Widths follow values, and shares add up.
func TestBarsContent(t *testing.T) {
	b := Bars{Parts: []string{"a", "b"}, Shares: true, Format: func(x float64) string { return fmt.Sprintf("%g J", x) }, Rows: []Bar{
		{Name: "long", Parts: []Part{{0, 3}, {1, 1}}}, {Name: "short", Parts: []Part{{1, 1}}}, {Name: "none"},
	}}
	_, data := b.content("id")
	v := data.(barsView)
	long := v.Rows[0]
	if s := long.Strokes; s[0].Width != "75.00%" || s[1].X != "75.00%" || s[1].Width != "25.00%" || s[1].Class != "c1" {
		t.Errorf("the long bar is %+v, want three quarters and one of the width", s)
	}
	if got := []string{long.Share, v.Rows[1].Share, v.Rows[2].Share, long.Figures[0], long.Label}; !slices.Equal(got, []string{"80.00 %", "20.00 %", "0.00 %", "4 J", "a: 3 J, b: 1 J"}) {
		t.Errorf("texts are %q", got)
	}
	b.Beside, b.Full = true, 6
	_, data = b.content("id")
	if row := data.(barsView).Rows[0]; row.Strokes[0].Width != "50.00%" || row.Strokes[1].X != "0.00%" || row.Strokes[1].Y == "0" || len(row.Figures) != 2 {
		t.Errorf("beside each other: %+v, want two bars from the left below each other", row)
	}
	if got := colour(Colours); got != "grey" {
		t.Errorf("a part without a colour of its own is %s, want grey", got)
	}
}
