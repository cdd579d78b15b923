package pipeline

import (
	"fmt"

	"bitline/internal/page"
	"bitline/internal/report"
	"bitline/scheduler/timing"
)

// busyLayers compares the crossbars of each layer with their converters.
func (r *Result) busyLayers() page.Bars {
	b := page.Bars{
		Title: "Crossbars and converters by layer", Names: "layer", Parts: []string{"crossbars", "converters"}, Beside: true, Full: 1,
		Note:   "Busy for these shares of the settled pipeline's time, on average. Converters that are busier than crossbars hold them up.",
		Format: func(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) },
	}
	for i := range r.Mapping.Layers {
		bar := page.Bar{Name: r.Mapping.Layers[i].Name}
		for part, class := range []string{timing.ClassCrossbar, timing.ClassADC} {
			for _, u := range r.Resources {
				if u.Layer == bar.Name && u.Class == class {
					bar.Parts = append(bar.Parts, page.Part{Part: part, Value: u.Busy})
				}
			}
		}
		b.Rows = append(b.Rows, bar)
	}
	return b
}

// sumBlocks show what the bitlines summed up to and what converters made of it; nil
// where no values were computed.
func (r *Result) sumBlocks() []page.Block {
	if r.Valued == nil {
		return nil
	}
	var blocks []page.Block
	if h := r.histograms(); len(h.Groups) > 0 {
		blocks = append(blocks, h)
	}
	for _, t := range r.valueTables(true) {
		blocks = append(blocks, page.Table(t))
	}
	return blocks
}

// histograms are those of layers and slices whose sums were recorded.
func (r *Result) histograms() page.Histograms {
	h := page.Histograms{
		Title: "Bitline sums by layer and slice",
		Note:  "Conversions, on a logarithmic scale, by the sum in cell levels that the converter was given. An arrow points to a limit that lies beyond the chart.",
		Key:   page.HistogramKey{Within: "converted", Limit: "the converter's limit"},
	}
	for i := range r.Layers {
		l := &r.Layers[i]
		group := page.HistogramGroup{Title: l.Name}
		for k := range l.Slices {
			if s := &l.Slices[k]; len(s.Histogram) > 0 {
				group.Items = append(group.Items, s.histogram(r.pictured.limits[i][k]))
				if s.Clipped > 0 {
					h.Key.Beyond = "clipped"
				}
			}
		}
		if len(group.Items) > 0 {
			h.Groups = append(h.Groups, group)
		}
	}
	return h
}

func (s *SliceResult) histogram(l limits) page.Histogram {
	seen, _ := s.Seen()
	return page.Histogram{
		Title: fmt.Sprintf("slice %d", s.Slice), First: s.HistogramFrom, Counts: s.Histogram, Low: l.low, High: l.high,
		Notes: []string{fmt.Sprintf("%d b", s.Bits), "largest " + seen, report.Percent(s.ClippedShare) + " clipped"},
	}
}
