package timing

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"bitline/adc"
	"bitline/arch"
	"bitline/internal/units"
	"bitline/tile"
	"bitline/workloads"
)

// randomNet is a small network with what a whole network has: convolutions, a pool,
// an addition, a linear layer.
func randomNet(rng *rand.Rand) *workloads.Network {
	n := &workloads.Network{Name: "conv", Input: workloads.Shape{Height: 4, Width: 4, Channels: 1 + rng.IntN(3)}}
	channels := 1 + rng.IntN(4)
	conv := func(name string) workloads.Layer {
		return workloads.Layer{Name: name, Kind: workloads.Conv, Outputs: channels, Kernel: 3, Stride: 1, Padding: 1}
	}
	n.Layers = append(n.Layers, conv("a"), conv("b"))
	if rng.IntN(4) == 0 { // sees a quarter of the positions
		n.Layers[1].Kernel, n.Layers[1].Stride, n.Layers[1].Padding = 1, 2, 0
	} else if rng.IntN(2) == 0 {
		sum := conv("c")
		sum.Add = "a"
		n.Layers = append(n.Layers, sum)
	}
	if rng.IntN(2) == 0 {
		n.Layers = append(n.Layers, workloads.Layer{Name: "pool", Kind: workloads.MaxPool, Kernel: 2, Stride: 2})
	}
	n.Layers = append(n.Layers, workloads.Layer{Name: "fc", Kind: workloads.Linear, Outputs: 1 + rng.IntN(5)})
	return n
}

// randomExplained is a random small network on a random small chip with a network and,
// sometimes, a host port, copies of layers and several chips' worth of buffers.
func randomExplained(t *testing.T, rng *rand.Rand) Job {
	chip, net, bits := randomCase(rng)
	chip.Tile.EDRAM.Bytes = 1 << (8 + rng.IntN(4))
	chip.Tile.MaxPool = tile.Unit{Count: 1, Rate: units.Gigahertz}
	if rng.IntN(2) == 0 {
		net = randomNet(rng)
		chip.Encoding.InputBits = 2
	}
	if rng.IntN(2) == 0 {
		chip.NoC = tile.Network{Topology: tile.Mesh, Hop: units.Time(rng.IntN(3)) * ns}
		chip.Tile.RouterShare = 1
	}
	if rng.IntN(3) == 0 {
		chip.Host = tile.Port{Channel: chip.Tile.Bus}
	}
	if rng.IntN(3) == 0 && net.Layers[0].Kind == workloads.Conv {
		chip.Map.Replicate, chip.Map.Copies = arch.ReplicateByHand, map[string]int{net.Layers[0].Name: 2 + 2*rng.IntN(2)}
	}
	if rng.IntN(2) == 0 {
		chip.IMA.InputRegister.Bytes = 64
	}
	if rng.IntN(3) == 0 {
		chip.ADC.Arbitration = adc.RoundRobin
	}
	return jobOf(t, chip, net, bits)
}

// interval simulates and gives the mean interval, and whether it repeats itself.
func interval(t *testing.T, job Job) (mean float64, repeats bool) {
	t.Helper()
	got, err := Simulate(context.Background(), job, Options{})
	if err != nil {
		return 0, false
	}
	return float64(got.Window) / float64(got.WindowImages), got.Repeats
}

// on is a job on its chip with a change.
func on(job Job, change func(*arch.Chip)) Job {
	chip := *job.Chip
	change(&chip)
	job.Chip = &chip
	return job
}

// TestExplanationsByChange changes the chips of random small jobs for real, and
// simulates them whole: what an explanation says must come true.
func TestExplanationsByChange(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	cases, closed, gains, slacks := 0, 0, 0, 0
	for i := range 20 {
		job := randomExplained(t, rng)
		got, err := Simulate(context.Background(), job, Options{})
		if err != nil { // an eDRAM too small for a window
			continue
		}
		e, err := Explain(context.Background(), job, got, Options{})
		if err != nil {
			t.Fatalf("case %d: %v", i, err)
		}
		cases++
		if !got.Repeats {
			continue
		}
		if e.Cycle.Closed {
			closed++
		}
		checkCycle(t, i, got, e)
		gains += checkGains(t, i, job, got, e)
		slacks += checkSlacks(t, i, job, got, e)
	}
	if cases < 17 || closed < cases*9/10 || gains < 50 || slacks < 50 {
		t.Errorf("%d cases, %d closed cycles, %d gains and %d slacks compared, want more", cases, closed, gains, slacks)
	}
}

// checkCycle: a closed cycle is as long as its images take, and all of it is told.
func checkCycle(t *testing.T, i int, got *Timing, e *Explanation) {
	c := e.Cycle
	sum := units.Time(0)
	for _, p := range c.Parts {
		sum += p.Time
	}
	if sum != c.Length {
		t.Errorf("case %d: parts take %v, want %v", i, sum, c.Length)
	}
	if c.Closed && int64(c.Length)*int64(got.WindowImages) != int64(got.Window)*c.Images {
		t.Errorf("case %d: the cycle takes %v for %d images, the window %v for %d", i, c.Length, c.Images, got.Window, got.WindowImages)
	}
}

// checkGains changes parts for real, and returns how many gains it compared.
func checkGains(t *testing.T, i int, job Job, got *Timing, e *Explanation) (compared int) {
	base := float64(got.Window) / float64(got.WindowImages)
	tests := []struct {
		class  string
		gain   func(*Row) Gain
		change func(*arch.Chip)
	}{
		{ClassCrossbar, func(r *Row) Gain { return r.TwiceRate }, func(c *arch.Chip) { c.Crossbar.ReadLatency /= 2 }},
		{ClassADC, func(r *Row) Gain { return r.TwiceRate }, func(c *arch.Chip) { c.ADC.Rate *= 2 }},
		{ClassADC, func(r *Row) Gain { return r.HalfRate }, func(c *arch.Chip) { c.ADC.Rate /= 2 }},
		{ClassADC, func(r *Row) Gain { return r.TwiceCount }, func(c *arch.Chip) { c.ADC.PerIMA *= 2 }},
		{ClassBuffer, func(r *Row) Gain { return r.More[1] }, func(c *arch.Chip) { c.Tile.Bus.Clock *= 2 }},
		{ClassRouter, func(r *Row) Gain { return r.TwiceRate }, func(c *arch.Chip) { c.Tile.Router.Clock *= 2 }},
		{ClassActivation, func(r *Row) Gain { return r.TwiceCount }, func(c *arch.Chip) { c.Tile.Activation.Count *= 2 }},
	}
	for _, tt := range tests {
		r := rowOf(e, tt.class, "")
		if r == nil {
			continue
		}
		now, repeats := interval(t, on(job, tt.change))
		want := base/now - 1
		gain := tt.gain(r)
		if !gain.Known || !repeats {
			continue
		}
		if compared++; math.Abs(gain.Gain-want) > 1e-12 {
			t.Errorf("case %d: %s: gain is %v, want %v", i, tt.class, gain.Gain, want)
		}
	}
	return compared
}

// checkSlacks lengthens reads and scans for real. Where a class is on the cycle, a
// femtosecond more for each service costs an image as many as there are. It returns how
// many intervals it compared.
func checkSlacks(t *testing.T, i int, job Job, got *Timing, e *Explanation) (compared int) {
	base := float64(got.Window) / float64(got.WindowImages)
	for class, longer := range map[string]func(*arch.Chip, units.Time){
		ClassCrossbar: func(c *arch.Chip, d units.Time) { c.Crossbar.ReadLatency += d },
		ClassADC:      func(c *arch.Chip, d units.Time) { c.ADC.Settle += d },
	} {
		r := rowOf(e, class, "")
		by := func(d units.Time) (float64, bool) {
			now, repeats := interval(t, on(job, func(c *arch.Chip) { longer(c, d) }))
			if repeats {
				compared++
			}
			return now, repeats
		}
		if now, repeats := by(r.Slack.AtLeast); repeats && now != base {
			t.Errorf("case %d: %s longer by its slack, %v: interval is %v, want %v", i, class, r.Slack.AtLeast, now, base)
		}
		if now, repeats := by(r.Slack.Below); repeats && r.Slack.Below > 0 && now <= base {
			t.Errorf("case %d: %s longer by more than its slack, %v: interval is %v, want more than %v", i, class, r.Slack.Below, now, base)
		}
		if now, repeats := by(1); repeats && job.Chip.Stage == 0 && e.Cycle.Closed && now < base+r.Services-1e-6 {
			t.Errorf("case %d: %s longer by 1 fs: interval grows by %v fs, want at least %v", i, class, now-base, r.Services)
		}
	}
	return compared
}

func rowOf(e *Explanation, class, layer string) *Row {
	for i := range e.Rows {
		if r := &e.Rows[i]; r.Class == class && r.Layer == layer {
			return r
		}
	}
	return nil
}

func TestExplainTwice(t *testing.T) {
	job := randomExplained(t, rand.New(rand.NewPCG(5, 6)))
	got, err := Simulate(context.Background(), job, Options{})
	if err != nil {
		t.Fatal(err)
	}
	first, err := Explain(context.Background(), job, got, Options{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := Explain(context.Background(), job, got, Options{})
	if err != nil || !reflect.DeepEqual(first, second) {
		t.Errorf("two explanations differ, %v: %+v and %+v", err, first, second)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Explain(ctx, job, got, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want %v", err, context.Canceled)
	}
}

// TestExplainData explains chips whose energy follows the data by the same activity as
// they were simulated with, and refuses those whose time does.
func TestExplainData(t *testing.T) {
	rng := rand.New(rand.NewPCG(27, 28))
	explained, refused := 0, 0
	for i := range 200 {
		job, activity := randomDataJob(t, rng)
		opts := Options{Images: 300, Activity: activity, Critical: CriticalOptions{Events: 1}}
		got, err := Simulate(context.Background(), job, opts)
		if err != nil || job.Mapping.Rounds > 1 {
			continue
		}
		e, err := Explain(context.Background(), job, got, opts)
		if job.Chip.TimeFollowsData() {
			if refused++; err == nil || !strings.Contains(err.Error(), "follows the data, want one whose products") {
				t.Fatalf("case %d: %v, want it refused", i, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("case %d: %v", i, err)
		}
		if explained++; e.Interval != got.Interval {
			t.Errorf("case %d: interval %v is explained, want %v", i, e.Interval, got.Interval)
		}
	}
	if explained < 20 || refused < 20 {
		t.Errorf("%d cases were explained and %d refused, want at least 20 of each", explained, refused)
	}
}

// TestLengthenedSteps lengthens the shots of every step, and leaves the kind as it was.
func TestLengthenedSteps(t *testing.T) {
	kind := &imaKind{lanes: []lane{{shot: shot{scan: 3, add: 2}, steps: [][]shot{{{scan: 5, add: 1}, {scan: 7, add: 4}}, nil}}}}
	for class, want := range map[string][3]shot{
		ClassADC:      {{scan: 13, add: 2}, {scan: 15, add: 1}, {scan: 17, add: 4}},
		ClassShiftAdd: {{scan: 3, add: 12}, {scan: 5, add: 11}, {scan: 7, add: 14}},
		ClassCrossbar: {{scan: 3, add: 2}, {scan: 5, add: 1}, {scan: 7, add: 4}},
	} {
		l := kind.lengthened(class, 10).lanes[0]
		for i, got := range []shot{l.shot, l.steps[0][0], l.steps[0][1]} {
			if !got.equal(want[i]) {
				t.Errorf("%s: shot %d is %+v, want %+v", class, i, got, want[i])
			}
		}
	}
	if l := kind.lanes[0]; l.scan != 3 || l.steps[0][1].add != 4 {
		t.Errorf("the kind has become %+v, want it as it was", l)
	}
}
