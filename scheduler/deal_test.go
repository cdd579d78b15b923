package scheduler

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"bitline/arch"
)

// striped is a layer of H × W positions and so many copies.
func striped(rows, width, copies int) *Layer {
	l := &Layer{Positions: rows * width, Width: width, Copies: make([]Copy, copies)}
	l.deal(arch.DealStriped)
	return l
}

// rowsOf is the copies of each row's positions, row by row.
func rowsOf(l *Layer) (rows []string) {
	for y := range l.Positions / l.Width {
		row := ""
		for x := range l.Width {
			row += fmt.Sprint(l.CopyOf(y*l.Width + x))
		}
		rows = append(rows, row)
	}
	return rows
}

func TestStripesByHand(t *testing.T) {
	tests := []struct {
		name                string
		rows, width, copies int
		want                []string
	}{
		{"whole columns", 2, 6, 3, []string{"001122", "001122"}},
		{"a column each", 3, 3, 3, []string{"012", "012", "012"}},
		{"rows in turn", 4, 2, 4, []string{"02", "13", "02", "13"}},
		{"a position each", 3, 2, 6, []string{"03", "14", "25"}},
		// Each copy has 6 places, which turns the rows by 2 of 4: they take places 0, 2
		// and, after a cycle, 1, 3. Copy 0 has column 0 and two places of column 1.
		{"half a column", 4, 3, 2, []string{"001", "011", "001", "011"}},
		// One row: the places are the columns.
		{"one row", 1, 5, 2, []string{"00011"}},
		// 2.5 places are a turn of 3: places 0, 3, 1, 4, 2.
		{"one column", 5, 1, 2, []string{"0", "1", "0", "1", "0"}},
		{"one position", 1, 1, 1, []string{"0"}},
	}
	for _, tt := range tests {
		if got := rowsOf(striped(tt.rows, tt.width, tt.copies)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: copies of rows are %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestDealing counts the positions of each copy, by every rule: they differ by one
// at most and are what the layer says. In stripes a copy's columns are side by
// side and no more than its share and a column cut on each side, and of any rows
// in a row it has about its share.
func TestDealing(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 1))
	for i := range 500 {
		rows, width := 1+rng.IntN(40), 1+rng.IntN(40)
		copies := 1 + rng.IntN(rows*width)
		for _, rule := range []string{arch.DealCyclic, arch.DealStriped} {
			l := &Layer{Positions: rows * width, Width: width, Copies: make([]Copy, copies)}
			l.deal(rule)
			counts, low, high := make([]int, copies), make([]int, copies), make([]int, copies)
			for p := range l.Positions {
				c, x := l.CopyOf(p), p%width
				if counts[c] == 0 {
					low[c], high[c] = x, x
				}
				counts[c]++
				low[c], high[c] = min(low[c], x), max(high[c], x)
			}
			for c, n := range counts {
				if n != l.Share(c) || n > l.Products() || n < l.Positions/copies {
					t.Fatalf("case %d, %s: copy %d of %d has %d of %d × %d positions, said to be %d of at most %d", i, rule, c, copies, n, rows, width, l.Share(c), l.Products())
				}
				if most := width/copies + 2; rule == arch.DealStriped && high[c]-low[c]+1 > most {
					t.Fatalf("case %d: copy %d of %d has columns %d to %d of %d × %d positions, want %d at most", i, c, copies, low[c], high[c], rows, width, most)
				}
			}
			if slices.Max(counts) != l.Products() {
				t.Fatalf("case %d, %s: the busiest copy has %d positions, said to be %d", i, rule, slices.Max(counts), l.Products())
			}
		}
	}
}

// TestStripesAreEven: the positions that a copy has of the first rows are its share
// of them, but for three.
func TestStripesAreEven(t *testing.T) {
	for _, tt := range []struct{ rows, width, copies int }{
		{112, 112, 176}, {56, 56, 44}, {28, 28, 11}, {14, 14, 3}, {7, 7, 1}, {224, 224, 392}, {112, 112, 98}, {56, 56, 25}, {28, 28, 7}, {14, 14, 2},
		{112, 112, 112}, {112, 112, 224}, {13, 13, 100},
	} {
		l := striped(tt.rows, tt.width, tt.copies)
		counts := make([]int, tt.copies)
		worst := 0.
		for y := range tt.rows {
			for x := range tt.width {
				counts[l.CopyOf(y*tt.width+x)]++
			}
			for _, n := range counts {
				even := float64(y+1) * float64(tt.width) / float64(tt.copies)
				worst = max(worst, float64(n)-even, even-float64(n))
			}
		}
		if worst > 3 {
			t.Errorf("%d copies of %d × %d positions are %.2f off their share, want 3 at most", tt.copies, tt.rows, tt.width, worst)
		}
		t.Logf("%+v %.2f", tt, worst)
	}
}
