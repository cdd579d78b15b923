package sweep

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bitline/configs"
	"bitline/internal/config"
)

// read reads a sweep of that text, in a folder of its own.
func read(t *testing.T, text string) (*Plan, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("s.toml", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return Read("s.toml")
}

// base is a sweep with one axis, to which cases add what they are about.
const base = "job = 'quickstart'\n"

const bits = "[[axis]]\nkey = 'adc.bits'\nvalues = [4, 8]\n"

// Every fault of a file is told, with its line and key.
func TestFaults(t *testing.T) {
	jobs := config.Source{Embedded: configs.Files(), Kind: "jobs"}
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "",
			"s.toml: key axis is missing, want at least one [[axis]]\n" +
				"s.toml: key job is missing"},
		{"unknown keys", "jop = 'quickstart'\n" + base + "[[axis]]\nkey = 'adc.bits'\nvalue = [3]\n",
			"s.toml:1: unknown key jop, did you mean job?\n" +
				"s.toml:3: table axis[0] has neither values nor range, want one of them\n" +
				"s.toml:5: unknown key axis[0].value, did you mean axis[0].values?"},
		{"wrong types", "name = 3\njob = 4\nset = 'a=1'\nseeds = 1\naxis = 5\npareto = 6\nconstraints = 7\nsample = 8\n",
			"s.toml:1: key name is 3, want letters, digits and, behind the first, any of . _ + -\n" +
				"s.toml:2: key job is 4, want a string\n" +
				"s.toml:3: key set is \"a=1\", want an array of strings\n" +
				"s.toml:4: key seeds is 1, want an array of integers\n" +
				"s.toml:5: key axis is 5, want an array of tables\n" +
				"s.toml:6: key pareto is 6, want lists of two or three figures, such as [\"accuracy\", \"energy_pj\"]\n" +
				"s.toml:7: key constraints is 7, want an array of strings\n" +
				"s.toml:8: key sample is 8, want a table"},
		{"bad names", "name = 'a b'\n" + base + "[[axis]]\nname = '2d'\n[[axis.variant]]\nname = 'a,b'\n[[axis]]\nkey = 'adc..bits'\nvalues = [1]\n",
			"s.toml:1: key name is \"a b\", want letters, digits and, behind the first, any of . _ + -\n" +
				"s.toml:4: key axis[0].name is \"2d\", want letters, digits and _, no digit first\n" +
				"s.toml:6: key axis[0].variant[0].name is \"a,b\", want letters, digits and, behind the first, any of . _ + -\n" +
				"s.toml:8: key axis[1].key names \"adc..bits\", want a key such as adc.bits"},
		{"axes of the names of columns", base + bits + "[[axis]]\nname = 'method'\n[[axis.variant]]\nname = 'a'\n[[axis]]\nname = 'point'\n[[axis.variant]]\nname = 'a'\n[[axis]]\nname = 'pareto_2'\n[[axis.variant]]\nname = 'a'\n",
			"s.toml:6: key axis[1].name is \"method\", which is the name of a figure of the results, want a name of its own, such as variant\n" +
				"s.toml:10: key axis[2].name is \"point\", which is the name of a column of all results, want a name of its own, such as variant\n" +
				"s.toml:14: key axis[3].name is \"pareto_2\", which is the name of a column of all results, want a name of its own, such as variant"},
		{"no job", "job = ''\n" + bits,
			"s.toml:1: key job is empty, want a job's name or file"},
		{"unknown job", "job = 'quickstrat'\n" + bits,
			"s.toml:1: key job is \"quickstrat\": unknown name \"quickstrat\" in jobs, want " + strings.Join(jobs.Names(), ", ") + " or the path of a .toml file, did you mean quickstart?"},
		{"missing job", "job = 'none.toml'\n" + bits,
			"s.toml:1: key job is \"none.toml\": reading none.toml: no such file or directory"},
		{"an axis without a key", base + "[[axis]]\nvalues = [1]\n",
			"s.toml:2: table axis[0] has no key, want key, keys or name"},
		{"an axis with two keys", base + "[[axis]]\nkey = 'adc.bits'\nkeys = ['adc.law']\nvalues = [1]\n",
			"s.toml:4: key axis[0].keys is given beside key, want one of key, keys and name"},
		{"an axis without values", base + "[[axis]]\nkey = 'adc.bits'\n[[axis]]\nkey = 'adc.law'\nvalues = []\n[[axis]]\nname = 'm'\n[[axis]]\nname = 'n'\nvariant = []\n",
			"s.toml:2: table axis[0] has neither values nor range, want one of them\n" +
				"s.toml:6: key axis[1].values holds nothing, want at least one value\n" +
				"s.toml:7: key axis[2].variant is missing\n" +
				"s.toml:11: key axis[3].variant holds nothing, want at least one variant"},
		{"values and a range", base + "[[axis]]\nkey = 'adc.bits'\nvalues = [1]\nrange = {from = 1, to = 2, steps = 2}\n",
			"s.toml:5: key axis[0].range is given beside values, want one of them"},
		{"values that no key takes", base + "[[axis]]\nkey = 'adc.bits'\nvalues = [{a = 1}, 1979-05-27, nan, [[{}]]]\n",
			"s.toml:4: key axis[0].values holds a date or time, want numbers, words, true or false, and lists of them\n" +
				"s.toml:4: key axis[0].values holds a table, want numbers, words, true or false, and lists of them\n" +
				"s.toml:4: key axis[0].values holds an array of tables or dates, want numbers, words, true or false, and lists of them\n" +
				"s.toml:4: key axis[0].values holds nan, want numbers, words, true or false, and lists of them"},
		{"a value twice", base + "seeds = [1, 1]\n[[axis]]\nkey = 'adc.bits'\nvalues = [1, 2, 1]\n",
			"s.toml:2: key seeds holds 1 twice, want each once\n" +
				"s.toml:5: key axis[0].values holds 1 twice, want each once"},
		{"rows of unequal length", base + "[[axis]]\nkeys = ['crossbar.wordlines', 'crossbar.bitlines']\nvalues = [[64, 64], [128], 3, [1, 2, 3]]\n",
			"s.toml:4: key axis[0].values holds 3, want lists of 2, a value for each of keys\n" +
				"s.toml:4: key axis[0].values holds [1, 2, 3], want lists of 2, a value for each of keys\n" +
				"s.toml:4: key axis[0].values holds [128], want lists of 2, a value for each of keys"},
		{"a range of two keys", base + "[[axis]]\nkeys = ['crossbar.wordlines', 'crossbar.bitlines']\nrange = {from = 1, to = 2, steps = 2}\n",
			"s.toml:4: key axis[0].range is given for keys, want values: a row for each point, with a value for each key"},
		{"a key twice", "set = ['adc.law=linear', 'adc.law=linear']\nseeds = [1]\n" + base + bits + bits + "[[axis]]\nkey = 'adc.law'\nvalues = ['linear']\n[[axis]]\nkey = 'train.seed'\nvalues = [1]\n",
			"s.toml:1: key set names adc.law twice\n" +
				"s.toml:8: key axis[1].key names adc.bits, which axis[0] names too\n" +
				"s.toml:11: key axis[2].key names adc.law, which set names too\n" +
				"s.toml:14: key axis[3].key names train.seed, which seeds names too"},
		{"a key within another", base + "[[axis]]\nkey = 'adc'\nvalues = [1]\n" + bits,
			"s.toml:6: key axis[1].key names adc.bits, and axis[0] names adc"},
		{"a variant's key twice", base + bits + "[[axis]]\nname = 'variant'\n[[axis.variant]]\nname = 'a'\nset = ['adc.bits=3']\n[[axis.variant]]\nname = 'a'\nset = ['adc.law']\n",
			"s.toml:9: key axis[1].variant[0].set names adc.bits, which axis[0] names too\n" +
				"s.toml:11: key axis[1].variant[1].name holds a twice, want each once\n" +
				"s.toml:12: key axis[1].variant[1].set holds \"adc.law\", want KEY=VALUE such as adc.bits=5"},
		{"keys below a table", base + bits + "constraints = ['adc.bits > 4']\nseeds = [1]\n",
			"s.toml:5: key axis[0].constraints belongs to the whole sweep, want it above the first table\n" +
				"s.toml:6: key axis[0].seeds belongs to the whole sweep, want it above the first table"},
		{"keys below a variant", base + "[[axis]]\nname = 'm'\n[[axis.variant]]\nname = 'a'\npareto = []\n",
			"s.toml:6: key axis[0].variant[0].pareto belongs to the whole sweep, want it above the first table"},
		{"keys below sample", base + bits + "[sample]\nkind = 'random'\npoints = 3\nseeds = [1]\n",
			"s.toml:8: key sample.seeds belongs to the whole sweep, want it above the first table"},
		{"a sample without points", base + bits + "[sample]\nkind = 'random'\n",
			"s.toml:5: key sample.points is missing"},
		{"a sample of another kind", base + bits + "[sample]\nkind = 'sobol'\npoints = 0\nseed = -1\n",
			"s.toml:6: key sample.kind is \"sobol\", want random | latin-hypercube\n" +
				"s.toml:7: key sample.points is 0, want 1 to 1000000\n" +
				"s.toml:8: key sample.seed is -1, want at least 0"},
		{"a sample without axes", base + "seeds = [1]\n[sample]\nkind = 'random'\npoints = 4\n",
			"s.toml:3: table sample has no axes to draw from, want at least one [[axis]]"},
		{"figures", base + "pareto = [['a'], ['a', 'b', 'c', 'd'], ['a', 'a'], 3, ['a', 2]]\n" + bits,
			"s.toml:2: key pareto holds 3, want lists of two or three figures, such as [\"accuracy\", \"energy_pj\"]\n" +
				"s.toml:2: key pareto holds [\"a\", \"a\"], want lists of two or three figures, such as [\"accuracy\", \"energy_pj\"]\n" +
				"s.toml:2: key pareto holds [\"a\", \"b\", \"c\", \"d\"], want lists of two or three figures, such as [\"accuracy\", \"energy_pj\"]\n" +
				"s.toml:2: key pareto holds [\"a\", 2], want lists of two or three figures, such as [\"accuracy\", \"energy_pj\"]\n" +
				"s.toml:2: key pareto holds [\"a\"], want lists of two or three figures, such as [\"accuracy\", \"energy_pj\"]"},
		{"shared overrides", base + "set = ['adc.law', '=3', 'a b=1']\n" + bits,
			"s.toml:2: key set holds \"=3\", want KEY=VALUE such as adc.bits=5\n" +
				"s.toml:2: key set holds \"a b=1\", want KEY=VALUE such as adc.bits=5\n" +
				"s.toml:2: key set holds \"adc.law\", want KEY=VALUE such as adc.bits=5"},
	} {
		t.Run(c.name, func(t *testing.T) { checkFault(t, c.text, c.want) })
	}
}

func checkFault(t *testing.T, text, want string) {
	t.Helper()
	_, err := read(t, text)
	got := "no fault"
	if err != nil {
		got = err.Error()
	}
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFaultsOfRanges(t *testing.T) {
	of := func(fields string) string {
		return base + "[[axis]]\nkey = 'adc.rate'\n[axis.range]\n" + fields
	}
	for _, c := range []struct{ name, text, want string }{
		{"nothing", of(""),
			"s.toml:4: key axis[0].range.from is missing\n" +
				"s.toml:4: key axis[0].range.steps is missing\n" +
				"s.toml:4: key axis[0].range.to is missing"},
		{"no steps", of("from = 1\nto = 2\nsteps = 0\n"),
			"s.toml:7: key axis[0].range.steps is 0, want 1 to 65536"},
		{"too many steps", of("from = 1\nto = 2\nsteps = 65537\n"),
			"s.toml:7: key axis[0].range.steps is 65537, want 1 to 65536"},
		{"a log range from 0", of("from = 0\nto = 2\nsteps = 2\nscale = 'log'\n"),
			"s.toml:5: key axis[0].range.from is 0, want more than 0 on a log scale"},
		{"a log range from below", of("from = -1\nto = 2\nsteps = 2\nscale = 'logarithmic'\n"),
			"s.toml:8: key axis[0].range.scale is \"logarithmic\", want linear | log"},
		{"ends in turn", of("from = 2\nto = 1\nsteps = 2\n"),
			"s.toml:6: key axis[0].range.to is 1, want more than from, which is 2"},
		{"equal ends", of("from = '2ns'\nto = '2ns'\nsteps = 2\n"),
			"s.toml:6: key axis[0].range.to is \"2ns\", want more than from, which is \"2ns\""},
		{"two units", of("from = '50ns'\nto = '1us'\nsteps = 2\n"),
			"s.toml:6: key axis[0].range.to is \"1us\", want the unit of from, which is \"50ns\""},
		{"a unit and none", of("from = '50ns'\nto = 100\nsteps = 2\n"),
			"s.toml:6: key axis[0].range.to is 100, want the unit of from, which is \"50ns\""},
		{"broken ends", of("from = 1.5\nto = 2.25\nround = true\nsteps = 2\n"),
			"s.toml:5: key axis[0].range.from is 1.5, want a whole number where round is true\n" +
				"s.toml:6: key axis[0].range.to is 2.25, want a whole number where round is true"},
		{"no numbers", of("from = 'a'\nto = true\nsteps = 2\n"),
			"s.toml:5: key axis[0].range.from is \"a\", want a number or a quantity such as \"50ns\"\n" +
				"s.toml:6: key axis[0].range.to is true, want a number or a quantity such as \"50ns\""},
		{"no finite numbers", of("from = -inf\nto = nan\nsteps = 2\n"),
			"s.toml:5: key axis[0].range.from is -inf, want -9007199254740991 to 9007199254740991\n" +
				"s.toml:6: key axis[0].range.to is nan, want a number or a quantity such as \"50ns\""},
		{"beyond whole numbers", of("from = -9007199254740993\nto = 9007199254740993\nsteps = 2\n"),
			"s.toml:5: key axis[0].range.from is -9007199254740993, want -9007199254740991 to 9007199254740991\n" +
				"s.toml:6: key axis[0].range.to is 9007199254740993, want -9007199254740991 to 9007199254740991"},
		{"an unknown unit", of("from = '1x'\nto = '2x'\nsteps = 2\n"),
			"s.toml:5: key axis[0].range.from is \"1x\", want a number or a quantity such as \"50ns\"\n" +
				"s.toml:6: key axis[0].range.to is \"2x\", want a number or a quantity such as \"50ns\""},
		{"unknown keys", of("from = 1\nto = 2\nsteps = 2\nstep = 1\n"),
			"s.toml:8: unknown key axis[0].range.step, did you mean axis[0].range.steps?"},
	} {
		t.Run(c.name, func(t *testing.T) { checkFault(t, c.text, c.want) })
	}
}

func TestFaultsOfConstraints(t *testing.T) {
	of := func(constraints ...string) string {
		return base + "seeds = [1, 2]\nconstraints = ['''" + strings.Join(constraints, "''', '''") + "''']\n" +
			"[[axis]]\nkey = 'adc.bits'\nvalues = [4, 8, 'auto']\n[[axis]]\nkey = 'adc.per_ima'\nvalues = [1, 2, 3]\n" +
			"[[axis]]\nname = 'variant'\n[[axis.variant]]\nname = 'dense'\n"
	}
	for _, c := range []struct{ name, text, want string }{
		{"no expression", of("adc.per_ima <="),
			"s.toml:3: key constraints holds \"adc.per_ima <=\": unexpected end at column 14"},
		{"an unknown key", of("adc.per_im <= 3"),
			"s.toml:3: key constraints holds \"adc.per_im <= 3\": unknown name adc.per_im, want train.seed, adc.bits, adc.per_ima, variant, did you mean adc.per_ima?"},
		{"an unknown table", of("adx.per_ima <= 3"),
			"s.toml:3: key constraints holds \"adx.per_ima <= 3\": unknown name adx.per_ima, want train.seed, adc.bits, adc.per_ima, variant, did you mean adc.per_ima?"},
		{"an unknown word", of("varint == 'dense'"),
			"s.toml:3: key constraints holds \"varint == 'dense'\": unknown name varint, want train.seed, adc.bits, adc.per_ima, variant, did you mean variant?"},
		{"an unknown function", of("half(adc.per_ima) <= 3"),
			"s.toml:3: key constraints holds \"half(adc.per_ima) <= 3\": unknown name half, want train.seed, adc.bits, adc.per_ima, variant"},
		{"the clock", of("now().Year() > adc.per_ima"),
			"s.toml:3: key constraints holds \"now().Year() > adc.per_ima\": unknown name now, want train.seed, adc.bits, adc.per_ima, variant"},
		{"a table", of("len(adc) > adc.per_ima"),
			"s.toml:3: key constraints holds \"len(adc) > adc.per_ima\": adc is no key, want one such as adc.bits"},
		{"the environment", of("$env.adc.bits == 3"),
			"s.toml:3: key constraints holds \"$env.adc.bits == 3\": unknown name $env.adc.bits, want train.seed, adc.bits, adc.per_ima, variant"},
		{"a number", of("adc.per_ima + 1"),
			"s.toml:3: key constraints holds \"adc.per_ima + 1\": is a number, want a condition that is true or false"},
		{"a number of an unknown type", of("adc.bits"),
			"s.toml:3: key constraints holds \"adc.bits\": is a number, want a condition that is true or false at column 1, where adc.bits = 4"},
		{"words against numbers", of("variant < 3"),
			"s.toml:3: key constraints holds \"variant < 3\": < between a text and a number, want two of a kind (a text stands in quotation marks) at column 9"},
		{"a number's field", of("adc.per_ima.x == 3"),
			"s.toml:3: key constraints holds \"adc.per_ima.x == 3\": a number has no field x at column 13"},
		{"words among numbers", of("adc.bits <= 8"),
			"s.toml:3: key constraints holds \"adc.bits <= 8\": <= between a text and a number, want two of a kind at column 10, where adc.bits = auto"},
		{"a division by zero", of("8 % (adc.per_ima - 1) == 0"),
			"s.toml:3: key constraints holds \"8 % (adc.per_ima - 1) == 0\": division by zero at column 3, where adc.per_ima = 1"},
		{"no points", of("adc.per_ima > 2", "adc.per_ima < 2", "true"),
			"s.toml:3: key constraints leaves none of 18 points: \"adc.per_ima > 2\" excludes 12, \"adc.per_ima < 2\" excludes 12"},
		{"no points by one alone", of("train.seed == 3"),
			"s.toml:3: key constraints leaves none of 18 points: \"train.seed == 3\" excludes 18"},
		{"two at once", of("adc.per_im <= 3", "3"),
			"s.toml:3: key constraints holds \"3\": is a number, want a condition that is true or false\n" +
				"s.toml:3: key constraints holds \"adc.per_im <= 3\": unknown name adc.per_im, want train.seed, adc.bits, adc.per_ima, variant, did you mean adc.per_ima?"},
		{"local names", of("let x = adc.per_ima; x > 3 || y"),
			"s.toml:3: key constraints holds \"let x = adc.per_ima; x > 3 || y\": unknown name y, want train.seed, adc.bits, adc.per_ima, variant"},
		{"a local name of a table", of("let adc = 3; adc > 2"),
			"s.toml:3: key constraints holds \"let adc = 3; adc > 2\": cannot redeclare adc at column 5"},
	} {
		t.Run(c.name, func(t *testing.T) { checkFault(t, c.text, c.want) })
	}
}

// Keys that no job and no chip has are found before anything runs, each at its
// place; values are not judged.
func TestFaultsOfKeys(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"of axes", base + "[[axis]]\nkey = 'adc.bitz'\nvalues = [4]\n[[axis]]\nkeys = ['adx.bits', 'train.sed']\nvalues = [[1, 2]]\n",
			"s.toml:3: key axis[0].key names adc.bitz: unknown key adc.bitz, did you mean adc.bits?\n" +
				"s.toml:6: key axis[1].keys names adx.bits: unknown key adx, did you mean adc?\n" +
				"s.toml:6: key axis[1].keys names train.sed: unknown key train.sed, did you mean train.seed?"},
		{"of a sampled range", base + "[[axis]]\nkey = 'adc.per_imas'\nrange = {from = 1, to = 4, round = true}\n[sample]\nkind = 'random'\npoints = 4\n",
			"s.toml:3: key axis[0].key names adc.per_imas: unknown key adc.per_imas, did you mean adc.per_ima?"},
		{"of all points", base + "set = ['replay.image=1', 'train.batch=0']\n" + bits,
			"s.toml:2: key set names replay.image: unknown key replay.image, did you mean replay.images?"},
		{"of a variant", base + "[[axis]]\nname = 'm'\n[[axis.variant]]\nname = 'a'\nset = ['train.sede=1']\n[[axis.variant]]\nname = 'b'\nset = ['train.seed=1', 'train.bach=1']\n",
			"s.toml:6: key axis[0].variant[0].set names train.sede: unknown key train.sede, did you mean train.seed?\n" +
				"s.toml:9: key axis[0].variant[1].set names train.bach: unknown key train.bach, did you mean train.batch?"},
		{"values that fit no key", base + "[[axis]]\nkey = 'adc.bits'\nvalues = [99, 'x']\n", "no fault"},
	} {
		t.Run(c.name, func(t *testing.T) { checkFault(t, c.text, c.want) })
	}
}

// A job beside the sweep's file is found from any folder, and so is a sweep that
// starts from another.
func TestJobBeside(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"s.toml":     "base = 'b.toml'\nname = 'mine'\n",
		"b.toml":     "job = 'sub/j.toml'\n" + bits,
		"sub/j.toml": "base = 'quickstart'\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range []string{dir, filepath.Dir(dir)} {
		t.Chdir(folder)
		file, err := filepath.Rel(folder, filepath.Join(dir, "s.toml"))
		if err != nil {
			t.Fatal(err)
		}
		p, err := Read(file)
		if err != nil {
			t.Errorf("from %s: %v", folder, err)
			continue
		}
		if want := filepath.Join(filepath.Dir(file), "sub", "j.toml"); p.Job != want || p.Name != "mine" {
			t.Errorf("from %s: job %s of sweep %s, want %s of mine", folder, p.Job, p.Name, want)
		}
	}
	if _, err := Read("adc-sharin"); err == nil || !strings.Contains(err.Error(), "did you mean adc-sharing?") {
		t.Errorf("an unknown sweep gives %v, want the name that was meant", err)
	}
}
