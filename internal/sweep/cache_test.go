package sweep

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bitline/internal/filelock"
	"bitline/internal/pipeline"
	"bitline/workloads"
)

// csvIn is a folder's records as CSV.
func csvIn(t *testing.T, dir string) string {
	t.Helper()
	results, err := Collect(dir)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := results.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// trained is a sweep of one trained model.
const trained = `
name = "trained"
job  = "quickstart"
set  = ["train.pretrain.epochs=3", "train.finetune.epochs=1", "data.calibration=50", "replay.images=50"]

[[axis]]
key    = "adc.bits"
values = [3, 4, 8]
`

// A damaged model, or the damaged state of a training, is made anew, and what another
// killed writer left is cleared away: no point is recorded as failed for it.
func TestDamagedCache(t *testing.T) {
	p := planOf(t, trained)
	whole := t.TempDir()
	if err := runPlan(t.Context(), t, p, whole, Whole, nil); err != nil {
		t.Fatal(err)
	}
	want := csvIn(t, whole)
	name := filepath.Base(modelsIn(t, whole)[0])
	model, err := os.ReadFile(modelsIn(t, whole)[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, file, content string }{
		{"a model cut short", name, string(model[:len(model)/2])},
		{"an empty model", name, ""},
		{"a state that is none", name + ".state", "hello"},
		{"an empty state", name + ".state", ""},
		{"half a model under a temporary name", "." + name + ".4711", string(model[:99])},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			models := filepath.Join(dir, "cache", "models")
			if err := os.MkdirAll(models, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(models, c.file), []byte(c.content), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := runPlan(t.Context(), t, p, dir, Whole, nil); err != nil {
				t.Fatal(err)
			}
			if got := csvIn(t, dir); got != want {
				t.Errorf("the records are\n%s\nwant\n%s", got, want)
			}
			entries, err := os.ReadDir(models)
			if err != nil || len(entries) != 2 || entries[0].Name() != name || entries[1].Name() != name+".lock" {
				t.Errorf("the cache has %v (%v), want the model and its lock", entries, err)
			}
		})
	}
}

// Who is killed after the model is written leaves a state, which the next clears away.
func TestStateOfAFinishedTraining(t *testing.T) {
	p := planOf(t, trained)
	dir := t.TempDir()
	if err := runPlan(t.Context(), t, p, dir, Shard{0, 3}, nil); err != nil {
		t.Fatal(err)
	}
	state := modelsIn(t, dir)[0] + ".state"
	if err := os.WriteFile(state, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := runPlan(t.Context(), t, p, dir, Shard{1, 3}, nil); err != nil {
		t.Fatal(err)
	}
	if exists(state) {
		t.Error("the state is still there")
	}
}

// A model that somebody else trains is waited for, and not trained twice.
func TestModelIsWaitedFor(t *testing.T) {
	p := planOf(t, trained)
	whole, dir := t.TempDir(), t.TempDir()
	if err := runPlan(t.Context(), t, p, whole, Whole, nil); err != nil {
		t.Fatal(err)
	}
	model := modelsIn(t, whole)[0]
	path := filepath.Join(dir, "cache", "models", filepath.Base(model))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	lock, err := filelock.Try(path + lockEnding)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*filelock.Interval)
	defer cancel()
	if err := runPlan(ctx, t, p, dir, Whole, nil); err == nil || ctx.Err() == nil {
		t.Errorf("error %v, want to wait until the end", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("the cache has %v (%v), want the lock alone", entries, err)
	}
	ended := make(chan error)
	go func() { ended <- runPlan(t.Context(), t, p, dir, Whole, nil) }()
	time.Sleep(2 * filelock.Interval)
	content, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := filelock.Release(lock); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Errorf("the model was written again (%v), want the one that was there", err)
	}
	if csvIn(t, dir) != csvIn(t, whole) {
		t.Error("the records differ")
	}
}

// What the system does not give is no point's fault: it stops the sweep and is
// recorded of none, and the sweep goes on when it is there.
func TestHostFaultsAreNotRecorded(t *testing.T) {
	t.Run("a chip's file", func(t *testing.T) {
		p := planOf(t, "job = 'quickstart'\nset = ['train.pretrain.epochs=0', 'train.finetune.epochs=0']\n[[axis]]\nkey = 'chip'\nvalues = ['bitslice-8bit', 'mine.toml', 'unheard-of']\n")
		dir := t.TempDir()
		t.Chdir(t.TempDir())
		err := runPlan(t.Context(), t, p, dir, Whole, nil)
		if want := "point 1: reading mine.toml: no such file or directory"; err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
		if err := os.WriteFile("mine.toml", []byte("base = 'bitslice-8bit'\ntiles = 5\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := runPlan(t.Context(), t, p, dir, Whole, nil); err != nil {
			t.Fatal(err)
		}
		results, err := Collect(dir)
		if err != nil || results.Len() != 3 || results.Failed != 1 || !strings.HasPrefix(results.Column(failureColumn).Value(2).Text, `unknown name "unheard-of" in chips`) {
			t.Errorf("%d records, %d failed (%v), want 3 and the unknown chip's", results.Len(), results.Failed, err)
		}
	})
	t.Run("the cache's folder", func(t *testing.T) {
		p := planOf(t, trained)
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "cache"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := runPlan(t.Context(), t, p, dir, Whole, nil); err == nil || !strings.HasSuffix(err.Error(), "not a directory") {
			t.Errorf("error %v, want one of the folder", err)
		}
		if results, err := Collect(dir); err != nil || results.Len() != 0 {
			t.Errorf("%d records (%v), want none", results.Len(), err)
		}
	})
}

// What a failed point says does not depend on the working directory from which a
// part of the sweep ran.
func TestFailuresNameFilesBesideTheJob(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"s.toml":   "job = 'job.toml'\n[[axis]]\nkey = 'crossbar.cell_bits'\nvalues = [3, 4]\n",
		"job.toml": "chip = 'mine.toml'\nnetwork = 'mlp-64-32-10'\n",
		// a list of four resolutions where cells of 3 bits make three slices
		"mine.toml": "base = 'bitslice-8bit'\n\n[adc]\nbits = [3, 3, 3, 1]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var texts []string
	for _, c := range []struct{ from, sweep string }{{dir, "s.toml"}, {filepath.Dir(dir), filepath.Join(filepath.Base(dir), "s.toml")}, {t.TempDir(), filepath.Join(dir, "s.toml")}} {
		t.Chdir(c.from)
		p, err := Read(c.sweep)
		if err != nil {
			t.Fatal(err)
		}
		out := t.TempDir()
		if err := runPlan(t.Context(), t, p, out, Whole, nil); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, csvIn(t, out))
	}
	if !strings.Contains(texts[0], "mine.toml:4: key adc.bits lists 4 resolutions") || strings.Contains(texts[0], dir) || texts[1] != texts[0] || texts[2] != texts[0] {
		t.Errorf("the records are\n%s\n%s\n%s\nwant equal ones that name mine.toml:4 without its folder", texts[0], texts[1], texts[2])
	}
}

// What a forecast counts, worked out by hand: of two seeds, three resolutions (of which
// 8 bits and the worst case's are different replays all the same), two clocks, and one
// chip that is none.
func TestForecastCounts(t *testing.T) {
	p := planOf(t, `
name = "counts"
job  = "quickstart"
set  = ["train.pretrain.epochs=1", "train.finetune.epochs=0", "data.calibration=50", "replay.images=60"]
seeds = [1, 2]

[[axis]]
key    = "adc.bits"
values = [8, [3, 3, 3, 1], "auto"]

[[axis]]
key    = "adc.rate"
values = ["1.28GHz", "0.64GHz", "1Hz"]
`)
	dir := t.TempDir()
	r := Runner{Plan: p, Shard: Whole, Cache: Cache{Dir: filepath.Join(dir, "cache"), Version: "test"}, Host: pipeline.Host{Data: workloads.Finder{}}}
	check := func(when string, done func(int) bool, want Forecast) {
		t.Helper()
		got, err := r.Forecast(t.Context(), done)
		if err != nil {
			t.Fatal(err)
		}
		if got.Failures > 0 && !strings.Contains(got.Failure, "key adc.rate is 1 Hz") {
			t.Errorf("%s: the failure is %q, want one of the clock", when, got.Failure)
		}
		if pending := got.Points - got.Done - got.Failures; got.Tried != pending || pending > 0 && got.Time <= 0 || got.TriedPasses != got.Passes {
			t.Errorf("%s: %v by %d points and %d passes, want a time by %d and %d", when, got.Time, got.Tried, got.TriedPasses, pending, got.Passes)
		}
		got.Failure, got.Time, got.Took, got.Tried, got.TriedPasses = "", 0, 0, 0, 0
		if got != want {
			t.Errorf("%s: %+v, want %+v", when, got, want)
		}
	}
	nothing, all := func(int) bool { return false }, func(int) bool { return true }
	check("before", nothing, Forecast{Points: 18, Trainings: 2, Replays: 6, Passes: 2, Failures: 6})
	r.Shard = Shard{2, 3} // all of 1 Hz
	check("a part", nothing, Forecast{Points: 6, Failures: 6})
	r.Shard = Shard{0, 9} // one point of each seed
	check("a part", nothing, Forecast{Points: 2, Trainings: 2, Replays: 2, Passes: 2})
	r.Shard = Whole
	if err := runPlan(t.Context(), t, p, dir, Shard{0, 18}, nil); err != nil {
		t.Fatal(err)
	}
	check("after the first point", func(i int) bool { return i == 0 }, Forecast{Points: 18, Done: 1, Trainings: 2, TrainingsCached: 1, Replays: 6, ReplaysCached: 1, Passes: 2, Failures: 6})
	check("after the first seed", func(i int) bool { return i < 9 }, Forecast{Points: 18, Done: 9, Trainings: 1, Replays: 3, Passes: 1, Failures: 3})
	check("at the end", all, Forecast{Points: 18, Done: 18})
}

// A sweep of shapes has neither replays nor passes.
func TestForecastOfShapes(t *testing.T) {
	p := planOf(t, "job = 'quickstart'\nset = ['data.set=none']\n[[axis]]\nkey = 'adc.bits'\nvalues = [3, 4, 'auto']\n")
	f, err := (&Runner{Plan: p, Shard: Whole, Cache: Cache{Dir: "none"}}).Forecast(t.Context(), func(int) bool { return false })
	if err != nil || f.Points != 3 || f.Replays != 0 || f.Passes != 0 || f.Trainings != 0 || f.Tried != 3 {
		t.Errorf("%+v (%v), want 3 points and no replay", f, err)
	}
}

// A trained model has another key where a checkpoint that its training reads has other
// bytes under the same name, and for another version of the program; so has
// an outcome. No checkpoint at all is the system's fault.
func TestCacheKeys(t *testing.T) {
	dir := t.TempDir()
	old, next := Cache{dir, "1"}, Cache{dir, "2"}
	read := filepath.Join(t.TempDir(), "read.safetensors")
	seen := map[string]string{}
	for kind, sets := range map[string][]string{
		"start":   {"train.adc.forward=true", "train.adc.start=" + read, "train.weight_scale=frozen"},
		"teacher": {"train.teacher.checkpoint=" + read},
	} {
		job, err := pipeline.LoadJob("quickstart", sets)
		if err != nil {
			t.Fatal(err)
		}
		data, err := workloads.Load(workloads.Finder{}, job.DataSet)
		if err != nil {
			t.Fatal(err)
		}
		if path, err := old.modelPath(job, data); !pipeline.IsSystemFault(err) {
			t.Errorf("without its %s the model is %s (%v), want the system's fault", kind, path, err)
		}
		for _, content := range []string{"one", "two"} {
			if err := os.WriteFile(read, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
			for _, c := range []Cache{old, next} {
				path, err := c.modelPath(job, data)
				if err != nil {
					t.Fatal(err)
				}
				name := kind + " " + content + ", version " + c.Version
				if other, known := seen[path]; known {
					t.Errorf("the model of %s has the key of %s", name, other)
				}
				seen[path] = name
			}
		}
		if err := os.Remove(read); err != nil {
			t.Fatal(err)
		}
	}
	if err := old.Keep("key", pipeline.Outcome{Bits: [][]int{{3}}, Images: 7}); err != nil {
		t.Fatal(err)
	}
	if o, ok := old.Outcome("key"); !ok || o.Images != 7 {
		t.Errorf("the outcome is %+v (%t), want the one that was kept", o, ok)
	}
	if o, ok := next.Outcome("key"); ok {
		t.Errorf("another version has the outcome %+v, want none", o)
	}
}
