package timing

import (
	"fmt"
	"io"
	"strings"

	"bitline/internal/report"
	"bitline/internal/units"
)

// WriteText is the report in short: the system, its course over the window, the
// tile that draws most, what gating would save, and the layers that work once an
// image.
func (r *PowerReport) WriteText(to io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Power in a settled window of %v, in %d bins of %v\n", r.Bin*units.Time(r.Bins), r.Bins, r.Bin)
	fmt.Fprintf(&b, "  system  %s\n", r.System.text())
	fmt.Fprintf(&b, "          %s\n", r.course())
	if len(r.Tiles) > 0 {
		most := &r.Tiles[0]
		for i := range r.Tiles {
			if r.Tiles[i].Peak > most.Peak {
				most = &r.Tiles[i]
			}
		}
		fmt.Fprintf(&b, "  %s  %s\n", most.Path, most.text())
	}
	fmt.Fprintf(&b, "  gating idle tiles saves %v, tiles without weights %v more: %s\n", r.Saved, r.Unused, GatingAssumption)
	for _, l := range r.Layers {
		if l.Products == 1 {
			fmt.Fprintf(&b, "  %s works once an image: reads %.1f %% of the time, %v dynamic; gating its %s saves %v of %v\n",
				l.Layer, 100*l.Reading, l.Dynamic, report.Counted(l.IMAs, "IMA"), l.Saved, l.Static)
		}
	}
	_, err := io.WriteString(to, b.String())
	return err
}

// text is the draw in a line.
func (d *Draw) text() string {
	s := fmt.Sprintf("%v average, %v peak at %v, %v of both static", d.Average, d.Peak, d.PeakAt, d.Static)
	if d.WattsPerSquareMillimetre > 0 {
		s += fmt.Sprintf("; %.3g and %.3g W/mm²", d.WattsPerSquareMillimetre, d.PeakWattsPerSquareMillimetre)
	}
	return s
}

// course draws the series, a character for each of at most 64 steps, from nothing
// to the highest of them.
func (r *PowerReport) course() string {
	each := (len(r.Series) + 63) / 64
	var means []units.Power
	var most units.Power
	for from := 0; from < len(r.Series); from += each {
		steps := r.Series[from:min(from+each, len(r.Series))]
		var sum units.Power
		for _, p := range steps {
			sum += p / units.Power(len(steps))
		}
		means = append(means, sum)
		most = max(most, sum)
	}
	const heights = "▁▂▃▄▅▆▇█"
	var b strings.Builder
	for _, p := range means {
		h := 0
		if most > 0 {
			h = int(units.MulDiv(int64(p), 7, int64(most)))
		}
		b.WriteRune([]rune(heights)[h])
	}
	return b.String()
}
