package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInit writes files that run as they are, and overwrites none.
func TestInit(t *testing.T) {
	t.Chdir(t.TempDir())
	out := succeed(t, "init", "mine")
	_, commands, _ := strings.Cut(out, "next: ")
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
