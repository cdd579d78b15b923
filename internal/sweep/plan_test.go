package sweep

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// plan reads a sweep that must be one.
func plan(t *testing.T, text string) *Plan {
	t.Helper()
	p, err := read(t, text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// table is all points of a plan, one a line: values of its columns.
func table(p *Plan) string {
	var lines []string
	for i := range p.Len() {
		var words []string
		for _, s := range p.Point(i).Settings {
			words = append(words, s.Value)
		}
		lines = append(lines, strings.Join(words, " "))
	}
	return strings.Join(lines, "\n")
}

// Every kind of axis, enumerated by hand.
func TestAxes(t *testing.T) {
	for _, c := range []struct{ name, text, columns, want string }{
		{"values of all types", "[[axis]]\nkey = 'adc.bits'\nvalues = [[3, 3, 3, 1], 8, 'auto', 0.5, 8.0, 'true', true, '50ns', ['a', 'b'], 'a b', []]\n",
			"adc.bits", "[3, 3, 3, 1]\n8\nauto\n0.5\n8.0\n\"true\"\ntrue\n50ns\n[\"a\", \"b\"]\n\"a b\"\n[]"},
		{"the last axis is the fastest", "[[axis]]\nkey = 'adc.bits'\nvalues = [4, 8]\n[[axis]]\nkey = 'adc.per_ima'\nvalues = [1, 2, 3]\n",
			"adc.bits adc.per_ima", "4 1\n4 2\n4 3\n8 1\n8 2\n8 3"},
		{"seeds are outermost", "seeds = [7, 1]\n[[axis]]\nkey = 'adc.bits'\nvalues = [4, 8]\n", "train.seed adc.bits", "7 4\n7 8\n1 4\n1 8"},
		{"seeds alone", "seeds = [7, 1]\n", "train.seed", "7\n1"},
		{"keys that change together", "[[axis]]\nkeys = ['crossbar.wordlines', 'crossbar.bitlines']\nvalues = [[64, 32], [128, 16]]\n[[axis]]\nkeys = ['adc.bits']\nvalues = [4, [5, 5, 5, 5]]\n",
			"crossbar.wordlines crossbar.bitlines adc.bits", "64 32 4\n64 32 [5, 5, 5, 5]\n128 16 4\n128 16 [5, 5, 5, 5]"},
		{"variants", "[[axis]]\nname = 'variant'\n[[axis.variant]]\nname = 'dense'\n[[axis.variant]]\nname = 'l1-10'\nset = ['train.finetune.method=l1', 'train.finetune.strength=10']\n", "variant", "dense\nl1-10"},
		// 4 and 16 and two between them at a third and two thirds of 12.
		{"a linear range", rangeOf("from = 4, to = 16, steps = 4"), "adc.per_ima", "4\n8\n12\n16"},
		{"a range of one step", rangeOf("from = 4, to = 16, steps = 1"), "adc.per_ima", "4"},
		{"a range of decimals", rangeOf("from = 0.1, to = 0.5, steps = 5"), "adc.per_ima", "0.1\n0.2\n0.3\n0.4\n0.5"},
		{"a range through 0", rangeOf("from = -0.1, to = 0.2, steps = 4"), "adc.per_ima", "-0.1\n0\n0.1\n0.2"},
		// 1 + i·3/6 is 1, 1.5, 2, 2.5, 3, 3.5, 4; halves go away from 0.
		{"a rounded range", rangeOf("from = 1, to = 4, steps = 7, round = true"), "adc.per_ima", "1\n2\n3\n4"},
		{"powers of two", rangeOf("from = 1, to = 16, steps = 5, scale = 'log'"), "adc.per_ima", "1\n2\n4\n8\n16"},
		// 1, 2.51…, 6.30…, 15.8…, 39.8…, 100: 10^(2i/5)
		{"a rounded log range", rangeOf("from = 1, to = 100, steps = 6, scale = 'log', round = true"), "adc.per_ima", "1\n3\n6\n16\n40\n100"},
		{"a log range, to 12 digits", rangeOf("from = 1, to = 10, steps = 3, scale = 'log'"), "adc.per_ima", "1\n3.16227766017\n10"},
		{"ends stay as they are", rangeOf("from = 0.12345678901234, to = 1.2345678901234, steps = 2, scale = 'log'"), "adc.per_ima", "0.12345678901234\n1.2345678901234"},
		{"quantities", rangeOf("from = '50ns', to = '200 ns', steps = 3"), "adc.per_ima", "50ns\n125ns\n200ns"},
		{"quantities on a log scale", rangeOf("from = '0.1us', to = '10us', steps = 3, scale = 'log'"), "adc.per_ima", "0.1us\n1us\n10us"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := plan(t, "job = 'quickstart'\n"+c.text)
			if got := strings.Join(p.Columns, " "); got != c.columns {
				t.Errorf("columns are %s, want %s", got, c.columns)
			}
			if got := table(p); got != c.want {
				t.Errorf("points are\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func rangeOf(fields string) string {
	return "[[axis]]\nkey = 'adc.per_ima'\nrange = {" + fields + "}\n"
}

// The overrides of a point: those of all points, then those of each axis in turn.
func TestPoint(t *testing.T) {
	p := plan(t, `
name = "mine"
job = "quickstart"
set = ["replay.images=10", "data.calibration=20"]
seeds = [5, 6]
pareto = [["accuracy", "energy_pj"], ["a", "b", "c"]]
[[axis]]
keys = ["adc.bits", "adc.law"]
values = [[[3, 3, 3, 1], "linear"], [8, "sar isaac"]]
[[axis]]
name = "variant"
[[axis.variant]]
name = "dense"
[[axis.variant]]
name = "l1"
set = ["train.finetune.method=l1", "train.finetune.strength = 3"]
`)
	got := p.Point(7)
	want := Point{
		Index:    7,
		Settings: []Setting{{"train.seed", "6"}, {"adc.bits", "8"}, {"adc.law", `"sar isaac"`}, {"variant", "l1"}},
		Sets: []string{"replay.images=10", "data.calibration=20", "train.seed=6", "adc.bits=8", `adc.law="sar isaac"`,
			"train.finetune.method=l1", "train.finetune.strength = 3"},
	}
	if got.Index != want.Index || !slices.Equal(got.Settings, want.Settings) || !slices.Equal(got.Sets, want.Sets) {
		t.Errorf("point 7 is\n%+v\nwant\n%+v", got, want)
	}
	if p.Len() != 8 || p.Name != "mine" || p.Job != "quickstart" || fmt.Sprint(p.Pareto) != "[[accuracy energy_pj] [a b c]]" {
		t.Errorf("plan %s of %d points of job %s, figures %v, want mine, 8, quickstart and two sets", p.Name, p.Len(), p.Job, p.Pareto)
	}
	got.Sets[0] = "changed"
	if p.Point(0).Sets[0] != "replay.images=10" {
		t.Error("who changes a point changes the plan")
	}
	for _, i := range []int{-1, 8} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("there is a point %d", i)
				}
			}()
			p.Point(i)
		}()
	}
}

// Two readings of a file are the same plan, and what decides no point does not
// change its digest; what does changes it.
func TestDigest(t *testing.T) {
	const text = "name = 'a'\njob = 'quickstart'\nset = ['replay.images=10']\nseeds = [1]\nconstraints = ['adc.bits > 4']\n[[axis]]\nkey = 'adc.bits'\nvalues = [4, 5, 6]\n"
	first := plan(t, text)
	if again := plan(t, text); first.Digest() != again.Digest() || table(first) != table(again) {
		t.Error("two readings differ")
	}
	if len(first.Digest()) != 64 {
		t.Errorf("digest %s, want SHA-256 in hex", first.Digest())
	}
	for _, c := range []struct {
		name, from, to string
		same           bool
	}{
		{"the name", "'a'", "'b'", true},
		{"figures", "seeds", "pareto = [['a', 'b']]\nseeds", true},
		{"a comment", "seeds", "# of training\nseeds", true},
		{"a range of the same values", "values = [4, 5, 6]", "range = {from = 4, to = 6, steps = 3}", true},
		{"another condition for the same points", "adc.bits > 4", "adc.bits >= 5", true},
		{"another condition", "adc.bits > 4", "adc.bits >= 4", false},
		{"no condition", "'adc.bits > 4'", "", false},
		{"the job", "quickstart", "mnist-mlp", false},
		{"a shared override", "images=10", "images=11", false},
		{"the seed", "seeds = [1]", "seeds = [2]", false},
		{"a value", "4, 5, 6", "4, 5, 7", false},
		{"a key", "key = 'adc.bits'", "key = 'adc.per_ima'", false},
		{"a sample", "[[axis]]", "[sample]\nkind = 'random'\npoints = 3\n[[axis]]", false},
	} {
		changed := strings.Replace(text, c.from, c.to, 1)
		if c.name == "a key" {
			changed = strings.Replace(changed, "adc.bits > 4", "adc.per_ima > 4", 1)
		}
		if same := plan(t, changed).Digest() == first.Digest(); same != c.same {
			t.Errorf("%s: digest stays is %t, want %t", c.name, same, c.same)
		}
	}
}

// Samples differ by seed, kind and number in their digests.
func TestDigestOfSamples(t *testing.T) {
	digests := map[string]string{}
	for _, sample := range []string{"kind = 'random'\npoints = 3", "kind = 'random'\npoints = 4", "kind = 'random'\npoints = 3\nseed = 2", "kind = 'latin-hypercube'\npoints = 3"} {
		for _, ends := range []string{"from = 1, to = 4", "from = 1, to = 5", "from = '1ns', to = '4ns'", "from = 1, to = 4, round = true", "from = 1, to = 4, scale = 'log'"} {
			text := sample + " of " + ends
			d := plan(t, base+rangeOf(ends)+"[sample]\n"+sample+"\n").Digest()
			if other := digests[d]; other != "" {
				t.Errorf("%s has the digest of %s", text, other)
			}
			digests[d] = text
		}
	}
	if a, b := plan(t, base+rangeOf("from = 1, to = 4")+"[sample]\nkind = 'random'\npoints = 3\n"), plan(t, base+rangeOf("from = 1, to = 4, steps = 9")+"[sample]\nseed = 1\nkind = 'random'\npoints = 3\n"); a.Digest() != b.Digest() {
		t.Error("steps, of which a sample takes none, change the digest")
	}
}

// What a setting says is read back as what the file said.
func TestLiterals(t *testing.T) {
	for _, v := range []any{int64(3), int64(-1 << 63), 0.1, 1e-7, 1e300, -2.0, true, "auto", "true", "1", "1e3", "0x10", "1979-05-27", "inf", "50ns", "1.2 µm²",
		"", " a", "a b", `"`, `\`, "'", "a\nb = 2", "\x00\x1f\x7f", "#", "[1", "{}", "日本", "a,b", "-", "+", ".", []any{int64(1), "a", []any{true, "b\"c"}}, []any{}} {
		text, ok := literal(v, false)
		if !ok {
			t.Errorf("%#v: no literal", v)
			continue
		}
		if got := readBack(t, text); fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", v) {
			t.Errorf("%#v: written as %s, read back as %#v", v, text, got)
		}
	}
}

// Figures are numbers or words, settings what all their values are.
func TestResultColumns(t *testing.T) {
	p, err := read(t, base+"seeds = [1]\n[[axis]]\nkeys = ['adc.bits', 'crossbar.wordlines', 'adc.law']\nvalues = [[8, 64, 'linear'], ['auto', 128, 'sar-isaac']]\n"+
		"[[axis]]\nkey = 'adc.per_ima'\nrange = {from = 1, to = 2, steps = 2}\n[[axis]]\nkey = 'adc.rate'\nrange = {from = '1GHz', to = '2GHz', steps = 2}\n[[axis]]\nname = 'variant'\n[[axis.variant]]\nname = 'a'\n")
	if err != nil {
		t.Fatal(err)
	}
	numbers, words := p.ResultColumns()
	const want = "job chip network data_set method signed input_sign adc_law adc_bits recalibrate bottleneck adc.bits adc.law adc.rate variant"
	if got := strings.Join(words, " "); got != want {
		t.Errorf("words are %s, want %s", got, want)
	}
	for _, name := range []string{"accuracy", "images", "seed", "strength", "adc_speedup_nominal", "energy_pj", "tops", "train.seed", "crossbar.wordlines", "adc.per_ima"} {
		if !slices.Contains(numbers, name) {
			t.Errorf("%s is no number", name)
		}
	}
}
