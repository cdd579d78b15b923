package exact_test

import (
	"math/big"
	"testing"

	"bitline/internal/exact"
)

func TestRound(t *testing.T) {
	for _, c := range []struct{ num, den, want int64 }{
		{0, 1, 0}, {1, 2, 0}, {3, 2, 2}, {5, 2, 2}, {-1, 2, 0}, {-3, 2, -2}, {-5, 2, -2},
		{7, 3, 2}, {8, 3, 3}, {-7, 3, -2}, {-8, 3, -3}, {49999, 100000, 0}, {50001, 100000, 1},
	} {
		if got := exact.Round(big.NewRat(c.num, c.den)); got != c.want {
			t.Errorf("Round(%d/%d) = %d, want %d", c.num, c.den, got, c.want)
		}
	}
}
