package arch

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"bitline/configs"
	"bitline/internal/config"
)

func shipped() config.Source { return config.Source{Embedded: configs.Files(), Kind: "chips"} }

// load loads a shipped chip with overrides that must be right.
func load(t *testing.T, name string, sets ...string) *Chip {
	t.Helper()
	c, err := Load(shipped(), name, sets)
	if err != nil {
		t.Fatalf("Load(%s, %q): %v", name, sets, err)
	}
	return c
}

func bill(t *testing.T, name string, sets ...string) Bill {
	t.Helper()
	b, err := load(t, name, sets...).Bill()
	if err != nil {
		t.Fatalf("bill of %s with %q: %v", name, sets, err)
	}
	return b
}

func TestEveryShippedChipLoads(t *testing.T) {
	names := shipped().Names()
	for _, want := range []string{"isaac-ce", "bitslice-8bit", "bitslice-8bit-3331", "bitslice-8bit-3adc", "bitslice-8bit-iso-area", "isaac-ce-events", "puma"} {
		if !slices.Contains(names, want) {
			t.Errorf("no shipped chip %s among %v", want, names)
		}
	}
	for _, name := range names {
		c := load(t, name)
		if c.Name != name {
			t.Errorf("chip in %s.toml has the name %q", name, c.Name)
		}
		if _, err := c.Bill(); err != nil {
			t.Errorf("bill: %v", err)
		}
	}
}

// A chip's document is the chip: it loads as the same one, bases and overrides
// within.
func TestLoadDocument(t *testing.T) {
	for _, name := range shipped().Names() {
		want, table, err := LoadDocument(shipped(), name, config.Part{}, []string{"tiles=3", "adc.range=full"})
		if err != nil {
			t.Fatal(err)
		}
		text, err := table.TOML()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "other.toml")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := Load(shipped(), path, nil)
		if err != nil || !sameChip(got, want) || got.Tiles != 3 {
			t.Errorf("%s: its document loads as\n%+v, error %v, want\n%+v", name, got, err, want)
		}
	}
}

// The chips that share a base differ only in what their files say.
func TestShippedTwinsDiffer(t *testing.T) {
	base, low, few := load(t, "bitslice-8bit"), load(t, "bitslice-8bit-3331"), load(t, "bitslice-8bit-3adc")
	low.Name, low.ADC.Bits = base.Name, base.ADC.Bits
	if !sameChip(base, low) {
		t.Errorf("bitslice-8bit-3331 differs from its base in more than adc.bits:\n%+v\n%+v", low, base)
	}
	few.Name, few.ADC.Bits, few.ADC.Kind, few.ADC.PerIMA = base.Name, base.ADC.Bits, base.ADC.Kind, base.ADC.PerIMA
	if !sameChip(base, few) {
		t.Errorf("bitslice-8bit-3adc differs from its base in more than its converters:\n%+v\n%+v", few, base)
	}
	few, large := load(t, "bitslice-8bit-3adc"), load(t, "bitslice-8bit-iso-area")
	large.Name, large.Tile.IMAs = few.Name, few.Tile.IMAs
	if !sameChip(few, large) {
		t.Errorf("bitslice-8bit-iso-area differs from bitslice-8bit-3adc in more than its IMAs:\n%+v\n%+v", large, few)
	}
}

// sameChip compares all fields.
func sameChip(a, b *Chip) bool { return reflect.DeepEqual(a, b) }

func TestLoadNamesAChipAfterItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.toml")
	if err := os.WriteFile(path, []byte("tiles = 2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := Load(shipped(), path, []string{"tiles=3"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "mine" || c.Tiles != 3 {
		t.Errorf("got %q with %d tiles, want \"mine\" with 3", c.Name, c.Tiles)
	}
}

// Each wrong document has exactly these lines of faults.
func TestReadFaults(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"bits above 16", "[adc]\nbits = 40",
			"chip.toml:2: key adc.bits is 40, want 1 to 16"},
		{"no wordlines", "[crossbar]\nwordlines = 0",
			"chip.toml:2: key crossbar.wordlines is 0, want 1 to 4096"},
		{"bare time", "[crossbar]\nread_latency = 100",
			"chip.toml:2: key crossbar.read_latency is the bare number 100, want a time with its unit such as \"100ns\""},
		{"foreign unit", "[crossbar]\nread_latency = \"2mW\"",
			"chip.toml:2: key crossbar.read_latency: \"2mW\" is a power, want a time such as \"100ns\""},
		{"no time", "[crossbar]\nread_latency = \"0ns\"",
			"chip.toml:2: key crossbar.read_latency is 0, want a positive time such as \"100ns\""},
		{"unknown key", "[adc]\nbitz = 8",
			"chip.toml:2: unknown key adc.bitz, did you mean adc.bits?"},
		{"unknown table", "[adcs]\nbits = 8",
			"chip.toml:1: unknown key adcs, did you mean adc?"},
		{"unknown word", "[encoding]\nsigned = \"ofset\"",
			"chip.toml:2: key encoding.signed is \"ofset\", want differential | differential-analog | offset | offset-unit-column | offset-flip, did you mean offset?"},
		{"five resolutions for four slices", "[adc]\nbits = [3, 3, 3, 3, 1]",
			"chip.toml:2: key adc.bits lists 5 resolutions, want 1 or one for each of the 4 slices of encoding.weight_bits = 8 and crossbar.cell_bits = 2"},
		{"three fixed converters for four slices", "[adc]\nper_ima = 3",
			"chip.toml:2: key adc.per_ima is 3 with kind = \"fixed\", want at least one converter for each of the 4 slice classes, or kind = \"reconfigurable\""},
		{"unit level above the top slice", "[encoding]\nweight_bits = 7\nsigned = \"offset-unit-column\"\nunit_level = 2",
			"chip.toml:4: key encoding.unit_level is 2, want at most 1, the highest level of the top slice's cells"},
		{"unit level", "[encoding]\nunit_level = 3",
			"chip.toml:2: key encoding.unit_level is 3, want 1 to 2"},
		{"one-bit signed converter", "[encoding]\nsigned = \"differential-analog\"\n[adc]\nbits = [3, 3, 3, 1]",
			"chip.toml:4: key adc.bits is 1 for slice 3, want 2 or more: a signed converter's range is ±(2^(bits−1) − 1)"},
		{"interleaved fixed resolutions", "[encoding]\nslices = \"interleaved\"\n[adc]\nbits = [3, 3, 3, 1]",
			"chip.toml:4: key adc.bits differ between slices with kind = \"fixed\" and interleaved slices, want one resolution or kind = \"reconfigurable\""},
		{"auto with flipped columns", "[encoding]\nsigned = \"offset-flip\"\n[adc]\nbits = \"auto\"",
			"chip.toml:4: key adc.bits is \"auto\" with encoding.signed = \"offset-flip\", which stores columns by the resolution: want resolutions"},
		{"too few bitlines", "[encoding]\nslices = \"interleaved\"\n[crossbar]\nbitlines = 3",
			"chip.toml:4: key crossbar.bitlines is 3, want at least the 4 slices of one interleaved weight"},
		{"converters that never convert", "[adc]\nrate = \"0GHz\"",
			"chip.toml:2: key adc.rate is 0 GHz, want 1 MHz to 1000 GHz"},
		{"converters faster than light", "[adc]\nrate = \"1001GHz\"",
			"chip.toml:2: key adc.rate is 1001 GHz, want 1 MHz to 1000 GHz"},
		{"a clock that stands", "[tile.bus]\nclock = \"0Hz\"",
			"chip.toml:2: key tile.bus.clock is 0 GHz, want 1 MHz to 1000 GHz"},
		{"a slow read", "[crossbar]\nread_latency = \"101us\"",
			"chip.toml:2: key crossbar.read_latency is 101 µs, want at most 100 µs"},
		{"a slow read by its law", "[crossbar]\nread_latency = \"1us\"\nread_law = \"rc\"\nread_wordlines = 12",
			"chip.toml:3: key crossbar.read_law is \"rc\", by which a read of 128 wordlines takes 113.8 µs, want 1 fs to 100 µs"},
		{"a read of no time by its law", "[crossbar]\nread_latency = \"1fs\"\nread_law = \"linear\"\nread_wordlines = 257",
			"chip.toml:3: key crossbar.read_law is \"linear\", by which a read of 128 wordlines takes 0 s, want 1 fs to 100 µs"},
		{"a node of nobody", "node = \"33nm\"",
			"chip.toml:1: key node is \"33nm\", want 180nm | 130nm | 90nm | 65nm | 55nm | 45nm | 40nm | 32nm | 28nm | 22nm | 20nm | 16nm | 14nm | 12nm | 10nm | 7nm, did you mean 32nm?"},
		{"a slow stage", "[pipeline]\nstage = \"1ms\"",
			"chip.toml:2: key pipeline.stage is 1 ms, want at most 100 µs"},
		{"all at once", "tiles = 0\n[crossbar]\nread_latency = 100\nwordlines = 0\n[adc]\nper_ima = 3\nbitz = 1",
			"chip.toml:1: key tiles is 0, want 1 to 1048576\n" +
				"chip.toml:3: key crossbar.read_latency is the bare number 100, want a time with its unit such as \"100ns\"\n" +
				"chip.toml:4: key crossbar.wordlines is 0, want 1 to 4096\n" +
				"chip.toml:6: key adc.per_ima is 3 with kind = \"fixed\", want at least one converter for each of the 4 slice classes, or kind = \"reconfigurable\"\n" +
				"chip.toml:7: unknown key adc.bitz, did you mean adc.bits?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table, err := config.Parse("chip.toml", []byte(tt.text), nil)
			if err != nil {
				t.Fatal(err)
			}
			c, err := Read(table)
			if err == nil {
				t.Fatalf("no error, want %s\n%+v", tt.want, c)
			}
			if err.Error() != tt.want {
				t.Errorf("got\n%v\nwant\n%s", err, tt.want)
			}
		})
	}
}

func TestReadSurveyBelowFourBits(t *testing.T) {
	for _, tt := range []struct {
		bits string
		ok   bool
	}{{"adc.bits=3", false}, {"adc.bits=4", true}, {"adc.bits=[4,4,4,3]", false}, {"adc.rate_bits=3", false}} {
		_, err := Load(shipped(), "bitslice-8bit", []string{"adc.law=survey", tt.bits})
		if (err == nil) != tt.ok {
			t.Errorf("survey with %s: error %v, want one: %v", tt.bits, err, !tt.ok)
		}
		const want = "--set adc.law: key adc.law"
		if err != nil && (!strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "not defined at 3 bits, want 4 or more")) {
			t.Errorf("survey with %s: got %q, want %q … not defined at 3 bits, want 4 or more", tt.bits, err, want)
		}
	}
}

// A fault of a chip with a base names the file that holds the key.
func TestLoadFaultsNameTheirOrigin(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"base.toml": "name = \"base\"\n\n[adc]\nbits = 40\n",
		"over.toml": "base = \"base.toml\"\n[crossbar]\nbitlines = 0\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Load(shipped(), filepath.Join(dir, "over.toml"), []string{"adc.per_ima=0"})
	want := filepath.Join(dir, "base.toml") + ":4: key adc.bits is 40, want 1 to 16\n" +
		filepath.Join(dir, "over.toml") + ":3: key crossbar.bitlines is 0, want 1 to 4096\n" +
		"--set adc.per_ima: key adc.per_ima is 0, want 1 to 4096"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestLoadUnknownName(t *testing.T) {
	_, err := Load(shipped(), "isac-ce", nil)
	if err == nil || !strings.Contains(err.Error(), "did you mean isaac-ce?") {
		t.Errorf("got %v, want a suggestion of isaac-ce", err)
	}
}
