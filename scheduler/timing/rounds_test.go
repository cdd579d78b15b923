package timing

import (
	"context"
	"math"
	"strings"
	"testing"

	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/units"
)

// inRounds is a chip of one tile with one IMA, on which layers of one array run
// one after the other. A layer of 4 × 4 takes, with inputs of three bits: fetch
// 12 b 2 ns · reads 30 · scan 4 · shift-and-add 4 · output 4 · sum 4 · activation 4
// · write 2, which is 54 ns; its crossbar's reads bound the interval, 30 ns. A row
// of cells is written in 2 ns, an array in 8.
func inRounds(batch int) *arch.Chip {
	return tiny(func(c *arch.Chip) {
		c.Encoding.InputBits = 3
		c.Tiles = 1
		c.Map.Rounds, c.Map.Batch = true, batch
		c.Programming = crossbar.DefaultProgramming()
		c.Programming.Time, c.Programming.Energy = 2*ns, units.Picojoule
	})
}

func TestRoundsByHand(t *testing.T) {
	tests := []struct {
		batch                    int
		single, window, perImage units.Time
	}{
		{1, 124 * ns, 124 * ns, 124 * ns}, // twice 8 + 54
		{2, 124 * ns, 184 * ns, 92 * ns},  // and twice 30
		{5, 124 * ns, 364 * ns, 72800 * units.Picosecond},
	}
	for _, tt := range tests {
		got := mustSimulate(t, inRounds(tt.batch), mlp(4, 4, 4), 8)
		if len(got.Rounds) != 2 || got.WindowImages != tt.batch {
			t.Fatalf("%d rounds of %d images, want 2 of %d", len(got.Rounds), got.WindowImages, tt.batch)
		}
		if got.LatencySingle != tt.single || got.Window != tt.window || got.Interval != tt.perImage {
			t.Errorf("batch of %d: an image alone takes %v, the batch %v, an image of it %v, want %v, %v and %v",
				tt.batch, got.LatencySingle, got.Window, got.Interval, tt.single, tt.window, tt.perImage)
		}
		for i, r := range got.Rounds {
			// 16 cells in use of one picojoule each.
			if r.Timing.LatencySingle != 54*ns || r.Timing.Interval != 30*ns || r.Load.Time != 8*ns || r.Load.Joules != 16e-12 {
				t.Errorf("round %d: latency %v, interval %v, programming %v and %v J, want 54 ns, 30 ns, 8 ns and 16 pJ",
					i, r.Timing.LatencySingle, r.Timing.Interval, r.Load.Time, r.Load.Joules)
			}
		}
		// Twice 16 cells, of which a batch's images bear equal parts.
		account, err := NewAccount(jobOf(t, inRounds(tt.batch), mlp(4, 4, 4), 8), got)
		if err != nil {
			t.Fatal(err)
		}
		single, steady := account.Chip.Single[0], account.Chip.Steady[0]
		if single.Action != "write of a cell" || single.Count != 32 || single.Energy != 32*units.Picojoule ||
			steady.Count != int64(math.Round(32/float64(tt.batch))) || steady.Energy != 32*units.Picojoule/units.Energy(tt.batch) {
			t.Errorf("batch of %d: rows %+v and %+v, want 32 cells and 32 pJ over the batch", tt.batch, single, steady)
		}
		if account.UsedTiles.Steady[0] != steady {
			t.Errorf("batch of %d: the tiles in use take %+v for writing, the chip %+v", tt.batch, account.UsedTiles.Steady[0], steady)
		}
		// Each layer's crossbar reads 30 ns an image, of all the batch's time.
		for _, layer := range []string{"fc1", "fc2"} {
			r := resource(t, got, ClassCrossbar, layer)
			if busy := units.Time(tt.batch) * 30 * ns; r.Busy != busy || r.Idle != tt.window-busy {
				t.Errorf("batch of %d: the crossbar of %s is busy %v and idle %v, want %v and %v", tt.batch, layer, r.Busy, r.Idle, busy, tt.window-busy)
			}
		}
		// Both layers move over the one tile's bus: 2 + 4 + 2 ns each.
		if r := resource(t, got, ClassBuffer, ""); r.Servers != 1 || r.Busy != units.Time(tt.batch)*16*ns {
			t.Errorf("batch of %d: the bus of %d tiles is busy %v, want %v of one", tt.batch, r.Servers, r.Busy, units.Time(tt.batch)*16*ns)
		}
	}
}

// TestRoundsCount: in rounds or not, an image takes the same actions of crossbars
// and converters.
func TestRoundsCount(t *testing.T) {
	rounds := mustSimulate(t, inRounds(1), mlp(4, 4, 4), 8)
	chip := inRounds(1)
	chip.Tiles = 2
	whole := mustSimulate(t, chip, mlp(4, 4, 4), 8)
	if whole.Rounds != nil {
		t.Errorf("%d rounds of a network that fits, want none", len(whole.Rounds))
	}
	for i := range whole.Layers {
		got, want := rounds.Layers[i], whole.Layers[i]
		if got.Reads != want.Reads || got.Codes != want.Codes || got.FetchBits != want.FetchBits || got.Activations != want.Activations {
			t.Errorf("layer %d in rounds: %+v, want the actions of %+v", i, got, want)
		}
	}
}

// A network in rounds meets the activity that it meets on a chip that holds all of it.
func TestRoundsActivity(t *testing.T) {
	report := func(tiles int) *ActivityReport {
		chip := inRounds(1)
		chip.Tiles, chip.SkipEmpty = tiles, arch.SkipByArray
		return simulate(t, jobOf(t, chip, mlp(4, 4, 4), 8), Options{Activity: AllActive()}).Activity
	}
	rounds, whole := report(1), report(2)
	if rounds == nil || rounds.Steps != whole.Steps || rounds.Wordlines != whole.Wordlines || rounds.DrivenWordlines != whole.DrivenWordlines || rounds.Reads != whole.Reads || len(rounds.Latencies) != len(whole.Latencies) {
		t.Errorf("in rounds the activity is %+v, want that of %+v", rounds, whole)
	}
}

func TestRoundsErrors(t *testing.T) {
	chip := inRounds(1)
	job := jobOf(t, chip, mlp(4, 4, 4), 8)
	chip.Tile.EDRAM.Bytes = 1 // the 12 bits of an input do not fit
	if _, err := Simulate(context.Background(), job, Options{}); err == nil || !strings.Contains(err.Error(), "round 1: the eDRAM of tile 0") {
		t.Errorf("error is %v, want one that names round 1 and the eDRAM", err)
	}
}
