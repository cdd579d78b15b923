package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"bitline/adc"
	"bitline/configs"
	"bitline/internal/config"
	"bitline/workloads"
	"bitline/workloads/train"
)

// Host is what a job needs of the world around it.
type Host struct {
	Data workloads.Finder
	// Progress, unless nil, is told what is being done, how much of it there is
	// and how much is done, with a note such as the loss.
	Progress func(what string, done, total int, note string)
	// Memory, unless nil, keeps the outcomes of replays.
	Memory Memory
	// Epoch, unless nil, is told what every epoch of a training came to, in a line.
	Epoch func(line string)
}

func (h Host) epoch(line string) {
	if h.Epoch != nil {
		h.Epoch(line)
	}
}

func (h Host) progress(what string, done, total int, note string) {
	if h.Progress != nil {
		h.Progress(what, done, total, note)
	}
}

// model loads the job's checkpoint, imports its weights, or trains.
func (j *Job) model(ctx context.Context, host Host, data *workloads.Dataset) (*workloads.Model, error) {
	switch {
	case j.Checkpoint != "":
		return j.LoadModel()
	case j.Weights != "":
		return j.importModel(data)
	}
	return j.TrainModel(ctx, host, data, TrainFiles{})
}

// Trains says whether the job's model is trained, neither read nor imported.
func (j *Job) Trains() bool { return j.HasValues() && j.Checkpoint == "" && j.Weights == "" }

// LoadModel reads the job's checkpoint. It is an error if it holds another
// network than the job's.
func (j *Job) LoadModel() (*workloads.Model, error) {
	m, err := readCheckpoint(j.Checkpoint)
	if err != nil {
		return nil, err
	}
	if err := sameNetwork(m.Network, j.Network); err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w", j.Checkpoint, err)
	}
	return m, nil
}

func sameNetwork(have, want *workloads.Network) error {
	if have.Same(want) {
		return nil
	}
	if have.String() != want.String() {
		return fmt.Errorf("holds network %s (%s), want the job's network %s (%s)", have.Name, have, want.Name, want)
	}
	if have.Input != want.Input {
		return fmt.Errorf("holds network %s (%s) of input %s, want the input %s of the job's network %s", have.Name, have, have.Input, want.Input, want.Name)
	}
	for i, l := range want.Layers { // as many: the texts are the same
		if have.Layers[i] != l {
			return fmt.Errorf("holds network %s (%s), whose layer %s is not that of the job's network %s%s",
				have.Name, have, have.Layers[i].Name, want.Name, unlike(have.Layers[i], l))
		}
	}
	return nil
}

// unlike says in what two layers differ that a network's text does not show.
func unlike(have, want workloads.Layer) string {
	for _, key := range []struct {
		name       string
		have, want any
	}{
		{"name", have.Name, want.Name}, {"relu", have.ReLU, want.ReLU}, {"padding", have.Padding, want.Padding}, {"stride", have.Stride, want.Stride},
		{"batch_norm", have.BatchNorm, want.BatchNorm}, {"no bias", have.NoBias, want.NoBias}, {"residual", have.Residual, want.Residual},
		{"weights", have.Weights, want.Weights}, {"norm", have.Norm, want.Norm},
	} {
		if key.have != key.want {
			return fmt.Sprintf(": %s is %v, want %v", key.name, key.have, key.want)
		}
	}
	return ""
}

// shippedEnding is that of the embedded checkpoints.
const shippedEnding = ".safetensors.gz"

// unknownCheckpoint lists the shipped checkpoints, but counts those of the seeds of
// studies: they are many.
func unknownCheckpoint(name string) error {
	var known, all []string
	entries, err := fs.ReadDir(configs.Files(), "checkpoints")
	if err == nil {
		for _, e := range entries {
			shipped := strings.TrimSuffix(e.Name(), shippedEnding)
			if all = append(all, shipped); !strings.Contains(shipped, "-seed-") {
				known = append(known, shipped)
			}
		}
	}
	return fmt.Errorf("checkpoint %q does not exist, want a file that ends in .safetensors or one of the shipped: %s, and %d such as %s%s",
		name, strings.Join(known, ", "), len(all)-len(known), aStudys, config.DidYouMean(name, all))
}

// aStudys is a shipped checkpoint of a seed of a study.
const aStudys = "mnist-curves-dense-seed-1"

// TrainFiles says where a training keeps what it makes.
type TrainFiles struct {
	// State is the file of an unfinished training; "" keeps none.
	State  string
	Resume bool
	// Pretrained, unless "", is the state of a training with the same pre-training,
	// at whose end this one starts.
	Pretrained string
	// OtherKernel allows a resume under another kernel class, whose bytes may
	// differ.
	OtherKernel bool
}

// TrainModel trains the job's network and exports it. Where files name a state, it is
// saved after every epoch and when ctx ends; who has kept the model removes it.
func (j *Job) TrainModel(ctx context.Context, host Host, data *workloads.Dataset, files TrainFiles) (*workloads.Model, error) {
	cfg := j.Train
	cfg.Workers = runtime.GOMAXPROCS(0)
	if err := j.readTeacher(&cfg); err != nil {
		return nil, err
	}
	if cfg.Through != nil {
		if err := j.startThrough(ctx, &cfg, data); err != nil {
			return nil, err
		}
	}
	t, err := j.trainer(cfg, data, files)
	if err != nil {
		return nil, err
	}
	var saving error
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	err = t.Run(ctx, func(p train.Progress) {
		note := p.String()
		if p.Penalty > 0 {
			note += fmt.Sprintf(" penalty %.4f", p.Penalty)
		}
		if p.EpochEnd {
			host.epoch(p.Phase + " " + note)
			if files.State != "" {
				if saving = t.Save(files.State); saving != nil {
					stop(saving)
				}
			}
		}
		host.progress(p.Phase, (p.Epoch-1)*p.Steps+p.Step, p.Epochs*p.Steps, note)
	})
	switch {
	case saving != nil:
		return nil, saving
	case err != nil && errors.Is(err, ctx.Err()) && files.State != "": // no other fault, whose state is worth nothing
		if saving := t.Save(files.State); saving != nil {
			return nil, errors.Join(err, saving)
		}
		return nil, fmt.Errorf("training stopped (%w); its state is in %s", err, files.State)
	case err != nil:
		return nil, fmt.Errorf("training %s: %w", j.Network.Name, err)
	}
	m, err := t.Model()
	if err != nil {
		return nil, fmt.Errorf("training %s: %w", j.Network.Name, err)
	}
	described := *j
	described.Train = cfg
	m.Origin.Job, m.Origin.Recipe = described.Description(), j.Recipe()
	return m, nil
}

// Description is the training of the job in a line, for the checkpoint.
func (j *Job) Description() string {
	c := j.Train
	return fmt.Sprintf("job %s, network %s, data %s: batch %d, learning rate %g, momentum %g%s; pre-training %s; pruning at %g; fine-tuning %s; seed %d; %d weight bits",
		j.Name, j.Network.Name, j.DataSet, c.Batch, c.LearningRate, c.Momentum, c.Extras(), c.Pretrain, c.PruneThreshold, c.Finetune, c.Seed, c.WeightBits)
}

// Recipe is the SHA-256, in hex, of all that the job's training depends on but what the
// files hold that it reads: trainings of another one make another model.
func (j *Job) Recipe() string {
	sum := sha256.Sum256([]byte(j.DataSet + "|" + j.TrainingKey()))
	return hex.EncodeToString(sum[:])
}

// TrainingKey holds all that the job's training depends on but its data set and the
// kernel class.
func (j *Job) TrainingKey() string {
	key := j.Train.Key()
	if h := j.Train.Through; h != nil {
		converters := j.Chip.ADC
		if converters.Auto == adc.Given { // else costs decide which resolutions are found
			converters = adc.Spec{Bits: converters.Bits, Layers: converters.Layers, Range: converters.Range}
		}
		key += fmt.Sprintf("|from %q recalibrated %t, chip %+v %+v, calibration %d", h.Name, h.Recalibrate, j.Chip.Design(nil), converters, j.Calibration)
	}
	if h := j.Train.Teacher; h != nil {
		key += fmt.Sprintf("|taught by %q", h.Name)
	}
	return key
}

func (j *Job) trainer(cfg train.Config, data *workloads.Dataset, files TrainFiles) (*train.Trainer, error) {
	switch {
	case files.Pretrained != "":
		return train.Fork(files.Pretrained, cfg, j.Network, data, files.OtherKernel)
	case !files.Resume:
		return train.New(cfg, j.Network, data)
	}
	return train.Resume(files.State, cfg, j.Network, data, files.OtherKernel)
}

// Check says whether there is a state where one is to be resumed, and none where a
// training begins, which would replace what hours may have gone into.
func (f TrainFiles) Check() error {
	_, err := os.Stat(f.State)
	switch {
	case f.Resume && err != nil:
		return fmt.Errorf("nothing to resume: %w (a training that stops leaves it; without --resume one begins)", err)
	case !f.Resume && err == nil:
		return fmt.Errorf("%s holds a training that has not finished: --resume continues it; remove the file to begin anew", f.State)
	}
	return nil
}

// Remove deletes the state of a finished training.
func (f TrainFiles) Remove() error {
	if err := os.Remove(f.State); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the state of a finished training: %w", err)
	}
	return nil
}

// readTeacher completes the configuration of a training that follows a checkpoint.
func (j *Job) readTeacher(cfg *train.Config) error {
	if cfg.Teacher == nil {
		return nil
	}
	model, err := readCheckpoint(cfg.Teacher.Name)
	if err != nil {
		return fmt.Errorf("key train.teacher.checkpoint: %w", err)
	}
	teacher := *cfg.Teacher
	teacher.Model = model
	cfg.Teacher = &teacher
	return nil
}
