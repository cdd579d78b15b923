package sweep

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"bitline/internal/pipeline"
)

func document(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/sweeps.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The sweeps of docs/sweeps.md are read, and have the points that it counts.
func TestDocumentedSweeps(t *testing.T) {
	text := document(t)
	blocks := regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(text, -1)
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of TOML, want a grid and a sample", len(blocks))
	}
	grid, drawn := plan(t, blocks[0][1]), plan(t, blocks[1][1])
	// Of each law, resolution, seed and method: arrays that as many converters or fewer
	// share, 3 numbers of up to 4, 4 of up to 8 and 5 of up to 16; the smallest of one
	// law alone: (12 + 9)·3·2·2.
	if grid.total != 360 || grid.Len() != 252 || grid.Name != "sharing" {
		t.Errorf("grid %s: %d of %d points, want 252 of 360 of sharing", grid.Name, grid.Len(), grid.total)
	}
	if drawn.Len() != 300 || drawn.Name != "s" {
		t.Errorf("sample %s: %d points, want 100 for each of 3 seeds", drawn.Name, drawn.Len())
	}
	if got := trainings(t, grid); got != 4 {
		t.Errorf("grid: %d trainings, want one for each of 2 seeds and 2 variants", got)
	}
	if got := trainings(t, drawn); got != 3 {
		t.Errorf("sample: %d trainings, want one for each of 3 seeds", got)
	}
	for _, condition := range []string{"crossbar.wordlines % 64 == 0", "adc.bits[0] <= 4", "crossbar.read_latency <= 100e-9", "adc.rate >= 1e9", `variant == "dense"`, `adc.bits == "auto" || adc.bits <= 8`} {
		if !strings.Contains(text, "`"+condition+"`") {
			t.Errorf("docs/sweeps.md does not show %s", condition)
		}
		const axes = "[[axis]]\nkeys = ['crossbar.wordlines', 'crossbar.read_latency', 'adc.rate']\nvalues = [[64, '100ns', '1GHz']]\n[[axis]]\nname = 'variant'\n[[axis.variant]]\nname = 'dense'\n[[axis]]\nkey = 'adc.bits'\nvalues = "
		values := "['auto', 8]\n"
		if strings.Contains(condition, "[0]") {
			values = "[[4, 5]]\n"
		}
		if _, err := read(t, base+"constraints = ['''"+condition+"''']\n"+axes+values); err != nil {
			t.Error(err)
		}
	}
}

// trainings counts the trainings of a plan, all points of which must be jobs that train.
func trainings(t *testing.T, p *Plan) int {
	t.Helper()
	keys, loader := map[string]bool{}, pipeline.Loader{}
	for i := range p.Len() {
		job, err := loader.LoadJob(p.jobPath(), p.Point(i).Sets)
		if err != nil || !job.Trains() {
			t.Errorf("%s, point %d: %v, want a job that trains", p.Name, i, err)
			continue
		}
		keys[job.TrainingKey()] = true
	}
	return len(keys)
}

// Every key that the reader asks for is in the table of docs/sweeps.md.
func TestEveryKeyIsDocumented(t *testing.T) {
	text := document(t)
	asks := regexp.MustCompile(`(?:\.(?:Int|Ints|Enum|String|Strings|Bool|Table|Tables|Value|Has)\(|readWord\(\w+, |s\.end\(t, )"([a-z_]+)"`)
	count := 0
	for _, file := range []string{"reader.go", "axis.go", "span.go", "sample.go", "constraint.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range asks.FindAllStringSubmatch(string(source), -1) {
			count++
			if !regexp.MustCompile("\\| `[^|]*\\b" + match[1] + "\\b").MatchString(text) {
				t.Errorf("%s asks for %q, of which docs/sweeps.md says nothing", file, match[1])
			}
		}
	}
	if count < 25 {
		t.Errorf("%d keys are asked for, want at least 25", count)
	}
}
