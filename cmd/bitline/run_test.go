package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"bitline/configs"
	"bitline/internal/config"
	"bitline/internal/pipeline"
	"bitline/workloads"
)

// runJSON is the part of a result's JSON that is the interface's core, by its
// own description rather than the program's type.
type runJSON struct {
	Schema         string   `json:"schema"`
	Accuracy       *float64 `json:"accuracy"`
	AccuracyNoADC  *float64 `json:"accuracy_no_adc"`
	Images         int      `json:"images"`
	LatencyNS      float64  `json:"latency_ns"`
	IntervalNS     float64  `json:"interval_ns"`
	EnergyPJ       float64  `json:"energy_pj"`
	EnergySinglePJ float64  `json:"energy_single_pj"`
	AreaMM2        float64  `json:"area_mm2"`
	ADCBits        [][]int  `json:"adc_bits"`
	ADCLaw         string   `json:"adc_law"`
	Energy         []struct {
		Component string   `json:"component"`
		Action    string   `json:"action"`
		Count     *int64   `json:"count"`
		EnergyPJ  *float64 `json:"energy_pj"`
	} `json:"energy"`
}

func decodeRun(t *testing.T, path string) runJSON {
	t.Helper()
	var r runJSON
	if err := json.Unmarshal(readFile(t, path), &r); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return r
}

// check finds what no result may have.
func (r runJSON) check(t *testing.T, images int) {
	t.Helper()
	if r.Schema != pipeline.Schema {
		t.Errorf("schema is %q, want %q", r.Schema, pipeline.Schema)
	}
	for name, x := range map[string]*float64{"accuracy": r.Accuracy, "accuracy_no_adc": r.AccuracyNoADC} {
		if x == nil || *x < 0 || *x > 1 {
			t.Errorf("%s is %v, want 0 to 1", name, x)
		}
	}
	if r.Images != images {
		t.Errorf("images is %d, want %d", r.Images, images)
	}
	for name, x := range map[string]float64{
		"latency_ns": r.LatencyNS, "interval_ns": r.IntervalNS, "energy_pj": r.EnergyPJ, "energy_single_pj": r.EnergySinglePJ, "area_mm2": r.AreaMM2,
	} {
		if !(x > 0) || math.IsInf(x, 0) {
			t.Errorf("%s is %g, want more than 0", name, x)
		}
	}
	if r.LatencyNS < r.IntervalNS {
		t.Errorf("latency_ns is %g, want at least the interval %g: two layers follow each other", r.LatencyNS, r.IntervalNS)
	}
	sum := 0.0
	for _, row := range r.Energy {
		if row.Component == "" || row.Action == "" || row.Count == nil || row.EnergyPJ == nil || *row.Count < 0 || *row.EnergyPJ < 0 {
			t.Errorf("energy row %+v, want component, action, count and energy_pj", row)
			continue
		}
		sum += *row.EnergyPJ
	}
	if math.Abs(sum-r.EnergyPJ) > 1e-6*r.EnergyPJ {
		t.Errorf("energy rows add up to %g pJ, want energy_pj = %g", sum, r.EnergyPJ)
	}
}

func TestRunQuickstart(t *testing.T) {
	dir := t.TempDir()
	path, record := filepath.Join(dir, "r.json"), filepath.Join(dir, "r.csv")
	out := succeed(t, short("run", "quickstart", "--json", path, "--csv", record, "--set", "adc.bits=[4,4,4,2]")...)

	r := decodeRun(t, path)
	r.check(t, 50)
	if *r.AccuracyNoADC < 0.8 {
		t.Errorf("accuracy_no_adc is %g after two epochs, want at least 0.8", *r.AccuracyNoADC)
	}
	if len(r.ADCBits) != 2 || len(r.ADCBits[0]) != 4 || r.ADCBits[0][0] != 4 || r.ADCBits[1][3] != 2 {
		t.Errorf("adc_bits is %v, want [4 4 4 2] for each of 2 layers", r.ADCBits)
	}
	if r.ADCLaw != "power-law" {
		t.Errorf("adc_law is %q, want the chip's power-law", r.ADCLaw)
	}

	records, err := csv.NewReader(bytes.NewReader(readFile(t, record))).ReadAll()
	if err != nil || len(records) != 2 {
		t.Fatalf("CSV has %d lines, error %v, want a header and one record", len(records), err)
	}
	fields := map[string]string{}
	for i, name := range records[0] {
		fields[name] = records[1][i]
	}
	for name, want := range map[string]float64{
		"accuracy": *r.Accuracy, "accuracy_no_adc": *r.AccuracyNoADC, "images": 50, "latency_ns": r.LatencyNS,
		"interval_ns": r.IntervalNS, "energy_pj": r.EnergyPJ, "energy_single_pj": r.EnergySinglePJ, "area_mm2": r.AreaMM2,
	} {
		if got, err := strconv.ParseFloat(fields[name], 64); err != nil || got != want {
			t.Errorf("CSV %s is %q, want %g as in the JSON", name, fields[name], want)
		}
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "Next: ") || !strings.Contains(last, "bitline run quickstart") {
		t.Errorf("the report ends with %q, want a next step", last)
	}
}

// The same job gives the same bytes, whatever the number of processors.
func TestRunTwiceGivesEqualBytes(t *testing.T) {
	dir := t.TempDir()
	results := func(name string) []string {
		j, c, columns := filepath.Join(dir, name+".json"), filepath.Join(dir, name+".csv"), filepath.Join(dir, name+"-columns.csv")
		out := succeed(t, short("run", "quickstart", "--set", "adc.bits=3", "--set", "adc.recalibrate=affine", "--json", j, "--csv", c, "--certificate", columns)...)
		return []string{out, string(readFile(t, j)), string(readFile(t, c)), string(readFile(t, columns))}
	}
	first := results("first")
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	for i, second := range results("second") {
		if second != first[i] {
			t.Errorf("%s differs:\n%s\n%s", []string{"report", "JSON", "CSV"}[i], first[i], second)
		}
	}
}

// A checkpoint gives what training within the run gives.
func TestTrainThenRun(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	train := []string{"--set", "train.pretrain.epochs=2", "--set", "train.finetune.epochs=1"}
	out := succeed(t, append([]string{"train", "quickstart", "--out", "d.safetensors"}, train...)...)
	if want := "mlp-64-32-10 trained on digits (the 1,797 UCI test images, 8×8): d.safetensors\nNext: bitline run quickstart --checkpoint d.safetensors\n"; !strings.HasSuffix(out, want) {
		t.Errorf("train prints %q, want at its end %q", out, want)
	}
	epochs := regexp.MustCompile(`(?m)^(pre-training epoch [12]/2|fine-tuning epoch 1/1) loss \d\.\d{4} training \d\d\.\d\d % validation \d\d\.\d\d % penalty \d\.\d{4}$`)
	if n := len(epochs.FindAllString(out, -1)); n != 3 || strings.Count(out, "\n") != 5 {
		t.Errorf("train prints %q, want a line for each of 3 epochs, and 2 more", out)
	}
	if again := succeed(t, append([]string{"train", "quickstart", "--out", "d.safetensors", "--set", "weights=", "--set", "checkpoint = "}, train...)...); again != out {
		t.Errorf("with the keys of weights emptied train prints %q, want %q", again, out)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, error %v, want the checkpoint alone", entries, err)
	}
	succeed(t, append([]string{"run", "quickstart", "--json", "trained.json", "--set", "adc.bits=3"}, train...)...)
	succeed(t, "run", "quickstart", "--json", "loaded.json", "--checkpoint", "d.safetensors", "--set", "adc.bits=3")
	trained, loaded := readFile(t, "trained.json"), readFile(t, "loaded.json")
	if !bytes.Equal(trained, loaded) {
		t.Errorf("results differ:\n%s\n%s", trained, loaded)
	}
	if r := decodeRun(t, "loaded.json"); r.Images != 450 {
		t.Errorf("images is %d, want all 450 test images", r.Images)
	}
	// --train trains what has a checkpoint; the shorter training is another model.
	job := "name = \"mine\"\nchip = \"bitslice-8bit\"\nnetwork = \"mlp-64-32-10\"\ncheckpoint = \"d.safetensors\"\n"
	writeFile(t, "job.toml", []byte(job))
	succeed(t, "run", "job.toml", "--json", "a.json", "--set", "adc.bits=3")
	succeed(t, short("run", "job.toml", "--json", "b.json", "--train")...)
	if a, b := decodeRun(t, "a.json"), decodeRun(t, "b.json"); *a.Accuracy != *decodeRun(t, "loaded.json").Accuracy || b.Images != 50 {
		t.Errorf("job.toml: accuracy %g of its checkpoint and %d images trained, want %g and 50", *a.Accuracy, b.Images, *decodeRun(t, "loaded.json").Accuracy)
	}
}

// A training that is interrupted after some epochs leaves its state, and
// --resume ends in the bytes of an undisturbed one.
func TestTrainInterruptedAndResumed(t *testing.T) {
	t.Chdir(t.TempDir())
	args := func(out string, more ...string) []string {
		return append([]string{"train", "quickstart", "--out", out, "--set", "train.pretrain.epochs=20", "--set", "train.finetune.epochs=20"}, more...)
	}
	succeed(t, args("whole.safetensors")...)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat("cut.safetensors.state"); err == nil {
				cancel()
			}
			time.Sleep(100 * time.Microsecond)
		}
	}()
	got := bitlineIn(ctx, func(string) string { return "" }, args("cut.safetensors")...)
	want := outcome{1, "", "bitline: interrupted: training stopped (context canceled); its state is in cut.safetensors.state, continue with --resume\n"}
	got.out, got.err = "", stopped(got.err) // epochs went before
	if got != want {
		t.Fatalf("got %+v\nwant %+v", got, want)
	}
	if _, err := os.Stat("cut.safetensors"); err == nil {
		t.Error("an interrupted training wrote a checkpoint")
	}

	other := bitline(t, args("cut.safetensors", "--resume", "--set", "train.seed=2")...)
	if other.code != 1 || !strings.Contains(other.err, "seed is 1, want 2") {
		t.Errorf("resuming with another seed: %+v, want an error that says so", other)
	}
	succeed(t, args("cut.safetensors", "--resume")...)
	if !bytes.Equal(readFile(t, "cut.safetensors"), readFile(t, "whole.safetensors")) {
		t.Error("the resumed training's checkpoint differs from the undisturbed one's")
	}
	if _, err := os.Stat("cut.safetensors.state"); err == nil {
		t.Error("a finished training leaves its state")
	}
}

// stopped drops where in the training it was stopped, which no test decides.
func stopped(text string) string {
	before, rest, found := strings.Cut(text, "(")
	_, after, closed := strings.Cut(rest, "context canceled")
	if !found || !closed {
		return text
	}
	return before + "(context canceled" + after
}

// An interrupted run stops soon, says so and writes nothing.
func TestRunInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := bitlineIn(ctx, func(string) string { return "" }, "run", "quickstart", "--json", "r.json", "--set", "train.pretrain.epochs=100000")
	if got.code != 1 || got.out != "" || !strings.HasPrefix(got.err, "bitline: interrupted: ") || strings.Count(got.err, "\n") != 1 {
		t.Errorf("got %+v, want exit 1 and one line", got)
	}
	if entries, err := os.ReadDir("."); err != nil || len(entries) != 0 {
		t.Errorf("left %v, error %v, want nothing", entries, err)
	}
}

// Every shipped job loads; those whose data set is there run.
func TestShippedJobs(t *testing.T) {
	names := config.Source{Embedded: configs.Files(), Kind: "jobs"}.Names()
	if len(names) < 2 {
		t.Fatalf("%d shipped jobs %v, want at least quickstart and mnist-mlp", len(names), names)
	}
	found := map[string]bool{}
	for _, s := range workloads.List(workloads.NewFinder("", os.Getenv)) {
		found[s.Name] = s.Found
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			job, err := pipeline.LoadJob(name, nil)
			if err != nil {
				t.Fatal(err)
			}
			if job.Name != name {
				t.Errorf("the job in %s.toml is called %q", name, job.Name)
			}
			if !job.HasValues() {
				runShapes(t, job)
				return
			}
			if !found[job.DataSet] {
				t.Skipf("NOT RUN: the data set %s was not found, see bitline data list", job.DataSet)
			}
			if testing.Short() && job.DataSet != "digits" && name != "mnist-mlp" {
				t.Skip("one job on a large data set is enough where the race detector watches")
			}
			path := filepath.Join(t.TempDir(), "r.json")
			args := []string{"run", name, "--json", path, "--set", "replay.images=100"}
			if job.Checkpoint == "" {
				args = append(args, "--set", "train.pretrain.epochs=2", "--set", "train.finetune.epochs=1")
			}
			got := bitlineIn(t.Context(), os.Getenv, args...)
			if got.code != 0 || got.err != "" {
				t.Fatalf("exit %d: %s", got.code, got.err)
			}
			r := decodeRun(t, path)
			r.check(t, 100)
			if *r.Accuracy < 0.85 {
				t.Errorf("accuracy is %g, want at least 0.85", *r.Accuracy)
			}
		})
	}
}

// runShapes runs a shipped job without values: the whole of ResNet-18, of others
// the mapping, which takes no seconds.
func runShapes(t *testing.T, job *pipeline.Job) {
	t.Helper()
	if job.Name == "resnet-18-isaac" && !testing.Short() {
		out := succeed(t, "run", job.Name)
		if !strings.Contains(out, "\n  bottleneck    ") {
			t.Errorf("no bottleneck in\n%s", out)
		}
		return
	}
	if _, err := pipeline.Map(t.Context(), job.Chip, job.Network); err != nil {
		t.Error(err)
	}
}

// Without a job the digits run, and the absence of MNIST is told.
func TestRunWithoutAJob(t *testing.T) {
	if testing.Short() {
		t.Skip("trains quickstart in full, about a second")
	}
	out := succeed(t, "run", "--data", t.TempDir())
	if !strings.HasPrefix(out, "quickstart: ") || !strings.Contains(out, "\nMNIST was not found;") {
		t.Errorf("got\n%s\nwant the report of quickstart and a word on MNIST", out)
	}
}

// --checkpoint stands in the place of the job's own, in the configuration that the
// page shows too, and is a file of the working directory wherever the job lies.
func TestRunCheckpointOfAnotherFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	makeFolder(t, "my jobs")
	writeFile(t, "my jobs/job.toml", []byte("base = \"quickstart\"\ncheckpoint = \"mnist-mlp-dense\"\n[replay]\nimages = 50\n"))
	succeed(t, short("train", "quickstart", "--out", "d.safetensors")...)
	out := succeed(t, "run", "my jobs/job.toml", "--checkpoint", "d.safetensors", "--html", "r.html")
	if want := `bitline run 'my jobs/job.toml' --checkpoint d.safetensors`; !strings.Contains(out, want) {
		t.Errorf("it suggests\n%s\nwant a command with %s", out, want)
	}
	page := string(readFile(t, "r.html"))
	if strings.Contains(page, "mnist-mlp-dense") || !strings.Contains(page, "checkpoint = &#34;../d.safetensors&#34;") {
		t.Error("the page's configuration names another checkpoint than ../d.safetensors")
	}
}
