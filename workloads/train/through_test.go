package train

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bitline/adc"
	"bitline/arch"
	"bitline/configs"
	"bitline/crossbar"
	"bitline/internal/config"
	"bitline/scheduler"
	"bitline/workloads"
)

// folded is a small network with all that a graph can have: a convolution of the
// image, a strided residual block with its shortcut, a pool and a linear layer.
func folded() *workloads.Network {
	return &workloads.Network{Name: "folded", Input: workloads.Shape{Height: 8, Width: 8, Channels: 1}, Layers: []workloads.Layer{
		{Name: "first", Kind: workloads.Conv, Outputs: 6, Kernel: 3, Stride: 1, Padding: 1, BatchNorm: true, NoBias: true, ReLU: true},
		{Name: "short", Kind: workloads.Conv, Outputs: 8, Kernel: 1, Stride: 2, Residual: true, BatchNorm: true, NoBias: true, Input: "first"},
		{Name: "block", Kind: workloads.Conv, Outputs: 8, Kernel: 3, Stride: 2, Padding: 1, Input: "first", Add: "short", ReLU: true},
		{Name: "same", Kind: workloads.Conv, Outputs: 8, Kernel: 3, Stride: 1, Padding: 1, Add: "block", ReLU: true},
		{Name: "pool", Kind: workloads.MaxPool, Kernel: 2, Stride: 2},
		{Name: "classes", Kind: workloads.Linear, Outputs: 10},
	}}
}

// setting of a test's fine-tuning: of which network, and how.
type throughCase struct {
	net      *workloads.Network
	sign     crossbar.InputSign
	gradient Gradient
	excess   float64
	affine   AffineTraining
	headroom int
}

func throughCases(shape workloads.Shape) map[string]throughCase {
	return map[string]throughCase{
		"chain":             {chain(shape, 40, 10), crossbar.Unsigned, ClipAware, 1, LearnedAffine, 1},
		"chain, sign-split": {chain(shape, 40, 10), crossbar.SignSplit, ClipAware, 1, LearnedAffine, 0},
		"graph":             {folded(), crossbar.Unsigned, ClipAware, 1, LearnedAffine, 0},
		"graph, plain":      {folded(), crossbar.Unsigned, StraightThrough, 0, FixedAffine, 0},
	}
}

// startOf trains a network plainly for an epoch.
func startOf(t testing.TB, net *workloads.Network, data *workloads.Dataset) *workloads.Model {
	t.Helper()
	cfg := quick()
	cfg.PruneThreshold = 0
	cfg.Pretrain.Epochs, cfg.Finetune.Epochs = 1, 0
	trainer := newTestTrainer(t, cfg, net, data)
	run(t, trainer)
	m, err := trainer.Model()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// chipOf is the chip of the tests: blocks of 16 wordlines, so that small layers have
// several, converters of [2, 2, 2, 1] bits.
func chipOf(t testing.TB, sign crossbar.InputSign) *arch.Chip {
	t.Helper()
	chip, err := arch.Load(config.Source{Embedded: configs.Files(), Kind: "chips"}, "bitslice-8bit",
		[]string{"adc.bits=[2,2,2,1]", "crossbar.wordlines=16", "tiles=64", "encoding.input_sign=" + string(sign)})
	if err != nil {
		t.Fatal(err)
	}
	return chip
}

func throughConfig(t testing.TB, c throughCase, start *workloads.Model) Config {
	t.Helper()
	chip := chipOf(t, c.sign)
	cfg := quick()
	cfg.Pretrain = Phase{Method: None}
	cfg.Finetune = Phase{Epochs: 1, Method: None}
	cfg.PruneThreshold, cfg.WeightScale, cfg.Workers, cfg.LearningRate = 0, Frozen, 2, 0.01
	cfg.Through = &Through{
		Forward: true, Gradient: c.gradient, Excess: c.excess, Affine: c.affine, Headroom: c.headroom, Start: start,
		Design: chip.Design(nil), ADC: chip.ADC, Bits: slices.Repeat([][]int{chip.ADC.Bits}, len(start.Layers)),
	}
	return cfg
}

// The forward pass of training computes, to the bit, what a bit-serial product makes
// of the exported integers, and finds the classes that the replay finds.
func TestForwardIsTheReplayOfTheExport(t *testing.T) {
	data := digits(t)
	for name, c := range throughCases(data.Train.Shape) {
		t.Run(name, func(t *testing.T) {
			trainer := newTestTrainer(t, throughConfig(t, c, startOf(t, c.net, data)), c.net, data)
			run(t, trainer)
			m, err := trainer.Model()
			if err != nil {
				t.Fatal(err)
			}
			images := make([]int32, trainer.cfg.Batch)
			for i := range images {
				images[i] = int32(i)
			}
			logits, _, err := trainer.body.forward(images, Position{})
			if err != nil {
				t.Fatal(err)
			}
			some := data.Train.Slice(0, len(images))
			clipped := checkLogits(t, m, some, logits, chipOf(t, c.sign))
			if clipped == 0 {
				t.Error("nothing clipped, want a test that could fail")
			}
			replayer, err := scheduler.NewReplayer(chipOf(t, c.sign), m)
			if err != nil {
				t.Fatal(err)
			}
			replay, err := replayer.Run(context.Background(), some, scheduler.Plan{Bits: trainer.cfg.Through.Bits}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i, class := range replay.Classes {
				if got := argmax(logits[i*10:][:10]); got != class {
					t.Errorf("image %d: training finds class %d, the replay %d", i, got, class)
				}
			}
			want, err := trainer.Accuracy(some)
			if err != nil || want != replay.Accuracy() {
				t.Errorf("the training's accuracy is %g (%v), the replay's %g", want, err, replay.Accuracy())
			}
		})
	}
}

// checkLogits computes a model bit-serially, one vector after the other, and returns
// how many conversions clipped.
func checkLogits(t *testing.T, m *workloads.Model, images workloads.Images, logits []float32, chip *arch.Chip) int64 {
	t.Helper()
	var runners []*crossbar.Runner
	for i, l := range m.Layers {
		w := crossbar.Weights{Rows: l.Rows, Columns: l.Columns, Zero: m.Zero(i)}
		for _, code := range l.Codes {
			w.Codes = append(w.Codes, int32(code))
		}
		matrix, err := crossbar.Program(chip.Design(nil), w)
		if err != nil {
			t.Fatal(err)
		}
		r, err := matrix.NewRunner(chip.ADC, chip.ADC.Bits)
		if err != nil {
			t.Fatal(err)
		}
		runners = append(runners, r)
	}
	e := m.NewExecutor(func(layer int, y []int64, x []int16, positions int) {
		in, out := make([]int32, m.Layers[layer].Rows), make([]int64, m.Layers[layer].Columns)
		for p := range positions {
			for k := range in {
				in[k] = int32(x[k*workloads.TilePositions+p])
			}
			runners[layer].MVM(out, in)
			for n, v := range out {
				y[n*workloads.TilePositions+p] = v
			}
		}
	}, workloads.Options{Batch: images.Len()})
	last := m.Layers[len(m.Layers)-1]
	for i, outputs := range e.Run(images) {
		for n, v := range outputs {
			// v counts 2^-F codes of 2^(S−8): both powers of two, so that no order of
			// dividing rounds but once.
			want := float32(float64(v) / float64(int64(1)<<last.Affine.F) * exp2(last.OutScale-8))
			if got := logits[i*len(outputs)+n]; got != want {
				t.Fatalf("image %d, class %d: training has %g, the replay %g", i, n, got, want)
			}
		}
	}
	clipped := int64(0)
	for _, r := range runners {
		s := r.Stats()
		for _, slice := range s.Slices {
			clipped += slice.Clipped
		}
	}
	return clipped
}

func exp2(n int) float64 {
	x := 1.0
	for range max(n, -n) {
		x *= 2
	}
	if n < 0 {
		return 1 / x
	}
	return x
}

// Before the first step a training replays as its start does.
func TestThroughStartsAsTheCheckpoint(t *testing.T) {
	data := digits(t)
	for name, c := range throughCases(data.Train.Shape) {
		if c.headroom > 0 {
			continue
		}
		start := startOf(t, c.net, data)
		m, err := newTestTrainer(t, throughConfig(t, c, start), c.net, data).Model()
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range m.Layers {
			was := start.Layers[i]
			if !slices.Equal(l.Codes, was.Codes) || l.Affine.F != was.Affine.F || !slices.Equal(l.Affine.M, was.Affine.M) {
				t.Errorf("%s: layer %d starts with other codes or factors than its checkpoint", name, i)
			}
			for n, b := range l.Affine.B { // offsets are float32
				if d := b - was.Affine.B[n]; max(d, -d) > max(b, -b)>>23+1 {
					t.Errorf("%s: layer %d, output %d: offset %d, want %d to 24 bits", name, i, n, b, was.Affine.B[n])
				}
			}
		}
	}
}

// A training gives the same bytes with any number of workers, and when it was saved
// and resumed in the middle of an epoch.
func TestThroughIsDeterministic(t *testing.T) {
	data := digits(t)
	for name, c := range throughCases(data.Train.Shape) {
		t.Run(name, func(t *testing.T) {
			cfg := throughConfig(t, c, startOf(t, c.net, data))
			whole := newTestTrainer(t, cfg, c.net, data)
			run(t, whole)
			want := state(t, whole)
			cfg.Workers = 5
			other := newTestTrainer(t, cfg, c.net, data)
			ctx, stop := context.WithCancel(context.Background())
			if err := other.Run(ctx, func(p Progress) {
				if p.Step == 7 {
					stop()
				}
			}); err == nil {
				t.Fatal("a stopped training has no error")
			}
			path := filepath.Join(t.TempDir(), "state")
			if err := other.Save(path); err != nil {
				t.Fatal(err)
			}
			cfg.Workers = 1
			resumed, err := Resume(path, cfg, c.net, data, false)
			if err != nil {
				t.Fatal(err)
			}
			run(t, resumed)
			if !bytes.Equal(state(t, resumed), want) {
				t.Error("5 workers, saved, then 1 worker give other bytes than 2 workers without a stop")
			}
		})
	}
}

// A batch may have more images than an executor computes at once. 513 is one more:
// one worker computes them in two runs, two workers in one run of 256 and 257 each.
func TestThroughLargeBatches(t *testing.T) {
	data := digits(t)
	for name, c := range throughCases(data.Train.Shape) {
		if name == "graph, plain" || name == "chain, sign-split" {
			continue // the same ways as the others
		}
		t.Run(name, func(t *testing.T) {
			cfg := throughConfig(t, c, startOf(t, c.net, data))
			cfg.Batch = workloads.TilePositions + 1
			var states [2][]byte
			var logits []float32
			for i := range states {
				cfg.Workers = i + 1
				trainer := newTestTrainer(t, cfg, c.net, data)
				if i == 0 {
					logits = checkedForward(t, trainer, chipOf(t, c.sign))
				} else if got := checkedForward(t, trainer, chipOf(t, c.sign)); !slices.Equal(got, logits) {
					t.Error("two workers have other outputs than one")
				}
				trainer = newTestTrainer(t, cfg, c.net, data)
				run(t, trainer)
				states[i] = state(t, trainer)
			}
			if !bytes.Equal(states[0], states[1]) {
				t.Error("two workers end in other bytes than one")
			}
		})
	}
}

// checkedForward computes a batch of the first training images and compares the first
// and the last outputs with a bit-serial product.
func checkedForward(t *testing.T, trainer *Trainer, chip *arch.Chip) []float32 {
	t.Helper()
	images := make([]int32, trainer.cfg.Batch)
	for i := range images {
		images[i] = int32(i)
	}
	logits, _, err := trainer.body.forward(images, Position{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := trainer.Model()
	if err != nil {
		t.Fatal(err)
	}
	for _, ends := range [][2]int{{0, 2}, {len(images)/2 - 1, len(images)/2 + 1}, {len(images) - 2, len(images)}} {
		checkLogits(t, m, trainer.data.Train.Slice(ends[0], ends[1]), logits[ends[0]*10:ends[1]*10], chip)
	}
	return logits
}

// The penalty lowers the share of conversions that clip.
func TestExcessLowersClipping(t *testing.T) {
	data := digits(t)
	c := throughCases(data.Train.Shape)["chain"]
	start := startOf(t, c.net, data)
	var clips [2]float64
	for i, strength := range []float64{0, 10} {
		c.excess = strength
		trainer := newTestTrainer(t, throughConfig(t, c, start), c.net, data)
		run(t, trainer)
		for _, l := range trainer.body.(*converted).layers {
			for _, share := range l.clipped {
				clips[i] += float64(share)
			}
		}
	}
	if clips[1] > 0.75*clips[0] {
		t.Errorf("clipped shares add up to %g with the penalty, want less than three quarters of %g without", clips[1], clips[0])
	}
}

func TestThroughFaults(t *testing.T) {
	data := digits(t)
	c := throughCases(data.Train.Shape)["chain"]
	start := startOf(t, c.net, data)
	for _, test := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"pre-training", func(c *Config) { c.Pretrain.Epochs = 1 }, "pretrain.epochs is 1 beside train.adc, want 0"},
		{"dropout", func(c *Config) { c.Dropout = 0.5 }, "dropout is 0.5 beside train.adc, want 0"},
		{"dynamic scale", func(c *Config) { c.WeightScale = Dynamic }, `weight_scale is "dynamic" beside train.adc, want "frozen"`},
		{"range", func(c *Config) { c.Through.ADC.Range = adc.Full }, `adc.range is "full" beside train.adc, want "unit"`},
		{"encoding", func(c *Config) { c.Through.Design.Encoding.Signed = crossbar.Offset }, `encoding.signed is "offset"`},
		{"wide digits", func(c *Config) { c.Through.Design.DACBits = 2 }, "dac.bits is 2 with train.adc.excess = 1, want 1"},
		{"gradient", func(c *Config) { c.Through.Gradient = "none" }, `adc.gradient is "none", want "straight-through" or "clip-aware"`},
		{"affine", func(c *Config) { c.Through.Affine = "all" }, `adc.affine is "all", want "fixed" or "learned"`},
		{"no start", func(c *Config) { c.Through.Start = nil }, "adc.start is not given, want a checkpoint"},
		{"few bits", func(c *Config) { c.Through.Bits = nil }, "adc.bits has resolutions of 0 layers, want 2"},
	} {
		cfg := throughConfig(t, c, start)
		test.change(&cfg)
		_, err := New(cfg, c.net, data)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
	}
}

func TestReadThrough(t *testing.T) {
	read := func(text string) (Config, error) {
		table, err := config.Parse("job.toml", []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		cfg := ReadConfig(table)
		return cfg, table.Finish()
	}
	cfg, err := read("[adc]\nforward = true\nstart = \"mine\"\nexcess = 2\nheadroom = 1\n")
	want := fmt.Sprintf("%+v", Through{Name: "mine", Forward: true, Gradient: ClipAware, Excess: 2, Affine: LearnedAffine, Headroom: 1})
	if err != nil || fmt.Sprintf("%+v", *cfg.Through) != want {
		t.Errorf("read %+v (%v), want %s", *cfg.Through, err, want)
	}
	if cfg, err := read("seed = 1\n"); err != nil || cfg.Through != nil {
		t.Errorf("without a table: %+v (%v), want none", cfg.Through, err)
	}
	for _, text := range []string{"forward = true", "headroom = 1", "affine = 'fixed'"} {
		if _, err := read("[adc]\n" + text + "\n"); err == nil || !strings.Contains(err.Error(), "adc.start is missing") {
			t.Errorf("%s without a start: error %v, want that adc.start is missing", text, err)
		}
	}
	if _, err := read("[adc]\nforward = true\nstart = ''\n"); err == nil || !strings.Contains(err.Error(), "adc.start is empty") {
		t.Errorf("with an empty start: error %v, want that adc.start is empty", err)
	}
	if cfg, err := read("[adc]\nheadroom = 1\nstart = ''\n"); err != nil || cfg.Through != nil {
		t.Errorf("taken back by an empty start: %+v (%v), want none", cfg.Through, err)
	}
}
