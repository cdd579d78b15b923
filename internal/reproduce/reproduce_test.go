package reproduce_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bitline/internal/pipeline"
	"bitline/internal/reproduce"
)

// small is a study that trains in a blink: two models of the digits.
const small = `
name        = "small"
job         = "quickstart"
resolutions = [[8, 8, 8, 8], [3, 3, 3, 1]]
input_signs = ["unsigned", "sign-split"]
plot        = ["sparse"]

[[variant]]
name = "dense"
set  = ["train.pretrain.epochs=1", "train.pretrain.method=none", "train.prune.threshold=0", "train.finetune.epochs=0", "data.calibration=50"]

[[variant]]
name = "sparse"
set  = ["train.pretrain.epochs=1", "train.finetune.epochs=1", "data.calibration=50"]
`

func load(t *testing.T, text string) (*reproduce.Study, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.toml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return reproduce.Load(path)
}

// The shipped study covers each method at four strengths at least, and its
// checkpoints are shipped.
func TestLoadShipped(t *testing.T) {
	s, err := reproduce.Load("mnist")
	if err != nil {
		t.Fatal(err)
	}
	methods := map[string]int{}
	for _, v := range s.Variants {
		methods[string(v.Job.Train.Finetune.Method)]++
		v.Job.Checkpoint = s.Checkpoint(v)
		if _, err := v.Job.LoadModel(); err != nil {
			t.Errorf("variant %s: %v", v.Name, err)
		}
	}
	if methods["l1"] < 4 || methods["bitslice-l1"] < 4 || methods["none"] != 2 {
		t.Errorf("variants by method: %v, want a dense and a pruned one and 4 strengths of each penalty", methods)
	}
	for _, want := range [][]int{{9, 9, 9, 9}, {5, 5, 5, 3}, {4, 4, 4, 2}, {3, 3, 3, 1}} {
		if !slices.ContainsFunc(s.Resolutions, func(bits []int) bool { return slices.Equal(bits, want) }) {
			t.Errorf("resolutions are %v, want %v among them", s.Resolutions, want)
		}
	}
}

func TestLoadFaults(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", "s.toml: key job is missing\ns.toml: key resolutions is missing\ns.toml: key variant is missing"},
		{"resolutions that are no lists", strings.Replace(small, "[[8, 8, 8, 8], [3, 3, 3, 1]]", "8", 1),
			"s.toml:4: key resolutions is 8, want lists such as [[4, 4, 4, 2], [3, 3, 3, 1]]"},
		{"no resolution at all", strings.Replace(small, "[8, 8, 8, 8]", "[]", 1),
			"s.toml:4: key resolutions holds [], want lists of resolutions from 1 to 16, one per slice"},
		{"a resolution of words", strings.Replace(small, "[8, 8, 8, 8]", "[\"auto\"]", 1),
			"s.toml:4: key resolutions holds [auto], want lists of resolutions from 1 to 16, one per slice"},
		{"one resolution for four slices", strings.Replace(small, "[8, 8, 8, 8]", "[8]", 1),
			"study small, variant dense: resolutions hold [8], want one for each of the 4 slices of the variant's chip"},
		{"a variant that is a path", strings.Replace(small, `"dense"`, `"../dense"`, 1),
			`s.toml:9: key variant[0].name is "../dense", want a part of a file's name`},
		{"a variant's override", strings.Replace(small, "epochs=1", "epoch=1", 1),
			"study small, variant dense: --set train.pretrain.epoch: unknown key train.pretrain.epoch, did you mean train.pretrain.epochs?"},
		{"unknown job", strings.Replace(small, "quickstart", "quikstart", 1),
			`study small, variant dense: unknown name "quikstart" in jobs`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.text)
			if err == nil {
				t.Fatalf("no error, want %s", tt.want)
			}
			var lines []string // without the temporary folder
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if at := strings.Index(line, "s.toml"); at >= 0 {
					line = line[at:]
				}
				lines = append(lines, line)
			}
			if got := strings.Join(lines, "\n"); !strings.HasPrefix(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// A study is trained once; what is there is kept, and the tables and the chart
// have what was asked for.
func TestTrainAndMeasure(t *testing.T) {
	study, err := load(t, small)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "trained")
	if _, err := study.Measure(t.Context(), pipeline.Host{}, folder); err == nil || !strings.Contains(err.Error(), "train the study first") {
		t.Errorf("measuring before training: error %v, want one that says so", err)
	}
	if err := study.Train(t.Context(), pipeline.Host{}, folder); err != nil {
		t.Fatal(err)
	}
	want := []string{"quickstart-dense.safetensors", "quickstart-sparse.safetensors"}
	old := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	if got := names(t, folder); !slices.Equal(got, want) {
		t.Fatalf("trained %v, want %v", got, want)
	}
	for _, name := range want {
		if err := os.Chtimes(filepath.Join(folder, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	shown := 0
	host := pipeline.Host{Progress: func(string, int, int, string) { shown++ }}
	if err := study.Train(t.Context(), host, folder); err != nil {
		t.Fatal(err)
	}
	for _, name := range want {
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || !info.ModTime().Equal(old) {
			t.Errorf("%s was written again, error %v", name, err)
		}
	}
	if shown != 0 {
		t.Errorf("the second training reports progress %d times, want none: nothing is trained", shown)
	}

	found, err := study.Measure(t.Context(), host, folder)
	if err != nil {
		t.Fatal(err)
	}
	// 2 models; of 2 layers and 4 slices each; with 2 input signs, refitted or not.
	for i, rows := range []int{2, 2 * 2 * 4, 2 * 2 * 2} {
		table := found.Tables[i]
		if len(table.Rows) != rows {
			t.Errorf("%s: %d rows, want %d", table.Title, len(table.Rows), rows)
		}
		for _, variant := range []string{"dense", "sparse"} {
			if !slices.ContainsFunc(table.Rows, func(row []string) bool { return row[0] == variant }) {
				t.Errorf("%s: no row of %s", table.Title, variant)
			}
		}
		for _, row := range table.Rows {
			if len(row) != len(table.Columns) {
				t.Errorf("%s: row %v has %d cells, want %d", table.Title, row, len(row), len(table.Columns))
			}
		}
	}
	if got := len(found.Chart.Series); got != 2 {
		t.Errorf("the chart has %d lines, want that of the plotted variant, refitted or not", got)
	}
	if _, err := found.Chart.SVG(); err != nil {
		t.Errorf("chart: %v", err)
	}
}

// A variant that shares its pre-training with the one before has the bytes that
// it has when trained alone.
func TestSharedPretrainingChangesNothing(t *testing.T) {
	shared := strings.Replace(small, "[[variant]]\nname = \"sparse\"", "[[variant]]\nname = \"sparser\"\n"+
		"set  = [\"train.pretrain.epochs=1\", \"train.finetune.epochs=1\", \"train.finetune.strength=5\", \"data.calibration=50\"]\n\n[[variant]]\nname = \"sparse\"", 1)
	var content [2]string
	for i, text := range []string{small, shared} {
		study, err := load(t, text)
		if err != nil {
			t.Fatal(err)
		}
		folder := t.TempDir()
		if err := study.Train(t.Context(), pipeline.Host{}, folder); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(folder, "quickstart-sparse.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		content[i] = string(b)
	}
	if content[0] != content[1] {
		t.Error("the checkpoint of a forked training differs from that of its own")
	}
}

// A checkpoint that cannot be written is told before anything is trained.
func TestTrainWhereNothingCanBeWritten(t *testing.T) {
	long := strings.Repeat("x", 300)
	study, err := load(t, strings.ReplaceAll(small, `"sparse"`, `"`+long+`"`))
	if err != nil {
		t.Fatal(err)
	}
	folder, begun := t.TempDir(), false
	host := pipeline.Host{Progress: func(string, int, int, string) { begun = true }}
	err = study.Train(t.Context(), host, folder)
	want := "writing " + filepath.Join(folder, "quickstart-"+long+".safetensors") + ": file name too long"
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
	if begun || len(names(t, folder)) > 0 {
		t.Errorf("training began: %t, and left %v, want neither", begun, names(t, folder))
	}
}

func TestInterrupted(t *testing.T) {
	study, err := load(t, small)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	folder := t.TempDir()
	if err := study.Train(ctx, pipeline.Host{}, folder); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if got := names(t, folder); len(got) != 0 {
		t.Errorf("left %v, want nothing", got)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}
