package main

import (
	"regexp"
	"strings"
	"testing"

	"bitline/internal/gemm"
)

// TestTour runs every command of docs/tour.md in an empty folder, with the file that
// it shows, and finds the lines that it quotes. Trained weights depend on the class of
// the kernels, so that lines about them are looked for where it is the writer's.
func TestTour(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds, and tens of them where races are looked for")
	}
	text := string(readFile(t, "../../docs/tour.md"))
	t.Chdir(t.TempDir())
	writeFile(t, "through.toml", []byte(toml.FindStringSubmatch(text)[1]))
	commands, quotes, out := 0, 0, ""
	for _, block := range regexp.MustCompile("(?s)```\n(.*?)```").FindAllStringSubmatch(toml.ReplaceAllString(text, ""), -1) {
		for line := range strings.Lines(block[1]) {
			line = strings.TrimRight(line, "\n")
			if strings.HasPrefix(line, "bitline ") {
				commands++
				out = succeed(t, words(line)[1:]...)
				continue
			}
			quotes++
			if trained := strings.Contains(line, "accuracy") || strings.Contains(line, "0.91"); trained && gemm.KernelClass() != "amd64-fma" {
				continue
			}
			if !strings.Contains(out, line) {
				t.Errorf("the tour quotes %q, which is not in\n%s", line, out)
			}
		}
	}
	if commands < 10 || quotes < 9 {
		t.Errorf("%d commands and %d quoted lines, want the tour's 10 and 9", commands, quotes)
	}
}
