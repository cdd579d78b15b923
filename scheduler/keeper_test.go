package scheduler

import (
	"fmt"
	"slices"
	"testing"

	"bitline/arch"
	"bitline/workloads"
)

// small is a chip of 4 × 4 arrays, one in an IMA and four IMAs on a tile, with
// inputs of one bit.
func small(bytes, tiles int, change func(*arch.Chip)) *arch.Chip {
	return tiny(func(c *arch.Chip) {
		c.IMA.Crossbars, c.Tile.IMAs, c.Tiles = 1, 4, tiles
		c.Tile.EDRAM.Bytes = bytes
		if change != nil {
			change(c)
		}
	})
}

// imasOf are the IMAs of each layer's copies.
func imasOf(m *Mapping) string {
	text := ""
	for _, l := range m.Layers {
		for _, c := range l.Copies {
			var imas []int32
			for _, a := range c.Arrays {
				imas = append(imas, a.IMA)
			}
			text += fmt.Sprint(slices.Compact(imas))
		}
	}
	return text
}

// image is a network of some layers that takes an image of 4 × 4 positions and one
// channel.
func image(layers ...workloads.Layer) *workloads.Network {
	return &workloads.Network{Name: "small", Input: workloads.Shape{Height: 4, Width: 4, Channels: 1}, Layers: layers}
}

// TestEDRAMByHand places layers where their inputs find room, and on both sides of
// each edge.
func TestEDRAMByHand(t *testing.T) {
	conv := workloads.Layer{Name: "conv", Kind: workloads.Conv, Outputs: 1, Kernel: 3, Stride: 1, Padding: 1}
	same := workloads.Layer{Name: "same", Kind: workloads.Conv, Outputs: 1, Kernel: 3, Stride: 1, Padding: 1, Add: "conv"}
	pool := workloads.Layer{Name: "pool", Kind: workloads.MaxPool, Kernel: 2, Stride: 2}
	fc := workloads.Layer{Name: "fc", Kind: workloads.Linear, Outputs: 2}
	three := func(c *arch.Chip) { c.Crossbar.Wordlines = 9 } // a window in one array
	tests := []struct {
		name         string
		bytes, tiles int
		change       func(*arch.Chip)
		net          *workloads.Network
		want         string
	}{
		// Each of three layers needs 4 bits of its input.
		{"all fit", 2, 9, nil, mlp(4, 4, 4, 4), "[0][1][2]"},
		{"two fit", 1, 9, nil, mlp(4, 4, 4, 4), "[0][1][4]"},
		{"no tile is left", 1, 1, nil, mlp(4, 4, 4, 4), "[0][1][2]"},
		// The first layer needs 9 bits and fits nowhere: the second makes it no worse.
		{"one does not fit", 1, 9, three, mlp(9, 4, 4), "[0][1]"},
		// A window of 2 rows of 4 and 3 is 11 bits, and the last layer, of two arrays,
		// takes 16 positions.
		{"windows", 4, 9, three, image(conv, fc), "[0][1 2]"},
		{"windows, a byte less", 3, 9, three, image(conv, fc), "[0][4 5]"},
		// 11 bits, the two windows of a row of the pool, which open together, and its 4
		// results.
		{"pool", 3, 9, three, image(conv, pool, fc), "[0][1]"},
		{"pool, a byte less", 2, 9, three, image(conv, pool, fc), "[0][4]"},
		// Two windows of 11 bits; 6 of what is added, a row and 2 positions ahead; 16.
		{"addition", 6, 9, three, image(conv, same, fc), "[0][1][2 3]"},
		{"addition, a byte less", 5, 9, three, image(conv, same, fc), "[0][1][4 5]"},
		{"11 and 17 bits", 4, 9, three, image(conv, same, fc), "[0][1][4 5]"},
		{"11 and 17 bits, a byte less", 3, 9, three, image(conv, same, fc), "[0][4][8 9]"},
		// 16 channels in four arrays: a tile has room for those of two.
		{"spread", 1, 9, nil, mlp(16, 4, 4), "[0 1 4 5][8]"},
		{"spread over too few tiles", 1, 1, nil, mlp(16, 1), "[0 1 2 3]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mustMap(t, small(tt.bytes, tt.tiles, tt.change), tt.net)
			if got := imasOf(m); got != tt.want {
				t.Errorf("layers lie on IMAs %s, want %s", got, tt.want)
			}
		})
	}
}

// TestEDRAMCostsCopies: on 16 IMAs of four tiles the last layer takes two, and its
// 16 bits either share a tile with windows of the first, of at most 11, or have one
// of their own. Then 14 copies would be one tile too many, and a tile less for
// copies leaves 10.
func TestEDRAMCostsCopies(t *testing.T) {
	net := image(
		workloads.Layer{Name: "conv", Kind: workloads.Conv, Outputs: 1, Kernel: 3, Stride: 1, Padding: 1},
		workloads.Layer{Name: "fc", Kind: workloads.Linear, Outputs: 2},
	)
	for _, tt := range []struct {
		bytes, copies int
		last          int32 // IMA of the last layer
	}{{4, 14, 14}, {2, 10, 12}} {
		m := mustMap(t, small(tt.bytes, 4, func(c *arch.Chip) {
			c.Crossbar.Wordlines = 9
			c.Map.Replicate = arch.ReplicateISAAC
		}), net)
		if got := m.Layers[1].Copies[0].Arrays[0].IMA; len(m.Layers[0].Copies) != tt.copies || got != tt.last || m.TilesUsed != 4 {
			t.Errorf("%d bytes: %d copies and the last layer from IMA %d, on %d tiles, want %d, %d and 4", tt.bytes, len(m.Layers[0].Copies), got, m.TilesUsed, tt.copies, tt.last)
		}
	}
}
