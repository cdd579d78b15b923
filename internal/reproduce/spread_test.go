package reproduce

import "testing"

// The deviation of two numbers a and b is |a − b|/√2.
func TestSpread(t *testing.T) {
	const root = 1.4142135623730951
	around := func(mean, deviation float64) []float64 {
		return []float64{mean - deviation/root, mean + deviation/root}
	}
	fixed, three, four := precision{decimals: 2}, precision{digits: 3}, precision{digits: 4}
	for _, tt := range []struct {
		name string
		q    quantity
		x    []float64
		want string
	}{
		{"nothing", quantity{form: fixed, times: 1}, nil, "–"},
		{"one", quantity{form: three, times: 1}, []float64{0.09534}, "0.0953"},
		{"one in per cent", share, []float64{0.12345}, "12.35 %"},
		{"a small mean", quantity{form: three, times: 1}, around(0.09534, 0.00123), "0.0953 ± 0.0012"},
		{"a smaller deviation", quantity{form: three, times: 1}, around(0.09534, 0.0000123), "0.095340 ± 0.000012"},
		{"a large mean", quantity{form: four, times: 1}, around(3998.6, 2.33), "3998.6 ± 2.3"},
		{"a large deviation", quantity{form: four, times: 1}, around(3998.6, 233.2), "3999 ± 233"},
		{"zeros at the end", quantity{form: four, times: 1}, around(2.3, 0.0045), "2.3000 ± 0.0045"},
		{"no deviation", quantity{form: four, times: 1}, []float64{631.4, 631.4, 631.4}, "631.4 ± 0.0"},
		{"that of rounding", quantity{form: four, times: 1}, around(631.4, 1e-9), "631.4 ± 0.0"},
		{"at the edge", quantity{form: four, times: 1}, around(631.4, 1.2e-3), "631.4000 ± 0.0012"},
		{"beyond it", quantity{form: four, times: 1}, around(631.4, 1.2e-4), "631.4 ± 0.0"},
		{"two decimals", quantity{form: fixed, times: 1}, around(1.004, 0.11), "1.00 ± 0.11"},
		{"a ratio near one", quantity{form: fixed, times: 1}, around(1.0041, 0.0017), "1.0041 ± 0.0017"},
		{"in per cent", share, around(0.1234, 0.0012), "12.34 % ± 0.12"},
		{"a deviation that rounds up", quantity{form: fixed, times: 1}, around(1, 0.0996), "1.00 ± 0.10"},
		{"a mean that rounds up", quantity{form: three, times: 1}, around(9.996, 0.1), "10.00 ± 0.10"},
		{"nothing at all", quantity{form: three, times: 1}, []float64{0, 0}, "0 ± 0"},
	} {
		if got := tt.q.spread(tt.x); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
