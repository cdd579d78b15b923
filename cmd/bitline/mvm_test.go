package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"bitline/internal/npy"
)

// vector is a file of the oracle's: one seeded case of 16 inputs and a matrix of
// 300 × 40, see the folder's README.
func vector(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("../../crossbar/testdata/vectors", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// readCSV reads a table of whole numbers.
func readCSV(t *testing.T, path string) []int64 {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(readFile(t, path))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var values []int64
	for _, row := range rows {
		for _, cell := range row {
			v, err := strconv.ParseInt(cell, 10, 64)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			values = append(values, v)
		}
	}
	return values
}

// mvm runs the oracle's case and returns the products.
func mvm(t *testing.T, args ...string) *npy.Array {
	t.Helper()
	out := filepath.Join(t.TempDir(), "y.npy")
	succeed(t, append([]string{"mvm", "--weights", vector(t, "weights_300x40_int8.npy"), "--inputs", vector(t, "inputs_16x300_uint8.npy"), "--out", out}, args...)...)
	a, err := npy.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// The command line reproduces another simulator's products bit for bit.
func TestMVMReproducesTheOracle(t *testing.T) {
	tests := []struct{ file, signed, bits string }{
		{"y_offset_split128_unit_adc4.csv", "offset", "4"},
		{"y_offset_split128_unit_adc8.csv", "offset", "8"},
		{"y_offset_unitcol_split128_unit_adc8.csv", "offset-unit-column", "8"},
		{"y_diff_digsub_split128_unit_adc4.csv", "differential", "4"},
		{"y_diff_digsub_split128_unit_adc8.csv", "differential", "8"},
		{"y_diff_anasub_split128_unit_adc6.csv", "differential-analog", "6"},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			got := mvm(t, "--set", "encoding.signed="+tt.signed, "--set", "adc.bits="+tt.bits, "--set", "encoding.unit_level=2")
			if got.Dtype != "int64" || !slices.Equal(got.Shape, []int{16, 40}) {
				t.Fatalf("products are %s %v, want int64 [16 40]", got.Dtype, got.Shape)
			}
			compare(t, got.Ints, readCSV(t, vector(t, tt.file)))
		})
	}
}

// A converter that cannot clip gives the integer product, 128 · 3 < 2^9.
func TestMVMWithoutClippingIsExact(t *testing.T) {
	exact, err := npy.ReadFile(vector(t, "exact_16x40_int64.npy"))
	if err != nil {
		t.Fatal(err)
	}
	for _, sets := range [][]string{
		{"encoding.signed=differential", "adc.bits=9"},
		{"encoding.signed=differential", "adc.bits=auto"},
		{"encoding.signed=differential-analog", "adc.bits=10"},
		{"encoding.signed=offset", "adc.bits=9"},
		{"encoding.signed=offset-unit-column", "adc.bits=9"},
		{"encoding.signed=offset-flip", "adc.bits=9"},
		{"encoding.slices=interleaved", "adc.bits=9"},
		{"crossbar.cell_bits=4", "adc.bits=11"}, // 128 · 15 < 2^11
		{"dac.bits=2", "adc.bits=11"},           // 128 · 9 < 2^11
		{"crossbar.wordlines=5", "adc.bits=4"},  // 5 · 3 = 2^4 − 1
		{"encoding.input_sign=sign-split", "adc.bits=9"},
		{"encoding.input_sign=twos-complement", "encoding.input_bits=9", "adc.bits=9"},
	} {
		var args []string
		for _, s := range sets {
			args = append(args, "--set", s)
		}
		t.Run(fmt.Sprint(sets), func(t *testing.T) { compare(t, mvm(t, args...).Ints, exact.Ints) })
	}
}

func compare(t *testing.T, got, want []int64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d products, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("product of input %d, column %d is %d, want %d", i/40, i%40, got[i], want[i])
		}
	}
}

// Codes of a full range are no whole counts: the products are real numbers near
// the exact ones.
func TestMVMOfAFullRangeIsReal(t *testing.T) {
	got := mvm(t, "--set", "adc.range=full", "--set", "adc.bits=12")
	if got.Dtype != "float64" || !slices.Equal(got.Shape, []int{16, 40}) {
		t.Fatalf("products are %s %v, want float64 [16 40]", got.Dtype, got.Shape)
	}
	exact, err := npy.ReadFile(vector(t, "exact_16x40_int64.npy"))
	if err != nil {
		t.Fatal(err)
	}
	// Each code is within half a step of its sum, and the step is at most 384/4095
	// counts: 3 blocks · 2 signs · Σ 4^i · Σ 2^k of half of it.
	const bound = 3 * 2 * 85 * 255 * 384.0 / 4095 / 2
	for i, want := range exact.Ints {
		if diff := got.Floats[i] - float64(want); diff < -bound || diff > bound {
			t.Fatalf("product %d is %g, want %d within %g", i, got.Floats[i], want, bound)
		}
	}
}

func TestMVMStatistics(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.json")
	mvm(t, "--set", "adc.bits=[8,8,8,7]", "--stats", path)
	var s struct {
		Schema        string
		Rows, Columns int
		MVMs, Reads   int64
		Slices        []struct {
			Slice, Bits  int
			Conversions  int64
			LargestSum   int64   `json:"largest_possible_sum"`
			LargestSeen  int64   `json:"largest_seen_sum"`
			ClippedShare float64 `json:"clipped_share"`
			Histogram    []int64 `json:"sum_histogram"`
		}
		Certificate map[string]int64
	}
	if err := json.Unmarshal(readFile(t, path), &s); err != nil {
		t.Fatal(err)
	}
	if s.Schema != "bitline.mvm/1" || s.Rows != 300 || s.Columns != 40 || s.MVMs != 16 || len(s.Slices) != 4 {
		t.Fatalf("got %+v, want the case of 16 products of 300 × 40 in 4 slices", s)
	}
	columns := int64(0)
	for i, slice := range s.Slices {
		// 16 inputs, 3 row blocks, 8 input bits, 40 columns of 2 signs.
		if want := int64(16 * 3 * 8 * 40 * 2); slice.Conversions != want {
			t.Errorf("slice %d: %d conversions, want %d", i, slice.Conversions, want)
		}
		sum := int64(0)
		for _, n := range slice.Histogram {
			sum += n
		}
		if sum != slice.Conversions {
			t.Errorf("slice %d: the histogram holds %d sums, want %d", i, sum, slice.Conversions)
		}
		// Column 0 is +127 = 1333 in base 4 throughout, and input 12 all ones.
		want := []int64{384, 384, 384, 128}[i]
		if slice.LargestSum != want || slice.LargestSeen != want {
			t.Errorf("slice %d: largest sums %d possible, %d seen, want %d", i, slice.LargestSum, slice.LargestSeen, want)
		}
	}
	for _, n := range s.Certificate {
		columns += n
	}
	columns -= s.Certificate["most_clips_of_a_column"]
	if want := int64(3 * 4 * 40 * 2); columns != want {
		t.Errorf("the certificate %v judges %d columns, want %d", s.Certificate, columns, want)
	}
	if c := s.Slices; c[0].ClippedShare == 0 || c[3].ClippedShare == 0 || c[3].Bits != 7 {
		t.Errorf("clipped shares %g and %g at %d bits, want some: 384 > 255 and 128 > 127", c[0].ClippedShare, c[3].ClippedShare, c[3].Bits)
	}
}
