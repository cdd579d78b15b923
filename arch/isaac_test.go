package arch

import (
	"math"
	"testing"
)

// The published figures of ISAAC-CE (Shafiee et al., ISCA 2016, tables I and IV)
// that close: they are sums and ratios of numbers that the configuration holds.
// Stage counts and intervals of networks are predictions, tested elsewhere.
func TestISAACCloses(t *testing.T) {
	b := bill(t, "isaac-ce")
	adc, imas := find(t, b, LevelIMA, "ADC"), find(t, b, LevelTile, "IMA")
	share := func(part, whole int64) float64 { return 100 * float64(part) / float64(whole) }
	tests := []struct {
		name      string
		got, want float64
		within    float64 // relative
	}{
		{"closes: IMA power, mW", b.IMA.Power.Milliwatts(), 24.08, 0.005},
		{"closes: IMA area, mm²", b.IMA.Area.SquareMillimetres(), 0.01312, 0.005},
		{"closes: tile power, mW", b.Tile.Power.Milliwatts(), 329.8, 0.005},
		{"closes: tile area, mm²", b.Tile.Area.SquareMillimetres(), 0.3723, 0.005},
		{"closes: 12 IMAs, mW", imas.Power.Milliwatts(), 289, 0.005},
		{"closes: 12 IMAs, mm²", imas.Area.SquareMillimetres(), 0.157, 0.005},
		{"closes: tile without IMAs, mW", (b.Tile.Power - imas.Power).Milliwatts(), 40.9, 0.005},
		{"closes: tile without IMAs, mm²", (b.Tile.Area - imas.Area).SquareMillimetres(), 0.215, 0.005},
		{"closes: chip power, W", b.Chip.Power.Milliwatts() / 1e3, 65.8, 0.005},
		{"closes: chip area, mm²", b.Chip.Area.SquareMillimetres(), 85.4, 0.005},
		{"closes: links, W", b.IO.Power.Milliwatts() / 1e3, 10.4, 0},
		{"closes: links, mm²", b.IO.Area.SquareMillimetres(), 22.88, 0},
		{"closes: peak, TOPS", b.Peak.TOPS, 41.29, 0.005},
		{"closes: peak, GOPS/W", b.Peak.GOPSPerWatt, 627.5, 0.005},
		// 41,288 GOPS / 85.4 mm² is 483.5; the paper prints 478.95, 0.9 % less,
		// which its own totals do not give.
		{"closes: peak by the published area, GOPS/s/mm²", b.Peak.GOPSPerSquareMillimetre, 483.5, 0.005},
		{"0.9 % off: peak as printed, GOPS/s/mm²", b.Peak.GOPSPerSquareMillimetre, 478.95, 0.01},
		// Printed as whole per cents: 57.5 to 58.5 and so on.
		{"closes: ADC share of tile power, %", share(12*int64(adc.Power), int64(b.Tile.Power)), 58, 0.5 / 58},
		{"closes: ADC share of tile area, %", share(12*int64(adc.Area), int64(b.Tile.Area)), 31, 0.5 / 31},
		{"closes: ADC share of chip power, %", share(168*12*int64(adc.Power), int64(b.Chip.Power)), 49, 0.5 / 49},
	}
	for _, tt := range tests {
		if off := math.Abs(tt.got-tt.want) / tt.want; !(off <= tt.within) {
			t.Errorf("%s: got %.6g, want %.6g within %.2g %%, off by %.3g %%", tt.name, tt.got, tt.want, 100*tt.within, 100*off)
		}
	}
}

// Table I row by row, to the digits that it prints.
func TestISAACRowsClose(t *testing.T) {
	b := bill(t, "isaac-ce")
	tests := []struct {
		level       Level
		component   string
		count       int
		mw, mm2     float64
		halfMM2Step float64 // half of the last printed digit
	}{
		{LevelIMA, "ADC", 8, 16, 0.0096, 0.00005},
		{LevelIMA, "DAC", 1024, 4, 0.00017, 0.000005},
		{LevelIMA, "sample-and-hold", 1024, 0.01, 0.00004, 0.000005},
		{LevelIMA, "crossbar", 8, 2.4, 0.0002, 0.00005},
		{LevelIMA, "shift-and-add", 4, 0.2, 0.00024, 0.000005},
		{LevelIMA, "input register", 1, 1.24, 0.0021, 0.00005},
		{LevelIMA, "output register", 1, 0.23, 0.00077, 0.000005},
		{LevelTile, "IMA", 12, 289, 0.157, 0.0005},
		{LevelTile, "eDRAM", 1, 20.7, 0.083, 0.0005},
		{LevelTile, "eDRAM-to-IMA bus", 1, 7, 0.090, 0.0005},
		{LevelTile, "router", 1, 10.5, 0.0378, 0.0001},
		{LevelTile, "activation", 2, 0.52, 0.0006, 0.00005},
		{LevelTile, "shift-and-add", 1, 0.05, 0.00006, 0.000005},
		{LevelTile, "max-pool", 1, 0.4, 0.00024, 0.000005},
		{LevelTile, "output register", 1, 1.68, 0.0032, 0.00005},
		{LevelChip, "tile", 168, 55400, 62.5, 0.05},
		{LevelChip, "I/O link", 4, 10400, 22.88, 0.005},
	}
	for _, tt := range tests {
		r := find(t, b, tt.level, tt.component)
		if r.Count != tt.count {
			t.Errorf("%s %s: count %d, want %d", tt.level, tt.component, r.Count, tt.count)
		}
		if got := r.Power.Milliwatts(); math.Abs(got-tt.mw) > 0.0005*tt.mw {
			t.Errorf("%s %s: %.6g mW, want %.6g", tt.level, tt.component, got, tt.mw)
		}
		if got := r.Area.SquareMillimetres(); math.Abs(got-tt.mm2) > tt.halfMM2Step {
			t.Errorf("%s %s: %.6g mm², want %.6g", tt.level, tt.component, got, tt.mm2)
		}
	}
}

// find is the only row of that level and component.
func find(t *testing.T, b Bill, level Level, component string) Row {
	t.Helper()
	var found []Row
	for _, r := range b.Rows {
		if r.Level == level && r.Component == component {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s has %d rows %s %s, want 1", b.Name, len(found), level, component)
	}
	return found[0]
}
