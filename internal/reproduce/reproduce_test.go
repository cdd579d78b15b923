package reproduce_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bitline/internal/pipeline"
	"bitline/internal/reproduce"
	"bitline/workloads"
	"bitline/workloads/train"
)

// small is a study that trains in a blink: two models of the digits.
const small = `
name        = "small"
job         = "quickstart"
resolutions = [[8, 8, 8, 8], [3, 3, 3, 1]]
input_signs = ["unsigned", "sign-split"]
plot        = ["sparse"]
rules       = ["worst-case", "loss"]
budget      = 10

[[variant]]
name = "dense"
set  = ["train.pretrain.epochs=1", "train.pretrain.method=none", "train.prune.threshold=0", "train.finetune.epochs=0", "data.calibration=50"]

[[variant]]
name = "sparse"
set  = ["train.pretrain.epochs=1", "train.finetune.epochs=1", "data.calibration=50"]

[paper]
l1          = "dense"
bitslice_l1 = "sparse"
`

// fewest is a study of fewest bits with one more line.
func fewest(line string) string {
	return "name = \"few\"\nkind = \"fewest-bits\"\n[[model]]\nnetwork = \"n\"\nmethod = \"m\"\njob = \"mnist-mlp\"\ncheckpoint = \"mnist-mlp-dense\"\nbudget = 1\n" + line
}

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
		if !slices.ContainsFunc(s.Accuracy.Resolutions, func(bits []int) bool { return slices.Equal(bits, want) }) {
			t.Errorf("resolutions are %v, want %v among them", s.Accuracy.Resolutions, want)
		}
	}
}

// Every model of the studies that "all" holds is shipped, so that they can be repeated
// without training.
func TestAllIsShipped(t *testing.T) {
	all, err := reproduce.Load("all")
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Parts) < 4 || !all.NeedsModels() || len(all.Variants) != 0 {
		t.Errorf("%d studies, needs models %t, %d variants of its own; want at least 4, true and none", len(all.Parts), all.NeedsModels(), len(all.Variants))
	}
	recipes := map[string]string{} // by checkpoint
	for _, s := range all.Parts {
		for _, v := range s.Variants {
			job := *v.Job
			job.Checkpoint = s.Checkpoint(v)
			m, err := job.LoadModel()
			if err != nil {
				t.Errorf("study %s, variant %s: %v", s.Name, v.Name, err)
				continue
			}
			if got, want := trains(t, &job), made(m.Origin); got != want {
				t.Errorf("study %s, variant %s trains %s, shipped is %s", s.Name, v.Name, got, want)
			}
			if other, ok := recipes[job.Checkpoint]; ok && other != job.Recipe() {
				t.Errorf("study %s, variant %s: another study trains %s otherwise", s.Name, v.Name, job.Checkpoint)
			}
			recipes[job.Checkpoint] = job.Recipe()
		}
	}
}

func made(o workloads.Origin) string {
	return fmt.Sprintf("%s %g, seed %d, %d epochs", o.Method, o.Strength, o.Seed, o.Epochs)
}

// trains is what a model's origin would be.
func trains(t *testing.T, job *pipeline.Job) string {
	c := job.Train
	o := workloads.Origin{Method: "dense", Seed: c.Seed, Epochs: c.Pretrain.Epochs + c.Finetune.Epochs}
	for _, p := range []train.Phase{c.Pretrain, c.Finetune} {
		if p.Epochs > 0 && p.Method != train.None {
			o.Method, o.Strength = string(p.Method), p.Strength
		}
	}
	if c.PruneThreshold > 0 && (c.Finetune.Epochs == 0 || c.Finetune.Method == train.None) {
		o.Method, o.Strength = "pruned", c.PruneThreshold
	}
	if h := c.Through; h != nil {
		start := *job
		start.Checkpoint = h.Name
		m, err := start.LoadModel()
		if err != nil {
			t.Fatal(err)
		}
		o.Method, o.Strength, o.Epochs = "through-adc", h.Excess, o.Epochs+m.Origin.Epochs
	}
	return made(o)
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
			"s.toml, variant dense: resolutions hold [8], want one for each of the 4 slices of the variant's chip"},
		{"a variant that is a path", strings.Replace(small, `"dense"`, `"../dense"`, 1),
			`s.toml:11: key variant[0].name is "../dense", want a part of a file's name`},
		{"a variant's override", strings.Replace(small, "epochs=1", "epoch=1", 1),
			"s.toml, variant dense: --set train.pretrain.epoch: unknown key train.pretrain.epoch, did you mean train.pretrain.epochs?"},
		{"a study of studies of studies", "kind = \"all\"\nstudies = [\"all\"]", `studies/all.toml:3: key kind is "all" in a study that is part of one, want any other kind`},
		{"a model without its job", "kind = \"fewest-bits\"\n[[model]]\nname = \"x\"", "s.toml:2: key model[0].budget is missing"},
		{"a reference that is not there", fewest("reference = \"dense\""), `s.toml:9: key model[0].reference is "dense", want the checkpoint of a model before this one`},
		{"a layer of its own resolution", fewest("set = [\"adc.layers.fc2=5\"]"),
			"s.toml, variant mnist-mlp-dense: adc.layers gives layer fc2 resolutions of its own, want none: models are replayed at one for each slice of the chip"},
		{"three resolutions for four slices", fewest("bits = [3, 3, 1]"), "s.toml, variant mnist-mlp-dense: resolutions hold [3 3 1], want one for each of the 4 slices of the variant's chip"},
		{"unknown job", strings.Replace(small, "quickstart", "quikstart", 1),
			`s.toml, variant dense: unknown name "quikstart" in jobs`},
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

	all, err := study.Measure(t.Context(), host, folder)
	if err != nil {
		t.Fatal(err)
	}
	found := all[0]
	// Sparsity: 2 models. Claims. Rules: 2 by 2 models, refitted or not; what arrives of
	// each. Replays: 2 input signs, refitted or not. Layers: 2, of 4 slices each.
	for i, rows := range []int{2, 4, 2 * 2 * 2, 0, 2 * 2 * 2, 2 * 2 * 2, 2 * 2 * 4} {
		table := found.Tables[i]
		if len(table.Rows) != rows && rows > 0 {
			t.Errorf("%s: %d rows, want %d", table.Title, len(table.Rows), rows)
		}
		for _, variant := range []string{"dense", "sparse"} {
			if i != 1 && i != 3 && !slices.ContainsFunc(table.Rows, func(row []string) bool { return row[0] == variant }) {
				t.Errorf("%s: no row of %s", table.Title, variant)
			}
		}
		for _, row := range table.Rows {
			if len(row) != len(table.Columns) {
				t.Errorf("%s: row %v has %d cells, want %d", table.Title, row, len(row), len(table.Columns))
			}
		}
	}
	checkRules(t, found)
	if len(found.Charts) != 1 || len(found.Charts[0].Series) != 2 {
		t.Errorf("charts are %v, want one of 2 lines, those of the plotted variant, refitted or not", found.Charts)
	}
	if _, err := found.SVG(); err != nil {
		t.Errorf("chart: %v", err)
	}
}

// checkRules: converters of the worst case lose nothing; those of a budget of ten
// points have fewer bits and save energy on the chip. Every row of converters has its
// four laws, of which the survey refuses what is under 4 bits.
func checkRules(t *testing.T, found *reproduce.Findings) {
	t.Helper()
	rules, laws, arrives := found.Tables[2].Rows, found.Tables[3].Rows, found.Tables[4].Rows
	for i, row := range rules {
		lost, err := strconv.ParseFloat(row[6], 64)
		if err != nil || row[1] == "worst-case" && lost != 0 || row[1] == "loss" && lost > 30 {
			t.Errorf("rule %v loses %s points, want none in the worst case and about 10 within a budget of 10", row[:4], row[6])
		}
		if !slices.Equal(arrives[i][:4], row[:4]) {
			t.Errorf("what arrives is of %v, want %v", arrives[i][:4], row[:4])
		}
		gain, err := strconv.ParseFloat(strings.TrimSuffix(arrives[i][11], "×"), 64)
		if err != nil || gain <= 1 || gain > 20 { // converters take most of the energy of 8 bits
			t.Errorf("%v: energy %s less than at 8 bits, want more than 1× and less than 20×", row[:4], arrives[i][11])
		}
		if k := slices.IndexFunc(laws, func(l []string) bool { return l[0] == row[3] && l[1] == "power-law" }); k < 0 || len(laws)%4 != 0 {
			t.Errorf("no laws of %s in %d rows, want four of each", row[3], len(laws))
		}
	}
	if slices.Equal(rules[0][3:4], rules[2][3:4]) {
		t.Errorf("a budget of 10 points finds %s, the same as the worst case", rules[2][3])
	}
}

// Converters of 8 bits lose nothing and are within any budget; those that nearly every
// image sees clipped are not within half a point. What a model loses is counted from
// its reference, and cost from 8 bits.
func TestFewest(t *testing.T) {
	model := func(name, more string) string {
		return "[[model]]\nnetwork = \"n\"\nmethod = \"m\"\njob = \"quickstart\"\nset = [\"train.pretrain.epochs=20\", \"train.finetune.epochs=0\", \"data.calibration=1000\"]\nbudget = 0.5\ncheckpoint = \"" + name + "\"\n" + more + "\n"
	}
	study, err := load(t, "name = \"few\"\nkind = \"fewest-bits\"\n"+model("a", "bits = [8, 8, 8, 8]")+model("b", "bits = [1, 1, 1, 1]\nreference = \"a\"")+model("c", "reference = \"a\""))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := study.Train(t.Context(), pipeline.Host{}, folder); err != nil {
		t.Fatal(err)
	}
	all, err := study.Measure(t.Context(), pipeline.Host{}, folder)
	if err != nil {
		t.Fatal(err)
	}
	rows := all[0].Tables[0].Rows
	for i, want := range []struct{ bits, within, power string }{{"[8,8,8,8]", "0.5: yes", "1×"}, {"[1,1,1,1]", "0.5: no", "28.4×"}} {
		if r := rows[i]; r[3] != want.bits || r[7] != want.within || r[8] != want.power || r[5] != rows[0][4] {
			t.Errorf("row %v, want bits %s, within %s, power %s, without converters %s", r, want.bits, want.within, want.power, rows[0][4])
		}
	}
	if lost, err := strconv.ParseFloat(rows[2][6], 64); err != nil || lost > 3 || rows[2][3] == "[8,8,8,8]" {
		t.Errorf("searched converters %s lose %s points, want fewer bits than 8 and about half a point", rows[2][3], rows[2][6])
	}
	if last := all[0].Tables[1].Rows; len(last) != 7*4+2 {
		t.Errorf("%d rows of laws, want those of four laws at 1 to 7 bits and two of the paper", len(last))
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
	if got, want := names(t, folder), []string{"quickstart-dense.safetensors.state"}; !slices.Equal(got, want) {
		t.Errorf("left %v, want %v", got, want)
	}
}

// A study that is stopped in each of its trainings and started again ends in the
// bytes of an undisturbed one, and leaves its checkpoints alone.
func TestInterruptedStudy(t *testing.T) {
	study, err := load(t, small+"\n[[variant]]\nname = \"sparser\"\nset = [\"train.pretrain.epochs=1\", \"train.finetune.epochs=1\", \"train.finetune.strength=5\", \"data.calibration=50\"]\n")
	if err != nil {
		t.Fatal(err)
	}
	whole, stopped := t.TempDir(), t.TempDir()
	if err := study.Train(t.Context(), pipeline.Host{}, whole); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	stops := 0
	for err = context.Canceled; errors.Is(err, context.Canceled) && stops < 20; stops++ {
		ctx, cancel := context.WithCancel(t.Context())
		host := pipeline.Host{Progress: func(what string, _, _ int, _ string) {
			if seen[what]++; seen[what] == 7 {
				cancel()
			}
		}}
		err = study.Train(ctx, host, stopped)
		cancel()
	}
	if err != nil || stops != 5 { // a stop in each of dense, the pre-training shared by the others, and their two fine-tunings
		t.Fatalf("%d runs and error %v, want 5: 4 stopped ones and one to the end", stops, err)
	}
	if seen["sparser, pre-training"] != 0 {
		t.Errorf("sparser has made %d steps of a pre-training of its own, want none", seen["sparser, pre-training"])
	}
	if got, want := names(t, stopped), names(t, whole); !slices.Equal(got, want) {
		t.Fatalf("left %v, want %v", got, want)
	}
	for _, name := range names(t, whole) {
		a, errA := os.ReadFile(filepath.Join(whole, name))
		b, errB := os.ReadFile(filepath.Join(stopped, name))
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs from that of an undisturbed study (%v, %v)", name, errA, errB)
		}
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
