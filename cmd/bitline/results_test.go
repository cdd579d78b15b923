package main

import (
	"strings"
	"testing"

	"bitline/internal/sweep"
)

// makeSweep records six of eight points of a sweep in a folder; one failed.
func makeSweep(t *testing.T, dir string) {
	t.Helper()
	id := sweep.Identity{Name: "adc", Plan: "0123", Points: 8, Version: "v1", Kernels: "avx2", Pareto: [][]string{{"accuracy", "energy_pj"}}}
	s, err := sweep.Open(dir, id, sweep.Whole)
	if err != nil {
		t.Fatal(err)
	}
	for p, x := range []struct{ accuracy, energy float64 }{{0.5, 100}, {0.9, 200.125}, {0.97, 300}, {}, {0.97, 400}, {0.6, 300}} {
		r := sweep.Record{Point: p, Settings: []sweep.Setting{{Key: "adc.bits", Value: string(rune('1' + p))}}}
		if x.energy == 0 {
			r.Failure = "too few tiles"
		} else {
			r.Figures = []sweep.Value{{Name: "accuracy", Kind: sweep.Number, Number: x.accuracy}, {Name: "images", Kind: sweep.Integer, Number: 10}, {Name: "energy_pj", Kind: sweep.Number, Number: x.energy}}
		}
		if err := s.Put(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestResults(t *testing.T) {
	t.Chdir(t.TempDir())
	makeSweep(t, "out")
	for _, tt := range []struct{ line, want string }{
		{"results out", `Sweep adc: 6 of 8 points, 2 missing, 1 failed
  point  adc.bits  failure        accuracy  energy_pj  pareto
      0         1                      0.5        100  true
      1         2                      0.9    200.125  true
      2         3                     0.97        300  true
      3         4  too few tiles                       false
      4         5                     0.97        400  false
      5         6                      0.6        300  false
`},
		{"results out --where 'accuracy > 0.7 && adc.bits > 2' --sort -energy_pj --columns adc.bits,energy_pj", `Sweep adc: 6 of 8 points, 2 missing, 1 failed; 2 of them here
  adc.bits  energy_pj
         5        400
         3        300
`},
		{"results out --sort accuracy,-point --limit 2 --columns point", `Sweep adc: 6 of 8 points, 2 missing, 1 failed; 2 of them here
  point
      0
      5
`},
		{"results out --missing", "6–7\n"},
		{"results out --where pareto --csv r.csv --parquet r.parquet", "Sweep adc: 6 of 8 points, 2 missing, 1 failed; 3 of them here\n"},
	} {
		if got := succeed(t, words(tt.line)...); got != tt.want {
			t.Errorf("bitline %s prints\n%swant\n%s", tt.line, got, tt.want)
		}
	}
	const want = `point,adc.bits,failure,accuracy,images,energy_pj,pareto,version
0,1,,0.5,10,100,true,v1
1,2,,0.9,10,200.125,true,v1
2,3,,0.97,10,300,true,v1
`
	if got := string(readFile(t, "r.csv")); got != want {
		t.Errorf("the CSV is\n%swant\n%s", got, want)
	}
	if got := string(readFile(t, "r.parquet")); !strings.HasPrefix(got, "PAR1") || !strings.HasSuffix(got, "PAR1") {
		t.Errorf("the Parquet file of %d bytes does not begin and end as one", len(got))
	}
}

// Every condition that the help shows can be asked of the sweep that bitline init
// writes.
func TestConditionsOfHelp(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "init")
	sweep := string(readFile(t, "sweep.toml"))
	quick := strings.Replace(sweep, "\n# Points", "\nset = ['train.pretrain.epochs=1', 'train.finetune.epochs=0', 'data.calibration=50', 'replay.images=50']\n# Points", 1)
	if quick == sweep {
		t.Fatal("the sweep has another form, want a place for keys of all points")
	}
	writeFile(t, "sweep.toml", []byte(quick))
	succeed(t, "sweep", "sweep.toml", "--out", "out")
	_, text, _ := strings.Cut(succeed(t, "results", "--help"), "A condition compares columns: ")
	text, _, _ = strings.Cut(text, ". Settings")
	conditions := strings.Split(strings.ReplaceAll(text, "\n", " "), ", ")
	if len(conditions) != 5 {
		t.Errorf("the help shows %q, want 5 conditions", conditions)
	}
	for _, condition := range conditions {
		got := succeed(t, "results", "out", "--where", condition)
		if strings.HasPrefix(condition, "adc.bits") && strings.Count(got, "\n") != 2+5 { // of 2 numbers of converters and 3 of wordlines, without 32 with 4
			t.Errorf("%s leaves\n%s\nwant 5 points", condition, got)
		}
	}
}

func TestResultsUsage(t *testing.T) {
	for line, want := range map[string]string{
		"results":                        "accepts 1 arg(s), received 0, want bitline results DIR [flags] (see bitline results --help)",
		"results a b":                    "accepts 1 arg(s), received 2, want bitline results DIR [flags] (see bitline results --help)",
		"results out --columns ''":       "--columns is empty, want columns such as point,accuracy (see bitline results --help)",
		"results out --sort ''":          "--sort is empty, want columns such as -accuracy,energy_pj (see bitline results --help)",
		"results out --columns point,":   `--columns is "point,", which lacks a column's name, want columns such as point,accuracy (see bitline results --help)`,
		"results out --sort accuracy,,x": `--sort is "accuracy,,x", which lacks a column's name, want columns such as -accuracy,energy_pj (see bitline results --help)`,
		"results out --sort -":           `--sort is "-", which lacks a column's name, want columns such as -accuracy,energy_pj (see bitline results --help)`,
		"results out --limit -1":         "--limit is -1, want 0 for all rows or more (see bitline results --help)",
	} {
		if got := bitline(t, quoted(line)...); got != (outcome{2, "", "bitline: " + want + "\n"}) {
			t.Errorf("bitline %s: %+v, want exit 2 and %q", line, got, want)
		}
	}
}

func TestFaultsOfResults(t *testing.T) {
	dir := t.TempDir()
	makeSweep(t, dir)
	files := map[string]string{"file": ""}
	checkFaults(t, []fault{
		{"missing folder", nil, "results none", "open none/sweep.json: no such file or directory"},
		{"a folder of no sweep", files, "results .", ". holds no sweep: it has no sweep.json"},
		{"a file", files, "results file", "open file/sweep.json: not a directory"},
		{"unknown columns", nil, "results " + dir + " --where 'acuracy > 0.5' --sort -adc.bit --columns points,nonsense",
			`unknown column "acuracy", did you mean accuracy?` + "\n" + `unknown column "adc.bit", did you mean adc.bits?` + "\n" +
				`unknown column "points", did you mean point?` + "\n" + `unknown column "nonsense"`},
		{"half a condition", nil, "results " + dir + " --where 'accuracy >'", `condition "accuracy >": unexpected end at character 10`},
		{"a condition that is none", nil, "results " + dir + " --where accuracy+1", `condition "accuracy+1": is a number, want a condition that is true or false`},
		{"files that cannot be written", nil, "results " + dir + " --csv none/r.csv --parquet ./",
			"writing none/r.csv: no such file or directory\nwriting ./: is a directory"},
	})
}
