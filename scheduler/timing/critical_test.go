package timing

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"bitline/arch"
	"bitline/internal/units"
)

// explained is the explanation of a network on a chip that settles.
func explained(t *testing.T, job Job, opts Options) *Explanation {
	t.Helper()
	got, err := Simulate(context.Background(), job, opts)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Explain(context.Background(), job, got, opts)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// readBound reads 3 bits of 10 ns for each image. All else has time to spare:
//
//	0   the product begins; its input has been fetched
//	8   what the product before has left is accumulated: its last scan ended at
//	    4, its shift-and-add at 8; 32 b of outputs go to the tile until 12, are
//	    summed until 16, activated until 20, and 12 b are written until 22 or,
//	    behind the fetch, 24
//	14  the first scan ends, then the next at 24; each is added up in 4
//	20  the last read begins, which frees the input register; 12 b are fetched
//	    until 22
//	30  the last read ends, and the next product begins
var readBound = func(c *arch.Chip) { c.Encoding.InputBits = 3 }

// scanBound has four arrays on one converter, which scans 16 ns for a step of
// 10 ns: 48 ns for each image, without a gap. When the last array latches its last
// result, the converter has work for 16 ns, that of the other three and of this
// one; the reads of the next product begin there and are done after 10. All that
// is digital is fast.
var scanBound = func(c *arch.Chip) {
	c.Encoding.InputBits = 3
	c.ADC.PerIMA = 1
	c.IMA.ShiftAdd.Rate *= 4
	c.Tile.Bus.Width, c.Tile.EDRAMPort.Width = 32, 32
}

// leaveBound reads once for each image, in 10 ns; with the scan, 8 ns of
// shift-and-add and 1 ns to the tile a product takes 23, after which the one after
// the next may have its accumulators.
var leaveBound = func(c *arch.Chip) {
	c.IMA.ShiftAdd.Rate /= 2
	c.Tile.Bus.Width, c.Tile.EDRAMPort.Width = 32, 32
}

// oneRegister reads 3 bits of 10 ns for each image over a bus of 1 b in 1 ns, from 4
// inputs to 1 output. The input registers hold one product:
//
//	0   the product begins; what the product before has made leaves: 8 b until 8;
//	    it is summed until 9, activated until 10, and 3 b are written until 13
//	20  the last read begins, which frees the input register; 12 b are fetched
//	32  the fetch ends, and the next product begins: the last read ended at 30, its
//	    scan at 31, its shift-and-add at 32
var oneRegister = func(c *arch.Chip) {
	c.Encoding.InputBits = 3
	c.Tile.Bus.Width, c.Tile.EDRAMPort.Width = 1, 1
}

// twoRegisters has room for two products of 12 b. Then the fetch that begins at 20
// is for the product after the next, and reads follow each other.
var twoRegisters = func(c *arch.Chip) {
	oneRegister(c)
	c.IMA.InputRegister.Bytes = 3
}

// TestHandOvers: the accumulators close a cycle of two images.
func TestHandOvers(t *testing.T) {
	e := explained(t, jobOf(t, tiny(leaveBound), mlp(4, 4), 8), Options{})
	c := e.Cycle
	if e.Interval != 23*ns/2 || !c.Closed || int64(c.Length) != c.Images*int64(23*ns)/2 {
		t.Errorf("interval is %v, cycle %v of %d images, want 11.5 ns and 23 ns for two", e.Interval, c.Length, c.Images)
	}
	if len(c.Hands) != 1 || c.Hands[0].Name != handName[accumulators] || c.Hands[0].Times*2 != c.Images {
		t.Errorf("hand-overs are %+v, want accumulators once for two images", c.Hands)
	}
	for _, want := range []struct {
		class string
		share units.Time // of 23
	}{{ClassCrossbar, 10}, {ClassShiftAdd, 8}, {ClassADC, 4}, {ClassBuffer, 1}} {
		if r := rowOf(e, want.class, ""); math.Abs(r.Share-float64(want.share)/23) > 1e-12 || r.Services != .5 {
			t.Errorf("%s: share is %v, %v services, want %d/23 and 0.5", r.Class, r.Share, r.Services, want.share)
		}
	}
	// Reads of 5 ns: 18 for two.
	if got, want := rowOf(e, ClassCrossbar, "").TwiceRate.Gain, 11.5/9-1; math.Abs(got-want) > 1e-12 {
		t.Errorf("reads twice as fast gain %v, want %v", got, want)
	}
}

func TestExplainByHand(t *testing.T) {
	const free = units.Time(-1) // whatever it is
	type row struct {
		class                       string
		share, services             float64
		slack                       units.Time
		twiceRate, twiceCount, half float64
	}
	tests := []struct {
		name     string
		chip     func(*arch.Chip)
		widths   []int
		interval units.Time
		hand     hand // that closes the cycle, once for an image
		rows     []row
	}{
		{"reads", readBound, []int{4, 4}, 30 * ns, noHand, []row{
			// In 5 ns a read: 15 ns; the product before the last must have left,
			// which takes 19 + 4 + 4 from its beginning, and 27/2 is less.
			{ClassCrossbar, 1, 3, 0, 1, 0, -.5},
			// Scans may take as long as reads.
			{ClassADC, 0, 0, 6 * ns, 0, 0, 0},
			// And so may the adding of one.
			{ClassShiftAdd, 0, 0, 6 * ns, 0, 0, 0},
			// Three moves, of 2, 4 and 2 ns, in 30: 22/3 each, and then they fit:
			// output 8 to 19.33, fetch 20 to 29.33, write 29.33 to 38.67, and the
			// next output, asked for at 38, behind it.
			{ClassBuffer, 0, 0, 22 * ns / 3, 0, 0, 0},
			{ClassTileAdd, 0, 0, 26 * ns, 0, 0, 0},
			{ClassActivation, 0, 0, 26 * ns, 0, 0, 0},
		}},
		{"scans", scanBound, []int{4, 16}, 48 * ns, noHand, []row{
			// A read may take as long as four scans.
			{ClassCrossbar, 0, 0, 6 * ns, 0, 0, -.2}, // 20 ns for each step: 60
			{ClassADC, 1, 12, 0, .6, .6, -.5},        // then reads bound: 30
			// 12 scans are added up in 1 ns each.
			{ClassShiftAdd, 0, 0, 3 * ns, 0, 0, 0},
			{ClassTileAdd, 0, 0, 32 * ns, 0, 0, 0},
			{ClassActivation, 0, 0, 32 * ns, 0, 0, 0},
			{ClassBuffer, 0, 0, free, 0, 0, 0},
		}},
		{"one register", oneRegister, []int{4, 1}, 32 * ns, inputRegister, []row{
			// In 5 ns a read the register is free at 10, as a result asks to be
			// written, which comes first: 10 + 3 + 12. In 20 ns reads bound: 60.
			{ClassCrossbar, 20. / 32, 2, 0, 32./25 - 1, 0, 32./60 - 1},
			// Twice as fast reads bound: 30. Half as fast the output leaves until 16,
			// and the write from 18 to 24 holds up the fetch: 24 + 24.
			{ClassBuffer, 12. / 32, 1, 0, 32./30 - 1, 32./30 - 1, 32./48 - 1},
			// The write that ends at 13 may end at 20; after that it holds up the fetch.
			{ClassADC, 0, 0, 7 * ns, 0, 0, 0},
			// With these it would again be out of the way when they are always busy:
			// in 32/3 ns for each code it is asked for at 21 and ends behind the fetch,
			// at 35; in 32 ns for a sum or an activation it ends at 44, 12 after the
			// next product has begun. The time found is the last of these.
			{ClassShiftAdd, 0, 0, 29 * ns / 3, 0, 0, 0},
			{ClassTileAdd, 0, 0, 31 * ns, 0, 0, 0},
			{ClassActivation, 0, 0, 31 * ns, 0, 0, 0},
		}},
		{"two registers", twoRegisters, []int{4, 1}, 30 * ns, noHand, []row{
			// In 5 ns a read the bus bounds, with 12 + 8 + 3.
			{ClassCrossbar, 1, 3, 0, 30./23 - 1, 0, -.5},
			// Half as fast it takes 46; 7 ns are left for three moves.
			{ClassBuffer, 0, 0, 7 * ns / 3, 0, 0, 30./46 - 1},
			// Scans and their adding may take as long as reads, sums and activations as
			// long as three.
			{ClassADC, 0, 0, 9 * ns, 0, 0, 0},
			{ClassShiftAdd, 0, 0, 9 * ns, 0, 0, 0},
			{ClassTileAdd, 0, 0, 29 * ns, 0, 0, 0},
			{ClassActivation, 0, 0, 29 * ns, 0, 0, 0},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := explained(t, jobOf(t, tiny(tt.chip), mlp(tt.widths...), 8), Options{})
			if e.Interval != tt.interval || !e.Cycle.Closed || !e.Complete {
				t.Errorf("interval is %v, closed %v, complete %v, want %v", e.Interval, e.Cycle.Closed, e.Complete, tt.interval)
			}
			var hands []Hand
			if tt.hand != noHand {
				hands = []Hand{{handName[tt.hand], e.Cycle.Images}}
			}
			if !slices.Equal(e.Cycle.Hands, hands) {
				t.Errorf("hand-overs are %+v, want %+v", e.Cycle.Hands, hands)
			}
			for _, want := range tt.rows {
				r := rowOf(e, want.class, "")
				if r.Share != want.share || r.Services != want.services {
					t.Errorf("%s: share %v of %v services, want %v of %v", r.Class, r.Share, r.Services, want.share, want.services)
				}
				if want.slack != free && (r.Slack.AtLeast != want.slack || r.Slack.Below != want.slack+1) {
					t.Errorf("%s: slack is %d to %d fs, want %d", r.Class, r.Slack.AtLeast, r.Slack.Below, want.slack)
				}
				for i, g := range []struct {
					got  Gain
					want float64
				}{{r.TwiceRate, want.twiceRate}, {r.TwiceCount, want.twiceCount}, {r.HalfRate, want.half}} {
					if math.Abs(g.got.Gain-g.want) > 1e-12 {
						t.Errorf("%s: gain %d is %v, want %v", r.Class, i, g.got.Gain, g.want)
					}
				}
			}
		})
	}
}

// TestSlackOfUnits makes units for real so slow that 4 values, in 4 ns by themselves,
// take just less and just more than their slack more.
func TestSlackOfUnits(t *testing.T) {
	job := jobOf(t, tiny(readBound), mlp(4, 4), 8)
	e := explained(t, job, Options{})
	for _, tt := range []struct {
		class      string
		rate       func(*arch.Chip) *units.Frequency
		fast, slow units.Frequency
	}{
		{ClassShiftAdd, func(c *arch.Chip) *units.Frequency { return &c.IMA.ShiftAdd.Rate }, 400 * units.Megahertz, 399 * units.Megahertz},
		{ClassTileAdd, func(c *arch.Chip) *units.Frequency { return &c.Tile.ShiftAdd.Rate }, 134 * units.Megahertz, 133 * units.Megahertz},
		{ClassActivation, func(c *arch.Chip) *units.Frequency { return &c.Tile.Activation.Rate }, 134 * units.Megahertz, 133 * units.Megahertz},
	} {
		slack := rowOf(e, tt.class, "").Slack
		if fast, slow := tt.fast.Edge(4), tt.slow.Edge(4); fast > 4*ns+slack.AtLeast || slow < 4*ns+slack.Below {
			t.Fatalf("%s: 4 take %v and %v, want them on both sides of 4 ns and %v", tt.class, fast, slow, slack)
		}
		if got, _ := interval(t, on(job, func(c *arch.Chip) { *tt.rate(c) = tt.fast })); got != 30e6 {
			t.Errorf("%s at %v: interval is %v fs, want 30 ns", tt.class, tt.fast, got)
		}
		if got, _ := interval(t, on(job, func(c *arch.Chip) { *tt.rate(c) = tt.slow })); got <= 30e6 {
			t.Errorf("%s at %v: interval is %v fs, want more than 30 ns", tt.class, tt.slow, got)
		}
	}
}

// TestExplainLayers: twice as many outputs on two arrays make the second layer's
// converter the one that bounds, and only a faster one there gains.
func TestExplainLayers(t *testing.T) {
	job := jobOf(t, tiny(scanBound), mlp(4, 4, 16), 8)
	e := explained(t, job, Options{})
	for _, tt := range []struct {
		layer string
		gain  float64
	}{{"fc1", 0}, {"fc2", .6}} {
		if r := rowOf(e, ClassADC, tt.layer); math.Abs(r.TwiceRate.Gain-tt.gain) > 1e-12 || math.Abs(r.TwiceCount.Gain-tt.gain) > 1e-12 {
			t.Errorf("twice the converters of %s gain %v, twice as fast ones %v, want %v", tt.layer, r.TwiceCount.Gain, r.TwiceRate.Gain, tt.gain)
		}
	}
}

func TestExplainBudget(t *testing.T) {
	e := explained(t, jobOf(t, tiny(readBound), mlp(4, 4), 8), Options{Critical: CriticalOptions{Events: 1}})
	if e.Complete || e.Simulations != 2 {
		t.Errorf("%d simulations, complete %v, want those that were begun: 2", e.Simulations, e.Complete)
	}
	if r := rowOf(e, ClassADC, ""); r.TwiceRate.Known || r.TwiceRate.AtMost != 0 || r.Slack.Known {
		t.Errorf("%+v, want nothing but that a faster converter gains nothing", r)
	}
}

func TestExplainErrors(t *testing.T) {
	job := jobOf(t, tiny(readBound), mlp(4, 4), 8)
	got, err := Simulate(context.Background(), job, Options{})
	if err != nil {
		t.Fatal(err)
	}
	other := *got
	other.Window++
	if _, err := Explain(context.Background(), job, &other, Options{}); err == nil || !strings.Contains(err.Error(), "is of another job") {
		t.Errorf("error is %v, want one that says that the timing is of another job", err)
	}
	mapping := *job.Mapping
	mapping.Rounds, job.Mapping = 2, &mapping
	if _, err := Explain(context.Background(), job, got, Options{}); err == nil || !strings.Contains(err.Error(), "runs in 2 rounds") {
		t.Errorf("error is %v, want one that names the rounds", err)
	}
}

func TestExplanationText(t *testing.T) {
	var s strings.Builder
	e := explained(t, jobOf(t, tiny(readBound), mlp(4, 4), 8), Options{})
	if err := e.WriteText(&s); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"interval 30 ns: the critical cycle takes 30 ns for 1 image\n",
		"  100.00 % 3 × crossbar of fc1 at chip.tile[0]: 30 ns in all\n",
		"  crossbar                 all        100.00 %                 0 s      +100.00 %      -50.00 %              –\n",
		"  adc                      all          0.00 %                6 ns            0 %           0 %            0 %\n",
	} {
		if !strings.Contains(s.String(), want) {
			t.Errorf("text has no line %q:\n%s", want, s.String())
		}
	}
}
