package sweep

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bitline/internal/config"
)

// Query says which part of results is wanted.
type Query struct {
	// Where is a condition on a row, such as energy_pj < 1000 && accuracy > 0.97, in
	// the language of github.com/expr-lang/expr; "" for every row. A number that is
	// missing compares as NaN, which is neither less, greater nor equal; a text as "".
	Where   string
	Sort    []string // columns to sort by, the first one first; a - before it reverses
	Columns []string // in this order; none for all
	Limit   int      // of rows; 0 for none
}

// Select is the part of results that a query wants: rows that are equal in all
// that they are sorted by stay in the order of points, and a missing value comes
// last, whichever the direction. It collects all faults of the query.
func (r *Results) Select(q Query) (*Results, error) {
	rows, err := r.where(q.Where)
	faults := []error{err}
	var keys []sortKey
	for _, name := range q.Sort {
		text, descending := strings.CutPrefix(name, "-")
		c, err := r.find(text)
		keys, faults = append(keys, sortKey{c, descending}), append(faults, err)
	}
	columns := r.Columns
	if len(q.Columns) > 0 {
		columns = nil
	}
	for i, name := range q.Columns {
		c, err := r.find(name)
		if slices.Contains(q.Columns[:i], name) {
			err = fmt.Errorf("column %q is asked for twice", name)
		}
		columns, faults = append(columns, c), append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	slices.SortStableFunc(rows, func(a, b int) int {
		for _, k := range keys {
			if order := k.compare(a, b); order != 0 {
				return order
			}
		}
		return 0
	})
	if q.Limit > 0 {
		rows = rows[:min(q.Limit, len(rows))]
	}
	selected := &Results{Identity: r.Identity, Missing: r.Missing, Failed: r.Failed, rows: len(rows)}
	for _, c := range columns {
		selected.Columns = append(selected.Columns, c.pick(rows))
	}
	return selected, nil
}

// find is the column of a name that a user wrote.
func (r *Results) find(name string) (*Column, error) {
	if c := r.Column(name); c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("unknown column %q%s", name, config.DidYouMean(name, r.names()))
}

// sortKey is a column to sort by.
type sortKey struct {
	column     *Column
	descending bool
}

func (k sortKey) compare(a, b int) int {
	v, w := k.column.Value(a), k.column.Value(b)
	if v.Kind == Missing || w.Kind == Missing {
		return cmp.Compare(truth(v.Kind == Missing), truth(w.Kind == Missing))
	}
	order := cmp.Compare(v.Number, w.Number)
	if k.column.Kind == Text {
		order = compareTexts(v.Text, w.Text)
	}
	if k.descending {
		return -order
	}
	return order
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// compareTexts orders quantities of one unit, such as 50ns and 100ns, by their
// numbers, and everything else by characters.
func compareTexts(a, b string) int {
	x, unit, ok := splitQuantity(a)
	y, other, okToo := splitQuantity(b)
	if ok && okToo && unit == other {
		return cmp.Or(cmp.Compare(x, y), strings.Compare(a, b))
	}
	return strings.Compare(a, b)
}

// splitQuantity splits a text that begins with a number.
func splitQuantity(text string) (x float64, unit string, ok bool) {
	unit = strings.TrimLeft(text, "+-.0123456789")
	x, err := strconv.ParseFloat(text[:len(text)-len(unit)], 64)
	return x, strings.TrimSpace(unit), err == nil
}
