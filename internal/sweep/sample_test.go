package sweep

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bitline/internal/config"
)

// readBack reads the value of an override.
func readBack(t *testing.T, text string) any {
	t.Helper()
	table, err := config.Parse("", nil, []string{"v=" + text})
	if err != nil {
		t.Fatal(err)
	}
	v, _ := table.Value("v")
	return v
}

// columnOf is a column of a plan's points, as numbers without their unit.
func columnOf(t *testing.T, p *Plan, column int) []float64 {
	t.Helper()
	list := make([]float64, p.Len())
	for i := range list {
		v, err := strconv.ParseFloat(strings.TrimSuffix(p.Point(i).Settings[column].Value, "ns"), 64)
		if err != nil {
			t.Fatal(err)
		}
		list[i] = v
	}
	return list
}

const drawn = `
job = "quickstart"
[[axis]]
key = "adc.rate"
range = {from = 2, to = 5}
[[axis]]
key = "crossbar.read_latency"
range = {from = "1ns", to = "1000ns", scale = "log"}
[[axis]]
key = "adc.per_ima"
range = {from = 1, to = 10, round = true}
[[axis]]
keys = ["crossbar.wordlines", "crossbar.bitlines"]
values = [[1, 10], [2, 20], [3, 30], [4, 40]]
[sample]
`

// A Latin hypercube of n points has one in each of n equal parts of each axis, on a
// log scale of equal ratios; values and rounded numbers come equally often.
func TestLatinHypercube(t *testing.T) {
	const n = 200
	p := plan(t, drawn+"kind = 'latin-hypercube'\npoints = 200\nseed = 3\n")
	if p.Len() != n {
		t.Fatalf("%d points, want %d", p.Len(), n)
	}
	for column, part := range []func(v float64) float64{
		func(v float64) float64 { return (v - 2) / 3 },
		func(v float64) float64 { return math.Log(v) / math.Log(1000) },
	} {
		hits := make([]int, n)
		for _, v := range columnOf(t, p, column) {
			hits[int(part(v)*n)]++
		}
		for i, count := range hits {
			if count != 1 {
				t.Errorf("column %d: %d points in part %d of %d, want 1", column, count, i, n)
			}
		}
	}
	for column, count := range map[int]int{2: 10, 3: 4} {
		hits := map[float64]int{}
		for _, v := range columnOf(t, p, column) {
			hits[v]++
		}
		for v := 1; v <= count; v++ {
			if hits[float64(v)] != n/count {
				t.Errorf("column %d: %d comes %d times, want %d of %d", column, v, hits[float64(v)], n/count, n)
			}
		}
	}
	bitlines := columnOf(t, p, 4)
	for i, v := range columnOf(t, p, 3) {
		if w := bitlines[i]; w != 10*v {
			t.Fatalf("point %d: keys that change together are %g and %g", i, v, w)
		}
	}
}

// Random points are drawn independently and evenly: over 10,000, each tenth of an
// axis has 1000 ± 5 standard deviations of 30, and two axes are uncorrelated within
// five standard errors of 1/100.
func TestRandomSample(t *testing.T) {
	const n = 10000
	p := plan(t, drawn+"kind = 'random'\npoints = 10000\n")
	rate, latency := columnOf(t, p, 0), columnOf(t, p, 1)
	var a, b []float64
	var hits [2][10]int
	for i := range n {
		a = append(a, (rate[i]-2)/3)
		b = append(b, math.Log(latency[i])/math.Log(1000))
		hits[0][int(a[i]*10)]++
		hits[1][int(b[i]*10)]++
	}
	for column := range hits {
		for tenth, count := range hits[column] {
			if math.Abs(float64(count)-n/10) > 5*30 {
				t.Errorf("column %d: %d points in tenth %d, want 1000 ± 150", column, count, tenth)
			}
		}
	}
	for name, other := range map[string][]float64{"the other axis": b, "the next point": append(a[1:n:n], a[0])} {
		sum := 0.0
		for i := range n {
			sum += (a[i] - 0.5) * (other[i] - 0.5)
		}
		if r := sum / n * 12; math.Abs(r) > 0.05 { // the variance of a uniform number is 1/12
			t.Errorf("correlation with %s is %.3f, want 0 ± 0.05", name, r)
		}
	}
}

// Equal seeds draw equal points, in any order in which they are asked for; another
// seed draws others. A sample is drawn once for all training seeds.
func TestSampleIsDetermined(t *testing.T) {
	for _, kind := range []string{"random", "latin-hypercube"} {
		text := func(seed string) string { return drawn + "kind = '" + kind + "'\npoints = 20\nseed = " + seed + "\n" }
		p, again, other := plan(t, text("7")), plan(t, text("7")), plan(t, text("8"))
		last := again.Point(19)
		if table(p) != table(again) || !slices.Equal(last.Settings, p.Point(19).Settings) {
			t.Errorf("%s: two readings draw other points", kind)
		}
		if table(p) == table(other) {
			t.Errorf("%s: two seeds draw the same points", kind)
		}
		seeds := plan(t, strings.Replace(text("7"), "[[axis]]", "seeds = [4, 5]\n[[axis]]", 1))
		if seeds.Len() != 40 {
			t.Fatalf("%s: %d points for two seeds, want 40", kind, seeds.Len())
		}
		for i := range 20 {
			a, b, single := seeds.Point(i).Settings, seeds.Point(20+i).Settings, p.Point(i).Settings
			if a[0].Value != "4" || b[0].Value != "5" || !slices.Equal(a[1:], single) || !slices.Equal(b[1:], single) {
				t.Errorf("%s: point %d is %v and %v with seeds, %v without", kind, i, a, b, single)
			}
		}
	}
}

// The draws of one seed are what they were: a plan of an earlier version goes on.
func TestSampleStays(t *testing.T) {
	for _, c := range []struct{ kind, want string }{
		{"random", "2.26733533406 403.114587716ns 1 1 10\n2.30748528995 299.35817742ns 3 1 10\n3.84930867122 218.790590515ns 3 3 30"},
		{"latin-hypercube", "4.08911177802 73.8713730752ns 7 1 10\n3.10249509665 6.68955212358ns 1 3 30\n2.61643622374 602.572831897ns 5 3 30"},
	} {
		if got := table(plan(t, drawn+"kind = '"+c.kind+"'\npoints = 3\n")); got != c.want {
			t.Errorf("%s: points are\n%s\nwant\n%s", c.kind, got, c.want)
		}
	}
}

// Draws keep to the ends, and rounded ones reach both.
func TestSpanDraws(t *testing.T) {
	top := 1 - 0x1p-53
	for _, c := range []struct {
		name      string
		span      span
		low, high string
	}{
		{"linear", span{from: 2, to: 5}, "2", "5"},
		{"log", span{from: 0.001, to: 1000, log: true}, "0.001", "1000"},
		{"rounded", span{from: 1, to: 3, round: true}, "1", "3"},
		{"rounded, log", span{from: 1, to: 1024, log: true, round: true}, "1", "1024"},
		{"ends of 17 digits", span{from: 0.10000000000000002, to: 0.30000000000000004}, "0.10000000000000002", "0.3"},
		{"quantities", span{from: 0.5, to: 1.5, unit: "pJ"}, "0.5pJ", "1.5pJ"},
	} {
		if low, high := c.span.draw(0).text, c.span.draw(top).text; low != c.low || high != c.high {
			t.Errorf("%s: draws from %s to %s, want %s to %s", c.name, low, high, c.low, c.high)
		}
	}
	// Thirds of [0.5, 3.5).
	s := span{from: 1, to: 3, round: true}
	for u, want := range map[float64]string{0.33: "1", 0.34: "2", 0.66: "2", 0.67: "3"} {
		if got := s.draw(u).text; got != want {
			t.Errorf("rounded from 1 to 3 at %g: %s, want %s", u, got, want)
		}
	}
}
