package sweep

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"bitline/internal/config"
)

// maximised are the beginnings of the names of figures of which more is better.
// Of all others less is.
var maximised = []string{
	"accuracy", "adc_speedup", "cell_utilisation", "images_per_", "tops",
}

// isMaximised says whether more of a figure is better.
func isMaximised(name string) bool {
	return slices.ContainsFunc(maximised, func(start string) bool { return strings.HasPrefix(name, start) })
}

// CheckFronts finds sets of a plan that no front can be of: other than two or
// three different ones of the columns of numbers that results will have. words are
// their other columns.
func CheckFronts(sets [][]string, numbers, words []string) error {
	var faults []error
	for _, set := range sets {
		if !isFront(set) {
			faults = append(faults, fmt.Errorf("pareto holds %q, want two or three different figures", set))
		}
		for _, name := range set {
			switch {
			case slices.Contains(words, name):
				faults = append(faults, fmt.Errorf("pareto names %q, which is no number, want figures that are%s", name, config.DidYouMean(name, numbers)))
			case !slices.Contains(numbers, name):
				faults = append(faults, fmt.Errorf("pareto names %q, which is no figure of the results%s", name, config.DidYouMean(name, numbers)))
			}
		}
	}
	return errors.Join(faults...)
}

// isFront says whether a set holds two or three different figures.
func isFront(set []string) bool {
	n := len(set)
	return n >= 2 && n <= 3 && !slices.Contains(set[1:], set[0]) && (n == 2 || set[1] != set[2])
}

// Better says whether a value of a figure is better than another.
func Better(name string, a, b float64) bool {
	if isMaximised(name) {
		return a > b
	}
	return a < b
}

// FrontColumn is the name of the column of a plan's i-th front.
func FrontColumn(i int) string {
	if i == 0 {
		return "pareto"
	}
	return fmt.Sprintf("pareto_%d", i+1)
}

// addFronts appends a column for each set: whether the row is on the front of the
// set's figures. A row that lacks one of them, or has text, is on none.
func (r *Results) addFronts(sets [][]string) {
	columns := make([]*Column, len(sets))
	for i, set := range sets {
		on := r.front(set)
		columns[i] = &Column{Name: FrontColumn(i), Kind: Truth}
		for row := range r.rows {
			v := Value{Kind: Truth}
			if on[row] {
				v.Number = 1
			}
			columns[i].set(row, v)
		}
	}
	r.Columns = append(r.Columns, columns...)
}

// front says which rows are on the front of two or three figures, of other sets
// none.
func (r *Results) front(set []string) []bool {
	on := make([]bool, r.rows)
	var columns []*Column
	for _, name := range set {
		c := r.Column(name)
		if c == nil || c.Kind != Integer && c.Kind != Number {
			return on
		}
		columns = append(columns, c)
	}
	if len(set) < 2 || len(set) > 3 {
		return on
	}
	var points []candidate
	failure := r.Column(failureColumn)
	for row := range r.rows {
		c, ok := candidateOf(columns, row)
		if ok && failure.Value(row).Kind == Missing {
			points = append(points, c)
		}
	}
	slices.SortFunc(points, func(a, b candidate) int { return slices.Compare(a.costs[:], b.costs[:]) })
	best := front3
	if len(set) == 2 {
		best = front2
	}
	for _, row := range best(points) {
		on[row] = true
	}
	return on
}

// candidate is a row with its costs, 0 where there is none.
type candidate struct {
	costs [3]float64
	row   int
}

// candidateOf finds what a row costs: less is better. ok is false if it lacks one.
func candidateOf(columns []*Column, row int) (c candidate, ok bool) {
	c.row = row
	for i, column := range columns {
		v := column.Value(row)
		if v.Kind == Missing || math.IsNaN(v.Number) {
			return c, false
		}
		c.costs[i] = v.Number
		if isMaximised(column.Name) {
			c.costs[i] = -v.Number
		}
	}
	return c, true
}

// dominates says whether a is nowhere worse than b and somewhere better.
func (a candidate) dominates(b candidate) bool {
	for i := range a.costs {
		if a.costs[i] > b.costs[i] {
			return false
		}
	}
	return a.costs != b.costs
}

// front2 finds the rows on the front of sorted candidates with two costs: of those
// with the same first cost the least second one, if no lesser first cost has as
// little. O(n).
func front2(sorted []candidate) []int {
	var rows []int
	var least candidate
	for i, c := range sorted {
		if i == 0 || c.costs[1] < least.costs[1] {
			least = c
		}
		if c.costs == least.costs {
			rows = append(rows, c.row)
		}
	}
	return rows
}

// front3 finds the rows on the front of sorted candidates: nobody is dominated by
// one that comes later. O(n · front).
func front3(sorted []candidate) []int {
	var rows []int
	var front []candidate // of each point one
	for _, c := range sorted {
		switch last := len(front) - 1; {
		case last >= 0 && front[last].costs == c.costs:
		case slices.ContainsFunc(front, func(f candidate) bool { return f.dominates(c) }):
			continue
		default:
			front = append(front, c)
		}
		rows = append(rows, c.row)
	}
	return rows
}
