package timing

import (
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/cost"
	"bitline/internal/units"
	"bitline/workloads"
)

// TestPowerIsTheAccount: power over a window that repeats is the account's energy
// over its time; the system's is that of its tiles, its links and its port.
func TestPowerIsTheAccount(t *testing.T) {
	for name, job := range watched(t) {
		t.Run(name, func(t *testing.T) {
			timing := simulated(t, job, Options{Power: &PowerOptions{Bin: 7 * ns}})
			account, err := NewAccount(job, timing)
			if err != nil {
				t.Fatal(err)
			}
			p := timing.Power
			dynamic := func(e units.Energy) float64 {
				return float64(e) * 1e9 * float64(timing.WindowImages) / float64(timing.Window)
			}
			if got, want := float64(p.System.Average-p.System.Static), dynamic(cost.Total(account.Dynamic)); math.Abs(got-want) > 1e-6*want {
				t.Errorf("dynamic power is %v, want %v pW", got, want)
			}
			got, want := float64(p.System.Static), dynamic(cost.Total(account.Chip.Steady))*float64(timing.Window)/float64(timing.WindowImages)/float64(timing.Interval)
			if math.Abs(got-want) > 1e-6*want {
				t.Errorf("static power is %v, want %v pW", got, want)
			}
			var tiles units.Power
			for i, x := range p.Tiles {
				tiles += x.Average - x.Static
				if x.Peak < x.Average || x.Average < x.Static || x.Idle < 0 || x.Idle > 1 || x.Saved > x.Static || x.WattsPerSquareMillimetre <= 0 {
					t.Errorf("tile %d: %+v", i, x)
				}
			}
			apart := units.Power(0) // what belongs to no tile
			for _, r := range account.Dynamic {
				if r.Component == "I/O link" || r.Component == "host port" {
					apart += units.Power(dynamic(r.Energy))
				}
			}
			// A router of two tiles may have one that holds no weights.
			all := p.System.Average - p.System.Static
			if slack := all / 1e5; tiles+apart > all+slack || job.Chip.Tile.RouterShare == 1 && job.Chip.NoC.Topology == "none" && tiles+apart < all-slack {
				t.Errorf("tiles draw %v and links %v, want %v together", tiles, apart, all)
			}
			var layers units.Power
			for _, l := range p.Layers {
				layers += l.Dynamic
				if l.Reading <= 0 || l.Reading > 1 || l.Saved > l.Static || l.Static <= 0 {
					t.Errorf("%+v", l)
				}
			}
			if math.Abs(float64(layers-all)) > 1e-3*float64(all) { // the interval is a mean, in femtoseconds
				t.Errorf("layers draw %v, want %v", layers, all)
			}
			var mean, whole float64
			for i, x := range p.Series {
				length := min(p.SeriesStep, timing.Window-units.Time(i)*p.SeriesStep)
				mean += float64(x) * float64(length)
				whole += float64(length)
			}
			if got := mean / whole; math.Abs(got-float64(p.System.Average)) > 1e-3*float64(p.System.Average) {
				t.Errorf("the series' mean is %v, want %v", got, p.System.Average)
			}
		})
	}
}

// TestPowerIsThatOfAnExactRun compares everything, to the last picowatt, where the
// window is one image.
func TestPowerIsThatOfAnExactRun(t *testing.T) {
	compared := 0
	for name, job := range watched(t) {
		opts := Options{Power: &PowerOptions{Bin: 5 * ns}, Timeline: &TimelineOptions{}}
		got := simulated(t, job, opts)
		opts.Exact = true
		want := simulated(t, job, opts)
		if got.WindowImages > 1 && got.Images != want.Images {
			continue // the window may begin with another image
		}
		compared++
		if !reflect.DeepEqual(got.Power, want.Power) {
			t.Errorf("%s: got %+v\nwant %+v", name, got.Power.System, want.Power.System)
		}
		if !reflect.DeepEqual(got.Timeline, want.Timeline) {
			t.Errorf("%s: got %+v\nwant %+v", name, got.Timeline, want.Timeline)
		}
	}
	if compared < 6 {
		t.Errorf("%d jobs were compared, want 6", compared)
	}
}

// TestPowerByHand: one array of 16 cells of 1 mW, read all the time, and an
// activation of 1 mW for 4 of the 30 ns of an image, static power of 2 mW on each
// of two tiles, one of them without weights.
func TestPowerByHand(t *testing.T) {
	chip := tiny(func(c *arch.Chip) {
		c.Encoding.InputBits, c.Tiles, c.ADC.Bits, c.Programming = 3, 2, []int{8}, crossbar.DefaultProgramming()
		c.Crossbar.CellPower = units.Milliwatt
		c.Tile.Activation.Cost.ActivePower = units.Milliwatt
		c.Tile.EDRAM.Cost.StaticPower = units.Milliwatt
		c.Tile.Bus.Cost = cost.Cost{StaticPower: units.Milliwatt, Area: 4 * units.SquareMillimetre}
	})
	timing := simulated(t, jobOf(t, chip, mlp(4, 4), 8), Options{Power: &PowerOptions{Bin: units.Nanosecond}})
	p := timing.Power
	if p.Bin != units.Nanosecond || p.Bins != 30 {
		t.Fatalf("%d bins of %v, want 30 of 1 ns", p.Bins, p.Bin)
	}
	// 16 mW + 1 mW · 4/30, and 17 mW where both act.
	want := Draw{Average: 20133333333 * units.Picowatt, Peak: 21 * units.Milliwatt, PeakAt: p.System.PeakAt, Static: 4 * units.Milliwatt}
	want.WattsPerSquareMillimetre, want.PeakWattsPerSquareMillimetre = 0.020133333333/8, 0.021/8
	if d := p.System.WattsPerSquareMillimetre - want.WattsPerSquareMillimetre; math.Abs(d) > 1e-12 {
		t.Errorf("density is %v, want %v", p.System.WattsPerSquareMillimetre, want.WattsPerSquareMillimetre)
	}
	p.System.WattsPerSquareMillimetre = want.WattsPerSquareMillimetre
	if p.System != want {
		t.Errorf("system draws %+v, want %+v", p.System, want)
	}
	x := p.Tiles[0]
	if len(p.Tiles) != 1 || x.Average != 18133333333 || x.Peak != 19*units.Milliwatt || x.Static != 2*units.Milliwatt || x.Idle != 0 || p.Unused != 2*units.Milliwatt {
		t.Errorf("tiles draw %+v, %v unused, want 18.13, at most 19 mW, and 2 mW unused", p.Tiles, p.Unused)
	}
	if l := p.Layers[0]; l.Products != 1 || l.Reading != 1 || l.IMAs != 1 || l.Saved != 0 {
		t.Errorf("layer is %+v, want one that reads always", l)
	}
}

// TestGatedPower: the first layer has 36 products of 30 ns an image, and the second,
// on a tile of its own, one. A gated tile keeps the 1 mW of its eDRAM and saves the
// 3 mW of its IMA.
func TestGatedPower(t *testing.T) {
	chip := tiny(func(c *arch.Chip) {
		c.Encoding.InputBits, c.Tiles, c.Crossbar.Wordlines, c.Tile.EDRAM.Bytes = 3, 2, 64, 1<<16
		c.ADC.Bits, c.Programming = []int{8}, crossbar.DefaultProgramming()
		c.Tile.EDRAM.Cost.StaticPower = units.Milliwatt
		c.IMA.InputRegister.Cost.StaticPower = 3 * units.Milliwatt
	})
	net := branched()
	net.Layers = []workloads.Layer{net.Layers[0], {Name: "fc", Kind: workloads.Linear, Outputs: 1}}
	timing := simulated(t, jobOf(t, chip, net, 8), Options{Power: &PowerOptions{Bin: units.Nanosecond}})
	p := timing.Power
	first, last := p.Tiles[0], p.Tiles[1]
	if first.Idle > 0.1 || first.Saved != 0 {
		t.Errorf("first tile is %+v, want one that works", first)
	}
	if last.Idle < gatedFrom || last.Static != 4*units.Milliwatt || math.Abs(float64(last.Saved)-3e9*last.Idle) > 1 || p.Saved != last.Saved {
		t.Errorf("last tile is %+v, of %v, want 3 mW saved while it is idle", last, p.Saved)
	}
	l := p.Layers[1]
	if want := 30 / timing.Interval.Nanoseconds(); l.Products != 1 || math.Abs(l.Reading-want) > 1e-6 || math.Abs(float64(l.Saved)-3e9*(1-want)) > 1e4 {
		t.Errorf("last layer is %+v, want one product that reads %v of the time", l, want)
	}
}

// TestActionsAreTheCounts: what the parts of a product are charged for is what the
// account counts for it.
func TestActionsAreTheCounts(t *testing.T) {
	for name, job := range watched(t) {
		b, err := newBuilder(job)
		if err != nil {
			t.Fatal(err)
		}
		m, err := b.model(modelOptions{images: 1})
		if err != nil {
			t.Fatal(err)
		}
		for i := range m.teams {
			for c := range m.teams[i].classes {
				kind := m.teams[i].classes[c].kind
				var got, want Counts
				for k := range kind.lanes {
					for _, what := range []action{reading, scanning, accumulating} {
						part := b.countInside(&insideKey{kind, what, int32(k)}, 5*int64(kind.reads))
						got.add(&part)
					}
					b.countLane(&want, kind, &kind.lanes[k], 5)
				}
				want.IMATime = 5 * units.Time(kind.reads) * kind.read
				want.InputRegisterTime = want.IMATime
				if got != want {
					t.Errorf("%s: team %d: %+v, want %+v", name, i, got, want)
				}
			}
		}
	}
}

// TestChargeOver compares with math/big.
func TestChargeOver(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 10000 {
		var c charge
		sum := new(big.Int)
		for range 1 + rng.IntN(5) {
			p, d := femtowatts(rng.Int64()>>rng.IntN(50)), units.Time(rng.Int64()>>rng.IntN(60))
			c.add(p, d)
			sum.Add(sum, new(big.Int).Mul(big.NewInt(int64(p)), big.NewInt(int64(d))))
		}
		length := units.Time(1 + rng.Int64()>>(1+rng.IntN(60)))
		want := sum.Div(sum, big.NewInt(1000))
		want.Div(want, big.NewInt(int64(length)))
		if !want.IsInt64() {
			want = big.NewInt(math.MaxInt64)
		}
		if got := c.over(length); int64(got) != want.Int64() {
			t.Fatalf("%+v over %d fs is %d, want %d", c, length, got, want)
		}
	}
}

// TestSeries: however many bins there are, steps cover all of them equally.
func TestSeries(t *testing.T) {
	for _, n := range []int{1, 2, 127, 128, 129, 255, 256, 257, 1000} {
		var s series
		for i := range n {
			s.add(charge{low: uint64(1000 * (i + 1))}, 1)
		}
		powers, step := s.means(7)
		sum, at := int64(0), 0
		for i, p := range powers {
			length := min(int(step), n-at)
			sum += int64(p-7) * int64(length)
			// the mean of at+1 … at+length, rounded down
			if want := units.Power((2*at+length+1)/2 + 7); p != want {
				t.Errorf("%d bins: step %d is %d, want %d", n, i, p, want)
			}
			at += length
		}
		if at != n || len(powers) > maxSteps || n > maxSteps && len(powers) <= maxSteps/2 {
			t.Errorf("%d bins are %d steps of %d, which cover %d", n, len(powers), step, at)
		}
	}
}

func TestPowerText(t *testing.T) {
	r := PowerReport{
		Bin: 10 * ns, Bins: 3, System: Draw{Average: 2 * units.Watt, Peak: 4 * units.Watt, PeakAt: 20 * ns, Static: units.Watt},
		Tiles: []TilePower{{Path: "a", Draw: Draw{Peak: 1}}, {Path: "b", Draw: Draw{
			Average: 1, Peak: 2, WattsPerSquareMillimetre: 0.5, PeakWattsPerSquareMillimetre: 1}}},
		Layers: []LayerPower{{Layer: "conv", Products: 9}, {Layer: "fc", Products: 1, IMAs: 2, Reading: 0.125, Dynamic: 3, Static: 8, Saved: 7}},
		Series: []units.Power{units.Watt, units.Watt, 4 * units.Watt}, Saved: 5, Unused: 6,
	}
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	want := "Power in a settled window of 30 ns, in 3 bins of 10 ns\n" +
		"  system  2 W average, 4 W peak at 20 ns, 1 W of both static\n" +
		"          ▃▃█\n" + // 7/4 rounds to 2 of 7
		"  b  1 pW average, 2 pW peak at 0 s, 0 W of both static; 0.5 and 1 W/mm²\n" +
		"  gating idle tiles saves 5 pW, tiles without weights 6 pW more: " + GatingAssumption + "\n" +
		"  fc works once an image: reads 12.5 % of the time, 3 pW dynamic; gating its 2 IMAs saves 7 pW of 8 pW\n"
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
