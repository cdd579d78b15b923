package timing

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
		job := jobOf(t, chip, net, bits)
		got, err := Simulate(context.Background(), job, Options{})
		if err != nil {
			t.Fatalf("case %d: %+v: %v", i, chip, err)
		}
		var want struct{ reads, drives, columns, own int64 }
		most := int64(0) // reads of an array for a product
		for _, l := range job.Mapping.Layers {
			reads := int64(chip.Encoding.InputBits * chip.Encoding.Passes(l.Rectified))
			most = max(most, reads)
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
			if overworked(r) {
				t.Fatalf("case %d: %+v, repeats: %t", i, r, got.Repeats)
			}
		}
		// No resource does more than all the time, and no image overtakes itself.
		if least := units.Time(most) * chip.Crossbar.Read(); got.Interval < least || got.LatencySingle < got.Interval/8+least {
			t.Fatalf("case %d: interval %v, latency %v, reads take %v", i, got.Interval, got.LatencySingle, least)
		}
	}
}

// overworked says whether a resource does more than its servers have time for. Only
// in a window that repeats itself can it: in others a share above 1 is cut off.
func overworked(r Resource) bool {
	return r.Peak > 1 || r.Utilisation > r.Peak || r.Idle < 0
}

// TestTooBusyShows: a station that counts more work than its servers have time for
// is seen in a window that is a whole period, where nothing may hide a fault of the
// counts. In one that is none, a product of before may end, and its time is cut off.
func TestTooBusyShows(t *testing.T) {
	b, err := newBuilder(jobOf(t, tiny(nil), mlp(4, 3), 8))
	if err != nil {
		t.Fatal(err)
	}
	m, w, err := b.settled(context.Background(), Options{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !w.repeats {
		t.Fatal("the pipeline does not repeat itself: the test shows nothing")
	}
	m.teams[0].classes[0].use.adds.Busy += 2 * w.length
	for _, repeats := range []bool{true, false} {
		w.repeats = repeats
		got := resource(t, &Timing{Resources: b.resources(m, w)}, ClassShiftAdd, "fc1")
		if tooBusy := got.Peak > 1 && got.Utilisation > 1 && got.Idle < 0; tooBusy != repeats {
			t.Errorf("repeats: %t: peak %v, utilisation %v, idle %v, want them beyond the servers' time: %t", repeats, got.Peak, got.Utilisation, got.Idle, repeats)
		}
		if !repeats && (got.Peak != 1 || got.Idle != 0) {
			t.Errorf("peak %v and idle %v, want 1 and none", got.Peak, got.Idle)
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

// TestFillingBuffersAreNotSettled: the second layer is slower, so that the first
// works ahead until the eDRAM between them is full. The gaps at the output are
// equal from the start, but the first layer does more than one image's work in
// each.
func TestFillingBuffersAreNotSettled(t *testing.T) {
	chip := tiny(func(c *arch.Chip) {
		c.Tile.EDRAM.Bytes = 100
		c.ADC.PerIMA = 1
		c.ADC.Rate = 200 * units.Megahertz
	})
	net := mlp(4, 3, 8) // scans of 15 ns, and twice 20 ns on one converter
	job := jobOf(t, chip, net, 8)
	if _, err := Simulate(context.Background(), job, Options{Images: 2}); !errors.Is(err, ErrUnsettled) {
		t.Errorf("2 images: error is %v, want %v", err, ErrUnsettled)
	}
	got, err := Simulate(context.Background(), job, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Interval != 40*ns || !got.Repeats {
		t.Errorf("interval is %v and repeats: %t, want 40 ns, repeating", got.Interval, got.Repeats)
	}
	first := resource(t, got, ClassADC, "fc1")
	if want := 15. / 40; first.Utilisation != want {
		t.Errorf("converter of the first layer is busy %v of the time, want %v", first.Utilisation, want)
	}
}

func TestSimulateErrors(t *testing.T) {
	chip := chipWith(nil)
	job := jobOf(t, chip, mlp(10, 10), 8)
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
		{"unsettled", nil, [][]int{{8, 8, 8, 8}}, 1, "not settled after 1 image,"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Simulate(context.Background(), Job{chipWith(tt.change), job.Network, job.Mapping, tt.bits}, Options{Images: tt.images})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestSimulateStopsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	chip := chipWith(nil)
	if _, err := Simulate(ctx, jobOf(t, chip, mlp(10, 10), 8), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want %v", err, context.Canceled)
	}
}

func BenchmarkSimulate(b *testing.B) {
	for _, widths := range [][]int{{784, 100, 10}, {784, 300, 100, 10}} {
		b.Run(fmt.Sprint(widths), func(b *testing.B) {
			chip := chipWith(nil)
			job := jobOf(b, chip, mlp(widths...), 8)
			var events uint64
			b.ReportAllocs()
			for b.Loop() {
				t, err := Simulate(context.Background(), job, Options{})
				if err != nil {
					b.Fatal(err)
				}
				events += t.Events
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
		})
	}
}
