package main

import (
	"strings"
	"testing"
)

// checkMisuse runs cases that must end as wrong usage. Of each, want lacks the end
// that names the command's help.
func checkMisuse(t *testing.T, faults []fault) {
	for _, f := range faults {
		command := "bitline " + words(f.line)[0]
		if strings.HasPrefix(f.line, "data ") {
			command += " " + words(f.line)[1]
		}
		f.want += " (see " + command + " --help)"
		t.Run(f.name, func(t *testing.T) { f.end(t, 2) })
	}
}

// Flags that are none, with the one that was meant.
func TestFaultsOfFlags(t *testing.T) {
	checkMisuse(t, []fault{
		{"run", nil, "run quickstart --jsn r.json", "unknown flag: --jsn, did you mean --json?"},
		{"run with another command's", nil, "run quickstart --limit 3", "unknown flag: --limit"},
		{"run with one letter", nil, "run -x", "unknown shorthand flag: 'x' in -x"},
		{"train", nil, "train quickstart --ot c.safetensors", "unknown flag: --ot, did you mean --out?"},
		{"describe", nil, "describe isaac-ce --agianst puma", "unknown flag: --agianst, did you mean --against?"},
		{"init", nil, "init --force", "unknown flag: --force"},
		{"mvm", nil, "mvm --wieghts w.npy", "unknown flag: --wieghts, did you mean --weights?"},
		{"data list", nil, "data list --dta x", "unknown flag: --dta, did you mean --data?"},
		{"data get", nil, "data get mnist --from x", "unknown flag: --from"},
		{"reproduce", nil, "reproduce mnist --from-checkpoint", "unknown flag: --from-checkpoint, did you mean --from-checkpoints?"},
		{"compare", nil, "compare mnist-curves --checkpoints c", "unknown flag: --checkpoints"},
		{"sweep", nil, "sweep adc-sharing --dryrun", "unknown flag: --dryrun, did you mean --dry-run?"},
		{"results", nil, "results out --sorted point", "unknown flag: --sorted, did you mean --sort?"},
		{"version", nil, "version --json v.json", "unknown flag: --json"},
	})
}

func TestFaultsOfArguments(t *testing.T) {
	checkMisuse(t, []fault{
		{"three jobs", nil, "run a b c", "accepts at most 1 arg(s), received 3, want bitline run [JOB] [flags]"},
		{"a truth of two words", nil, "run quickstart --exact maybe", "accepts at most 1 arg(s), received 2, want bitline run [JOB] [flags]"},
		{"two trainings", nil, "train a b --out c.safetensors", "accepts 1 arg(s), received 2, want bitline train JOB --out FILE [flags]"},
		{"two folders", nil, "init a b", "accepts at most 1 arg(s), received 2, want bitline init [DIR] [flags]"},
		{"a set to list", nil, "data list mnist", `unknown command "mnist" for "bitline data list", want bitline data list [flags]`},
		{"no set to get", nil, "data get", "requires at least 1 arg(s), only received 0, want bitline data get SET... [flags]"},
		{"two studies", nil, "reproduce a b", "accepts 1 arg(s), received 2, want bitline reproduce STUDY [flags]"},
		{"no comparison", nil, "compare", "accepts 1 arg(s), received 0, want bitline compare COMPARISON [flags]"},
		{"two comparisons", nil, "compare a b", "accepts 1 arg(s), received 2, want bitline compare COMPARISON [flags]"},
		{"a job without a name", nil, "run ''", "JOB is empty, want a job's name or file"},
		{"a folder without a name", nil, "init ''", "DIR is empty, want a folder"},
	})
	for _, f := range []fault{
		{"a command with a slip", nil, "rnu quickstart", `unknown command "rnu" for "bitline", want bitline [flags] (see bitline --help), did you mean run?`},
		{"data with a slip", nil, "data lst", `unknown command "lst" for "bitline data", want bitline data [flags] (see bitline data --help), did you mean list?`},
		{"a data set with a slip", nil, "data get digits minst", `data sets are ["digits" "minst"], want some of ["digits" "mnist" "fashion-mnist" "cifar10"], did you mean mnist?`},
	} {
		t.Run(f.name, func(t *testing.T) { f.end(t, 2) })
	}
}

func TestFaultsOfFlagValues(t *testing.T) {
	checkMisuse(t, []fault{
		{"words for a number", nil, "results out --limit many", `--limit is "many", want a whole number`},
		{"a number of 67 bits", nil, "results out --limit 99999999999999999999", `--limit is "99999999999999999999", want a whole number`},
		{"a broken number", nil, "sweep adc-sharing --slurm --tasks 1.5", `--tasks is "1.5", want a whole number`},
		{"a number that is missing", nil, "sweep adc-sharing --slurm --cpus=", `--cpus is "", want a whole number`},
		{"words for a truth", nil, "run quickstart --exact=maybe", `--exact is "maybe", want true or false`},
		{"a number for a truth", nil, "run quickstart --details=2", `--details is "2", want true or false`},
		{"no override", nil, "describe isaac-ce --set", "flag needs an argument: --set"},
		{"an empty file", nil, "run quickstart --json ''", "--json is empty, want a value, or not to be given"},
		{"an empty network", nil, "run quickstart --network ''", "--network is empty, want a value, or not to be given"},
		{"an empty checkpoint", nil, "train quickstart --out ''", "--out is empty, want a value, or not to be given"},
		{"an empty folder", nil, "sweep adc-sharing --out=", "--out is empty, want a value, or not to be given"},
		{"an empty condition", nil, "results out --where ''", "--where is empty, want a value, or not to be given"},
		{"an empty folder of data sets", nil, "data list --data ''", "--data is empty, want a value, or not to be given"},
	})
	for _, f := range []fault{
		{"a window without a trace", nil, "run quickstart --trace-window 0..2us", "--trace-window and --trace-settled want --trace FILE"},
		{"a window of one time", nil, "run quickstart --trace t.json --trace-window 5us", `--trace-window: window is "5us", want two times such as 0..20us`},
		{"a window without a unit", nil, "run quickstart --trace t.json --trace-window 2..3us", `--trace-window: window 2..3us: "2" has no unit, want a time such as "100ns"`},
		{"a window that ends before it begins", nil, "run quickstart --trace t.json --trace-window 2us..1us", "--trace-window: window is 2 µs to 1 µs, want a later end than beginning, and none before 0"},
	} {
		t.Run(f.name, func(t *testing.T) { f.end(t, 2) })
	}
}

// Flags of which one would be ignored, or would write over the other's file.
func TestFaultsOfFlagsTogether(t *testing.T) {
	checkMisuse(t, []fault{
		{"a kernel without a resume", nil, "train quickstart --out c.safetensors --other-kernel", "--other-kernel is given without --resume, which it allows"},
		{"missing points into a file", nil, "results out --missing --csv r.csv", "--missing and --csv exclude each other"},
		{"missing points that are chosen", nil, "results out --missing --where pareto", "--missing and --where exclude each other"},
		{"a page of nothing", nil, "sweep adc-sharing --dry-run --html r.html", "--dry-run and --html exclude each other"},
		{"plots of nothing", nil, "sweep adc-sharing --dry-run --plots p", "--dry-run and --plots exclude each other"},
		{"a page of what is yet to run", nil, "sweep adc-sharing --slurm --html r.html", "--slurm and --html exclude each other"},
		{"a drawing of nothing", nil, "reproduce chip --svg c.svg", "--svg is given, but study chip draws nothing"},
	})
	mine := map[string]string{
		"base.toml": "chip = 'chip.toml'\n", "job.toml": "base = 'base.toml'\nnetwork = 'net.toml'\n", "chip.toml": "base = 'bitslice-8bit'\n",
		"net.toml": "input = [8, 8, 1]\n[[layer]]\noutputs = 10\n", "c.safetensors": "",
	}
	sheet := map[string]string{"s.toml": digits}
	matrices := map[string]string{"w.npy": npyFile("|i1", "False", "(2, 2)", "abcd"), "x.npy": npyFile("|u1", "False", "(1, 2)", "ab")}
	checkFaults(t, []fault{
		{"two results in one file", nil, "run quickstart --json r --csv ./r", "writing ./r: is asked for twice, want a file of its own for each"},
		{"a trace in the result's file", nil, "run quickstart --json r.json --trace r.json", "writing r.json: is asked for twice, want a file of its own for each"},
		{"two tables in one file", nil, "results out --csv r --parquet r", "writing r: is asked for twice, want a file of its own for each"},
		{"two drawings in one file", nil, "reproduce mnist --from-checkpoints --svg r --html r", "writing r: is asked for twice, want a file of its own for each"},
		{"statistics over the products", matrices, "mvm --weights w.npy --inputs x.npy --out y.npy --stats y.npy", "writing y.npy: is asked for twice, want a file of its own for each"},
		{"products over the weights", matrices, "mvm --weights w.npy --inputs x.npy --out ./w.npy", "--out is ./w.npy, which is in use, want another file"},
		{"statistics over the inputs", matrices, "mvm --weights w.npy --inputs x.npy --out y.npy --stats x.npy", "--stats is x.npy, which is in use, want another file"},
		{"a result over its job", mine, "run job.toml --json ./job.toml", "--json is ./job.toml, which is in use, want another file"},
		{"a result over its job's base", mine, "run job.toml --csv base.toml", "--csv is base.toml, which is in use, want another file"},
		{"a page over its chip", mine, "run job.toml --html chip.toml", "--html is chip.toml, which is in use, want another file"},
		{"a trace over its network", mine, "run job.toml --trace net.toml", "--trace is net.toml, which is in use, want another file"},
		{"a certificate over its checkpoint", mine, "run job.toml --checkpoint c.safetensors --certificate c.safetensors", "--certificate is c.safetensors, which is in use, want another file"},
		{"a description over its chip", mine, "describe chip.toml --json chip.toml", "--json is chip.toml, which is in use, want another file"},
		{"a page over its sweep", sheet, "sweep s.toml --out out --html ./s.toml", "--html is ./s.toml, which is in use, want another file"},
		{"a page over the sweep's records", sheet, "sweep s.toml --out out --html out/records/shard-0-of-1.jsonl", "--html is out/records/shard-0-of-1.jsonl, which is in use, want another file\nwriting out/records/shard-0-of-1.jsonl: no such file or directory"},
		{"a table over the sweep's name", map[string]string{"out/sweep.json": sweepIdentity}, "results out --csv out/sweep.json", "--csv is out/sweep.json, which is in use, want another file"},
		{"a page over its study", map[string]string{"c.toml": "kind = 'curves'\njob = 'quickstart'\nseeds = [1]\nstrength = 'train.finetune.strength'\ndrops = [1]\n[[method]]\nname = 'l1'\nstrengths = [1, 2]\n"}, "compare c.toml --out . --html c.toml", "--html is c.toml, which is in use, want another file"},
		{"a checkpoint over its teacher", mine, "train job.toml --out c.safetensors --set train.teacher.checkpoint=c.safetensors", "--out is c.safetensors, which is in use, want another file"},
		{"a checkpoint over its start", mine, "train job.toml --out c.safetensors --set train.adc.forward=true --set train.adc.start=c.safetensors --set train.weight_scale=frozen --set train.pretrain.epochs=0", "--out is c.safetensors, which is in use, want another file"},
	})
	checkMisuse(t, []fault{
		{"a chip twice", nil, "run quickstart --chip isaac-ce --set chip=puma", "--chip and --set chip=puma exclude each other"},
		{"a checkpoint twice", nil, "run quickstart --checkpoint a --set checkpoint=b", "--checkpoint and --set checkpoint=b exclude each other"},
		{"a checkpoint to train", nil, "run quickstart --train --set checkpoint=b", "--train and --set checkpoint=b exclude each other"},
		{"a flag twice", nil, "run quickstart --json a.json --json b.json", "--json is given twice, want it once"},
		{"a switch twice", nil, "run quickstart --exact --exact=false", "--exact is given twice, want it once"},
	})
	const trained = "train.seed=3 changes nothing: the job trains nothing, it takes the checkpoint mnist-mlp-bitslice-l1-0.5, want checkpoint=\"\" beside it"
	checkFaults(t, []fault{
		{"a training of a checkpoint", nil, "run mnist-mlp --set train.seed=3", trained},
		{"a training of shapes", nil, "run resnet-18-isaac --set train.seed=3", "train.seed=3 changes nothing: the job trains nothing, it has data.set = \"none\" and computes no values, want a data set"},
	})
}

// Files and folders are made when nothing else can go wrong, or taken away again.
func TestFaultsLeaveNothing(t *testing.T) {
	file := map[string]string{"file": "x"}
	checkFaults(t, []fault{
		{"a description beside a chip that is none", nil, "describe isaac-ce --json c.json --against pumas",
			`unknown name "pumas" in chips, want ` + chipNames + ` or the path of a .toml file, did you mean puma?`},
		{"plots of a run without a checkpoint", nil, "run quickstart --plots made/here --checkpoint none.safetensors", "open none.safetensors: no such file or directory"},
		{"plots of a sweep without its data", nil, "sweep adc-sharing --data here --plots made --html none/h.html", "writing none/h.html: no such file or directory"},
		{"a file as a cache", map[string]string{"s.toml": digits, "file": ""}, "sweep s.toml --out out --cache file", "--cache: file is no folder"},
		{"a trace in a missing folder", nil, "run quickstart --trace none/t.json", "writing none/t.json: no such file or directory"},
		{"a trace over a folder", nil, "run quickstart --trace .", "writing .: is a directory"},
		{"templates in a file", file, "init file", "mkdir file: not a directory"},
		{"one template is there", map[string]string{"job.toml": ""}, "init", "job.toml is there already, want a folder without it"},
		{"a checkpoint over a folder", map[string]string{"c.safetensors/": ""}, "train quickstart --out c.safetensors", "writing c.safetensors: is a directory"},
		{"a state over a folder", map[string]string{"c.safetensors.state/": ""}, "train quickstart --out c.safetensors", "writing c.safetensors.state: is a directory"},
		{"checkpoints in a file", file, "reproduce mnist --checkpoints file", "mkdir file: not a directory"},
	})
}

func TestFaultsOfOverrides(t *testing.T) {
	line := func(set string) string { return "describe isaac-ce --set '" + set + "'" }
	checkFaults(t, []fault{
		{"nothing", nil, line(""), "--set : want KEY=VALUE such as adc.bits=5"},
		{"no key", nil, line("=5"), "--set =5: want KEY=VALUE such as adc.bits=5"},
		{"half a key", nil, line("adc..bits=5"), "--set adc..bits=5: want KEY=VALUE such as adc.bits=5"},
		{"a table's key", nil, line("adc=5"), "--set adc: key adc is 5, want a table"},
		{"another base", nil, line("base=puma"), "--set base: only a file can name its base"},
		{"no number", nil, line("adc.bits=nan"), "--set adc.bits: key adc.bits is NaN, want an integer 1 to 16"},
		{"a broken number", nil, line("tiles=8.0"), "--set tiles: key tiles is 8.0, want an integer 1 to 1048576"},
		{"a truth for a number", nil, line("tiles=true"), "--set tiles: key tiles is true, want an integer 1 to 1048576"},
		{"lists within lists", nil, line("adc.bits=[[[8]]]"), "--set adc.bits: key adc.bits[0] is an array of arrays or tables, want an integer 1 to 16"},
		{"a negative power", nil, line("adc.power=-2mW"), `--set adc.power: key adc.power: "-2mW" is negative, want a power such as "2mW"`},
		{"an energy for a power", nil, line("adc.power=2mJ"), `--set adc.power: key adc.power: "2mJ" is an energy, want a power such as "2mW"`},
		{"no power", nil, line("adc.power="), `--set adc.power: key adc.power: "" is empty, want a power such as "2mW"`},
		{"less than the least power", nil, line("adc.power=1e-30W"), `--set adc.power: key adc.power: "1e-30W" rounds to 0, want 0 or at least 1pW`},
		{"more than the largest rate", nil, line("adc.rate=1e30GHz"), `--set adc.rate: key adc.rate: "1e30GHz" is too large, want at most 9223372036GHz`},
		{"a chip that is a number", nil, "run quickstart --chip 5", "--set chip: key chip is 5, want a string"},
		{"a rule with a slip", nil, line("mapping.replicate=ballanced"), `--set mapping.replicate: key mapping.replicate is "ballanced", want none | balanced | isaac | by-hand, did you mean balanced?`},
		{"a job's key for a matrix", map[string]string{"w.npy": "", "x.npy": ""}, "mvm --weights w.npy --inputs x.npy --out y.npy --set train.batch=3", "--set train.batch: unknown key train"},
	})
}
