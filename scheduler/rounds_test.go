package scheduler

import (
	"math/rand/v2"
	"strings"
	"testing"

	"bitline/arch"
)

// Four layers of 1, 2, 2 and 1 IMAs, each an array a block: an IMA holds 2.
func TestRounds(t *testing.T) {
	layers := []int{4, 4, 16, 4, 4} // 1, 4, 4 and 1 arrays
	tests := []struct {
		name   string
		tiles  int // of one IMA
		rounds []int
		used   [3]int // crossbars, IMAs, tiles
		err    string
	}{
		{"fits", 6, []int{0, 0, 0, 0}, [3]int{10, 6, 6}, ""},
		{"one short", 5, []int{0, 0, 0, 1}, [3]int{9, 5, 5}, ""},
		{"three", 3, []int{0, 0, 1, 1}, [3]int{5, 3, 3}, ""},
		{"two", 2, []int{0, 1, 2, 3}, [3]int{4, 2, 2}, ""},
		{"a layer does not fit", 1, nil, [3]int{}, "layer fc2 of network mlp needs 2 tiles of chip tiny in a round of its own, which has 1\nlayer fc3 "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			chip := tiny(func(c *arch.Chip) { c.Tile.IMAs, c.IMA.Crossbars, c.Map.Rounds = 1, 2, true })
			chip.Tiles = tt.tiles
			m, err := Map(chip, mlp(layers...))
			if tt.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), tt.err) {
					t.Errorf("error is %v, want one that begins with %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for i, l := range m.Layers {
				if l.Round != tt.rounds[i] {
					t.Errorf("layer %s is in round %d, want %d", l.Name, l.Round, tt.rounds[i])
				}
			}
			if want := tt.rounds[len(tt.rounds)-1] + 1; m.Rounds != want {
				t.Errorf("%d rounds, want %d", m.Rounds, want)
			}
			if got := [3]int{m.CrossbarsUsed, m.IMAsUsed, m.TilesUsed}; got != tt.used {
				t.Errorf("crossbars, IMAs and tiles are %v, want %v", got, tt.used)
			}
		})
	}
}

// TestRoundsAreFew tries every way to cut layers into rounds.
func TestRoundsAreFew(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 6))
	for i := range 200 {
		plans := make([]plan, 1+rng.IntN(7))
		total, largest := 0, 0
		for k := range plans {
			plans[k] = plan{imas: 1 + rng.IntN(6), copies: 1 + rng.IntN(2)}
			n := plans[k].imas * plans[k].copies
			total, largest = total+n, max(largest, n)
		}
		capacity := largest + rng.IntN(6)
		chip := tiny(func(c *arch.Chip) { c.Map.Rounds = true })
		rounds, err := newLayout(chip).pack("net", plans, capacity)
		if err != nil {
			t.Fatal(err)
		}
		fewest := len(plans)
		for cuts := range 1 << (len(plans) - 1) { // bit k: a round begins after layer k
			n, taken, fits := 1, 0, true
			for k, p := range plans {
				if k > 0 && cuts>>(k-1)&1 == 1 {
					n, taken = n+1, 0
				}
				taken += p.imas * p.copies
				fits = fits && taken <= capacity
			}
			if fits {
				fewest = min(fewest, n)
			}
		}
		if rounds != fewest || plans[len(plans)-1].round != rounds-1 {
			t.Fatalf("case %d: %d rounds, the last layer in %d, want %d", i, rounds, plans[len(plans)-1].round, fewest)
		}
	}
}

// TestSeveralChips lets layers straddle chips and says how many chips would do.
func TestSeveralChips(t *testing.T) {
	chip := chipWith(func(c *arch.Chip) { c.Tiles, c.Count = 1, 2 })
	m := mustMap(t, chip, mlp(128, 24*128)) // 24 IMAs of 12 a chip
	if m.ChipsUsed != 2 || m.TilesUsed != 2 || m.Layers[0].Copies[0].Home != 0 {
		t.Errorf("%d chips and %d tiles, home %d, want 2, 2 and 0", m.ChipsUsed, m.TilesUsed, m.Layers[0].Copies[0].Home)
	}
	_, err := Map(chip, mlp(128, 25*128))
	if want := "network mlp needs 3 tiles of chip test, which has 2 on 2 chips: 1 tile is missing; chips = 3 would do"; err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
	_, err = Map(chip, mlp(128, 13*128, 12*128)) // the second layer is 13 × 12 IMAs
	if want := "network mlp needs 15 tiles"; err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "rounds") {
		t.Errorf("error is %v, want %s and nothing of rounds", err, want)
	}
	_, err = Map(chip, mlp(128, 13*128, 128)) // 13 IMAs each
	if want := "chips = 3 would do, and mapping.rounds = true would run it in rounds, between which the cells are programmed anew"; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("error is %v, want %s", err, want)
	}
	chip.Count, chip.Map.Replicate = 4096, arch.ReplicateBalanced
	chip.Tiles = 1 << 20
	if _, err := Map(chip, oneConv()); err != nil {
		t.Errorf("a huge system: %v", err)
	}
}

// TestRoundsHaveTheirCopies gives each round's layers the whole system.
func TestRoundsHaveTheirCopies(t *testing.T) {
	chip := chipWith(func(c *arch.Chip) {
		isaac(c)
		c.Tiles, c.Tile.IMAs = 1, 8
		c.Map.Rounds, c.Map.Replicate = true, arch.ReplicateBalanced
		c.IMA.Crossbars = 4
	})
	m := mustMap(t, chip, oneConv()) // 1 and 2 IMAs of 8: 36 positions on 6 copies
	if m.Rounds != 1 || len(m.Layers[0].Copies) != 6 {
		t.Errorf("%d rounds with %d copies, want 1 with 6", m.Rounds, len(m.Layers[0].Copies))
	}
	chip.Tile.IMAs = 2
	m = mustMap(t, chip, oneConv())
	if m.Rounds != 2 || len(m.Layers[0].Copies) != 2 || m.Layers[1].Copies[0].Arrays[0].IMA != 0 {
		t.Errorf("%d rounds with %d copies, the second from IMA %d, want 2 with 2 from 0", m.Rounds, len(m.Layers[0].Copies), m.Layers[1].Copies[0].Arrays[0].IMA)
	}
}
