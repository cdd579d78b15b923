package scheduler

import (
	"context"
	"math/big"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
	"bitline/workloads"
)

// smallModel is a random two-layer model and images for it. bits are its weights'
// magnitude bits.
func smallModel(t *testing.T, bits int) (*workloads.Model, workloads.Images) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, uint64(bits)))
	shape := workloads.Shape{Height: 5, Width: 7, Channels: 2}
	m := &workloads.Model{
		Network: &workloads.Network{Name: "small", Input: shape, Layers: []workloads.Layer{
			{Name: "fc1", Kind: workloads.Linear, Outputs: 9, ReLU: true},
			{Name: "fc2", Kind: workloads.Linear, Outputs: 4},
		}},
		WeightBits: bits, Input: workloads.InputCodes{Zero: []int32{33, 12}, Scale: 2},
	}
	top := int(workloads.MaxCode(bits))
	for _, s := range m.Network.Matrices() {
		l := workloads.LayerWeights{Rows: s.Rows, Columns: s.Columns, Affine: workloads.Affine{F: 24}}
		for range s.Rows * s.Columns {
			l.Codes = append(l.Codes, int16(r.IntN(2*top+1)-top))
		}
		for range s.Columns {
			l.Affine.M = append(l.Affine.M, int64(500+r.IntN(500)))
			l.Affine.B = append(l.Affine.B, int64(r.IntN(1<<28)-1<<27))
		}
		m.Layers = append(m.Layers, l)
	}
	im := workloads.Images{Shape: shape}
	for i := range 150 {
		im.Labels = append(im.Labels, uint8(r.IntN(4)))
		for range shape.Size() {
			p := uint8(r.IntN(256))
			if i%3 == 0 && r.IntN(2) == 0 {
				p = 0
			}
			im.Pixels = append(im.Pixels, p)
		}
	}
	return m, im
}

func replayChip(e crossbar.Encoding, bits ...int) *arch.Chip {
	c := arch.Default()
	c.Name, c.Encoding, c.ADC.Bits = "test", e, bits
	c.Crossbar.Wordlines = 32
	return &c
}

// TestReplayEqualsIntegerNetwork is the most valuable property of a replay: with
// converters that cannot clip it is the integer network, whatever the encoding.
func TestReplayEqualsIntegerNetwork(t *testing.T) {
	for _, signed := range []crossbar.Signed{crossbar.Differential, crossbar.DifferentialAnalog, crossbar.Offset, crossbar.OffsetUnitColumn, crossbar.OffsetFlip} {
		for _, sign := range []crossbar.InputSign{crossbar.Unsigned, crossbar.SignSplit, crossbar.TwosComplement} {
			t.Run(string(signed)+"/"+string(sign), func(t *testing.T) {
				e := crossbar.DefaultEncoding()
				e.Signed, e.InputSign = signed, sign
				if sign == crossbar.TwosComplement {
					e.InputBits = 9
				}
				chip := replayChip(e, 9)
				model, images := smallModel(t, e.MagnitudeBits())
				r, err := NewReplayer(chip, model)
				if err != nil {
					t.Fatal(err)
				}
				bits, err := r.Bits(context.Background(), images)
				if err != nil {
					t.Fatal(err)
				}
				got, err := r.Run(context.Background(), images, Plan{Bits: bits}, nil)
				if err != nil {
					t.Fatal(err)
				}
				exact := model.NewExecutor(model.Exact(), 0, nil)
				for i := range images.Len() {
					if want := exact.Class(images.Image(i)); got.Classes[i] != want {
						t.Fatalf("image %d: class %d, want %d", i, got.Classes[i], want)
					}
				}
				if got.Correct != got.CorrectExact {
					t.Errorf("%d images right, %d without converters, want the same", got.Correct, got.CorrectExact)
				}
				for _, l := range got.Layers {
					if l.Certificate.Clips != 0 || l.Certificate.Unseen != 0 {
						t.Errorf("layer %s: certificate %+v, want every column proven", l.Name, l.Certificate)
					}
				}
			})
		}
	}
}

func TestReplayDoesNotDependOnProcessors(t *testing.T) {
	model, images := smallModel(t, 8)
	r, err := NewReplayer(replayChip(crossbar.DefaultEncoding(), 3), model)
	if err != nil {
		t.Fatal(err)
	}
	var runs []*Replay
	for _, n := range []int{1, 2, 8} {
		old := runtime.GOMAXPROCS(n)
		bits, err := r.Bits(context.Background(), images)
		if err != nil {
			t.Fatal(err)
		}
		affines, err := r.Recalibrate(context.Background(), bits, images.Slice(0, 80))
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Run(context.Background(), images, Plan{Bits: bits, Affines: affines}, nil)
		runtime.GOMAXPROCS(old)
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, got)
	}
	if clips := runs[0].Layers[0].Certificate.Clips; clips == 0 {
		t.Error("3-bit converters clipped nothing, so the test shows little")
	}
	for _, other := range runs[1:] {
		if !reflect.DeepEqual(runs[0], other) {
			t.Error("replays differ between 1, 2 and 8 processors, want the same")
		}
	}
}

func TestAutoBits(t *testing.T) {
	model, images := smallModel(t, 8)
	chip := replayChip(crossbar.DefaultEncoding())
	bitsOf := func(rule adc.Auto) [][]int {
		chip.ADC.Auto = rule
		r, err := NewReplayer(chip, model)
		if err != nil {
			t.Fatal(err)
		}
		bits, err := r.Bits(context.Background(), images)
		if err != nil {
			t.Fatal(err)
		}
		return bits
	}
	worst, seen := bitsOf(adc.WorstCase), bitsOf(adc.Observed)
	r, err := NewReplayer(chip, model)
	if err != nil {
		t.Fatal(err)
	}
	replay, err := r.Run(context.Background(), images, Plan{Bits: worst}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range replay.Layers {
		for k, s := range l.Stats.Slices {
			if largest := s.WorstSum; int64(1)<<worst[i][k] <= largest || int64(1)<<(worst[i][k]-1) > largest {
				t.Errorf("layer %d, slice %d: worst case %d bits for sums up to %d", i, k, worst[i][k], largest)
			}
			if largest := s.MaxSum(); int64(1)<<seen[i][k] <= largest || seen[i][k] > 1 && int64(1)<<(seen[i][k]-1) > largest {
				t.Errorf("layer %d, slice %d: observed %d bits for sums up to %d", i, k, seen[i][k], largest)
			}
		}
	}
}

// A converter that halves a sum and adds ten is undone by the line it is refitted
// with: 2·seen − 20.
func TestLine(t *testing.T) {
	for _, frac := range []int{0, 16} {
		var seen, want [][]int64
		for x := range int64(50) {
			want = append(want, []int64{4 * x * x, 17 + x})
			seen = append(seen, []int64{(2*x*x + 10) << frac, 5 << frac})
		}
		slope, intercept := line(0, seen, want, frac)
		if slope.Cmp(big.NewRat(2, 1)) != 0 || intercept.Cmp(big.NewRat(-20, 1)) != 0 {
			t.Errorf("line at 2^-%d is %v·seen + %v, want 2·seen − 20", frac, slope, intercept)
		}
		// A column that never varies keeps its slope; Σ want/50 − 5 = 41.5 − 5.
		slope, intercept = line(1, seen, want, frac)
		if slope.Cmp(big.NewRat(1, 1)) != 0 || intercept.Cmp(big.NewRat(73, 2)) != 0 {
			t.Errorf("constant column at 2^-%d is %v·seen + %v, want seen + 36.5", frac, slope, intercept)
		}
	}
}

// Recalibration cannot leave the first layer's outputs further from the exact
// ones, in the least squares sense, than they were.
func TestRecalibrationHelps(t *testing.T) {
	model, images := smallModel(t, 8)
	r, err := NewReplayer(replayChip(crossbar.DefaultEncoding(), 3), model)
	if err != nil {
		t.Fatal(err)
	}
	bits, err := r.Bits(context.Background(), images)
	if err != nil {
		t.Fatal(err)
	}
	affines, err := r.Recalibrate(context.Background(), bits, images)
	if err != nil {
		t.Fatal(err)
	}
	matrix, err := r.program(0, bits[0])
	if err != nil {
		t.Fatal(err)
	}
	runner, err := matrix.NewRunner(r.chip.ADC, bits[0])
	if err != nil {
		t.Fatal(err)
	}
	var before, after float64
	x, y, want := make([]int32, 70), make([]int64, 9), make([]int64, 9)
	for i := range images.Len() {
		workloads.EnterImage(x, images.Image(i))
		runner.MVM(y, x)
		model.Exact()(0, want, x)
		old := model.Layers[0].Affine
		for n := range y {
			target := float64(old.Apply(n, want[n], 0)) / float64(int64(1)<<old.F)
			d := float64(old.Apply(n, y[n], 0))/float64(int64(1)<<old.F) - target
			before += d * d
			d = float64(affines[0].Apply(n, y[n], 0))/float64(int64(1)<<affines[0].F) - target
			after += d * d
		}
	}
	if after >= before/2 {
		t.Errorf("squared error falls from %.4g to %.4g, want less than half", before, after)
	}
}

func TestNewReplayerRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*crossbar.Encoding)
		want string
	}{
		{"weights too wide", func(e *crossbar.Encoding) { e.WeightBits = 4 }, "model has weights of 8 magnitude bits, want at most 4"},
		{"inputs too wide", func(e *crossbar.Encoding) { e.InputBits = 7 }, "inputs span 0 to 255, want 0 to 127"},
		{"two's complement too narrow", func(e *crossbar.Encoding) { e.InputSign = crossbar.TwosComplement }, "inputs span -33 to 243, want -128 to 127"},
	} {
		t.Run(c.name, func(t *testing.T) {
			model, _ := smallModel(t, 8)
			e := crossbar.DefaultEncoding()
			c.edit(&e)
			_, err := NewReplayer(replayChip(e, 8), model)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestReplayStops(t *testing.T) {
	model, images := smallModel(t, 8)
	r, err := NewReplayer(replayChip(crossbar.DefaultEncoding(), 8), model)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := r.Run(ctx, images, Plan{Bits: [][]int{{8, 8, 8, 8}, {8, 8, 8, 8}}}, nil); err != context.Canceled {
		t.Errorf("error is %v, want %v", err, context.Canceled)
	}
}
