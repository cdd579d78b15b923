package main

import (
	"slices"
	"strings"
	"testing"
)

func TestFaultsOfAccuracyStudies(t *testing.T) {
	const models = "[[variant]]\nname = 'a'\n"
	of := func(name, text, want string) fault {
		return fault{name, map[string]string{"s.toml": "job = 'quickstart'\n" + text}, "reproduce s.toml --from-checkpoints", want}
	}
	const bits, lists = "resolutions = [[4, 4, 4, 2]]\n", "want lists such as [[4, 4, 4, 2], [3, 3, 3, 1]]"
	checkFaults(t, []fault{
		of("no variant", "variant = []\n"+bits, "s.toml:2: key variant holds nothing, want at least one"),
		of("a variant that is no array", bits+"[variant]\nname = 'a'\n", "s.toml:3: key variant is a table, want an array of tables"),
		of("a variant that is a path", bits+"[[variant]]\nname = 'a/b'\n", `s.toml:4: key variant[0].name is "a/b", want a part of a file's name`),
		of("overrides that are no array", bits+"[[variant]]\nset = 'a=1'\n", `s.toml:4: key variant[0].set is "a=1", want an array of strings`),
		of("half an override", bits+"[[variant]]\nset = ['a']\n", "study s.toml, variant variant1: --set a: want KEY=VALUE such as adc.bits=5"),
		of("a resolution", "resolutions = 3\n"+models, "s.toml:2: key resolutions is 3, "+lists),
		of("a resolution in words", "resolutions = 'all'\n"+models, `s.toml:2: key resolutions is "all", `+lists),
		of("no resolutions", "resolutions = []\n"+models, "s.toml:2: key resolutions is [], "+lists),
		of("rules", "rules = ['observd']\nbudget = 200\nsearch = -1\n"+bits+models,
			"s.toml:2: key rules holds \"observd\", want worst-case, observed or loss, did you mean observed?\ns.toml:3: key budget is 200, want a number from 0 to 100\ns.toml:4: key search is -1, want 0 to 1073741824"),
		of("ways of driving", "input_signs = []\n"+bits+models, "s.toml:2: key input_signs holds nothing, want at least one"),
		of("a way with a slip", "input_signs = ['sign-spilt']\n"+bits+models, `s.toml:2: key input_signs holds "sign-spilt", want unsigned, sign-split or twos-complement, did you mean sign-split?`),
		of("few test images", bits+"[[variant]]\nset = ['replay.images=5']\n", "study s.toml, variant variant1: replay.images is 5, want 0: a study replays all test images"),
		of("slices of another number", bits+models+"[[variant]]\nset = ['crossbar.cell_bits=1']\n",
			"study s.toml, variant variant2: the chip cuts weights into 8 slices, want the 4 of variant a, beside which it is tabulated"),
		of("more images than there are", "search = 5000\n"+bits+models, "study s.toml: search is 5000, want at most the 1197 training images of digits"),
		of("half a paper", bits+models+"[paper]\nl1 = 'x'\n", "s.toml:5: key paper.bitslice_l1 is missing\ns.toml:6: key paper.l1 holds \"x\", want the names of variants"),
		of("a kind with a slip", "kind = 'accurracy'\n"+bits+models, `s.toml:2: key kind is "accurracy", want accuracy | curves | fewest-bits | chip | all, did you mean accuracy?`),
		of("a name that is a path", "name = '../s'\n"+bits+models, `s.toml:2: key name is "../s", want a part of a file's name`),
		{"a job that is missing", map[string]string{"s.toml": "job = 'none.toml'\n" + bits + models}, "reproduce s.toml --from-checkpoints", "study s.toml, variant a: reading none.toml: no such file or directory"},
		{"a job of shapes", map[string]string{"s.toml": "job = 'resnet-18-isaac'\n" + bits + models}, "reproduce s.toml --from-checkpoints",
			`study s.toml, variant a: job resnet-18-isaac has data.set = "none" and computes no values, want a data set`},
		of("models that are not shipped", bits+models, `study s.toml: checkpoint "quickstart-a" does not exist, want a file that ends in .safetensors or one of the shipped: `+shippedCheckpoints(t)),
		{"a job", map[string]string{"s.toml": job}, "reproduce s.toml --from-checkpoints",
			"s.toml: key job is missing\ns.toml: key resolutions is missing\ns.toml: key variant is missing\ns.toml:1: unknown key chip\ns.toml:2: unknown key network"},
		{"a job beside it that is missing", map[string]string{"d/s.toml": "job = 'none.toml'\n" + bits + models}, "reproduce d/s.toml --from-checkpoints",
			"study d/s.toml, variant a: reading d/none.toml: no such file or directory"},
		{"a damaged model", map[string]string{"s.toml": "job = 'quickstart'\n" + bits + models, "c/quickstart-a.safetensors": "hello"}, "reproduce s.toml --checkpoints c",
			"study s.toml: reading c/quickstart-a.safetensors: not a whole safetensors file: header too small"},
		{"missing data, before a model is read", map[string]string{"s.toml": "job = 'mnist-mlp'\n" + bits + models, "c/mnist-mlp-a.safetensors": "hello"},
			"reproduce s.toml --checkpoints c --data here", "data set mnist: found in none of here/mnist, here: " + wantMNIST},
	})
}

func TestFaultsOfOtherStudies(t *testing.T) {
	of := func(name, text, want string) fault {
		return fault{name, map[string]string{"s.toml": text}, "reproduce s.toml --from-checkpoints", want}
	}
	const model = "kind = 'fewest-bits'\n[[model]]\ncheckpoint = 'mnist-mlp-dense'\njob = 'quickstart'\nmethod = 'dense'\nnetwork = 'a'\nbudget = "
	checkFaults(t, []fault{
		of("no parts", "kind = 'all'\n", "s.toml: key studies is missing"),
		of("an empty list of parts", "kind = 'all'\nstudies = []\n", "s.toml:2: key studies holds nothing, want at least one"),
		of("itself as a part", "kind = 'all'\nstudies = ['s.toml']\n", `s.toml:1: key kind is "all" in a study that is part of one, want any other kind`),
		of("a part with a slip", "kind = 'all'\nstudies = ['mnst']\n", `unknown name "mnst" in studies, want `+shippedNames(t, "studies", ".toml")+" or the path of a .toml file, did you mean mnist?"),
		of("chips without networks", "kind = 'chip'\nchips = []\n", "s.toml: key networks is missing\ns.toml:2: key chips holds nothing, want at least one"),
		of("a chip that is no list", "kind = 'chip'\nchips = 'puma'\nnetworks = ['lenet-5']\nroom = 0\nroomy = 3\n",
			"s.toml:2: key chips is \"puma\", want an array of strings\ns.toml:4: key room is 0, want 1 to 1024\ns.toml:5: unknown key roomy, did you mean room?"),
		of("a chip with a slip", "kind = 'chip'\nchips = ['pumma']\nnetworks = ['lenet-5']\n",
			`study s.toml: network lenet-5 on chip pumma: unknown name "pumma" in chips, want `+chipNames+" or the path of a .toml file, did you mean puma?"),
		of("tiles beside room", "kind = 'chip'\nchips = ['puma']\nnetworks = ['lenet-5']\nset = ['tiles=5']\n", "s.toml:4: key set holds tiles=5, want none of tiles: room says how many there are"),
		of("no model", "kind = 'fewest-bits'\nmodel = []\n", "s.toml:2: key model holds nothing, want at least one"),
		of("half a model", "kind = 'fewest-bits'\n[[model]]\ncheckpoint = 'x'\n",
			"s.toml:2: key model[0].budget is missing\ns.toml:2: key model[0].job is missing\ns.toml:2: key model[0].method is missing\ns.toml:2: key model[0].network is missing"),
		of("a model of another", model+"-3\nreference = 'zz'\n", "s.toml:7: key model[0].budget is -3, want a number from 0 to 100\n"+
			`s.toml:8: key model[0].reference is "zz", want the checkpoint of a model before this one`),
		of("a resolution for four slices", model+"3\nbits = [3]\n", "study s.toml, variant mnist-mlp-dense: resolutions hold [3], want one for each of the 4 slices of the variant's chip"),
		of("a model of another network", model+"3\n", "study s.toml: checkpoint mnist-mlp-dense: holds network mlp-784-100-10 (784-100-10), want the job's network mlp-64-32-10 (64-32-10)"),
		{"a folder", nil, "reproduce ./ --from-checkpoints", "reading .: is a directory"},
	})
}

func TestFaultsOfComparisons(t *testing.T) {
	const head, method = "kind = 'curves'\njob = 'quickstart'\n", "[[method]]\nname = 'l1'\nstrengths = [1, 2]\n"
	const keys = "seeds = [1]\ndrops = [1]\nstrength = 'train.finetune.strength'\n"
	of := func(name, text, want string) fault {
		return fault{name, map[string]string{"s.toml": head + text}, "compare s.toml", want}
	}
	strengths := func(list string) string { return keys + strings.Replace(method, "[1, 2]", list, 1) }
	checkFaults(t, []fault{
		of("nothing", "", "s.toml: key drops is missing\ns.toml: key method is missing\ns.toml: key seeds is missing\ns.toml: key strength is missing"),
		of("empty lists", "seeds = []\ndrops = []\nmethod = []\nstrength = ''\n",
			"s.toml:3: key seeds holds nothing, want at least one\ns.toml:4: key drops holds nothing, want at least one\ns.toml:5: key method holds nothing, want at least one\n"+
				"s.toml:6: key strength is empty, want a key such as train.finetune.strength"),
		of("a method that is no array", keys+"[method]\nname = 'l1'\n", "s.toml:6: key method is a table, want an array of tables"),
		of("no strengths", keys+"[[method]]\nname = 'l1'\n", "s.toml:6: key method[0].strengths is missing, want at least 2, between which a curve can be read"),
		of("one strength", strengths("[1]"), "s.toml:8: key method[0].strengths holds 1, want at least 2, between which a curve can be read"),
		of("a strength twice", strengths("[1, 1]"), "s.toml:8: key method[0].strengths holds 1 behind 1, want each larger than the one before"),
		of("falling strengths", strengths("[0.5, 2, 1]"), "s.toml:8: key method[0].strengths holds 1 behind 2, want each larger than the one before"),
		of("strengths of words", strengths("[1, 'x', -2]"), "s.toml:8: key method[0].strengths[1] is \"x\", want a number of at least 0\ns.toml:8: key method[0].strengths[2] is -2, want a number of at least 0"),
		of("a method twice", keys+method+method, `s.toml:10: key method[1].name is "l1" a second time, want a name of its own for each`),
		of("a model of the dense one's name", keys+"[[single]]\nname = 'dense'\n"+method, `s.toml:7: key single[0].name is "dense" a second time, want a name of its own for each`),
		of("a single of a model's name", keys+"[[single]]\nname = 'l1-2'\n"+method, "s.toml:8: key method gives a second model the name l1-2-seed-1, want a name of its own for each"),
		of("a seed twice", strings.Replace(keys, "[1]", "[1, 2, 1]", 1)+method, "s.toml:3: key seeds holds 1 twice, want each once"),
		of("a negative seed", strings.Replace(keys, "[1]", "[-1]", 1)+method, "s.toml:3: key seeds[0] is -1, want 0 to 1073741824"),
		of("drops of words", strings.Replace(keys, "drops = [1]", "drops = [101, 'x']", 1)+method, "s.toml:4: key drops[0] is 101, want a number from 0 to 100\ns.toml:4: key drops[1] is \"x\", want a number from 0 to 100"),
		of("a rule with a slip", "rule = 'los'\n"+keys+method, `s.toml:3: key rule is "los", want none | worst-case | observed | loss, did you mean loss?`),
		of("a key with a slip", strings.Replace(keys, "strength'", "strenght'", 1)+method,
			"study s.toml, variant l1-1-seed-1: --set train.finetune.strenght: unknown key train.finetune.strenght, did you mean train.finetune.strength?"),
		of("a name above the folder", "name = '..'\n"+keys+method, `s.toml:3: key name is "..", want a part of a file's name`),
		of("a rate that diverges, in a folder of the file's name", "set = ['train.learning_rate=1e30']\n"+keys+method,
			"variant dense-seed-1: training mlp-64-32-10: pre-training, epoch 1, step 2: layer fc2: outputs reach +Inf, want finite ones"),
		{"no kind", map[string]string{"s.toml": ""}, "compare s.toml", `s.toml: key kind is missing, want kind = "curves"`},
		{"all but the kind", map[string]string{"s.toml": "job = 'quickstart'\n" + keys + method}, "compare s.toml", `s.toml: key kind is missing, want kind = "curves"`},
		{"another kind, with faults", map[string]string{"s.toml": "kind = 'fewest-bits'\n"}, "compare s.toml", `s.toml:1: key kind is "fewest-bits", want "curves"`},
		{"a kind with a slip", map[string]string{"s.toml": "kind = 'curvs'\n"}, "compare s.toml", `s.toml:1: key kind is "curvs", want "curves"`},
		{"a study of another kind", nil, "compare adc", `study adc compares no methods, want kind = "curves" (bitline reproduce adc does what it describes)`},
		{"a file for the folder", map[string]string{"s.toml": head + keys + method, "file": ""}, "compare s.toml --out file", "mkdir file: not a directory"},
		{"a page in a missing folder", map[string]string{"s.toml": head + keys + method}, "compare s.toml --out o --html none/p.html", "writing none/p.html: no such file or directory"},
		{"models that are not shipped", map[string]string{"s.toml": head + keys + method}, "compare s.toml --from-checkpoints",
			`study s.toml: variant dense-seed-1: checkpoint "quickstart-dense-seed-1" does not exist, want a file that ends in .safetensors or one of the shipped: ` + shippedCheckpoints(t)},
	})
}

// Variants of which one has a setting that another leaves out are no fault.
func TestFaultlessVariants(t *testing.T) {
	t.Chdir(t.TempDir())
	const shared = `set = ["train.pretrain.epochs=1", "train.finetune.epochs=0", "data.calibration=50"`
	writeFile(t, "s.toml", []byte("job = \"quickstart\"\nresolutions = [[4, 4, 4, 2]]\n[[variant]]\nname = \"plain\"\n"+shared+"]\n[[variant]]\nname = \"smoothed\"\n"+shared+", \"train.label_smoothing=0.1\"]\n"))
	succeed(t, "reproduce", "s.toml", "--checkpoints", "c")
	if got, want := names(t, "c"), []string{"quickstart-plain.safetensors", "quickstart-smoothed.safetensors"}; !slices.Equal(got, want) {
		t.Errorf("the folder holds %q, want %q", got, want)
	}
}
