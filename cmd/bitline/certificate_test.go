package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// Three columns of positive arrays under 2-bit converters, which hold sums up to
// 3; every column of negative ones is at most 3. Input (3, 1, 0) drives rows 0 and
// 1, then row 0; input (2, 3, 0) row 1, then rows 0 and 1.
//
//	column 0, weights 1  2 −3: at most 3
//	column 1, weights 3  0  2: up to 5, but the third row is never driven
//	column 2, weights 3  2 −1: 5 once for each input
func TestMVMCertificate(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "w.npy", []byte(npyFile("|i1", "False", "(3, 3)", "\x01\x03\x03\x02\x00\x02\xfd\x02\xff")))
	writeFile(t, "x.npy", []byte(npyFile("|u1", "False", "(2, 3)", "\x03\x01\x00\x02\x03\x00")))
	run := func(sets ...string) string {
		args := []string{"mvm", "--weights", "w.npy", "--inputs", "x.npy", "--out", "y.npy", "--certificate", "c.csv"}
		for _, s := range append([]string{"encoding.weight_bits=2", "encoding.input_bits=2", "adc.bits=2"}, sets...) {
			args = append(args, "--set", s)
		}
		succeed(t, args...)
		return string(readFile(t, "c.csv"))
	}
	const header = "layer,row_block,slice,sign,column,adc_bits,status,clipped_conversions,conversions\n"
	for _, c := range []struct {
		name string
		sets []string
		want string
	}{
		{"differential", nil, header +
			"matrix,0,0,positive,0,2,proven,0,4\n" +
			"matrix,0,0,positive,1,2,not seen,0,4\n" +
			"matrix,0,0,positive,2,2,clipped,2,4\n" +
			"matrix,0,0,negative,0,2,proven,0,4\n" +
			"matrix,0,0,negative,1,2,proven,0,4\n" +
			"matrix,0,0,negative,2,2,proven,0,4\n"},
		// Rows 0 and 1 in one block, row 2 in another.
		{"blocks", []string{"crossbar.wordlines=2"}, header +
			"matrix,0,0,positive,0,2,proven,0,4\n" +
			"matrix,0,0,positive,1,2,proven,0,4\n" +
			"matrix,0,0,positive,2,2,clipped,2,4\n" +
			"matrix,0,0,negative,0,2,proven,0,4\n" +
			"matrix,0,0,negative,1,2,proven,0,4\n" +
			"matrix,0,0,negative,2,2,proven,0,4\n" +
			"matrix,1,0,positive,0,2,proven,0,4\n" +
			"matrix,1,0,positive,1,2,proven,0,4\n" +
			"matrix,1,0,positive,2,2,proven,0,4\n" +
			"matrix,1,0,negative,0,2,proven,0,4\n" +
			"matrix,1,0,negative,1,2,proven,0,4\n" +
			"matrix,1,0,negative,2,2,proven,0,4\n"},
		// Signed converters of 2 bits hold −1 to 1. Sums of column 0 are 3, 1, 2 and 3;
		// of column 1 3, 3, 0 and 3; of column 2 5, 3, 2 and 5.
		{"subtracted currents", []string{"encoding.signed=differential-analog"}, header +
			"matrix,0,0,difference,0,2,clipped,3,4\n" +
			"matrix,0,0,difference,1,2,clipped,3,4\n" +
			"matrix,0,0,difference,2,2,clipped,4,4\n"},
		// Weights of −3 to 3 want 3 bits, of which 4 are the offset: 5, 6 and 1 in
		// column 0, whose slices hold 1, 2, 1 and 1, 1, 0; slice 0 of the others holds
		// 3, 0, 2 and 3, 2, 3.
		{"offset", []string{"encoding.signed=offset", "encoding.weight_bits=3"}, header +
			"matrix,0,0,offset,0,2,not seen,0,4\n" +
			"matrix,0,0,offset,1,2,not seen,0,4\n" +
			"matrix,0,0,offset,2,2,clipped,2,4\n" +
			"matrix,0,1,offset,0,2,proven,0,4\n" +
			"matrix,0,1,offset,1,2,proven,0,4\n" +
			"matrix,0,1,offset,2,2,proven,0,4\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := run(c.sets...); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

// The columns of a job's layers add up to what the JSON says of them.
func TestRunCertificate(t *testing.T) {
	dir := t.TempDir()
	path, columns := filepath.Join(dir, "r.json"), filepath.Join(dir, "c.csv")
	succeed(t, short("run", "quickstart", "--json", path, "--certificate", columns, "--set", "adc.bits=[4,4,3,2]")...)
	type layer struct {
		Name        string
		Certificate map[string]int64
		Slices      []struct{ Bits, Conversions, Clipped int64 }
	}
	var want struct{ Layers []layer }
	if err := json.Unmarshal(readFile(t, path), &want); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(readFile(t, columns))).ReadAll()
	if err != nil || len(records) == 0 {
		t.Fatalf("%d records, error %v", len(records), err)
	}
	field := func(record []string, name string) string { return record[slices.Index(records[0], name)] }
	number := func(record []string, name string) int64 {
		n, err := strconv.ParseInt(field(record, name), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	met := map[string]bool{}
	for _, l := range want.Layers {
		sum := map[string]int64{}
		most := int64(0)
		conversions, clipped := make([]int64, 4), make([]int64, 4)
		for _, record := range records[1:] {
			if field(record, "layer") != l.Name {
				continue
			}
			slice := number(record, "slice")
			if got := number(record, "adc_bits"); got != l.Slices[slice].Bits {
				t.Errorf("%v: %d bits, want %d", record, got, l.Slices[slice].Bits)
			}
			sum[field(record, "status")]++
			met[field(record, "status")] = true
			most = max(most, number(record, "clipped_conversions"))
			conversions[slice] += number(record, "conversions")
			clipped[slice] += number(record, "clipped_conversions")
		}
		got := map[string]int64{
			"columns_proven_safe": sum["proven"], "columns_not_seen_to_clip": sum["not seen"], "columns_clipped": sum["clipped"], "most_clips_of_a_column": most,
		}
		for key, n := range l.Certificate {
			if got[key] != n {
				t.Errorf("layer %s: %s of the columns is %d, want %d", l.Name, key, got[key], n)
			}
		}
		for i, s := range l.Slices {
			if conversions[i] != s.Conversions || clipped[i] != s.Clipped {
				t.Errorf("layer %s, slice %d: %d conversions, %d clipped, want %d and %d", l.Name, i, conversions[i], clipped[i], s.Conversions, s.Clipped)
			}
		}
	}
	if len(met) != 3 {
		t.Errorf("columns are %v, want some of each kind", met)
	}
}
