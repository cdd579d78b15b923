package sweep

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bitline/adc"
	"bitline/internal/pipeline"
	"bitline/scheduler"
)

// runPlan computes a part of a plan into a folder.
func runPlan(ctx context.Context, t *testing.T, p *Plan, dir string, shard Shard, done func(Record, int, int)) error {
	t.Helper()
	store, err := Open(dir, Identity{Name: p.Name, Plan: p.Digest(), Points: p.Len(), Version: "test", Kernels: "any", Pareto: p.Pareto}, shard)
	if err != nil {
		t.Fatal(err)
	}
	r := Runner{Plan: p, Store: store, Shard: shard, Cache: Cache{Dir: filepath.Join(dir, "cache"), Version: "test"}, Done: done}
	err = r.Run(ctx)
	if closing := store.Close(); closing != nil {
		t.Fatal(closing)
	}
	return err
}

// modelsIn are the files of trained models.
func modelsIn(t *testing.T, dir string) []string {
	t.Helper()
	models, err := filepath.Glob(filepath.Join(dir, "cache", "models", "*.safetensors.gz"))
	if err != nil {
		t.Fatal(err)
	}
	return models
}

func planOf(t *testing.T, text string) *Plan {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.toml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// quick sweeps the digits: two trainings, three resolutions of each, each on two
// clocks and on a chip without room.
const quick = `
name = "quick"
job  = "quickstart"
set  = ["train.pretrain.epochs=1", "train.finetune.epochs=0", "data.calibration=50"]
seeds = [1, 2]
pareto = [["accuracy", "energy_pj"]]

[[axis]]
key    = "adc.bits"
values = [8, [3, 3, 3, 1], "auto"]

[[axis]]
keys   = ["chips", "tiles", "adc.rate"]
values = [[1, 4, "1.28GHz"], [1, 4, "0.64GHz"], [1, 4, "1.28MHz"]]
`

// Every record is what the job comes to alone, the points that are none say why, and
// the two trainings are made once each.
func TestRunEqualsJobs(t *testing.T) {
	p := planOf(t, strings.Replace(quick, `[1, 4, "1.28MHz"]`, `[1, 4, "1Hz"]`, 1))
	dir := t.TempDir()
	if err := runPlan(t.Context(), t, p, dir, Whole, nil); err != nil {
		t.Fatal(err)
	}
	results, err := Collect(dir)
	if err != nil {
		t.Fatal(err)
	}
	if results.Len() != 18 || len(results.Missing) != 0 || results.Failed != 6 {
		t.Fatalf("%d records, %v missing, %d failed; want 18, none and 6", results.Len(), results.Missing, results.Failed)
	}
	for i := range p.Len() {
		failure := results.Column(failureColumn).Value(i).Text
		job, err := pipeline.LoadJob(p.Job, p.Point(i).Sets)
		if err == nil {
			_, err = scheduler.Map(job.Chip, job.Network)
		}
		if err != nil {
			if want := strings.ReplaceAll(err.Error(), "\n", "; "); failure != want {
				t.Errorf("point %d failed with %q, want %q", i, failure, want)
			}
			continue
		}
		result, err := pipeline.Run(t.Context(), job, pipeline.Host{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range result.Figures() {
			if strings.HasPrefix(f.Name, "adc_speedup") {
				continue // would take a second simulation
			}
			got, want := results.Column(f.Name).Value(i), valueOfFigure(f)
			if got.Number != want.Number || got.Text != want.Text {
				t.Errorf("point %d (%v): %s is %v %v, want %v %v", i, p.Point(i).Settings, f.Name, got.Number, got.Text, want.Number, want.Text)
			}
		}
	}
	if models := modelsIn(t, dir); len(models) != 2 {
		t.Errorf("%d models are kept, want one for each seed", len(models))
	}
}

// With laws = true every point has its figures under each law: those of the job that
// has the law, and none where a law is not defined.
func TestRunUnderLaws(t *testing.T) {
	p := planOf(t, strings.Replace(quick, "seeds = [1, 2]", "laws = true", 1))
	dir := t.TempDir()
	if err := runPlan(t.Context(), t, p, dir, Whole, nil); err != nil {
		t.Fatal(err)
	}
	results, err := Collect(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 * 2 { // of the two clocks that are fast enough
		point := i/2*3 + i%2
		for _, law := range adc.Laws() {
			job, err := pipeline.LoadJob(p.Job, append(p.Point(point).Sets, "adc.law="+law))
			if err != nil { // the survey, at 3 bits
				if v := results.Column(LawColumn("energy_pj", adc.Law(law))).Value(point); v.Kind != Missing {
					t.Errorf("point %d has an energy of %g under the law %s: %v", point, v.Number, law, err)
				}
				continue
			}
			result, err := pipeline.Run(t.Context(), job, pipeline.Host{})
			if err != nil {
				continue // the survey, at what the rule finds
			}
			for _, f := range result.Figures() {
				if !slices.Contains(lawFigures, f.Name) {
					continue
				}
				if got := results.Column(LawColumn(f.Name, adc.Law(law))).Value(point); got.Number != f.Value {
					t.Errorf("point %d, %s under %s: %g, want %g", point, f.Name, law, got.Number, f.Value)
				}
			}
		}
	}
}

// What is stopped again and again, in two parts, ends in the same bytes.
func TestRunStopped(t *testing.T) {
	p := planOf(t, quick)
	whole, stopped := t.TempDir(), t.TempDir()
	if err := runPlan(t.Context(), t, p, whole, Whole, nil); err != nil {
		t.Fatal(err)
	}
	runs := 0
	for left := p.Len(); left > 0; runs++ {
		if runs > 40 {
			t.Fatalf("%d points are left after 40 runs", left)
		}
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		err := runPlan(ctx, t, p, stopped, Shard{runs % 2, 2}, func(Record, int, int) {
			if n++; n == 2 {
				cancel()
			}
		})
		if err != nil && ctx.Err() == nil {
			t.Fatal(err)
		}
		cancel()
		results, err := Collect(stopped)
		if err != nil {
			t.Fatal(err)
		}
		left = len(results.Missing)
	}
	if runs < 5 {
		t.Errorf("done after %d runs, so that nothing was stopped", runs)
	}
	var tables [2]bytes.Buffer
	for i, dir := range []string{whole, stopped} {
		results, err := Collect(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := results.WriteCSV(&tables[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(tables[0].Bytes(), tables[1].Bytes()) {
		t.Errorf("a stopped sweep differs:\n%s\nwant\n%s", &tables[1], &tables[0])
	}
}

// A data set that is not found stops the sweep; no point is recorded as failed.
func TestRunWithoutData(t *testing.T) {
	p := planOf(t, "name = \"none\"\njob = \"mnist-mlp\"\n[[axis]]\nkey = \"adc.bits\"\nvalues = [3, 4]\n")
	dir := t.TempDir()
	if err := runPlan(t.Context(), t, p, dir, Whole, nil); err == nil || !strings.Contains(err.Error(), "data set mnist") {
		t.Errorf("error %v, want one about the data set", err)
	}
	results, err := Collect(dir)
	if err != nil || results.Len() != 0 {
		t.Errorf("%d records (%v), want none", results.Len(), err)
	}
}
