package tile_test

import (
	"reflect"
	"testing"

	"bitline/internal/config"
	"bitline/internal/units"
	"bitline/tile"
)

func parse(t *testing.T, text string) *config.Table {
	t.Helper()
	table, err := config.Parse("chip.toml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// A pool's units share its operations; the time is that of the whole, rounded
// once: 3 at 1.2 GHz take 2.5 ns, 1 takes 833333.3 fs.
func TestUnitDuration(t *testing.T) {
	for _, tt := range []struct {
		count int
		rate  units.Frequency
		n     int64
		want  units.Time
	}{
		{1, 1200 * units.Megahertz, 3, 2500 * units.Picosecond},
		{1, 1200 * units.Megahertz, 1, 833333},
		{2, 1200 * units.Megahertz, 3, 1250 * units.Picosecond},
		{4, 2560 * units.Megahertz, 1024, 100 * units.Nanosecond},
		{4, 2560 * units.Megahertz, 0, 0},
	} {
		if got := (tile.Unit{Count: tt.count, Rate: tt.rate}).Duration(tt.n); got != tt.want {
			t.Errorf("%d units of %v do %d operations in %d fs, want %d", tt.count, tt.rate, tt.n, got, tt.want)
		}
	}
}

// A transfer moves a whole width, both sides of the edge.
func TestChannel(t *testing.T) {
	port := tile.Channel{Width: 256, Clock: 320 * units.Megahertz}
	for _, tt := range []struct {
		bits, transfers int64
		want            units.Time
	}{
		{0, 0, 0}, {1, 1, 3125 * units.Picosecond}, {256, 1, 3125 * units.Picosecond}, {257, 2, 6250 * units.Picosecond},
		{8192, 32, 100 * units.Nanosecond}, // 1 KB in a stage of 100 ns
	} {
		if n, d := port.Transfers(tt.bits), port.Duration(tt.bits); n != tt.transfers || d != tt.want {
			t.Errorf("%d bits take %d transfers and %v, want %d and %v", tt.bits, n, d, tt.transfers, tt.want)
		}
	}
}

// The defaults are ISAAC's: its rates close on a stage of 100 ns, and the parts
// of a tile sum to table I's 55.98 mW (one of four routers' 42 mW among them,
// divided) and to its area without IMAs.
func TestDefaultsAreISAACs(t *testing.T) {
	m, s := tile.DefaultIMA(), tile.DefaultSpec()
	if got := m.ShiftAdd.Duration(8 * 128); got != 100*units.Nanosecond {
		t.Errorf("shift-and-add of 1024 codes takes %v, want 100 ns", got)
	}
	if got := s.EDRAMPort.Duration(8 * 1024); got != 100*units.Nanosecond {
		t.Errorf("1 KB of eDRAM takes %v, want 100 ns", got)
	}
	// eDRAM 20.7, bus 7, router 42/4, sigmoid 0.52, S+A 0.05, max-pool 0.4, OR 1.68.
	power := s.EDRAM.Cost.Nameplate() + s.Bus.Cost.Nameplate() + s.Router.Cost.Nameplate()/units.Power(s.RouterShare) +
		s.Activation.Cost.Nameplate()*units.Power(s.Activation.Count) + s.ShiftAdd.Cost.Nameplate() + s.MaxPool.Cost.Nameplate() + s.OutputRegister.Cost.Nameplate()
	if want := 40850 * units.Microwatt; power != want {
		t.Errorf("the parts of a tile take %v, want %v", power, want)
	}
}

func TestReadOverDefaults(t *testing.T) {
	table := parse(t, "[tile]\nimas = 3\n[tile.bus]\nwidth = 64\n[ima]\ncrossbars = 2\n[ima.shift_add]\nrate = \"1GHz\"\nenergy = \"1pJ\"\n")
	wantIMA, wantTile := tile.DefaultIMA(), tile.DefaultSpec()
	wantIMA.Crossbars, wantIMA.ShiftAdd.Rate, wantIMA.ShiftAdd.Cost.Energy = 2, units.Gigahertz, units.Picojoule
	wantTile.IMAs, wantTile.Bus.Width = 3, 64
	if got := tile.ReadIMA(table.Table("ima")); !reflect.DeepEqual(got, wantIMA) {
		t.Errorf("IMA is %+v\nwant %+v", got, wantIMA)
	}
	if got := tile.ReadSpec(table.Table("tile")); !reflect.DeepEqual(got, wantTile) {
		t.Errorf("tile is %+v\nwant %+v", got, wantTile)
	}
	if err := table.Finish(); err != nil {
		t.Error(err)
	}
}

func TestReadFaults(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"ima", "[ima]\ncrossbars = 0\nhold_depth = 2\noutput_bits = 65\n",
			"chip.toml:2: key ima.crossbars is 0, want 1 to 4096\n" +
				"chip.toml:3: key ima.hold_depth is 2, want 1 to 1\n" +
				"chip.toml:4: key ima.output_bits is 65, want 1 to 64"},
		{"units", "[ima.shift_add]\ncount = 0\nrate = \"999kHz\"\n[tile.activation]\nrate = 1\n",
			"chip.toml:2: key ima.shift_add.count is 0, want 1 to 4096\n" +
				"chip.toml:3: key ima.shift_add.rate is 999 kHz, want 1 MHz to 1000 GHz\n" +
				"chip.toml:5: key tile.activation.rate is the bare number 1, want a frequency with its unit such as \"1.28GHz\""},
		{"buffers", "[tile.edram]\nbytes = 0\n[tile.output_register]\nbytes = 2000000000\n",
			"chip.toml:2: key tile.edram.bytes is 0, want 1 to 1073741824\n" +
				"chip.toml:4: key tile.output_register.bytes is 2000000000, want 1 to 1073741824"},
		{"channels", "[tile.bus]\nwidth = 65537\nclock = \"1001GHz\"\n[tile.router]\ntiles = 0\n",
			"chip.toml:2: key tile.bus.width is 65537, want 1 to 65536\n" +
				"chip.toml:3: key tile.bus.clock is 1001 GHz, want 1 MHz to 1000 GHz\n" +
				"chip.toml:5: key tile.router.tiles is 0, want 1 to 4096"},
		{"unknown keys", "[tile]\nima = 3\n[tile.edram]\nwidth = 2\n",
			"chip.toml:2: unknown key tile.ima, did you mean tile.imas?\n" +
				"chip.toml:4: unknown key tile.edram.width"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table := parse(t, tt.text)
			tile.ReadIMA(table.Table("ima"))
			tile.ReadSpec(table.Table("tile"))
			if err := table.Finish(); err == nil || err.Error() != tt.want {
				t.Errorf("got\n%v\nwant\n%s", err, tt.want)
			}
		})
	}
	// Both ends of a range are in it.
	table := parse(t, "[tile.bus]\nclock = \"1MHz\"\n[tile.router]\nclock = \"1000GHz\"\n")
	tile.ReadSpec(table.Table("tile"))
	if err := table.Finish(); err != nil {
		t.Error(err)
	}
}
