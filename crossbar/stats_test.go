package crossbar_test

import (
	"reflect"
	"slices"
	"testing"

	"bitline/adc"
	"bitline/crossbar"
)

// TestStatsByHand counts one small product: weights 3 and −2 in one slice of 2
// bits, inputs 3 and 1 of 2 bits. Both wordlines are driven in the first step, the
// first one in the second:
//
//	step 0: positive array 3, negative array 2
//	step 1: positive array 3, negative array 0
//
// An ADC of 1 bit makes (1 − 1)·1 + (1 − 0)·2 = 2 of it, clipping three times; one
// of 2 bits the exact 3·3 − 2·1 = 7.
func TestStatsByHand(t *testing.T) {
	d := crossbar.Design{Wordlines: 2, CellBits: 2, DACBits: 1, Encoding: crossbar.Encoding{
		WeightBits: 2, InputBits: 2, InputSign: crossbar.Unsigned, Signed: crossbar.Differential,
	}}
	w := crossbar.Weights{Rows: 2, Columns: 1, Codes: []int32{3, -2}}
	cases := []struct {
		name    string
		bits    int
		x       []int32
		y       int64
		reads   [2]int64 // of them empty
		clipped int64
		largest int64
		counts  []int64
		want    crossbar.Certificate
	}{
		{"clipping", 1, []int32{3, 1}, 2, [2]int64{4, 0}, 3, 3, []int64{1, 0, 1, 2, 0, 0, 0},
			crossbar.Certificate{Clipped: 2, Clips: 3, MostClips: 2, Conversions: 4}},
		{"enough bits", 2, []int32{3, 1}, 7, [2]int64{4, 0}, 0, 3, []int64{1, 0, 1, 2, 0, 0, 0},
			crossbar.Certificate{Proven: 2, Conversions: 4}},
		{"nothing driven", 1, []int32{0, 0}, 0, [2]int64{4, 4}, 0, 0, []int64{4, 0, 0, 0, 0, 0, 0},
			crossbar.Certificate{Unseen: 2, Conversions: 4}},
		{"second step empty", 1, []int32{0, 1}, -1, [2]int64{4, 2}, 1, 2, []int64{3, 0, 1, 0, 0, 0, 0},
			crossbar.Certificate{Unseen: 1, Clipped: 1, Clips: 1, MostClips: 1, Conversions: 4}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, r := program(t, d, w, adc.Spec{Range: adc.Unit}, []int{c.bits})
			y := make([]int64, 1)
			r.MVM(y, c.x)
			if y[0] != c.y {
				t.Errorf("product is %d, want %d", y[0], c.y)
			}
			s := r.Stats()
			if got := [2]int64{s.Reads, s.EmptyReads}; got != c.reads {
				t.Errorf("reads, empty: got %d, want %d", got, c.reads)
			}
			slice := s.Slices[0]
			// 2 rows × level 3 × digit 1 = 6 is the largest sum of any weights.
			if !slices.Equal(slice.Histogram, c.counts) || slice.Offset != 0 {
				t.Errorf("histogram %d from %d, want %d from 0", slice.Histogram, -slice.Offset, c.counts)
			}
			got := []int64{slice.Clipped, slice.MaxSum(), slice.WorstSum, slice.Cells, slice.NonZeroCells, slice.Columns, slice.NonZeroColumns}
			want := []int64{c.clipped, c.largest, 3, 4, 2, 2, 2}
			if !slices.Equal(got, want) {
				t.Errorf("clipped, largest, worst, cells, non-zero, columns, non-zero: got %d, want %d", got, want)
			}
			if got := r.Certificate(s); got != c.want {
				t.Errorf("certificate %+v, want %+v", got, c.want)
			}
		})
	}
}

// smallTwin is a case whose digits can be tried out one and all.
func smallTwin(seed uint64, signed crossbar.Signed, rangeOf adc.Range) (generator, *twin) {
	g := seeded(seed)
	s := g.anyShape()
	s.wordlines, s.encoding, s.rangeOf = []int{1, 2, 3, 4}, signed, rangeOf
	w := g.twin(s)
	for i := range w.bits {
		w.bits[i] = 2 + g.pick(4) // low, so that some columns clip and some cannot
	}
	return g, newTwin(w.design, w.weights, w.spec, w.bits)
}

// TestStatsAdd compares two runners that share the inputs with one that sees all.
func TestStatsAdd(t *testing.T) {
	for _, signed := range encodings() {
		for seed := range uint64(4) {
			g, w := smallTwin(seed, signed, adc.Unit)
			m, one := program(t, w.design, w.weights, w.spec, w.bits)
			_, first := program(t, w.design, w.weights, w.spec, w.bits)
			_, second := program(t, w.design, w.weights, w.spec, w.bits)
			y := make([]int64, m.Columns())
			for i, x := range g.inputs(w) {
				one.MVM(y, x)
				if i < 2 {
					first.MVM(y, x)
				} else {
					second.MVM(y, x)
				}
			}
			before, sum, want := first.Stats(), first.Stats(), one.Stats()
			sum.Add(second.Stats())
			if !reflect.DeepEqual(sum, want) {
				t.Fatalf("%v\nsum %+v\nwant %+v", w, sum, want)
			}
			if got, want := first.Certificate(sum), one.Certificate(want); got != want {
				t.Fatalf("%v\ncertificate of the sum %+v, want %+v", w, got, want)
			}
			if got := first.Stats(); !reflect.DeepEqual(got, before) {
				t.Fatalf("%v\nadding to a snapshot changed the runner: %+v, want %+v", w, got, before)
			}
		}
	}
}

// TestStatsAddPanics treats the statistics of another matrix as the caller's bug.
func TestStatsAddPanics(t *testing.T) {
	d := crossbar.Design{Wordlines: 2, CellBits: 2, DACBits: 1, Encoding: crossbar.DefaultEncoding()}
	bits := []int{8, 8, 8, 8}
	_, one := program(t, d, crossbar.Weights{Rows: 1, Columns: 1, Codes: []int32{1}}, adc.DefaultSpec(), bits)
	_, two := program(t, d, crossbar.Weights{Rows: 1, Columns: 2, Codes: []int32{1, 2}}, adc.DefaultSpec(), bits)
	defer func() {
		if got, want := recover(), "crossbar: adding the statistics of another matrix"; got != want {
			t.Errorf("panic %v, want %q", got, want)
		}
	}()
	s := one.Stats()
	s.Add(two.Stats())
}

// Three inputs of 7, 5 and 1 drive bit 0 of all three wordlines, so a unit column
// of level 2 sums to 6; inputs of 1 and 0 make it 2.
func TestUnitMaxSum(t *testing.T) {
	e := crossbar.DefaultEncoding()
	e.Signed, e.UnitLevel = crossbar.OffsetUnitColumn, 2
	m, err := crossbar.Program(crossbar.Design{Wordlines: 4, CellBits: 2, DACBits: 1, Encoding: e},
		crossbar.Weights{Rows: 3, Columns: 1, Codes: []int32{1, -1, 0}})
	if err != nil {
		t.Fatal(err)
	}
	largest := func(inputs ...[]int32) crossbar.Stats {
		r, err := m.NewRunner(adc.DefaultSpec(), []int{8, 8, 8, 8})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range inputs {
			r.MVM(make([]int64, 1), x)
		}
		return r.Stats()
	}
	small, large := largest([]int32{1, 0, 0}), largest([]int32{7, 5, 1}, []int32{0, 0, 0})
	if small.UnitMaxSum != 2 || large.UnitMaxSum != 6 {
		t.Errorf("largest unit column sums are %d and %d, want 2 and 6", small.UnitMaxSum, large.UnitMaxSum)
	}
	if small.Add(large); small.UnitMaxSum != 6 {
		t.Errorf("largest unit column sum of two runners is %d, want 6", small.UnitMaxSum)
	}
}
