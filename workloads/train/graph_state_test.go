package train

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"bitline/internal/gemm"
	"bitline/workloads"
)

// everything is a short training that uses all there is: 5 + 5 steps an epoch and
// phase on a hundred images.
func everything() Config {
	cfg := graphConfig(24)
	cfg.LearningRate, cfg.Momentum, cfg.WeightDecay = 0.05, 0.9, 1e-3
	cfg.Schedule.Kind, cfg.Augment, cfg.Dropout, cfg.WeightScale = OneCycle, Augment{Flip: true, Crop: 2}, 0.3, Frozen
	cfg.PruneThreshold = 0.02
	cfg.Pretrain.Epochs = 2
	return cfg
}

// everyLayer has every kind of layer.
func everyLayer() *workloads.Network {
	n := residualNetwork()
	n.Input = workloads.Shape{Height: 8, Width: 8, Channels: 1}
	last := len(n.Layers) - 1
	n.Layers = append(n.Layers[:last-1],
		workloads.Layer{Name: "most", Kind: workloads.MaxPool, Kernel: 2, Stride: 1},
		workloads.Layer{Name: "hidden", Kind: workloads.Linear, Outputs: 20, ReLU: true},
		workloads.Layer{Name: "fc", Kind: workloads.Linear, Outputs: 10},
	)
	return n
}

// hundred is digits with a hundred training images.
func hundred(t testing.TB) *workloads.Dataset {
	data := *digits(t)
	data.Train = data.Train.Slice(0, 100)
	return &data
}

// TestGraphResume stops a training after various steps, saves it, resumes it and
// compares its end with the undisturbed one.
func TestGraphResume(t *testing.T) {
	data, net, cfg := hundred(t), everyLayer(), everything()
	whole := newTestTrainer(t, cfg, net, data)
	run(t, whole)
	want := state(t, whole)
	path := filepath.Join(t.TempDir(), "state")
	for steps := 1; steps < 15; steps++ {
		trainer := newTestTrainer(t, cfg, net, data)
		runSteps(t, trainer, steps)
		if err := trainer.Save(path); err != nil {
			t.Fatal(err)
		}
		resumed, err := Resume(path, cfg, net, data, false)
		if err != nil {
			t.Fatal(err)
		}
		for name, one := range map[string]*Trainer{"resumed": resumed, "stopped": trainer} {
			run(t, one)
			if !bytes.Equal(state(t, one), want) {
				t.Errorf("after step %d: the %s training ends in other bytes than the undisturbed one", steps, name)
			}
		}
	}
}

func TestGraphFork(t *testing.T) {
	data, net := hundred(t), everyLayer()
	cfg, other := everything(), everything()
	other.PruneThreshold, other.WeightScale, other.Finetune = 0.05, Dynamic, Phase{Epochs: 1, Method: L1, Strength: 3}
	parent := newTestTrainer(t, cfg, net, data)
	run(t, parent)
	for name, forked := range map[string]Config{"other": other, "same": cfg} {
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
	}
}

// bytesOf is the sum of a training's state.
func bytesOf(t *testing.T, workers int) string {
	cfg := everything()
	cfg.Workers = workers
	trainer := newTestTrainer(t, cfg, everyLayer(), hundred(t))
	run(t, trainer)
	return fmt.Sprintf("%x", sha256.Sum256(state(t, trainer)))
}

func TestGraphSameBytes(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	want := bytesOf(t, 1)
	for _, procs := range []int{1, 2, 8} {
		for _, workers := range []int{1, 2, 5} {
			runtime.GOMAXPROCS(procs)
			if got := bytesOf(t, workers); got != want {
				t.Errorf("GOMAXPROCS %d, %d workers: the state differs from that at 1 and 1", procs, workers)
			}
		}
	}
}

// TestGraphSameBytesOnVectors trains in another process without AVX-512.
func TestGraphSameBytesOnVectors(t *testing.T) {
	const key = "BITLINE_TEST_BYTES"
	if os.Getenv(key) != "" {
		fmt.Println(key, bytesOf(t, 2))
		return
	}
	if gemm.KernelClass() != gemm.ClassFMA {
		t.Skip("needs the kernels with fused multiply-adds")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60e9)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestGraphSameBytesOnVectors$")
	c.Env = append(os.Environ(), key+"=1", "GODEBUG=cpu.avx512f=off")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if want := key + " " + bytesOf(t, 2); !strings.Contains(string(out), want) {
		t.Errorf("without AVX-512 it says %s, want %s", out, want)
	}
}

func TestGraphNotFinite(t *testing.T) {
	data, net := hundred(t), everyLayer()
	for name, spoil := range map[string]func(*Trainer){
		"layer conv3: outputs reach NaN, want finite ones": func(t *Trainer) { graphOf(t).units[3].weight.value[0] = float32(math.NaN()) },
		"conv2.gamma reaches +Inf, want finite values":     func(t *Trainer) { graphOf(t).units[1].norm.gamma.velocity[0] = float32(math.Inf(1)) },
	} {
		trainer := newTestTrainer(t, everything(), net, data)
		spoil(trainer)
		err := trainer.Run(context.Background(), nil)
		if want := "pre-training, epoch 1, step 1: " + name; err == nil || err.Error() != want {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

// TestFrozen: after pre-training the scales of weights stay, and no weight leaves
// their range, though the rate drives them out.
func TestFrozen(t *testing.T) {
	cfg := everything()
	cfg.Schedule.Kind, cfg.PruneThreshold = Constant, 0
	cfg.Finetune = Phase{Epochs: 3, Method: None, LearningRate: 0.4}
	trainer := newTestTrainer(t, cfg, everyLayer(), hundred(t))
	run(t, trainer)
	clipped := 0
	for i, p := range trainer.params {
		if p.kind != weightParam {
			if p.frozen {
				t.Errorf("the scale of %s is frozen, want those of weights alone", p.name)
			}
			continue
		}
		want := scaleOf(largest(trainer.pretrained[i], 0))
		limit := float32(255 * math.Pow(2, float64(want-8)))
		if p.scale != want || math.Float32frombits(largest(p.value, 0)) > limit {
			t.Errorf("%s has scale %d and reaches %g, want %d and at most %g", p.name, p.scale, math.Float32frombits(largest(p.value, 0)), want, limit)
		}
		if math.Float32frombits(p.largest) == limit {
			clipped++
		}
	}
	if clipped == 0 {
		t.Error("no weight was clipped: the test shows nothing")
	}
	m, err := trainer.Model()
	if err != nil {
		t.Fatal(err)
	}
	for i, u := range graphOf(trainer).units {
		if u.weight != nil && m.Layers[u.Matrix].Scale != u.weight.scale {
			t.Errorf("unit %d: the model has scale %d, want %d", i, m.Layers[u.Matrix].Scale, u.weight.scale)
		}
	}
}
