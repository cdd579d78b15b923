package crossbar_test

import (
	"math"
	"testing"

	"bitline/crossbar"
	"bitline/internal/config"
	"bitline/internal/units"
)

func near(got, want float64) bool { return math.Abs(got-want) <= 1e-12*math.Abs(want) }

// published is the preset of that name.
func published(t *testing.T, name string) crossbar.Programming {
	t.Helper()
	for _, p := range crossbar.Presets() {
		if p.Preset == name {
			return p
		}
	}
	t.Fatalf("no preset %s", name)
	return crossbar.Programming{}
}

// Ten arrays of 4 × 8 cells with 100 cells in use on 3 tiles, two at a time on
// each; a write takes 10 ns and 3 pJ, two writes a cell.
//
//	a tile holds at most ⌈10/3⌉ = 4 arrays, in 2 rounds
//	rows at once: 4 rows · 2 · 10 ns = 80 ns an array, 160 ns in all; 2 · 3 arrays · 8 cells · 3 pJ / 10 ns = 14.4 mW
//	cell by cell: 32 cells · 2 · 10 ns = 640 ns an array, 1.28 µs; 6 · 3 pJ / 10 ns = 1.8 mW
//	energy: 100 · 2 · 3 pJ = 600 pJ
//	an array of 32 cells: 2 · 10 ns · 32/16384 = 39.0625 ps; 100 · 2 · 3 pJ / 16384
//	wear: 2 writes of 10^3 to 10^6
func TestLoad(t *testing.T) {
	s := crossbar.Spec{Wordlines: 4, Bitlines: 8}
	p := crossbar.Programming{
		Unit: crossbar.PerCell, Time: 10 * units.Nanosecond, Energy: 3 * units.Picojoule, RowParallel: true,
		Pulses: 2, ArraysPerTile: 2, EnduranceLow: 1e3, EnduranceHigh: 1e6,
	}
	serial, whole := p, p
	serial.RowParallel = false
	whole.Unit, whole.RowParallel = crossbar.PerArray, false
	tests := []struct {
		name   string
		p      crossbar.Programming
		time   units.Time
		joules float64
		peak   units.Power
	}{
		{"rows at once", p, 160 * units.Nanosecond, 600e-12, 14400 * units.Microwatt},
		{"cell by cell", serial, 1280 * units.Nanosecond, 600e-12, 1800 * units.Microwatt},
		{"by array", whole, 78124 * units.Femtosecond, 600e-12 / 16384, 1800 * units.Microwatt},
	}
	for _, tt := range tests {
		l := tt.p.Load(s, crossbar.Written{Arrays: 10, Cells: 100, Tiles: 3, Fullest: 4})
		if l.Time != tt.time || !near(l.Joules, tt.joules) || l.PeakPower != tt.peak {
			t.Errorf("%s: %v, %g J, %v, want %v, %g J, %v", tt.name, l.Time, l.Joules, l.PeakPower, tt.time, tt.joules, tt.peak)
		}
		if !near(l.WearLow, 2e-6) || !near(l.WearHigh, 2e-3) || l.LoadsLow != 500 || l.LoadsHigh != 5e5 {
			t.Errorf("%s: wear %g to %g, %g to %g loads, want 2e-06 to 0.002, 500 to 500000", tt.name, l.WearLow, l.WearHigh, l.LoadsLow, l.LoadsHigh)
		}
	}
	// One array on many tiles is written by one of them.
	if l := p.Load(s, crossbar.Written{Arrays: 1, Cells: 32, Tiles: 100, Fullest: 1}); l.Time != 80*units.Nanosecond || l.PeakPower != 2400*units.Microwatt {
		t.Errorf("one array: %v and %v, want 80 ns and 2.4 mW", l.Time, l.PeakPower)
	}
	// The fullest tile decides, whatever the others hold: 12 arrays 4 + 4 + 4 take two
	// rounds, 5 + 4 + 3 three, and 10 + 1 + 1 five.
	for _, tt := range []struct {
		arrays, fullest int64
		want            units.Time
	}{{6, 2, 80 * units.Nanosecond}, {7, 3, 160 * units.Nanosecond}, {12, 4, 160 * units.Nanosecond}, {12, 5, 240 * units.Nanosecond}, {12, 10, 400 * units.Nanosecond}} {
		if l := p.Load(s, crossbar.Written{Arrays: tt.arrays, Tiles: 3, Fullest: tt.fullest}); l.Time != tt.want || l.Joules != 0 {
			t.Errorf("%d arrays on 3 tiles, %d on one: %v and %g J, want %v and none", tt.arrays, tt.fullest, l.Time, l.Joules, tt.want)
		}
	}
	// 2^16 writes of 10 ms for each of 16384 cells last longer than a time can say.
	long := crossbar.Programming{Unit: crossbar.PerCell, Time: 10 * units.Millisecond, Pulses: 1 << 16, ArraysPerTile: 1, EnduranceLow: 1, EnduranceHigh: 1}
	if l := long.Load(crossbar.DefaultSpec(), crossbar.Written{Arrays: 2, Tiles: 1, Fullest: 2}); l.Time != math.MaxInt64 {
		t.Errorf("a load that lasts too long takes %v, want the longest time", l.Time)
	}
}

// VGG-16 with 16-bit offset weights takes 67,576 arrays (facts of ISAAC's capacity);
// loading all their cells is between a millijoule and joules.
//
//	puma       67576 · 23 nJ = 1.554 mJ
//	cimloop    67576 · 16384 · 49 pJ = 54.25 mJ
//	prime      … 160 pJ = 177.1 mJ
//	pipelayer  … 3.91 nJ = 4.329 J
func TestPresetsSpanOrdersOfMagnitude(t *testing.T) {
	const arrays = 67576
	want := map[string]float64{"puma": 1.554e-3, "cimloop": 54.25e-3, "prime": 177.1e-3, "pipelayer": 4.329}
	for _, p := range crossbar.Presets() {
		l := p.Load(crossbar.DefaultSpec(), crossbar.Written{Arrays: arrays, Cells: arrays * 128 * 128, Tiles: 5 * 168, Fullest: 96})
		if math.Abs(l.Joules/want[p.Preset]-1) > 5e-4 {
			t.Errorf("closes: %s loads VGG-16 with %.5g J, want %.4g", p.Preset, l.Joules, want[p.Preset])
		}
	}
	// 11 µs an array of PUMA's; 128 rows of PipeLayer's 50.88 ns.
	s := crossbar.DefaultSpec()
	if got := published(t, "puma").ArrayTime(s); got != 11*units.Microsecond {
		t.Errorf("puma writes an array in %v, want 11 µs", got)
	}
	if got := published(t, "pipelayer").ArrayTime(s); got != 6512640*units.Picosecond {
		t.Errorf("pipelayer writes an array in %v, want 128 · 50.88 ns", got)
	}
}

// A load of 1 µJ is paid for by 4 inferences of 300 nJ, by 4 of 250 nJ and by 5 of
// a little less.
func TestPaysAfter(t *testing.T) {
	l := crossbar.Load{Joules: 1e-6}
	for _, tt := range []struct {
		inference units.Energy
		want      float64
	}{{300 * units.Nanojoule, 4}, {250 * units.Nanojoule, 4}, {249 * units.Nanojoule, 5}, {units.Millijoule, 1}, {0, 0}} {
		if got := l.PaysAfter(tt.inference); got != tt.want {
			t.Errorf("inferences of %v: %g, want %g", tt.inference, got, tt.want)
		}
	}
}

func TestReadProgramming(t *testing.T) {
	read := func(body string) (crossbar.Programming, []string) {
		root, err := config.Parse("chip.toml", []byte("[programming]\n"+body), nil)
		if err != nil {
			t.Fatal(err)
		}
		p := crossbar.ReadProgramming(root.Table("programming"))
		return p, lines(root.Finish())
	}
	if got, faults := read(""); faults != nil || got != crossbar.DefaultProgramming() {
		t.Errorf("read %+v with faults %q, want the default", got, faults)
	}
	got, faults := read("preset = \"pipelayer\"\nenergy = \"1nJ\"\npulses = 5\nrow_parallel = false\narrays_per_tile = 4\nendurance = [1e5, 1e9]\nassumed = \"a guess\"\n")
	want := published(t, "pipelayer")
	want.Energy, want.EnergyMark, want.Pulses, want.RowParallel, want.ArraysPerTile = units.Nanojoule, crossbar.MarkOwn, 5, false, 4
	want.EnduranceLow, want.EnduranceHigh, want.EnduranceMark, want.Assumed = 1e5, 1e9, crossbar.MarkOwn, "a guess"
	if faults != nil || got != want {
		t.Errorf("read %+v with faults %q, want %+v", got, faults, want)
	}
	if text := got.Marks(); text != "[time R, energy own]" {
		t.Errorf("marks are %s, want [time R, energy own]", text)
	}
	own, faults := read("preset = \"own\"\nunit = \"array\"\ntime = \"1us\"\nenergy = \"0J\"\n")
	if faults != nil || own.Unit != crossbar.PerArray || own.Time != units.Microsecond || own.Marks() != "[own]" {
		t.Errorf("read %+v with faults %q, want 1 µs an array", own, faults)
	}
	for _, tt := range []struct{ body, want string }{
		{"preset = \"isaac\"\n", `chip.toml:2: key programming.preset is "isaac", want prime | pipelayer | puma | cimloop | own`},
		{"preset = \"own\"\nenergy = \"1pJ\"\n", "chip.toml:1: key programming.time is missing"},
		{"time = \"0ns\"\n", "chip.toml:2: key programming.time is 0 s, want 1 fs to 10 ms"},
		{"time = \"1s\"\n", "chip.toml:2: key programming.time is 1 s, want 1 fs to 10 ms"},
		{"unit = \"array\"\nrow_parallel = true\n", `chip.toml:3: key programming.row_parallel is given with unit = "array", whose time is that of all its rows`},
		{"endurance = [1e9, 1e3]\n", "chip.toml:2: key programming.endurance is [1e+09 1000], want the least and the largest number of writes such as [1e6, 1e12]"},
		{"endurance = [1e9]\n", "chip.toml:2: key programming.endurance is [1e+09], want the least and the largest number of writes such as [1e6, 1e12]"},
		{"pulses = 0\n", "chip.toml:2: key programming.pulses is 0, want 1 to 65536"},
	} {
		if _, faults := read(tt.body); len(faults) != 1 || faults[0] != tt.want {
			t.Errorf("%q: faults %q, want %q", tt.body, faults, tt.want)
		}
	}
}

// Costs follow the cells, the wordlines and the bitlines of an array of another
// shape: 64 · 32 cells of 3 pW, 64 wordlines of 100 pW, 32 bitlines of 1 nW.
func TestCostFollowsSize(t *testing.T) {
	s := crossbar.Spec{
		Wordlines: 64, Bitlines: 32, CellPower: 3, WordlinePower: 100, BitlinePower: 1000,
		CellArea: 5, WordlineArea: 200, BitlineArea: 3000, CellEnergy: 7,
	}
	c := s.Cost()
	if want := units.Power(64*32*3 + 64*100 + 32*1000); c.ActivePower != want {
		t.Errorf("power %d pW, want %d", c.ActivePower, want)
	}
	if want := units.Area(64*32*5 + 64*200 + 32*3000); c.Area != want {
		t.Errorf("area %d nm², want %d", c.Area, want)
	}
	if c.Energy != 64*32*7 {
		t.Errorf("a read takes %d aJ, want %d", c.Energy, 64*32*7)
	}
	// Twice the wordlines cost twice the cells and wordlines and no more bitlines.
	s.Wordlines = 128
	if want := units.Power(128*32*3 + 128*100 + 32*1000); s.Cost().ActivePower != want {
		t.Errorf("power of 128 wordlines %d pW, want %d", s.Cost().ActivePower, want)
	}
	// What does not fit saturates.
	s = crossbar.Spec{Wordlines: 4096, Bitlines: 4096, CellPower: math.MaxInt64 / 2, WordlinePower: 1, BitlinePower: 1}
	if got := s.Cost().ActivePower; got != math.MaxInt64 {
		t.Errorf("power of an impossible array %d, want the largest", got)
	}
}
