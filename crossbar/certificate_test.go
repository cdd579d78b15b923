package crossbar_test

import (
	"fmt"
	"slices"
	"testing"

	"bitline/adc"
	"bitline/crossbar"
)

// One block of three rows, one slice of 2 bits, 2-bit converters that hold sums up
// to 3, inputs of 2 bits. Input (3, 1, 0) drives rows 0 and 1, then row 0; input
// (2, 3, 0) row 1, then rows 0 and 1.
//
//	column 0, weights 1  2 −3: positive at most 1 + 2 = 3, negative at most 3: proven
//	column 1, weights 3  0  2: positive up to 5, but row 2 is never driven: 3, 3, 0 and 3
//	column 2, weights 3  2 −1: positive 5 in the first step of the first input and the
//	second of the second, else 3 and 2
func TestColumnsByHand(t *testing.T) {
	d := crossbar.Design{Wordlines: 4, CellBits: 2, DACBits: 1, Encoding: crossbar.Encoding{
		WeightBits: 2, InputBits: 2, InputSign: crossbar.Unsigned, Signed: crossbar.Differential,
	}}
	w := crossbar.Weights{Rows: 3, Columns: 3, Codes: []int32{
		1, 3, 3,
		2, 0, 2,
		-3, 2, -1,
	}}
	_, r := program(t, d, w, adc.Spec{Range: adc.Unit}, []int{2})
	y := make([]int64, 3)
	for _, x := range [][]int32{{3, 1, 0}, {2, 3, 0}} {
		r.MVM(y, x)
	}
	want := []crossbar.ColumnCertificate{
		{Column: 0, Status: crossbar.ColumnProven, Conversions: 4},
		{Column: 1, Status: crossbar.ColumnUnseen, Conversions: 4},
		{Column: 2, Status: crossbar.ColumnClipped, Clips: 2, Conversions: 4},
		{Sign: 1, Column: 0, Status: crossbar.ColumnProven, Conversions: 4},
		{Sign: 1, Column: 1, Status: crossbar.ColumnProven, Conversions: 4},
		{Sign: 1, Column: 2, Status: crossbar.ColumnProven, Conversions: 4},
	}
	columns := r.Columns(r.Stats())
	if got := slices.Collect(columns.All()); !slices.Equal(got, want) {
		t.Errorf("columns are\n%v\nwant\n%v", got, want)
	}
	total := crossbar.Certificate{Proven: 4, Unseen: 1, Clipped: 1, Clips: 2, MostClips: 2, Conversions: 24}
	if got := columns.Total(); got != total {
		t.Errorf("total is %+v, want %+v", got, total)
	}
	for one := range columns.All() {
		if one != want[0] {
			t.Errorf("the first column is %+v, want %+v", one, want[0])
		}
		break
	}
}

// What clipped before more was counted stays as it was found.
func TestColumnsAreASnapshot(t *testing.T) {
	d := crossbar.Design{Wordlines: 2, CellBits: 2, DACBits: 1, Encoding: crossbar.DefaultEncoding()}
	_, r := program(t, d, crossbar.Weights{Rows: 2, Columns: 1, Codes: []int32{3, 3}}, adc.Spec{Range: adc.Unit}, []int{2, 2, 2, 2})
	r.MVM(make([]int64, 1), []int32{1, 1})
	s := r.Stats()
	columns := r.Columns(s)
	s.Add(r.Stats())
	if got := columns.Total().Clips; got != 1 {
		t.Errorf("%d clips after the statistics were added to, want 1", got)
	}
}

// TestCertificateAgainstEnumeration tries every combination of digits on every
// column: one that no combination clips must be proven, and no other.
func TestCertificateAgainstEnumeration(t *testing.T) {
	var met crossbar.Certificate
	for _, signed := range encodings() {
		for _, rangeOf := range []adc.Range{adc.Unit, adc.Full, adc.Calibrated} {
			for seed := range uint64(12) {
				g, w := smallTwin(seed, signed, rangeOf)
				m, r := program(t, w.design, w.weights, w.spec, w.bits)
				y := make([]int64, m.Columns())
				for _, x := range g.inputs(w)[4:] { // a dense and a sparse input
					r.MVM(y, x)
					w.mvm(x)
				}
				c, columns := r.Certificate(r.Stats()), r.Columns(r.Stats())
				got := slices.Collect(columns.All())
				if want := w.enumerate(m.WorstSums()); !slices.Equal(got, want) {
					t.Fatalf("%v\ncolumns: got %v, want %v", w, got, want)
				}
				if got, want := totalOf(got), c; got != want || columns.Len() != int(c.Proven+c.Unseen+c.Clipped) {
					t.Fatalf("%v\n%d columns add up to %+v, want %+v", w, columns.Len(), got, want)
				}
				met.Proven, met.Unseen, met.Clipped = met.Proven+c.Proven, met.Unseen+c.Unseen, met.Clipped+c.Clipped
			}
		}
	}
	if met.Proven == 0 || met.Unseen == 0 || met.Clipped == 0 {
		t.Errorf("cases met %+v, want some of each kind", met)
	}
}

// totalOf adds columns up.
func totalOf(columns []crossbar.ColumnCertificate) crossbar.Certificate {
	var c crossbar.Certificate
	count := map[crossbar.ColumnStatus]int64{}
	for _, one := range columns {
		count[one.Status]++
		c.Clips += one.Clips
		c.Conversions += one.Conversions
		c.MostClips = max(c.MostClips, one.Clips)
	}
	c.Proven, c.Unseen, c.Clipped = count["proven"], count["not seen"], count["clipped"]
	return c
}

// enumerate lists the columns by block, slice, converter and column: no digits can
// clip them, some can but none did, or they clipped. It panics if a sum exceeds
// what worst says of its slice.
func (t *twin) enumerate(worst []int64) (columns []crossbar.ColumnCertificate) {
	for block, b := range t.blocks {
		combinations := power(int(t.topDigit())+1, b.rows)
		for slice := range t.slices() {
			for converter := range t.converters() {
				for c := range t.weights.Columns {
					clips := false
					for digits := range combinations {
						sum := int64(0)
						for r := range b.rows {
							d := digits % (t.topDigit() + 1)
							digits /= t.topDigit() + 1
							sum += d * b.level[slice][converter][r][c]
							if t.analog() {
								sum -= d * b.level[slice][1][r][c]
							}
						}
						if max(sum, -sum) > worst[slice] {
							panic(fmt.Sprintf("slice %d sums to %d, more than the worst case %d", slice, sum, worst[slice]))
						}
						clips = clips || t.convert(slice, b.rows, sum).clipped
					}
					one := crossbar.ColumnCertificate{
						Block: block, Slice: slice, Sign: converter, Column: c, Status: "proven",
						Clips: t.seen.columnClips[[4]int{block, slice, converter, c}], Conversions: t.columnConversions(),
					}
					switch {
					case one.Clips > 0:
						one.Status = "clipped"
					case clips:
						one.Status = "not seen"
					}
					columns = append(columns, one)
				}
			}
		}
	}
	return columns
}

// columnConversions is how often every column was converted so far: as often as
// each of the arrays was read.
func (t *twin) columnConversions() int64 {
	return t.seen.reads / int64(len(t.blocks)*t.slices()*t.signs())
}
