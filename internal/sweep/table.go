package sweep

import (
	"fmt"
	"slices"

	"bitline/internal/report"
)

// Headline lists the columns that say most in little room: the point, the
// settings, the failure if there is one, the figures of the fronts or else all
// figures, and the fronts.
func (r *Results) Headline() []string {
	var asked []string
	for _, set := range r.Identity.Pareto {
		asked = append(asked, set...)
	}
	var names []string
	for _, c := range r.Columns {
		keep := len(asked) == 0 || c.setting || slices.Contains(asked, c.Name) || isFrontColumn(c.Name)
		switch c.Name {
		case pointColumn:
			keep = true
		case failureColumn:
			keep = slices.ContainsFunc(c.kinds, func(k ValueKind) bool { return k != Missing })
		case versionColumn:
			keep = false
		}
		if keep {
			names = append(names, c.Name)
		}
	}
	return names
}

// Title says how far the sweep has come, and how much of it the rows are.
func (r *Results) Title() string {
	done := r.Identity.Points - len(r.Missing)
	text := fmt.Sprintf("Sweep %s: %d of %s", r.Identity.Name, done, report.Counted(r.Identity.Points, "point"))
	if len(r.Missing) > 0 {
		text += fmt.Sprintf(", %d missing", len(r.Missing))
	}
	if r.Failed > 0 {
		text += fmt.Sprintf(", %d failed", r.Failed)
	}
	if r.rows < done {
		text += fmt.Sprintf("; %d of them here", r.rows)
	}
	return text
}

// Table is the results for a reader, numbers in six digits and to the right.
func (r *Results) Table() report.Table {
	t := report.Table{Title: r.Title()}
	for _, c := range r.Columns {
		name := c.Name
		if c.Kind == Integer || c.Kind == Number {
			name += ">"
		}
		t.Columns = append(t.Columns, name)
	}
	for row := range r.rows {
		cells := make([]string, len(r.Columns))
		for i, c := range r.Columns {
			cells[i] = c.Value(row).brief()
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}
