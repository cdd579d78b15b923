package reproduce

import (
	"bitline/internal/page"
	"bitline/internal/plot"
)

// Page is the findings of a study and its parts as a page, a section for each.
func Page(title string, all []*Findings, footer string) *page.Page {
	p := &page.Page{Title: title, Footer: footer}
	for _, f := range all {
		s := page.Section{Title: f.Study}
		for _, chart := range f.lines() {
			s.Blocks = append(s.Blocks, chart)
		}
		for _, t := range f.Tables {
			s.Blocks = append(s.Blocks, page.Table(t))
		}
		if len(all) == 1 {
			s.Title = "" // the page has it
		}
		p.Sections = append(p.Sections, s)
	}
	return p
}

// lines are the study's charts.
func (f *Findings) lines() []page.Lines {
	var charts []page.Lines
	if c := &f.Chart; c.Series != nil {
		chart := page.Lines{Title: c.Title, XLabel: c.XLabel, YLabel: c.YLabel, Categories: c.Categories}
		for _, s := range c.Series {
			chart.Series = append(chart.Series, page.Series{Name: s.Name, X: positions(s), Y: s.Y, Colour: s.Colour, Dashed: s.Dashed})
		}
		charts = append(charts, chart)
	}
	for i := range f.Scatters {
		c := &f.Scatters[i]
		chart := page.Lines{Title: c.Title, XLabel: c.XLabel, YLabel: c.YLabel, LogX: true}
		for _, s := range c.Series {
			chart.Series = append(chart.Series, page.Series{Name: s.Name, X: s.X, Y: s.Y, Colour: s.Colour})
		}
		charts = append(charts, chart)
	}
	return charts
}

// positions are the numbers of a line's categories.
func positions(s plot.Series) []float64 {
	x := make([]float64, len(s.Y))
	for i := range x {
		x[i] = float64(i)
	}
	return x
}
