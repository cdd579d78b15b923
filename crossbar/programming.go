package crossbar

import (
	"fmt"
	"math"

	"bitline/internal/config"
	"bitline/internal/units"
)

// WriteUnit says what one write sets.
type WriteUnit string

const (
	// PerCell writes cells, all of a wordline at once where RowParallel says so,
	// else one after the other.
	PerCell WriteUnit = "cell"
	// PerArray writes a whole array of ReferenceCells cells in a time that its
	// source states; an array of another size takes its share.
	PerArray WriteUnit = "array"
)

// Mark says where a figure comes from.
type Mark string

const (
	// MarkRead means that the figure stands in its source.
	MarkRead Mark = "R"
	// MarkMemory means that it was not seen in print.
	MarkMemory Mark = "M"
	// MarkExtrapolated means that it was derived from a figure for something else.
	MarkExtrapolated Mark = "X"
	// MarkOwn means that the chip's file states it.
	MarkOwn Mark = "own"
)

// Programming is what it takes to write weights into cells. The published
// figures differ by orders of magnitude, so a report shows all of Presets beside
// the one in use.
type Programming struct {
	// Preset names the published figures that these are, or start from.
	Preset string
	Source string
	Unit   WriteUnit
	// Time and Energy are of one write: of a cell and pulse, or of an array.
	Time                 units.Time
	Energy               units.Energy
	TimeMark, EnergyMark Mark
	// RowParallel writes all cells of a wordline at once.
	RowParallel bool
	// Pulses is the number of writes that bring a cell to its level, each verified:
	// 1 takes the cell's level for reached.
	Pulses int
	// ArraysPerTile is how many arrays of a tile are written at a time.
	ArraysPerTile int
	// EnduranceLow to EnduranceHigh is the range of writes that a cell survives.
	EnduranceLow, EnduranceHigh float64
	EnduranceMark               Mark
	Assumed                     string
}

// referenceCells is the array of PerArray figures: 128 × 128.
const referenceCells = 128 * 128

// Presets are the published figures, in the order of their sources' years. No
// source states an endurance: 10^6 to 10^12 writes is from memory, the range of
// surveys of ReRAM devices.
func Presets() []Programming {
	common := Programming{
		Unit: PerCell, RowParallel: true, Pulses: 1, ArraysPerTile: 1,
		EnduranceLow: 1e6, EnduranceHigh: 1e12, EnduranceMark: MarkMemory, TimeMark: MarkRead, EnergyMark: MarkRead,
	}
	prime, isaac, pipelayer, puma := common, common, common, common
	prime.Preset, prime.Source = "prime", "PRIME, ISCA 2016: cell set by 2 V in 40 ns, 1 kΩ on"
	// (2 V)² / 1 kΩ · 40 ns = 160 pJ, the most that the pulse can take.
	prime.Time, prime.Energy, prime.EnergyMark = 40*units.Nanosecond, 160*units.Picojoule, MarkExtrapolated
	pipelayer.Preset, pipelayer.Source = "pipelayer", "PipeLayer, HPCA 2017: 50.88 ns and 3.91 nJ a write spike"
	pipelayer.Time, pipelayer.Energy = 50880*units.Picosecond, 3910*units.Picojoule
	puma.Preset, puma.Source = "puma", "PUMA's simulator, ASPLOS 2019: about 11 µs and 23 nJ a 128 × 128 array, cell after cell"
	puma.Unit, puma.RowParallel = PerArray, false
	puma.Time, puma.Energy = 11*units.Microsecond, 23*units.Nanojoule
	isaac.Preset, isaac.Source = "cimloop", "CiMLoop's cell for ISAAC: 49 pJ a write; PRIME's 40 ns"
	isaac.Time, isaac.TimeMark, isaac.Energy = 40*units.Nanosecond, MarkExtrapolated, 49*units.Picojoule
	return []Programming{prime, pipelayer, puma, isaac}
}

// presetNames lists the names of Presets and "own".
func presetNames() []string {
	var names []string
	for _, p := range Presets() {
		names = append(names, p.Preset)
	}
	return append(names, ownPreset)
}

// ownPreset is the preset of which the file gives time and energy.
const ownPreset = "own"

// preset is the preset of that name.
func preset(name string) Programming {
	for _, p := range Presets() {
		if p.Preset == name {
			return p
		}
	}
	own := Presets()[0]
	own.Preset, own.Source = ownPreset, "the chip's file"
	own.Time, own.Energy, own.TimeMark, own.EnergyMark = 0, 0, MarkOwn, MarkOwn
	return own
}

// DefaultProgramming is CiMLoop's cell for ISAAC.
func DefaultProgramming() Programming { return preset("cimloop") }

// maxWrite bounds the time of one write.
const maxWrite = 10 * units.Millisecond

// ReadProgramming reads the table [programming] over the preset that it names.
func ReadProgramming(t *config.Table) Programming {
	p := preset(t.Enum("preset", DefaultProgramming().Preset, presetNames()...))
	if p.Preset == ownPreset {
		t.Require("time", "energy")
	}
	p.Unit = WriteUnit(t.Enum("unit", string(p.Unit), string(PerCell), string(PerArray)))
	p.Time, p.Energy = t.Time("time", p.Time), t.Energy("energy", p.Energy)
	if t.Has("time") {
		p.TimeMark = MarkOwn
	}
	if t.Has("energy") {
		p.EnergyMark = MarkOwn
	}
	if t.Has("time") && (p.Time == 0 || p.Time > maxWrite) {
		t.Faultf("time", "is %v, want 1 fs to %v", p.Time, maxWrite)
	}
	p.RowParallel = t.Bool("row_parallel", p.RowParallel)
	if p.Unit == PerArray && t.Has("row_parallel") {
		t.Faultf("row_parallel", "is given with unit = \"array\", whose time is that of all its rows")
	}
	p.Pulses = t.Int("pulses", p.Pulses, 1, 1<<16)
	p.ArraysPerTile = t.Int("arrays_per_tile", p.ArraysPerTile, 1, 1<<24)
	if t.Has("endurance") {
		p.EnduranceMark = MarkOwn
		if e := t.Floats("endurance", nil, 1, 1e18); len(e) == 2 && e[0] <= e[1] {
			p.EnduranceLow, p.EnduranceHigh = e[0], e[1]
		} else if e != nil {
			t.Faultf("endurance", "is %v, want the least and the largest number of writes such as [1e6, 1e12]", e)
		}
	}
	p.Assumed = t.String("assumed", p.Assumed)
	return p
}

// Marks is the marks of time and energy in brackets, one where they are equal.
func (p Programming) Marks() string {
	if p.TimeMark == p.EnergyMark {
		return fmt.Sprintf("[%s]", p.TimeMark)
	}
	return fmt.Sprintf("[time %s, energy %s]", p.TimeMark, p.EnergyMark)
}

// ArrayTime is the time in which one array is written; arrays are written whole. It
// saturates.
func (p Programming) ArrayTime(s Spec) units.Time {
	cells := int64(s.Wordlines) * int64(s.Bitlines)
	switch {
	case p.Unit == PerArray:
		return units.Time(units.MulDiv(int64(p.Time), int64(p.Pulses)*cells, referenceCells))
	case p.RowParallel:
		return units.Time(units.MulDiv(int64(p.Time), int64(p.Pulses)*int64(s.Wordlines), 1))
	}
	return units.Time(units.MulDiv(int64(p.Time), int64(p.Pulses)*cells, 1))
}

// cellEnergy is the energy of one cell's writes in attojoules.
func (p Programming) cellEnergy() float64 {
	e := float64(p.Energy) * float64(p.Pulses)
	if p.Unit == PerArray {
		return e / referenceCells
	}
	return e
}

// Load is what one load of weights takes.
type Load struct {
	Cells int64 // that are written
	Time  units.Time
	// Joules is the energy, which may exceed what a units.Energy holds.
	Joules float64
	// PeakPower is the power while as many cells as possible are written.
	PeakPower units.Power
	// WearLow to WearHigh is the share of a cell's life that one load takes, by the
	// largest and the least endurance.
	WearLow, WearHigh float64
	// LoadsLow to LoadsHigh is how often a cell can be loaded before it wears out.
	LoadsLow, LoadsHigh float64
}

// Written is what a load writes: arrays with cells in use on tiles, of which the
// fullest has so many arrays.
type Written struct {
	Arrays, Cells, Tiles int64
	Fullest              int64
}

// Load is what it takes to write that. Each tile writes ArraysPerTile of its arrays
// at a time:
//
//	time   = ⌈arrays of the fullest tile / ArraysPerTile⌉ × ArrayTime
//	energy = cells × pulses × energy of a cell
//	peak   = arrays at a time × cells at a time × energy of a write / its time
//
// It panics unless arrays and tiles are at least 1, cells at least 0, and the fullest
// tile has at least the mean and at most all.
func (p Programming) Load(s Spec, w Written) Load {
	if w.Arrays < 1 || w.Cells < 0 || w.Tiles < 1 || w.Fullest > w.Arrays || w.Fullest < (w.Arrays-1)/w.Tiles+1 {
		panic(fmt.Sprintf("crossbar: a load of %+v, want at least one array and one tile, and a fullest one", w))
	}
	tiles := min(w.Tiles, w.Arrays)
	atOnce := min(int64(p.ArraysPerTile), w.Fullest)
	rounds := (w.Fullest + atOnce - 1) / atOnce
	l := Load{
		Cells:     w.Cells,
		Time:      units.Time(units.MulDiv(int64(p.ArrayTime(s)), rounds, 1)),
		Joules:    float64(w.Cells) * p.cellEnergy() * 1e-18,
		WearLow:   float64(p.Pulses) / p.EnduranceHigh,
		WearHigh:  float64(p.Pulses) / p.EnduranceLow,
		LoadsLow:  math.Floor(p.EnduranceLow / float64(p.Pulses)),
		LoadsHigh: math.Floor(p.EnduranceHigh / float64(p.Pulses)),
	}
	together := int64(1) // cells of an array that are written at a time
	if p.RowParallel && p.Unit == PerCell {
		together = int64(s.Bitlines)
	}
	if p.Time > 0 {
		// aJ/fs = mW = 1e9 pW
		watts := float64(min(atOnce*tiles, w.Arrays)*together) * (float64(p.Energy) / float64(p.Time)) * 1e9
		l.PeakPower = units.Power(min(math.RoundToEven(watts), math.MaxInt64/2))
	}
	return l
}

// PaysAfter is the number of inferences that take as much energy as the load.
func (l Load) PaysAfter(inference units.Energy) float64 {
	if inference <= 0 {
		return 0
	}
	return math.Ceil(l.Joules / (float64(inference) * 1e-18))
}
