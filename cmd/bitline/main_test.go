package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// outcome is what a command line came to.
type outcome struct {
	code     int
	out, err string
}

// bitline runs a command line in a world without data sets but the embedded.
func bitline(t *testing.T, args ...string) outcome {
	t.Helper()
	return bitlineIn(t.Context(), func(string) string { return "" }, args...)
}

func bitlineIn(ctx context.Context, getenv func(string) string, args ...string) outcome {
	var out, errs bytes.Buffer
	code := run(ctx, args, terminal{out: &out, err: &errs, getenv: getenv})
	return outcome{code, out.String(), errs.String()}
}

// succeed runs a command line that must succeed and returns its results.
func succeed(t *testing.T, args ...string) string {
	t.Helper()
	got := bitline(t, args...)
	if got.code != 0 || got.err != "" {
		t.Fatalf("bitline %s: exit %d, errors %q, want 0 and none", strings.Join(args, " "), got.code, got.err)
	}
	return got.out
}

// short is quickstart with little to train and to replay.
func short(args ...string) []string {
	return append(args, "--set", "train.pretrain.epochs=1", "--set", "train.finetune.epochs=1", "--set", "replay.images=50")
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// commands lists a command and all below it.
func commands(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{c}
	for _, sub := range c.Commands() {
		all = append(all, commands(sub)...)
	}
	return all
}

// words splits a line as a shell does, as far as the examples use it.
func words(line string) []string {
	line, _, _ = strings.Cut(line, " #")
	var list []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			list = append(list, part)
		} else {
			list = append(list, strings.Fields(part)...)
		}
	}
	return list
}

// Every command shows examples, and each is a command line that is understood.
func TestExamples(t *testing.T) {
	root := newRoot(terminal{out: &bytes.Buffer{}, err: &bytes.Buffer{}})
	count := 0
	for _, c := range commands(root) {
		for line := range strings.Lines(c.Long) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 100 {
				t.Errorf("%s: a line of its help has %d characters, want at most 100: %s", c.CommandPath(), n, line)
			}
		}
		if c.Short == "" || c.Example == "" {
			t.Errorf("%s: short help %q, examples %q, want both", c.CommandPath(), c.Short, c.Example)
		}
		for line := range strings.Lines(c.Example) {
			count++
			args := words(line)
			if len(args) == 0 || args[0] != "bitline" {
				t.Errorf("%s: example %q, want a line of bitline", c.CommandPath(), line)
				continue
			}
			found, rest, err := newRoot(terminal{}).Find(args[1:])
			if err != nil {
				t.Errorf("%s: example %q: %v", c.CommandPath(), line, err)
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%s: example %q: %v", c.CommandPath(), line, err)
			}
			if err := found.ValidateArgs(found.Flags().Args()); err != nil {
				t.Errorf("%s: example %q: %v", c.CommandPath(), line, err)
			}
		}
		out := succeed(t, append(strings.Fields(c.CommandPath())[1:], "--help")...)
		if !strings.Contains(out, "Examples:") || !strings.Contains(out, c.Example) {
			t.Errorf("%s --help shows no examples:\n%s", c.CommandPath(), out)
		}
	}
	if count < 10 {
		t.Errorf("%d examples, want at least 10", count)
	}
}

func TestWrongUsage(t *testing.T) {
	tests := []struct{ name, line, want string }{
		{"unknown command", "foo", `unknown command "foo" for "bitline", want bitline [flags] (see bitline --help)`},
		{"unknown flag", "run --nope", `unknown flag: --nope (see bitline run --help)`},
		{"unknown flag of the program", "--nope", `unknown flag: --nope (see bitline --help)`},
		{"flag without its value", "run --json", `flag needs an argument: --json (see bitline run --help)`},
		{"two jobs", "run a b", `accepts at most 1 arg(s), received 2, want bitline run [JOB] [flags] (see bitline run --help)`},
		{"no chip", "describe", `accepts 1 arg(s), received 0, want bitline describe CHIP [flags] (see bitline describe --help)`},
		{"two chips", "describe a b", `accepts 1 arg(s), received 2, want bitline describe CHIP [flags] (see bitline describe --help)`},
		{"no job to train", "train --out x.safetensors", `accepts 1 arg(s), received 0, want bitline train JOB --out FILE [flags] (see bitline train --help)`},
		{"no checkpoint to write", "train quickstart", `--out is "", want a file name that ends in .safetensors or .safetensors.gz (see bitline train --help)`},
		{"checkpoint of another kind", "train quickstart --out x.toml", `--out is "x.toml", want a file name that ends in .safetensors or .safetensors.gz (see bitline train --help)`},
		{"mvm without a matrix", "mvm --inputs x.npy --out y.npy", `--weights is missing (see bitline mvm --help)`},
		{"mvm without inputs", "mvm --weights w.npy --out y.npy", `--inputs is missing (see bitline mvm --help)`},
		{"mvm without an output", "mvm --weights w.npy --inputs x.npy", `--out is missing (see bitline mvm --help)`},
		{"mvm with an argument", "mvm w.npy", `unknown command "w.npy" for "bitline mvm", want bitline mvm --chip CHIP --weights W.npy --inputs X.npy --out Y.npy [flags] (see bitline mvm --help)`},
		{"no study", "reproduce --from-checkpoints", `accepts 1 arg(s), received 0, want bitline reproduce STUDY [flags] (see bitline reproduce --help)`},
		{"a study without checkpoints", "reproduce mnist", `want --from-checkpoints or --checkpoints FOLDER (see bitline reproduce --help)`},
		{"both kinds of checkpoints", "reproduce mnist --from-checkpoints --checkpoints a", `want --from-checkpoints or --checkpoints FOLDER (see bitline reproduce --help)`},
		{"a chip without a network", "run --chip isaac-ce", `want both --chip and --network, or a JOB of which they override one (see bitline run --help)`},
		{"a network without a chip", "run --network lenet-5", `want both --chip and --network, or a JOB of which they override one (see bitline run --help)`},
		{"a mapping of two chips", "describe isaac-ce --network lenet-5 --against puma", `--network and --against exclude each other`},
		{"train or load", "run quickstart --train --checkpoint a", `--train and --checkpoint exclude each other`},
		{"unknown word after data", "data foo", `unknown command "foo" for "bitline data", want bitline data [flags] (see bitline data --help)`},
		{"a shell that is none", "completion foo", `unknown command "foo" for "bitline completion", want bitline completion [flags] (see bitline completion --help)`},
		{"a shell with a slip", "completion bahs", `unknown command "bahs" for "bitline completion", want bitline completion [flags] (see bitline completion --help), did you mean bash?`},
		{"a shell and more", "completion bash zsh", `unknown command "zsh" for "bitline completion bash", want bitline completion bash (see bitline completion bash --help)`},
		{"version of something", "version 2", `unknown command "2" for "bitline version", want bitline version [flags] (see bitline version --help)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := bitline(t, strings.Fields(tt.line)...)
			want := outcome{2, "", "bitline: " + tt.want + "\n"}
			if got != want {
				t.Errorf("bitline %s:\ngot  %+v\nwant %+v", tt.line, got, want)
			}
		})
	}
}

func TestNoCommandShowsHelp(t *testing.T) {
	if out := succeed(t); !strings.Contains(out, "Available Commands:") {
		t.Errorf("bitline alone prints %q, want help", out)
	}
	if out := succeed(t, "data"); !strings.Contains(out, "bitline data list") {
		t.Errorf("bitline data prints %q, want help", out)
	}
}

func TestVersion(t *testing.T) {
	out := succeed(t, "version")
	if !strings.HasPrefix(out, "bitline ") || !strings.Contains(out, ", kernels ") || strings.Count(out, "\n") != 1 {
		t.Errorf("got %q, want a line with the version and the kernel class", out)
	}
	for _, flag := range []string{"--version", "-v"} {
		if got := succeed(t, flag); got != out {
			t.Errorf("%s prints %q, want %q", flag, got, out)
		}
	}
}

// TestCompletion prints scripts that name the program.
func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "fish", "powershell", "zsh"} {
		if out := succeed(t, "completion", shell); !strings.Contains(out, "bitline") {
			t.Errorf("the script for %s is %.80q, want one that names bitline", shell, out)
		}
	}
	if out := succeed(t, "completion"); !strings.Contains(out, "Print the script for zsh") {
		t.Errorf("completion alone prints %q, want help", out)
	}
}

// TestHelp explains commands and their own, and nothing else.
func TestHelp(t *testing.T) {
	if out := succeed(t, "help", "data", "get"); !strings.HasPrefix(out, "Download mnist") {
		t.Errorf("help of data get is %q", out)
	}
	for line, want := range map[string]string{
		"help rnu":          `bitline: "rnu" is no command of bitline, did you mean run?`,
		"help data gte":     `bitline: "gte" is no command of bitline data, did you mean get?`,
		"help run all of":   `bitline: "all" is no command of bitline run`,
		"help zzz and more": `bitline: "zzz" is no command of bitline`,
	} {
		if got := bitline(t, words(line)...); got.code != 2 || got.out != "" || got.err != want+"\n" {
			t.Errorf("%s: exit %d, %q, %q; want 2 and %q", line, got.code, got.out, got.err, want)
		}
	}
}

// TestDataGet leaves alone what is there, and names what it does not know. What
// servers do is tested where they are asked.
func TestDataGet(t *testing.T) {
	t.Chdir(t.TempDir())
	if out := succeed(t, "data", "get", "digits"); out != "digits is there: embedded\n" {
		t.Errorf("got %q, want that digits is there", out)
	}
	if got := bitline(t, "data", "get", "digits", "mnits"); got.code != 2 || !strings.Contains(got.err, `data sets are ["digits" "mnits"], want some of ["digits" "mnist" "fashion-mnist" "cifar10"]`) {
		t.Errorf("an unknown set: exit %d, %s", got.code, got.err)
	}
	if got := bitline(t, "data", "get"); got.code != 2 {
		t.Errorf("no set: exit %d, want wrong usage", got.code)
	}
	writeFile(t, "file", nil)
	if got := bitline(t, "data", "get", "mnist", "--data", "file"); got.code != 1 || !strings.Contains(got.err, "making the folder of data set mnist: mkdir file") {
		t.Errorf("a file in place of the folder: exit %d, %s", got.code, got.err)
	}
	before := tree(t)
	ended, stop := context.WithCancel(t.Context())
	stop()
	for _, set := range []string{"mnist", "cifar10"} {
		if got := bitlineIn(ended, func(string) string { return "" }, "data", "get", set, "--data", "new/sets"); got.code != 1 || !strings.Contains(got.err, "interrupted: data set "+set) {
			t.Errorf("%s, interrupted: exit %d, %s", set, got.code, got.err)
		}
	}
	if after := tree(t); !slices.Equal(before, after) {
		t.Errorf("what could not be had leaves %v, want %v", after, before)
	}
}

func TestDataList(t *testing.T) {
	dir := t.TempDir()
	out := succeed(t, "data", "list", "--data", dir)
	lines := strings.Split(out, "\n")
	const toDo = "bitline data get %s"
	for i, want := range []string{
		"set found where note", "digits yes embedded the 1,797 UCI test images, 8×8",
		"mnist no " + fmt.Sprintf(toDo, "mnist"), "fashion-mnist no " + fmt.Sprintf(toDo, "fashion-mnist"),
		"cifar10 no " + fmt.Sprintf(toDo, "cifar10"), "",
	} {
		if got := strings.Join(strings.Fields(lines[i]), " "); got != want {
			t.Errorf("line %d is %q, want %q", i+1, got, want)
		}
	}
	cifar := filepath.Join(dir, "cifar-10-batches-bin")
	if err := os.Mkdir(cifar, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"} {
		writeFile(t, filepath.Join(cifar, name+".bin"), nil)
	}
	file := filepath.Join(cifar, "test_batch.bin")
	for place, want := range map[string]string{filepath.Join(dir, "none"): "no such file or directory", file: "not a directory"} {
		if got := bitline(t, "data", "list", "--data", place); got != (outcome{1, "", "bitline: --data is " + place + ": " + want + "\n"}) {
			t.Errorf("--data %s: %+v, want that it is there: %s", place, got, want)
		}
	}
	env := bitlineIn(t.Context(), func(key string) string {
		if key == "BITLINE_DATA" {
			return dir
		}
		return ""
	}, "data", "list")
	if env.code != 0 || !strings.Contains(env.out, cifar) {
		t.Errorf("with BITLINE_DATA: %+v, want cifar10 found in %s", env, cifar)
	}
}
