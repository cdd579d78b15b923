package plot

import (
	"bytes"
	"image/color"
	"image/png"
	"strings"
	"testing"
)

// check finds what a picture must hold, and that drawing it again gives the same.
func check(t *testing.T, draw func() (Picture, error), texts []string) Picture {
	t.Helper()
	p, err := draw()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range texts {
		if !strings.Contains(string(p.SVG), ">"+want+"<") {
			t.Errorf("the picture lacks the text %q", want)
		}
	}
	again, err := draw()
	if err != nil || !bytes.Equal(p.SVG, again.SVG) || !bytes.Equal(p.PNG, again.PNG) {
		t.Errorf("a second picture differs, error %v", err)
	}
	return p
}

// pixels counts those of a colour.
func pixels(t *testing.T, p Picture, c color.Color) int {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(p.PNG))
	if err != nil {
		t.Fatal(err)
	}
	r, g, b, _ := c.RGBA()
	n := 0
	for y := range picture.Bounds().Dy() {
		for x := range picture.Bounds().Dx() {
			if pr, pg, pb, _ := picture.At(x, y).RGBA(); pr == r && pg == g && pb == b {
				n++
			}
		}
	}
	return n
}

// Areas of colours are as the figures: 3 to 1, and 4 to 2 of a row.
func TestBars(t *testing.T) {
	b := Bars{
		Title: "energies", XLabel: "energy in nJ", Names: []string{"first <1>", "second"}, Labels: []string{"4 nJ", "2 nJ"},
		Parts: []BarPart{{Name: "one", Values: []float64{3, 1}}, {Name: "other", Values: []float64{1, 1}}},
	}
	p := check(t, b.Draw, []string{"energies", "energy in nJ", "first &lt;1&gt;", "second", "4 nJ", "2 nJ", "one", "other"})
	one, other := pixels(t, p, fill(0)), pixels(t, p, fill(1))
	if ratio := float64(one) / float64(other); ratio < 1.7 || ratio > 2.2 {
		t.Errorf("the parts have %d and %d pixels, want 4 to 2 and a little for the legend", one, other)
	}
}

func TestHistograms(t *testing.T) {
	high := 3.0
	far := 255.0
	h := Histograms{Title: "sums", Rows: [][]Histogram{
		{{Title: "fc, slice 0", Counts: []int64{1000, 100, 10, 10, 1000, 0, 1}, High: &high}, {Title: "fc, slice 1", First: -2, Counts: []int64{1, 10, 100}, High: &far}},
		{{Title: "empty"}},
	}}
	p := check(t, h.Draw, []string{"sums", "fc, slice 0", "fc, slice 1", "empty", "1e2"})
	if n := strings.Count(string(p.SVG), "stroke-dasharray:3,2"); n != 1 {
		t.Errorf("%d limits are drawn, want the one that is not far away", n)
	}
	if pixels(t, p, palette(1)) < 100 {
		t.Error("what is clipped has no colour of its own")
	}
}

func TestRound(t *testing.T) {
	for _, tt := range []struct {
		low, high float64
		want      string
	}{{-0.5, 27.5, "0 5 10 15 20 25"}, {0, 620, "0 200 400 600"}, {0, 4.9, "0 1 2 3 4"}, {-3, 3, "-3 -2 -1 0 1 2 3"}, {0, 0.003, "0 0.0005 0.001 0.0015 0.002 0.0025 0.003"}} {
		var got []string
		for _, tick := range round(tt.low, tt.high) {
			got = append(got, tick.Label)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("from %g to %g: %v, want %s", tt.low, tt.high, got, tt.want)
		}
	}
}
