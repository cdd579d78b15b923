package crossbar_test

import (
	"reflect"
	"slices"
	"sync"
	"testing"

	"bitline/adc"
	"bitline/crossbar"
)

// TestSumsClosedForm drives the first p rows of 128 at position p mod 129 and reads
// cells of level 3: sums of 3p, so that p from 0 to 128 fill every third bin.
func TestSumsClosedForm(t *testing.T) {
	const rows, positions = 128, 400
	d := crossbar.Design{Wordlines: rows, CellBits: 2, DACBits: 1, Encoding: crossbar.DefaultEncoding()}
	w := crossbar.Weights{Rows: rows, Columns: 3, Codes: make([]int32, 3*rows)}
	for k := range rows {
		w.Codes[3*k] = 3    // slice 0, positive; the second column is empty
		w.Codes[3*k+2] = -3 // slice 0, negative
	}
	x := make([]int16, rows*crossbar.TilePositions)
	for p := range positions {
		for k := range p % (rows + 1) {
			x[k*crossbar.TilePositions+p] = 1
		}
	}
	want := make([]int64, 3*rows+1)
	clipped := int64(0)
	for p := range positions {
		sum := 3 * (p % (rows + 1))
		want[sum] += 2
		if sum > 15 {
			clipped += 2
		}
	}
	// 3 columns of 2 signs in 8 steps; all but the two that the first step reads
	// through a column with cells are zero.
	want[0] += positions * (3*2*8 - 2)
	m, _ := program(t, d, w, adc.DefaultSpec(), []int{4, 4, 4, 4})
	for _, kernel := range crossbar.KernelNames() {
		r, err := m.NewTileRunnerOn(kernel, adc.DefaultSpec(), []int{4, 4, 4, 4}, crossbar.Sums)
		if err != nil {
			t.Fatal(err)
		}
		r.MVM(make([]int64, 3*crossbar.TilePositions), x, positions)
		s := r.Stats().Slices
		if got := s[0].Histogram; !slices.Equal(got, want) {
			t.Errorf("%s: slice 0: histogram %d, want %d", kernel, got, want)
		}
		if got := []int64{s[0].MaxSum(), s[0].Clipped}; !slices.Equal(got, []int64{3 * rows, clipped}) {
			t.Errorf("%s: slice 0: largest sum and clipped %d, want %d", kernel, got, []int64{3 * rows, clipped})
		}
		for i := 1; i < 4; i++ {
			want := make([]int64, len(s[i].Histogram))
			want[0] = positions * 3 * 2 * 8
			if !slices.Equal(s[i].Histogram, want) {
				t.Errorf("%s: slice %d has no cells: histogram %d, want %d", kernel, i, s[i].Histogram, want)
			}
		}
	}
}

// TestSumsSplit shares tiles out to any number of forks that work at once: the
// statistics are those of one runner.
func TestSumsSplit(t *testing.T) {
	for _, signed := range encodings() {
		g, w := smallTwin(3, signed, adc.Unit)
		m, _ := program(t, w.design, w.weights, w.spec, w.bits)
		first, err := m.NewTileRunner(w.spec, w.bits, crossbar.TileOptions{Statistics: crossbar.Sums})
		if err != nil {
			t.Fatal(err)
		}
		var tiles [][]int16
		for i := range 7 {
			x, _ := g.tile(w, 20+i)
			tiles = append(tiles, x)
		}
		var want crossbar.Stats
		for workers := 1; workers <= 4; workers++ {
			forks := make([]*crossbar.TileRunner, workers)
			var wait sync.WaitGroup
			for k := range forks {
				forks[k] = first.Fork()
				wait.Go(func() {
					for i := k; i < len(tiles); i += workers {
						forks[k].MVM(make([]int64, m.Columns()*crossbar.TilePositions), tiles[i], 20+i)
					}
				})
			}
			wait.Wait()
			got := forks[0].Stats()
			for _, f := range forks[1:] {
				got.Add(f.Stats())
			}
			if workers == 1 {
				want = got
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %d workers: statistics\n%+v\nwant\n%+v", signed, workers, got, want)
			}
		}
	}
}

// TestSumsTwice asks for statistics between tiles: they are those so far.
func TestSumsTwice(t *testing.T) {
	g, w := smallTwin(2, crossbar.DifferentialAnalog, adc.Unit)
	m, r := program(t, w.design, w.weights, w.spec, w.bits)
	tr, err := m.NewTileRunner(w.spec, w.bits, crossbar.TileOptions{Statistics: crossbar.Sums})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := tr.Stats(), r.Stats(); !reflect.DeepEqual(got, want) {
		t.Errorf("before the first tile: statistics\n%+v\nwant\n%+v", got, want)
	}
	for i := range 3 {
		x, vectors := g.tile(w, 30)
		tr.MVM(make([]int64, m.Columns()*crossbar.TilePositions), x, 30)
		for _, v := range vectors {
			r.MVM(make([]int64, m.Columns()), v)
		}
		if got, want := tr.Stats(), r.Stats(); !reflect.DeepEqual(got, want) {
			t.Errorf("after tile %d: statistics\n%+v\nwant\n%+v", i, got, want)
		}
	}
}
