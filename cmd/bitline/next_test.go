package main

import (
	"strings"
	"testing"
)

// TestNextComesTrue follows the suggestions of a run: each brings what its line says.
func TestNextComesTrue(t *testing.T) {
	t.Chdir(t.TempDir())
	follow := func(out, about string) (next string, r runJSON) {
		t.Helper()
		_, line, _ := strings.Cut(out, "\nNext: ")
		said, command, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if !strings.HasSuffix(said, about) {
			t.Fatalf("it suggests %q, want %q", line, about)
		}
		next = succeed(t, append(words(command), "--json", "r.json")[1:]...)
		return next, decodeRun(t, "r.json")
	}
	clipped := succeed(t, "run", "quickstart", "--set", "adc.bits=3", "--json", "r.json")
	before := decodeRun(t, "r.json")
	refitted, after := follow(clipped, "a refit of the digital side is free")
	if after.IntervalNS != before.IntervalNS || after.EnergyPJ != before.EnergyPJ || after.AreaMM2 != before.AreaMM2 {
		t.Errorf("the refit costs: %+v, want %+v", after, before)
	}
	larger, more := follow(refitted, "give each one bit more")
	if *more.Accuracy <= *after.Accuracy {
		t.Errorf("a bit more leaves an accuracy of %g, want more than %g", *more.Accuracy, *after.Accuracy)
	}
	_, shared := follow(larger, "converters an IMA that all slices share would keep up, on less area")
	if shared.IntervalNS != more.IntervalNS || shared.AreaMM2 >= more.AreaMM2 || *shared.Accuracy != *more.Accuracy {
		t.Errorf("shared: interval %g ns, %g mm², accuracy %g; want %g, less than %g, and %g",
			shared.IntervalNS, shared.AreaMM2, *shared.Accuracy, more.IntervalNS, more.AreaMM2, *more.Accuracy)
	}
}

// TestNextOfShapes follows those of a run without values, whose chip a flag names.
func TestNextOfShapes(t *testing.T) {
	out := succeed(t, "run", "--chip", "isaac-ce", "--network", "lenet-5")
	for _, want := range []string{
		"give the slowest layers copies: bitline run --chip isaac-ce --network lenet-5 --set mapping.replicate=balanced",
		"the same by energies of actions instead of powers: bitline run --chip isaac-ce-events --network lenet-5 --set mapping.replicate=balanced",
		"see every layer and resource: bitline run --chip isaac-ce-events --network lenet-5 --set mapping.replicate=balanced --details",
	} {
		_, line, _ := strings.Cut(out, "\nNext: ")
		if line = strings.TrimSpace(line); line != want {
			t.Fatalf("it suggests %q, want %q", line, want)
		}
		_, command, _ := strings.Cut(line, ": ")
		out = succeed(t, words(command)[1:]...)
	}
	if want := "\nNext: all of it as a page for a browser: bitline run --chip isaac-ce-events --network lenet-5 --set mapping.replicate=balanced --html page.html\n"; !strings.HasSuffix(out, want) {
		t.Errorf("after all details it says\n%s\nwant it to end with %s", out, want)
	}
}

// TestNextOfOwnChips has no shipped twin of a chip to offer that is based on one.
func TestNextOfOwnChips(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "mine.toml", []byte("base = 'isaac-ce'\ntiles = 300\n"))
	out := succeed(t, "run", "--chip", "mine.toml", "--network", "lenet-5", "--set", "mapping.replicate=balanced", "--timeline")
	if want := "\nNext: see every layer and resource: bitline run --chip mine.toml --network lenet-5 --set mapping.replicate=balanced --timeline --details\n"; !strings.Contains(out, want) {
		t.Errorf("it says\n%s\nwant %s", out, want)
	}
}
