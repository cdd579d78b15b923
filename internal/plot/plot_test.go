package plot_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"bitline/internal/plot"
	"bitline/internal/report"
)

func TestSVG(t *testing.T) {
	chart := plot.Lines{
		Title: "Title", XLabel: "bits", YLabel: "accuracy in %", Categories: []string{"9", "5", "3"},
		Series: []report.Line{
			{Name: "l1 <30>", X: []float64{0, 1, 2}, Y: []float64{97, 96, 80}},
			{Name: "dashed", X: []float64{0, 1, 2}, Y: []float64{97, 97, 90}, Dashed: true, Colour: 1},
		},
	}
	svg, err := chart.SVG()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not XML: %v", err)
		}
		if c, ok := token.(xml.CharData); ok {
			text.Write(c)
		}
	}
	for _, want := range []string{"Title", "bits", "accuracy in %", "l1 <30>", "dashed", "9", "5", "3"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("picture lacks %q; its text is %q", want, text.String())
		}
	}
	if !bytes.Contains(svg, []byte("stroke-dasharray:5,3")) {
		t.Error("picture lacks a dashed line")
	}
	if again, err := chart.SVG(); err != nil || !bytes.Equal(svg, again) {
		t.Errorf("the same chart gave other bytes (error %v)", err)
	}
}
