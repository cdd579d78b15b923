package sweep

import (
	"strings"
	"testing"

	"bitline/adc"
)

// resultsOf makes results of records of numbers alone.
func resultsOf(t *testing.T, pareto [][]string, names []string, rows [][]float64) *Results {
	t.Helper()
	c := newCollector(Identity{Name: "r", Points: len(rows), Pareto: pareto})
	for i, row := range rows {
		r := Record{Point: i}
		for k, x := range row {
			r.Figures = append(r.Figures, Value{Name: names[k], Kind: Number, Number: x})
		}
		if err := c.add(&r); err != nil {
			t.Fatal(err)
		}
	}
	return c.results()
}

// Energies of 10, 12 and 40 of which half, none and all are assumed lie from 7.5 to
// 15, at 12, and from 20 to 80. With a growing accuracy all are on the front. Where
// the second is less accurate than the first, it is on the front if the first needs
// more than 12; where the third is the least accurate it never is.
func TestFrontsByConstants(t *testing.T) {
	names := []string{"accuracy", "energy_pj", "energy_assumed_share"}
	tests := []struct {
		name     string
		accuracy [3]float64
		want     string // on, in any case, in some case
	}{
		{"all", [3]float64{0.7, 0.8, 0.9}, "3 2 3"}, // the first may need 15, more than the second
		{"the second is worse", [3]float64{0.8, 0.7, 0.9}, "2 2 3"},
		{"the third is worst", [3]float64{0.8, 0.7, 0.6}, "1 1 2"},
	}
	for _, tt := range tests {
		r := resultsOf(t, [][]string{{"accuracy", "energy_pj"}}, names, [][]float64{{tt.accuracy[0], 10, 0.5}, {tt.accuracy[1], 12, 0}, {tt.accuracy[2], 40, 1}})
		tables := r.Robustness()
		if len(tables) != 1 {
			t.Fatalf("%d tables without laws, want 1", len(tables))
		}
		row := tables[0].Rows[0]
		if got := strings.Join(row[2:], " "); got != tt.want || row[1] != "0.00 % to 100.00 %" {
			t.Errorf("%s: %s on, in any case and in some case, shares %s; want %s and 0 to 100 %%", tt.name, got, row[1], tt.want)
		}
	}
}

// Under the linear law the energies of two points change places: the front has
// another point and the best one flips. The survey is defined for one point alone.
func TestFrontsByLaw(t *testing.T) {
	names := []string{"area_mm2", "energy_pj"}
	rows := [][]float64{{1, 10}, {2, 20}, {3, 5}} // front: 0 and 2
	other := map[adc.Law][]float64{adc.PowerLaw: {10, 20, 5}, adc.SARISAAC: {10, 20, 5}, adc.Linear: {10, 4, 5}}
	for _, law := range adc.Laws() {
		if energies, ok := other[adc.Law(law)]; ok {
			names = append(names, LawColumn("energy_pj", adc.Law(law)))
			for i := range rows {
				rows[i] = append(rows[i], energies[i])
			}
		}
	}
	names = append(names, LawColumn("energy_pj", adc.Survey))
	rows[1] = append(rows[1], 7)
	r := resultsOf(t, [][]string{{"area_mm2", "energy_pj"}}, names, rows)
	tables := r.Robustness()
	want := map[string]string{"power-law": "2 2 0 0", "sar-isaac": "2 2 0 0", "linear": "2 1 1 0", "survey": "1 0 2 2"}
	if n := len(adc.Laws()); len(tables) < 2 || len(tables[0].Rows) != n || len(tables[1].Rows) != n {
		t.Fatalf("tables are %+v, want the fronts and the rankings of the energy under %d laws", tables, n)
	}
	for _, row := range tables[0].Rows {
		if got := strings.Join(row[2:], " "); got != want[row[1]] {
			t.Errorf("front under %s: %s points on it, of the configured one, lost, undefined; want %s", row[1], got, want[row[1]])
		}
	}
	// Of the pairs (0,1), (0,2), (1,2) linear turns the first and the last: tau is −1/3.
	want = map[string]string{"power-law": "1.00 2 2 holds", "linear": "-0.33 1 2 flips", "survey": "– – – –"}
	for _, row := range tables[1].Rows {
		if got := strings.Join(row[2:], " "); want[row[1]] != "" && got != want[row[1]] {
			t.Errorf("ranking under %s: %s; want %s", row[1], got, want[row[1]])
		}
	}
}
