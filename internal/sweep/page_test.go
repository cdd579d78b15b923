package sweep

import (
	"bytes"
	"strings"
	"testing"
)

// The page and the pictures of results: the plot holds what varies, in units of SI,
// reasons of failures are counted, and the front is joined.
func TestShow(t *testing.T) {
	names := []string{"accuracy", "energy_pj", "energy_assumed_share", "images"}
	r := resultsOf(t, [][]string{{"accuracy", "energy_pj"}, {"accuracy", "energy_pj", "images"}}, names,
		[][]float64{{0.7, 2000, 0.1, 9}, {0.6, 30000, 0.1, 9}, {0.9, 40000, 0.1, 9}})
	s, ok := r.scatter()
	if !ok || len(s.Columns) != 3 || s.X != "energy_pj" || s.Y != "accuracy" || !s.LogX || s.LogY { // the point, accuracy, energy
		t.Fatalf("plot of %d columns over %s and %s, log %t %t; want 3 over energy and accuracy, log of energy", len(s.Columns), s.X, s.Y, s.LogX, s.LogY)
	}
	if c := s.Columns[2]; c.Unit != "J" || c.Numbers[0] != 2000*1e-12 || c.Better >= 0 {
		t.Errorf("energy is %+v, want joules, less is better", c)
	}
	f, ok := r.frontChart(0)
	if !ok || f.XLabel != "energy in nJ" || f.YLabel != "accuracy in %" || len(f.X) != 3 || len(f.Joined) != 2 || f.X[f.Joined[0]] > 2.001 || f.Y[f.Joined[1]] != 90 {
		t.Errorf("front %+v, want from 2 nJ to 90 %%", f)
	}
	plots, err := r.Plots()
	if err != nil || len(plots) != 2 || plots[0].Name != "pareto.svg" || !bytes.Contains(plots[0].Content, []byte("Pareto front")) {
		t.Errorf("%d plots (%v), want the SVG and the PNG of the front of two figures", len(plots), err)
	}
	var b bytes.Buffer
	if err := r.Page("bitline sweep r", "bitline test").Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Front of accuracy and energy_pj: 2 points", "bitline sweep r", "bitline test", "What holds"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if strings.Contains(b.String(), "Why points failed") {
		t.Error("the page has reasons of failures, and nothing failed")
	}
}
