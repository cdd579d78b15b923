package arch

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"bitline/internal/units"
)

// Every total is the sum of the rows that are printed for it, and each level
// enters the next as one row.
func TestBillTotalsAreSumsOfRows(t *testing.T) {
	for _, name := range shipped().Names() {
		b, c := bill(t, name), load(t, name)
		sums := map[Level]Total{}
		for _, r := range b.Rows {
			s := sums[r.Level]
			sums[r.Level] = Total{Power: s.Power + r.Power, Events: s.Events + r.Events, Area: s.Area + r.Area}
		}
		for level, total := range map[Level]Total{LevelIMA: b.IMA, LevelTile: b.Tile, LevelChip: b.Chip} {
			if sums[level] != total {
				t.Errorf("%s %s: rows sum to %+v, total is %+v", name, level, sums[level], total)
			}
		}
		if got, want := find(t, b, LevelTile, "IMA").Power, b.IMA.Power*units.Power(c.Tile.IMAs); got != want {
			t.Errorf("%s: IMAs of a tile %v, want %v", name, got, want)
		}
		if got, want := find(t, b, LevelChip, "tile").Area, b.Tile.Area*units.Area(c.Tiles); got != want {
			t.Errorf("%s: tiles %v, want %v", name, got, want)
		}
	}
}

// Converter j of an IMA serves slice j mod 4; a reconfigurable one costs as much
// as its largest resolution. Under power-law 3 bits cost 2 mW · (8/4)/(256/9) =
// 140.625 µW, 1 bit 2 mW · (2/2)/(256/9) = 70.3125 µW, both half of 1200 µm².
func TestBillDealsConverters(t *testing.T) {
	const three, one, eight = 140625 * units.Nanowatt, 70312500 * units.Picowatt, 2 * units.Milliwatt
	type row struct {
		count int
		spec  string
		power units.Power
		area  units.Area
	}
	const small, large = 600 * units.SquareMicrometre, 1200 * units.SquareMicrometre
	tests := []struct {
		name string
		sets []string
		want []row
	}{
		{"one resolution", []string{"adc.bits=8"}, []row{{8, "8 b, 1.28 GS/s", 8 * eight, 8 * large}}},
		{"two each", []string{"adc.bits=[3,3,3,1]"}, []row{
			{6, "3 b, 3.413 GS/s, slices 0, 1, 2", 6 * three, 6 * small},
			{2, "1 b, 10.24 GS/s, slice 3", 2 * one, 2 * small}}},
		{"one each", []string{"adc.bits=[3,3,3,1]", "adc.per_ima=4"}, []row{
			{3, "3 b, 3.413 GS/s, slices 0, 1, 2", 3 * three, 3 * small},
			{1, "1 b, 10.24 GS/s, slice 3", one, small}}},
		{"a remainder goes to the low slices", []string{"adc.bits=[1,8,8,3]", "adc.per_ima=5"}, []row{
			{2, "1 b, 10.24 GS/s, slice 0", 2 * one, 2 * small},
			{2, "8 b, 1.28 GS/s, slices 1, 2", 2 * eight, 2 * large},
			{1, "3 b, 3.413 GS/s, slice 3", three, small}}},
		{"reconfigurable", []string{"adc.bits=[3,3,3,1]", "adc.kind=reconfigurable", "adc.per_ima=3"}, []row{
			{3, "reconfigurable: 3 b, 3.413 GS/s or 1 b, 10.24 GS/s", 3 * three, 3 * small}}},
		{"found by a rule", []string{"adc.bits=auto"}, []row{{8, "8 b, 1.28 GS/s", 8 * eight, 8 * large}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []row
			for _, r := range bill(t, "bitslice-8bit", tt.sets...).Rows {
				if r.Component == "ADC" {
					got = append(got, row{r.Count, r.Spec, r.Power, r.Area})
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %v\nwant %v", got, tt.want)
			}
		})
	}
}

func TestBillSaysWhatIsAssumed(t *testing.T) {
	tests := []struct {
		sets []string
		want string
	}{
		{[]string{"adc.bits=8"}, ""},
		{[]string{"adc.bits=3"}, "law power-law: a form that reproduces the published ratios at 1 and 3 b"},
		{[]string{"adc.law=linear", "adc.bits=3"}, ""},
		{[]string{"adc.law=sar-isaac", "adc.bits=4"}, ""},
		{[]string{"adc.law=sar-isaac", "adc.bits=3"}, "law sar-isaac extrapolated to 3 b"},
		{[]string{"adc.law=sar-isaac", "adc.kind=reconfigurable", "adc.bits=[4,3,3,1]"}, "law sar-isaac extrapolated to 3 b; law sar-isaac extrapolated to 1 b"},
		{[]string{"adc.bits=auto", "adc.auto=observed"}, "resolution is found by the rule \"observed\": listed at rate_bits = 8"},
	}
	for _, tt := range tests {
		if got := find(t, bill(t, "bitslice-8bit", tt.sets...), LevelIMA, "ADC").Assumed; got != tt.want {
			t.Errorf("%v: assumed %q, want %q", tt.sets, got, tt.want)
		}
	}
}

// Shares of a router add up to whole routers, whatever the number of tiles: 42 mW
// for every started group.
func TestBillCountsWholeRouters(t *testing.T) {
	tests := []struct {
		tiles, share, routers int
	}{{4, 4, 1}, {3, 4, 1}, {5, 4, 2}, {8, 4, 2}, {1, 1, 1}, {7, 7, 1}, {8, 7, 2}, {2, 64, 1}}
	for _, tt := range tests {
		b := bill(t, "bitslice-8bit", fmt.Sprintf("tiles=%d", tt.tiles), fmt.Sprintf("tile.router.tiles=%d", tt.share))
		share := find(t, b, LevelTile, "router")
		got := Total{Power: share.Power * units.Power(tt.tiles), Area: share.Area * units.Area(tt.tiles)}
		for _, r := range b.Rows {
			if r.Component == "router remainder" {
				got = Total{Power: got.Power + r.Power, Area: got.Area + r.Area}
			}
		}
		want := Total{Power: units.Power(tt.routers) * 42 * units.Milliwatt, Area: units.Area(tt.routers) * 151000 * units.SquareMicrometre}
		if got != want {
			t.Errorf("%d tiles, %d a router: routers take %v, want %v", tt.tiles, tt.share, got, want)
		}
	}
}

// An action of the eDRAM is a word of one bank, of which four are moved at a time: as
// long as the bus keeps up, four times as many actions.
func TestBillCountsWordsOfBanks(t *testing.T) {
	one := find(t, bill(t, "isaac-ce-events"), LevelTile, "eDRAM")
	four := find(t, bill(t, "isaac-ce-events", "tile.edram.banks=4"), LevelTile, "eDRAM")
	if one.Events == 0 || math.Abs(float64(four.Events-4*one.Events)) > 4 {
		t.Errorf("the power of actions is %v of one bank and %v of four, want four times as much", one.Events, four.Events)
	}
}

func TestBillShowsEnergyOfUnpoweredParts(t *testing.T) {
	b := bill(t, "bitslice-8bit", "dac.energy=0.417pJ", "dac.active_power=0W")
	if r := find(t, b, LevelIMA, "DAC"); r.Energy != 417*units.Femtojoule || r.Power != 0 {
		t.Errorf("DAC has %v an action and %v, want 417 fJ and none", r.Energy, r.Power)
	}
	if text := describe(t, b); !strings.Contains(text, "417 fJ an action") {
		t.Errorf("no energy per action in\n%s", text)
	}
	// 1024 drivers act once in a step of 100 ns: 4.27 mW, which the peak is charged.
	r, zero := find(t, b, LevelIMA, "DAC"), bill(t, "bitslice-8bit", "dac.active_power=0W")
	if r.Events != 1024*4170*units.Nanowatt || b.Chip.Events != 16*r.Events || b.Chip.Power != zero.Chip.Power {
		t.Errorf("drivers take %v and the chip's actions %v, want 4.27 mW and 16 times that", r.Events, b.Chip.Events)
	}
	watts := (b.Chip.Power + b.Chip.Events).Milliwatts() / 1e3
	if want := b.Peak.TOPS * 1e3 / watts; math.Abs(b.Peak.GOPSPerWatt/want-1) > 1e-12 {
		t.Errorf("%g GOPS/W, want %g with the power of actions", b.Peak.GOPSPerWatt, want)
	}
}

// Parts without timing are rows of their level: 2 · 3 mW in each of 4 · 4 IMAs, 5 mW
// in each of 4 tiles, 7 mW on the chip.
func TestBillCountsParts(t *testing.T) {
	base := bill(t, "bitslice-8bit")
	b := bill(t, "bitslice-8bit", `ima.part=[{name="control", count=2, active_power="3mW", area="1um2"}]`,
		`tile.part=[{name="memory", static_power="5mW"}]`, `part=[{name="clock", active_power="7mW", assumed="a guess"}]`)
	if got, want := b.Chip.Power-base.Chip.Power, (4*4*2*3+4*5+7)*units.Milliwatt; got != want {
		t.Errorf("parts take %v, want %v", got, want)
	}
	if got, want := b.Chip.Area-base.Chip.Area, 4*4*2*units.SquareMicrometre; got != want {
		t.Errorf("parts take %v, want %v", got, want)
	}
	if r := find(t, b, LevelChip, "clock"); r.Assumed != "a guess" || r.Count != 1 {
		t.Errorf("clock is %+v, want one, assumed", r)
	}
	if r := find(t, b, LevelIMA, "control"); r.Count != 2 || r.Power != 6*units.Milliwatt {
		t.Errorf("control is %+v, want 2 of 3 mW", r)
	}
}

func TestBillRefusesWhatDoesNotFit(t *testing.T) {
	tests := []struct {
		name string
		sets []string
		want string
	}{
		// 168 · 12 · 8 · 1 kW is 16 MW.
		{"product", []string{"adc.power=1000W"}, "bill of chip isaac-ce: tile exceeds the largest power (9.2 MW) or area (9.2 m²)"},
		// 5 MW of eDRAM and 5 MW of bus in one tile.
		{"sum", []string{"tile.edram.active_power=5000000W", "tile.bus.active_power=5000000W"},
			"bill of chip isaac-ce: eDRAM-to-IMA bus exceeds the largest power (9.2 MW) or area (9.2 m²)"},
	}
	for _, tt := range tests {
		_, err := load(t, "isaac-ce", tt.sets...).Bill()
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: got error %v, want %s", tt.name, err, tt.want)
		}
	}
	slow := load(t, "isaac-ce")
	slow.Crossbar.ReadLatency = 9000 * units.Second // more than Read accepts
	const want = "peak of chip isaac-ce: 16 steps of an MVM take longer than 4611 s"
	if _, err := slow.Bill(); err == nil || err.Error() != want {
		t.Errorf("slow read: got error %v, want %s", err, want)
	}
}

func TestProduct(t *testing.T) {
	tests := []struct {
		v, n, want int64
		ok         bool
	}{
		{0, 5, 0, true}, {5, 0, 0, true}, {3, 4, 12, true},
		{math.MaxInt64, 1, math.MaxInt64, true}, {math.MaxInt64/2 + 1, 2, 0, false}, {math.MaxInt64, 3, 0, false},
		{1 << 32, 1 << 32, 0, false}, {-1, 2, 0, false},
	}
	for _, tt := range tests {
		got, ok := product(tt.v, tt.n)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("product(%d, %d) = %d, %v, want %d, %v", tt.v, tt.n, got, ok, tt.want, tt.ok)
		}
	}
}
