package sweep

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"bitline/internal/page"
	"bitline/internal/report"
)

// Page is the results as a page: every point in a plot whose axes the reader chooses,
// the fronts, what of them holds, and why points failed. again is how to repeat it.
func (r *Results) Page(again, footer string) *page.Page {
	p := &page.Page{Title: r.Identity.Name, Subtitle: "a sweep of " + report.Counted(r.Identity.Points, "point"), Footer: footer}
	figures := page.Figures{{Name: "points", Value: fmt.Sprint(r.rows)}, {Name: "failed", Value: fmt.Sprint(r.Failed), Note: "their reasons are below"}}
	if r.Failed == 0 {
		figures[1].Note = ""
	}
	if n := len(r.Missing); n > 0 {
		figures = append(figures, page.Figure{Name: "not yet computed", Value: fmt.Sprint(n)})
	}
	first := page.Section{Blocks: []page.Block{figures}}
	if s, ok := r.scatter(); ok {
		first.Blocks = append(first.Blocks, s)
	}
	p.Sections = append(p.Sections, first, page.Section{Title: "Fronts", Blocks: tables(r.Fronts())})
	if len(r.Identity.Pareto) > 0 {
		p.Sections = append(p.Sections, page.Section{Title: "What holds", Blocks: tables(r.Robustness())})
	}
	p.Sections = append(p.Sections, page.Section{Title: "Failed points", Blocks: r.failures()})
	p.Sections = append(p.Sections, page.Section{Title: "Repeat it", Blocks: []page.Block{
		page.Code{Text: again},
		page.Facts{List: []page.Fact{{Name: "plan digest", Text: r.Identity.Plan}, {Name: "version", Text: r.Identity.Version}, {Name: "kernel class", Text: r.Identity.Kernels}}},
	}})
	return p
}

func tables(all []report.Table) []page.Block {
	var blocks []page.Block
	for _, t := range all {
		if len(t.Rows) > 0 {
			blocks = append(blocks, page.Table(t))
		}
	}
	return blocks
}

// Fronts are the points of each front, by its first figure.
func (r *Results) Fronts() []report.Table {
	var all []report.Table
	for i, set := range r.Identity.Pareto {
		columns := []string{pointColumn}
		for _, c := range r.Columns {
			if c.setting {
				columns = append(columns, c.Name)
			}
		}
		for _, name := range set {
			if !slices.Contains(columns, name) {
				columns = append(columns, name)
			}
		}
		if slices.ContainsFunc(columns, func(name string) bool { return r.Column(name) == nil }) {
			continue // no point has the figure
		}
		front, err := r.Select(Query{Where: FrontColumn(i), Sort: []string{set[0]}, Columns: columns})
		if err != nil {
			panic("sweep: " + err.Error()) // the names are the results' own
		}
		t := front.Table()
		t.Title = fmt.Sprintf("Front of %s: %s", strings.Join(set, " and "), report.Counted(front.Len(), "point"))
		all = append(all, t)
	}
	return all
}

// failures lists each reason once, with how many points it is of and the first.
func (r *Results) failures() []page.Block {
	type reason struct {
		text         string
		first, count int
	}
	var reasons []*reason
	known := map[string]*reason{}
	failure, point := r.Column(failureColumn), r.Column(pointColumn)
	for row := range r.rows {
		v := failure.Value(row)
		if v.Kind == Missing {
			continue
		}
		if known[v.Text] == nil {
			known[v.Text] = &reason{text: v.Text, first: int(point.Value(row).Number)}
			reasons = append(reasons, known[v.Text])
		}
		known[v.Text].count++
	}
	if len(reasons) == 0 {
		return nil
	}
	t := report.Table{Title: "Why points failed", Columns: []string{"points>", "first>", "reason"}}
	for _, x := range reasons {
		t.Add(x.count, x.first, x.text)
	}
	return []page.Block{page.Table(t)}
}

// scatter is the points that have figures; ok is false where there are none.
func (r *Results) scatter() (s page.Scatter, ok bool) {
	var rows []int
	failure := r.Column(failureColumn)
	for row := range r.rows {
		if failure.Value(row).Kind == Missing {
			rows = append(rows, row)
		}
	}
	numbers := false
	for _, c := range r.Columns {
		if c.Name == versionColumn || c.Name == failureColumn || isFrontColumn(c.Name) || !c.varies(rows) && c.Name != pointColumn {
			continue
		}
		column := c.onPage(rows)
		numbers = numbers || column.Words == nil
		s.Columns = append(s.Columns, column)
	}
	if len(rows) == 0 || !numbers {
		return s, false
	}
	s.Title = "All points"
	if len(r.Identity.Pareto) > 0 {
		set := r.Identity.Pareto[0]
		shown := func(name string) bool {
			return slices.ContainsFunc(s.Columns, func(c page.Column) bool { return c.Name == name && c.Words == nil })
		}
		if shown(set[0]) && shown(set[1]) {
			s.X, s.Y = set[1], set[0]
			s.LogX, s.LogY = r.Column(s.X).spans(), r.Column(s.Y).spans()
		}
	}
	return s, true
}

// varies says whether the column has different values in some of the rows.
func (c *Column) varies(rows []int) bool {
	for _, row := range rows {
		if !equal(c.Value(row), c.Value(rows[0])) {
			return true
		}
	}
	return false
}

// onPage is the column of some rows, in units of SI.
func (c *Column) onPage(rows []int) page.Column {
	unit, scale := unitOf(c.Name)
	column := page.Column{Name: c.Name, Unit: unit, Setting: c.setting}
	if !c.setting && c.Name != pointColumn && c.Kind != Text {
		if column.Better = page.Smaller; isMaximised(c.Name) {
			column.Better = page.Larger
		}
	}
	for _, row := range rows {
		v := c.Value(row)
		switch {
		case c.Kind == Text || c.Kind == Truth:
			column.Words = append(column.Words, v.brief())
		case v.Kind == Missing:
			column.Numbers = append(column.Numbers, math.NaN())
		default:
			column.Numbers = append(column.Numbers, v.Number*scale)
		}
	}
	return column
}

// unitOf reads the unit of a figure from its name, and what makes it one of SI.
func unitOf(name string) (unit string, scale float64) {
	name, _, _ = strings.Cut(name, "_by_")
	switch {
	case strings.HasPrefix(name, "accuracy") || strings.HasSuffix(name, "_share") || strings.HasSuffix(name, "_utilisation"):
		return "%", 1
	case name == "tops":
		return "OPS", 1e12
	case strings.HasPrefix(name, "tops_per_w"):
		return "OPS/W", 1e12
	case strings.HasSuffix(name, "_pj_ns"):
		return "J s", 1e-21
	}
	for _, u := range []struct {
		ending, unit string
		scale        float64
	}{{"_ns", "s", 1e-9}, {"_pj", "J", 1e-12}, {"_mw", "W", 1e-3}, {"w_per_mm2", "W/mm²", 1}, {"_mm2", "mm²", 1}, {"_per_s", "1/s", 1}} {
		if strings.HasSuffix(name, u.ending) {
			return u.unit, u.scale
		}
	}
	return "", 1
}
