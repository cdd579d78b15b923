package timing

import (
	"context"
	"fmt"

	"bitline/crossbar"
	"bitline/internal/units"
)

// Round is one round of a network that runs in rounds, on its own: what earlier
// rounds computed, and what later ones take, passes the host's port.
type Round struct {
	// Load is the programming of the round's weights, before each batch.
	Load crossbar.Load
	// Timing is that of a chip that has the round's layers alone. Its lists of
	// layers have all layers, those of other rounds with nothing.
	Timing *Timing
	// Batch is the time of the round for a batch: Load, the latency of the first
	// image and the interval of every further one.
	Batch units.Time
}

// longestBatch bounds the time of a batch in all rounds, so that sums of it hold.
const longestBatch = 1000 * units.Second

// simulateRounds simulates each round on its own. Rounds do not overlap: a batch
// of n images takes
//
//	Σ over rounds (time of programming + latency + (n − 1) × interval)
//
// and so does the next. Of the whole, LatencySingle is the time of a batch of one
// image, Window that of a batch, and Interval its part of one image. A result that
// both its own and a later round take is not charged for its way to the host.
func (b *builder) simulateRounds(ctx context.Context, opts Options) (*Timing, error) {
	batch := max(1, b.Chip.Map.Batch)
	t := &Timing{WindowImages: batch, Repeats: true, Layers: make([]Counts, len(b.Mapping.Layers))}
	for b.round = range b.Mapping.Rounds {
		one, err := b.simulate(ctx, opts)
		if err != nil {
			return nil, fmt.Errorf("round %d: %w", b.round+1, err)
		}
		r := Round{Load: b.load(), Timing: one}
		for _, part := range []units.Time{r.Load.Time, one.LatencySingle, units.Time(units.MulDiv(int64(one.Window), int64(batch-1), int64(one.WindowImages)))} {
			if part > longestBatch-t.Window-r.Batch {
				return nil, fmt.Errorf("round %d: a batch of %d images takes longer than %v", b.round+1, batch, longestBatch)
			}
			r.Batch += part
		}
		t.Rounds = append(t.Rounds, r)
		t.LatencySingle += r.Load.Time + one.LatencySingle
		t.Window += r.Batch
		t.Repeats = t.Repeats && one.Repeats
		t.Images += one.Images
		t.Events += one.Events
		for i := range one.Layers {
			t.Layers[i].add(&one.Layers[i])
		}
		t.PerImage.add(&one.PerImage)
		if err := t.PerImage.checkTimes(); err != nil {
			return nil, err
		}
		t.Activity = t.Activity.inRounds(one.Activity)
	}
	t.Interval = units.Time(units.MulDiv(int64(t.Window), 1, int64(batch)))
	t.Resources = roundResources(t)
	return t, nil
}

// load is the programming of the present round's weights.
func (b *builder) load() crossbar.Load {
	w, tiles := crossbar.Written{}, map[int32]int64{} // arrays by tile
	for i := range b.Mapping.Layers {
		l := &b.Mapping.Layers[i]
		if l.Round != b.round {
			continue
		}
		w.Arrays += l.Use.Crossbars
		w.Cells += l.Use.Cells
		for _, c := range l.Copies {
			for _, a := range c.Arrays {
				tile := a.IMA / int32(b.Chip.Tile.IMAs)
				tiles[tile]++
				w.Fullest = max(w.Fullest, tiles[tile])
			}
		}
	}
	w.Tiles = int64(len(tiles))
	return b.Chip.Programming.Load(b.Chip.Crossbar, w)
}

// roundResources is what resources do for a batch in all rounds: what they do for
// an image in the settled pipeline of a round, times the batch. The peak is that
// of the round in which a single resource does most.
func roundResources(t *Timing) []Resource {
	var all []Resource
	index := map[[2]string]int{}
	for _, round := range t.Rounds {
		one := round.Timing
		scale := func(n int64) int64 { return units.MulDiv(n, int64(t.WindowImages), int64(one.WindowImages)) }
		for _, r := range one.Resources {
			key := [2]string{r.Class, r.Layer}
			i, ok := index[key]
			if !ok {
				i = len(all)
				index[key] = i
				all = append(all, Resource{Class: r.Class, Layer: r.Layer})
			}
			sum := &all[i]
			sum.Servers = max(sum.Servers, r.Servers)
			sum.Jobs += scale(r.Jobs)
			sum.Busy += units.Time(scale(int64(r.Busy)))
			sum.Waiting += units.Time(scale(int64(r.Waiting)))
			if peak := r.Peak * float64(scale(int64(one.Window))) / float64(t.Window); sum.PeakAt == "" || peak > sum.Peak {
				sum.Peak, sum.PeakAt = peak, r.PeakAt
			}
		}
	}
	for i := range all {
		r := &all[i]
		r.Idle = units.Time(r.Servers)*t.Window - r.Busy
		if r.Class == ClassCrossbar {
			r.Idle -= r.Waiting
		}
		r.Utilisation = float64(r.Busy) / float64(r.Servers) / float64(t.Window)
		r.Queue = float64(r.Waiting) / float64(t.Window)
	}
	return all
}
