package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bitline/internal/report"
)

// headings are the titles of a page's sections.
func headings(content []byte) []string {
	var list []string
	for _, m := range regexp.MustCompile(`<h2[^>]*>([^<]*)</h2>`).FindAllSubmatch(content, -1) {
		list = append(list, string(m[1]))
	}
	return list
}

// names are the files in a folder.
func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// A run with values has all sections and pictures, and the same again.
func TestRunShows(t *testing.T) {
	t.Chdir(t.TempDir())
	line := short("run", "quickstart", "--set", "adc.bits=[4,4,4,2]", "--timeline")
	succeed(t, append(line, "--html", "a.html", "--plots", "a/plots", "--json", "r.json")...)
	succeed(t, append(line, "--html", "b.html", "--plots", "b")...)
	content := readFile(t, "a.html")
	if !bytes.Equal(content, readFile(t, "b.html")) {
		t.Error("a second run writes another page")
	}
	if n := len(content); n > 200<<10 {
		t.Errorf("the page has %d bytes, want at most 200 KiB", n)
	}
	want := []string{"Figures", "Energy", "Area", "Time", "Bitline sums", "Mapping", "Configuration", "Assumptions", "Repeat"}
	if got := headings(content); !slices.Equal(got, want) {
		t.Errorf("sections are %q, want %q", got, want)
	}
	r := decodeRun(t, "r.json")
	accuracy := strings.Fields(report.Percent(*r.Accuracy))[0]
	for _, want := range []string{
		"<strong>" + accuracy + "<small> %", "Bottleneck", "By component", "By layer", "Crossbars and converters by layer", "Timeline",
		"Bitline sums by layer and slice", "Clip certificate", "Use of resources in the settled pipeline", "One load of the weights",
		"bitline run quickstart --set &#39;adc.bits=[4,4,4,2]&#39; --set train.pretrain.epochs=1", "bits = [4, 4, 4, 2]", "the 1,797 UCI test images, 8×8",
		"rests on assumed constants", "one word per cycle of the 1.2 GHz digital clock",
	} {
		if !bytes.Contains(content, []byte(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := bytes.Count(content, []byte(`<svg class="chart"`)); n != 8 {
		t.Errorf("the page has %d histograms, want one for each of 4 slices of 2 layers", n)
	}

	if got, want := names(t, "a/plots"), []string{"energy-layers.png", "energy-layers.svg", "energy.png", "energy.svg", "sums.png", "sums.svg"}; !slices.Equal(got, want) {
		t.Errorf("plots are %q, want %q", got, want)
	}
	for _, name := range names(t, "a/plots") {
		picture := readFile(t, filepath.Join("a/plots", name))
		if !bytes.Equal(picture, readFile(t, filepath.Join("b", name))) {
			t.Errorf("a second run draws another %s", name)
		}
		if err := decodes(name, picture); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// decodes says whether a picture is one.
func decodes(name string, content []byte) error {
	if strings.HasSuffix(name, ".png") {
		picture, err := png.Decode(bytes.NewReader(content))
		if err == nil && picture.Bounds().Dx() < 1000 {
			return fmt.Errorf("is %v wide, want 18 cm at 150 dpi", picture.Bounds().Dx())
		}
		return err
	}
	for d := xml.NewDecoder(bytes.NewReader(content)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// A run of shapes alone shows nothing that values would be needed for.
func TestRunShowsShapes(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "run", "--chip", "bitslice-8bit", "--network", "mlp-64-32-10", "--html", "r.html", "--plots", ".")
	content := readFile(t, "r.html")
	want := []string{"Figures", "Energy", "Area", "Time", "Mapping", "Configuration", "Assumptions", "Repeat"}
	if got := headings(content); !slices.Equal(got, want) {
		t.Errorf("sections are %q, want %q", got, want)
	}
	for _, bad := range []string{"Accuracy", "SHA-256", "data set</dt>"} {
		if bytes.Contains(content, []byte(bad)) {
			t.Errorf("the page holds %q, which nobody computed", bad)
		}
	}
	if got, want := names(t, "."), []string{"energy-layers.png", "energy-layers.svg", "energy.png", "energy.svg", "r.html"}; !slices.Equal(got, want) {
		t.Errorf("files are %q, want %q", got, want)
	}
}

// The energies of the page's layers add up to the account's.
func TestPageEnergies(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "run", "--chip", "isaac-ce", "--network", "lenet-5", "--html", "r.html", "--json", "r.json")
	var r struct {
		Energy []struct {
			Kind     string  `json:"kind"`
			EnergyPJ float64 `json:"energy_pj"`
		} `json:"energy"`
		Mapping struct {
			Layers []struct {
				Name string `json:"name"`
			} `json:"layers"`
		} `json:"mapping"`
	}
	if err := json.Unmarshal(readFile(t, "r.json"), &r); err != nil {
		t.Fatal(err)
	}
	dynamic := 0.0
	for _, row := range r.Energy {
		if row.Kind == "dynamic" {
			dynamic += row.EnergyPJ
		}
	}
	_, after, _ := strings.Cut(string(readFile(t, "r.html")), "<h3>By layer</h3>")
	table, _, _ := strings.Cut(after, "</table>")
	sum, rows := 0.0, regexp.MustCompile(`<th scope="row">([^<]*)</th>.*?<td class="n">([^ ]*) (.)J</td>`).FindAllStringSubmatch(table, -1)
	for _, row := range rows {
		var x float64
		if _, err := fmt.Sscan(row[2], &x); err != nil {
			t.Fatal(err)
		}
		sum += x * map[string]float64{"p": 1, "n": 1e3, "µ": 1e6}[row[3]]
	}
	if len(rows) != len(r.Mapping.Layers) || sum < 0.999*dynamic || sum > 1.001*dynamic {
		t.Errorf("%d layers take %g pJ, want %d that take the account's %g pJ of actions", len(rows), sum, len(r.Mapping.Layers), dynamic)
	}
}

// What a user's files hold is text on the page.
func TestPageEscapes(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "job.toml", []byte("name = \"<script>alert(1)</script>\"\nchip = \"bitslice-8bit\"\nnetwork = \"mlp-64-32-10\"\n[data]\nset = \"none\"\n"))
	succeed(t, "run", "job.toml", "--html", "r.html", "--plots", "plots")
	content := string(readFile(t, "r.html"))
	if strings.Contains(content, "<script>alert") || strings.Count(content, "<script") != 1 {
		t.Error("the job's name is a script of the page")
	}
	if n := strings.Count(content, "&lt;script&gt;alert(1)&lt;/script&gt;"); n < 3 {
		t.Errorf("the job's name is %d times on the page, want it as title, heading and key", n)
	}
	if err := decodes("energy.svg", readFile(t, "plots/energy.svg")); err != nil {
		t.Errorf("energy.svg: %v", err)
	}
}

// A study's page has its tables, each under the study that it is of.
func TestReproduceShows(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "s.toml", []byte(`name = "small"
job = "quickstart"
resolutions = [[8, 8, 8, 8], [3, 3, 3, 1]]
plot = ["dense"]
[[variant]]
name = "dense"
set = ["train.pretrain.epochs=1", "train.pretrain.method=none", "train.prune.threshold=0", "train.finetune.epochs=0", "data.calibration=50"]
`))
	got := bitline(t, "reproduce", "s.toml", "--checkpoints", "c", "--html", "a.html")
	if got.code != 0 {
		t.Fatalf("exit %d: %s", got.code, got.err)
	}
	content := readFile(t, "a.html")
	for _, want := range []string{"<h1>small</h1>", `class="line c0"`, `class="line dashed c0"`, "[3,3,3,1]", "Accuracy of the replayed test images", "The chart's figures"} {
		if !bytes.Contains(content, []byte(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
	succeed(t, "reproduce", "s.toml", "--checkpoints", "c", "--html", "b.html")
	if !bytes.Equal(content, readFile(t, "b.html")) {
		t.Error("the same study again gives another page")
	}
}

// Nothing is computed whose page or pictures could not be kept.
func TestShowFaults(t *testing.T) {
	file := map[string]string{"plots": "a file"}
	checkFaults(t, []fault{
		{"page of a run", nil, "run quickstart --html none/r.html", "writing none/r.html: no such file or directory"},
		{"page in the place of a folder", nil, "run quickstart --html .", "writing .: is a directory"},
		{"page and result", nil, "run quickstart --html none/r.html --json none/r.json --plots made",
			"writing none/r.json: no such file or directory\nwriting none/r.html: no such file or directory"},
		{"plots in a file", file, "run quickstart --plots plots", "making the folder of plots: mkdir plots: not a directory"},
		{"page of a study", nil, "reproduce chip --html none/r.html", "writing none/r.html: no such file or directory"},
	})
}
