package config

import (
	"math"
	"slices"
	"testing"

	"bitline/internal/units"
)

// TestFaults gives each method one wrong value, in line 2 of a file.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name, text string
		read       func(t *Table)
		want       string // without f.toml:2:, empty for no fault
	}{
		{"Int, lowest", "k = 1", func(t *Table) { t.Int("k", 8, 1, 16) }, ""},
		{"Int, highest", "k = 16", func(t *Table) { t.Int("k", 8, 1, 16) }, ""},
		{"Int below", "k = 0", func(t *Table) { t.Int("k", 8, 1, 16) }, "key k is 0, want 1 to 16"},
		{"Int above", "k = 17", func(t *Table) { t.Int("k", 8, 1, 16) }, "key k is 17, want 1 to 16"},
		{"Int without upper bound", "k = 0", func(t *Table) { t.Int("k", 8, 1, math.MaxInt) }, "key k is 0, want at least 1"},
		{"Int without lower bound", "k = 2", func(t *Table) { t.Int("k", 0, math.MinInt, 1) }, "key k is 2, want at most 1"},
		{"Int, a whole float", "k = 8.0", func(t *Table) { t.Int("k", 8, 1, 16) }, "key k is 8.0, want an integer 1 to 16"},
		{"Int, a float", "k = 1e300", func(t *Table) { t.Int("k", 8, math.MinInt, math.MaxInt) }, "key k is 1e+300, want an integer"},
		{"Int, a string", "k = '8'", func(t *Table) { t.Int("k", 8, 1, 16) }, `key k is "8", want an integer 1 to 16`},
		{"Int, a table", "k = {a = 1}", func(t *Table) { t.Int("k", 8, 1, 16) }, "key k is a table, want an integer 1 to 16"},
		{"Int, an array", "k = [8, 'x', true]", func(t *Table) { t.Int("k", 8, 1, 16) }, `key k is [8, "x", true], want an integer 1 to 16`},
		{"Int, a long array", "k = [1, 2, 3, 4, 5, 6, 7, 8, 9]", func(t *Table) { t.Int("k", 8, 1, 16) },
			"key k is [1, 2, 3, 4, 5, 6, 7, 8, ...], want an integer 1 to 16"},
		{"Int, a date", "k = 1979-05-27", func(t *Table) { t.Int("k", 8, 1, 16) }, "key k is a date or time, want an integer 1 to 16"},
		{"Float, an integer", "k = 1", func(t *Table) { t.Float("k", 0, 0, 1) }, ""},
		{"Float above", "k = 1.5", func(t *Table) { t.Float("k", 0, 0, 1) }, "key k is 1.5, want a number from 0 to 1"},
		{"Float, nan", "k = nan", func(t *Table) { t.Float("k", 0, 0, 1) }, "key k is NaN, want a number from 0 to 1"},
		{"Float, inf", "k = inf", func(t *Table) { t.Float("k", 0, math.Inf(-1), math.Inf(1)) }, "key k is +Inf, want a finite number"},
		{"Float below", "k = -1", func(t *Table) { t.Float("k", 0, 0, math.Inf(1)) }, "key k is -1, want a number of at least 0"},
		{"Float, a string", "k = 'x'", func(t *Table) { t.Float("k", 0, math.Inf(-1), 2.5) }, `key k is "x", want a number of at most 2.5`},
		{"String", "k = 1", func(t *Table) { t.String("k", "") }, "key k is 1, want a string"},
		{"String that commands the terminal", `k = "a\u001b[31mX\u202e\tq"`, func(t *Table) { t.String("k", "") }, `key k is "a\x1b[31mX\u202e\tq", want printable characters`},
		{"String of two lines", `k = "a\nb"`, func(t *Table) { t.String("k", "") }, `key k is "a\nb", want printable characters`},
		{"String with a zero", `k = "a\u0000b"`, func(t *Table) { t.String("k", "") }, `key k is "a\x00b", want printable characters`},
		{"String of a control character of two bytes", `k = "\u0085"`, func(t *Table) { t.String("k", "") }, `key k is "\u0085", want printable characters`},
		{"String that turns", `k = "\u2066"`, func(t *Table) { t.String("k", "") }, `key k is "\u2066", want printable characters`},
		{"String with a mark of direction", `k = "a\u200f"`, func(t *Table) { t.String("k", "") }, `key k is "a\u200f", want printable characters`},
		{"String of letters and marks of many scripts", `k = "µ² größe 数据 שלום 👩\u200d💻 a\u00a0b"`, func(t *Table) { t.String("k", "") }, ""},
		{"Bool", "k = 'true'", func(t *Table) { t.Bool("k", false) }, `key k is "true", want true or false`},
		{"Enum", "k = 'lineer'", func(t *Table) { t.Enum("k", "rc", "constant", "linear", "rc") },
			`key k is "lineer", want constant | linear | rc, did you mean linear?`},
		{"Enum, nothing like it", "k = 'sar'", func(t *Table) { t.Enum("k", "rc", "constant", "linear") },
			`key k is "sar", want constant | linear`},
		{"Enum, a number", "k = 2", func(t *Table) { t.Enum("k", "rc", "constant", "linear") }, "key k is 2, want constant | linear"},
		{"Ints, an element", "k = [1, 40]", func(t *Table) { t.Ints("k", nil, 1, 16) }, "key k[1] is 40, want 1 to 16"},
		{"Ints, a float in it", "k = [1.0]", func(t *Table) { t.Ints("k", nil, 1, 16) }, "key k[0] is 1.0, want an integer 1 to 16"},
		{"Floats, an element", "k = [0.5, 2, -1]", func(t *Table) { t.Floats("k", nil, 0, math.Inf(1)) }, "key k[2] is -1, want a number of at least 0"},
		{"Floats, nan in it", "k = [nan]", func(t *Table) { t.Floats("k", nil, 0, 1) }, "key k[0] is NaN, want a number from 0 to 1"},
		{"Floats, a number", "k = 0.5", func(t *Table) { t.Floats("k", nil, 0, 1) }, "key k is 0.5, want an array of numbers"},
		{"Ints, an integer", "k = 1", func(t *Table) { t.Ints("k", nil, 1, 16) }, "key k is 1, want an array of integers"},
		{"Strings, an element", "k = ['x', 1]", func(t *Table) { t.Strings("k", nil) }, "key k[1] is 1, want a string"},
		{"Strings, an element of two lines", `k = ['x', "a\rb"]`, func(t *Table) { t.Strings("k", nil) }, `key k[1] is "a\rb", want printable characters`},
		{"Strings, a string", "k = 'x'", func(t *Table) { t.Strings("k", nil) }, `key k is "x", want an array of strings`},
		{"Time, bare", "k = 100", func(t *Table) { t.Time("k", 0) }, `key k is the bare number 100, want a time with its unit such as "100ns"`},
		{"Time, another quantity", "k = '100mW'", func(t *Table) { t.Time("k", 0) }, `key k: "100mW" is a power, want a time such as "100ns"`},
		{"Energy, bare", "k = 1.0", func(t *Table) { t.Energy("k", 0) }, `key k is the bare number 1.0, want an energy with its unit such as "1.6pJ"`},
		{"Power", "k = true", func(t *Table) { t.Power("k", 0) }, `key k is true, want a power with its unit such as "2mW"`},
		{"Area", "k = '5'", func(t *Table) { t.Area("k", 0) }, `key k: "5" has no unit, want an area such as "1200um2"`},
		{"Frequency", "k = '-1Hz'", func(t *Table) { t.Frequency("k", 0) }, `key k: "-1Hz" is negative, want a frequency such as "1.28GHz"`},
		{"Table", "k = 1", func(t *Table) { t.Table("k").Int("x", 0, 0, 1) }, "key k is 1, want a table"},
		{"Tables", "k = {}", func(t *Table) { t.Tables("k") }, "key k is a table, want an array of tables"},
		{"Tables, an element", "k = [{}, 1]", func(t *Table) { t.Tables("k") }, "key k[1] is 1, want a table"},
		{"Faultf", "k = 1", func(t *Table) { t.Faultf("k", "is %d, want an even number", 1) }, "key k is 1, want an even number"},
		{"Require", "[k]", func(t *Table) { t.Table("k").Require("x", "x") }, "key k.x is missing"},
		{"Faultf of a table", "[k]", func(t *Table) { t.Table("k").Faultf("", "is empty") }, "table k is empty"},
		{"a fault inside a table", "[[k]]\n\n[[k]]", func(t *Table) { t.Tables("k")[0].Require("x") }, "key k[0].x is missing"},
		{"a quoted key", `"a b" = 1`, func(t *Table) { t.String("a b", "") }, `key "a b" is 1, want a string`},
		{"unknown", "k = 1", func(t *Table) {}, "unknown key k"},
		{"unknown, with a hint", "kidn = 1", func(t *Table) { t.String("kind", "") }, "unknown key kidn, did you mean kind?"},
		{"unknown table", "[adcc]\nx = 1", func(t *Table) { t.Table("adc") }, "unknown key adcc, did you mean adc?"},
		{"unknown in a table", "adc.bitz = 1", func(t *Table) { t.Table("adc").Int("bits", 8, 1, 16) },
			"unknown key adc.bitz, did you mean adc.bits?"},
		{"unknown in an array", "k = [{}, {x = 1}]", func(t *Table) { t.Tables("k") }, "unknown key k[1].x"},
		{"Value takes all below", "k = {x = [{y = 1}]}", func(t *Table) { t.Value("k") }, ""},
	} {
		root, err := Parse("f.toml", []byte("\n"+c.text+"\n"), nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		c.read(root)
		got, want := "", c.want
		if err := root.Finish(); err != nil {
			got = err.Error()
		}
		if want != "" {
			want = "f.toml:2: " + want
		}
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, want)
		}
	}
}

// TestAllFaults reads one document with faults in its base, itself and an
// override: all come at once, in order, each where it was written.
func TestAllFaults(t *testing.T) {
	src := Source{files(
		"chips/b.toml", "tils = 3\n[adc]\nrange = 'half'\npower = 2\n",
		"chips/a.toml", "base = 'b'\n\n[adc]\nbits = [3,\n 40,\n 1.0]\n\n[[layer]]\n[[layer]]\nnme = 'x'\n",
	), "chips", nil}
	root, err := Load(src, "a", []string{"adc.rate=5", "colour=red"})
	if err != nil {
		t.Fatal(err)
	}
	root.Int("tiles", 168, 1, 1000)
	root.Require("name")
	adc := root.Table("adc")
	if got := adc.Ints("bits", []int{8}, 1, 16); !slices.Equal(got, []int{8}) {
		t.Errorf("wrong bits are %v, want the default [8]", got)
	}
	if got := adc.Power("power", units.Milliwatt); got != units.Milliwatt {
		t.Errorf("a wrong power is %v, want the default 1 mW", got)
	}
	adc.Enum("range", "unit", "unit", "full", "calibrated")
	adc.Frequency("rate", 0)
	adc.Faultf("area", "is missing, want the area of a converter")
	for _, layer := range root.Tables("layer") {
		layer.Require("name")
	}
	const want = `chips/a.toml: key name is missing
chips/a.toml:3: key adc.area is missing, want the area of a converter
chips/a.toml:5: key adc.bits[1] is 40, want 1 to 16
chips/a.toml:6: key adc.bits[2] is 1.0, want an integer 1 to 16
chips/a.toml:8: key layer[0].name is missing
chips/a.toml:9: key layer[1].name is missing
chips/a.toml:10: unknown key layer[1].nme, did you mean layer[1].name?
chips/b.toml:1: unknown key tils, did you mean tiles?
chips/b.toml:3: key adc.range is "half", want unit | full | calibrated
chips/b.toml:4: key adc.power is the bare number 2, want a power with its unit such as "2mW"
--set adc.rate: key adc.rate is the bare number 5, want a frequency with its unit such as "1.28GHz"
--set colour: unknown key colour`
	if err := root.Finish(); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

// TestDefaults reads an empty document: every method gives its default.
func TestDefaults(t *testing.T) {
	root, err := Parse("f.toml", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	sub := root.Table("a").Table("b")
	list := []int{1, 2}
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"String", sub.String("k", "x"), "x"},
		{"Bool", sub.Bool("k", true), true},
		{"Int", sub.Int("k", 7, 0, 1), 7},
		{"Float", sub.Float("k", 7.5, 0, 1), 7.5},
		{"Enum", sub.Enum("k", "x", "y"), "x"},
		{"Ints", sub.Ints("k", list, 0, 1)[1], 2},
		{"Floats", sub.Floats("k", []float64{2.5}, 0, 1)[0], 2.5},
		{"Strings", sub.Strings("k", []string{"x"})[0], "x"},
		{"Time", sub.Time("k", units.Nanosecond), units.Nanosecond},
		{"Energy", sub.Energy("k", units.Picojoule), units.Picojoule},
		{"Power", sub.Power("k", units.Milliwatt), units.Milliwatt},
		{"Area", sub.Area("k", units.SquareMicrometre), units.SquareMicrometre},
		{"Frequency", sub.Frequency("k", units.Gigahertz), units.Gigahertz},
		{"Has", sub.Has("k"), false},
		{"Tables", len(sub.Tables("k")), 0},
		{"Keys", len(sub.Keys()), 0},
		{"Path", sub.Path(), "a.b"},
	} {
		if c.got != c.want {
			t.Errorf("%s of an absent key is %v, want %v", c.name, c.got, c.want)
		}
	}
	if sub.Ints("k", list, 0, 1)[0] = 9; list[0] != 1 {
		t.Error("Ints gave the default itself, want a copy")
	}
	if _, ok := sub.Value("k"); ok {
		t.Error("Value found an absent key")
	}
	if err := root.Finish(); err != nil {
		t.Error(err)
	}
}

// TestTwoReaders opens a table twice: what either asks for is known.
func TestTwoReaders(t *testing.T) {
	root, err := Parse("f.toml", []byte("[a]\nx = 1\ny = 2\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	root.Table("a").Int("x", 0, 0, 9)
	root.Table("a").Int("y", 0, 0, 9)
	if err := root.Finish(); err != nil {
		t.Error(err)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"bits", "bits", 0}, {"bitz", "bits", 1}, {"bit", "bits", 1},
		{"kidn", "kind", 1}, {"kitten", "sitting", 3}, {"abcd", "dcba", 3}, {"ab", "cd", 2},
	} {
		if got, back := distance(c.a, c.b), distance(c.b, c.a); got != c.want || back != c.want {
			t.Errorf("distance of %q and %q is %d, back %d, want %d", c.a, c.b, got, back, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	for _, c := range []struct {
		word string
		list []string
		want string
	}{
		{"bitz", []string{"bats", "bits"}, "bits"},
		{"Bits", []string{"bits"}, "bits"},
		{"weight-bits", []string{"input_bits", "weight_bits"}, "weight_bits"},
		{"x", []string{"y"}, ""},
		{"xy", []string{"xz"}, "xz"},
		{"bat", []string{"bit", "but"}, "bit"}, // the first of equals
		{"latency", []string{"law"}, ""},
	} {
		if got, _ := nearest(c.word, c.list); got != c.want {
			t.Errorf("nearest to %q of %q is %q, want %q", c.word, c.list, got, c.want)
		}
	}
}
