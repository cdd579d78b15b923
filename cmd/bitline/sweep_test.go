package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// digits sweeps three resolutions of the digits with next to no training.
const digits = `
job    = "quickstart"
set    = ["train.pretrain.epochs=1", "train.finetune.epochs=0", "data.calibration=50", "replay.images=50"]
pareto = [["accuracy", "energy_pj"]]

[[axis]]
key    = "adc.bits"
values = [3, 8, [3, 3, 3, 1]]

[[axis]]
key    = "crossbar.cell_bits" # of 3 bits no list of four resolutions
values = [2, 3]
`

// A sweep says what it will do, does it in two parts, of which the one that ends last
// writes the results, and does not do it again.
func TestSweep(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "digits.toml", []byte(digits))

	if got, want := succeed(t, "sweep", "digits.toml", "--dry-run"), `digits: 6 points, 6 of them in this part, 0 of these have a record
  trainings   2, 0 of them cached
  replays     5, 0 of them cached, the others in 2 passes over the images
  no job      1 point: the first says "--set adc.bits: key adc.bits lists 4 resolutions`; !strings.HasPrefix(got, want) || !strings.Contains(got, "\n  time        about ") {
		t.Errorf("the dry run says\n%s\nwant it to begin with\n%s", got, want)
	}
	checkFolder(t, ".", "digits.toml")

	if got, want := succeed(t, "sweep", "digits.toml", "--shard", "1/2"), "part 1/2 of digits is done; left to other parts: 3 of 6 points\nNext: the part that ends last writes the results\n"; got != want {
		t.Errorf("the first part says\n%s\nwant\n%s", got, want)
	}
	checkFolder(t, "digits", "cache", "records", "sweep.json")
	if got, want := succeed(t, "results", "digits", "--missing"), "0, 2, 4\n"; got != want {
		t.Errorf("missing are %q, want %q", got, want)
	}
	last := succeed(t, "sweep", "digits.toml", "--shard", "0/2")
	if want := "digits: 6 points, 1 of them failed; digits/results.csv and digits/results.parquet\n\nFront of accuracy and energy_pj: "; !strings.HasPrefix(last, want) {
		t.Errorf("the last part says\n%s\nwant it to begin with\n%s", last, want)
	}
	if want := "\n1 point failed: bitline results digits --where 'failure != \"\"' --columns point,failure\n\nNext: bitline sweep digits.toml --out digits --collect --html digits.html\n"; !strings.HasSuffix(last, want) {
		t.Errorf("the last part says\n%s\nwant it to end with\n%s", last, want)
	}
	csv, records := readFile(t, "digits/results.csv"), tree(t)
	for _, again := range [][]string{nil, {"--collect"}, {"--shard", "0/2"}, {"--shard", "2/3"}} {
		if got := succeed(t, append([]string{"sweep", "digits.toml"}, again...)...); got != last {
			t.Errorf("with %v again it says\n%s\nwant\n%s", again, got, last)
		}
	}
	if !bytes.Equal(readFile(t, "digits/results.csv"), csv) {
		t.Error("the results are others")
	}
	for _, path := range tree(t) { // but for the files of the parts asked for again
		if strings.Contains(path, ".jsonl") && !strings.Contains(path, "(0 bytes)") && !strings.Contains(strings.Join(records, "\n"), path) {
			t.Errorf("%s is new", path)
		}
	}
	if got := succeed(t, "sweep", "digits.toml", "--dry-run"); got != "digits: 6 points, 6 of them in this part, 6 of these have a record\n  trainings   0, 0 of them cached\n  replays     0, 0 of them cached, the others in 0 passes over the images\n" {
		t.Errorf("at the end the dry run says\n%s", got)
	}
	whole := succeed(t, "sweep", "digits.toml", "--out", "other folder")
	if got, want := readFile(t, "other folder/results.csv"), csv; !bytes.Equal(got, want) {
		t.Errorf("in one part the results are\n%s\nwant\n%s", got, want)
	}
	if want := "Next: bitline sweep digits.toml --out 'other folder' --collect --html digits.html\n"; !strings.HasSuffix(whole, want) {
		t.Errorf("it says\n%s\nwant it to end with %s", whole, want)
	}
}

// TestCollectAsksAnew has the fronts that the sweep's file asks for when it collects.
func TestCollectAsksAnew(t *testing.T) {
	t.Chdir(t.TempDir())
	const axis = "[[axis]]\nkey = 'adc.bits'\nvalues = [4, 8]\n"
	writeFile(t, "s.toml", []byte("job = 'quickstart'\n"+axis))
	if out := succeed(t, "sweep", "s.toml", "--out", "o"); strings.Contains(out, "Front of") {
		t.Fatalf("without fronts it says\n%s", out)
	}
	writeFile(t, "s.toml", []byte("job = 'quickstart'\npareto = [['accuracy', 'energy_pj']]\n"+axis))
	if out := succeed(t, "sweep", "s.toml", "--out", "o", "--collect"); !strings.Contains(out, "Front of accuracy and energy_pj") {
		t.Errorf("with one it says\n%s", out)
	}
	if out := succeed(t, "results", "o", "--where", "pareto", "--columns", "point,pareto"); !strings.Contains(out, "true") {
		t.Errorf("and its results are\n%s", out)
	}
}

func TestSweepUsage(t *testing.T) {
	const shard, help = "want I/N with I from 0 to N - 1, such as 0/8", " (see bitline sweep --help)"
	t.Chdir(t.TempDir())
	writeFile(t, "million.toml", []byte("job = 'quickstart'\n[[axis]]\nkey = 'adc.rate'\nrange = {from = '1GHz', to = '2GHz', steps = 1000}\n[[axis]]\nkey = 'adc.power'\nrange = {from = '1mW', to = '2mW', steps = 1000}\n"))
	t.Setenv("PATH", t.TempDir())
	for line, want := range map[string]string{
		"sweep":                                                 "accepts 1 arg(s), received 0, want bitline sweep SWEEP [flags]" + help,
		"sweep a b":                                             "accepts 1 arg(s), received 2, want bitline sweep SWEEP [flags]" + help,
		"sweep adc-sharing --shard 1":                           `--shard is "1", ` + shard,
		"sweep adc-sharing --shard 8/8":                         `--shard is "8/8", ` + shard,
		"sweep adc-sharing --shard -1/8":                        `--shard is "-1/8", ` + shard,
		"sweep adc-sharing --shard 0/0":                         `--shard is "0/0", ` + shard,
		"sweep adc-sharing --shard 0/8/2":                       `--shard is "0/8/2", ` + shard,
		"sweep adc-sharing --shard one/two":                     `--shard is "one/two", ` + shard,
		"sweep adc-sharing --shard ''":                          `--shard is "", ` + shard,
		"sweep million.toml":                                    "sweep million has 1000000 points, want --yes to compute so many (--dry-run says how long that takes)",
		"sweep million.toml --slurm":                            "sweep million has 1000000 points, want --yes to compute so many (--dry-run says how long that takes)",
		"sweep adc-sharing --slurm --shard 0/2":                 "--slurm and --shard exclude each other" + help,
		"sweep adc-sharing --slurm --dry-run":                   "--dry-run and --slurm exclude each other" + help,
		"sweep adc-sharing --collect --dry-run":                 "--dry-run and --collect exclude each other" + help,
		"sweep adc-sharing --collect --slurm":                   "--collect and --slurm exclude each other" + help,
		"sweep adc-sharing --collect --shard 0/2":               "--collect and --shard exclude each other" + help,
		"sweep adc-sharing --dry-run --html s.html":             "--dry-run and --html exclude each other" + help,
		"sweep adc-sharing --dry-run --plots p":                 "--dry-run and --plots exclude each other" + help,
		"sweep adc-sharing --slurm --html s.html":               "--slurm and --html exclude each other" + help,
		"sweep adc-sharing --slurm --plots p":                   "--slurm and --plots exclude each other" + help,
		"sweep adc-sharing --tasks 4":                           "--tasks is given without --slurm, of whose job array it is" + help,
		"sweep adc-sharing --mem 4G --shard 0/2":                "--mem is given without --slurm, of whose job array it is" + help,
		"sweep adc-sharing --slurm --tasks 0 --partition 'a b'": "--tasks is 0, want 1 to 100000\n" + `--partition is "a b", want what sbatch takes: letters, digits and _ . , : + -`,
	} {
		if got := bitline(t, quoted(line)...); got != (outcome{2, "", "bitline: " + want + "\n"}) {
			t.Errorf("bitline %s: %+v, want exit 2 and %q", line, got, want)
		}
	}
	checkFolder(t, ".", "million.toml")
}

// A sweep of which every point failed says why, and is an error: whole, in parts and
// collected. One of which a point did not fail is none.
func TestSweepOfFailures(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "s.toml", []byte("job = 'quickstart'\nset = ['checkpoint=']\n[[axis]]\nkey = 'adc.bits'\nvalues = [[3, 3], 99]\n"))
	const why = "bitline: no point of s has figures: point 0 says \"--set adc.bits: key adc.bits lists 2 resolutions, want 1 or one for each of the 4 slices of encoding.weight_bits = 8 and crossbar.cell_bits = 2\"\n"
	const failed = "s: 2 points, 2 of them failed; s/results.csv and s/results.parquet\n\n2 points failed: bitline results s --where 'failure != \"\"' --columns point,failure\n"
	for _, line := range []string{"sweep s.toml", "sweep s.toml --collect", "sweep s.toml --shard 0/2"} {
		if got := bitline(t, words(line)...); got.code != 1 || got.err != why || !strings.HasPrefix(got.out, failed) {
			t.Errorf("bitline %s: %+v, want exit 1, %q and results that begin with\n%s", line, got, why, failed)
		}
	}
	if got := succeed(t, "results", "s", "--where", "adc.bits == [3, 3]", "--columns", "point"); !strings.HasSuffix(got, "\n  point\n      0\n") {
		t.Errorf("results are\n%s\nwant point 0", got)
	}
	if got := succeed(t, "sweep", "s.toml", "--shard", "1/2", "--out", "part"); !strings.HasPrefix(got, "part 1/2 of s is done; left to other parts: 1 of 2 points\n") {
		t.Errorf("a part says\n%s\nwant that the other point is left", got)
	}
}

// Seeds of a job that loads a checkpoint would give equal rows.
func TestSweepOfTrainingsThatAreNone(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, short("train", "quickstart", "--out", "d.safetensors")...)
	writeFile(t, "j.toml", []byte("base = 'quickstart'\ncheckpoint = 'd.safetensors'\n"))
	writeFile(t, "s.toml", []byte("job = 'j.toml'\nseeds = [1, 2]\n[[axis]]\nkey = 'adc.bits'\nvalues = [8]\n"))
	const why = "bitline: no point of s has figures: point 0 says \"train.seed=1 changes nothing: the job trains nothing, it takes the checkpoint d.safetensors, want checkpoint=\\\"\\\" beside it\"\n"
	got := bitline(t, "sweep", "s.toml")
	if got.code != 1 || got.err != why {
		t.Errorf("exit %d, %s want exit 1 and %s", got.code, got.err, why)
	}
}

// quoted is words with empty ones between quotation marks.
func quoted(line string) []string {
	rest, empty := strings.CutSuffix(line, " ''")
	if empty {
		return append(words(rest), "")
	}
	return words(line)
}

func TestFaultsOfSweeps(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	of := func(text string) map[string]string { return map[string]string{"s.toml": text} }
	const bits = "[[axis]]\nkey = 'adc.bits'\nvalues = [3]\n"
	checkFaults(t, []fault{
		{"unknown sweep", nil, "sweep adc-sharin", `unknown name "adc-sharin" in sweeps, want ` + shippedNames(t, "sweeps", ".toml") + ` or the path of a .toml file, did you mean adc-sharing?`},
		{"missing file", nil, "sweep s.toml", "reading s.toml: no such file or directory"},
		{"unknown key of an axis", of("job = 'quickstart'\n[[axis]]\nkey = 'adc.bitz'\nvalues = [3]\n"), "sweep s.toml",
			"s.toml:3: key axis[0].key names adc.bitz: unknown key adc.bitz, did you mean adc.bits?"},
		{"a constraint that is none", of("job = 'quickstart'\nconstraints = ['adc.bits >', 'adc.bit > 3']\n" + bits), "sweep s.toml",
			"s.toml:2: key constraints holds \"adc.bit > 3\": unknown name adc.bit, want adc.bits, did you mean adc.bits?\n" +
				"s.toml:2: key constraints holds \"adc.bits >\": unexpected end at column 10"},
		{"an empty grid", of("job = 'quickstart'\nconstraints = ['adc.bits > 3']\n" + bits), "sweep s.toml",
			`s.toml:2: key constraints leaves none of 1 point: "adc.bits > 3" excludes 1`},
		{"an unknown figure", of("job = 'quickstart'\npareto = [['acuracy', 'energy_pj'], ['accuracy', 'warmth']]\n" + bits), "sweep s.toml",
			"sweep s: pareto names \"acuracy\", which is no figure of the results, did you mean accuracy?\npareto names \"warmth\", which is no figure of the results"},
		{"a missing chip", of("job = 'quickstart'\n[[axis]]\nkey = 'chip'\nvalues = ['puma', './none.toml']\n"), "sweep s.toml", "reading none.toml: no such file or directory"},
		{"a missing checkpoint", of("job = 'quickstart'\nset = ['checkpoint=./none.safetensors']\n" + bits), "sweep s.toml", "open ./none.safetensors: no such file or directory"},
		{"missing data", nil, "sweep adc-sharing --data here", "data set mnist: found in none of here/mnist, here: " + wantMNIST},
		{"missing data, dry", nil, "sweep adc-sharing --data here --dry-run", "data set mnist: found in none of here/mnist, here: " + wantMNIST},
		{"no Slurm", nil, "sweep adc-sharing --slurm", "--slurm wants the command sbatch, which is not in PATH (--shard computes a part without Slurm)"},
		{"a file for a folder", map[string]string{"s.toml": digits, "file": ""}, "sweep s.toml --out file", "open file/sweep.json: not a directory"},
		{"below a file", map[string]string{"s.toml": digits, "file": ""}, "sweep s.toml --out file/out", "open file/out/sweep.json: not a directory"},
		{"a file for a folder, dry", map[string]string{"s.toml": digits, "file": ""}, "sweep s.toml --out file --dry-run", "open file/sweep.json: not a directory"},
		{"nothing to collect", of(digits), "sweep s.toml --collect --out none", "open none/sweep.json: no such file or directory"},
		{"a folder of no sweep to collect", of(digits), "sweep s.toml --collect --out .", ". holds no sweep: it has no sweep.json"},
	})
}

// refuse runs a command line that must end in this error and leave all files alone.
func refuse(t *testing.T, want string, line string) {
	t.Helper()
	before := tree(t)
	got := bitline(t, words(line)...)
	digests := regexp.MustCompile(`\b[0-9a-f]{12}\b`)
	if text := digests.ReplaceAllString(got.err, "DIGEST"); got.code != 1 || got.out != "" || text != "bitline: "+want+"\n" {
		t.Errorf("bitline %s: exit %d, results %q, errors\n%s\nwant 1, none and\nbitline: %s", line, got.code, got.out, text, want)
	}
	if after := tree(t); strings.Join(after, "\n") != strings.Join(before, "\n") {
		t.Errorf("bitline %s left %v, want %v", line, after, before)
	}
}

// A folder is one sweep's, as its files were: not another's, not that of an edited
// job, chip or network.
func TestSweepOfAnotherFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "chip.toml", []byte("base = 'bitslice-8bit'\n"))
	writeFile(t, "job.toml", []byte("base = 'quickstart'\nchip = 'chip.toml'\n"))
	writeFile(t, "s.toml", []byte(strings.Replace(digits, `"quickstart"`, `"job.toml"`, 1)))
	succeed(t, "sweep", "s.toml", "--out", "out", "--shard", "0/3")
	refuse(t, "4 of 6 points of s have no record yet (bitline results out --missing lists them)", "sweep s.toml --out out --collect")

	writeFile(t, "fewer.toml", []byte(strings.Replace(digits, "[3, 8, ", "[8, ", 1)))
	for _, mode := range []string{"", " --collect", " --dry-run"} {
		refuse(t, `out was made by another sweep: plan "s", want "fewer"; plan digest DIGEST, want DIGEST; digest of the job's files DIGEST, want DIGEST; points 6, want 4; choose another folder`,
			"sweep fewer.toml --out out"+mode)
	}
	for _, c := range []struct{ file, text string }{
		{"job.toml", "base = 'quickstart'\nchip = 'chip.toml'\n[train]\nbatch = 8\n"},
		{"chip.toml", "base = 'bitslice-8bit'\n[adc]\npower = '3mW'\n"},
	} {
		before := readFile(t, c.file)
		writeFile(t, c.file, []byte(c.text))
		for _, mode := range []string{"", " --shard 1/3", " --collect", " --dry-run"} {
			refuse(t, "out was made by another sweep: digest of the job's files DIGEST, want DIGEST; choose another folder", "sweep s.toml --out out"+mode)
		}
		writeFile(t, c.file, before)
	}
	succeed(t, "sweep", "s.toml", "--out", "out")
}

// Two sweeps in one folder: the second says who has it, and goes on when that ends.
func TestSweepTwiceAtOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "s.toml", []byte(strings.Replace(digits, "train.pretrain.epochs=1", "train.pretrain.epochs=100000", 1)))
	c, _, errs := process(t, "sweep", "s.toml", "--out", "out")
	states := filepath.Join("out", "cache", "models", "*.state")
	for found := false; !found; {
		list, err := filepath.Glob(states)
		if err != nil {
			t.Fatal(err)
		}
		found = len(list) > 0
	}
	got := bitline(t, "sweep", "s.toml", "--out", "out")
	want := fmt.Sprintf("bitline: process %d is at work on this shard (out/records/shard-0-of-1.lock): wait for it, stop it, or choose another place\n", c.Process.Pid)
	if got != (outcome{1, "", want}) {
		t.Errorf("%+v, want exit 1 and %s", got, want)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err := c.Wait() // as by the signal, so that a shell's loop ends too
	if err == nil || err.Error() != "signal: interrupt" || !strings.HasPrefix(errs.String(), "bitline: interrupted: training stopped (") {
		t.Errorf("the first ended with %v: %s, want that it was interrupted", err, errs)
	}
	again, _, _ := process(t, "sweep", "s.toml", "--out", "out")
	lock := filepath.Join("out", "records", "shard-0-of-1.lock")
	for holder := ""; holder != fmt.Sprintln(again.Process.Pid); {
		holder = string(readFile(t, lock))
	}
	if err := again.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = again.Wait()
}

// What a sweep has recorded outlives a data set that went away, which is told.
func TestSweepStopped(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "s.toml", []byte(digits))
	writeFile(t, "chip.toml", []byte("base = 'bitslice-8bit'\n"))
	succeed(t, "sweep", "s.toml", "--out", "whole")
	makeFolder(t, "out")
	makeFolder(t, "out/cache")
	writeFile(t, "out/cache/models", nil) // where a folder belongs
	got := bitline(t, "sweep", "s.toml", "--out", "out")
	// The point without a job is recorded before the first training.
	if want := "bitline: mkdir out/cache/models: not a directory; what is done is in out, the same command goes on from there\n"; got != (outcome{1, "", want}) {
		t.Errorf("%+v, want exit 1 and %s", got, want)
	}
	if err := os.Remove("out/cache/models"); err != nil {
		t.Fatal(err)
	}
	succeed(t, "sweep", "s.toml", "--out", "out")
	if !bytes.Equal(readFile(t, "out/results.csv"), readFile(t, "whole/results.csv")) {
		t.Error("the results differ from those of a sweep that nothing stopped")
	}
}

// A folder that cannot be written to is told before anything is computed.
func TestSweepIntoReadOnlyFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("NOT RUN: the superuser may write everywhere")
	}
	t.Chdir(t.TempDir())
	writeFile(t, "s.toml", []byte(digits))
	if err := os.Mkdir("locked", 0o555); err != nil {
		t.Fatal(err)
	}
	for out, want := range map[string]string{"locked": "mkdir locked/records: permission denied", "locked/out": "mkdir locked/out: permission denied"} {
		if got := bitline(t, "sweep", "s.toml", "--out", out); got != (outcome{1, "", "bitline: " + want + "\n"}) {
			t.Errorf("%+v, want exit 1 and %s", got, want)
		}
	}
}

// A damaged record is told with its line, by the sweep and by its results.
func TestDamagedRecord(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "s.toml", []byte(digits))
	succeed(t, "sweep", "s.toml", "--out", "out")
	const path = "out/records/shard-0-of-1.jsonl"
	var text []string
	for in := bufio.NewScanner(bytes.NewReader(readFile(t, path))); in.Scan(); {
		text = append(text, in.Text())
	}
	text[1] = strings.Replace(text[1], `"point":`, `"point":1`, 1)
	writeFile(t, path, []byte(strings.Join(text, "\n")+"\n"))
	for _, line := range []string{"sweep s.toml --out out", "sweep s.toml --out out --dry-run", "sweep s.toml --out out --collect", "results out"} {
		refuse(t, path+":2: line is damaged (its checksum is another); without the line its point is computed again", line)
	}
}
