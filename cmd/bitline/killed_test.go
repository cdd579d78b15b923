package main

import (
	"bufio"
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// asCommand makes the test binary the command itself.
const asCommand = "BITLINE_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// process starts a command line in a process of its own.
func process(t *testing.T, args ...string) (c *exec.Cmd, out *bufio.Scanner, errs *bytes.Buffer) {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c, errs = exec.CommandContext(t.Context(), path, args...), &bytes.Buffer{}
	c.Env, c.Stderr = append(os.Environ(), asCommand+"=1"), errs
	pipe, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, bufio.NewScanner(pipe), errs
}

// TestTrainKilled: killed at random moments twenty times, some of them before the
// first epoch and some while the state is being written, and resumed each time, a
// training ends in the bytes of one that nobody disturbs, and leaves nothing beside.
func TestTrainKilled(t *testing.T) {
	t.Chdir(t.TempDir())
	args := func(out string) []string {
		list := []string{"train", "quickstart", "--out", out, "--set", "train.pretrain.epochs=40", "--set", "train.finetune.epochs=120"}
		if _, err := os.Stat(out + ".state"); err == nil {
			list = append(list, "--resume")
		}
		return list
	}
	succeed(t, args("whole.safetensors")...)
	makeFolder(t, "cut")

	rng := rand.New(rand.NewPCG(61, 62))
	for life := range 20 {
		c, out, errs := process(t, args("cut/c.safetensors")...)
		for range rng.IntN(5) { // epochs
			out.Scan()
		}
		time.Sleep(time.Duration(rng.IntN(10_000)) * time.Microsecond)
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := c.Wait(); c.ProcessState.Exited() {
			t.Fatalf("life %d ended before it was killed: %v\n%s", life+1, err, errs)
		}
		if _, err := os.Stat("cut/c.safetensors"); err == nil {
			t.Fatalf("life %d finished: the test wants more epochs", life+1)
		}
	}
	if _, err := os.Stat("cut/c.safetensors.state"); err != nil {
		t.Errorf("twenty lives left no state: %v", err)
	}
	succeed(t, args("cut/c.safetensors")...)
	if !bytes.Equal(readFile(t, "cut/c.safetensors"), readFile(t, "whole.safetensors")) {
		t.Error("the killed training's checkpoint differs from the undisturbed one's")
	}
	checkFolder(t, "cut", "c.safetensors")
}

// hook is a stream that does something, once, when a text passes.
type hook struct {
	bytes.Buffer
	text string
	do   func()
}

func (h *hook) Write(p []byte) (int, error) {
	if h.do != nil && bytes.Contains(p, []byte(h.text)) {
		h.do()
		h.do = nil
	}
	return h.Buffer.Write(p)
}

// during runs a command line and does something when a text of its results passes.
func during(t *testing.T, text string, do func(), args ...string) outcome {
	t.Helper()
	out, errs := &hook{text: text, do: do}, &bytes.Buffer{}
	code := run(t.Context(), args, terminal{out: out, err: errs, getenv: func(string) string { return "" }})
	if out.do != nil {
		t.Fatalf("bitline %s printed no %q: %s%s", strings.Join(args, " "), text, out, errs)
	}
	return outcome{code, out.String(), errs.String()}
}

func makeFolder(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func checkFolder(t *testing.T, path string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("folder %s holds %v, want %v", path, got, want)
	}
}

// A state that cannot be written any more stops the training, and leaves the state
// of the epoch before, from which it goes on, and an earlier checkpoint.
func TestStateCannotBeWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	args := func(out string, more ...string) []string {
		return append([]string{"train", "quickstart", "--out", out, "--set", "train.pretrain.epochs=6", "--set", "train.finetune.epochs=1"}, more...)
	}
	succeed(t, args("whole.safetensors")...)

	makeFolder(t, "there")
	writeFile(t, "there/c.safetensors", []byte("earlier"))
	var before []byte
	got := during(t, "epoch 3/6", func() {
		before = readFile(t, "there/c.safetensors.state")
		rename(t, "there", "away")
	}, args("there/c.safetensors")...)
	if want := "bitline: writing there/c.safetensors.state: no such file or directory\n"; got.code != 1 || got.err != want {
		t.Errorf("exit %d, errors %q, want 1 and %q", got.code, got.err, want)
	}
	checkFolder(t, "away", "c.safetensors", "c.safetensors.lock", "c.safetensors.state") // the lock went with the folder
	if !bytes.Equal(readFile(t, "away/c.safetensors.state"), before) || string(readFile(t, "away/c.safetensors")) != "earlier" {
		t.Error("the earlier state or checkpoint is another")
	}
	succeed(t, args("away/c.safetensors", "--resume")...)
	if !bytes.Equal(readFile(t, "away/c.safetensors"), readFile(t, "whole.safetensors")) {
		t.Error("the resumed training's checkpoint differs from the undisturbed one's")
	}
	checkFolder(t, "away", "c.safetensors")
}

// A checkpoint that cannot be written leaves the state of the finished training,
// from which --resume writes it without training again.
func TestCheckpointCannotBeWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	args := func(out string, more ...string) []string {
		return append(short("train", "quickstart", "--out", out), more...)
	}
	succeed(t, args("whole.safetensors")...)

	got := during(t, "fine-tuning epoch 1/1", func() { makeFolder(t, "c.safetensors") }, args("c.safetensors")...)
	if want := "bitline: writing c.safetensors: is a directory\n"; got.code != 1 || got.err != want {
		t.Errorf("exit %d, errors %q, want 1 and %q", got.code, got.err, want)
	}
	rename(t, "c.safetensors", "folder")
	checkFolder(t, ".", "c.safetensors.state", "folder", "whole.safetensors")
	if out := succeed(t, args("c.safetensors", "--resume")...); strings.Contains(out, " loss ") {
		t.Errorf("it trains again: %s", out)
	}
	if !bytes.Equal(readFile(t, "c.safetensors"), readFile(t, "whole.safetensors")) {
		t.Error("the checkpoint differs from the undisturbed training's")
	}
}

// What a study found is in the other files even where one of them can no longer be
// written.
func TestTablesCannotBeWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "s.toml", []byte("kind = \"chip\"\nnetworks = [\"mlp-64-32-10\"]\nchips = [\"bitslice-8bit\"]\n"))
	var out, errs bytes.Buffer
	begun := false
	late := func(string) string { // asked for data sets, after the files were found to be writable
		if !begun {
			begun = true
			makeFolder(t, "t.md")
		}
		return ""
	}
	code := run(t.Context(), []string{"reproduce", "s.toml", "--markdown", "t.md", "--html", "s.html"}, terminal{out: &out, err: &errs, getenv: late})
	if want := "bitline: writing t.md: is a directory\n"; code != 1 || errs.String() != want {
		t.Errorf("exit %d, errors %q, want 1 and %q", code, errs.String(), want)
	}
	checkFolder(t, ".", "s.html", "s.toml", "t.md")
}

// A result is printed even where a file of it can no longer be written, and the
// other files are.
func TestResultFileCannotBeWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	var out, errs bytes.Buffer
	begun := false
	late := func(string) string { // asked for data sets, after the files were found to be writable
		if !begun {
			begun = true
			makeFolder(t, "r.json")
		}
		return ""
	}
	code := run(t.Context(), short("run", "quickstart", "--train", "--json", "r.json", "--csv", "r.csv"), terminal{out: &out, err: &errs, getenv: late})
	if want := "bitline: writing r.json: is a directory\n"; code != 1 || errs.String() != want {
		t.Errorf("exit %d, errors %q, want 1 and %q", code, errs.String(), want)
	}
	if !strings.Contains(out.String(), "Energy per image") {
		t.Errorf("it prints %q, want the result", out.String())
	}
	checkFolder(t, ".", "r.csv", "r.json")
}
