package plot

import (
	"bytes"
	"strings"
	"testing"

	"bitline/internal/report"
)

func TestTicks(t *testing.T) {
	var got []string
	for _, tick := range ticks(0.6, 25) {
		got = append(got, tick.Label)
	}
	if want := "0.7 1 2 3 5 7 10 20"; strings.Join(got, " ") != want {
		t.Errorf("ticks are %v, want %s", got, want)
	}
}

func TestLinesOverNumbers(t *testing.T) {
	s := Lines{LogX: true, Title: "curves", XLabel: "share", YLabel: "accuracy", Series: []report.Line{
		{Name: "first", X: []float64{1.7, 8}, Y: []float64{90, 95}},
		{Name: "second", X: []float64{2, 9}, Y: []float64{91, 94}, Colour: 1},
		{X: []float64{3, 9}, Y: []float64{91, 94}, Colour: 1},
	}}
	svg, err := s.SVG()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">curves<", ">share<", ">first<", ">second<", ">7<"} {
		if n := strings.Count(string(svg), want); n != 1 {
			t.Errorf("%d times %s in the picture, want once", n, want)
		}
	}
	if again, err := s.SVG(); err != nil || !bytes.Equal(svg, again) {
		t.Errorf("a second picture differs, error %v", err)
	}
	s.Series[0].X[1] = s.Series[0].X[0] // no line to speak of, but points
	if _, err := s.SVG(); err != nil {
		t.Errorf("error is %v, want none", err)
	}
}
