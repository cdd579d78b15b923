package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bitline/internal/atomicfile"
)

// TestInit writes files that run as they are, and overwrites none.
func TestInit(t *testing.T) {
	t.Chdir(t.TempDir())
	out := succeed(t, "init", "mine")
	_, commands, _ := strings.Cut(out, "Next: ")
	for _, command := range strings.Split(strings.TrimSpace(commands), "\n") {
		args := strings.Fields(command)
		if len(args) == 0 || args[0] != "bitline" {
			t.Fatalf("init says %q, want commands of bitline", out)
		}
		succeed(t, args[1:]...)
	}
	if rows := strings.Count(string(readFile(t, "mine/results/results.csv")), "\n"); rows != 1+6*2*3-6 {
		t.Errorf("the sweep has %d lines, want a head and 30 points", rows)
	}
	want := readFile(t, "mine/chip.toml")
	if err := os.Remove("mine/job.toml"); err != nil {
		t.Fatal(err)
	}
	writeFile(t, "mine/sweep.toml", []byte("mine"))
	got := bitline(t, "init", "mine")
	if got.code != 1 || !strings.Contains(got.err, filepath.Join("mine", "chip.toml")+" is there already") || !strings.Contains(got.err, filepath.Join("mine", "sweep.toml")+" is there already") {
		t.Errorf("a second time: exit %d, %s", got.code, got.err)
	}
	if _, err := os.Stat("mine/job.toml"); err == nil {
		t.Error("a second time job.toml is written, want nothing")
	}
	if string(readFile(t, "mine/chip.toml")) != string(want) || string(readFile(t, "mine/sweep.toml")) != "mine" {
		t.Error("a second time files are overwritten")
	}
}

// TestInitAllOrNone leaves nothing where the disk is full before the last file.
func TestInitAllOrNone(t *testing.T) {
	t.Chdir(t.TempDir())
	full := errors.New("no space left on device")
	count := 0
	err := writeTemplates(".", func(path string, content []byte) error {
		if count++; count == len(templates()) {
			return full
		}
		return atomicfile.Write(path, content)
	})
	if !errors.Is(err, full) {
		t.Errorf("the error is %v, want %v", err, full)
	}
	if left := tree(t); !slices.Equal(left, []string{"."}) {
		t.Errorf("%v is left, want nothing", left)
	}
}

// TestInitDash names files of a folder whose name is that of a flag as files.
func TestInitDash(t *testing.T) {
	t.Chdir(t.TempDir())
	out := succeed(t, "init", "--", "-x")
	for _, want := range []string{"Next: bitline run ./-x/job.toml\n", "bitline describe ./-x/chip.toml\n", "bitline sweep ./-x/sweep.toml --out ./-x/results --html ./-x/results.html\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("init says\n%s, want %q in it", out, want)
		}
	}
	succeed(t, "describe", "./-x/chip.toml")
}

// TestInitNames tells a job from its chip and from its sweep.
func TestInitNames(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "init")
	if out := succeed(t, "run", "job.toml", "--set", "train.pretrain.epochs=0", "--set", "train.finetune.epochs=0"); !strings.HasPrefix(out, "my-job: mlp-64-32-10 (64-32-10) on my-chip, data digits") {
		t.Errorf("the job begins with %.80q, want names of its own for job and chip", out)
	}
	if text := string(readFile(t, "sweep.toml")); !strings.Contains(text, "\nname = \"my-sweep\"\n") {
		t.Errorf("the sweep is not called my-sweep:\n%s", text)
	}
}
