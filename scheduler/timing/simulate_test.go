package timing

import (
	"context"
	"strings"
	"testing"

	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/units"
	"bitline/tile"
	"bitline/workloads"
)

const ns = units.Nanosecond

// tiny is a chip whose times can be added up by hand. Every tile is one IMA of
// four crossbars of 4 × 4 cells, one array to a block. A read takes 10 ns;
// everything else does one value, or 8 bits, in a nanosecond.
func tiny(change func(*arch.Chip)) *arch.Chip {
	unit := tile.Unit{Count: 1, Rate: units.Gigahertz}
	channel := tile.Channel{Width: 8, Clock: units.Gigahertz}
	c := arch.Chip{
		Name: "tiny", Tiles: 100, Count: 1,
		Encoding: crossbar.Encoding{
			WeightBits: 2, InputBits: 1, InputSign: crossbar.Unsigned, Signed: crossbar.Offset, Slices: crossbar.Grouped,
		},
		Crossbar: crossbar.Spec{Wordlines: 4, Bitlines: 4, CellBits: 2, ReadLatency: 10 * ns, ReadLaw: crossbar.ConstantRead},
		DAC:      crossbar.DAC{Bits: 1},
		ADC: adc.Spec{
			Kind: adc.Reconfigurable, Range: adc.Unit, Law: adc.Linear, Rate: units.Gigahertz, RateBits: 8, PerIMA: 4,
		},
		NoC:  tile.DefaultNetwork(),
		IMA:  tile.IMA{Crossbars: 4, HoldDepth: 1, ShiftAdd: unit, OutputBits: 8},
		Tile: tile.Spec{IMAs: 1, EDRAM: tile.Buffer{Bytes: 1024}, EDRAMPort: channel, Bus: channel, Router: channel, RouterShare: 1, ShiftAdd: unit, Activation: unit},
	}
	if change != nil {
		change(&c)
	}
	return &c
}

func mustSimulate(t testing.TB, chip *arch.Chip, net *workloads.Network, bits int) *Timing {
	t.Helper()
	timing, err := Simulate(context.Background(), jobOf(t, chip, net, bits), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return timing
}

func resource(t testing.TB, timing *Timing, class, layer string) Resource {
	t.Helper()
	for _, r := range timing.Resources {
		if r.Class == class && r.Layer == layer {
			return r
		}
	}
	t.Fatalf("no resource %s of layer %q", class, layer)
	return Resource{}
}

// three is the tiny chip with three reads to a product, so that they and not the
// exchange of accumulators bound the interval.
func three(change func(*arch.Chip)) *arch.Chip {
	return tiny(func(c *arch.Chip) {
		c.Encoding.InputBits = 3
		if change != nil {
			change(c)
		}
	})
}

func TestTimesByHand(t *testing.T) {
	rate := func(f units.Frequency) func(*arch.Chip) {
		return func(c *arch.Chip) { c.ADC.Rate = f }
	}
	// Four arrays side by side on n converters, a scan as long as a read.
	converters := func(n int) func(*arch.Chip) {
		return func(c *arch.Chip) { c.ADC.Rate, c.ADC.PerIMA = 400*units.Megahertz, n }
	}
	tests := []struct {
		name              string
		change            func(*arch.Chip)
		widths            []int
		latency, interval units.Time
		waiting           units.Time // of the crossbars for their holds, an image
	}{
		// fetch 12 b 2 · reads 30 · scan 4 · shift-and-add 4 · output 32 b 4 · sum 4 ·
		// activation 4 · write 12 b 2. The next input is fetched during the last read.
		{"one array", nil, []int{4, 4}, 54 * ns, 30 * ns, 0},
		// A scan of 4 columns takes 16 ns. Reads end at 12, 22 and 38; scans begin at
		// 12, 28 and 44, so two of the reads wait 6 ns; 60 + 4 + 4 + 4 + 4 + 2. In the
		// stream every read waits.
		{"scan longer than read", rate(250 * units.Megahertz), []int{4, 4}, 78 * ns, 48 * ns, 18 * ns},
		// The scan takes 10 ns: 2 + 30 + 10 + 4 + 4 + 4 + 4 + 2.
		{"scan as long as read", rate(400 * units.Megahertz), []int{4, 4}, 60 * ns, 30 * ns, 0},
		// The scan takes 12.5 ns: 2 + 10 + 3·12.5 + 18; each read waits 2.5 ns.
		{"scan a little longer", rate(320 * units.Megahertz), []int{4, 4}, 67500 * units.Picosecond, 37500 * units.Picosecond, 7500 * units.Picosecond},
		// Four arrays, 16 outputs. fetch 2 · read 10 · scans 10; from 22 on the
		// shift-and-add units have 12 scans of 4 codes, 48 ns, which bound the
		// interval; output 128 b 16 · sum 16 · activation 16 · write 48 b 6: 70 + 54.
		{"four arrays on four converters", converters(4), []int{4, 16}, 124 * ns, 48 * ns, 0},
		// Two rounds of scans a read: 6·10 ns from 12 on, two shift-and-adds of 4, 54:
		// 72 + 8 + 54. All results are latched at 52, when the next product begins;
		// its first results come at 62, and the converters never rest: 60 ns. The second
		// two arrays wait 10 ns with each result, the first two with the second and the
		// third: 2·30 + 2·20.
		{"four arrays on two converters", converters(2), []int{4, 16}, 134 * ns, 60 * ns, 100 * ns},
		// 12 scans of 10 ns from 12 on, a shift-and-add of 4, 54: 132 + 4 + 54. The
		// arrays wait 30 ns with each result but the first ones of a product: these come
		// when the next one's scans begin, of which array k awaits k: 0 + 10 + 20 + 30
		// and 2·4·30.
		{"four arrays on one converter", converters(1), []int{4, 16}, 190 * ns, 120 * ns, 300 * ns},
		// Two row blocks in one IMA: fetch 24 b 3 · 30 · scan 4 · two shift-and-adds 8 ·
		// output 64 b 8 · sum 8 · 4 · 2.
		{"two row blocks", nil, []int{8, 4}, 67 * ns, 30 * ns, 0},
		// Five row blocks on two tiles. The home tile: fetch 48 b 6 · read 10 · scan 4;
		// from 20 on 12 scans of 4 codes, 48 ns, which bound the interval; output 128 b
		// 16 · sum of 16 · the other tile's 4 · activation 4 · write 2: 68 + 42. The
		// other tile has sent its sums by then: 2 · 30 · 4 · 4 · 4 · 4 · router 4, at 52.
		{"two tiles", nil, []int{20, 4}, 110 * ns, 48 * ns, 0},
		// Two layers, each on its tile: the first as above, but its write goes over
		// the router: 2 · 30 · 4 · 4 · 4 · 4 · 4 · router 12 b 2 · write 2; then 54.
		{"two layers", nil, []int{4, 4, 4}, 110 * ns, 30 * ns, 0},
		// Both passes share the fetch: 2 · 60 · 4 · 4 · 4 · 4 · 4 · 2.
		{"sign-split", func(c *arch.Chip) { c.Encoding.InputSign = crossbar.SignSplit }, []int{4, 4}, 84 * ns, 60 * ns, 0},
		// A pair of arrays is converted once: as one array.
		{"pair", func(c *arch.Chip) { c.Encoding.Signed = crossbar.DifferentialAnalog }, []int{4, 4}, 54 * ns, 30 * ns, 0},
		// A shared unit column is a fifth to convert and to add.
		{"shared unit column", func(c *arch.Chip) {
			c.Encoding.Signed, c.Encoding.UnitADC = crossbar.OffsetUnitColumn, crossbar.Shared
		}, []int{4, 4}, 56 * ns, 30 * ns, 0},
		{"own unit column", func(c *arch.Chip) {
			c.Encoding.Signed, c.Encoding.UnitADC = crossbar.OffsetUnitColumn, crossbar.Own
		}, []int{4, 4}, 54 * ns, 30 * ns, 0},
		// The multiplexer settles once a scan, 3 ns: 2 + 30 + 7 + 4 + 4 + 4 + 4 + 2.
		{"settling", func(c *arch.Chip) { c.ADC.Settle = 3 * ns }, []int{4, 4}, 57 * ns, 30 * ns, 0},
		// Settling 7 ns makes scans of 11: 2 + 10 + 33 + 4 + 4 + 4 + 4 + 2, and each of
		// three reads waits 1 ns.
		{"settling too long", func(c *arch.Chip) { c.ADC.Settle = 7 * ns }, []int{4, 4}, 63 * ns, 33 * ns, 3 * ns},
		// Two banks move 16 b a nanosecond, the bus 8: 12 b take the bus 2, as before.
		{"banks beside a slow bus", func(c *arch.Chip) { c.Tile.EDRAM.Banks = 2 }, []int{4, 4}, 54 * ns, 30 * ns, 0},
		// One bank of 4 b: 12 b take 3 ns twice; two of them are as fast as the bus.
		{"one narrow bank", func(c *arch.Chip) { c.Tile.EDRAMPort.Width = 4 }, []int{4, 4}, 56 * ns, 30 * ns, 0},
		{"two narrow banks", func(c *arch.Chip) { c.Tile.EDRAMPort.Width, c.Tile.EDRAM.Banks = 4, 2 }, []int{4, 4}, 54 * ns, 30 * ns, 0},
		// Stages of 10 ns: fetch, three reads, scan, shift-and-add, output and sum (8 ns
		// together), activation, write.
		{"stages", func(c *arch.Chip) { c.Stage = 10 * ns }, []int{4, 4}, 90 * ns, 30 * ns, 0},
		// Stages of 7 ns: each read takes two, output and sum two: 1 + 6 + 1 + 1 + 2 + 1 + 1.
		{"short stages", func(c *arch.Chip) { c.Stage = 7 * ns }, []int{4, 4}, 91 * ns, 42 * ns, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := mustSimulate(t, three(tt.change), mlp(tt.widths...), 8)
			if got.LatencySingle != tt.latency {
				t.Errorf("latency is %v, want %v", got.LatencySingle, tt.latency)
			}
			if got.Interval != tt.interval {
				t.Errorf("interval is %v, want %v", got.Interval, tt.interval)
			}
			if waiting := resource(t, got, ClassCrossbar, "fc1").Waiting / units.Time(got.WindowImages); waiting != tt.waiting {
				t.Errorf("crossbars wait %v an image, want %v", waiting, tt.waiting)
			}
		})
	}
}

// TestRectifiedInputs: of two layers on two tiles, sign-split, the first alone drives
// its inputs twice if its outputs are rectified. Without sign-split both take 30 ns to
// read, and an image 110.
func TestRectifiedInputs(t *testing.T) {
	split := three(func(c *arch.Chip) { c.Encoding.InputSign = crossbar.SignSplit })
	net := mlp(4, 4, 4)
	for _, rectified := range []bool{false, true} {
		net.Layers[0].ReLU = rectified
		want := 170 * ns
		if rectified {
			want = 140 * ns
		}
		got := mustSimulate(t, split, net, 8)
		if got.LatencySingle != want || got.Interval != 60*ns {
			t.Errorf("rectified %t: latency is %v and interval %v, want %v and 60 ns", rectified, got.LatencySingle, got.Interval, want)
		}
	}
}

// TestISAACStages is the published pipeline (Shafiee et al., ISCA 2016, section
// VI): 22 stages of 100 ns from the eDRAM to the eDRAM, and a result every 16.
func TestISAACStages(t *testing.T) {
	staged := func(change func(*arch.Chip)) *arch.Chip {
		return chipWith(func(c *arch.Chip) {
			isaac(c)
			c.Stage = 100 * ns
			if change != nil {
				change(c)
			}
		})
	}
	tests := []struct {
		name              string
		change            func(*arch.Chip)
		columns           int
		latency, interval units.Time
	}{
		// 1 fetch · 2–17 reads · 3–18 ADC · 4–19 shift-and-add · 20 output register,
		// bus and tile shift-and-add · 21 activation · 22 write.
		{"one array", nil, 16, 2200 * ns, 1600 * ns},
		// 129 columns on the shared converter take 100.8 ns, two stages: 16 scans end
		// after stage 2 + 32, and four stages follow.
		{"unit column on the shared converter", func(c *arch.Chip) { c.Encoding.UnitADC = crossbar.Shared }, 16, 3800 * ns, 3200 * ns},
		// 128 columns at 1.27 GS/s do not fit a stage either.
		{"slower converter", func(c *arch.Chip) { c.ADC.Rate = 1270 * units.Megahertz }, 16, 3800 * ns, 3200 * ns},
		// The bus takes 5 ns and the 128 sums 106.7 ns: two stages. Eight arrays of
		// 128 codes take the shift-and-add units exactly one.
		{"eight arrays", nil, 128, 2300 * ns, 1600 * ns},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := mustSimulate(t, staged(tt.change), mlp(128, tt.columns), 8)
			if got.LatencySingle != tt.latency || got.Interval != tt.interval {
				t.Errorf("latency %v and interval %v, want %v and %v", got.LatencySingle, got.Interval, tt.latency, tt.interval)
			}
		})
	}
}

// TestADCSpeedUp: what of a faster converter arrives depends on how many arrays
// share it. The layer fills one IMA of 4 slices × 2 signs, read 8 times.
func TestADCSpeedUp(t *testing.T) {
	shared := func(c *arch.Chip) { c.ADC.Law, c.ADC.Kind, c.ADC.PerIMA = adc.Linear, adc.Reconfigurable, 3 }
	own := func(c *arch.Chip) { c.ADC.Law = adc.Linear }
	tests := []struct {
		name     string
		change   func(*arch.Chip)
		bits     []int
		interval units.Time
		scan     float64 // gain
	}{
		{"an ADC per array at 8 bits", own, []int{8, 8, 8, 8}, 800 * ns, 1},
		// The read of 100 ns bounds the interval: all that scans save is lost.
		{"an ADC per array at 3 bits", own, []int{3, 3, 3, 3}, 800 * ns, 8. / 3},
		// 8 scans of 100 ns on 3 converters, 8 times: 8·800/3 ns.
		{"three ADCs at 8 bits", shared, []int{8, 8, 8, 8}, 2133333333, 1},
		// (3 + 3 + 3 + 1)/4 of 12.5 ns on average: 2.5 converters' work, so three keep
		// up with the reads.
		{"three ADCs at 3, 3, 3 and 1 bits", shared, []int{3, 3, 3, 1}, 800 * ns, 3.2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			chip := chipWith(tt.change)
			job := jobOf(t, chip, mlp(128, 128), 8)
			job.Bits = [][]int{tt.bits}
			got, err := Simulate(context.Background(), job, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Interval != tt.interval {
				t.Errorf("interval is %d fs over %d images, want %d", got.Interval, got.WindowImages, tt.interval)
			}
			gain, err := CompareADC(context.Background(), job, got, Options{})
			if err != nil {
				t.Fatal(err)
			}
			full := units.Time(800 * ns)
			if chip.ADC.PerIMA == 3 {
				full = 2133333333
			}
			if want := float64(full) / float64(tt.interval); gain.Scan != tt.scan || gain.Interval != want {
				t.Errorf("gain is %+v, want scan %v and interval %v", gain, tt.scan, want)
			}
		})
	}
}

// TestMoreConverters: with scans of one length more converters never slow a run.
func TestMoreConverters(t *testing.T) {
	var last *Timing
	for n := 1; n <= 8; n++ {
		got := mustSimulate(t, chipWith(func(c *arch.Chip) { c.ADC.Kind, c.ADC.PerIMA = adc.Reconfigurable, n }), mlp(300, 128), 8)
		if last != nil && (got.Interval > last.Interval || got.LatencySingle > last.LatencySingle) {
			t.Errorf("%d converters: latency %v and interval %v, slower than %v and %v with one less",
				n, got.LatencySingle, got.Interval, last.LatencySingle, last.Interval)
		}
		last = got
	}
	if last.Interval != 800*ns {
		t.Errorf("interval with a converter for each array is %v, want 800 ns", last.Interval)
	}
}

// TestBuffer gives the second layer's tile room for one image of 12 b and for two.
// A write takes the router 60 ns, the tile's port 24, and the fetch that frees the
// place 24: with one place the next message sets out when they are done, with two
// the router bounds the interval.
func TestBuffer(t *testing.T) {
	for _, tt := range []struct {
		bytes    int
		interval units.Time
	}{{2, 108 * ns}, {3, 60 * ns}, {100, 60 * ns}} {
		chip := three(func(c *arch.Chip) {
			c.Tile.EDRAM.Bytes = tt.bytes
			c.Tile.EDRAMPort = tile.Channel{Width: 1, Clock: 500 * units.Megahertz}
			c.Tile.Router = tile.Channel{Width: 1, Clock: 200 * units.Megahertz}
		})
		if got := mustSimulate(t, chip, mlp(4, 4, 1), 8); got.Interval != tt.interval {
			t.Errorf("%d bytes: interval is %v, want %v", tt.bytes, got.Interval, tt.interval)
		}
	}
}

func TestBufferSizes(t *testing.T) {
	tests := []struct {
		name   string
		bytes  int
		imas   int
		widths []int
		want   string // "" if it fits
	}{
		// 4 inputs of 8 bits.
		{"one layer fits", 4, 1, []int{4, 4}, ""},
		{"one layer, one byte short", 3, 1, []int{4, 4}, "the eDRAM of tile 0 has 3 bytes, want at least 4: 4 for the window of layer fc1"},
		{"two layers share the only tile", 8, 2, []int{4, 4, 4}, ""},
		{"two layers share the only tile, one byte short", 7, 2, []int{4, 4, 4},
			"the eDRAM of tile 0 has 7 bytes, want at least 8: 4 for the window of layer fc1, 4 for the window of layer fc2"},
		{"two layers on two tiles", 4, 1, []int{4, 4, 4}, ""},
		// A tile's IMA of 4 row blocks needs 16 of the 20 rows.
		{"rows of the tile only", 16, 1, []int{20, 4}, ""},
		{"rows of the tile only, one byte short", 15, 1, []int{20, 4}, "tile 0 has 15 bytes, want at least 16"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			chip := tiny(func(c *arch.Chip) { c.Tile.EDRAM.Bytes, c.Tile.IMAs, c.Encoding.InputBits = tt.bytes, tt.imas, 8 })
			if tt.imas > 1 {
				chip.Tiles = 1
			}
			_, err := Simulate(context.Background(), jobOf(t, chip, mlp(tt.widths...), 8), Options{})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
		})
	}
}

// TestBackPressure makes the activation slow. What lies between it and the reads
// is two sets of sums and two accumulators: an array is never further ahead than
// that.
func TestBackPressure(t *testing.T) {
	chip := tiny(func(c *arch.Chip) { c.Tile.Activation.Rate = 10 * units.Megahertz })
	b, err := newBuilder(jobOf(t, chip, mlp(4, 4), 8))
	if err != nil {
		t.Fatal(err)
	}
	x, err := b.model(modelOptions{images: 1000})
	if err != nil {
		t.Fatal(err)
	}
	x.start()
	for n := 1; n < 20; n++ {
		if err := b.runTo(context.Background(), x, n); err != nil {
			t.Fatal(err)
		}
		ahead := x.teams[0].begun - x.emitters[0].available
		if most := int64(double + double); ahead > most || n > 5 && ahead != most {
			t.Errorf("after %d images the array is %d ahead of the activation, want %d", n, ahead, most)
		}
	}
	// The activation takes 400 ns for four outputs.
	if got := mustSimulate(t, chip, mlp(4, 4), 8); got.Interval != 400*ns || got.Bottleneck().Class != ClassActivation {
		t.Errorf("interval is %v, bounded by %s, want 400 ns by the activation", got.Interval, got.Bottleneck().Class)
	}
}
