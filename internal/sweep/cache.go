package sweep

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"bitline/internal/atomicfile"
	"bitline/internal/filelock"
	"bitline/internal/gemm"
	"bitline/internal/pipeline"
	"bitline/internal/wholefile"
	"bitline/workloads"
)

// Cache is a folder of what points share, by the content of all that it depends on:
// trained models and outcomes of replays. Several sweeps may have one.
//
//	models/KEY.safetensors.gz    and KEY.safetensors.gz.state while it is trained, by who holds KEY.safetensors.gz.lock
//	outcomes/KEY.json
type Cache struct {
	Dir string
	// Version is that of the program: what another one trained or replayed is not
	// taken.
	Version string
}

// digestOf names a content.
func digestOf(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// modelPath is where a job's trained model lies. It is an error if the checkpoint that
// the training starts from cannot be read.
func (c Cache) modelPath(job *pipeline.Job, data *workloads.Dataset) (string, error) {
	read, err := job.ReadDigest()
	if err != nil {
		return "", err
	}
	key := digestOf(fmt.Sprintf("%s|%s|%s|%s|%d|%s", c.Version, job.ModelKey(), read, data.Hash, data.Train.Len(), gemm.KernelClass()))
	return filepath.Join(c.Dir, "models", key+".safetensors.gz"), nil
}

// model is the file of a job's trained model, which is trained where it is not there
// yet. A training that is stopped goes on where it was; one that another process is
// at waits for it.
func (c Cache) model(ctx context.Context, host pipeline.Host, job *pipeline.Job) (path string, err error) {
	data, err := workloads.Load(host.Data, job.DataSet)
	if err != nil {
		return "", err
	}
	if path, err = c.modelPath(job, data); err != nil {
		return "", err
	}
	files := pipeline.TrainFiles{State: path + ".state"}
	if readable(path) && !exists(files.State) {
		return path, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	lock, err := filelock.Wait(ctx, path+lockEnding)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, filelock.Release(lock)) }()
	if readable(path) { // by now, or whoever wrote it was killed before it removed the state
		return path, files.Remove()
	}
	if err := atomicfile.Sweep(path, files.State); err != nil {
		return "", err
	}
	files.Resume = exists(files.State)
	m, err := job.TrainModel(ctx, host, data, files)
	if err != nil && files.Resume && ctx.Err() == nil && !pipeline.IsSystemFault(err) {
		files.Resume = false // whatever is wrong with the state
		m, err = job.TrainModel(ctx, host, data, files)
	}
	if err != nil {
		return "", err
	}
	if err := workloads.WriteModel(path, m); err != nil {
		return "", err
	}
	return path, files.Remove()
}

// readable says whether there is a whole model.
func readable(path string) bool {
	_, err := workloads.ReadModel(path)
	return err == nil
}

func (c Cache) outcome(key string) string {
	return filepath.Join(c.outcomes(), digestOf(c.Version+"|"+key)+".json")
}

func (c Cache) outcomes() string { return filepath.Join(c.Dir, "outcomes") }

// Outcome is what was kept of a replay; nothing where it is unreadable.
func (c Cache) Outcome(key string) (o pipeline.Outcome, ok bool) {
	b, err := wholefile.Read(c.outcome(key), maxRecord)
	if err != nil || json.Unmarshal(b, &o) != nil || o.Images <= 0 || len(o.Bits) == 0 {
		return pipeline.Outcome{}, false
	}
	return o, true
}

// Keep keeps what a replay came to.
func (c Cache) Keep(key string, o pipeline.Outcome) error {
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	path := c.outcome(key)
	err = atomicfile.Write(path, b)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
			err = atomicfile.Write(path, b)
		}
	}
	return err
}

// exists says whether there is a file.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
