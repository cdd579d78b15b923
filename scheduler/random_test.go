package scheduler

import (
	"fmt"
	"math/rand/v2"

	"bitline/arch"
	"bitline/crossbar"
	"bitline/workloads"
)

// randomNetwork is a small network of convolutions, some of them grouped or
// added to an earlier layer, pools, and linear layers.
func randomNetwork(rng *rand.Rand) *workloads.Network {
	for {
		net := &workloads.Network{Name: "random", Input: workloads.Shape{Height: 2 + rng.IntN(5), Width: 2 + rng.IntN(5), Channels: 1 + rng.IntN(4)}}
		channels := net.Input.Channels
		for i := range rng.IntN(5) {
			l := workloads.Layer{Name: fmt.Sprint("layer", i), Kind: workloads.Conv, Kernel: 1 + rng.IntN(3), Stride: 1 + rng.IntN(2)}
			l.Padding = rng.IntN(l.Kernel/2 + 1)
			switch rng.IntN(4) {
			case 0:
				l.Kind = workloads.MaxPool
			case 1:
				l.Groups = channels
				l.Outputs = channels * (1 + rng.IntN(2))
			default:
				l.Outputs = 1 + rng.IntN(9)
				if rng.IntN(2) == 0 && i > 0 {
					l.Add = fmt.Sprint("layer", rng.IntN(i))
				}
			}
			if l.Outputs > 0 {
				channels = l.Outputs
			}
			net.Layers = append(net.Layers, l)
		}
		net.Layers = append(net.Layers, workloads.Layer{Name: "fc", Kind: workloads.Linear, Outputs: 1 + rng.IntN(9)})
		if net.Check() == nil {
			return net
		}
	}
}

// randomChip is a small chip of a random kind that is large enough for any
// random network on 64 of them.
func randomChip(rng *rand.Rand) *arch.Chip {
	pick := func(n ...int) int { return n[rng.IntN(len(n))] }
	return tiny(func(c *arch.Chip) {
		c.Encoding.WeightBits = pick(2, 3, 4, 8)
		c.Encoding.Signed = []crossbar.Signed{crossbar.Offset, crossbar.OffsetUnitColumn, crossbar.OffsetFlip, crossbar.Differential, crossbar.DifferentialAnalog}[rng.IntN(5)]
		c.Encoding.Slices = []crossbar.Layout{crossbar.Grouped, crossbar.Interleaved}[rng.IntN(2)]
		c.Crossbar.Wordlines, c.Crossbar.Bitlines = pick(4, 7, 16), pick(4, 9, 16)
		c.IMA.Crossbars, c.IMA.OutputBits = pick(2, 3, 4, 8), 16
		c.Encoding.InputBits = 8
		c.Tile.IMAs, c.Tile.RouterShare = pick(1, 2, 5), pick(1, 2, 4)
		c.Tiles, c.Count = pick(3, 50, 400), 1
		c.Map.Deal = []string{arch.DealCyclic, arch.DealStriped}[rng.IntN(2)]
		c.NoC.Columns, c.Tile.EDRAM.Bytes = pick(0, 0, 2, 3), pick(10, 30, 100, 1024)
		c.Map.Replicate = []string{arch.ReplicateNone, arch.ReplicateBalanced, arch.ReplicateISAAC}[rng.IntN(3)]
	})
}

// fitted is the chip with as many chips as one copy of each layer needs, and up to
// twice as many.
func fitted(rng *rand.Rand, chip *arch.Chip, net *workloads.Network) *arch.Chip {
	y, imas := newLayout(chip), 0
	for _, s := range net.Matrices() {
		imas += y.plan(s).imas
	}
	need := ceil(imas, chip.Tile.IMAs*chip.Tiles)
	chip.Count = need + rng.IntN(need+1)
	return chip
}
