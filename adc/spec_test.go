package adc_test

import (
	"reflect"
	"strings"
	"testing"

	"bitline/adc"
	"bitline/internal/config"
	"bitline/internal/units"
)

// read reads the table [adc] of a document that holds nothing else.
func read(t *testing.T, body string) (adc.Spec, []string) {
	t.Helper()
	root, err := config.Parse("chip.toml", []byte("[adc]\n"+body), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := adc.ReadSpec(root.Table("adc"))
	if err := root.Finish(); err != nil {
		return s, strings.Split(err.Error(), "\n")
	}
	return s, nil
}

// TestReadSpec reads a whole table, and the defaults of an empty one.
func TestReadSpec(t *testing.T) {
	got, faults := read(t, `
kind = "reconfigurable"
bits = [3, 3, 3, 1]
range = "calibrated"
low = -2
high = 20.5
recalibrate = "affine"
law = "power-law"
rate = "1.2GHz"
rate_bits = 6
power = "3mW"
area = "500um2"
per_ima = 3
settle = "2ns"
arbitration = "round-robin"
`)
	want := adc.Spec{
		Kind: adc.Reconfigurable, Bits: []int{3, 3, 3, 1}, Scope: adc.PerLayer, Range: adc.Calibrated, Low: -2, High: 20.5,
		Recalibrate: adc.AffineRecalibration, Law: adc.PowerLaw, Rate: 1200 * units.Megahertz, RateBits: 6,
		Power: 3 * units.Milliwatt, Area: 500 * units.SquareMicrometre, PerIMA: 3,
		Settle: 2 * units.Nanosecond, Arbitration: adc.RoundRobin,
	}
	if faults != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v with faults %q, want %+v", got, faults, want)
	}
	if got, faults := read(t, ""); faults != nil || !reflect.DeepEqual(got, adc.DefaultSpec()) {
		t.Errorf("read %+v with faults %q, want the defaults", got, faults)
	}
}

// TestReadBits reads the forms of bits.
func TestReadBits(t *testing.T) {
	cases := []struct {
		body string
		bits []int
		auto adc.Auto
	}{
		{`bits = 1`, []int{1}, adc.Given},
		{`bits = 16`, []int{16}, adc.Given},
		{`bits = [5]`, []int{5}, adc.Given},
		{`bits = [5, 5, 5, 3]`, []int{5, 5, 5, 3}, adc.Given},
		{`bits = "auto"`, nil, adc.WorstCase},
		{"bits = \"auto\"\nauto = \"worst-case\"", nil, adc.WorstCase},
		{"bits = \"auto\"\nauto = \"observed\"", nil, adc.Observed},
		{"bits = 4\nlaw = \"survey\"", []int{4}, adc.Given},
	}
	for _, c := range cases {
		s, faults := read(t, c.body)
		if faults != nil || !reflect.DeepEqual(s.Bits, c.bits) || s.Auto != c.auto {
			t.Errorf("%s: read bits %v by rule %q with faults %q, want %v by %q", c.body, s.Bits, s.Auto, faults, c.bits, c.auto)
		}
	}
}

// TestReadSpecFaults states each fault as its user reads it.
func TestReadSpecFaults(t *testing.T) {
	cases := []struct {
		name, body string
		want       []string
	}{
		{"no bits", `bits = 0`, []string{`chip.toml:2: key adc.bits is 0, want 1 to 16`}},
		{"too many bits", `bits = 40`, []string{`chip.toml:2: key adc.bits is 40, want 1 to 16`}},
		{"one of a list", `bits = [3, 17]`, []string{`chip.toml:2: key adc.bits[1] is 17, want 1 to 16`}},
		{"empty list", `bits = []`, []string{`chip.toml:2: key adc.bits is empty, want one resolution per slice`}},
		{"resolutions of layers", "bits = 4\nlayers = {a = 0, b = [3, 17], c = [], d = \"8\"}", []string{
			`chip.toml:3: key adc.layers.a is 0, want 1 to 16`,
			`chip.toml:3: key adc.layers.b[1] is 17, want 1 to 16`,
			`chip.toml:3: key adc.layers.c is empty, want one resolution per slice`,
			`chip.toml:3: key adc.layers.d is "8", want an integer 1 to 16`,
		}},
		{"a layer that the law does not know", "law = \"survey\"\nlayers = {a = 3}",
			[]string{`chip.toml:2: key adc.law is survey at 3 bits relative to 8: the survey is not defined at 3 bits, want 4 or more or another law`}},
		{"layers beside a rule", "bits = \"auto\"\nlayers = {a = 3}",
			[]string{`chip.toml:3: key adc.layers is given beside bits = "auto", which finds those of every layer: want one or the other`}},
		{"a word", `bits = "best"`, []string{`chip.toml:2: key adc.bits is "best", want a number from 1 to 16, a list of one per slice, or "auto"`}},
		{"a fraction", `bits = 7.5`, []string{`chip.toml:2: key adc.bits is 7.5, want an integer 1 to 16`}},
		{"a rule beside bits", "bits = 8\nauto = \"observed\"",
			[]string{`chip.toml:3: key adc.auto is given beside bits = 8, want bits = "auto"`}},
		{"a rule without bits", `auto = "observed"`,
			[]string{`chip.toml:2: key adc.auto is given without bits, want bits = "auto"`}},
		{"unknown rule", "bits = \"auto\"\nauto = \"best\"",
			[]string{`chip.toml:3: key adc.auto is "best", want worst-case | observed | loss`}},
		{"unknown law", `law = "flash"`, []string{`chip.toml:2: key adc.law is "flash", want power-law | sar-isaac | linear | survey`}},
		{"survey under 4 bits", "bits = [5, 3]\nlaw = \"survey\"",
			[]string{`chip.toml:3: key adc.law is survey at 3 bits relative to 8: the survey is not defined at 3 bits, want 4 or more or another law`}},
		{"survey relative to 3 bits", "law = \"survey\"\nrate_bits = 3",
			[]string{`chip.toml:2: key adc.law is survey at 8 bits relative to 3: the survey is not defined at 3 bits, want 4 or more or another law`}},
		{"no range", `range = "calibrated"`,
			[]string{`chip.toml:2: key adc.range is calibrated with low 0 and high 0, want low < high in counts`}},
		{"empty range", "range = \"calibrated\"\nlow = 3\nhigh = 3.0",
			[]string{`chip.toml:2: key adc.range is calibrated with low 3 and high 3, want low < high in counts`}},
		{"ends without a range", "low = 3\nhigh = 5",
			[]string{`chip.toml:1: key adc.range is unit, want calibrated where low and high are given`}},
		{"bare rate", `rate = 1.28`,
			[]string{`chip.toml:2: key adc.rate is the bare number 1.28, want a frequency with its unit such as "1.28GHz"`}},
		{"several at once", "bits = 0\nkind = \"shared\"\nper_ima = 0", []string{
			`chip.toml:2: key adc.bits is 0, want 1 to 16`,
			`chip.toml:3: key adc.kind is "shared", want fixed | reconfigurable`,
			`chip.toml:4: key adc.per_ima is 0, want 1 to 4096`,
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, got := read(t, c.body); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got faults\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// TestPerSlice spreads one resolution, keeps a list, and refuses another length.
func TestPerSlice(t *testing.T) {
	cases := []struct {
		bits []int
		n    int
		want []int
		err  string
	}{
		{[]int{8}, 4, []int{8, 8, 8, 8}, ""},
		{[]int{8}, 1, []int{8}, ""},
		{[]int{3, 3, 3, 1}, 4, []int{3, 3, 3, 1}, ""},
		{[]int{3, 3, 3, 1}, 3, nil, "adc.bits lists 4 resolutions, want 1 or one per slice (3)"},
		{nil, 4, nil, "adc.bits lists 0 resolutions, want 1 or one per slice (4)"},
	}
	for _, c := range cases {
		got, err := adc.Spec{Bits: c.bits}.PerSlice(c.n)
		if !reflect.DeepEqual(got, c.want) || err == nil != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("bits %v over %d slices: got %v, error %v, want %v, %q", c.bits, c.n, got, err, c.want, c.err)
		}
	}
}
