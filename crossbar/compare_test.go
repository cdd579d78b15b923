package crossbar_test

import (
	"maps"
	"slices"
	"testing"

	"bitline/adc"
	"bitline/crossbar"
)

// program makes the matrix and the runner under test.
func program(tb testing.TB, d crossbar.Design, w crossbar.Weights, s adc.Spec, bits []int) (*crossbar.Matrix, *crossbar.Runner) {
	tb.Helper()
	m, err := crossbar.Program(d, w)
	if err != nil {
		tb.Fatalf("Program(%+v): %v", d, err)
	}
	r, err := m.NewRunner(s, bits)
	if err != nil {
		tb.Fatalf("NewRunner(%+v, %v): %v", s, bits, err)
	}
	return m, r
}

// compare runs inputs through the crossbars and the twin and compares outputs and
// counts.
func compare(tb testing.TB, w *twin, inputs [][]int32) {
	tb.Helper()
	m, r := program(tb, w.design, w.weights, w.spec, w.bits)
	if got := int64(1) << r.Fraction(); got != w.one() {
		tb.Fatalf("%v\none count is %d, want %d", w, got, w.one())
	}
	y := make([]int64, m.Columns())
	for i, x := range inputs {
		r.MVM(y, x)
		if want := w.mvm(x); !slices.Equal(y, want) {
			tb.Fatalf("%v\ninput %d %v\ngot  %d\nwant %d", w, i, x, y, want)
		}
	}
	compareCounts(tb, w, r)
}

// compareCounts compares what the runner and the twin counted.
func compareCounts(tb testing.TB, w *twin, r *crossbar.Runner) {
	tb.Helper()
	s := r.Stats()
	got := []int64{s.MVMs, s.Reads, s.EmptyReads, s.UnitConversions, s.UnitClipped}
	want := []int64{w.seen.mvms, w.seen.reads, w.seen.empty, w.seen.unit, w.seen.unitClipped}
	if !slices.Equal(got, want) {
		tb.Fatalf("%v\nMVMs, reads, empty reads, unit conversions, clipped: got %d, want %d", w, got, want)
	}
	conversions, clips, most := int64(0), int64(0), int64(0)
	for i, slice := range s.Slices {
		histogram, largest := map[int64]int64{}, int64(0)
		for j, n := range slice.Histogram {
			if n != 0 {
				histogram[int64(j)-slice.Offset] = n
			}
		}
		total := int64(0)
		for sum, n := range w.seen.histogram[i] {
			total += n
			largest = max(largest, sum, -sum)
		}
		conversions += total
		clips += w.seen.clipped[i]
		if !maps.Equal(histogram, w.seen.histogram[i]) {
			tb.Fatalf("%v\nslice %d: histogram %v, want %v", w, i, histogram, w.seen.histogram[i])
		}
		got := []int64{slice.Conversions(), slice.MaxSum(), slice.Clipped}
		want := []int64{total, largest, w.seen.clipped[i]}
		if !slices.Equal(got, want) {
			tb.Fatalf("%v\nslice %d: conversions, largest sum, clipped: got %d, want %d", w, i, got, want)
		}
		compareCells(tb, w, i, slice)
	}
	for _, n := range w.seen.columnClips {
		most = max(most, n)
	}
	c := r.Certificate(s)
	got = []int64{c.Conversions, c.Clips, c.Clipped, c.MostClips, c.Proven + c.Unseen + c.Clipped}
	want = []int64{conversions, clips, int64(len(w.seen.columnClips)), most,
		int64(len(w.blocks) * w.slices() * w.converters() * w.weights.Columns)}
	if !slices.Equal(got, want) {
		tb.Fatalf("%v\ncertificate: conversions, clips, clipped columns, most, columns: got %d, want %d", w, got, want)
	}
}

// compareCells compares what a slice's cells hold.
func compareCells(tb testing.TB, w *twin, i int, s crossbar.SliceStats) {
	tb.Helper()
	var cells, nonZero, columns, nonZeroColumns, worst int64
	for _, b := range w.blocks {
		for sign := range w.signs() {
			for c := range w.weights.Columns {
				sum := int64(0)
				for r := range b.rows {
					cells++
					if b.level[i][sign][r][c] != 0 {
						nonZero++
					}
					sum += b.level[i][sign][r][c]
				}
				columns++
				if sum != 0 {
					nonZeroColumns++
				}
				worst = max(worst, sum*w.topDigit())
			}
		}
		if w.unitColumn() && w.design.Encoding.UnitADC == crossbar.Shared && i == w.slices()-1 {
			worst = max(worst, int64(b.rows*w.design.Encoding.UnitLevel)*w.topDigit())
		}
	}
	got := []int64{s.Cells, s.NonZeroCells, s.Columns, s.NonZeroColumns, s.WorstSum}
	want := []int64{cells, nonZero, columns, nonZeroColumns, worst}
	if !slices.Equal(got, want) {
		tb.Fatalf("%v\nslice %d: cells, non-zero, columns, non-zero, worst sum: got %d, want %d", w, i, got, want)
	}
}
