package scheduler

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/units"
	"bitline/workloads"
)

// randomCase is a small chip of a random kind, a network of random widths, and
// random resolutions.
func randomCase(rng *rand.Rand) (*arch.Chip, *workloads.Network, int) {
	pick := func(n ...int) int { return n[rng.IntN(len(n))] }
	chip := tiny(func(c *arch.Chip) {
		c.Encoding.WeightBits = pick(2, 3, 4)
		c.Encoding.InputBits = pick(1, 2, 5)
		c.Encoding.InputSign = []crossbar.InputSign{crossbar.Unsigned, crossbar.SignSplit}[rng.IntN(2)]
		c.Encoding.Signed = []crossbar.Signed{crossbar.Offset, crossbar.OffsetUnitColumn, crossbar.Differential, crossbar.DifferentialAnalog}[rng.IntN(4)]
		c.Encoding.Slices = []crossbar.Layout{crossbar.Grouped, crossbar.Interleaved}[rng.IntN(2)]
		c.Encoding.UnitADC = []crossbar.UnitADC{crossbar.Own, crossbar.Shared}[rng.IntN(2)]
		c.ADC.Kind = []adc.Kind{adc.Fixed, adc.Reconfigurable}[rng.IntN(2)]
		c.ADC.PerIMA = pick(2, 3, 4)
		c.ADC.Rate = units.Frequency(pick(200, 400, 1000, 1280)) * units.Megahertz
		c.IMA.Crossbars = pick(2, 3, 4, 8)
		c.Tile.IMAs = pick(1, 2, 3)
		c.Tile.RouterShare = pick(1, 2)
		c.Tile.EDRAM.Bytes = pick(16, 64, 256)
		c.Tile.ShiftAdd.Rate = units.Frequency(pick(200, 1000)) * units.Megahertz
		c.Stage = units.Time(pick(0, 0, 10, 7)) * ns
	})
	widths := make([]int, 2+rng.IntN(3))
	for i := range widths {
		widths[i] = 1 + rng.IntN(12)
	}
	return chip, mlp(widths...), pick(2, 3, 8)
}

// TestConservation compares the counts of random small chips with what their
// mapping says: every array is read in every step, every mapped column of a read
// is converted once, and every code is added once.
func TestConservation(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for i := range 300 {
		chip, net, bits := randomCase(rng)
		m := mustMap(t, chip, net)
		got, err := Simulate(context.Background(), chip, m, given(chip, m, bits), Options{})
		if err != nil {
			t.Fatalf("case %d: %+v: %v", i, chip, err)
		}
		reads := int64(chip.Encoding.InputBits * chip.Encoding.Passes())
		var want struct{ reads, drives, columns, own int64 }
		for _, l := range m.Layers {
			for _, a := range l.Copies[0].Arrays {
				want.reads += reads
				want.drives += reads * int64(a.Rows)
				columns := int64(a.Bitlines)
				if a.Units > 0 && chip.Encoding.UnitADC == crossbar.Own {
					columns--
					want.own += reads
				}
				if chip.Encoding.Signed != crossbar.DifferentialAnalog || a.Sign == 0 {
					want.columns += reads * columns
				}
			}
		}
		c := got.PerImage
		have := want
		have.reads, have.drives, have.columns, have.own = c.Reads, c.Drives, c.Conversions[bits], c.UnitConversions
		if have != want {
			t.Fatalf("case %d: counts are %+v, want %+v", i, have, want)
		}
		if c.Codes != want.columns || c.TotalConversions() != want.columns || c.Latches != want.columns+want.own {
			t.Fatalf("case %d: %d codes, %d conversions, %d latches, want %d, %d and %d",
				i, c.Codes, c.TotalConversions(), c.Latches, want.columns, want.columns, want.columns+want.own)
		}
		for _, r := range got.Resources {
			if r.Idle < 0 || r.Utilisation > 1 || r.Peak > 1 || r.Utilisation > r.Peak {
				t.Fatalf("case %d: %+v", i, r)
			}
		}
		// No resource does more than all the time, and no image overtakes itself.
		if least := units.Time(reads) * chip.Crossbar.Read(); got.Interval < least || got.LatencySingle < got.Interval/8+least {
			t.Fatalf("case %d: interval %v, latency %v, reads take %v", i, got.Interval, got.LatencySingle, least)
		}
	}
}

func TestSameTwice(t *testing.T) {
	chip := chipWith(func(c *arch.Chip) { c.ADC.Kind, c.ADC.PerIMA = adc.Reconfigurable, 3 })
	first, second := mustSimulate(t, chip, mlp(300, 200, 10), 8), mustSimulate(t, chip, mlp(300, 200, 10), 8)
	if !reflect.DeepEqual(first, second) {
		t.Errorf("two runs differ: %+v and %+v", first, second)
	}
}

func TestIntervalDoesNotDependOnImages(t *testing.T) {
	chip := chipWith(func(c *arch.Chip) { c.ADC.Kind, c.ADC.PerIMA = adc.Reconfigurable, 3 })
	m := mustMap(t, chip, mlp(300, 200, 10))
	b, err := newBuilder(chip, m, given(chip, m, 8))
	if err != nil {
		t.Fatal(err)
	}
	want := mustSimulate(t, chip, mlp(300, 200, 10), 8).Interval
	for _, n := range []int{20, 50, 117} {
		x, err := b.model(endless)
		if err != nil {
			t.Fatal(err)
		}
		x.start()
		if err := x.runTo(context.Background(), n); err != nil {
			t.Fatal(err)
		}
		p := period(x.done)
		if p == 0 {
			t.Fatalf("%d images have not settled", n)
		}
		length := x.done[n-1] - x.done[n-1-p]
		if got := units.Time(units.MulDiv(int64(length), 1, int64(p))); got != want {
			t.Errorf("interval of the last images of %d is %v, want %v", n, got, want)
		}
	}
}

func TestPeriod(t *testing.T) {
	tests := []struct {
		name string
		gaps []units.Time
		want int
	}{
		{"too few", []units.Time{5, 5, 5, 5}, 0},
		{"just enough", []units.Time{5, 5, 5, 5, 5}, 1},
		{"settling", []units.Time{9, 7, 5, 5, 5, 5, 5}, 1},
		{"one gap short of settled", []units.Time{9, 7, 5, 5, 5, 5}, 0},
		{"two by turns", []units.Time{4, 6, 4, 6, 4, 6}, 2},
		{"two by turns, too few", []units.Time{6, 4, 6, 4, 6}, 0},
		{"the last differs", []units.Time{5, 5, 5, 5, 5, 5, 5, 6}, 0},
		{"three", []units.Time{1, 1, 2, 1, 1, 2, 1, 1, 2}, 3},
		{"growing", []units.Time{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			done := []units.Time{100}
			for _, g := range tt.gaps {
				done = append(done, done[len(done)-1]+g)
			}
			if got := period(done); got != tt.want {
				t.Errorf("period of gaps %v is %d, want %d", tt.gaps, got, tt.want)
			}
		})
	}
}

// TestFillingBuffersAreNotSettled: the second layer is slower, so that the first
// works ahead until the eDRAM between them, of 100 images, is full. The gaps at
// the output are equal from the start, but the first layer does more than one
// image's work in each.
func TestFillingBuffersAreNotSettled(t *testing.T) {
	chip := tiny(func(c *arch.Chip) {
		c.Tile.EDRAM.Bytes = 100
		c.ADC.PerIMA = 1
		c.ADC.Rate = 200 * units.Megahertz
	})
	net := mlp(4, 3, 8) // scans of 15 ns, and twice 20 ns on one converter
	m := mustMap(t, chip, net)
	bits := given(chip, m, 8)
	if _, err := Simulate(context.Background(), chip, m, bits, Options{Images: 64}); !errors.Is(err, ErrUnsettled) {
		t.Errorf("64 images: error is %v, want %v", err, ErrUnsettled)
	}
	got, err := Simulate(context.Background(), chip, m, bits, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Interval != 40*ns || got.Images <= 64 {
		t.Errorf("interval is %v after %d images, want 40 ns after more than 64", got.Interval, got.Images)
	}
	first := resource(t, got, ClassADC, "fc1")
	if want := 15. / 40; first.Utilisation != want {
		t.Errorf("converter of the first layer is busy %v of the time, want %v", first.Utilisation, want)
	}
}

func TestSimulateErrors(t *testing.T) {
	chip := chipWith(nil)
	m := mustMap(t, chip, mlp(10, 10))
	tests := []struct {
		name   string
		change func(*arch.Chip)
		bits   [][]int
		images int
		want   string
	}{
		{"layers", nil, nil, 0, "given for 0 layers, want one list for each of 1"},
		{"slices", nil, [][]int{{8, 8}}, 0, "layer fc1: 2 resolutions are given, want one for each of 4 slices"},
		{"no bits", nil, [][]int{{8, 0, 8, 8}}, 0, "slice 1 is 0 bits, want 1 to 16"},
		{"too many bits", nil, [][]int{{8, 8, 8, 17}}, 0, "slice 3 is 17 bits"},
		{"law", func(c *arch.Chip) { c.ADC.Law = adc.Survey }, [][]int{{8, 8, 8, 3}}, 0, "survey is not defined at 3 bits"},
		{"signed converter", func(c *arch.Chip) { c.Encoding.Signed = crossbar.DifferentialAnalog }, [][]int{{8, 8, 8, 1}}, 0, "1 bits, want 2 to 16"},
		{"interleaved and fixed", interleaved, [][]int{{8, 8, 8, 1}}, 0, "want equal ones"},
		{"too few converters", func(c *arch.Chip) { c.ADC.PerIMA = 3 }, [][]int{{8, 8, 8, 8}}, 0, "3 fixed converters per IMA, want at least one for each of 4 slices"},
		{"images", nil, [][]int{{8, 8, 8, 8}}, -1, "images is -1"},
		{"unsettled", nil, [][]int{{8, 8, 8, 8}}, 5, "not settled after 5 images"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Simulate(context.Background(), chipWith(tt.change), m, tt.bits, Options{Images: tt.images})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want one with %q", err, tt.want)
			}
		})
	}
	m.Layers[0].Positions = 4
	if _, err := Simulate(context.Background(), chip, m, given(chip, m, 8), Options{}); err == nil || !strings.Contains(err.Error(), "at 4 positions") {
		t.Errorf("error is %v, want one about 4 positions", err)
	}
}

func TestSimulateStopsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	chip := chipWith(nil)
	m := mustMap(t, chip, mlp(10, 10))
	if _, err := Simulate(ctx, chip, m, given(chip, m, 8), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want %v", err, context.Canceled)
	}
}

func BenchmarkSimulate(b *testing.B) {
	for _, widths := range [][]int{{784, 100, 10}, {784, 300, 100, 10}} {
		b.Run(fmt.Sprint(widths), func(b *testing.B) {
			chip := chipWith(nil)
			m := mustMap(b, chip, mlp(widths...))
			bits := given(chip, m, 8)
			var events uint64
			b.ReportAllocs()
			for b.Loop() {
				t, err := Simulate(context.Background(), chip, m, bits, Options{})
				if err != nil {
					b.Fatal(err)
				}
				events += t.Events
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
		})
	}
}
