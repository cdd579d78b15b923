package timing

import (
	"context"
	"testing"

	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/cost"
	"bitline/internal/units"
	"bitline/tile"
	"bitline/workloads"
)

// branched is a small network of every kind of layer that is simulated.
func branched() *workloads.Network {
	return &workloads.Network{
		Name: "branched", Input: workloads.Shape{Height: 6, Width: 6, Channels: 2},
		Layers: []workloads.Layer{
			{Name: "conv1", Kind: workloads.Conv, Outputs: 4, Kernel: 3, Stride: 1, Padding: 1},
			{Name: "conv2", Kind: workloads.Conv, Outputs: 4, Kernel: 3, Stride: 1, Padding: 1, Add: "conv1"},
			{Name: "pool", Kind: workloads.MaxPool, Kernel: 2, Stride: 2},
			{Name: "fc", Kind: workloads.Linear, Outputs: 3},
		},
	}
}

// costly gives every component of a chip an energy for its actions, active power
// and static power, no two of them alike.
func costly(c *arch.Chip) {
	n := units.Energy(0)
	next := func() cost.Cost {
		n++
		return cost.Cost{
			Energy: (100 + 7*n) * units.Femtojoule, ActivePower: units.Power(50+11*n) * units.Microwatt,
			StaticPower: units.Power(3+n) * units.Microwatt, Area: units.Area(1000+13*n) * units.SquareMicrometre,
		}
	}
	for _, at := range []*cost.Cost{
		&c.DAC.Cost, &c.IMA.SampleHold, &c.IMA.ShiftAdd.Cost, &c.IMA.InputRegister.Cost, &c.IMA.OutputRegister.Cost, &c.Tile.EDRAM.Cost,
		&c.Tile.EDRAMPort.Cost, &c.Tile.Bus.Cost, &c.Tile.Router.Cost, &c.Tile.ShiftAdd.Cost, &c.Tile.Activation.Cost, &c.Tile.MaxPool.Cost,
		&c.Tile.OutputRegister.Cost, &c.IO.Cost, &c.Host.Cost,
	} {
		*at = next()
	}
	c.ADC.Bits, c.ADC.Power, c.ADC.Area = []int{8}, 3*units.Milliwatt, 900*units.SquareMicrometre
	c.Crossbar.CellPower, c.Programming = 2*units.Microwatt, crossbar.DefaultProgramming()
	part := next()
	part.Energy = 0
	c.IMA.Parts = []tile.Part{{Name: "control", Count: 2, Cost: part}}
	c.Tile.Parts = []tile.Part{{Name: "sequencer", Count: 1, Cost: part}}
	c.Parts = []tile.Part{{Name: "clock", Count: 3, Cost: part}}
}

// watched are jobs that together use every resource and every rule of an IMA.
func watched(t testing.TB) map[string]Job {
	t.Helper()
	chips := map[string]func(*arch.Chip){
		"plain": nil,
		"mesh": func(c *arch.Chip) {
			c.NoC = tile.Network{Topology: tile.Mesh, Hop: 2 * ns}
			c.Host.Channel = tile.Channel{Width: 4, Clock: units.Gigahertz}
			c.Tile.IMAs = 2
		},
		"stages": func(c *arch.Chip) { c.Stage, c.ADC.PerIMA = 10*ns, 2 },
		"few converters": func(c *arch.Chip) {
			c.ADC.PerIMA, c.Tile.RouterShare = 1, 2
			c.Tile.ShiftAdd.Rate = 400 * units.Megahertz
		},
		"round robin": func(c *arch.Chip) { c.ADC.PerIMA, c.ADC.Arbitration = 2, adc.RoundRobin },
		"pairs and signs": func(c *arch.Chip) {
			c.Encoding.Signed, c.Encoding.InputSign = crossbar.DifferentialAnalog, crossbar.SignSplit
		},
		"slices": func(c *arch.Chip) {
			c.ADC.Kind, c.Encoding.WeightBits, c.Encoding.Signed = adc.Fixed, 4, crossbar.Differential
		},
		"several chips": func(c *arch.Chip) {
			c.Count, c.Tiles, c.IO.Count = 4, 4, 4
			c.IO.Channel, c.IO.Hop = tile.Channel{Width: 8, Clock: 400 * units.Megahertz}, 5*ns
		},
	}
	jobs := map[string]Job{}
	for name, change := range chips {
		chip := tiny(func(c *arch.Chip) {
			c.Encoding.InputBits, c.Crossbar.Wordlines, c.Tile.EDRAM.Bytes = 3, 8, 64
			c.Tile.MaxPool = tile.Unit{Count: 1, Rate: units.Gigahertz}
			if change != nil {
				change(c)
			}
			costly(c)
		})
		jobs[name] = jobOf(t, chip, branched(), 8)
	}
	return jobs
}

// TestWatchingChangesNothing: the figures are those of a run that nobody watches.
func TestWatchingChangesNothing(t *testing.T) {
	for name, job := range watched(t) {
		want := simulated(t, job, Options{})
		got := simulated(t, job, Options{Trace: &TraceOptions{Writer: discard{}}, Power: &PowerOptions{}, Timeline: &TimelineOptions{}})
		if got.Interval != want.Interval || got.Events != want.Events || got.LatencySingle != want.LatencySingle || len(got.Resources) != len(want.Resources) {
			t.Errorf("%s: watched %v, %d events, alone %v, %d", name, got.Interval, got.Events, want.Interval, want.Events)
		}
		for i := range want.Resources {
			if got.Resources[i] != want.Resources[i] {
				t.Errorf("%s: watched %+v, alone %+v", name, got.Resources[i], want.Resources[i])
			}
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func simulated(t testing.TB, job Job, opts Options) *Timing {
	t.Helper()
	got, err := Simulate(context.Background(), job, opts)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
