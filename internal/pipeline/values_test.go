package pipeline

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"bitline/scheduler"
)

// Jobs that agree in ReplayKey are computed in one pass to what each comes to alone:
// resolutions, given or found by a rule, refitted or not.
func TestComputeEqualsRun(t *testing.T) {
	var jobs []*Job
	for _, sets := range [][]string{
		{}, {"adc.bits=[3,3,3,1]"}, {"adc.bits=[3,3,3,1]", "tiles=8"}, {"adc.bits=[3,3,3,1]", "adc.recalibrate=affine"},
		{"adc.bits=auto", "adc.auto=observed"}, {"adc.bits=auto", "adc.auto=loss", "adc.budget=0.02", "adc.law=linear"},
		{"adc.bits=4", "adc.law=sar-isaac"},
	} {
		job, err := LoadJob("quickstart", append(sets, "train.pretrain.epochs=2", "train.finetune.epochs=0", "data.calibration=100"))
		if err != nil {
			t.Fatal(err)
		}
		if jobs = append(jobs, job); job.ReplayKey() != jobs[0].ReplayKey() {
			t.Errorf("%v: key %s, want that of the first, %s", sets, job.ReplayKey(), jobs[0].ReplayKey())
		}
	}
	all, err := Compute(t.Context(), Host{}, jobs)
	if err != nil {
		t.Fatal(err)
	}
	for i, job := range jobs {
		want, err := Run(t.Context(), job, Host{})
		if err != nil || all[i].Err != nil {
			t.Fatalf("%s: errors %v and %v", job.Command, err, all[i].Err)
		}
		mapping, err := scheduler.Map(job.Chip, job.Network)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Report(t.Context(), job, mapping, all[i].Values)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.Valued, want.Valued) || !reflect.DeepEqual(got.Timed, want.Timed) || !reflect.DeepEqual(got.Setting, want.Setting) {
			t.Errorf("%s: differs from the job run alone", job.Command)
		}
	}
	if all[1].Values.replay != all[2].Values.replay {
		t.Error("two jobs of equal resolutions are replayed twice")
	}
}

// What a rule finds for every layer, given as the layers' own, comes to the same
// values, time and energy.
func TestLayersAsFound(t *testing.T) {
	run := func(sets ...string) *Result {
		t.Helper()
		job, err := LoadJob("quickstart", append(sets, "train.pretrain.epochs=2", "train.finetune.epochs=0", "data.calibration=100"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := Run(t.Context(), job, Host{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	found := run("adc.bits=auto", "adc.auto=observed")
	if reflect.DeepEqual(found.ADCBits[0], found.ADCBits[1]) {
		t.Fatalf("the rule finds %v, want layers that differ", found.ADCBits)
	}
	list := func(bits []int) string { return strings.ReplaceAll(fmt.Sprint(bits), " ", ",") }
	given := run("adc.bits=8", "adc.layers.fc1="+list(found.ADCBits[0]), "adc.layers.fc2="+list(found.ADCBits[1]))
	if !reflect.DeepEqual(given.Valued, found.Valued) || !reflect.DeepEqual(given.ADCBits, found.ADCBits) || !reflect.DeepEqual(given.Timed, found.Timed) {
		t.Errorf("given %v by layer, the job differs from the one that found them", given.ADCBits)
	}
}

// What decides values makes another key, each by itself; time, cost and mapping do not.
func TestReplayKey(t *testing.T) {
	key := func(sets ...string) string {
		t.Helper()
		job, err := LoadJob("quickstart", sets)
		if err != nil {
			t.Fatal(err)
		}
		return job.ReplayKey()
	}
	base := key()
	for _, set := range []string{"tiles=9", "adc.rate=1GHz", "adc.per_ima=4", "crossbar.read_latency=50ns", "mapping.replicate=balanced", "adc.bits=5", "simulate.images=4"} {
		if key(set) != base {
			t.Errorf("%s makes another key, though no value depends on it", set)
		}
	}
	seen := map[string]string{base: "the job"}
	for _, set := range []string{"train.seed=2", "train.finetune.strength=0.123", "train.schedule.kind=cosine", "encoding.input_sign=sign-split", "crossbar.wordlines=64", "crossbar.cell_bits=1",
		"replay.images=9", "replay.statistics=clips", "data.calibration=9", "adc.range=full", "checkpoint=mnist-mlp-dense", "weights=x.safetensors"} {
		k := key(set)
		if other, ok := seen[k]; ok {
			t.Errorf("%s has the key of %s", set, other)
		}
		seen[k] = set
	}
}
