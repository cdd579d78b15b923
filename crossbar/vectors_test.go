package crossbar_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/internal/npy"
)

// vectorArray reads a matrix of integers of the given size, written by NumPy.
func vectorArray(t *testing.T, name string, rows, columns int) []int64 {
	t.Helper()
	a, err := npy.ReadFile(filepath.Join("testdata", "vectors", name))
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Shape) != 2 || a.Shape[0] != rows || a.Shape[1] != columns {
		t.Fatalf("%s has shape %v, want %d×%d", name, a.Shape, rows, columns)
	}
	return a.Ints
}

// vectorCSV reads a matrix of integers of the given size, written as text.
func vectorCSV(t *testing.T, name string, rows, columns int) []int64 {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "vectors", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatalf("reading %s: %v", name, err)
	}
	var values []int64
	for _, line := range lines {
		for _, field := range line {
			v, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				t.Fatalf("reading %s: %v", name, err)
			}
			values = append(values, v)
		}
	}
	if len(values) != rows*columns {
		t.Fatalf("%s has %d values, want %d×%d", name, len(values), rows, columns)
	}
	return values
}

func narrow(values []int64) []int32 {
	out := make([]int32, len(values))
	for i, v := range values {
		out[i] = int32(v)
	}
	return out
}

// TestOracleVectors compares whole products with those of CrossSim 3.2.0, bit for
// bit (testdata/vectors/README.md): 300×40 weights of 8 bits in row blocks of 128,
// 128 and 44, slices of 2 bits, inputs of 8 bits one at a time. Magnitudes stay
// under 128, so that 7 bits, with a top slice of 1, must give the same.
func TestOracleVectors(t *testing.T) {
	const inputs, rows, columns = 16, 300, 40
	weights := crossbar.Weights{Rows: rows, Columns: columns, Codes: narrow(vectorArray(t, "weights_300x40_int8.npy", rows, columns))}
	x := narrow(vectorArray(t, "inputs_16x300_uint8.npy", inputs, rows))
	exact := vectorArray(t, "exact_16x40_int64.npy", inputs, columns)
	cases := []struct {
		file       string // empty: the exact product
		signed     crossbar.Signed
		weightBits int
		bits       int
	}{
		{"y_diff_anasub_split128_unit_adc6.csv", crossbar.DifferentialAnalog, 8, 6},
		{"y_diff_anasub_split128_unit_adc6.csv", crossbar.DifferentialAnalog, 7, 6},
		{"y_diff_digsub_split128_unit_adc4.csv", crossbar.Differential, 8, 4},
		{"y_diff_digsub_split128_unit_adc4.csv", crossbar.Differential, 7, 4},
		{"y_diff_digsub_split128_unit_adc8.csv", crossbar.Differential, 8, 8},
		{"y_offset_split128_unit_adc4.csv", crossbar.Offset, 8, 4},
		{"y_offset_split128_unit_adc8.csv", crossbar.Offset, 8, 8},
		{"y_offset_unitcol_split128_unit_adc8.csv", crossbar.OffsetUnitColumn, 8, 8},
		// Sums reach 128 rows × 3 = 384: 9 bits, and 10 with a sign.
		{"", crossbar.Differential, 8, 9},
		{"", crossbar.DifferentialAnalog, 8, 10},
		{"", crossbar.Offset, 8, 9},
		{"", crossbar.OffsetUnitColumn, 8, 9},
		// A column that could reach 256 is flipped, which leaves at most 255: 8 bits.
		{"", crossbar.OffsetFlip, 8, 8},
	}
	for _, c := range cases {
		want, name := exact, "exact/"+string(c.signed)
		if c.file != "" {
			want, name = vectorCSV(t, c.file, inputs, columns), c.file+"/"+strconv.Itoa(c.weightBits)
		}
		t.Run(name, func(t *testing.T) {
			e := crossbar.Encoding{
				WeightBits: c.weightBits, InputBits: 8, InputSign: crossbar.Unsigned, Signed: c.signed,
				UnitLevel: 2, UnitADC: crossbar.Shared,
			}
			bits := []int{c.bits, c.bits, c.bits, c.bits}
			d := crossbar.Design{Wordlines: 128, CellBits: 2, DACBits: 1, Encoding: e}
			if c.signed == crossbar.OffsetFlip {
				d.Encoding.UnitLevel, d.FlipBits = 1, bits
			}
			_, r := program(t, d, weights, adc.Spec{Range: adc.Unit}, bits)
			y := make([]int64, columns)
			for i := range inputs {
				r.MVM(y, x[i*rows:(i+1)*rows])
				for n, got := range y {
					if got != want[i*columns+n] {
						t.Fatalf("input %d, column %d: got %d, want %d", i, n, got, want[i*columns+n])
					}
				}
			}
		})
	}
}
