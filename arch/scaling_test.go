package arch

import (
	"math"
	"slices"
	"strings"
	"testing"

	"bitline/internal/units"
)

// Constant-field scaling by k = 2: areas a quarter, energies an eighth.
func TestDennard(t *testing.T) {
	s, err := NewScaling(Dennard, "180nm", "90nm")
	if err != nil || s.Area != 0.25 || s.Energy != 0.125 {
		t.Errorf("180 to 90 nm: %+v, %v, want 1/4 and 1/8", s, err)
	}
	up, err := NewScaling(Dennard, "14nm", "28nm")
	if err != nil || up.Area != 4 || up.Energy != 8 {
		t.Errorf("14 to 28 nm: %+v, %v, want 4 and 8", up, err)
	}
}

// The example that Stillmaker and Baas work out (section 4.2.1 in its corrected
// form): 65 nm at 1.3 V to 32 nm at 0.9 V, 0.4571/2.604 = 0.1755.
func TestStillmakerBaasCloses(t *testing.T) {
	of := func(name string) node {
		i := slices.IndexFunc(nodes(), func(n node) bool { return n.name == name })
		return nodes()[i]
	}
	if got := of("32nm").energy(0.9); math.Abs(got-0.4571) > 5e-5 {
		t.Errorf("closes: factor of 32 nm at 0.9 V %.5f, want 0.4571", got)
	}
	if got := of("65nm").energy(1.3); math.Abs(got-2.604) > 5e-4 {
		t.Errorf("closes: factor of 65 nm at 1.3 V %.5f, want 2.604", got)
	}
	// Entries of the printed area table, from which one column is kept here: the
	// others follow to the two digits that it prints.
	for _, tt := range []struct {
		from, to string
		want     float64
	}{{"180nm", "130nm", 0.34}, {"130nm", "90nm", 0.44}, {"65nm", "32nm", 0.31}, {"45nm", "32nm", 0.46}, {"32nm", "45nm", 2.2},
		{"32nm", "20nm", 0.46}, {"32nm", "14nm", 0.38}, {"16nm", "7nm", 0.31}, {"7nm", "180nm", 320}} {
		s, err := NewScaling(StillmakerBaas, tt.from, tt.to)
		if err != nil || math.Abs(s.Area/tt.want-1) > 0.03 {
			t.Errorf("closes: area %s to %s: %.4g, %v, want %.4g within 3 %%", tt.from, tt.to, s.Area, err, tt.want)
		}
	}
	// Each node takes less than the one before it.
	var last *node
	for _, n := range nodes() {
		if n.area == 0 {
			continue
		}
		if last != nil && (n.energy(n.volts) >= last.energy(last.volts) || n.area >= last.area) {
			t.Errorf("%s takes no less than %s", n.name, last.name)
		}
		last = &n
	}
}

// Scaling a chip from 64 times its area and 512 times its energy multiplies every
// figure, and no other: times, rates and cells' writes stay.
func TestScaleReachesEveryFigure(t *testing.T) {
	extra := []string{"node=28nm", "crossbar.wordline_power=8uW", "crossbar.bitline_area=4um2", "crossbar.cell_energy=8fJ",
		"tile.multiplier.count=1", "tile.multiplier.area=4um2", "host.width=8", "host.static_power=8W", "noc.hop=1ns",
		"part=[{name=\"clock\", active_power=\"8mW\"}]", "tile.part=[{name=\"x\", area=\"4mm2\"}]", "ima.part=[{name=\"x\", static_power=\"8mW\"}]"}
	plain := load(t, "isaac-ce-events", extra...)
	// 14 to 28 nm by Dennard is × 4 and × 8.
	c := load(t, "isaac-ce-events", append(slices.Clone(extra), "scaling.from=14nm", "scaling.law=dennard")...)
	was, is := plain.costs(), c.costs()
	for i := range was {
		if is[i].Area != 4*was[i].Area || is[i].Energy != 8*was[i].Energy || is[i].ActivePower != 8*was[i].ActivePower || is[i].StaticPower != 8*was[i].StaticPower {
			t.Errorf("cost %d of %d: %+v, want 4 and 8 times %+v", i, len(was), is[i], was[i])
		}
	}
	x, y := plain.Crossbar.Cost(), c.Crossbar.Cost()
	if y.Area != 4*x.Area || y.ActivePower != 8*x.ActivePower || y.Energy != 8*x.Energy {
		t.Errorf("crossbar costs %+v, want 4 and 8 times %+v", y, x)
	}
	if c.ADC.Area != 4*plain.ADC.Area || c.ADC.Power != 8*plain.ADC.Power || c.ADC.Rate != plain.ADC.Rate {
		t.Errorf("ADC takes %v and %v at %v, want 4 and 8 times %v and %v at the same rate", c.ADC.Area, c.ADC.Power, c.ADC.Rate, plain.ADC.Area, plain.ADC.Power)
	}
	if c.Programming != plain.Programming || c.Crossbar.ReadLatency != plain.Crossbar.ReadLatency {
		t.Error("writes or reads of cells were scaled")
	}
	// So do the totals, but for the converters' and cells' own rounding: none here.
	a, b := mustBill(t, plain), mustBill(t, c)
	if b.Chip.Area != 4*a.Chip.Area || b.Chip.Power != 8*a.Chip.Power {
		t.Errorf("chip takes %v and %v, want 4 and 8 times %v and %v", b.Chip.Area, b.Chip.Power, a.Chip.Area, a.Chip.Power)
	}
	if text := describe(t, b); !strings.Contains(text, "from 14nm by dennard: areas × 4, energies and powers × 8") {
		t.Errorf("no scaling in\n%s", text)
	}
}

func mustBill(t *testing.T, c *Chip) Bill {
	t.Helper()
	b, err := c.Bill()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestScaledSaturates(t *testing.T) {
	if got := scaled(units.Power(math.MaxInt64/2), 1e6); got != 1<<60 {
		t.Errorf("an impossible power is %d, want an eighth of the largest", got)
	}
	for _, tt := range []struct {
		v    units.Area
		f    float64
		want units.Area
	}{{5, 0.5, 2}, {7, 0.5, 4}, {0, 8, 0}, {3, 1, 3}} {
		if got := scaled(tt.v, tt.f); got != tt.want {
			t.Errorf("%d × %g = %d, want %d, halves to even", tt.v, tt.f, got, tt.want)
		}
	}
}

func TestComparable(t *testing.T) {
	a, b := load(t, "isaac-ce"), load(t, "puma", "node=65nm")
	if err := Comparable(a, load(t, "puma")); err != nil {
		t.Errorf("two chips of 32nm: %v, want none", err)
	}
	if err := Comparable(a, load(t, "puma", "scaling.from=65nm", "scaling.law=dennard")); err != nil {
		t.Errorf("a chip scaled to 32nm: %v, want none", err)
	}
	const want = `figures of chip isaac-ce are of 32nm and those of chip puma of 65nm, want one of them scaled: node = "32nm" with [scaling] from = "65nm" and law = dennard or stillmaker-baas`
	if err := Comparable(a, b); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	var out strings.Builder
	if err := WriteComparison(&out, a, b); err == nil || out.Len() > 0 {
		t.Errorf("a comparison of two nodes writes %q with error %v, want nothing but an error", out.String(), err)
	}
}

// The gap of every component between the two accounts of ISAAC, worked out in
// TestISAACEventsClose, and a component that one chip lacks.
func TestWriteComparison(t *testing.T) {
	var out strings.Builder
	if err := WriteComparison(&out, load(t, "isaac-ce"), load(t, "isaac-ce-events", "part=[{name=\"clock\", active_power=\"1W\"}]")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"  ima ADC                1562.5    1667.0           +104.5  1.067×\n",
		"  clock                  0.0       48.4             +48.4\n", // 1 W / 20,644 GMAC/s
		"  peak, TOPS                 41.288    41.288           1.000×\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no line %q in\n%s", want, out.String())
		}
	}
	out.Reset()
	if err := WriteComparison(&out, load(t, "isaac-ce"), load(t, "bitslice-8bit")); err != nil || !strings.Contains(out.String(), "different bits") {
		t.Errorf("chips of 16 and 8 bits: %v and\n%s\nwant a word on their bits", err, out.String())
	}
}

// TestGapsOfSeveralConverters counts converters of several resolutions as one
// component, and names them apart in the list of one chip.
func TestGapsOfSeveralConverters(t *testing.T) {
	one, two := mustBill(t, load(t, "bitslice-8bit")), mustBill(t, load(t, "bitslice-8bit-3331"))
	sum, rows := 0.0, 0
	for _, m := range two.PerMAC {
		if m.Component == "ADC" {
			sum += m.Nameplate + m.Events
			rows++
		}
	}
	if rows != 2 {
		t.Fatalf("%d rows of converters, want those of 3 and of 1 bits", rows)
	}
	for _, pair := range [][2]Bill{{one, two}, {two, one}} {
		seen := 0
		for _, g := range Gaps(pair[0], pair[1]) {
			if g.Component != "ADC" {
				continue
			}
			seen++
			if got := min(g.A, g.B); math.Abs(got-sum) > 1e-9 {
				t.Errorf("%s against %s: the converters of 3 and 1 bits take %g fJ, want %g", pair[0].Name, pair[1].Name, got, sum)
			}
		}
		if seen != 1 {
			t.Errorf("%s against %s: %d rows of converters, want 1", pair[0].Name, pair[1].Name, seen)
		}
	}
	if got := strings.Join(names(two.PerMAC), ";"); !strings.Contains(got, "ima ADC, 3 b;ima ADC, 1 b;") {
		t.Errorf("the rows are %s, want the converters with their bits", got)
	}
	if got := strings.Join(names(one.PerMAC), ";"); !strings.Contains(got, "ima ADC;") {
		t.Errorf("the rows are %s, want the one kind of converters by its name", got)
	}
}
