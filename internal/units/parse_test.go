package units

import (
	"math"
	"math/big"
	"strings"
	"testing"
)

func TestParseTime(t *testing.T) {
	for _, c := range []struct {
		text string
		want Time
	}{
		{"100ns", 100 * Nanosecond},
		{"100 ns", 100 * Nanosecond},
		{"+100ns", 100 * Nanosecond},
		{"1.6us", 1600 * Nanosecond},
		{"1.6µs", 1600 * Nanosecond}, // micro sign
		{"1.6μs", 1600 * Nanosecond}, // Greek mu
		{"781.25ps", 781250},
		{"1e-3s", Millisecond},
		{"1E3 fs", Picosecond},
		{"1e+3fs", Picosecond},
		{".5ps", 500},
		{"007fs", 7},
		{"0s", 0},
		{"0e999999999999999999999s", 0},
		{"1.5fs", 2}, // ties go to even
		{"2.5fs", 2},
		{"2.5000000000000000000000000000001fs", 3},
		{"3.5fs", 4},
		{"0.51fs", 1},
		{"9223.372036854775807s", math.MaxInt64},
		{"9223.3720368547758074s", math.MaxInt64},
	} {
		got, err := ParseTime(c.text)
		if err != nil || got != c.want {
			t.Errorf("ParseTime(%q) = %d, %v, want %d", c.text, got, err, c.want)
		}
	}
}

// TestParseUnits reads 2 of every unit that the texts promise.
func TestParseUnits(t *testing.T) {
	parsers := []struct {
		units map[string]int64
		parse func(string) (int64, error)
	}{
		{map[string]int64{"fs": 2, "ps": 2e3, "ns": 2e6, "us": 2e9, "µs": 2e9, "ms": 2e12, "s": 2e15},
			func(s string) (int64, error) { v, err := ParseTime(s); return int64(v), err }},
		{map[string]int64{"aJ": 2, "fJ": 2e3, "pJ": 2e6, "nJ": 2e9, "uJ": 2e12, "µJ": 2e12, "mJ": 2e15, "J": 2e18},
			func(s string) (int64, error) { v, err := ParseEnergy(s); return int64(v), err }},
		{map[string]int64{"pW": 2, "nW": 2e3, "uW": 2e6, "µW": 2e6, "mW": 2e9, "W": 2e12},
			func(s string) (int64, error) { v, err := ParsePower(s); return int64(v), err }},
		{map[string]int64{"nm2": 2, "um2": 2e6, "µm2": 2e6, "µm²": 2e6, "mm2": 2e12, "mm²": 2e12},
			func(s string) (int64, error) { v, err := ParseArea(s); return int64(v), err }},
		{map[string]int64{"Hz": 2, "kHz": 2e3, "MHz": 2e6, "GHz": 2e9},
			func(s string) (int64, error) { v, err := ParseFrequency(s); return int64(v), err }},
	}
	for i, own := range parsers {
		for j, p := range parsers {
			for unit, want := range p.units {
				got, err := own.parse("2" + unit)
				if i == j && (err != nil || got != want) {
					t.Errorf("parser %d of 2%s = %d, %v, want %d", i, unit, got, err, want)
				}
				if i != j && err == nil {
					t.Errorf("parser %d takes 2%s as %d, want an error", i, unit, got)
				}
			}
		}
	}
}

func TestParseErrors(t *testing.T) {
	const wanted = `, want a time such as "100ns"`
	for _, c := range []struct{ text, want string }{
		{"", `"" is empty` + wanted},
		{"100", `"100" has no unit` + wanted},
		{"1e5", `"1e5" has no unit` + wanted},
		{"100 ", `"100 " has no unit` + wanted},
		{"100mW", `"100mW" is a power` + wanted},
		{"1 µm²", `"1 µm²" is an area` + wanted},
		{"1.28GHz", `"1.28GHz" is a frequency` + wanted},
		{"2pJ", `"2pJ" is an energy` + wanted},
		{"100 parsec", `"100 parsec" has the unknown unit "parsec"` + wanted},
		{"1eV", `"1eV" has the unknown unit "eV"` + wanted},
		{"1NS", `"1NS" has the unknown unit "NS"` + wanted},
		{"1  ns", `"1  ns" has the unknown unit " ns"` + wanted},
		{"1ns ", `"1ns " has the unknown unit "ns "` + wanted},
		{"-1ns", `"-1ns" is negative` + wanted},
		{"NaN ns", `"NaN ns" does not start with a number` + wanted},
		{"inf s", `"inf s" does not start with a number` + wanted},
		{".ns", `".ns" does not start with a number` + wanted},
		{"1.ns", `"1.ns" does not start with a number` + wanted},
		{" 1ns", `" 1ns" does not start with a number` + wanted},
		{"1_000ns", `"1_000ns" has the unknown unit "_000ns"` + wanted},
		{"0.5fs", `"0.5fs" rounds to 0, want 0 or at least 1fs`},
		{"1e-999999999999999999999s", `"1e-999999999999999999999s" rounds to 0, want 0 or at least 1fs`},
		{"9223.3720368547758075s", `"9223.3720368547758075s" is too large, want at most 9223s`}, // a tie, up to 2^63
		{"1e999999999s", `"1e999999999s" is too large, want at most 9223s`},
		{strings.Repeat("1", 65), `"` + strings.Repeat("1", 32) + `..." has more than 64 bytes` + wanted},
	} {
		got, err := ParseTime(c.text)
		if err == nil || err.Error() != c.want || got != 0 {
			t.Errorf("ParseTime(%q) = %d, %v, want 0, %s", c.text, got, err, c.want)
		}
	}
}

// FuzzParse compares the parser with exact rationals of math/big, which share
// no code with it.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"100ns", "1.5fs", "2.5fs", "1e-3s", ".25ps", "1e999999999s", "100mW", "µs", "-1s", "9223.3720368547758075s", "1e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseTime(s)
		for _, other := range []func(){
			func() { _, _ = ParseEnergy(s) }, func() { _, _ = ParsePower(s) },
			func() { _, _ = ParseArea(s) }, func() { _, _ = ParseFrequency(s) },
		} {
			other()
		}
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n") {
				t.Errorf("the error of %q has several lines: %v", s, err)
			}
			return
		}
		number, power := s, int64(0)
		for unit, exp := range map[string]int64{"fs": 0, "ps": 3, "ns": 6, "us": 9, "µs": 9, "μs": 9, "ms": 12} {
			if rest, ok := strings.CutSuffix(s, unit); ok {
				number, power = rest, exp
			}
		}
		if number == s {
			number, power = strings.TrimSuffix(s, "s"), 15
		}
		exact, ok := new(big.Rat).SetString(strings.TrimSuffix(number, " "))
		if !ok {
			// big.Rat refuses huge exponents, which are legal only for zero.
			if got != 0 {
				t.Errorf("ParseTime(%q) = %d, but %q is no number", s, got, number)
			}
			return
		}
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(power), nil)
		exact.Mul(exact, new(big.Rat).SetInt(scale))
		off := new(big.Rat).Sub(exact, new(big.Rat).SetInt64(int64(got)))
		half := off.Abs(off).Cmp(big.NewRat(1, 2))
		if half > 0 || half == 0 && got%2 != 0 {
			t.Errorf("ParseTime(%q) = %d, want %s rounded half to even", s, got, exact.FloatString(3))
		}
	})
}
