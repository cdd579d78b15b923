package train

import (
	"slices"
	"strings"
	"testing"

	"bitline/internal/config"
	"bitline/workloads"
)

func TestReadConfig(t *testing.T) {
	const text = `
[train]
seed = 5
batch = 32
learning_rate = 0.1
momentum = 0
weight_decay = 0.0005
dropout = 0.5
weight_scale = "frozen"
[train.schedule]
kind = "step"
factor = 0.1
every = 7
[train.augment]
flip = true
crop = 4
[train.pretrain]
epochs = 3
method = "none"
learning_rate = 0.2
[train.prune]
threshold = 0
[train.finetune]
epochs = 0
method = "l1"
strength = 30
`
	root, err := config.Parse("job.toml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := ReadConfig(root.Table("train"))
	if err := root.Finish(); err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.Seed, want.Batch, want.LearningRate, want.Momentum = 5, 32, 0.1, 0
	want.WeightDecay, want.Dropout, want.WeightScale = 0.0005, 0.5, Frozen
	want.Schedule = Schedule{Kind: StepWise, Factor: 0.1, Every: 7, Warmup: 0.3}
	want.Augment = Augment{Flip: true, Crop: 4}
	want.Pretrain.Epochs, want.Pretrain.Method, want.Pretrain.LearningRate = 3, None, 0.2
	want.PruneThreshold = 0
	want.Finetune = Phase{Epochs: 0, Method: L1, Strength: 30}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestReadConfigDefaults(t *testing.T) {
	root, err := config.Parse("job.toml", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := ReadConfig(root.Table("train")); got != DefaultConfig() {
		t.Errorf("got %+v, want %+v", got, DefaultConfig())
	}
	if err := DefaultConfig().check(); err != nil {
		t.Errorf("the defaults have faults: %v", err)
	}
}

func TestReadConfigFaults(t *testing.T) {
	const text = `[train]
batch = 0
learning_rate = 0
momentum = 1
[train.pretrain]
method = "l2"
strength = -1
[train.prune]
threshold = -0.5
[train.finetune]
epochs = -1
learning_rate = -2
[train.schedule]
kind = "sine"
factor = 0
warmup = 1
[train.augment]
crop = -1
`
	root, err := config.Parse("job.toml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	ReadConfig(root.Table("train"))
	err = root.Finish()
	for _, want := range []string{
		"job.toml:2: key train.batch is 0, want 1 to 65536",
		"job.toml:3: key train.learning_rate is 0, want a finite number above 0",
		"job.toml:4: key train.momentum is 1, want at least 0 and less than 1",
		`job.toml:6: key train.pretrain.method is "l2", want none | l1 | bitslice-l1`,
		"job.toml:7: key train.pretrain.strength is -1, want a finite number of at least 0",
		"job.toml:9: key train.prune.threshold is -0.5, want",
		"job.toml:11: key train.finetune.epochs is -1, want 0 to",
		"job.toml:12: key train.finetune.learning_rate is -2, want a finite number of at least 0",
		`job.toml:14: key train.schedule.kind is "sine", want constant | step | cosine | one-cycle`,
		"job.toml:15: key train.schedule.factor is 0, want a finite number above 0",
		"job.toml:16: key train.schedule.warmup is 1, want at least 0 and less than 1",
		"job.toml:18: key train.augment.crop is -1, want 0 to",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("faults are\n%v\nwant a line %q", err, want)
		}
	}
}

func TestNewFaults(t *testing.T) {
	data := digits(t)
	good := chain(data.Train.Shape, 4, 10)
	conv := chain(data.Train.Shape, 4, 10)
	conv.Layers[0].Kind = "conv"
	pool := chain(data.Train.Shape, 4, 10)
	pool.Layers[0] = workloads.Layer{Name: "pool", Kind: workloads.MaxPool, Kernel: 2, Stride: 2}
	grouped := chain(data.Train.Shape, 4, 10)
	grouped.Layers[0] = workloads.Layer{Name: "conv", Kind: workloads.Conv, Outputs: 4, Kernel: 3, Stride: 1, Groups: 1}
	grouped.Layers = slices.Insert(grouped.Layers, 1, workloads.Layer{Name: "grouped", Kind: workloads.Conv, Outputs: 4, Kernel: 3, Stride: 1, Groups: 2})
	rectified := chain(data.Train.Shape, 4, 10)
	rectified.Layers[1].ReLU = true
	noImages, badLabel := *data, *data
	noImages.Train = workloads.Images{Shape: data.Train.Shape}
	badLabel.Train.Labels = append([]uint8{10}, data.Train.Labels[1:]...)
	bits := DefaultConfig()
	bits.WeightBits, bits.CellBits, bits.Workers = 16, 0, 0
	tests := []struct {
		name  string
		cfg   Config
		net   *workloads.Network
		data  *workloads.Dataset
		wants []string
	}{
		{"bits", bits, good, data, []string{"the chip's encoding.weight_bits without a sign is 16, want 1 to 15", "cell_bits is 0, want 1 to 8", "workers is 0"}},
		{"shape and classes", DefaultConfig(), chain(workloads.Shape{Height: 28, Width: 28, Channels: 1}, 4, 3), data,
			[]string{"images of 28×28×1, want the 8×8×1", "3 outputs, want the 10 classes"}},
		{"kind", DefaultConfig(), conv, data, []string{`network chain cannot be trained: layer "fc1": kernel is 0`}},
		{"pool of the image", DefaultConfig(), pool, data, []string{`layer "pool" is a pool of the image, want pools of layers`}},
		{"groups", DefaultConfig(), grouped, data, []string{`network chain cannot be trained: layer grouped has groups = 2, which replays do not compute`}},
		{"a rectifier at the end", DefaultConfig(), rectified, data, []string{`layer "fc2" is the last and has relu = true, want false`}},
		{"no images", DefaultConfig(), good, &noImages, []string{"no training images"}},
		{"label", DefaultConfig(), good, &badLabel, []string{"training image 0 has label 10, want less than 10"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.cfg, tt.net, tt.data)
			for _, want := range tt.wants {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error is %v, want one that contains %q", err, want)
				}
			}
		})
	}
}
