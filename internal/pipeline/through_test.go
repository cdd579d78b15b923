package pipeline

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"bitline/workloads"
)

// Training through converters starts from a checkpoint's file, recalibrated if that
// is asked for, and gives a model that the same job's converters replay better than
// the start.
func TestTrainThroughConverters(t *testing.T) {
	start := filepath.Join(t.TempDir(), "start.safetensors")
	load := func(sets ...string) *Job {
		t.Helper()
		job, err := LoadJob("quickstart", append(sets, "adc.bits=[2,2,2,1]"))
		if err != nil {
			t.Fatal(err)
		}
		return job
	}
	plain := load()
	data, err := plain.data(Host{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := plain.TrainModel(context.Background(), Host{}, data, TrainFiles{})
	if err != nil {
		t.Fatal(err)
	}
	if err := workloads.WriteModel(start, m); err != nil {
		t.Fatal(err)
	}
	accuracy := func(j *Job, m *workloads.Model) float64 {
		trained := *j
		trained.Checkpoint = filepath.Join(t.TempDir(), "m.safetensors")
		if err := workloads.WriteModel(trained.Checkpoint, m); err != nil {
			t.Fatal(err)
		}
		v, err := trained.values(context.Background(), Host{})
		if err != nil {
			t.Fatal(err)
		}
		return v.replay.Accuracy()
	}
	before := accuracy(plain, m)
	for _, recalibrate := range []string{"false", "true"} {
		job := load("train.adc.forward=true", "train.adc.start="+start, "train.adc.recalibrate="+recalibrate, "train.adc.excess=1", "train.adc.headroom=1",
			"train.weight_scale=frozen", "train.pretrain.epochs=0", "train.prune.threshold=0", "train.finetune.epochs=4", "train.finetune.method=none")
		m, err := job.TrainModel(context.Background(), Host{}, data, TrainFiles{})
		if err != nil {
			t.Fatal(err)
		}
		if after := accuracy(job, m); after < before+0.02 {
			t.Errorf("recalibrate = %s: accuracy %g after, want at least 2 points above the start's %g", recalibrate, after, before)
		}
		if lines := strings.Count(m.Origin.Log, "\n") + 1; lines != m.Origin.Epochs || !strings.HasPrefix(m.Origin.Log, "pre-training epoch 1/") {
			t.Errorf("recalibrate = %s: a log of %d lines, want the start's and its own, %d", recalibrate, lines, m.Origin.Epochs)
		}
		if m.Origin.Method != "through-adc" || !strings.Contains(m.Origin.Job, "through converters of [2 2 2 1] bits, inputs ") ||
			strings.Contains(m.Origin.Job, "recalibrated") != (recalibrate == "true") {
			t.Errorf("recalibrate = %s: origin %q, job %q", recalibrate, m.Origin.Method, m.Origin.Job)
		}
	}
	if _, err := load("train.adc.forward=true", "train.adc.start=none-such", "train.weight_scale=frozen").TrainModel(context.Background(), Host{}, data, TrainFiles{}); err == nil ||
		!strings.Contains(err.Error(), `key train.adc.start: checkpoint "none-such" does not exist`) {
		t.Errorf("an unknown start: error %v", err)
	}
}
