package main

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// readTrace reads a trace by the description of Chrome's format: complete events
// with their beginning and duration in microseconds.
func readTrace(t *testing.T, r io.Reader) (spans int, last float64) {
	t.Helper()
	var trace struct {
		Events []struct {
			Phase    string  `json:"ph"`
			At       float64 `json:"ts"`
			Duration float64 `json:"dur"`
		} `json:"traceEvents"`
	}
	if err := json.NewDecoder(r).Decode(&trace); err != nil {
		t.Fatal(err)
	}
	for _, e := range trace.Events {
		if e.Phase == "X" {
			spans++
			last = max(last, e.At)
		}
	}
	return spans, last
}

func TestRunTraces(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, short("run", "quickstart", "--trace", "t.json", "--trace-window", "0..2us")...)
	file, err := os.Open("t.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	spans, last := readTrace(t, file)
	if spans < 500 || last < 1.5 || last > 2 {
		t.Errorf("%d spans, the last at %g µs, want hundreds up to 2 µs", spans, last)
	}

	succeed(t, short("run", "quickstart", "--exact", "--trace", "t.json.gz", "--trace-window", "0..2us")...)
	packed, err := os.Open("t.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	exact, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := os.ReadFile("t.json")
	if err != nil {
		t.Fatal(err)
	}
	if string(exact) != string(plain) {
		t.Error("the trace of an exact run differs")
	}
}

func TestRunObserves(t *testing.T) {
	out := succeed(t, short("run", "quickstart", "--timeline", "--power")...)
	for _, want := range []string{
		"\nBusiest resources in a window of 800 ns, 12.5 ns a column",
		"\n  crossbar of fc1  chip.tile[0].ima[0]          100.0 %",
		"\nPower in a settled window of 800 ns, in 8 bins of 100 ns\n",
		"\n  fc1 works once an image: ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestObserveRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "t.json")
	tests := []struct {
		name string
		args []string
		code int
		want string
	}{
		{"window alone", []string{"--trace-window", "0..1us"}, 2, "--trace-window and --trace-settled want --trace FILE"},
		{"settled alone", []string{"--trace-settled"}, 2, "--trace-window and --trace-settled want --trace FILE"},
		{"backwards", []string{"--trace", path, "--trace-window", "2us..1us"}, 2, "want a later end than beginning"},
		{"no window", []string{"--trace", path, "--trace-window", "2us"}, 2, "want two times such as 0..20us"},
		{"no folder", []string{"--trace", filepath.Join(dir, "no", "t.json")}, 1, "no such file or directory"},
		{"rounds", []string{"--trace", path, "--set", "mapping.rounds=true", "--set", "tiles=1", "--set", "tile.imas=1"}, 1, "in 2 rounds, want one"},
		{"power by data", []string{"--power", "--set", `pipeline.skip_empty_steps="array"`}, 1, "power over time is asked for, and the reads of a product differ"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := bitlineIn(t.Context(), os.Getenv, short(append([]string{"run", "quickstart"}, tt.args...)...)...)
			if got.code != tt.code || !strings.Contains(got.err, tt.want) {
				t.Errorf("exit %d: %s, want %d and %q", got.code, got.err, tt.code, tt.want)
			}
		})
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left %v, error %v, want nothing", entries, err)
	}
}

// Time that follows the data is that of the replayed images: fewer reads than
// without skipping, the same classes, and no later.
func TestRunFollowsData(t *testing.T) {
	dir := t.TempDir()
	run := func(name string, args ...string) (r struct {
		Accuracy  float64
		LatencyNS float64 `json:"latency_ns"`
		Activity  *struct {
			Images    []string
			Driven    float64   `json:"driven_share"`
			Empty     float64   `json:"empty_share"`
			Reads     float64   `json:"reads_per_image"`
			LatencyNS []float64 `json:"latency_ns"`
		}
	}) {
		path := filepath.Join(dir, name)
		succeed(t, short(append([]string{"run", "quickstart", "--json", path}, args...)...)...)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(content, &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	plain := run("plain.json")
	if plain.Activity != nil {
		t.Errorf("activity is %+v where nothing follows the data, want none", plain.Activity)
	}
	skipping := run("skipping.json", "--set", `pipeline.skip_empty_steps="array"`, "--set", "simulate.activity_images=3")
	a := skipping.Activity
	if a == nil || len(a.Images) != 3 || len(a.LatencyNS) != 3 {
		t.Fatalf("activity is %+v, want that of 3 images", a)
	}
	// Two layers on 8 arrays each are read in 8 steps at most.
	if a.Reads <= 0 || a.Reads >= 2*8*8 || a.Empty <= 0 || a.Empty >= 1 || a.Driven <= 0 || a.Driven >= 0.5 {
		t.Errorf("%g reads an image, %g of the steps empty, %g of the wordlines driven, want less than all", a.Reads, a.Empty, a.Driven)
	}
	if skipping.Accuracy != plain.Accuracy || skipping.LatencyNS >= plain.LatencyNS {
		t.Errorf("accuracy %g and latency %g ns, want %g and less than %g", skipping.Accuracy, skipping.LatencyNS, plain.Accuracy, plain.LatencyNS)
	}
	assumed := run("assumed.json", "--set", `pipeline.skip_empty_steps="array"`, "--set", "simulate.activity=0.25")
	if assumed.Activity == nil || len(assumed.Activity.Images) != 0 || assumed.LatencyNS < skipping.LatencyNS {
		t.Errorf("activity is %+v and latency %g ns, want none of images, and no empty steps", assumed.Activity, assumed.LatencyNS)
	}
}

// TestSlackOfData refuses what cannot be explained before anything is computed.
func TestSlackOfData(t *testing.T) {
	got := bitline(t, "run", "quickstart", "--slack", "--set", "pipeline.skip_empty_steps=array")
	if want := "bitline: --slack: the time of chip bitslice-8bit follows the data, want one whose products of a layer all take the same"; got.code != 1 || got.out != "" || !strings.HasPrefix(got.err, want) {
		t.Errorf("exit %d, %q, %q; want 1, nothing and %q", got.code, got.out, got.err, want)
	}
}
