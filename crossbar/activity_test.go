package crossbar_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"bitline/adc"
	"bitline/crossbar"
)

// Two rows, one column: weights 5 = digits 1, 1 of slices 0 and 1, and −2 = digit 2
// of slice 0; inputs 3 and 1, so step 0 drives both wordlines and step 1 the first.
func TestOnRead(t *testing.T) {
	e := crossbar.DefaultEncoding()
	e.WeightBits, e.InputBits = 4, 2
	m, err := crossbar.Program(crossbar.Design{Wordlines: 8, CellBits: 2, DACBits: 1, Encoding: e},
		crossbar.Weights{Rows: 2, Columns: 1, Codes: []int32{5, -2}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.NewRunner(adc.DefaultSpec(), []int{8, 8})
	if err != nil {
		t.Fatal(err)
	}
	var got []crossbar.ArrayRead
	r.OnRead(func(a crossbar.ArrayRead) { got = append(got, a) })
	r.MVM(make([]int64, 1), []int32{3, 1})
	want := []crossbar.ArrayRead{
		{Slice: 0, Sign: 0, Step: 0, Driven: 2, Conducted: 1}, {Slice: 0, Sign: 1, Step: 0, Driven: 2, Conducted: 2},
		{Slice: 1, Sign: 0, Step: 0, Driven: 2, Conducted: 1}, {Slice: 1, Sign: 1, Step: 0, Driven: 2},
		{Slice: 0, Sign: 0, Step: 1, Driven: 1, Conducted: 1}, {Slice: 0, Sign: 1, Step: 1, Driven: 1},
		{Slice: 1, Sign: 0, Step: 1, Driven: 1, Conducted: 1}, {Slice: 1, Sign: 1, Step: 1, Driven: 1},
	}
	if !slices.Equal(got, want) {
		t.Errorf("reads are\n%v, want\n%v", got, want)
	}
}

// What reads conduct adds up to the statistics, and every read is heard of.
func TestReadsAddUp(t *testing.T) {
	for _, sign := range []crossbar.InputSign{crossbar.Unsigned, crossbar.SignSplit} {
		e := crossbar.DefaultEncoding()
		e.InputSign = sign
		random := rand.New(rand.NewPCG(4, 9))
		w := crossbar.Weights{Rows: 150, Columns: 7, Zero: make([]int32, 150)}
		for range w.Rows * w.Columns {
			w.Codes = append(w.Codes, int32(random.IntN(511)-255))
		}
		for k := range w.Zero {
			w.Zero[k] = 20
		}
		m, err := crossbar.Program(crossbar.Design{Wordlines: 64, CellBits: 2, DACBits: 2, Encoding: e}, w)
		if err != nil {
			t.Fatal(err)
		}
		r, err := m.NewRunner(adc.DefaultSpec(), []int{9, 9, 9, 9})
		if err != nil {
			t.Fatal(err)
		}
		conducted, reads, empty := make([]int64, 4), int64(0), int64(0)
		r.OnRead(func(a crossbar.ArrayRead) {
			conducted[a.Slice] += a.Conducted
			reads++
			if a.Driven == 0 {
				empty++
			}
		})
		x := make([]int32, w.Rows)
		for range 5 {
			for k := range x {
				x[k] = int32(random.IntN(256) * random.IntN(2))
			}
			r.MVM(make([]int64, w.Columns), x)
		}
		s := r.Stats()
		if reads != s.Reads || empty != s.EmptyReads {
			t.Errorf("%s: heard of %d reads, %d empty, want %d and %d", sign, reads, empty, s.Reads, s.EmptyReads)
		}
		for k, slice := range s.Slices {
			if conducted[k] != slice.Conducted() {
				t.Errorf("%s: reads of slice %d conducted %d, statistics have %d", sign, k, conducted[k], slice.Conducted())
			}
		}
	}
}
