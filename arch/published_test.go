package arch

import (
	"math"
	"testing"

	"bitline/adc"
	"bitline/internal/units"
)

// figure is one published or worked-out number beside the project's.
type figure struct {
	name      string
	got, want float64
	within    float64 // relative
}

func checkFigures(t *testing.T, figures []figure) {
	t.Helper()
	for _, f := range figures {
		if off := math.Abs(f.got-f.want) / f.want; !(off <= f.within) {
			t.Errorf("%s: got %.6g, want %.6g within %.2g %%, off by %.3g %%", f.name, f.got, f.want, 100*f.within, 100*off)
		}
	}
}

// ISAAC's energy for a 16-bit multiply-accumulate by component: its table's power
// over 122.88 GMAC/s a tile, in femtojoules.
func TestISAACEnergyPerMACCloses(t *testing.T) {
	b := bill(t, "isaac-ce")
	of := func(level Level, component string) float64 {
		for _, m := range b.PerMAC {
			if m.Level == level && m.Component == component {
				return m.Nameplate
			}
		}
		t.Errorf("no energy of %s %s", level, component)
		return 0
	}
	whole, without := b.PerMACTotal()
	rest := of(LevelTile, "activation") + of(LevelTile, "shift-and-add") + of(LevelTile, "max-pool") + of(LevelTile, "output register") + of(LevelIMA, "sample-and-hold")
	checkFigures(t, []figure{
		{"closes: ADC", of(LevelIMA, "ADC"), 1562.5, 1e-4},
		{"closes: DAC", of(LevelIMA, "DAC"), 390.6, 1e-3},
		{"closes: arrays", of(LevelIMA, "crossbar"), 234.4, 1e-3},
		{"closes: eDRAM", of(LevelTile, "eDRAM"), 168.5, 1e-3},
		{"closes: input register", of(LevelIMA, "input register"), 121.1, 1e-3},
		{"closes: router", of(LevelTile, "router"), 85.4, 1e-3},
		{"closes: bus", of(LevelTile, "eDRAM-to-IMA bus"), 57.0, 1e-3},
		{"closes: IMA output register", of(LevelIMA, "output register"), 22.5, 2e-3},
		{"closes: IMA shift-and-add", of(LevelIMA, "shift-and-add"), 19.5, 2e-3},
		{"closes: rest of the tile", rest, 22.5, 5e-3},
		{"closes: sum", without, 2684, 1e-4},
		{"closes: sum with HyperTransport", whole, 3187, 5e-4},
	})
}

// The second account of ISAAC: published energies of actions, each part acting as
// often as its clock and the peak allow. Powers of a tile, which the nameplate has
// as 20.7, 7, 10.5 mW, and so on:
//
//	ADC     1.667 pJ · 1.28 GS/s, against 2 mW; the figures are powers over 1.2 GS/s
//	DAC     0.417 pJ every 100 ns, against 3.906 µW
//	eDRAM   20.45 pJ · 320 MHz = 6.544 mW: 1 KB a stage
//	bus     0.054 pJ/b · 1 KB a stage = 4.424 mW
//	router  20.74 pJ/256 b · 32 b · 1 GHz · 8 ports / 4 tiles = 5.185 mW: about half
//
// so that the nameplate is not counts × energy: the gap of each is held here.
func TestISAACEventsClose(t *testing.T) {
	gaps := map[string]Gap{}
	for _, g := range Gaps(bill(t, "isaac-ce"), bill(t, "isaac-ce-events")) {
		gaps[string(g.Level)+" "+g.Component] = g
	}
	const tile = 122.88e9 // MAC/s
	fj := func(milliwatts float64) float64 { return milliwatts * 1e-3 / tile * 1e15 }
	want := map[string]float64{
		"ima ADC":               1667,
		"ima DAC":               417,
		"ima shift-and-add":     21,
		"tile eDRAM":            fj(6.544),
		"tile eDRAM-to-IMA bus": fj(0.054e-9 * 81.92e9),
		"tile router":           fj(20.74e-9 / 256 * 32e9 * 8 / 4),
		"tile shift-and-add":    fj(0.021e-9 * 1.2e9),
	}
	for name, g := range gaps {
		if w, ok := want[name]; ok {
			checkFigures(t, []figure{{"closes: events of " + name, g.B, w, 1e-4}})
		} else if g.A != g.B {
			t.Errorf("%s: %g fJ in one account and %g in the other, want no gap without a published action", name, g.A, g.B)
		}
	}
	for _, tt := range []struct {
		name       string
		ratio, tol float64
	}{
		{"ima ADC", 1.0669, 1e-3}, {"ima DAC", 1.0675, 1e-3}, {"tile eDRAM", 6.5 / 20.7, 0.01}, {"tile router", 0.5, 0.02}, {"tile eDRAM-to-IMA bus", 0.632, 1e-3},
	} {
		checkFigures(t, []figure{{"closes: gap of " + tt.name, gaps[tt.name].B / gaps[tt.name].A, tt.ratio, tt.tol}})
	}
	// One set: a conversion of the events chip is the published one.
	conv, err := load(t, "isaac-ce-events").ADC.Converter(8)
	if err != nil || conv.Energy != 1667*units.Femtojoule {
		t.Errorf("a conversion takes %v, %v, want 1.667 pJ", conv.Energy, err)
	}
}

// All-distinct inputs of the 12 IMAs of a tile are 12 · 8 · 128 · 16 bits for the
// 16 reads of a product, 1.5 KB a stage; the eDRAM delivers 1 KB, so that they run
// at two thirds of the peak. Shared by the 8 arrays of an IMA they are 192 B.
func TestISAACInputsCloseOnTheBuffer(t *testing.T) {
	c := load(t, "isaac-ce")
	b := mustBill(t, c)
	perStage := func(distinctArrays int64) int64 {
		bits := int64(c.Tile.IMAs) * distinctArrays * int64(c.Crossbar.Wordlines) * int64(c.Encoding.InputBits)
		return bits / 16 / 8
	}
	port := c.Tile.BankedPort()
	delivered := int64(b.Peak.Step) * int64(port.Clock) / int64(units.Second) * int64(port.Width) / 8
	if perStage(8) != 1536 || perStage(1) != 192 || delivered != 1024 {
		t.Errorf("closes: %d B wanted a stage, %d with shared inputs, %d delivered, want 1536, 192, 1024", perStage(8), perStage(1), delivered)
	}
	if got := float64(delivered) / float64(perStage(8)); got != 2.0/3 {
		t.Errorf("closes: all-distinct inputs run at %g of the peak, want 2/3", got)
	}
}

// PUMA's node (Ankit et al., ASPLOS 2019; its table 3 from memory). Sums close with
// what is printed; the headline of 52.31 TOPS cannot hold.
func TestPUMA(t *testing.T) {
	b := bill(t, "puma")
	c := load(t, "puma")
	router := find(t, b, LevelTile, "router")
	// An MVM unit is half of a core's converters, drivers, arrays, holds, adders and
	// registers.
	var unit Total
	for _, name := range []string{"ADC", "DAC", "sample-and-hold", "crossbar", "shift-and-add", "input register", "output register"} {
		r := find(t, b, LevelIMA, name)
		unit.Power += r.Power / 2
		unit.Area += r.Area / 2
	}
	const mvm = 2304e-9
	ops := b.Peak.Operations
	checkFigures(t, []figure{
		{"closes: MVM unit, mW", unit.Power.Milliwatts(), 19.09, 1e-4},
		{"closes: MVM unit, mm²", unit.Area.SquareMillimetres(), 0.012, 1e-4},
		{"closes: core, mW", b.IMA.Power.Milliwatts(), 42.37, 5e-4},
		{"closes: core, mm²", b.IMA.Area.SquareMillimetres(), 0.036, 0.03}, // its parts sum to 0.0369
		{"closes: tile without its router, mW", (b.Tile.Power - router.Power).Milliwatts(), 373.8, 1e-4},
		{"closes: tile without its router, mm²", (b.Tile.Area - router.Area).SquareMillimetres(), 0.479, 1e-4},
		{"closes: chip, W", b.Chip.Power.Milliwatts() / 1e3, 62.5, 0.002},
		{"closes: chip, mm²", b.Chip.Area.SquareMillimetres(), 90.6, 0.001},
		{"closes: links, W", b.IO.Power.Milliwatts() / 1e3, 10.4, 0},
		{"predicts: an MVM, ns", b.Peak.Latency.Nanoseconds(), 2304, 0},
		{"predicts: energy of an MVM in its unit, nJ", unit.Power.Over(b.Peak.Latency).Picojoules() / 1e3, 43.97, 5e-4},
		// One MVM after the other: 2 · 16,384 · 2208 units in 2304 ns. The pipeline
		// overlaps the end of one with the beginning of the next: 2048 ns.
		{"predicts: TOPS, one MVM after the other", ops / mvm / 1e12, 31.40, 1e-3},
		{"predicts: TOPS, overlapped", b.Peak.TOPS, 35.33, 1e-3},
		{"predicts: weights, MB", ops / 2 * 2 / 1e6, 69, 0.05},
	})
	if got := find(t, b, LevelIMA, "unit-column ADC").Count; got != 2 {
		t.Errorf("%d converters of unit columns in a core, want one for each MVM unit's top slice", got)
	}
	// The headline wants an interval of 1383 ns, less than 16 stages of 128 ns.
	want := ops / 52.31e12 * 1e9
	checkFigures(t, []figure{{"closes: interval of the headline, ns", want, 1383, 1e-3}})
	if least := 16 * c.Stage.Nanoseconds(); want >= least {
		t.Errorf("16 stages take %g ns, want more than the headline's %g", least, want)
	}
	if b.Peak.TOPS >= 52.31 {
		t.Errorf("peak is %g TOPS, want less than the headline, which cannot hold", b.Peak.TOPS)
	}
}

// The bit-slice paper's chip in four twins: 8-bit converters; [3, 3, 3, 1] in their
// place; as fast with fewer, shared ones; and as large, with the area spent on IMAs.
func TestBitSliceTwins(t *testing.T) {
	base, low, few, large := bill(t, "bitslice-8bit"), bill(t, "bitslice-8bit-3331"), bill(t, "bitslice-8bit-3adc"), bill(t, "bitslice-8bit-iso-area")
	if low.Peak.TOPS != base.Peak.TOPS || few.Peak.TOPS != base.Peak.TOPS {
		t.Errorf("predicts: peaks of %g and %g TOPS, want the base's %g: reads bound them", low.Peak.TOPS, few.Peak.TOPS, base.Peak.TOPS)
	}
	if two := bill(t, "bitslice-8bit-3adc", "adc.per_ima=2"); two.Peak.TOPS >= base.Peak.TOPS {
		t.Errorf("predicts: two shared converters reach %g TOPS, want less than %g, so that three are the fewest", two.Peak.TOPS, base.Peak.TOPS)
	}
	// 8 arrays of 128 columns want 10.24 G codes/s at an average of 2.5 of 8 bits:
	// the equivalent of 2.5 converters of the 8-bit rate.
	conv, err := adc.PowerLaw.Cost(3, 8, 1280*units.Megahertz)
	if err != nil {
		t.Fatal(err)
	}
	if need := 8 * (3*conv.Time() + 1.0/8) / 4; need != 2.5 {
		t.Errorf("closes: %g converters of the 8-bit rate are needed, want 2.5", need)
	}
	checkFigures(t, []figure{
		// 16 mW to 8 · (3 · 140.625 + 70.3125)/4 µW; 9600 to 4800 and to 1800 µm².
		{"closes: converters at [3,3,3,1], mW", adcTotal(low).Power.Milliwatts(), 0.984375, 1e-9},
		{"closes: converters at [3,3,3,1], mm²", adcTotal(low).Area.SquareMillimetres(), 0.0048, 1e-9},
		{"closes: three shared converters, mm²", adcTotal(few).Area.SquareMillimetres(), 0.0018, 1e-9},
	})
	if large.Chip.Area > base.Chip.Area {
		t.Errorf("iso-area takes %v, want at most the base's %v", large.Chip.Area, base.Chip.Area)
	}
	if more := bill(t, "bitslice-8bit-iso-area", "tile.imas=10"); more.Chip.Area <= base.Chip.Area {
		t.Errorf("another IMA in each tile takes %v, want more than the base's %v", more.Chip.Area, base.Chip.Area)
	}
	// 9 IMAs for 4.
	if got := large.Peak.TOPS / base.Peak.TOPS; got != 2.25 {
		t.Errorf("predicts: iso-area peaks at %g of the base, want 9/4", got)
	}
}

// adcTotal sums the converters of an IMA.
func adcTotal(b Bill) Total {
	var sum Total
	for _, r := range b.Rows {
		if r.Component == "ADC" {
			sum.Power += r.Power
			sum.Area += r.Area
		}
	}
	return sum
}
