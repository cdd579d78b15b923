package cost_test

import (
	"math"
	"testing"

	"bitline/internal/config"
	"bitline/internal/cost"
	"bitline/internal/units"
)

func TestRows(t *testing.T) {
	c := cost.Cost{Energy: 3 * units.Picojoule, ActivePower: 2 * units.Milliwatt, StaticPower: 5 * units.Microwatt, Assumed: "a guess"}
	tests := []struct {
		name      string
		got, want cost.Row
	}{
		// 4 · 3 pJ + 2 mW · 100 ns = 12 pJ + 200 pJ.
		{"actions", c.Dynamic("ADC", "conversion", 4, 100*units.Nanosecond), cost.Row{
			Component: "ADC", Action: "conversion", Kind: cost.Dynamic, Count: 4, Busy: 100 * units.Nanosecond,
			Energy: 212 * units.Picojoule, Assumed: "a guess"}},
		{"no action", c.Dynamic("ADC", "conversion", 0, 0), cost.Row{Component: "ADC", Action: "conversion", Kind: cost.Dynamic, Assumed: "a guess"}},
		// 7 instances · 5 µW · 2 µs = 70 pJ.
		{"leakage", c.Static("ADC", 7, 2*units.Microsecond), cost.Row{
			Component: "ADC", Action: "static", Kind: cost.Leakage, Count: 7, Energy: 70 * units.Picojoule, Assumed: "a guess"}},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: got %+v\nwant %+v", tt.name, tt.got, tt.want)
		}
	}
	if got, want := c.Nameplate(), 2005*units.Microwatt; got != want {
		t.Errorf("nameplate is %v, want %v", got, want)
	}
}

// Energy is power × time in whole attojoules; a half goes to the even side:
// 1 pW · 0.5 µs = 0.5 aJ, 3 pW · 0.5 µs = 1.5 aJ.
func TestTiesOfPowerOverTime(t *testing.T) {
	const half = units.Microsecond / 2
	for _, tt := range []struct {
		power units.Power
		time  units.Time
		want  units.Energy
	}{
		{1, half, 0}, {3, half, 2}, {5, half, 2}, {7, half, 4},
		{1, half + 1, 1}, {1, half - 1, 0}, {3, half - 1, 1},
	} {
		if got := (cost.Cost{ActivePower: tt.power}).Dynamic("c", "a", 1, tt.time).Energy; got != tt.want {
			t.Errorf("%d pW for %d fs take %d aJ, want %d", tt.power, tt.time, got, tt.want)
		}
	}
	// An instance is rounded before it is multiplied: 4 · RHE(1.5 aJ) = 8 aJ.
	if got := (cost.Cost{StaticPower: 3}).Static("c", 4, half).Energy; got != 8 {
		t.Errorf("4 instances of 3 pW for 0.5 µs take %d aJ, want 8", got)
	}
}

func TestTotal(t *testing.T) {
	if got := cost.Total(nil); got != 0 {
		t.Errorf("no rows sum to %d, want 0", got)
	}
	if got := cost.Total([]cost.Row{{Energy: 5}, {Energy: 7}}); got != 12 {
		t.Errorf("5 and 7 sum to %d, want 12", got)
	}
}

// What cannot be held stays at the largest energy and never turns negative.
func TestSaturation(t *testing.T) {
	const most units.Energy = math.MaxInt64
	huge := cost.Cost{Energy: most, ActivePower: math.MaxInt64, StaticPower: math.MaxInt64}
	for name, got := range map[string]units.Energy{
		"actions": huge.Dynamic("c", "a", 2, 1).Energy,
		"both":    huge.Dynamic("c", "a", 1, units.Second).Energy,
		"leakage": huge.Static("c", 1<<40, units.Second).Energy,
		"total":   cost.Total([]cost.Row{{Energy: most}, {Energy: 1}}),
	} {
		if got != most {
			t.Errorf("%s: %d, want %d", name, got, most)
		}
	}
	if got := cost.Total([]cost.Row{{Energy: most - 1}, {Energy: 1}}); got != most {
		t.Errorf("one below the largest and one is %d, want %d", got, most)
	}
}

func TestRead(t *testing.T) {
	def := cost.Cost{Energy: 1, ActivePower: 2, StaticPower: 3, Area: 4, Assumed: "five"}
	read := func(text string) (cost.Cost, error) {
		table, err := config.Parse("c.toml", []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		c := cost.Read(table, def)
		return c, table.Finish()
	}
	if got, err := read(""); err != nil || got != def {
		t.Errorf("empty: %+v, error %v, want the defaults %+v", got, err, def)
	}
	got, err := read("energy = \"1pJ\"\nactive_power = \"2mW\"\nstatic_power = \"3nW\"\narea = \"4um2\"\nassumed = \"all of it\"\n")
	want := cost.Cost{Energy: units.Picojoule, ActivePower: 2 * units.Milliwatt, StaticPower: 3 * units.Nanowatt, Area: 4 * units.SquareMicrometre, Assumed: "all of it"}
	if err != nil || got != want {
		t.Errorf("got %+v, error %v, want %+v", got, err, want)
	}
	_, err = read("energy = \"1ns\"\nactive_power = 2\nassumed = 1\n")
	const faults = "c.toml:1: key energy: \"1ns\" is a time, want an energy such as \"1.6pJ\"\n" +
		"c.toml:2: key active_power is the bare number 2, want a power with its unit such as \"2mW\"\n" +
		"c.toml:3: key assumed is 1, want a string"
	if err == nil || err.Error() != faults {
		t.Errorf("got error\n%v\nwant\n%s", err, faults)
	}
}
