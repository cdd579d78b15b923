package reproduce

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"bitline/internal/pipeline"
	"bitline/workloads"
)

func TestMcNemar(t *testing.T) {
	tests := []struct {
		better, worse int
		want          float64
	}{
		{0, 0, 1},
		{5, 5, 1},       // 2·P(X ≤ 5) > 1
		{0, 5, 2. / 32}, // both ends
		{1, 9, 2 * 11. / 1024},
		{9, 1, 2 * 11. / 1024},
	}
	for _, tt := range tests {
		if got := mcnemar(tt.better, tt.worse); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%d better, %d worse: p is %g, want %g", tt.better, tt.worse, got, tt.want)
		}
	}
	better, worse := differ([]bool{true, true, false, false, true}, []bool{true, false, true, false, false})
	if better != 2 || worse != 1 {
		t.Errorf("%d better, %d worse, want 2 and 1", better, worse)
	}
}

func TestReadCurve(t *testing.T) {
	var curve []curvePoint
	for _, m := range [][2]float64{{0.98, 0.16}, {0.96, 0.04}, {0.97, 0.02}, {0.90, 0.01}} {
		curve = append(curve, curvePoint{known: true, accuracy: m[0], worth: []float64{m[1]}})
	}
	tests := []struct {
		name   string
		target float64
		want   float64 // 0: not known
	}{
		{"half-way in the logarithm", 0.97, 0.08},
		{"at a model", 0.98, 0.16},
		{"just below it", 0.98 - 1e-9, 0.16},
		{"over the dip", 0.95, 0.02 * math.Pow(0.5, 2./7)},
		{"better than all", 0.99, 0},
		{"worse than all", 0.89, 0},
	}
	for _, tt := range tests {
		got, ok := readCurve(curve, 0, tt.target)
		if ok != (tt.want > 0) || math.Abs(got-tt.want) > 1e-6 {
			t.Errorf("%s: share is %g, known %v, want %g", tt.name, got, ok, tt.want)
		}
	}
	curve[1].known = false
	if share, ok := readCurve(curve[:3], 0, 0.975); ok {
		t.Errorf("share is %g beside a model that is not there, want none", share)
	}
	curve[1].known, curve[1].worth = true, []float64{0}
	if share, ok := readCurve(curve[:2], 0, 0.975); ok {
		t.Errorf("share is %g beside a model without digits, want none", share)
	}
}

// The classes of several goroutines are those of one replay.
func TestRightWithoutConverters(t *testing.T) {
	job, err := pipeline.LoadJob("mnist-mlp", nil)
	if err != nil {
		t.Fatal(err)
	}
	model, err := job.LoadModel()
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 7))
	images := workloads.Images{Shape: model.Network.Input, Pixels: make([]uint8, 4000*784), Labels: make([]uint8, 4000)}
	for i := range images.Pixels {
		images.Pixels[i] = uint8(rng.IntN(256))
	}
	one := model.NewExecutor(model.Exact(), workloads.Options{Batch: 400})
	var classes []int
	for at := 0; at < images.Len(); at += 400 {
		classes = append(classes, one.Classify(images.Slice(at, at+400))...)
	}
	for i, class := range classes {
		images.Labels[i] = uint8(class)
		if i%3 == 0 {
			images.Labels[i] = uint8(class+1) % 10
		}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	right, err := rightWithoutConverters(t.Context(), model, images)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range right {
		if r != (i%3 != 0) {
			t.Fatalf("image %d is right: %v, want %v", i, r, !r)
		}
	}
}

// smallCurves trains in a blink.
const smallCurves = `
name     = "blink"
kind     = "curves"
job      = "quickstart"
seeds    = [3, 4]
strength = "train.finetune.strength"
set      = ["train.pretrain.epochs=1", "train.finetune.epochs=1"]
drops    = [0, 90]
dense    = ["train.pretrain.method=none", "train.prune.threshold=0", "train.finetune.method=none"]

[[single]]
name = "pruned"
set  = ["train.finetune.method=none"]

[[method]]
name      = "l1"
set       = ["train.finetune.method=l1"]
strengths = [0.1, 1000]

[[method]]
name      = "bits"
set       = ["train.finetune.method=bitslice-l1"]
strengths = [0.1, 0.2, 0.4]
`

func loadCurves(t *testing.T, text string) (*Study, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.toml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return Load(path)
}

func TestCurves(t *testing.T) {
	s, err := loadCurves(t, smallCurves)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Variants) != 2*(1+1+2+3) || s.Variants[0].Name != "dense-seed-3" || s.Variants[1].Name != "pruned-seed-3" || s.Variants[6].Name != "bits-0.4-seed-3" {
		t.Fatalf("%d variants, the first %s, then %s, the seventh %s", len(s.Variants), s.Variants[0].Name, s.Variants[1].Name, s.Variants[6].Name)
	}
	folder := t.TempDir()
	host := pipeline.Host{Data: workloads.NewFinder("", func(string) string { return "" })}
	if err := s.Train(t.Context(), host, folder); err != nil {
		t.Fatal(err)
	}
	all, err := s.Measure(t.Context(), host, folder)
	if err != nil {
		t.Fatal(err)
	}
	found := all[0]
	models, compared := found.Tables[0], found.Tables[1]
	if len(models.Rows) != 14 || models.Rows[0][1] != "dense" || models.Rows[1][1] != "pruned" || models.Rows[13][0] != "4" {
		t.Errorf("models are %v, want 14", models.Rows)
	}
	for _, row := range models.Rows {
		if len(row) != len(models.Columns) {
			t.Errorf("row %v has %d cells, want %d", row, len(row), len(models.Columns))
		}
	}
	// No model is 90 points worse than the dense one, as there are ten classes.
	if len(compared.Rows) != 2 || compared.Rows[1][1] != "–" || compared.Rows[1][2] != "0" || len(compared.Rows[0]) != len(compared.Columns) {
		t.Errorf("compared %v", compared.Rows)
	}
	svg, err := found.SVG()
	if err != nil || !strings.Contains(string(svg), "bits") || len(found.Charts) != 1 || len(found.Charts[0].Series) != 4 {
		t.Errorf("%d charts, error %v, want one of 4 lines", len(found.Charts), err)
	}
}

// With a rule every model has converters, and methods are compared in what they cost.
func TestCurvesWithConverters(t *testing.T) {
	s, err := loadCurves(t, "rule = \"worst-case\"\n"+smallCurves)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := s.Train(t.Context(), pipeline.Host{}, folder); err != nil {
		t.Fatal(err)
	}
	all, err := s.Measure(t.Context(), pipeline.Host{}, folder)
	if err != nil {
		t.Fatal(err)
	}
	models := all[0].Tables[0]
	for _, row := range models.Rows { // seed, method, strength, accuracy, 4 slices, mean, 2 of McNemar, bits, accuracy, 3 costs
		if len(row) != len(models.Columns) || len(row) != 16 || row[12] != row[3] {
			t.Errorf("row %v of %d cells, want 16 and the accuracy without converters where none clips", row, len(row))
		}
	}
	if len(all[0].Charts) != 5 || len(all[0].Charts[4].Series) != 4 || len(all[0].Charts[4].Series[0].X) != 2 {
		t.Errorf("charts are %+v, want 5 of 4 lines, the first of 2 points", all[0].Charts)
	}
	var titles []string
	for _, table := range all[0].Tables[1:] {
		titles = append(titles, strings.Split(table.Title, " at equal")[0])
		if len(table.Rows) != 2 || len(table.Rows[0]) != 6 {
			t.Errorf("%s: rows %v, want two of 6 cells", table.Title, table.Rows)
		}
	}
	if got, want := strings.Join(titles, ", "), "Mean non-zero share, Mean ADC bits, ADC energy in nJ, Energy in nJ, Latency in µs"; got != want {
		t.Errorf("compared in %s, want %s", got, want)
	}
}

func TestCurvesFaults(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", "kind = \"curves\"", "s.toml: key job is missing"},
		{"no seed", strings.Replace(smallCurves, "[3, 4]", "[]", 1), "seeds holds nothing, want at least one"},
		{"one strength", strings.Replace(smallCurves, "[0.1, 1000]", "[3]", 1), "strengths holds 1, want at least 2"},
		{"a key that is none", strings.Replace(smallCurves, "train.finetune.strength", "train.strong", 1), "train.strong"},
		{"a method that is a path", strings.Replace(smallCurves, `"bits"`, `"a/b"`, 1), `is "a/b", want a part of a file's name`},
		{"a shape alone", strings.Replace(smallCurves, "quickstart", "resnet-18-isaac", 1), "data.set"},
	}
	for _, tt := range tests {
		if _, err := loadCurves(t, tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error is %v, want %q in it", tt.name, err, tt.want)
		}
	}
}
