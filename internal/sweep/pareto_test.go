package sweep_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bitline/internal/sweep"
)

// twin finds the front by its definition: a row is on it unless another one is
// nowhere worse and somewhere better. Of accuracy more is better, of the rest less.
func twin(rows [][]float64) []bool {
	better := func(i int, a, b float64) bool {
		if i == 0 {
			return a > b
		}
		return a < b
	}
	on := make([]bool, len(rows))
	for r, row := range rows {
		on[r] = true
		for _, other := range rows {
			worse, best := false, false
			for i := range row {
				worse = worse || better(i, row[i], other[i])
				best = best || better(i, other[i], row[i])
			}
			if best && !worse {
				on[r] = false
			}
		}
	}
	return on
}

// truths are the values of a column of truths.
func truths(t *testing.T, r *sweep.Results, name string) []bool {
	t.Helper()
	c := r.Column(name)
	if c == nil || c.Kind != sweep.Truth {
		t.Fatalf("column %s is %+v, want truths", name, c)
	}
	on := make([]bool, r.Len())
	for row := range on {
		on[row] = c.Value(row).Number != 0
	}
	return on
}

// Grids of few values have many ties, wide ones few.
func TestFrontsAgainstTwin(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	names := []string{"accuracy", "energy_pj", "area_mm2"}
	for _, levels := range []int{1, 2, 3, 5, 12, 1 << 20} {
		for try := range 12 {
			n := 1 + random.IntN(60)
			dir := t.TempDir()
			id := identityOf(n)
			id.Pareto = [][]string{names[:2], names, {"energy_pj", "area_mm2"}}
			s := mustOpen(t, dir, id, sweep.Whole)
			rows := make([][]float64, n)
			for p := range n {
				r := sweep.Record{Point: p}
				for _, name := range names {
					x := float64(random.IntN(levels) - levels/2)
					rows[p] = append(rows[p], x)
					r.Figures = append(r.Figures, sweep.Value{Name: name, Kind: sweep.Number, Number: x})
				}
				if err := s.Put(r); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			got := mustCollect(t, dir)
			cut := func(from, to int) [][]float64 {
				var part [][]float64
				for _, row := range rows {
					x := slices.Clone(row[from:to])
					if from > 0 { // all of them less is better: a constant in accuracy's place
						x = append([]float64{0}, x...)
					}
					part = append(part, x)
				}
				return part
			}
			for name, want := range map[string][]bool{"pareto": twin(cut(0, 2)), "pareto_2": twin(rows), "pareto_3": twin(cut(1, 3))} {
				if on := truths(t, got, name); !slices.Equal(on, want) {
					t.Fatalf("levels %d, try %d, %s of\n%v\nis   %v\nwant %v", levels, try, name, rows, on, want)
				}
			}
		}
	}
}

func TestWhoIsOnNoFront(t *testing.T) {
	dir := t.TempDir()
	id := identityOf(7)
	id.Pareto = [][]string{{"accuracy", "energy_pj"}, {"accuracy", "bottleneck"}, {"accuracy", "nothing"}, {"bottleneck", "nothing"}, {"x", "energy_pj"}}
	s := mustOpen(t, dir, id, sweep.Whole)
	number := func(name string, x float64) sweep.Value {
		return sweep.Value{Name: name, Kind: sweep.Number, Number: x}
	}
	for p, figures := range [][]sweep.Value{
		{number("accuracy", 0.5), number("energy_pj", 5)},                                    // on
		{number("accuracy", 0.5), number("energy_pj", 5)},                                    // a tie: on
		{number("accuracy", 1), number("energy_pj", math.NaN())},                             // none
		{number("accuracy", 1), {Name: "energy_pj"}, {Name: "bottleneck", Kind: sweep.Text}}, // missing
		{number("accuracy", 1), number("energy_pj", 1)},                                      // failed, below
		{number("accuracy", 0.6), number("energy_pj", math.Inf(1))},                          // on: nobody is as accurate
		{number("accuracy", 0.5), number("energy_pj", 6)},                                    // dominated
	} {
		r := sweep.Record{Point: p, Figures: figures, Settings: []sweep.Setting{{Key: "x", Value: strconv.Itoa(10 - p)}}}
		if p == 4 {
			r.Failure = "did not settle"
		}
		if err := s.Put(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	r := mustCollect(t, dir)
	for name, want := range map[string][]bool{
		"pareto":   {true, true, false, false, false, true, false},
		"pareto_2": make([]bool, 7), "pareto_3": make([]bool, 7), "pareto_4": make([]bool, 7),
		"pareto_5": {false, true, false, false, false, false, true}, // x with energy: 9 with 5 beats 10 with 5, 4 with 6 beats 5 with ∞
	} {
		if got := truths(t, r, name); !slices.Equal(got, want) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

func TestCheckFronts(t *testing.T) {
	columns := []string{"accuracy", "energy_pj", "area_mm2", "interval_ns"}
	if err := sweep.CheckFronts([][]string{columns[:2], columns[1:]}, columns, nil); err != nil {
		t.Errorf("error %v, want none", err)
	}
	err := sweep.CheckFronts([][]string{columns[:1], columns, {"accuracy", "energy_pj", "accuracy"}, {"accuracy", "accuracy"}, {"accuracy", "area_mm2", "area_mm2"}, {"acuracy", "latency_ns"}, {"accuracy", "job"}, {"intervals_ns", "area_mm2"}, {}}, columns, []string{"job", "intervals_ns"})
	wantError(t, "CheckFronts", err, strings.Join([]string{
		`pareto holds ["accuracy"], want two or three different figures`,
		`pareto holds ["accuracy" "energy_pj" "area_mm2" "interval_ns"], want two or three different figures`,
		`pareto holds ["accuracy" "energy_pj" "accuracy"], want two or three different figures`,
		`pareto holds ["accuracy" "accuracy"], want two or three different figures`,
		`pareto holds ["accuracy" "area_mm2" "area_mm2"], want two or three different figures`,
		`pareto names "acuracy", which is no figure of the results, did you mean accuracy?`,
		`pareto names "latency_ns", which is no figure of the results`,
		`pareto names "job", which is no number, want figures that are`,
		`pareto names "intervals_ns", which is no number, want figures that are, did you mean interval_ns?`,
		`pareto holds [], want two or three different figures`,
	}, "\n"))
}

// Every figure whose direction a reader could mistake.
func TestDirections(t *testing.T) {
	for name, up := range map[string]bool{
		"accuracy": true, "accuracy_no_adc": true, "tops": true, "tops_per_w": true, "tops_per_w_without_io": true, "cell_utilisation": true,
		"adc_speedup_interval": true, "images_per_s": true,
		"images": false, "energy_pj": false, "w_per_mm2": false, "area_mm2": false, "latency_ns": false, "edp_pj_ns": false, "adc.bits": false,
	} {
		dir := t.TempDir()
		id := identityOf(2)
		id.Pareto = [][]string{{name, "zero"}}
		s := mustOpen(t, dir, id, sweep.Whole)
		for p := range 2 {
			err := s.Put(sweep.Record{Point: p, Figures: []sweep.Value{{Name: name, Kind: sweep.Integer, Number: float64(p)}, {Name: "zero", Kind: sweep.Integer}}})
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if got := truths(t, mustCollect(t, dir), "pareto"); !slices.Equal(got, []bool{!up, up}) {
			t.Errorf("%s: of 0 and 1 the front is %v, want more is better to be %t", name, got, up)
		}
	}
}
