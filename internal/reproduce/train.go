package reproduce

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"bitline/internal/atomicfile"
	"bitline/internal/pipeline"
	"bitline/workloads"
	"bitline/workloads/train"
)

// Train trains every variant and writes its checkpoint into a folder; a variant
// whose checkpoint is there already is not trained again. Variants that differ
// only after pre-training share it, to the same bytes as if each had its own.
func (s *Study) Train(ctx context.Context, host pipeline.Host, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("training the study %s: %w", s.Name, err)
	}
	if err := s.checkFiles(folder); err != nil {
		return err
	}
	var shared *train.Trainer
	for _, v := range s.Variants {
		path := filepath.Join(folder, s.Checkpoint(v)+".safetensors")
		if _, err := os.Stat(path); err == nil {
			continue
		}
		data, err := workloads.Load(host.Data, v.Job.DataSet)
		if err != nil {
			return err
		}
		t, err := variantTrainer(v, data, shared)
		if err != nil {
			return fmt.Errorf("variant %s: %w", v.Name, err)
		}
		if err := t.Run(ctx, v.progress(host)); err != nil {
			return fmt.Errorf("variant %s: %w", v.Name, err)
		}
		model, err := t.Model()
		if err != nil {
			return fmt.Errorf("variant %s: %w", v.Name, err)
		}
		model.Origin.Job = v.Job.Description()
		if err := workloads.WriteModel(path, model); err != nil {
			return err
		}
		shared = t
	}
	return nil
}

// checkFiles says whether the checkpoints that are missing can be written, before
// hours are spent on them.
func (s *Study) checkFiles(folder string) error {
	var missing []string
	for _, v := range s.Variants {
		path := filepath.Join(folder, s.Checkpoint(v)+".safetensors")
		if _, err := os.Stat(path); err != nil {
			missing = append(missing, path)
		}
	}
	return atomicfile.Check(missing...)
}

// variantTrainer starts from the shared pre-training where it is the same.
func variantTrainer(v Variant, data *workloads.Dataset, shared *train.Trainer) (*train.Trainer, error) {
	if shared != nil {
		if t, err := shared.Fork(v.Job.Train); err == nil {
			return t, nil
		}
	}
	return train.New(v.Job.Train, v.Job.Network, data)
}

func (v Variant) progress(host pipeline.Host) func(train.Progress) {
	return func(p train.Progress) {
		if host.Progress != nil {
			host.Progress(v.Name+", "+p.Phase, (p.Epoch-1)*p.Steps+p.Step, p.Epochs*p.Steps, fmt.Sprintf("loss %.4f", p.Loss))
		}
	}
}

// model is a variant's checkpoint: from a folder, or shipped.
func (s *Study) model(v Variant, folder string) (*workloads.Model, error) {
	job := *v.Job
	job.Checkpoint = s.Checkpoint(v)
	if folder != "" {
		job.Checkpoint = filepath.Join(folder, s.Checkpoint(v)+".safetensors")
		if _, err := os.Stat(job.Checkpoint); errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%w (train the study first)", err)
		}
	}
	return job.LoadModel()
}
