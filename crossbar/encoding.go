package crossbar

import (
	"fmt"

	"bitline/internal/config"
)

// InputSign says how the inputs of a product drive the wordlines.
type InputSign string

const (
	// Unsigned drives the raw codes; the zero point is corrected digitally.
	Unsigned InputSign = "unsigned"
	// SignSplit drives positive and negative parts in separate passes and
	// subtracts their results.
	SignSplit InputSign = "sign-split"
	// TwosComplement drives the sign bit as an input step of its own, whose
	// result is subtracted.
	TwosComplement InputSign = "twos-complement"
)

// Signed says how signed weights lie in cells that only add.
type Signed string

const (
	// Differential puts positive and negative weights in separate arrays, whose
	// codes are subtracted.
	Differential Signed = "differential"
	// DifferentialAnalog subtracts the currents of the two arrays before one
	// signed conversion.
	DifferentialAnalog Signed = "differential-analog"
	// Offset stores w + 2^(bits−1) and subtracts the offset digitally.
	Offset Signed = "offset"
	// OffsetUnitColumn measures the offset's correction with a column of equal
	// cells.
	OffsetUnitColumn Signed = "offset-unit-column"
	// OffsetFlip is OffsetUnitColumn with columns stored complemented where
	// their worst-case sum would exceed the converter's range (ISAAC).
	OffsetFlip Signed = "offset-flip"
)

// Layout says which slices share a crossbar.
type Layout string

const (
	// Grouped crossbars hold one slice of one sign each.
	Grouped Layout = "grouped"
	// Interleaved crossbars hold all slices of a weight on neighbouring bitlines.
	Interleaved Layout = "interleaved"
)

// Encoding says how numbers become cells and wordline steps.
type Encoding struct {
	// WeightBits counts the bits that are sliced: magnitude bits for the
	// differential encodings, two's-complement bits for the offset ones.
	WeightBits int
	InputBits  int
	InputSign  InputSign
	Signed     Signed
	Slices     Layout
	// UnitLevel is the cell level of a unit column, 1 or 2.
	UnitLevel int
	// UnitADC says whether the unit column is converted by the top slice's
	// converter or by one of its own that does not clip.
	UnitADC UnitADC
}

// UnitADC says who converts a unit column.
type UnitADC string

// A unit column's converter.
const (
	Shared UnitADC = "shared"
	Own    UnitADC = "own"
)

// DefaultEncoding is 8-bit differential with unsigned inputs, slices grouped.
func DefaultEncoding() Encoding {
	return Encoding{
		WeightBits: 8, InputBits: 8, InputSign: Unsigned, Signed: Differential,
		Slices: Grouped, UnitLevel: 1, UnitADC: Shared,
	}
}

// ReadEncoding reads the table [encoding] over the defaults.
func ReadEncoding(t *config.Table) Encoding {
	e := DefaultEncoding()
	e.WeightBits = t.Int("weight_bits", e.WeightBits, 2, 16)
	e.InputBits = t.Int("input_bits", e.InputBits, 2, 16)
	e.InputSign = InputSign(t.Enum("input_sign", string(e.InputSign),
		string(Unsigned), string(SignSplit), string(TwosComplement)))
	e.Signed = Signed(t.Enum("signed", string(e.Signed),
		string(Differential), string(DifferentialAnalog), string(Offset), string(OffsetUnitColumn), string(OffsetFlip)))
	e.Slices = Layout(t.Enum("slices", string(e.Slices), string(Grouped), string(Interleaved)))
	e.UnitLevel = t.Int("unit_level", e.UnitLevel, 1, 2)
	e.UnitADC = UnitADC(t.Enum("unit_adc", string(e.UnitADC), string(Shared), string(Own)))
	return e
}

// IsOffset says whether weights are stored with an offset.
func (e Encoding) IsOffset() bool {
	return e.Signed == Offset || e.Signed == OffsetUnitColumn || e.Signed == OffsetFlip
}

// HasUnitColumn says whether each row block has a column of equal cells.
func (e Encoding) HasUnitColumn() bool {
	return e.Signed == OffsetUnitColumn || e.Signed == OffsetFlip
}

// Arrays is the number of cell arrays that hold one slice: 2 for the
// differential encodings.
func (e Encoding) Arrays() int {
	if e.IsOffset() {
		return 1
	}
	return 2
}

// Passes is the number of times that an input is driven: 2 for SignSplit, unless
// inputs are rectified, so that the second would drive nothing.
func (e Encoding) Passes(rectified bool) int {
	if e.InputSign == SignSplit && !rectified {
		return 2
	}
	return 1
}

// Reads is the number of times that a product reads an array: in every step of every
// pass, with dacBits bits at a time.
func (e Encoding) Reads(dacBits int, rectified bool) int {
	return len(e.Steps(dacBits)) * e.Passes(rectified)
}

// WeightRange is the smallest and largest weight code that the cells can hold.
func (e Encoding) WeightRange() (low, high int32) {
	if e.IsOffset() {
		half := int32(1) << (e.WeightBits - 1)
		return -half, half - 1
	}
	top := int32(1)<<e.WeightBits - 1
	return -top, top
}

// MagnitudeBits is the number of magnitude bits of a symmetric weight that the
// cells can hold: what training may use.
func (e Encoding) MagnitudeBits() int {
	if e.IsOffset() {
		return e.WeightBits - 1
	}
	return e.WeightBits
}

// InputRange is the smallest and largest input that the wordlines can be driven
// with.
func (e Encoding) InputRange() (low, high int32) {
	top := int32(1)<<e.InputBits - 1
	switch e.InputSign {
	case SignSplit:
		return -top, top
	case TwosComplement:
		half := int32(1) << (e.InputBits - 1)
		return -half, half - 1
	}
	return 0, top
}

// CheckInput says whether inputs from low to high can be driven.
func (e Encoding) CheckInput(low, high int32) error {
	if lo, hi := e.InputRange(); low < lo || high > hi {
		return fmt.Errorf("inputs span %d to %d, want %d to %d: what encoding.input_bits = %d with input_sign = %q can drive",
			low, high, lo, hi, e.InputBits, e.InputSign)
	}
	return nil
}

// Step is one time that the wordlines are driven: the digit (x >> Shift) &
// (2^Bits − 1) of every input, whose result counts Sign·2^Shift.
type Step struct {
	Shift, Bits int
	Sign        int64
}

// Steps lists the input steps of one pass, least significant first, with dacBits
// bits at a time; the last may be narrower, and the sign bit of two's complement
// is a step of its own.
func (e Encoding) Steps(dacBits int) []Step {
	bits := e.InputBits
	if e.InputSign == TwosComplement {
		bits--
	}
	var steps []Step
	for shift := 0; shift < bits; shift += dacBits {
		steps = append(steps, Step{Shift: shift, Bits: min(dacBits, bits-shift), Sign: 1})
	}
	if e.InputSign == TwosComplement {
		steps = append(steps, Step{Shift: bits, Bits: 1, Sign: -1})
	}
	return steps
}

// Slicing is the one definition of bit slices: Count slices of CellBits bits, the
// least significant first, of numbers of Bits bits. The top slice is narrower
// where CellBits does not divide Bits.
type Slicing struct{ Bits, CellBits, Count int }

// NewSlicing slices numbers of the given bits over cells of cellBits.
func NewSlicing(bits, cellBits int) Slicing {
	return Slicing{Bits: bits, CellBits: cellBits, Count: (bits + cellBits - 1) / cellBits}
}

// Digit is slice i of a magnitude.
func (s Slicing) Digit(magnitude uint32, i int) uint32 {
	return magnitude >> s.Shift(i) & s.Max(i)
}

// Shift is the weight of slice i as a power of two.
func (s Slicing) Shift(i int) int { return i * s.CellBits }

// Max is the largest digit of slice i.
func (s Slicing) Max(i int) uint32 {
	return 1<<min(s.CellBits, s.Bits-s.Shift(i)) - 1
}
