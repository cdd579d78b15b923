package page_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"bitline/internal/page"
	"bitline/internal/report"
)

// sweep is a made-up sweep of n points: settings, figures that hang together, and
// some that are missing.
func sweep(n int) page.Scatter {
	random := rand.New(rand.NewPCG(1, 2))
	words := func(name string, of ...string) page.Column {
		c := page.Column{Name: name, Setting: true}
		for range n {
			c.Words = append(c.Words, of[random.IntN(len(of))])
		}
		return c
	}
	law := words("adc.law", "power-law", "sar-isaac", "linear", "survey")
	replicate := words("mapping.replicate", "none", "balanced", "isaac")
	bits := page.Column{Name: "adc.bits", Unit: "b", Setting: true}
	per := page.Column{Name: "adc.per_ima", Setting: true}
	accuracy := page.Column{Name: "accuracy", Unit: "%", Better: page.Larger}
	energy := page.Column{Name: "energy", Unit: "J", Better: page.Smaller}
	latency := page.Column{Name: "latency", Unit: "s", Better: page.Smaller}
	area := page.Column{Name: "area", Unit: "mm²", Better: page.Smaller}
	power := page.Column{Name: "power", Unit: "W", Better: page.Smaller}
	more := make([]page.Column, 6)
	for k := range more {
		more[k] = page.Column{Name: fmt.Sprintf("figure %d", k), Unit: "pJ"}
	}
	for i := range n {
		b := float64(1 + random.IntN(8))
		p := float64(int(1) << random.IntN(4))
		a := 0.98 - 0.6*math.Exp(-b/1.7) - 0.02*random.Float64()
		e := 2e-9 * math.Exp2(b/2.2) * (1 + 0.6*random.Float64())
		l := 8e-7 * (1 + 4/p) * (1 + 0.3*random.Float64())
		if i%100 == 99 {
			a = math.NaN() // shapes alone
		}
		bits.Numbers, per.Numbers = append(bits.Numbers, b), append(per.Numbers, p)
		accuracy.Numbers, energy.Numbers = append(accuracy.Numbers, a), append(energy.Numbers, e)
		latency.Numbers, area.Numbers = append(latency.Numbers, l), append(area.Numbers, 0.2+0.02*p*b)
		power.Numbers = append(power.Numbers, e/l)
		for k := range more {
			more[k].Numbers = append(more[k].Numbers, random.ExpFloat64()*1e5)
		}
	}
	columns := append([]page.Column{bits, per, law, replicate, accuracy, energy, latency, area, power}, more...)
	return page.Scatter{Title: "All points", Columns: columns, X: "energy", Y: "accuracy", Colour: "adc.bits", LogX: true}
}

// demo is a page with every kind of block.
func demo(points int) *page.Page {
	t := report.Table{Title: "Energies", Columns: []string{"component", "energy>", "share>", "p>"}}
	t.Add("ADC", "1.2 nJ", "60.00 %", "0.5")
	t.Add("DAC", "700 pJ", "35.00 %", "")
	t.Add("crossbar", "0.1 nJ", "5.00 %", "< 0.0001")
	t.Add("total", "2 nJ", "100.00 %", "")
	long := report.Table{Title: "Many rows", Columns: []string{"row>", "word"}}
	for i := range 60 {
		long.Add(i, "w")
	}
	nanojoules := func(x float64) string { return fmt.Sprintf("%.3g nJ", x) }
	high, low := 7.0, -3.0
	return &page.Page{
		Title: "demo", Subtitle: "every kind of block", Footer: "bitline test",
		Sections: []page.Section{
			{Title: "Figures", Blocks: []page.Block{
				page.Figures{{Name: "Energy", Value: "1.2 nJ", Note: "60 % of it ADCs"}, {Name: "Bottleneck", Value: "adc"}},
				page.Facts{Title: "Facts", List: []page.Fact{{Name: "name", Text: "text"}}},
				page.Text("A paragraph."), page.List{"first", "second"},
				page.Code{Title: "Command", Text: "bitline run quickstart"}, page.Code{Title: "Chip", Text: "bits = 8\n", Closed: true},
			}},
			{Title: "Sweep", Blocks: []page.Block{sweep(points)}},
			{Title: "Tables", Blocks: []page.Block{page.Table(t), page.Table(long)}},
			{Title: "Charts", Blocks: []page.Block{
				page.Bars{Title: "Bars", Names: "layer", Parts: []string{"ADC", "rest"}, Shares: true, Format: nanojoules, Rows: []page.Bar{
					{Name: "conv1", Parts: []page.Part{{Part: 0, Value: 3}, {Part: 1, Value: 1}}},
					{Name: "fc", Parts: []page.Part{{Part: 1, Value: 1}}},
				}},
				page.Histograms{Title: "Sums", Key: page.HistogramKey{Within: "converted", Beyond: "clipped", Limit: "limit"}, Groups: []page.HistogramGroup{
					{Title: "fc", Items: []page.Histogram{
						{Title: "slice 0", First: 0, Counts: []int64{1000, 300, 100, 30, 10, 3, 1, 1, 2}, High: &high},
						{Title: "slice 1", First: -6, Counts: []int64{5, 20, 80, 1000, 4000, 9000, 4000, 1000, 80, 20, 5, 1}, Low: &low, High: &high},
					}},
				}},
				page.Lines{Title: "Lines", XLabel: "bits", YLabel: "accuracy in %", Categories: []string{"8", "4", "2"}, Series: []report.Line{
					{Name: "plain", X: []float64{0, 1, 2}, Y: []float64{97, 96, 80}},
					{X: []float64{0, 1, 2}, Y: []float64{97, 97, 92}, Dashed: true},
					{Name: "other", X: []float64{0, 1, 2}, Y: []float64{95, 95, 94}, Colour: 1},
				}},
			}},
		},
	}
}
