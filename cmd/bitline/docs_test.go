package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bitline/internal/pipeline"
)

// inline is a command in running text, block a line of a block of commands.
var (
	inline = regexp.MustCompile("`(bitline [a-z][^`]*)`")
	block  = regexp.MustCompile(`(?m)^(?:go run \./cmd/)?(bitline [a-z].*)$`)
	toml   = regexp.MustCompile("(?s)```toml\n(.*?)```")
)

// documents are the texts that show commands.
func documents(t *testing.T) []string {
	t.Helper()
	more, err := filepath.Glob("../../docs/results/*.md")
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{"../../README.md", "../../docs/networks.md", "../../docs/chips.md", "../../docs/through-adc.md", "../../docs/sweeps.md", "../../docs/compare.md", "../../docs/tour.md", "../../docs/training.md"}, more...)
}

// Every command that a document shows is understood.
func TestDocumentedCommands(t *testing.T) {
	count := 0
	for _, path := range documents(t) {
		text := string(readFile(t, path))
		for _, match := range slices.Concat(inline.FindAllStringSubmatch(text, -1), block.FindAllStringSubmatch(text, -1)) {
			count++
			found, rest, err := newRoot(terminal{}).Find(words(match[1])[1:])
			if err == nil {
				err = found.ParseFlags(rest)
			}
			if err == nil && !found.HasSubCommands() {
				err = found.ValidateArgs(found.Flags().Args())
			}
			if err != nil {
				t.Errorf("%s: %s: %v", path, match[1], err)
			}
		}
	}
	if count < 5 {
		t.Errorf("%d commands in %v, want at least 5", count, documents(t))
	}
}

// Every key and every default of docs/training.md is one: a job that states it trains
// as one that does not.
func TestDocumentedTraining(t *testing.T) {
	text := string(readFile(t, "../../docs/training.md"))
	t.Chdir(t.TempDir())
	writeFile(t, "bare.toml", []byte("chip = \"bitslice-8bit\"\nnetwork = \"mlp-64-32-10\"\n"))
	load := func(sets ...string) string {
		t.Helper()
		job, err := pipeline.LoadJob("./bare.toml", sets)
		if err != nil {
			t.Fatal(err)
		}
		return job.TrainingKey()
	}
	plain, count := load(), 0
	row := regexp.MustCompile("(?m)^\\| `(train\\.[a-z_.]+)` \\| [^|]* \\| `([^`]+)` \\|")
	for _, match := range row.FindAllStringSubmatch(text, -1) {
		count++
		if load(match[1]+"="+match[2]) != plain {
			t.Errorf("%s is not %s by default", match[1], match[2])
		}
	}
	if count < 12 {
		t.Errorf("%d defaults are documented, want at least 12", count)
	}
	job := "chip = \"bitslice-8bit\"\nnetwork = \"mlp-64-32-10\"\n" + toml.FindStringSubmatch(text)[1]
	writeFile(t, "mine.toml", []byte(job))
	if _, err := pipeline.LoadJob("./mine.toml", nil); err != nil {
		t.Error(err)
	}
}

// Every key of docs/jobs.md is one that a job reads, and every number and word that it
// gives for a default is taken.
func TestDocumentedJobs(t *testing.T) {
	text := string(readFile(t, "../../docs/jobs.md"))
	text = text[:strings.Index(text, "\n## Shipped jobs")]
	t.Chdir(t.TempDir())
	count := 0
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]*) \\| [^|]* \\| ([^|]*) \\|").FindAllStringSubmatch(text, -1) {
		defaults := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[2], -1)
		for i, key := range regexp.MustCompile("`([a-z_.]+)`").FindAllStringSubmatch(row[1], -1) {
			count++
			if key[1] == "base" {
				continue // which only a file names
			}
			value := "x"
			if i < len(defaults) {
				value = defaults[i][1]
			}
			_, err := pipeline.LoadJob("quickstart", []string{key[1] + "=" + value})
			if err != nil && (value != "x" || strings.Contains(err.Error(), "unknown key")) {
				t.Errorf("%s = %s: %v", key[1], value, err)
			}
		}
	}
	if count < 18 {
		t.Errorf("%d keys are documented, want at least 18", count)
	}
}

// The comparison that docs/compare.md shows runs, and leaves what it says.
func TestDocumentedComparison(t *testing.T) {
	example := toml.FindStringSubmatch(string(readFile(t, "../../docs/compare.md")))
	t.Chdir(t.TempDir())
	text := strings.Replace(example[1], "strength = ", "set = [\"train.pretrain.epochs=1\", \"train.finetune.epochs=1\", \"data.calibration=50\"]\nstrength = ", 1)
	writeFile(t, "mine.toml", []byte(text))
	succeed(t, "compare", "mine.toml", "--out", "compared")
	for _, name := range []string{"tables.md", "nonzero.svg", "adc-bits.svg", "adc-energy.svg", "energy.svg", "latency.svg", "sparse-digits-pruned-seed-2.safetensors"} {
		if len(readFile(t, filepath.Join("compared", name))) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
	if got := bitline(t, "compare", "cifar10-curves", "--data", t.TempDir(), "--out", "nothing"); got.code != 1 || !strings.Contains(got.err, "cifar10") {
		t.Errorf("without data: exit %d, %s", got.code, got.err)
	}
	if _, err := os.Stat("nothing"); err == nil {
		t.Error("a comparison without data leaves its folder behind")
	}
	if got := bitline(t, "compare", "mnist"); got.code != 1 || !strings.Contains(got.err, `study mnist compares no methods, want kind = "curves"`) {
		t.Errorf("comparing a study of another kind: %+v", got)
	}
}

// Every chip that the README shows is one.
func TestDocumentedChips(t *testing.T) {
	blocks := toml.FindAllStringSubmatch(string(readFile(t, "../../README.md")), -1)
	if len(blocks) == 0 {
		t.Fatal("the README shows no chip")
	}
	for _, match := range blocks {
		path := filepath.Join(t.TempDir(), "mine.toml")
		writeFile(t, path, []byte(match[1]))
		succeed(t, "describe", path)
	}
}

// The network and the job of docs/networks.md are read as they stand.
func TestDocumentedNetwork(t *testing.T) {
	blocks := toml.FindAllStringSubmatch(string(readFile(t, "../../docs/networks.md")), -1)
	if len(blocks) != 3 {
		t.Fatalf("%d blocks of TOML, want net.toml, a job of shapes and job.toml", len(blocks))
	}
	t.Chdir(t.TempDir())
	writeFile(t, "net.toml", []byte(blocks[0][1]))
	writeFile(t, "shapes.toml", []byte(blocks[1][1]))
	writeFile(t, "job.toml", []byte(blocks[2][1]))
	job, err := pipeline.LoadJob("job.toml", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := job.Network.String(), "32×32×3-16c3-32c3/2-(conv1)32c1/2-(block.conv1)32c3+block.shortcut-G-10"; got != want {
		t.Errorf("the network is %s, want %s", got, want)
	}
	shapes, err := pipeline.LoadJob("shapes.toml", nil)
	if err != nil {
		t.Fatal(err)
	}
	if shapes.HasValues() || shapes.Simulation.InFlight != 8 || shapes.Chip.Tile.EDRAM.Bytes != 131072 || shapes.Chip.Map.Replicate != "isaac" {
		t.Errorf("the job of shapes is %+v, want one without values, 8 images in flight, and its chip overridden", shapes)
	}
	if job.Weights != "net.safetensors" || len(job.Normalization.Mean) != 3 {
		t.Errorf("weights are %q, normalised by %+v, want net.safetensors and three channels", job.Weights, job.Normalization)
	}
}

// Every field at the top of the JSON is in docs/output.md.
func TestDocumentedFields(t *testing.T) {
	text := string(readFile(t, "../../docs/output.md"))
	dir := t.TempDir()
	run, chip, stats := filepath.Join(dir, "r.json"), filepath.Join(dir, "c.json"), filepath.Join(dir, "s.json")
	succeed(t, short("run", "quickstart", "--json", run)...)
	succeed(t, "describe", "isaac-ce", "--json", chip)
	mvm(t, "--stats", stats)
	for _, path := range []string{run, chip, stats} {
		var fields map[string]any
		if err := json.Unmarshal(readFile(t, path), &fields); err != nil {
			t.Fatal(err)
		}
		for key := range fields {
			if !strings.Contains(text, "`"+key) {
				t.Errorf("%s: docs/output.md says nothing of `%s`", filepath.Base(path), key)
			}
		}
	}
}
