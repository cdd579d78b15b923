package timing

import (
	"slices"
	"testing"

	"bitline/arch"
	"bitline/crossbar"
	"bitline/scheduler"
	"bitline/workloads"
)

// mlp is a network of linear layers of the given widths, the input first.
func mlp(widths ...int) *workloads.Network {
	n := &workloads.Network{Name: "mlp", Input: workloads.Shape{Height: 1, Width: 1, Channels: widths[0]}}
	for i, w := range widths[1:] {
		n.Layers = append(n.Layers, workloads.Layer{Name: "fc" + string(rune('1'+i)), Kind: workloads.Linear, Outputs: w})
	}
	return n
}

// chipWith is the default chip with changes.
func chipWith(change func(*arch.Chip)) *arch.Chip {
	c := arch.Default()
	c.Name = "test"
	if change != nil {
		change(&c)
	}
	return &c
}

func interleaved(c *arch.Chip) { c.Encoding.Slices = crossbar.Interleaved }

func isaac(c *arch.Chip) {
	c.Encoding = crossbar.Encoding{
		WeightBits: 16, InputBits: 16, InputSign: crossbar.TwosComplement, Signed: crossbar.OffsetFlip,
		Slices: crossbar.Interleaved, UnitLevel: 1, UnitADC: crossbar.Own,
	}
}

// jobOf maps a network and gives every slice of every layer one resolution.
func jobOf(t testing.TB, chip *arch.Chip, net *workloads.Network, bits int) Job {
	t.Helper()
	m, err := scheduler.Map(chip, net)
	if err != nil {
		t.Fatal(err)
	}
	all := make([][]int, len(m.Layers))
	for i := range all {
		all[i] = slices.Repeat([]int{bits}, chip.Slicing().Count)
	}
	return Job{Chip: chip, Network: net, Mapping: m, Bits: all}
}
