package crossbar_test

import (
	"strings"
	"testing"

	"bitline/crossbar"
	"bitline/internal/units"
)

func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

// TestRead follows each law on both sides of the size that the time is given for,
// 100 ns with 128 wordlines.
func TestRead(t *testing.T) {
	cases := []struct {
		law       crossbar.ReadLaw
		wordlines int
		want      units.Time
	}{
		{crossbar.ConstantRead, 64, 100 * units.Nanosecond},
		{crossbar.ConstantRead, 256, 100 * units.Nanosecond},
		{crossbar.LinearRead, 64, 50 * units.Nanosecond},
		{crossbar.LinearRead, 128, 100 * units.Nanosecond},
		{crossbar.LinearRead, 256, 200 * units.Nanosecond},
		{crossbar.RCRead, 64, 25 * units.Nanosecond},
		{crossbar.RCRead, 128, 100 * units.Nanosecond},
		{crossbar.RCRead, 256, 400 * units.Nanosecond},
		// 100 ns / 128² = 6103.515625 fs, rounded once.
		{crossbar.RCRead, 1, 6104 * units.Femtosecond},
		{crossbar.RCRead, 4096, 102400 * units.Nanosecond},
	}
	for _, c := range cases {
		s := crossbar.DefaultSpec()
		s.ReadLaw, s.Wordlines = c.law, c.wordlines
		if got := s.Read(); got != c.want {
			t.Errorf("%s with %d wordlines: read takes %v, want %v", c.law, c.wordlines, got, c.want)
		}
	}
}

// TestDefaultCosts closes on the totals of ISAAC's table I: 8 arrays take 2.4 mW
// and 0.0002 mm², 8·128 drivers 4 mW and 0.00017 mm², each to a part in 3000, the
// rounding of a cell's area to a square nanometre.
func TestDefaultCosts(t *testing.T) {
	array, driver := crossbar.DefaultSpec().Cost(), crossbar.DefaultDAC()
	cases := []struct {
		name      string
		got, want int64
	}{
		{"arrays' power", 8 * int64(array.ActivePower), int64(2400 * units.Microwatt)},
		{"arrays' area", 8 * int64(array.Area), int64(200 * units.SquareMicrometre)},
		{"drivers' power", 1024 * int64(driver.Cost.ActivePower), int64(4 * units.Milliwatt)},
		{"drivers' area", 1024 * int64(driver.Cost.Area), int64(170 * units.SquareMicrometre)},
	}
	for _, c := range cases {
		if off := c.got - c.want; 3000*off > c.want || 3000*off < -c.want {
			t.Errorf("%s: got %d, want %d", c.name, c.got, c.want)
		}
	}
	if driver.Bits != 1 {
		t.Errorf("driver of %d bits, want 1", driver.Bits)
	}
}

// TestCost scales with the cells: 4 wordlines by 6 bitlines are 24.
func TestCost(t *testing.T) {
	s := crossbar.Spec{Wordlines: 4, Bitlines: 6, CellPower: 10 * units.Picowatt, CellArea: 3 * units.SquareNanometre, Assumed: "a guess"}
	c := s.Cost()
	if c.ActivePower != 240*units.Picowatt || c.Area != 72*units.SquareNanometre || c.Assumed != "a guess" || c.Energy != 0 || c.StaticPower != 0 {
		t.Errorf("cost %+v, want 240 pW active, 72 nm² and the assumption", c)
	}
}

// TestReadSpec reads whole tables.
func TestReadSpec(t *testing.T) {
	root := parse(t, `
[crossbar]
wordlines = 256
bitlines = 64
cell_bits = 4
read_latency = "50ns"
read_law = "rc"
read_wordlines = 64
cell_power = "20nW"
cell_area = "0.002um2"
assumed = "a guess"
[dac]
bits = 2
active_power = "8uW"
`)
	want := crossbar.Spec{
		Wordlines: 256, Bitlines: 64, CellBits: 4, ReadLatency: 50 * units.Nanosecond, ReadLaw: crossbar.RCRead, ReadWordlines: 64,
		CellPower: 20 * units.Nanowatt, CellArea: 2000 * units.SquareNanometre, Charge: crossbar.WholeArray, Assumed: "a guess",
	}
	if got := crossbar.ReadSpec(root.Table("crossbar")); got != want {
		t.Errorf("read %+v, want %+v", got, want)
	}
	d := crossbar.ReadDAC(root.Table("dac"))
	if d.Bits != 2 || d.Cost.ActivePower != 8*units.Microwatt || d.Cost.Area != crossbar.DefaultDAC().Cost.Area {
		t.Errorf("read driver %+v, want 2 bits, 8 µW and the default area", d)
	}
	if got := crossbar.ReadSpec(root.Table("absent")); got != crossbar.DefaultSpec() {
		t.Errorf("an absent table reads as %+v, want the defaults", got)
	}
	if err := root.Finish(); err != nil {
		t.Error(err)
	}
}

// TestReadSpecFaults reports every fault of both tables at once.
func TestReadSpecFaults(t *testing.T) {
	root := parse(t, `[crossbar]
wordlines = 0
bitlines = 4097
cell_bits = 5
read_latency = "0ns"
read_law = "cubic"
read_wordlines = "all"
cell_power = 20
[dac]
bits = 3
`)
	crossbar.ReadSpec(root.Table("crossbar"))
	crossbar.ReadDAC(root.Table("dac"))
	checkFaults(t, root, []string{
		`chip.toml:2: key crossbar.wordlines is 0, want 1 to 4096`,
		`chip.toml:3: key crossbar.bitlines is 4097, want 1 to 4096`,
		`chip.toml:4: key crossbar.cell_bits is 5, want 1 to 4`,
		`chip.toml:5: key crossbar.read_latency is 0, want a positive time such as "100ns"`,
		`chip.toml:6: key crossbar.read_law is "cubic", want constant | linear | rc`,
		`chip.toml:7: key crossbar.read_wordlines is "all", want an integer 1 to 4096`,
		`chip.toml:8: key crossbar.cell_power is the bare number 20, want a power with its unit such as "2mW"`,
		`chip.toml:10: key dac.bits is 3, want 1 to 2`,
	})
}
