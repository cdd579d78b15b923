package reproduce

import "bitline/internal/page"

// Page is the findings of a study and its parts as a page, a section for each.
func Page(title string, all []*Findings, footer string) *page.Page {
	p := &page.Page{Title: title, Footer: footer}
	for _, f := range all {
		s := page.Section{Title: f.Study}
		for _, chart := range f.Charts {
			s.Blocks = append(s.Blocks, page.Lines(chart))
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
