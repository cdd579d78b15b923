package arch

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bitline/internal/config"
)

const chipsPage = "../docs/chips.md"

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(chipsPage)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fromText reads a chip of a file that holds nothing but the text.
func fromText(t *testing.T, text string, sets ...string) (*Chip, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mine.toml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return Load(shipped(), path, sets)
}

// The chip that docs/chips.md shows is one.
func TestDocumentedChip(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(page(t), -1)
	if len(blocks) != 1 {
		t.Fatalf("%d blocks of TOML, want one", len(blocks))
	}
	c, err := fromText(t, blocks[0][1])
	if err != nil {
		t.Fatal(err)
	}
	if c.Count != 4 || c.Host.Width != 32 || c.Tile.Multiplier.Count != 4 || len(c.Tile.Parts) != 1 {
		t.Errorf("chip is %+v, want four chips with a port, multipliers and a part", c)
	}
}

// No chip simulates attention, with or without the units for it, and says so.
func TestAttentionIsRefused(t *testing.T) {
	for _, count := range []string{"0", "4"} {
		c := load(t, "isaac-ce", "tile.multiplier.count="+count)
		if text := c.attentionFact(); !strings.HasSuffix(text, ": products of two activations are refused") {
			t.Errorf("with %s multipliers: %q, want that products of two activations are refused", count, text)
		}
	}
}

// Every default of docs/chips.md is the one in use: a file that states it makes the
// same chip as one that does not.
func TestDocumentedDefaults(t *testing.T) {
	plain, err := fromText(t, "")
	if err != nil {
		t.Fatal(err)
	}
	quoted := regexp.MustCompile("`([^`]*)`")
	count := 0
	for _, line := range strings.Split(page(t), "\n") {
		cells := strings.Split(line, " | ")
		if len(cells) != 4 || !strings.HasPrefix(line, "| `") {
			continue
		}
		keys, values := quoted.FindAllStringSubmatch(cells[0], -1), quoted.FindAllStringSubmatch(cells[2], -1)
		if len(values) == 0 || strings.HasPrefix(keys[0][1], "adc.auto") || strings.HasPrefix(keys[0][1], "adc.budget") || strings.HasPrefix(keys[0][1], "adc.scope") || strings.HasPrefix(keys[0][1], "mapping.batch") {
			continue // no default, or one that only another key makes meaningful
		}
		for i, key := range keys {
			if key[1] == "noc.columns" || key[1] == "noc.hop" || key[1] == "host.clock" || key[1] == "io.hop_assumed" {
				continue // meaningful with another key only
			}
			value := values[min(i, len(values)-1)][1]
			c, err := fromText(t, "", key[1]+"="+value)
			if err != nil {
				t.Errorf("%s = %s: %v", key[1], value, err)
				continue
			}
			if count++; key[1] == "programming.endurance" {
				c.Programming.EnduranceMark = plain.Programming.EnduranceMark // the file's own now
			}
			if !sameChip(c, plain) {
				t.Errorf("%s is not %s by default", key[1], value)
			}
		}
	}
	if count < 60 {
		t.Errorf("%d defaults are documented, want at least 60", count)
	}
}

// Every key that a chip's readers ask for is in docs/chips.md.
func TestEveryKeyIsDocumented(t *testing.T) {
	text := page(t)
	asks := regexp.MustCompile(`\.(?:Int|Time|Energy|Power|Area|Frequency|Enum|String|Bool|Float|Floats|Ints|Table|Tables|IntOrList)\("([a-z_]+)"`)
	count := 0
	for _, file := range []string{"chip.go", "scaling.go", "mapping.go", "../adc/adc.go", "../crossbar/spec.go", "../crossbar/encoding.go",
		"../crossbar/programming.go", "../tile/spec.go", "../tile/network.go", "../tile/part.go", "../internal/cost/cost.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range asks.FindAllStringSubmatch(string(source), -1) {
			count++
			word := regexp.MustCompile("`[a-z_.\\[]*\\b" + match[1] + "\\b")
			if !word.MatchString(text) {
				t.Errorf("%s asks for %q, of which docs/chips.md says nothing", file, match[1])
			}
		}
	}
	if count < 90 {
		t.Errorf("%d keys are asked for, want at least 90", count)
	}
}

// Every shipped chip is in the list of docs/chips.md.
func TestEveryShippedChipIsDocumented(t *testing.T) {
	source := config.Source{Embedded: shipped().Embedded, Kind: "chips"}
	for _, name := range source.Names() {
		if !strings.Contains(page(t), "| `"+name+"` |") {
			t.Errorf("docs/chips.md does not list %s", name)
		}
	}
}

// The rows of DEVIATIONS.md are numbered in turn, and every test that they name is
// one of the project's.
func TestDeviationsAreTested(t *testing.T) {
	text, err := os.ReadFile("../DEVIATIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	for _, pattern := range []string{"*_test.go", "../*/*_test.go", "../*/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range regexp.MustCompile(`(?m)^func (Test\w+)`).FindAllStringSubmatch(string(source), -1) {
				tests[match[1]] = true
			}
		}
	}
	number := 0
	for _, line := range strings.Split(string(text), "\n") {
		if m := regexp.MustCompile(`^\| (\d+) \|`).FindStringSubmatch(line); m != nil {
			if number++; m[1] != fmt.Sprint(number) {
				t.Errorf("row %s follows row %d", m[1], number-1)
			}
		}
	}
	if number < 10 {
		t.Errorf("%d rows, want those of the shipped chips", number)
	}
	for _, name := range regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(string(text), -1) {
		if !tests[name[1]] {
			t.Errorf("DEVIATIONS.md names %s, which is no test", name[1])
		}
	}
}
