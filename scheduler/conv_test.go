package scheduler

import (
	"context"
	"math/big"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"bitline/crossbar"
	"bitline/workloads"
)

// residualModel is a random network with every kind of layer, both residuals, and
// images for it.
func residualModel(t *testing.T) (*workloads.Model, workloads.Images) {
	t.Helper()
	net := &workloads.Network{Name: "residual", Input: workloads.Shape{Height: 7, Width: 6, Channels: 2}, Layers: []workloads.Layer{
		{Name: "c1", Kind: workloads.Conv, Outputs: 5, Kernel: 3, Stride: 1, Padding: 1, ReLU: true, BatchNorm: true},
		{Name: "s", Kind: workloads.Conv, Outputs: 4, Kernel: 1, Stride: 2, Residual: true, BatchNorm: true},
		{Name: "c2", Kind: workloads.Conv, Input: "c1", Outputs: 3, Kernel: 3, Stride: 2, Padding: 1, ReLU: true},
		{Name: "c2b", Kind: workloads.Conv, Outputs: 4, Kernel: 3, Stride: 1, Padding: 1, ReLU: true, Add: "s"},
		{Name: "c3", Kind: workloads.Conv, Outputs: 4, Kernel: 3, Stride: 1, Padding: 1, ReLU: true, Add: "c2b"},
		{Name: "m", Kind: workloads.MaxPool, Kernel: 2, Stride: 1},
		{Name: "g", Kind: workloads.GlobalPool},
		{Name: "fc", Kind: workloads.Linear, Outputs: 4},
	}}
	r := rand.New(rand.NewPCG(11, 12))
	images := workloads.Images{Shape: net.Input}
	for range 90 {
		images.Labels = append(images.Labels, uint8(r.IntN(4)))
		for range net.Input.Size() {
			images.Pixels = append(images.Pixels, uint8(r.IntN(256)))
		}
	}
	m, err := workloads.RandomFloat(net, 13).Quantize(workloads.Quantization{
		WeightBits: 8, Input: workloads.InputCodes{Zero: []int32{100, 128}, Scale: 2}, Calibration: images,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m, images
}

func TestConvolutionReplay(t *testing.T) {
	model, images := residualModel(t)
	r, err := NewReplayer(replayChip(crossbar.DefaultEncoding(), 9), model)
	if err != nil {
		t.Fatal(err)
	}
	bits, err := r.Bits(context.Background(), images)
	if err != nil {
		t.Fatal(err)
	}
	exact := model.NewExecutor(model.Exact(), workloads.Options{})
	var want []int
	for _, v := range exact.Run(images) {
		want = append(want, workloads.Class(v))
	}
	for _, level := range []crossbar.Level{crossbar.Clips, crossbar.Sums} {
		got, err := r.Run(context.Background(), images, Plan{Bits: bits, Statistics: level}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Classes, want) || got.Correct != got.CorrectExact {
			t.Errorf("%s: classes through converters that cannot clip are %v, want %v", level, got.Classes, want)
		}
		var names []string
		for _, l := range got.Layers {
			names = append(names, l.Name)
		}
		if want := []string{"c1", "s", "c2", "c2b", "c3", "fc"}; !slices.Equal(names, want) {
			t.Errorf("%s: layers are %v, want %v", level, names, want)
		}
		// 7·6 positions of c1, 4·3 of the strided shortcut, one of fc; 90 images.
		if got.Layers[0].Stats.MVMs != 42*90 || got.Layers[1].Stats.MVMs != 12*90 || got.Layers[5].Stats.MVMs != 90 {
			t.Errorf("%s: products are %d, %d and %d, want 3780, 1080 and 90", level,
				got.Layers[0].Stats.MVMs, got.Layers[1].Stats.MVMs, got.Layers[5].Stats.MVMs)
		}
	}
}

// Neither processors nor batches show in a replay, its statistics or the stages
// that it is recalibrated with.
func TestConvolutionReplayIsReproducible(t *testing.T) {
	model, images := residualModel(t)
	r, err := NewReplayer(replayChip(crossbar.DefaultEncoding(), 3), model)
	if err != nil {
		t.Fatal(err)
	}
	bits, err := r.Bits(context.Background(), images)
	if err != nil {
		t.Fatal(err)
	}
	for _, level := range []crossbar.Level{crossbar.Clips, crossbar.Sums} {
		var first *Replay
		for _, c := range []struct{ processors, batch int }{{1, 0}, {1, 1}, {2, 7}, {5, 90}} {
			old := runtime.GOMAXPROCS(c.processors)
			affines, err := r.Recalibrate(context.Background(), bits, images.Slice(0, 50))
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Run(context.Background(), images, Plan{Bits: bits, Affines: affines, Statistics: level, Batch: c.batch}, nil)
			runtime.GOMAXPROCS(old)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = got
				if got.Layers[0].Certificate.Clips == 0 {
					t.Error("3-bit converters clipped nothing, so the test shows little")
				}
			} else if !reflect.DeepEqual(first, got) {
				t.Errorf("%s: a replay on %d processors in batches of %d differs from the first", level, c.processors, c.batch)
			}
		}
	}
}

// Recalibration of converters that cannot clip changes nothing: every line is
// slope 1 through 0.
func TestRecalibrateWithoutClips(t *testing.T) {
	model, images := residualModel(t)
	r, err := NewReplayer(replayChip(crossbar.DefaultEncoding(), 9), model)
	if err != nil {
		t.Fatal(err)
	}
	bits, err := r.Bits(context.Background(), images)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Recalibrate(context.Background(), bits, images)
	if err != nil {
		t.Fatal(err)
	}
	if want := model.Affines(); !reflect.DeepEqual(got, want) {
		t.Errorf("stages are %+v, want them unchanged: %+v", got, want)
	}
}

// With clipping converters the refitted network's outputs come nearer to those
// without converters.
func TestConvolutionRecalibrationHelps(t *testing.T) {
	model, images := residualModel(t)
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
	c, err := r.newCrew(bits, crossbar.Sums)
	if err != nil {
		t.Fatal(err)
	}
	outputs := func(mul workloads.MatMul, affines []workloads.Affine) [][]int64 {
		return model.NewExecutor(mul, workloads.Options{Affines: affines}).Run(images)
	}
	want := outputs(model.Exact(), nil)
	distance := func(affines []workloads.Affine, f int) float64 {
		sum := 0.0
		for i, v := range outputs(c.workers[0].mul, affines) {
			for n := range v {
				d := float64(v[n])/float64(int64(1)<<f) - float64(want[i][n])/float64(int64(1)<<model.Layers[5].Affine.F)
				sum += d * d
			}
		}
		return sum
	}
	before, after := distance(nil, model.Layers[5].Affine.F), distance(affines, affines[5].F)
	if after >= before/2 {
		t.Errorf("squared error falls from %.4g to %.4g, want less than half", before, after)
	}
}

// A residual layer and the one that adds it are rounded together, at the F of
// the one that needs more bits before the point: 2^32 takes two off.
func TestSettleKeepsOneF(t *testing.T) {
	model, images := residualModel(t)
	r, err := NewReplayer(replayChip(crossbar.DefaultEncoding(), 9), model)
	if err != nil {
		t.Fatal(err)
	}
	bits := make([][]int, len(model.Layers))
	for i := range bits {
		bits[i] = []int{9, 9, 9, 9}
	}
	c, err := r.newCrew(bits, crossbar.Clips)
	if err != nil {
		t.Fatal(err)
	}
	const shortcut, adder = 1, 3
	for _, wide := range []int{shortcut, adder} {
		f := r.newCourse(c, images.Slice(0, 1), true)
		for _, matrix := range []int{shortcut, adder} {
			factor := big.NewRat(1<<20, 1)
			if matrix == wide {
				factor = big.NewRat(1<<32, 1)
			}
			for range 4 {
				f.lines[matrix].m = append(f.lines[matrix].m, factor)
				f.lines[matrix].b = append(f.lines[matrix].b, big.NewRat(8, 1))
			}
		}
		before := f.affines[adder].F
		if order := f.orders[shortcut]; order != nil {
			t.Errorf("the residual layer's step computes %v, want nothing yet", order)
		}
		if order := f.orders[adder]; !slices.Equal(order, []int{shortcut, adder}) {
			t.Errorf("the adding layer's step computes %v, want %v", order, []int{shortcut, adder})
		}
		f.settle(shortcut)
		if a := f.affines[shortcut]; !reflect.DeepEqual(a, model.Layers[shortcut].Affine) {
			t.Errorf("the residual layer's step settles %+v, want its stage as it was", a)
		}
		f.settle(adder)
		for _, matrix := range []int{shortcut, adder} {
			want := int64(1 << 18)
			if matrix == wide {
				want = 1 << 30
			}
			if a := f.affines[matrix]; a.F != before-2 || a.M[0] != want || a.B[0] != 2 {
				t.Errorf("with matrix %d wide, matrix %d has F %d, M %d, B %d; want %d, %d and 2", wide, matrix, a.F, a.M[0], a.B[0], before-2, want)
			}
		}
	}
}
