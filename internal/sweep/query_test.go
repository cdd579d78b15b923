package sweep_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"bitline/internal/sweep"
)

// chips are results of six points: 3 failed, 5 lacks rounds, as 0 and 1 do.
func chips(t *testing.T) *sweep.Results {
	t.Helper()
	dir := t.TempDir()
	id := identityOf(8)
	id.Pareto = [][]string{{"accuracy", "energy_pj"}}
	s := mustOpen(t, dir, id, sweep.Whole)
	for p, r := range []struct {
		bits     string
		latency  string
		accuracy float64
		energy   float64
		rounds   float64 // 0 for none
	}{
		{"1", `"100ns"`, 0.50, 100, 0}, {"2", `"50ns"`, 0.90, 200, 0}, {"3", `"50ns"`, 0.97, 300, 2},
		{"4", `"100ns"`, -1, 0, 0}, {"5", `"50ns"`, 0.97, 400, 1}, {"6", `"9ns"`, 0.60, 300, 0},
	} {
		record := sweep.Record{Point: p, Settings: []sweep.Setting{{Key: "adc.bits", Value: r.bits}, {Key: "adc", Value: fmt.Sprintf(`"sar%d"`, p%2)}, {Key: "crossbar.read_latency", Value: r.latency}}}
		if r.accuracy < 0 {
			record.Failure = "too few tiles"
		} else {
			record.Figures = []sweep.Value{{Name: "accuracy", Kind: sweep.Number, Number: r.accuracy}, {Name: "energy_pj", Kind: sweep.Number, Number: r.energy}}
		}
		if r.rounds > 0 {
			record.Figures = append(record.Figures, sweep.Value{Name: "rounds", Kind: sweep.Integer, Number: r.rounds})
		}
		if err := s.Put(record); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return mustCollect(t, dir)
}

// points lists the points of results.
func points(t *testing.T, r *sweep.Results) []int {
	t.Helper()
	list := make([]int, r.Len())
	for i := range list {
		list[i] = int(r.Column("point").Value(i).Number)
	}
	return list
}

func TestWhere(t *testing.T) {
	r := chips(t)
	for _, tt := range []struct {
		condition string
		want      []int
	}{
		{"", []int{0, 1, 2, 3, 4, 5}},
		{"energy_pj < 1000 && accuracy > 0.9", []int{2, 4}},
		{"energy_pj <= 200 or accuracy == 0.97", []int{0, 1, 2, 4}},
		{"adc.bits >= 5", []int{4, 5}},
		{"adc.bits % 2 == 0", []int{1, 3, 5}},
		{"adc == 'sar1' and adc.bits in [1, 2, 3]", []int{1}},
		{"crossbar.read_latency == \"9ns\"", []int{5}},
		{"failure != ''", []int{3}},
		{"failure contains 'tiles' || energy_pj < 150", []int{0, 3}},
		{"pareto", []int{0, 1, 2}},
		{"not pareto && failure == ''", []int{4, 5}},
		{"rounds > 0", []int{2, 4}},
		{"rounds < 100", []int{2, 4}}, // a missing one is neither below nor above
		{"!(rounds < 100)", []int{0, 1, 3, 5}},
		{"rounds == rounds", []int{2, 4}},
		{"version startsWith 'v1'", []int{0, 1, 2, 3, 4, 5}},
		{"let e = energy_pj; e > 250 && e < 350", []int{2, 5}},
		{"any([1, 6], # == adc.bits)", []int{0, 5}},
		{"len(adc) == 3", []int{}},
		{"false", []int{}},
	} {
		checkSelected(t, r, tt.condition, tt.want)
	}
}

// checkSelected holds the points that a condition selects against those wanted.
func checkSelected(t *testing.T, r *sweep.Results, condition string, want []int) {
	t.Helper()
	got, err := r.Select(sweep.Query{Where: condition})
	if err != nil {
		t.Errorf("%s: %v", condition, err)
		return
	}
	if list := points(t, got); !slices.Equal(list, want) {
		t.Errorf("%s: points %v, want %v", condition, list, want)
	}
}

func TestSort(t *testing.T) {
	r := chips(t)
	for _, tt := range []struct {
		by    []string
		limit int
		want  []int
	}{
		{nil, 0, []int{0, 1, 2, 3, 4, 5}},
		{nil, 2, []int{0, 1}},
		{nil, 100, []int{0, 1, 2, 3, 4, 5}},
		{[]string{"energy_pj"}, 0, []int{0, 1, 2, 5, 4, 3}},  // 2 and 5 are equal, 3 has none
		{[]string{"-energy_pj"}, 0, []int{4, 2, 5, 1, 0, 3}}, // and is last again
		{[]string{"-accuracy", "energy_pj"}, 3, []int{2, 4, 1}},
		{[]string{"-accuracy", "-energy_pj"}, 3, []int{4, 2, 1}},
		{[]string{"crossbar.read_latency", "-point"}, 0, []int{5, 4, 2, 1, 3, 0}}, // 9 ns, 50 ns, 100 ns
		{[]string{"-adc"}, 0, []int{1, 3, 5, 0, 2, 4}},
		{[]string{"-pareto"}, 0, []int{0, 1, 2, 3, 4, 5}},
		{[]string{"pareto"}, 0, []int{3, 4, 5, 0, 1, 2}},
		{[]string{"failure"}, 0, []int{3, 0, 1, 2, 4, 5}},
	} {
		got, err := r.Select(sweep.Query{Sort: tt.by, Limit: tt.limit})
		if err != nil {
			t.Errorf("%v: %v", tt.by, err)
			continue
		}
		if list := points(t, got); !slices.Equal(list, tt.want) {
			t.Errorf("%v, limit %d: points %v, want %v", tt.by, tt.limit, list, tt.want)
		}
	}
}

func TestColumnsOfSelection(t *testing.T) {
	r := chips(t)
	got, err := r.Select(sweep.Query{Where: "energy_pj > 250", Sort: []string{"-energy_pj"}, Columns: []string{"energy_pj", "adc.bits", "rounds"}})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	table := got.Table()
	if err := table.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	const want = `Sweep adc: 6 of 8 points, 2 missing, 1 failed; 3 of them here
  energy_pj  adc.bits  rounds
        400         5       1
        300         3       2
        300         6
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
	if got, want := csvOf(t, got), "energy_pj,adc.bits,rounds\n400,5,1\n300,3,2\n300,6,\n"; got != want {
		t.Errorf("CSV\n%swant\n%s", got, want)
	}
	if got, want := r.Headline(), []string{"point", "adc.bits", "adc", "crossbar.read_latency", "failure", "accuracy", "energy_pj", "pareto"}; !slices.Equal(got, want) {
		t.Errorf("headline %v, want %v", got, want)
	}
	r.Identity.Pareto = nil
	if got, want := r.Headline(), []string{"point", "adc.bits", "adc", "crossbar.read_latency", "failure", "accuracy", "energy_pj", "rounds", "pareto"}; !slices.Equal(got, want) {
		t.Errorf("headline without fronts %v, want %v", got, want)
	}
}

func TestFaultsOfQueries(t *testing.T) {
	r := chips(t)
	for _, tt := range []struct {
		query sweep.Query
		want  string
	}{
		{sweep.Query{Where: "acuracy > 0.9 && adc.bit == 3 && zebra.x.y"},
			`unknown column "acuracy", did you mean accuracy?` + "\n" + `unknown column "adc.bit", did you mean adc.bits?` + "\n" + `unknown column "zebra.x.y"`},
		{sweep.Query{Where: "energy_pj <"}, `condition "energy_pj <": unexpected end at character 11`},
		{sweep.Query{Where: "energy_pj < 'a'"}, `condition "energy_pj < 'a'": < between energy_pj, which is a number, and a text, want two of a kind (a text stands in quotation marks) at character 11`},
		{sweep.Query{Where: "energy_pj + 1"}, `condition "energy_pj + 1": is a number, want a condition that is true or false`},
		{sweep.Query{Where: "1 % (adc.bits - 3) == 0"}, `condition "1 % (adc.bits - 3) == 0" at point 2: division by zero at character 3`},
		{sweep.Query{Where: "x", Sort: []string{"-y", "energy", "-accuracy"}, Columns: []string{"z", "point", "point"}},
			`unknown column "x"` + "\n" + `unknown column "y"` + "\n" + `unknown column "energy"` + "\n" + `unknown column "z"` + "\n" + `column "point" is asked for twice`},
	} {
		_, err := r.Select(tt.query)
		wantError(t, fmt.Sprintf("%+v", tt.query), err, tt.want)
	}
}
