package reproduce

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"bitline/internal/pipeline"
)

// TestChips: with a converter an array the low resolutions save no time; the read
// bounds it. By the power law a conversion takes 37.9 times less energy at 3 bits
// than at 8, and 227.6 times less at 1 bit: 4 / (3/37.9 + 1/227.6) = 47.9 on the
// mean of the slices, and 4 / (3·3/8 + 1/8) = 3.2 times less time.
func TestChips(t *testing.T) {
	study := &Chips{
		networks: []string{"mlp-64-32-10"}, room: 2, sets: []string{`mapping.replicate="balanced"`},
		chips: []string{"bitslice-8bit", "bitslice-8bit-3331", "bitslice-8bit-3adc"},
	}
	found, err := study.measureAll(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	figures, gains := found.Tables[0], found.Tables[1]
	if len(figures.Rows) != 3 || len(gains.Rows) != 2 {
		t.Fatalf("%d and %d rows, want 3 and 2", len(figures.Rows), len(gains.Rows))
	}
	for _, row := range gains.Rows {
		if row[2] != "1×" || row[4] != "47.9×" || row[7] != "3.2×" {
			t.Errorf("interval, converter energy and time gain %s, %s and %s, want 1×, 47.9× and 3.2×", row[2], row[4], row[7])
		}
		if energy, _ := strconv.ParseFloat(strings.TrimSuffix(row[3], "×"), 64); energy <= 1 || energy >= 47 {
			t.Errorf("the chip's energy falls %s, want more than not at all and less than the converters'", row[3])
		}
	}
	// The tiles of the first are twice what one copy of the network takes.
	chip, err := pipeline.LoadChip("bitslice-8bit", []string{"tiles=2"})
	if err != nil {
		t.Fatal(err)
	}
	bill, err := chip.Bill()
	if err != nil {
		t.Fatal(err)
	}
	if want := strconv.FormatFloat(bill.Chip.Area.SquareMillimetres(), 'g', 3, 64); figures.Rows[0][8] != want {
		t.Errorf("the chip has %s mm², want that of two tiles, %s", figures.Rows[0][8], want)
	}
}
