package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// disturbed is a sweep with trainings, replays that points share, and points that fail.
const disturbed = `
job    = "quickstart"
set    = ["train.pretrain.epochs=6", "train.finetune.epochs=2", "data.calibration=50", "replay.images=100"]
seeds  = [1, 2, 3, 4]
pareto = [["accuracy", "energy_pj"]]

[[axis]]
key    = "adc.bits"
values = [3, [3, 3, 3, 1], "auto"]

[[axis]]
key    = "crossbar.cell_bits"
values = [2, 3]

[[axis]]
key    = "adc.rate"
values = ["1.28GHz", "0.64GHz"]
`

// TestSweepKilled: a sweep that is killed at fifty random moments, and called again
// each time, ends in the bytes of one that nobody disturbs. One that ends before the
// fiftieth is begun anew in another folder.
func TestSweepKilled(t *testing.T) {
	kills := 50
	if testing.Short() {
		kills = 8
	}
	t.Chdir(t.TempDir())
	writeFile(t, "s.toml", []byte(disturbed))
	succeed(t, "sweep", "s.toml", "--out", "whole")

	rng := rand.New(rand.NewPCG(71, 72))
	rounds, lives := 0, 0
	for killed := 0; killed < kills || lives > 0; lives++ {
		dir := filepath.Join("cut", string(rune('a'+rounds)))
		c, _, errs := process(t, "sweep", "s.toml", "--out", dir)
		life := time.Duration(rng.IntN(200_000)) * time.Microsecond
		if killed >= kills {
			life = time.Minute
		}
		timer := time.AfterFunc(life, func() { _ = c.Process.Kill() })
		err := c.Wait()
		timer.Stop()
		switch {
		case !c.ProcessState.Exited():
			killed++
			continue
		case err != nil:
			t.Fatalf("round %d, life %d: %v\n%s", rounds, lives, err, errs)
		}
		for _, name := range []string{"results.csv", "results.parquet"} {
			if !bytes.Equal(readFile(t, filepath.Join(dir, name)), readFile(t, filepath.Join("whole", name))) {
				t.Errorf("round %d: %s differs from the undisturbed sweep's after %d lives", rounds, name, lives)
			}
		}
		rounds, lives = rounds+1, -1
	}
	models, err := filepath.Glob("cut/*/cache/models/*.safetensors.gz*")
	if err != nil || len(models) != rounds*16 {
		t.Errorf("%d rounds left %d files of models (%v), want eight models and their locks each: four seeds, two sizes of cells", rounds, len(models), err)
	}
	if entries, err := os.ReadDir("cut"); err != nil || len(entries) != rounds || kills/rounds < 2 {
		t.Errorf("%d kills in %d rounds, %d folders (%v), want several kills a round", kills, rounds, len(entries), err)
	}
}
