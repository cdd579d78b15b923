package timing

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/units"
	"bitline/scheduler"
	"bitline/tile"
	"bitline/workloads"
)

// randomNetwork is a small network of convolutions, some of them grouped or added
// to what an earlier layer gives, pools of every kind, and linear layers.
func randomNetwork(rng *rand.Rand) *workloads.Network {
	for {
		net := &workloads.Network{Name: "random", Input: workloads.Shape{Height: 1 + rng.IntN(6), Width: 1 + rng.IntN(6), Channels: 1 + rng.IntN(3)}}
		channels := net.Input.Channels
		for i := range rng.IntN(6) {
			l := randomLayer(rng, i, channels)
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

// randomLayer is layer i, which takes so many channels. It may add or take what it
// cannot: then the network does not check out.
func randomLayer(rng *rand.Rand, i, channels int) workloads.Layer {
	before := func() string {
		if k := rng.IntN(i + 1); k < i {
			return fmt.Sprint("layer", k)
		}
		return workloads.ImageInput
	}
	l := workloads.Layer{Name: fmt.Sprint("layer", i), Kind: workloads.Conv, Kernel: 1 + rng.IntN(3), Stride: 1 + rng.IntN(2)}
	l.Padding = rng.IntN(l.Kernel/2 + 1)
	switch rng.IntN(9) {
	case 0:
		l.Kind = workloads.MaxPool
	case 1:
		l.Kind, l.Padding = workloads.AvgPool, 0
	case 2:
		l.Kind, l.Kernel, l.Stride, l.Padding = workloads.GlobalPool, 0, 0, 0
	case 3:
		l.Groups, l.Outputs = channels, channels*(1+rng.IntN(2))
	case 4, 5: // an addition, often of what stands before the layer before
		l.Kernel, l.Stride, l.Padding, l.Outputs, l.Add = 3, 1, 1, channels, before()
	default:
		l.Outputs, l.Residual = 1+rng.IntN(6), rng.IntN(8) == 0
	}
	if rng.IntN(5) == 0 {
		l.Input = before()
	}
	l.ReLU = l.Kind == workloads.Conv && rng.IntN(2) == 0
	return l
}

// randomSystem is a small system of a random kind.
func randomSystem(rng *rand.Rand) *arch.Chip {
	pick := func(n ...int) int { return n[rng.IntN(len(n))] }
	return tiny(func(c *arch.Chip) {
		randomCrossbars(rng, c)
		channel := func() tile.Channel {
			return tile.Channel{Width: pick(1, 8, 32), Clock: units.Frequency(pick(300, 1000)) * units.Megahertz}
		}
		unit := func() tile.Unit {
			return tile.Unit{Count: pick(1, 2), Rate: units.Frequency(pick(150, 1000)) * units.Megahertz}
		}
		c.Tile = tile.Spec{
			IMAs: pick(1, 2, 5), EDRAM: tile.Buffer{Bytes: 4096, Banks: pick(1, 2)}, EDRAMPort: channel(), Bus: channel(),
			Router: channel(), ShiftAdd: unit(), Activation: unit(), MaxPool: unit(),
		}
		c.NoC.Topology = []tile.Topology{tile.NoTopology, tile.Mesh, tile.ConcentratedMesh}[rng.IntN(3)]
		if c.Tile.RouterShare = 1; c.NoC.Topology != tile.Mesh {
			c.Tile.RouterShare = pick(1, 2, 4)
		}
		if c.NoC.Topology != tile.NoTopology {
			c.NoC.Hop, c.NoC.Columns = units.Time(pick(0, 1, 3))*ns, pick(0, 2)
		}
		if rng.IntN(2) == 0 {
			c.Host.Channel = channel()
		}
		c.IO = tile.Links{Count: 4, Channel: channel(), Hop: units.Time(pick(0, 20)) * ns}
		c.Tiles, c.Count = pick(3, 9, 200), 1
		c.Stage = units.Time(pick(0, 0, 10, 7)) * ns
		c.Map.Replicate = []string{arch.ReplicateNone, arch.ReplicateBalanced, arch.ReplicateISAAC}[rng.IntN(3)]
		if c.Map.Replicate != arch.ReplicateNone {
			c.Map.Crossbars = 1 + rng.IntN(400)
		}
		c.Map.Place = []string{arch.PlaceInOrder, arch.PlaceNearConsumer}[rng.IntN(2)]
	})
}

// randomCrossbars sets what lies in an IMA.
func randomCrossbars(rng *rand.Rand, c *arch.Chip) {
	pick := func(n ...int) int { return n[rng.IntN(len(n))] }
	c.Encoding.WeightBits, c.Encoding.InputBits = pick(2, 4), pick(1, 2, 3, 5)
	c.Encoding.InputSign = []crossbar.InputSign{crossbar.Unsigned, crossbar.SignSplit}[rng.IntN(2)]
	c.Encoding.Signed = []crossbar.Signed{crossbar.Offset, crossbar.OffsetUnitColumn, crossbar.Differential, crossbar.DifferentialAnalog}[rng.IntN(4)]
	c.Encoding.Slices = []crossbar.Layout{crossbar.Grouped, crossbar.Interleaved}[rng.IntN(2)]
	c.Encoding.UnitADC = []crossbar.UnitADC{crossbar.Own, crossbar.Shared}[rng.IntN(2)]
	c.Crossbar.Wordlines, c.Crossbar.Bitlines = pick(4, 7, 16), pick(4, 9, 16)
	c.ADC.Kind = []adc.Kind{adc.Fixed, adc.Reconfigurable}[rng.IntN(2)]
	c.ADC.Arbitration = []adc.Arbitration{adc.OldestFirst, adc.RoundRobin}[rng.IntN(2)]
	c.ADC.PerIMA = pick(2, 3, 4)
	c.ADC.Settle = units.Time(pick(0, 0, 2)) * ns
	c.ADC.Rate = units.Frequency(pick(200, 400, 1000, 1280)) * units.Megahertz
	c.IMA.Crossbars = pick(2, 3, 4, 8)
}

// randomJob is a network on a system with as many chips as it takes, with a
// resolution for each slice where converters allow it.
func randomJob(t testing.TB, rng *rand.Rand) Job {
	t.Helper()
	for {
		net, chip := randomNetwork(rng), randomSystem(rng)
		m, err := scheduler.Map(chip, net)
		for ; err != nil && chip.Count < 400; m, err = scheduler.Map(chip, net) {
			chip.Count++
		}
		if err != nil || chip.Encoding.Slices == crossbar.Grouped && chip.ADC.PerIMA < chip.Slicing().Count {
			continue
		}
		bits := make([][]int, len(m.Layers))
		for i := range bits {
			for range chip.Slicing().Count {
				bits[i] = append(bits[i], []int{2, 3, 8}[rng.IntN(3)])
			}
			if chip.ADC.Kind == adc.Fixed && chip.Encoding.Slices == crossbar.Interleaved {
				for k := range bits[i] {
					bits[i][k] = bits[i][0]
				}
			}
		}
		return Job{Chip: chip, Network: net, Mapping: m, Bits: bits}
	}
}

// leastBytes is the smallest eDRAM of a tile with which a job can be simulated.
func leastBytes(t testing.TB, job Job) int {
	t.Helper()
	chip := *job.Chip
	chip.Tile.EDRAM.Bytes = 1 << 20
	job.Chip = &chip
	b, err := newBuilder(job)
	if err != nil {
		t.Fatal(err)
	}
	m, err := b.model(modelOptions{images: 1})
	if err != nil {
		t.Fatal(err)
	}
	bits := make([]int64, len(m.tiles))
	for i := range m.stores {
		bits[m.stores[i].tile] += m.stores[i].least * m.stores[i].bits
	}
	return ceil(int(slices.Max(bits)), 8)
}

// tellJob says what a random job is.
func tellJob(job Job) string {
	text := fmt.Sprintf("%+v\n%v", *job.Chip, job.Network.Input)
	for _, l := range job.Network.Layers {
		text += fmt.Sprintf("\n%+v", l)
	}
	for _, l := range job.Mapping.Layers {
		text += fmt.Sprintf("\n%s: %d copies, %d×%d×%d blocks", l.Name, len(l.Copies), l.GroupBlocks, l.RowBlocks, l.ColumnBlocks)
	}
	return text
}
