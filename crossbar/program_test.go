package crossbar_test

import (
	"slices"
	"testing"

	"bitline/adc"
	"bitline/crossbar"
)

// TestProgramFaults states every matrix and design that cannot be programmed.
func TestProgramFaults(t *testing.T) {
	good := crossbar.Design{Wordlines: 4, CellBits: 2, DACBits: 1, Encoding: crossbar.DefaultEncoding()}
	with := func(change func(d *crossbar.Design)) crossbar.Design {
		d := good
		change(&d)
		return d
	}
	codes := func(c ...int32) crossbar.Weights { return crossbar.Weights{Rows: len(c), Columns: 1, Codes: c} }
	cases := []struct {
		name    string
		design  crossbar.Design
		weights crossbar.Weights
		want    string // empty: none
	}{
		{"largest", good, codes(255, -255), ""},
		{"too large", good, codes(1, 256),
			`weight code 256 in row 1, column 0, want -255 to 255: what encoding.weight_bits = 8 with signed = "differential" can hold`},
		{"too small", good, codes(1, 2, -256),
			`weight code -256 in row 2, column 0, want -255 to 255: what encoding.weight_bits = 8 with signed = "differential" can hold`},
		{"largest with an offset", with(func(d *crossbar.Design) { d.Encoding.Signed = crossbar.Offset }), codes(127, -128), ""},
		{"too large with an offset", with(func(d *crossbar.Design) { d.Encoding.Signed = crossbar.Offset }), codes(128),
			`weight code 128 in row 0, column 0, want -128 to 127: what encoding.weight_bits = 8 with signed = "offset" can hold`},
		{"too small with an offset", with(func(d *crossbar.Design) { d.Encoding.Signed = crossbar.Offset }), codes(-129),
			`weight code -129 in row 0, column 0, want -128 to 127: what encoding.weight_bits = 8 with signed = "offset" can hold`},
		{"no rows", good, crossbar.Weights{Columns: 2},
			`matrix of 0 rows and 2 columns has 0 codes, want at least one row and column and 0 codes`},
		{"no columns", good, crossbar.Weights{Rows: 2},
			`matrix of 2 rows and 0 columns has 0 codes, want at least one row and column and 0 codes`},
		{"a code short", good, crossbar.Weights{Rows: 2, Columns: 2, Codes: []int32{1, 2, 3}},
			`matrix of 2 rows and 2 columns has 3 codes, want at least one row and column and 4 codes`},
		{"zero point of a column", good, crossbar.Weights{Rows: 2, Columns: 1, Codes: []int32{1, 2}, Zero: []int32{3}},
			`matrix has 1 zero points, want one for each of 2 rows`},
		{"flip without resolutions", with(func(d *crossbar.Design) { d.Encoding.Signed = crossbar.OffsetFlip }), codes(1),
			`offset-flip has 0 resolutions, want one for each of 4 slices`},
		{"flip by a unit column of level 2",
			with(func(d *crossbar.Design) {
				d.Encoding.Signed, d.Encoding.UnitLevel, d.FlipBits = crossbar.OffsetFlip, 2, []int{8, 8, 8, 8}
			}), codes(1),
			`offset-flip with a unit column of level 2, want level 1, which counts the inputs`},
		{"level 2 in cells of 2 bits",
			with(func(d *crossbar.Design) { d.Encoding.Signed, d.Encoding.UnitLevel = crossbar.OffsetUnitColumn, 2 }), codes(1), ""},
		{"level 2 in cells of 1 bit",
			with(func(d *crossbar.Design) {
				d.Encoding.Signed, d.Encoding.UnitLevel, d.CellBits = crossbar.OffsetUnitColumn, 2, 1
			}), codes(1),
			`unit column of level 2 in cells of 1 bit, want a level of at most 1`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m, err := crossbar.Program(c.design, c.weights)
			switch {
			case c.want == "" && (err != nil || m == nil):
				t.Errorf("got matrix %v, error %v, want a matrix", m, err)
			case c.want != "" && (err == nil || err.Error() != c.want):
				t.Errorf("got error\n%v, want\n%s", err, c.want)
			}
		})
	}
}

// TestNewRunnerFaults refuses resolutions that do not fit the slices.
func TestNewRunnerFaults(t *testing.T) {
	cases := []struct {
		name   string
		signed crossbar.Signed
		bits   []int
		want   string
	}{
		{"lowest", crossbar.Differential, []int{1, 1, 1, 1}, ""},
		{"highest", crossbar.Differential, []int{16, 16, 16, 16}, ""},
		{"zero", crossbar.Differential, []int{8, 8, 0, 8}, "slice 2: adc resolution is 0 bits, want 1 to 16"},
		{"too high", crossbar.Differential, []int{8, 17, 8, 8}, "slice 1: adc resolution is 17 bits, want 1 to 16"},
		{"too few", crossbar.Differential, []int{8, 8, 8}, "3 adc resolutions, want one for each of 4 slices"},
		{"lowest signed", crossbar.DifferentialAnalog, []int{2, 2, 2, 2}, ""},
		{"one bit signed", crossbar.DifferentialAnalog, []int{8, 8, 8, 1}, "slice 3: adc resolution is 1 bits, want 2 to 16"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := crossbar.Design{Wordlines: 4, CellBits: 2, DACBits: 1, Encoding: crossbar.DefaultEncoding()}
			d.Encoding.Signed = c.signed
			m, err := crossbar.Program(d, crossbar.Weights{Rows: 1, Columns: 1, Codes: []int32{1}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = m.NewRunner(adc.Spec{Range: adc.Unit}, c.bits)
			if got := lines(err); c.want == "" && err != nil || c.want != "" && !slices.Equal(got, []string{c.want}) {
				t.Errorf("got error %v, want %q", err, c.want)
			}
		})
	}
}

// TestMatrixSizes states what a matrix says of itself.
func TestMatrixSizes(t *testing.T) {
	d := crossbar.Design{Wordlines: 2, CellBits: 3, DACBits: 2, Encoding: crossbar.DefaultEncoding()}
	// Row blocks of 2 and 1; 8 bits over cells of 3 make slices of 3, 3 and 2 bits.
	// 255 = 3·64 + 7·8 + 7, 9 = 1·8 + 1, and the largest digit is 3:
	// the first block's first column sums to (7+1)·3, (7+1)·3, 3·3.
	m, err := crossbar.Program(d, crossbar.Weights{Rows: 3, Columns: 2, Codes: []int32{255, -1, 9, 0, 4, -200}})
	if err != nil {
		t.Fatal(err)
	}
	if m.Rows() != 3 || m.Columns() != 2 || m.Slices() != 3 {
		t.Errorf("%d rows, %d columns, %d slices, want 3, 2, 3", m.Rows(), m.Columns(), m.Slices())
	}
	if got, want := m.WorstSums(), []int64{24, 24, 9}; !slices.Equal(got, want) {
		t.Errorf("worst sums %d, want %d", got, want)
	}
}

// TestFlipEdge holds both sides of the rule that a column is stored complemented if
// its worst-case sum is 2^bits or more, here 4, in rows that hold levels 0 to 3.
func TestFlipEdge(t *testing.T) {
	cases := []struct {
		name    string
		dacBits int
		levels  []int32
		want    int64 // worst-case sum as stored
	}{
		{"one short", 1, []int32{3, 0, 0}, 3},
		{"at 2^bits", 1, []int32{3, 1, 0}, 0 + 2 + 3},
		{"above", 1, []int32{3, 3, 3}, 0},
		{"one short with digits to 3", 2, []int32{1, 0, 0}, 3},
		{"above with digits to 3", 2, []int32{1, 1, 0}, 3 * (2 + 2 + 3)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := crossbar.Design{Wordlines: 3, CellBits: 2, DACBits: c.dacBits, FlipBits: []int{2}, Encoding: crossbar.Encoding{
				WeightBits: 2, InputBits: 2, InputSign: crossbar.Unsigned, Signed: crossbar.OffsetFlip,
				UnitLevel: 1, UnitADC: crossbar.Own,
			}}
			w := crossbar.Weights{Rows: 3, Columns: 1}
			for _, level := range c.levels {
				w.Codes = append(w.Codes, level-2) // the offset is 2^(2−1)
			}
			m, err := crossbar.Program(d, w)
			if err != nil {
				t.Fatal(err)
			}
			if got := m.WorstSums()[0]; got != c.want {
				t.Errorf("worst-case sum %d, want %d", got, c.want)
			}
		})
	}
}
