package reproduce

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"bitline/internal/atomicfile"
	"bitline/internal/filelock"
	"bitline/internal/pipeline"
	"bitline/workloads"
)

// CheckData is an error if a data set of the study's models is not there, or does not
// suit them.
func (s *Study) CheckData(host pipeline.Host) error {
	for _, p := range s.Parts {
		if err := p.CheckData(host); err != nil {
			return err
		}
	}
	known := map[string]*workloads.Dataset{}
	for _, v := range s.Variants {
		data := known[v.Job.DataSet]
		if data == nil {
			var err error
			if data, err = workloads.Load(host.Data, v.Job.DataSet); err != nil {
				return err
			}
			known[v.Job.DataSet] = data
		}
		if err := v.Job.CheckData(data); err != nil {
			return fmt.Errorf("study %s, variant %s: %w", s.source, v.Name, err)
		}
		if n := s.searched(); n > data.Train.Len() {
			return fmt.Errorf("study %s: search is %d, want at most the %d training images of %s", s.source, n, data.Train.Len(), data.Name)
		}
	}
	return nil
}

// searched is how many training images the study says that rules look at; 0 for the
// job's calibration.
func (s *Study) searched() int {
	switch {
	case s.Accuracy != nil:
		return s.Accuracy.Search
	case s.Curves != nil:
		return s.Curves.search
	}
	return 0
}

// Train trains every variant and writes its checkpoint into a folder; a variant
// whose checkpoint is there already is not trained again. While a training goes on
// its state lies beside its checkpoint, and a training that was stopped goes on
// from there. Variants that differ only after pre-training share it, to the same
// bytes as if each had its own: the state of the first stays until all are trained.
// It is an error if another process is training a variant in that folder, or if a
// checkpoint there is of another training than the study's.
func (s *Study) Train(ctx context.Context, host pipeline.Host, folder string) error {
	if err := s.trainAll(ctx, host, folder); err != nil {
		return err
	}
	return s.removeStates(folder) // which parts may have shared
}

func (s *Study) trainAll(ctx context.Context, host pipeline.Host, folder string) error {
	for _, p := range s.Parts {
		if err := p.trainAll(ctx, host, folder); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("training the study %s: %w", s.Name, err)
	}
	if err := s.checkFiles(folder); err != nil {
		return err
	}
	for _, v := range s.Variants {
		if exists(s.file(folder, v)) {
			if _, err := s.model(v, folder); err != nil { // before hours are spent on others
				return fmt.Errorf("study %s: %w", s.source, err)
			}
		}
	}
	for i, v := range s.Variants {
		if exists(s.file(folder, v)) {
			continue
		}
		if err := s.train(ctx, host, folder, i); err != nil {
			return err
		}
	}
	return nil
}

// removeStates removes the states of variants that are trained, but of those that
// another process is at work on.
func (s *Study) removeStates(folder string) error {
	for _, p := range s.Parts {
		if err := p.removeStates(folder); err != nil {
			return err
		}
	}
	for _, v := range s.Variants {
		path := s.file(folder, v)
		if !exists(stateOf(path)) {
			continue
		}
		lock, err := filelock.Try(lockOf(path))
		if errors.Is(err, filelock.ErrHeld) {
			continue
		}
		if err != nil {
			return err
		}
		if err := errors.Join((pipeline.TrainFiles{State: stateOf(path)}).Remove(), filelock.Remove(lock)); err != nil {
			return err
		}
	}
	return nil
}

// train trains variant i, of which it holds a lock meanwhile.
func (s *Study) train(ctx context.Context, host pipeline.Host, folder string, i int) (err error) {
	v := s.Variants[i]
	path := s.file(folder, v)
	data, err := workloads.Load(host.Data, v.Job.DataSet)
	if err != nil {
		return err
	}
	lock, err := filelock.Take(lockOf(path), "this model")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, filelock.Remove(lock)) }()
	if exists(path) { // by now
		return nil
	}
	files := pipeline.TrainFiles{State: stateOf(path), Resume: exists(stateOf(path))}
	if !files.Resume {
		files.Pretrained = s.pretrained(folder, i)
	}
	model, err := v.Job.TrainModel(ctx, v.host(host), data, files)
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("variant %s: %w, the same command goes on from there", v.Name, err)
	}
	if err != nil {
		return fmt.Errorf("variant %s: %w", v.Name, err)
	}
	if err := workloads.WriteModel(path, model); err != nil {
		return err
	}
	if s.pretrained(folder, i) != "" || !s.leads(folder, i) {
		return files.Remove()
	}
	return nil
}

// checkFiles says whether the checkpoints that are missing can be written, before
// hours are spent on them.
func (s *Study) checkFiles(folder string) error {
	var missing []string
	for _, v := range s.Variants {
		if path := s.file(folder, v); !exists(path) && !slices.Contains(missing, path) { // models may share one
			missing = append(missing, path)
		}
	}
	return atomicfile.Check(missing...)
}

func (s *Study) file(folder string, v Variant) string {
	return filepath.Join(folder, s.Checkpoint(v)+".safetensors")
}

func stateOf(path string) string { return path + ".state" }

func lockOf(path string) string { return path + ".lock" }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// pretrained is the state of a trained variant whose pre-training is that of
// variant i; "" where there is none.
func (s *Study) pretrained(folder string, i int) string {
	for k, v := range s.Variants {
		path := s.file(folder, v)
		if k != i && v.sharesPretraining(s.Variants[i]) && exists(path) && exists(stateOf(path)) {
			return stateOf(path)
		}
	}
	return ""
}

// leads says whether a variant that is still to be trained has the pre-training of
// variant i.
func (s *Study) leads(folder string, i int) bool {
	for k, v := range s.Variants {
		if k != i && v.sharesPretraining(s.Variants[i]) && !exists(s.file(folder, v)) {
			return true
		}
	}
	return false
}

func (v Variant) sharesPretraining(o Variant) bool {
	return v.Job.DataSet == o.Job.DataSet && v.Job.Network.Same(o.Job.Network) && v.Job.Train.SharesPretraining(o.Job.Train)
}

// host tells of a variant by its name.
func (v Variant) host(host pipeline.Host) pipeline.Host {
	named := host
	if host.Progress != nil {
		named.Progress = func(what string, done, total int, note string) { host.Progress(v.Name+", "+what, done, total, note) }
	}
	if host.Epoch != nil {
		named.Epoch = func(line string) { host.Epoch(v.Name + ", " + line) }
	}
	return named
}

// model is a variant's checkpoint: from a folder, where it must be of the variant's
// own training as far as it says, or shipped.
func (s *Study) model(v Variant, folder string) (*workloads.Model, error) {
	job := *v.Job
	job.Checkpoint = s.Checkpoint(v)
	if folder != "" {
		job.Checkpoint = s.file(folder, v)
		if _, err := os.Stat(job.Checkpoint); errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%w (train the study first)", err)
		}
	}
	m, err := job.LoadModel()
	if err == nil && folder != "" && m.Origin.Recipe != "" && m.Origin.Recipe != v.Job.Recipe() {
		return nil, fmt.Errorf("%s holds a model of another training (%s) than that of variant %s: remove it to train anew, or choose another folder", job.Checkpoint, m.Origin.Job, v.Name)
	}
	return m, err
}
