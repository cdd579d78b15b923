// Package crossbar models ReRAM arrays and what drives them: how signed numbers
// are encoded in cells and wordline steps, how a matrix is programmed into row
// blocks, slices and signs, what every bitline sums to, and the matrix-vector
// products that converters of finite resolution make of the sums.
//
// Devices are ideal: a cell conducts in proportion to its level, off cells do
// not conduct, wires have no resistance. Time and energy of a read are the
// array's figures; when reads happen is the scheduler's concern.
package crossbar

import (
	"math"

	"bitline/internal/config"
	"bitline/internal/cost"
	"bitline/internal/units"
)

// ReadLaw says how the time of a read follows the number of wordlines.
type ReadLaw string

// The laws of read time: independent of the size, in proportion to the
// wordlines, or to their square (the RC delay of a wire).
const (
	ConstantRead ReadLaw = "constant"
	LinearRead   ReadLaw = "linear"
	RCRead       ReadLaw = "rc"
)

// Spec describes one array. Costs are per cell, per wordline and per bitline, so
// that an array of another size costs what it should.
type Spec struct {
	Wordlines, Bitlines, CellBits int
	ReadLatency                   units.Time // of one read with ReadWordlines wordlines
	ReadLaw                       ReadLaw
	ReadWordlines                 int
	CellPower                     units.Power // of one cell while the array is read
	CellArea                      units.Area
	// What grows with the wordlines and bitlines alone, such as decoders and
	// switches; drivers and sample-and-holds have costs of their own.
	WordlinePower, BitlinePower units.Power
	WordlineArea, BitlineArea   units.Area
	CellEnergy                  units.Energy // of one cell and read, for chips that are charged by action
	// UnitRows × UnitColumns is the operation unit: what of the array is read at a
	// time, so many driven wordlines and neighbouring bitlines. 0 is all of them.
	UnitRows, UnitColumns int
	Charge                ReadCharge
	Assumed               string
}

// ReadCharge says what of an array a read is charged for.
type ReadCharge string

const (
	// WholeArray charges every cell, wordline and bitline of the array, or of the
	// operation unit that is read: the nameplate.
	WholeArray ReadCharge = "array"
	// Conducting charges cells in proportion to what they conduct, and wordlines
	// that are driven. A cell at its highest level behind a wordline with the
	// highest digit costs what every cell costs under WholeArray.
	Conducting ReadCharge = "conducting"
)

// DefaultSpec is ISAAC's array (Shafiee et al., ISCA 2016, table I: 8 arrays of
// 128×128 take 2.4 mW and 0.0002 mm²; a read takes 100 ns).
func DefaultSpec() Spec {
	return Spec{
		Wordlines: 128, Bitlines: 128, CellBits: 2,
		ReadLatency: 100 * units.Nanosecond, ReadLaw: ConstantRead, ReadWordlines: 128,
		CellPower: 18311 * units.Picowatt,       // 2.4 mW / 8 / 128²
		CellArea:  1526 * units.SquareNanometre, // 0.0002 mm² / 8 / 128²
		Charge:    WholeArray,
	}
}

// ReadSpec reads the table [crossbar] over the defaults.
func ReadSpec(t *config.Table) Spec {
	s := DefaultSpec()
	s.Wordlines = t.Int("wordlines", s.Wordlines, 1, 4096)
	s.Bitlines = t.Int("bitlines", s.Bitlines, 1, 4096)
	s.CellBits = t.Int("cell_bits", s.CellBits, 1, 4)
	s.ReadLatency = t.Time("read_latency", s.ReadLatency)
	if s.ReadLatency == 0 {
		t.Faultf("read_latency", "is 0, want a positive time such as \"100ns\"")
	}
	s.ReadLaw = ReadLaw(t.Enum("read_law", string(s.ReadLaw), string(ConstantRead), string(LinearRead), string(RCRead)))
	s.ReadWordlines = t.Int("read_wordlines", s.ReadWordlines, 1, 4096)
	s.CellPower = t.Power("cell_power", s.CellPower)
	s.CellArea = t.Area("cell_area", s.CellArea)
	s.CellEnergy = t.Energy("cell_energy", s.CellEnergy)
	s.WordlinePower, s.WordlineArea = t.Power("wordline_power", s.WordlinePower), t.Area("wordline_area", s.WordlineArea)
	s.BitlinePower, s.BitlineArea = t.Power("bitline_power", s.BitlinePower), t.Area("bitline_area", s.BitlineArea)
	s.UnitRows = unitSide(t, "unit_rows", "wordlines", s.Wordlines)
	s.UnitColumns = unitSide(t, "unit_columns", "bitlines", s.Bitlines)
	s.Charge = ReadCharge(t.Enum("charge", string(s.Charge), string(WholeArray), string(Conducting)))
	s.Assumed = t.String("assumed", s.Assumed)
	return s
}

// unitSide reads one side of the operation unit.
func unitSide(t *config.Table, key, of string, all int) int {
	n := t.Int(key, 0, 0, 4096)
	if n > all {
		t.Faultf(key, "is %d, want at most the %d %s of the array, or 0 for all of them", n, all, of)
	}
	return n
}

// Read is the time of one read of an array of this size.
func (s Spec) Read() units.Time {
	rows, ref := int64(s.Wordlines), int64(s.ReadWordlines)
	switch s.ReadLaw {
	case LinearRead:
		return units.Time(units.MulDiv(int64(s.ReadLatency), rows, ref))
	case RCRead:
		return units.Time(units.MulDiv(int64(s.ReadLatency), rows*rows, ref*ref))
	}
	return s.ReadLatency
}

// Cost is what one array costs; an action is a read:
//
//	cells × cell + wordlines × wordline + bitlines × bitline
//
// The largest array has 2^24 cells; figures that do not fit saturate.
func (s Spec) Cost() cost.Cost {
	rows, columns := int64(s.Wordlines), int64(s.Bitlines)
	sum := func(cell, wordline, bitline int64) int64 {
		total := int64(0)
		for _, x := range [][2]int64{{cell, rows * columns}, {wordline, rows}, {bitline, columns}} {
			total += min(units.MulDiv(x[0], x[1], 1), math.MaxInt64-total)
		}
		return total
	}
	return cost.Cost{
		Energy:      units.Energy(sum(int64(s.CellEnergy), 0, 0)),
		ActivePower: units.Power(sum(int64(s.CellPower), int64(s.WordlinePower), int64(s.BitlinePower))),
		Area:        units.Area(sum(int64(s.CellArea), int64(s.WordlineArea), int64(s.BitlineArea))),
		Assumed:     s.Assumed,
	}
}

// Unit is the size of what is read at a time: the operation unit, or the array.
func (s Spec) Unit() (rows, columns int) {
	rows, columns = s.Wordlines, s.Bitlines
	if s.UnitRows > 0 {
		rows = s.UnitRows
	}
	if s.UnitColumns > 0 {
		columns = s.UnitColumns
	}
	return rows, columns
}

// Units is how many operation units the array has, of which one is read at a time.
func (s Spec) Units() int64 {
	rows, columns := s.Unit()
	return int64((s.Wordlines+rows-1)/rows) * int64((s.Bitlines+columns-1)/columns)
}

// ReadCost is what one read costs under WholeArray: Cost of an array of the size
// of the operation unit.
func (s Spec) ReadCost() cost.Cost {
	s.Wordlines, s.Bitlines = s.Unit()
	return s.Cost()
}

// DAC describes the driver of one wordline.
type DAC struct {
	Bits   int
	Cost   cost.Cost
	Charge DriveCharge
}

// DriveCharge says which wordlines of a read are charged for.
type DriveCharge string

const (
	// MappedWordlines charges every mapped wordline in every read.
	MappedWordlines DriveCharge = "mapped"
	// DrivenWordlines charges those whose digit is not zero.
	DrivenWordlines DriveCharge = "driven"
)

// DefaultDAC is ISAAC's 1-bit driver (table I: 8·128 take 4 mW and 0.00017 mm²).
func DefaultDAC() DAC {
	return DAC{Bits: 1, Charge: MappedWordlines, Cost: cost.Cost{
		ActivePower: 3906250 * units.Picowatt,       // 4 mW / 1024
		Area:        166016 * units.SquareNanometre, // 0.00017 mm² / 1024
	}}
}

// ReadDAC reads the table [dac] over the defaults.
func ReadDAC(t *config.Table) DAC {
	d := DefaultDAC()
	d.Bits = t.Int("bits", d.Bits, 1, 2)
	d.Charge = DriveCharge(t.Enum("charge", string(d.Charge), string(MappedWordlines), string(DrivenWordlines)))
	d.Cost = cost.Read(t, d.Cost)
	return d
}
