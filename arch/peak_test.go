package arch

import (
	"math"
	"testing"

	"bitline/internal/units"
)

// A converter of 8 bits takes 128 columns in 100 ns; one of N bits in N/8 of it
// under power-law and linear. bitslice-8bit has 8 arrays and 4 slices an IMA, 2
// arrays of 128 columns to a slice, and 8 input steps.
func TestPeakTimes(t *testing.T) {
	const ns, ps, fs = units.Nanosecond, units.Picosecond, units.Femtosecond
	tests := []struct {
		name            string
		chip            string
		sets            []string
		scan, step, mvm units.Time
		bottleneck      string
	}{
		{"a converter an array", "bitslice-8bit", nil, 100 * ns, 100 * ns, 800 * ns, "crossbar read and ADC"},
		{"3 of 8 bits", "bitslice-8bit-3331", nil, 37500 * ps, 100 * ns, 800 * ns, "crossbar read"},
		// 1024 columns at an average of 2.5 of 8 bits on 3: 800 ns · 2.5/8 / 3.
		{"three shared", "bitslice-8bit-3adc", nil, 83333333 * fs, 100 * ns, 800 * ns, "crossbar read"},
		{"two shared", "bitslice-8bit-3adc", []string{"adc.per_ima=2"}, 125 * ns, 125 * ns, 1000 * ns, "ADC"},
		// sar-isaac keeps the rate, so 3 converters take 800 ns / 3.
		{"three shared without speed-up", "bitslice-8bit-3adc", []string{"adc.law=sar-isaac"}, 266666667 * fs, 266666667 * fs, 8 * 266666667 * fs, "ADC"},
		// Converters 0 and 4 serve slice 0; slices 1 to 3 have one for 256 columns.
		{"five for four slices", "bitslice-8bit", []string{"adc.per_ima=5"}, 200 * ns, 200 * ns, 1600 * ns, "ADC"},
		{"one slice slow", "bitslice-8bit", []string{"adc.bits=[3,3,3,16]"}, 200 * ns, 200 * ns, 1600 * ns, "ADC"},
		// One of two converters takes a pair's 128 columns at 1.28 GS/s, the other has none.
		{"pairs subtracted before conversion", "bitslice-8bit", []string{"encoding.signed=differential-analog"}, 100 * ns, 100 * ns, 800 * ns, "crossbar read and ADC"},
		{"more converters than arrays", "isaac-ce", []string{"adc.per_ima=16", "crossbar.read_latency=50ns", "pipeline.stage=0ns"}, 100 * ns, 100 * ns, 1600 * ns, "ADC"},
		// 8 × 8 units of 16 × 16: a read takes as long as that of the array, its 16 columns 12.5 ns.
		{"operation units", "bitslice-8bit", []string{"crossbar.unit_rows=16", "crossbar.unit_columns=16"}, 12500 * ps, 100 * ns, 51200 * ns, "crossbar read"},
		{"two bits a step", "bitslice-8bit", []string{"dac.bits=2"}, 100 * ns, 100 * ns, 400 * ns, "crossbar read and ADC"},
		{"two passes", "bitslice-8bit", []string{"encoding.input_sign=sign-split"}, 100 * ns, 100 * ns, 1600 * ns, "crossbar read and ADC"},
		{"long stage", "bitslice-8bit", []string{"pipeline.stage=150ns"}, 100 * ns, 150 * ns, 1200 * ns, "stage"},
		{"short stage", "bitslice-8bit", []string{"pipeline.stage=60ns"}, 100 * ns, 120 * ns, 960 * ns, "crossbar read and ADC"},
		{"larger array read slower", "bitslice-8bit", []string{"crossbar.wordlines=256", "crossbar.read_law=linear"}, 100 * ns, 200 * ns, 1600 * ns, "crossbar read"},

		// A multiplexer settles once for each array: 2 ns more where each has its own
		// converter, 8 · 2 ns over 3 where 3 are shared.
		{"settling", "bitslice-8bit", []string{"adc.settle=2ns"}, 102 * ns, 102 * ns, 816 * ns, "ADC"},
		{"settling, shared", "bitslice-8bit-3adc", []string{"adc.settle=2ns"}, 88666667 * fs, 100 * ns, 800 * ns, "crossbar read"},
		{"settling, interleaved", "isaac-ce", []string{"adc.settle=2ns", "pipeline.stage=0ns"}, 102 * ns, 102 * ns, 1632 * ns, "ADC"},
		{"settling, pairs", "bitslice-8bit", []string{"adc.settle=2ns", "encoding.signed=differential-analog"}, 102 * ns, 102 * ns, 816 * ns, "ADC"},

		{"ISAAC", "isaac-ce", nil, 100 * ns, 100 * ns, 1600 * ns, "crossbar read and ADC"},
		// 129 columns at 1.28 GS/s miss the stage by 0.8 ns and wait for the next.
		{"ISAAC, unit column shared", "isaac-ce", []string{"encoding.unit_adc=shared"}, 100781250 * fs, 200 * ns, 3200 * ns, "ADC"},
		{"ISAAC, unit column shared, no stage", "isaac-ce", []string{"encoding.unit_adc=shared", "pipeline.stage=0ns"}, 100781250 * fs, 100781250 * fs, 1612500 * ps, "ADC"},
		{"ISAAC, half the converters", "isaac-ce", []string{"adc.per_ima=4"}, 200 * ns, 200 * ns, 3200 * ns, "ADC"},
		// 125 bitlines hold 15 weights of 8 slices: 120 columns are mapped.
		{"ISAAC, bitlines left over", "isaac-ce", []string{"crossbar.bitlines=125"}, 93750 * ps, 100 * ns, 1600 * ns, "crossbar read"},
		// Only the top slice's arrays have a unit column if slices are grouped:
		// its two have 258 columns for two converters.
		{"grouped unit column", "bitslice-8bit", []string{"encoding.signed=offset-unit-column"}, 100781250 * fs, 100781250 * fs, 806250 * ps, "ADC"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := bill(t, tt.chip, tt.sets...).Peak
			if p.Scan != tt.scan || p.Step != tt.step || p.MVM != tt.mvm || p.Bottleneck != tt.bottleneck {
				t.Errorf("got scan %v, step %v, MVM %v, bound by %s\nwant %v, %v, %v, %s",
					p.Scan, p.Step, p.MVM, p.Bottleneck, tt.scan, tt.step, tt.mvm, tt.bottleneck)
			}
		})
	}
}

// The first MVM: all steps but one, then a read, a scan and an addition, each in
// whole stages.
func TestPeakLatency(t *testing.T) {
	tests := []struct {
		name, chip string
		sets       []string
		want       units.Time
	}{
		// 22 stages less those before the first read and after the last addition.
		{"closes: ISAAC, stages 2 to 19", "isaac-ce", nil, 1800 * units.Nanosecond},
		// 16 steps of two stages but one, a read, and two stages each for 129 columns and
		// for 8 · 129 codes at 8 · 1.28 GHz: 3000 + 100 + 200 + 200.
		{"ISAAC, unit column shared", "isaac-ce", []string{"encoding.unit_adc=shared"}, 3500 * units.Nanosecond},
		{"closes: PUMA, (16 + 3 − 1) · 128 ns", "puma", nil, 2304 * units.Nanosecond},
		// 7 · 100 + 100 + 37.5 + 1024 codes over 4 · 2.56 GHz, 100 ns.
		{"no stages", "bitslice-8bit-3331", nil, 937500 * units.Picosecond},
	}
	for _, tt := range tests {
		if got := bill(t, tt.chip, tt.sets...).Peak.Latency; got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// Operations are 2 for each weight that fits: an array has 128 × 128 cells, a
// weight takes a cell of every slice and sign.
func TestPeakOperations(t *testing.T) {
	tests := []struct {
		name, chip string
		sets       []string
		want       float64
	}{
		{"ISAAC: 16,128 arrays of 128 × 16 weights", "isaac-ce", nil, 16128 * 4096},
		{"differential interleaved: half", "isaac-ce", []string{"encoding.signed=differential"}, 16128 * 4096 / 2},
		{"128 arrays, 4 slices of 2 signs", "bitslice-8bit", nil, 2 * 128 * 128 * 128 / 8},
		{"offset needs one sign", "bitslice-8bit", []string{"encoding.signed=offset"}, 2 * 128 * 128 * 128 / 4},
		{"interleaved wastes no cell", "bitslice-8bit", []string{"encoding.slices=interleaved"}, 2 * 128 * 128 * 128 / 8},
		{"3-bit cells need 3 slices", "bitslice-8bit", []string{"crossbar.cell_bits=3", "encoding.signed=offset", "tiles=3"}, 2 * 96 * 128 * 128 / 3},
	}
	for _, tt := range tests {
		if got := bill(t, tt.chip, tt.sets...).Peak.Operations; got != tt.want {
			t.Errorf("%s: %.0f operations, want %.0f", tt.name, got, tt.want)
		}
	}
}

// The figures of bitslice-8bit by hand: 524,288 operations in 800 ns, without
// links, so that both ratios are one.
func TestPeakRatios(t *testing.T) {
	b := bill(t, "bitslice-8bit")
	if want := 524288.0 / 800e-9 / 1e12; math.Abs(b.Peak.TOPS-want) > 1e-12 {
		t.Errorf("%.12g TOPS, want %.12g", b.Peak.TOPS, want)
	}
	if want := b.Peak.TOPS * 1e3 / (b.Chip.Power.Milliwatts() / 1e3); math.Abs(b.Peak.GOPSPerWatt/want-1) > 1e-12 {
		t.Errorf("%.12g GOPS/W, want %.12g", b.Peak.GOPSPerWatt, want)
	}
	if b.Peak.GOPSPerWatt != b.Peak.GOPSPerWattWithoutIO || b.Peak.GOPSPerSquareMillimetre != b.Peak.GOPSPerSquareMillimetreWithoutIO {
		t.Errorf("a chip without links has other figures without I/O: %+v", b.Peak)
	}
	// With ISAAC's links: 41.288 TOPS / 55.41 W.
	isaac := bill(t, "isaac-ce")
	want := isaac.Peak.TOPS * 1e3 / ((isaac.Chip.Power.Milliwatts() - 10400) / 1e3)
	if math.Abs(isaac.Peak.GOPSPerWattWithoutIO/want-1) > 1e-12 {
		t.Errorf("%.12g GOPS/W without I/O, want %.12g", isaac.Peak.GOPSPerWattWithoutIO, want)
	}
}
