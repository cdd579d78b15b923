package arch

import (
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Inspect the diff after go test ./arch -update.
var update = flag.Bool("update", false, "write the golden files of testdata")

// describe is the text of a bill.
func describe(t *testing.T, b Bill) string {
	t.Helper()
	var text strings.Builder
	if err := b.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// golden compares with a file of testdata and shows the first line that differs.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (write it with -update)", err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		if g, w := lineAt(gotLines, i), lineAt(wantLines, i); g != w {
			t.Errorf("%s:%d differs (rewrite it with -update)\ngot  %s\nwant %s", path, i+1, g, w)
			return
		}
	}
}

func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(no such line)"
}

func TestWriteTextGolden(t *testing.T) {
	for _, name := range shipped().Names() {
		golden(t, name+".txt", describe(t, bill(t, name)))
	}
}

func TestDescribeGolden(t *testing.T) {
	for _, name := range []string{"isaac-ce", "isaac-ce-events", "bitslice-8bit-3331"} {
		b, err := json.MarshalIndent(bill(t, name).Describe(), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".json", string(b)+"\n")
	}
}

// The components of the JSON sum to its totals, as a reader would check.
func TestDescriptionSums(t *testing.T) {
	d := bill(t, "isaac-ce").Describe()
	if d.Schema != "bitline.describe/1" || d.ADCLaw != "sar-isaac" {
		t.Errorf("schema %q, law %q, want bitline.describe/1, sar-isaac", d.Schema, d.ADCLaw)
	}
	for level, total := range map[string]DescribedTotal{"ima": d.IMA, "tile": d.Tile, "chip": d.Chip} {
		var sum DescribedTotal
		for _, c := range d.Components {
			if c.Level == level {
				sum.PowerMW += c.PowerMW
				sum.AreaMM2 += c.AreaMM2
			}
		}
		if math.Abs(sum.PowerMW/total.PowerMW-1) > 1e-12 || math.Abs(sum.AreaMM2/total.AreaMM2-1) > 1e-12 {
			t.Errorf("%s: components sum to %+v, total is %+v", level, sum, total)
		}
	}
}

// fullDisk is a writer that takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("no space left")

func TestWriteTextGivesTheWriterError(t *testing.T) {
	if err := bill(t, "isaac-ce").WriteText(fullDisk{}); !errors.Is(err, errFull) {
		t.Errorf("got %v, want %v", err, errFull)
	}
}
