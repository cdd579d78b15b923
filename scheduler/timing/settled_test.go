package timing

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"bitline/arch"
	"bitline/internal/units"
	"bitline/tile"
	"bitline/workloads"
)

// TestNoAllocations: once a simulation has settled, no event costs an allocation.
func TestNoAllocations(t *testing.T) {
	net := onImage(conv("conv", 2, 1, 1), adding(conv("next", 2, 1, 1), "conv"), workloads.Layer{Name: "pool", Kind: workloads.MaxPool, Kernel: 2, Stride: 2})
	chip := tall(func(c *arch.Chip) {
		c.NoC = tile.Network{Topology: tile.Mesh, Hop: ns}
		c.Host.Channel = tile.Channel{Width: 8, Clock: units.Gigahertz}
		c.Map.Replicate, c.Map.Copies = arch.ReplicateByHand, map[string]int{"conv": 3}
		c.Tile.EDRAM.Bytes = 16
	})
	job := jobOf(t, chip, net, 8)
	for _, exact := range []bool{false, true} {
		t.Run(fmt.Sprintf("exact %t", exact), func(t *testing.T) {
			b, err := newBuilder(job)
			if err != nil {
				t.Fatal(err)
			}
			m, err := b.model(modelOptions{images: endless, exact: exact})
			if err != nil {
				t.Fatal(err)
			}
			m.start()
			run := func(images int) {
				if err := b.runTo(context.Background(), m, len(m.done)+images); err != nil {
					t.Fatal(err)
				}
			}
			run(100)
			m.done = slices.Grow(m.done, 4000) // the record of images, which grows with them
			events := m.engine.Events()
			if n := testing.AllocsPerRun(1, func() { run(1000) }); n != 0 {
				t.Errorf("%d events allocate %v times, want 0", (m.engine.Events()-events)/2, n)
			}
		})
	}
}

// TestFasterIsNotSlower: in a chain of linear layers of one copy each, with room
// for everything, every resource serves in one order, so that times are maxima of
// sums, and a faster part never lengthens latency or interval. This is no theorem
// where parts serve in the order in which work comes.
func TestFasterIsNotSlower(t *testing.T) {
	faster := map[string]func(*arch.Chip){
		"read":            func(c *arch.Chip) { c.Crossbar.ReadLatency /= 2 },
		"converter":       func(c *arch.Chip) { c.ADC.Rate *= 2 },
		"shift-and-add":   func(c *arch.Chip) { c.IMA.ShiftAdd.Rate *= 2 },
		"tile's adders":   func(c *arch.Chip) { c.Tile.ShiftAdd.Rate *= 2 },
		"activation":      func(c *arch.Chip) { c.Tile.Activation.Rate *= 2 },
		"router":          func(c *arch.Chip) { c.Tile.Router.Clock *= 2 },
		"more converters": func(c *arch.Chip) { c.ADC.PerIMA++ },
	}
	names := make([]string, 0, len(faster))
	for name := range faster {
		names = append(names, name)
	}
	slices.Sort(names)
	rng := rand.New(rand.NewPCG(51, 52))
	pick := func(n ...int) int { return n[rng.IntN(len(n))] }
	rate := func() units.Frequency { return units.Frequency(pick(100, 300, 1000)) * units.Megahertz }
	for i := range 60 {
		// One array a layer: its converter and adders have one customer. Each layer is
		// on its own tile, so that of what the tile's parts do nothing competes but
		// moves over port and bus, a picosecond each.
		chip := three(func(c *arch.Chip) {
			c.IMA.Crossbars, c.Tile.EDRAM.Bytes, c.ADC.PerIMA = 1, 1<<20, 1
			c.Tile.Bus.Clock, c.Tile.EDRAMPort.Clock = 1000*units.Gigahertz, 1000*units.Gigahertz
			c.Tile.Bus.Width, c.Tile.EDRAMPort.Width = 1<<16, 1<<16
			c.ADC.Rate, c.IMA.ShiftAdd.Rate, c.Tile.ShiftAdd.Rate = rate(), rate(), rate()
			c.Tile.Activation.Rate, c.Tile.Router.Clock = rate(), rate()
		})
		net := mlp(1+rng.IntN(4), 1+rng.IntN(4), 1+rng.IntN(4), 1+rng.IntN(4))
		before := mustSimulate(t, chip, net, 8)
		for _, name := range names {
			quick := *chip
			faster[name](&quick)
			if after := mustSimulate(t, &quick, net, 8); after.LatencySingle > before.LatencySingle || after.Interval > before.Interval {
				t.Errorf("case %d: with a faster %s latency %v and interval %v, before %v and %v",
					i, name, after.LatencySingle, after.Interval, before.LatencySingle, before.Interval)
			}
		}
	}
}
