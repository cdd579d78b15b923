package sweep

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"bitline/adc"
	"bitline/internal/report"

	"gonum.org/v1/gonum/stat"
)

// What is assumed of constants that no source states: that each is between half and
// twice its value. Energy that rests on them moves accordingly.
const (
	leastAssumed = 0.5
	mostAssumed  = 2
)

// Robustness says which conclusions of a sweep hold under other laws of the
// converters' cost, and whatever the assumed constants are. Without points under
// every law it has the second part alone.
func (r *Results) Robustness() []report.Table {
	var tables []report.Table
	if r.Column(LawColumn("energy_pj", adc.PowerLaw)) != nil {
		tables = append(tables, r.frontsByLaw(), r.rankingsByLaw())
	}
	return append(tables, r.frontsByConstants())
}

// under is a set of figures as they are under a law.
func (r *Results) under(set []string, law adc.Law) []string {
	names := slices.Clone(set)
	for i, name := range names {
		if column := LawColumn(name, law); r.Column(column) != nil {
			names[i] = column
		}
	}
	return names
}

// undefined counts the points without failure that a law is not defined for.
func (r *Results) undefined(law adc.Law) int {
	n := 0
	energy, failure := r.Column(LawColumn("energy_pj", law)), r.Column(failureColumn)
	for row := range r.rows {
		if failure.Value(row).Kind == Missing && energy.Value(row).Kind == Missing {
			n++
		}
	}
	return n
}

// frontsByLaw compares the front of each set under each law with that of the points
// as they are configured.
func (r *Results) frontsByLaw() report.Table {
	t := report.Table{
		Title:   "Fronts under each law of the converters' cost, against the points as they are configured",
		Columns: []string{"front", "law", "points on it>", "of them on the configured one>", "of the configured one lost>", "points that the law is not defined for>"},
	}
	for _, set := range r.Identity.Pareto {
		own := r.front(set)
		for _, name := range adc.Laws() {
			law := adc.Law(name)
			other := r.front(r.under(set, law))
			on, both, lost := 0, 0, 0
			for row := range other {
				switch {
				case other[row] && own[row]:
					both++
					on++
				case other[row]:
					on++
				case own[row]:
					lost++
				}
			}
			t.Add(strings.Join(set, ", "), name, on, both, lost, r.undefined(law))
		}
	}
	return t
}

// rankingsByLaw says of every figure that the fronts ask for how alike its ranking of
// the points is under each law, and whether the best point stays the best.
func (r *Results) rankingsByLaw() report.Table {
	t := report.Table{
		Title:   "Rankings of all points under each law: Kendall's tau against the points as they are configured (1: the same order, 0: none, -1: reversed), and which point is best",
		Columns: []string{"figure", "law", "tau>", "best point>", "as configured>", "holds"},
	}
	var seen []string
	for _, set := range r.Identity.Pareto {
		for _, figure := range set {
			if slices.Contains(seen, figure) || r.Column(LawColumn(figure, adc.PowerLaw)) == nil {
				continue
			}
			seen = append(seen, figure)
			for _, name := range adc.Laws() {
				a, b, rows := r.pairs(figure, LawColumn(figure, adc.Law(name)))
				if len(rows) < 2 {
					t.Add(figure, name, "–", "–", "–", "–")
					continue
				}
				mine, theirs := bestOf(figure, a), bestOf(figure, b)
				point := r.Column(pointColumn)
				holds := "flips"
				if a[theirs] == a[mine] { // as good as the best, as configured
					holds = "holds"
				}
				t.Add(figure, name, fmt.Sprintf("%.2f", kendall(a, b)), int(point.Value(rows[theirs]).Number), int(point.Value(rows[mine]).Number), holds)
			}
		}
	}
	return t
}

// pairs are the rows that have both figures.
func (r *Results) pairs(first, second string) (a, b []float64, rows []int) {
	x, y, failure := r.Column(first), r.Column(second), r.Column(failureColumn)
	for row := range r.rows {
		u, v := x.Value(row), y.Value(row)
		if u.Kind == Missing || v.Kind == Missing || failure.Value(row).Kind != Missing {
			continue
		}
		a, b, rows = append(a, u.Number), append(b, v.Number), append(rows, row)
	}
	return a, b, rows
}

// rankedPoints bounds the pairs that a tau looks at.
const rankedPoints = 2000

// kendall is Kendall's tau of at most rankedPoints of the pairs, evenly spread.
func kendall(a, b []float64) float64 {
	if len(a) <= rankedPoints {
		return stat.Kendall(a, b, nil)
	}
	var x, y []float64
	for i := range rankedPoints {
		at := i * len(a) / rankedPoints
		x, y = append(x, a[at]), append(y, b[at])
	}
	return stat.Kendall(x, y, nil)
}

func bestOf(figure string, values []float64) int {
	best := 0
	for i, v := range values {
		if Better(figure, v, values[best]) {
			best = i
		}
	}
	return best
}

// comparedPoints bounds the points of which each is compared with each.
const comparedPoints = 20_000

// frontsByConstants says of every front that asks for an energy which of its points
// are on it whatever the assumed constants are, and which points could be.
func (r *Results) frontsByConstants() report.Table {
	t := report.Table{
		Title: fmt.Sprintf("Fronts if every assumed constant were between %g and %g times its value, each point's on its own: points that are on the front in any case, and that could be",
			leastAssumed, float64(mostAssumed)),
		Columns: []string{"front", "share of energy that rests on them>", "on the front>", "in any case>", "in some case>"},
	}
	low, high := r.assumedShares()
	for _, set := range r.Identity.Pareto {
		if !slices.ContainsFunc(set, restsOnEnergy) {
			continue
		}
		shares := report.Percent(low) + " to " + report.Percent(high)
		if r.rows > comparedPoints {
			t.Add(strings.Join(set, ", "), shares, "–", "–", fmt.Sprintf("not for more than %d points", comparedPoints))
			continue
		}
		on, always, could := r.frontWithin(set)
		t.Add(strings.Join(set, ", "), shares, on, always, could)
	}
	return t
}

// restsOnEnergy says whether a figure is in proportion to energy.
func restsOnEnergy(figure string) bool {
	return strings.HasPrefix(figure, "energy_pj") || strings.HasPrefix(figure, "chip_energy_pj") || strings.HasPrefix(figure, "energy_single_pj") || strings.HasPrefix(figure, "edp_") || strings.HasPrefix(figure, "tops_per_w")
}

func (r *Results) assumedShares() (low, high float64) {
	low = math.Inf(1)
	if c := r.Column("energy_assumed_share"); c != nil {
		for row := range r.rows {
			if v := c.Value(row); v.Kind == Number {
				low, high = min(low, v.Number), max(high, v.Number)
			}
		}
	}
	return min(low, high), high
}

// frontWithin counts the points of a front, those that nothing could dominate and
// those that something need not dominate, with energies anywhere in their ranges.
func (r *Results) frontWithin(set []string) (on, always, could int) {
	assumed, failure := r.Column("energy_assumed_share"), r.Column(failureColumn)
	var columns []*Column
	for _, name := range set {
		c := r.Column(name)
		if c == nil || c.Kind != Integer && c.Kind != Number {
			return 0, 0, 0
		}
		columns = append(columns, c)
	}
	var best, worst []candidate // costs at the one end and the other
	for row := range r.rows {
		c, ok := candidateOf(columns, row)
		if !ok || failure.Value(row).Kind != Missing {
			continue
		}
		share := 0.0
		if assumed != nil {
			share = assumed.Value(row).Number
		}
		least, most := 1-share+share*leastAssumed, 1-share+share*mostAssumed
		b, w := c, c
		for i, name := range set {
			switch {
			case !restsOnEnergy(name):
			case isMaximised(name): // per energy, and negative
				b.costs[i], w.costs[i] = c.costs[i]/least, c.costs[i]/most
			default:
				b.costs[i], w.costs[i] = c.costs[i]*least, c.costs[i]*most
			}
		}
		best, worst = append(best, b), append(worst, w)
	}
	for i := range best {
		safe, possible := true, true
		for k := range best {
			if k == i {
				continue
			}
			safe = safe && !best[k].dominates(worst[i])
			possible = possible && !worst[k].dominates(best[i])
		}
		if safe {
			always++
		}
		if possible {
			could++
		}
	}
	for _, is := range r.front(set) {
		if is {
			on++
		}
	}
	return on, always, could
}
