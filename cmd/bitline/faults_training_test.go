package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"bitline/internal/gemm"
)

func TestFaultsOfTrainings(t *testing.T) {
	of := func(name, text, want string) fault {
		return fault{name, map[string]string{"job.toml": job + text}, "run job.toml", want}
	}
	checkFaults(t, []fault{
		{"more images than there are, before a training", nil, "train quickstart --set data.calibration=5000 --out t.safetensors", "data.calibration is 5000, want at most the 1197 training images of digits"},
		{"more test images than there are, before a training", nil, "train quickstart --set replay.images=5000 --out t.safetensors", "replay.images is 5000, want at most the 450 test images of digits"},
		of("rates", "[train]\nlearning_rate = -1\nmomentum = 2\nseed = -4\nbatch = 99999999\nworkers = 0\n",
			"job.toml:4: key train.learning_rate is -1, want a finite number above 0\njob.toml:5: key train.momentum is 2, want at least 0 and less than 1\n"+
				"job.toml:6: key train.seed is -4, want at least 0\njob.toml:7: key train.batch is 99999999, want 1 to 65536\njob.toml:8: unknown key train.workers"),
		of("regularisation", "[train]\ndropout = 1\nweight_decay = nan\nlabel_smoothing = 2\nweight_scale = 'static'\n",
			"job.toml:4: key train.dropout is 1, want at least 0 and less than 1\njob.toml:5: key train.weight_decay is NaN, want a finite number\n"+
				"job.toml:6: key train.label_smoothing is 2, want at least 0 and less than 1\njob.toml:7: key train.weight_scale is \"static\", want dynamic | frozen"),
		of("pre-training", "[train.pretrain]\nmethod = 'l2'\nstrength = -1\nepochs = -1\n",
			"job.toml:4: key train.pretrain.method is \"l2\", want none | l1 | bitslice-l1, did you mean l1?\n"+
				"job.toml:5: key train.pretrain.strength is -1, want a finite number of at least 0\njob.toml:6: key train.pretrain.epochs is -1, want 0 to 1048576"),
		of("fine-tuning", "[train.finetune]\nmethod = 'bitslice-l2'\nstrength = 'much'\nepochs = 1.5\n",
			"job.toml:4: key train.finetune.method is \"bitslice-l2\", want none | l1 | bitslice-l1, did you mean bitslice-l1?\n"+
				"job.toml:5: key train.finetune.strength is \"much\", want a finite number\njob.toml:6: key train.finetune.epochs is 1.5, want an integer 0 to 1048576"),
		of("pruning", "[train.prune]\nthreshold = -1\n", "job.toml:4: key train.prune.threshold is -1, want a finite number of at least 0"),
		of("images", "[train.augment]\ncrop = -1\nflip = 3\n", "job.toml:4: key train.augment.crop is -1, want 0 to 1024\njob.toml:5: key train.augment.flip is 3, want true or false"),
		of("a schedule", "[train.schedule]\nkind = 'cosin'\n", `job.toml:4: key train.schedule.kind is "cosin", want constant | step | cosine | one-cycle, did you mean cosine?`),
		of("a schedule that is a word", "[train]\nschedule = 'cosine'\n", `job.toml:4: key train.schedule is "cosine", want a table`),
		of("converters", "[train.adc]\nbits = [3]\nstart = 'x'\nforwad = true\n",
			"job.toml:4: unknown key train.adc.bits\njob.toml:6: unknown key train.adc.forwad, did you mean train.adc.forward?"),
		of("headroom without a start", "[train.adc]\nheadroom = 1\n", "job.toml:3: key train.adc.start is missing"),
		of("a start that is missing", "[train.adc]\nstart = 'none.safetensors'\n", "key train.adc.start: open none.safetensors: no such file or directory"),
		of("a teacher that is missing", "[train.teacher]\ncheckpoint = 'none.safetensors'\n", "key train.teacher.checkpoint: open none.safetensors: no such file or directory"),
		of("a teacher", "[train.teacher]\ncheckpoint = 'none'\nshare = 2\ntemprature = 3\n",
			"job.toml:5: key train.teacher.share is 2, want 0 to 1\njob.toml:6: unknown key train.teacher.temprature, did you mean train.teacher.temperature?"),
		of("epochs beside phases", "[train]\nepochs = 3\n", "job.toml:4: unknown key train.epochs"),
		of("a word for a table", "data = 'mnist'\n", `job.toml:3: key data is "mnist", want a table`),
		of("replays", "[replay]\nimages = -1\nstatistics = 'sum'\n", "job.toml:4: key replay.images is -1, want 0 to 1073741824\njob.toml:5: key replay.statistics is \"sum\", want auto | sums | clips, did you mean sums?"),
		of("calibration", "[data]\ncalibration = 0\n", "job.toml:4: key data.calibration is 0, want 1 to 1048576"),
		of("simulation", "[simulate]\nsteady = 1\nimages = 2000000\nin_flght = 3\n",
			"job.toml:4: key simulate.steady is 1, want a number from 1e-06 to 0.1\njob.toml:5: key simulate.images is 2000000, want 0 to 1048576\n"+
				"job.toml:6: unknown key simulate.in_flght, did you mean simulate.in_flight?"),
		of("an override that is a word", "override = 'x'\n", `job.toml:3: key override is "x", want a table`),
		of("a checkpoint that is a number", "checkpoint = 3\n", "job.toml:3: key checkpoint is 3, want a string"),
		of("compressed weights", "weights = 'w.safetensors.gz'\n", `job.toml:3: key weights is "w.safetensors.gz", want a file that ends in .safetensors`),
		{"nothing", map[string]string{"job.toml": ""}, "run job.toml", "job.toml: key chip is missing\njob.toml: key network is missing"},
		{"a list of chips", map[string]string{"job.toml": "chip = ['puma']\nnetwork = 'lenet-5'\n"}, "run job.toml", `job.toml:1: key chip is ["puma"], want a string`},
		{"a chip", map[string]string{"job.toml": "name = 'x'\ntiles = 3\n[adc]\nbits = 3\n"}, "run job.toml",
			"job.toml: key chip is missing\njob.toml: key network is missing\njob.toml:2: unknown key tiles\njob.toml:3: unknown key adc"},
		{"a chip that is a folder", map[string]string{"job.toml": "chip = 'd.toml'\nnetwork = 'lenet-5'\n", "d.toml/": ""}, "run job.toml", "reading d.toml: is a directory"},
	})
}

// trainState is a state file with that header, and sound but for it.
func trainState(magic, header string, length int, tensors string) string {
	b := append(binary.LittleEndian.AppendUint32([]byte(magic), uint32(length)), header+tensors...)
	sum := sha256.Sum256(b)
	return string(b) + string(sum[:])
}

// quickstartHeader is that of a state of the quickstart before its first step.
func quickstartHeader() string {
	settings := [][2]string{
		{"seed", "1"}, {"batch", "16"}, {"learning_rate", "0.05"}, {"momentum", "0.5"}, {"weight_decay", "0"}, {"dropout", "0"}, {"schedule", "constant"},
		{"augment", "flip false, crop 0"}, {"weight_bits", "8"}, {"cell_bits", "2"},
		{"pretrain.epochs", "40"}, {"pretrain.method", "l1"}, {"pretrain.strength", "0.2"}, {"pretrain.learning_rate", "0"}, {"pretrain.ramp", "0"},
		{"finetune.epochs", "40"}, {"finetune.method", "bitslice-l1"}, {"finetune.strength", "0.1"}, {"finetune.learning_rate", "0"}, {"finetune.ramp", "0"},
		{"prune.threshold", "0.01"}, {"weight_scale", "dynamic"}, {"network", `8×8×1 → linear \"fc1\" 32 relu → linear \"fc2\" 10`},
		{"data set", "digits (the 1,797 UCI test images, 8×8), 1197 + 150 images, SHA-256 6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"},
		{"input codes", "zero points [5], scale 4"},
	}
	var list []string
	for _, s := range settings {
		list = append(list, fmt.Sprintf(`{"Key":"%s","Value":"%s"}`, s[0], s[1]))
	}
	return fmt.Sprintf(`{"Identity":[%s],"KernelClass":"%s","Position":{"Phase":0,"Epoch":0,"Step":0},"Masked":[false,false,false,false]}`,
		strings.Join(list, ","), gemm.KernelClass())
}

// A state that is damaged, or another training's, is told with what is wrong in it.
func TestFaultsOfTrainStates(t *testing.T) {
	header, checkpoint := quickstartHeader(), shippedCheckpoint(t, "mnist-mlp-dense")
	of := func(name, state, want string) fault {
		return fault{name, map[string]string{"c.safetensors.state": state}, "train quickstart --out c.safetensors --resume", "reading train state c.safetensors.state: " + want}
	}
	edited := func(pairs ...string) string {
		text := strings.NewReplacer(pairs...).Replace(header)
		return trainState("BLTRAIN1", text, len(text), "")
	}
	whole := edited()
	checkFaults(t, []fault{
		of("nothing", "", "has 0 bytes, want at least 44: it is cut short"),
		of("another version's", trainState("BLTRAIN2", "{}", 2, ""), `starts with "BLTRAIN2", want "BLTRAIN1": it is no train state of this version`),
		of("a checkpoint", checkpoint, fmt.Sprintf("starts with %q, want \"BLTRAIN1\": it is no train state of this version", checkpoint[:8])),
		of("cut short", whole[:len(whole)-1], "does not match its checksum: it is cut short or damaged"),
		of("a byte changed", strings.Replace(whole, "constant", "Constant", 1), "does not match its checksum: it is cut short or damaged"),
		of("a header of gigabytes", trainState("BLTRAIN1", "{}", 1<<32-1, ""), "header has 4294967295 bytes, want at most the 2 there are"),
		of("no JSON", trainState("BLTRAIN1", "hello", 5, ""), "header: invalid character 'h' looking for beginning of value"),
		of("another training's", edited(`"batch","Value":"16"`, `"batch","Value":"32"`, `fc1\" 32`, `fc1\" 64`),
			"batch is 32, want 16\nnetwork is 8×8×1 → linear \"fc1\" 64 relu → linear \"fc2\" 10, want 8×8×1 → linear \"fc1\" 32 relu → linear \"fc2\" 10"),
		of("another kind of training's", edited(`{"Key":"momentum","Value":"0.5"},`, `{"Key":"label_smoothing","Value":"0.1"},`), "momentum is missing, want 0.5\nlabel_smoothing is 0.1, want 0"),
		of("of more layers", edited("[false,", "[false,false,false,"), "has 6 tensors of parameters, want 4"),
		of("another machine's", edited(string(gemm.KernelClass()), "s390x"),
			"kernel class is s390x, want "+string(gemm.KernelClass())+", or the other one allowed: the bytes would be those of neither"),
		of("behind the end", edited(`"Epoch":0`, `"Epoch":40`), "position {Phase:0 Epoch:40 Step:0} lies outside this training"),
		of("before the beginning", edited(`"Step":0`, `"Step":-1`), "position {Phase:0 Epoch:0 Step:-1} lies outside this training"),
		of("without tensors", whole, "fc1.weight: 0 bytes are left, want 8192\n0 bytes are left, want 8192"),
		of("with more than tensors", trainState("BLTRAIN1", header, len(header), strings.Repeat("\x00", 19281)), "has 1 bytes after the last tensor, want none"),
	})
}
