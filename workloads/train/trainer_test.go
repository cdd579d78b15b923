package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"bitline/workloads"
)

func digits(t testing.TB) *workloads.Dataset {
	t.Helper()
	data, err := workloads.Load(workloads.Finder{}, "digits")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// quick is a training of 2 + 2 epochs that prunes: on digits 19 steps an epoch,
// 76 in all.
func quick() Config {
	cfg := DefaultConfig()
	cfg.LearningRate = 0.05
	cfg.Pretrain = Phase{Epochs: 2, Method: L1, Strength: 1}
	cfg.PruneThreshold = 0.02
	cfg.Finetune = Phase{Epochs: 2, Method: BitSliceL1, Strength: 0.05}
	return cfg
}

func run(t testing.TB, trainer *Trainer) {
	t.Helper()
	if err := trainer.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
}

// state is everything a training knows, as bytes.
func state(t testing.TB, trainer *Trainer) []byte {
	t.Helper()
	data, err := trainer.encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestLearnsDigits(t *testing.T) {
	data := digits(t)
	cfg := quick()
	cfg.LearningRate = 0.1
	cfg.Pretrain.Epochs, cfg.Finetune.Epochs = 12, 6
	trainer := newTestTrainer(t, cfg, chain(data.Train.Shape, 32, 10), data)
	var ends []Progress
	err := trainer.Run(context.Background(), func(p Progress) {
		if p.EpochEnd {
			ends = append(ends, p)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(ends) != 18 {
		t.Fatalf("got %d ends of epochs, want 18", len(ends))
	}
	// An untrained network has a loss of about ln 10 = 2.3.
	first, last := ends[0], ends[17]
	if first.Loss < 0.3 || last.Loss > 0.2 {
		t.Errorf("loss went from %g to %g, want from above 0.3 to below 0.2", first.Loss, last.Loss)
	}
	// The first step of all guesses: 1 in 10, and the epoch's mean has that in it.
	if first.TrainingAccuracy < 0.1 || first.TrainingAccuracy > 0.95 || last.TrainingAccuracy < 0.95 || last.TrainingAccuracy > 1 {
		t.Errorf("training accuracy went from %g to %g, want from 0.1 to 0.95 to at least 0.95", first.TrainingAccuracy, last.TrainingAccuracy)
	}
	if last.ValidationAccuracy < 0.85 || accuracy(t, trainer, data.Test) < 0.85 {
		t.Errorf("accuracy is %g on validation and %g on test images, want at least 0.85", last.ValidationAccuracy, accuracy(t, trainer, data.Test))
	}
	if first.Phase != "pre-training" || first.Epoch != 1 || first.Epochs != 12 || first.Step != 19 || first.Steps != 19 {
		t.Errorf("first end of an epoch is %+v, want pre-training, epoch 1 of 12, step 19 of 19", first)
	}
	model, err := trainer.Model()
	if err != nil {
		t.Fatal(err)
	}
	log := strings.Split(model.Origin.Log, "\n")
	if len(log) != 18 || log[0] != first.Phase+" "+first.String() || log[17] != last.Phase+" "+last.String() {
		t.Errorf("the model's log is\n%s\nwant a line for each of 18 epochs", model.Origin.Log)
	}
	if last.Phase != "fine-tuning" || last.Epoch != 6 || last.Penalty <= 0 || !trainer.Done() {
		t.Errorf("last end of an epoch is %+v, want fine-tuning, epoch 6, a penalty above 0 and a finished training", last)
	}
}

// TestMethodsWork trains one pre-trained network under each method: a penalty
// must leave fewer non-zero digits than none does, and pruned weights stay zero.
func TestMethodsWork(t *testing.T) {
	data := digits(t)
	cfg := quick()
	cfg.Finetune.Epochs = 8
	base := newTestTrainer(t, cfg, chain(data.Train.Shape, 32, 10), data)
	run(t, base)
	share := map[Method]float64{}
	for _, p := range []Phase{{Epochs: 8, Method: None}, {Epochs: 8, Method: L1, Strength: 10}, {Epochs: 8, Method: BitSliceL1, Strength: 0.1}} {
		cfg.Finetune = p
		trainer, err := fork(t, base, cfg)
		if err != nil {
			t.Fatal(err)
		}
		run(t, trainer)
		for i, keep := range chainOf(trainer).layers[0].weight.mask {
			if pruned := math.Abs(float64(trainer.pretrained[0][i])) < cfg.PruneThreshold; pruned != (keep == 0) {
				t.Fatalf("%s: mask of weight %d is %#x, want it pruned: %t", p.Method, i, keep, pruned)
			}
			if keep == 0 && chainOf(trainer).layers[0].weight.value[i] != 0 {
				t.Fatalf("%s: pruned weight %d is %g, want 0", p.Method, i, chainOf(trainer).layers[0].weight.value[i])
			}
		}
		if chainOf(trainer).layers[0].bias.mask != nil {
			t.Errorf("%s: biases have a mask, want none", p.Method)
		}
		m, err := trainer.Model()
		if err != nil {
			t.Fatal(err)
		}
		_, pooled := m.Sparsity(cfg.CellBits)
		share[p.Method] = pooled.WithBiases.Average()
	}
	if share[L1] > 0.9*share[None] || share[BitSliceL1] > 0.9*share[None] {
		t.Errorf("non-zero shares are %v, want those of l1 and bitslice-l1 at most 0.9 of none's", share)
	}
}

// TestSameBytes trains a network whose products and passes are large enough to
// be spread over workers.
func TestSameBytes(t *testing.T) {
	data := digits(t)
	cfg := quick()
	cfg.Pretrain.Epochs, cfg.Finetune.Epochs = 1, 1
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var want []byte
	for _, procs := range []int{1, 2, 8} {
		for _, workers := range []int{1, 3} {
			runtime.GOMAXPROCS(procs)
			cfg.Workers = workers
			trainer := newTestTrainer(t, cfg, chain(data.Train.Shape, 400, 10), data)
			run(t, trainer)
			got := state(t, trainer)
			if want == nil {
				want = got
			}
			if !bytes.Equal(got, want) {
				t.Errorf("GOMAXPROCS %d, %d workers: the state differs from that at 1 and 1", procs, workers)
			}
		}
	}
}

// runSteps runs trainer for a number of steps and stops it.
func runSteps(t *testing.T, trainer *Trainer, steps int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	err := trainer.Run(ctx, func(Progress) {
		if steps--; steps == 0 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped run returned %v, want %v", err, context.Canceled)
	}
}

// TestResume stops a training at the first and last steps of its epochs and
// phases, saves it, resumes it and compares its end with the undisturbed one.
func TestResume(t *testing.T) {
	data := digits(t)
	cfg := quick()
	net := chain(data.Train.Shape, 24, 10)
	whole := newTestTrainer(t, cfg, net, data)
	run(t, whole)
	want := state(t, whole)
	path := filepath.Join(t.TempDir(), "state")
	for _, steps := range []int{1, 18, 19, 20, 37, 38, 39, 57, 75} {
		t.Run(fmt.Sprintf("after step %d", steps), func(t *testing.T) {
			trainer := newTestTrainer(t, cfg, net, data)
			runSteps(t, trainer, steps)
			if err := trainer.Save(path); err != nil {
				t.Fatal(err)
			}
			resumed, err := Resume(path, cfg, net, data, false)
			if err != nil {
				t.Fatal(err)
			}
			if resumed.Position() != trainer.Position() {
				t.Errorf("resumed at %+v, want %+v", resumed.Position(), trainer.Position())
			}
			run(t, resumed)
			if !bytes.Equal(state(t, resumed), want) {
				t.Error("the resumed training ends in other bytes than the undisturbed one")
			}
			run(t, trainer) // the stopped one may go on, too
			if !bytes.Equal(state(t, trainer), want) {
				t.Error("the stopped training ends in other bytes than the undisturbed one")
			}
		})
	}
}

// TestTrainingAccuracy follows the count over two epochs of a training whose rate
// is too small to change a class: each step adds its own images, each epoch starts
// anew, and at an end all images have been seen by what is still the first network.
func TestTrainingAccuracy(t *testing.T) {
	data := digits(t)
	cfg := quick()
	cfg.LearningRate, cfg.Momentum, cfg.PruneThreshold = 1e-12, 0, 0
	cfg.Pretrain = Phase{Epochs: 2, Method: None}
	cfg.Finetune = Phase{Method: None}
	trainer := newTestTrainer(t, cfg, chain(data.Train.Shape, 8, 10), data)
	images := data.Train.Len()
	right := map[int]int{}
	err := trainer.Run(context.Background(), func(p Progress) {
		seen := min(p.Step*cfg.Batch, images)
		count := p.TrainingAccuracy * float64(seen)
		if math.Abs(count-math.Round(count)) > 1e-9 {
			t.Errorf("epoch %d, step %d: %g of %d images, want a whole number", p.Epoch, p.Step, count, seen)
		}
		if p.EpochEnd {
			right[p.Epoch] = int(math.Round(count))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	// A batch's scale goes by its own images, which the shuffle changes: a few may tie.
	if right[1] == 0 || right[1] > images/2 || right[2] < right[1]-images/50 || right[2] > right[1]+images/50 {
		t.Errorf("%d and %d images of %d are right in the two epochs, want few and about the same number", right[1], right[2], images)
	}
}

func TestRightOf(t *testing.T) {
	logits := []float32{
		1, 3, 2,
		2, 2, 0,
		2, 2, 0,
		-5, -4, -3,
	}
	for _, tt := range []struct {
		name   string
		labels []uint8
		want   int
	}{
		{"all", []uint8{1, 0, 0, 2}, 4},
		{"a tie goes to the lower class", []uint8{1, 0, 1, 2}, 3},
		{"none", []uint8{0, 2, 2, 0}, 0},
	} {
		if got := rightOf(logits, tt.labels); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

// TestResumeOften saves in every step's progress call, evaluates and exports in
// between, and goes on from the file each time.
func TestResumeOften(t *testing.T) {
	data := digits(t)
	cfg := quick()
	cfg.Pretrain.Epochs, cfg.Finetune.Epochs = 1, 1
	net := chain(data.Train.Shape, 8, 10)
	whole := newTestTrainer(t, cfg, net, data)
	var losses []float64
	if err := whole.Run(context.Background(), func(p Progress) { losses = append(losses, p.Loss, p.TrainingAccuracy) }); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "state")
	trainer := newTestTrainer(t, cfg, net, data)
	var got []float64
	for !trainer.Done() {
		ctx, cancel := context.WithCancel(context.Background())
		err := trainer.Run(ctx, func(p Progress) {
			got = append(got, p.Loss, p.TrainingAccuracy)
			if err := trainer.Save(path); err != nil {
				t.Fatal(err)
			}
			cancel()
		})
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if _, err := trainer.Model(); err != nil {
			t.Fatal(err)
		}
		if trainer, err = Resume(path, cfg, net, data, false); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(state(t, trainer), state(t, whole)) {
		t.Error("a training resumed at every step ends in other bytes than the undisturbed one")
	}
	if fmt.Sprint(got) != fmt.Sprint(losses) {
		t.Errorf("losses and accuracies are %v, want %v", got, losses)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v (%v), want the state alone", entries, err)
	}
}

func TestFork(t *testing.T) {
	data := digits(t)
	net := chain(data.Train.Shape, 16, 10)
	cfg, other := quick(), quick()
	other.PruneThreshold = 0.05
	other.Finetune = Phase{Epochs: 1, Method: L1, Strength: 3}
	none := quick()
	none.PruneThreshold, none.Finetune = 0, Phase{Method: None}

	parent := newTestTrainer(t, cfg, net, data)
	run(t, parent)
	taught := quick()
	taught.Teacher = &Teacher{Share: 0.5, Temperature: 2, Model: startOf(t, net, data)}
	for name, forked := range map[string]Config{"other": other, "same": cfg, "pre-trained only": none, "taught": taught} {
		scratch := newTestTrainer(t, forked, net, data)
		run(t, scratch)
		f, err := fork(t, parent, forked)
		if err != nil {
			t.Fatal(err)
		}
		run(t, f)
		if !bytes.Equal(state(t, f), state(t, scratch)) {
			t.Errorf("%s: the fork ends in other bytes than a training from the start", name)
		}
		if name != "taught" {
			continue
		}
		back, err := fork(t, scratch, cfg) // of a taught training, without its teacher
		if err != nil {
			t.Fatal(err)
		}
		if run(t, back); !bytes.Equal(state(t, back), state(t, parent)) {
			t.Error("the fork of a taught training ends in other bytes than an untaught one from the start")
		}
	}
}

// fork starts another fine-tuning of what a training has pre-trained.
func fork(t *testing.T, parent *Trainer, cfg Config) (*Trainer, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "parent.state")
	if err := parent.Save(path); err != nil {
		t.Fatal(err)
	}
	return Fork(path, cfg, parent.net, parent.data, false)
}

func TestForkErrors(t *testing.T) {
	data := digits(t)
	trainer := newTestTrainer(t, quick(), chain(data.Train.Shape, 4, 10), data)
	if _, err := fork(t, trainer, quick()); err == nil || !strings.Contains(err.Error(), "pre-training has not finished") {
		t.Errorf("fork before the end of pre-training: error %v, want one that says so", err)
	}
	run(t, trainer)
	for want, change := range map[string]func(*Config){
		"seed is 1, want 2":               func(c *Config) { c.Seed = 2 },
		"pretrain.strength is 1, want 2":  func(c *Config) { c.Pretrain.Strength = 2 },
		"momentum is 1, want at least 0":  func(c *Config) { c.Momentum = 1 },
		"cell_bits is 2, want 1":          func(c *Config) { c.CellBits = 1 },
		`finetune.method is "l2", want "`: func(c *Config) { c.Finetune.Method = "l2" },
	} {
		cfg := quick()
		change(&cfg)
		if _, err := fork(t, trainer, cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one that contains %q", err, want)
		}
	}
}

func TestNotFinite(t *testing.T) {
	data := digits(t)
	net := chain(data.Train.Shape, 8, 10)
	tests := []struct {
		name  string
		spoil func(*Trainer)
		wants []string
	}{
		{"rate too high", func(t *Trainer) { t.cfg.LearningRate = 1e38 }, []string{"pre-training, epoch 1, step ", "fc"}},
		{"weight not a number", func(t *Trainer) { chainOf(t).layers[1].weight.value[3] = float32(math.NaN()) },
			[]string{"pre-training, epoch 1, step 1: layer fc2: outputs reach NaN"}},
		{"bias not a number", func(t *Trainer) { chainOf(t).layers[0].bias.value[3] = float32(math.NaN()) },
			[]string{"pre-training, epoch 1, step 1: layer fc1: outputs reach NaN"}},
		{"velocity infinite", func(t *Trainer) { chainOf(t).layers[0].weight.velocity[3] = float32(math.Inf(1)) },
			[]string{"pre-training, epoch 1, step 1: fc1.weight reaches +Inf"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trainer := newTestTrainer(t, quick(), net, data)
			tt.spoil(trainer)
			err := trainer.Run(context.Background(), nil)
			for _, want := range tt.wants {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error is %v, want one that contains %q", err, want)
				}
			}
		})
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	data := digits(t)
	trainer := newTestTrainer(t, quick(), chain(data.Train.Shape, 100, 10), data)
	got := testing.AllocsPerRun(10, func() {
		if err := trainer.step(); err != nil {
			t.Fatal(err)
		}
	})
	if got != 0 {
		t.Errorf("a step allocates %g times, want 0", got)
	}
}

// BenchmarkTrainEpoch is one epoch of the MNIST network of arXiv 1909.08496 on
// random images of that size.
func BenchmarkTrainEpoch(b *testing.B) {
	data := randomData(workloads.Shape{Height: 28, Width: 28, Channels: 1}, 10, 55000)
	data.Validation = workloads.Images{}
	for _, method := range []Method{None, L1, BitSliceL1} {
		b.Run(string(method), func(b *testing.B) {
			cfg := DefaultConfig()
			cfg.Pretrain = Phase{Epochs: 1, Method: method, Strength: 1}
			cfg.Finetune.Epochs = 0
			trainer := newTestTrainer(b, cfg, chain(data.Train.Shape, 100, 10), data)
			b.ReportAllocs()
			for b.Loop() {
				for range trainer.steps() {
					if err := trainer.step(); err != nil {
						b.Fatal(err)
					}
					trainer.at.Step++
				}
				trainer.at.Step = 0
			}
			b.ReportMetric(float64(b.N*data.Train.Len())/b.Elapsed().Seconds(), "images/s")
		})
	}
}
