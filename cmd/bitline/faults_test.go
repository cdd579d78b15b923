package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bitline/configs"
	"bitline/internal/npy"
)

// fault is a command line that must end in exactly these lines of errors, each
// after the first without the program's name.
type fault struct {
	name  string
	files map[string]string
	line  string // words as a shell splits them
	want  string
}

// check runs the case, which must end as an error.
func (f fault) check(t *testing.T) { f.end(t, 1) }

// end runs the case in a folder of its own, which must be left as it was.
func (f fault) end(t *testing.T, code int) {
	t.Chdir(t.TempDir())
	for name, content := range f.files {
		if dir := filepath.Dir(name); dir != "." {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if !strings.HasSuffix(name, "/") { // which is a folder
			writeFile(t, name, []byte(content))
		}
	}
	before := tree(t)
	got := bitline(t, words(f.line)...)
	if got.code != code || got.out != "" || got.err != "bitline: "+f.want+"\n" {
		t.Errorf("bitline %s: exit %d, results %q, errors\n%s\nwant %d, none and\nbitline: %s", f.line, got.code, got.out, got.err, code, f.want)
	}
	if after := tree(t); !slices.Equal(before, after) {
		t.Errorf("bitline %s left %v, want %v", f.line, after, before)
	}
}

func checkFaults(t *testing.T, faults []fault) {
	for _, f := range faults {
		t.Run(f.name, f.check)
	}
}

// tree lists the files under the working directory and their sizes.
func tree(t *testing.T) []string {
	t.Helper()
	var list []string
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && !d.IsDir() {
			path = fmt.Sprintf("%s (%d bytes)", path, info.Size())
		}
		list = append(list, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// The names of what is shipped, as errors list them.
const (
	chipNames    = "bitslice-8bit-3331, bitslice-8bit-3adc, bitslice-8bit-iso-area, bitslice-8bit, isaac-ce-events, isaac-ce, puma"
	networkNames = "alexnet, bert-base, isaac-vgg-1, isaac-vgg-2, isaac-vgg-3, isaac-vgg-4, lenet-5, mlp-64-32-10, mlp-784-100-10, " +
		"mobilenet-v2, resnet-18, resnet-20, resnet-50, vgg-11-bn, vgg-11, vgg-16, vgg-8"
)

// wantMNIST ends the message where MNIST is not found.
const wantMNIST = "want the files train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, plain or with .gz; download them with bitline data get, or put them into DIR/mnist and name DIR with --data or BITLINE_DATA"

func TestFaultsOfChips(t *testing.T) {
	chip := func(text string) map[string]string { return map[string]string{"chip.toml": text} }
	checkFaults(t, []fault{
		{"unknown chip", nil, "describe isac-ce",
			`unknown name "isac-ce" in chips, want ` + chipNames + ` or the path of a .toml file, did you mean isaac-ce?`},
		{"missing file", nil, "describe chip.toml", "reading chip.toml: no such file or directory"},
		{"a folder", nil, "describe ./", "reading .: is a directory"},
		{"not TOML", chip("tiles = = 3\n"), "describe chip.toml",
			"chip.toml:1: expected value but found '=' instead"},
		{"not text", chip("\xff\xfe\x00"), "describe chip.toml",
			"chip.toml:1: files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8"},
		{"unknown key", chip("\n[adc]\nbitz = 8\n"), "describe chip.toml",
			"chip.toml:3: unknown key adc.bitz, did you mean adc.bits?"},
		{"bare number", chip("[adc]\npower = 2\n"), "describe chip.toml",
			`chip.toml:2: key adc.power is the bare number 2, want a power with its unit such as "2mW"`},
		{"wrong type", chip("tiles = \"many\"\n"), "describe chip.toml",
			`chip.toml:1: key tiles is "many", want an integer 1 to 1048576`},
		{"a table that is none", chip("adc = 8\n"), "describe chip.toml",
			"chip.toml:1: key adc is 8, want a table"},
		{"no bits", nil, "describe bitslice-8bit --set adc.bits=0",
			"--set adc.bits: key adc.bits is 0, want 1 to 16"},
		{"too many bits", nil, "describe bitslice-8bit --set adc.bits=40",
			"--set adc.bits: key adc.bits is 40, want 1 to 16"},
		{"bits of nothing", nil, "describe bitslice-8bit --set adc.bits=",
			`--set adc.bits: key adc.bits is "", want a number from 1 to 16, a list of one per slice, or "auto"`},
		{"five resolutions for four slices", nil, "describe bitslice-8bit --set adc.bits=[8,8,8,8,8]",
			"--set adc.bits: key adc.bits lists 5 resolutions, want 1 or one for each of the 4 slices of encoding.weight_bits = 8 and crossbar.cell_bits = 2"},
		{"no wordlines", nil, "describe bitslice-8bit --set crossbar.wordlines=0",
			"--set crossbar.wordlines: key crossbar.wordlines is 0, want 1 to 4096"},
		{"survey at 3 bits", nil, "describe bitslice-8bit --set adc.law=survey --set adc.bits=3",
			"--set adc.law: key adc.law is survey at 3 bits relative to 8: the survey is not defined at 3 bits, want 4 or more or another law"},
		{"override without a value", nil, "describe bitslice-8bit --set adc.bits",
			"--set adc.bits: want KEY=VALUE such as adc.bits=5"},
		{"a job's key", nil, "describe bitslice-8bit --set replay.images=4",
			"--set replay.images: unknown key replay"},
		{"a read of hours", nil, "describe bitslice-8bit --set crossbar.read_latency=9000s",
			"--set crossbar.read_latency: key crossbar.read_latency is 9000 s, want at most 100 µs"},
		{"converters that sleep", nil, "describe bitslice-8bit --set adc.rate=1Hz",
			"--set adc.rate: key adc.rate is 1 Hz, want 1 MHz to 1000 GHz"},
		{"power of a town", nil, "run quickstart --set crossbar.cell_power=9000000W",
			"bill of chip bitslice-8bit: crossbar exceeds the largest power (9.2 MW) or area (9.2 m²)"},
		{"base in a circle", map[string]string{"a.toml": "base = \"b.toml\"\n", "b.toml": "\nbase = \"a.toml\"\n"}, "describe a.toml",
			`b.toml:2: key base is "a.toml": the files start from one another in a circle`},
		{"missing base", chip("base = \"none.toml\"\n"), "describe chip.toml",
			`chip.toml:1: key base is "none.toml": reading none.toml: no such file or directory`},
		{"all at once", chip("tiles = 0\nnode = \"8nm\"\n[adc]\nbits = 17\npower = 3\nlaw = \"power-laws\"\n[crossbars]\n"), "describe chip.toml",
			"chip.toml:1: key tiles is 0, want 1 to 1048576\n" +
				"chip.toml:2: key node is \"8nm\", want 180nm | 130nm | 90nm | 65nm | 55nm | 45nm | 40nm | 32nm | 28nm | 22nm | 20nm | 16nm | 14nm | 12nm | 10nm | 7nm, did you mean 28nm?\n" +
				"chip.toml:4: key adc.bits is 17, want 1 to 16\n" +
				"chip.toml:5: key adc.power is the bare number 3, want a power with its unit such as \"2mW\"\n" +
				"chip.toml:6: key adc.law is \"power-laws\", want power-law | sar-isaac | linear | survey, did you mean power-law?\n" +
				"chip.toml:7: unknown key crossbars, did you mean crossbar?"},
		{"one bit of output", nil, "describe isaac-ce --set ima.output_bits=1",
			"--set ima.output_bits: key ima.output_bits is 1, want at least 16, the encoding.input_bits of the layer that takes the output"},
		{"chips of two nodes", chip("base = \"puma\"\nname = \"old\"\nnode = \"65nm\"\n"), "describe isaac-ce --against chip.toml",
			`figures of chip isaac-ce are of 32nm and those of chip old of 65nm, want one of them scaled: node = "32nm" with [scaling] from = "65nm" and law = dennard or stillmaker-baas`},
		{"against nothing", nil, "describe isaac-ce --against pumas",
			`unknown name "pumas" in chips, want ` + chipNames + ` or the path of a .toml file, did you mean puma?`},
		{"description in a missing folder", nil, "describe isaac-ce --json none/c.json",
			"writing none/c.json: no such file or directory"},
	})
}

const job = "chip = \"bitslice-8bit\"\nnetwork = \"mlp-64-32-10\"\n"

func TestFaultsOfJobs(t *testing.T) {
	dense := shippedCheckpoint(t, "mnist-mlp-dense")
	own := ownCheckpoint(t)
	files := func(extra string) map[string]string { return map[string]string{"job.toml": job + extra} }
	checkpoint := func(content string) map[string]string { return map[string]string{"c.safetensors": content} }
	jobNames := shippedNames(t, "jobs", ".toml")
	checkFaults(t, []fault{
		{"unknown job", nil, "run quikstart",
			`unknown name "quikstart" in jobs, want ` + jobNames + ` or the path of a .toml file, did you mean quickstart?`},
		{"unknown chip", files(""), "run job.toml --set chip=bitslice",
			`unknown name "bitslice" in chips, want ` + chipNames + ` or the path of a .toml file`},
		{"unknown network", files(""), "run job.toml --set network=mlp",
			`unknown name "mlp" in networks, want ` + networkNames + ` or the path of a .toml file`},
		{"unknown data set", files("[data]\nset = \"minst\"\n"), "run job.toml",
			`job.toml:4: key data.set is "minst", want digits | mnist | fashion-mnist | cifar10 | none, did you mean mnist?`},
		{"unknown checkpoint", nil, "run quickstart --checkpoint dense",
			`checkpoint "dense" does not exist, want a file that ends in .safetensors or one of the shipped: ` + shippedCheckpoints(t)},
		{"no name for a chip", files(""), "run job.toml --set chip=", `unknown name "" in chips, want ` + chipNames + ` or the path of a .toml file`},
		{"no name for a network", files(""), "run job.toml --set network=", `unknown name "" in networks, want ` + networkNames + ` or the path of a .toml file`},
		{"job without a chip", map[string]string{"job.toml": "network = \"mlp-64-32-10\"\n"}, "run job.toml",
			"job.toml: key chip is missing"},
		{"missing checkpoint", nil, "run quickstart --checkpoint none.safetensors",
			"open none.safetensors: no such file or directory"},
		{"checkpoint of another network", nil, "run quickstart --checkpoint mnist-mlp-dense",
			"checkpoint mnist-mlp-dense: holds network mlp-784-100-10 (784-100-10), want the job's network mlp-64-32-10 (64-32-10)"},
		{"truncated checkpoint", checkpoint(dense[:len(dense)-1]), "run quickstart --checkpoint c.safetensors",
			"reading c.safetensors: not a whole safetensors file: tensor fc2.codes ends at byte 160780 of the data, of which the file has 160779: it is cut short"},
		{"empty checkpoint", checkpoint(""), "run quickstart --checkpoint c.safetensors",
			"reading c.safetensors: not a whole safetensors file: header too small"},
		{"corrupt checkpoint", checkpoint(strings.Replace(own, `fc1.codes`, `fc1.bodes`, 1)), "run quickstart --checkpoint c.safetensors",
			"reading c.safetensors: tensor fc1.codes is missing, want I16 [64 32]\ntensor fc1.bodes belongs to no layer of network \"mlp-64-32-10\""},
		{"weights wider than the chip's", checkpoint(own), "run quickstart --checkpoint c.safetensors --set encoding.weight_bits=4",
			`model has weights of 8 magnitude bits, want at most 4: what chip bitslice-8bit with encoding.weight_bits = 4 and signed = "differential" can hold`},
		{"missing data", nil, "run mnist-mlp --data here",
			"data set mnist: found in none of here/mnist, here: " + wantMNIST},
		{"images of another size", nil, "run mnist-mlp --set data.set=digits",
			"network mlp-784-100-10 takes images of 28×28×1, want the 8×8×1 of data set digits"},
		{"too few outputs", map[string]string{"job.toml": strings.Replace(job, "mlp-64-32-10", "net.toml", 1),
			"net.toml": "name = \"narrow\"\ninput = [8, 8, 1]\n[[layer]]\noutputs = 9\n"}, "run job.toml",
			"network narrow has 9 outputs, want one for each of the 10 classes of data set digits"},
		{"network that does not fit", nil, "run quickstart --set tiles=1 --set tile.imas=1",
			"network mlp-64-32-10 needs 2 tiles of chip bitslice-8bit, which has 1: 1 tile is missing; chips = 2 would do, and mapping.rounds = true would run it in rounds, between which the cells are programmed anew"},
		{"more images than there are", nil, "run quickstart --set replay.images=451 --set train.pretrain.epochs=0 --set train.finetune.epochs=0",
			"replay.images is 451, want at most the 450 test images of digits"},
		{"more calibration than there is", nil, "run quickstart --set data.calibration=5000", "data.calibration is 5000, want at most the 1197 training images of digits"},
		{"too few images to settle", nil, "run quickstart --set simulate.images=1 --set train.pretrain.epochs=0 --set train.finetune.epochs=0",
			"simulating network mlp-64-32-10 on chip bitslice-8bit: the pipeline has not settled after 1 image, want more of them (key simulate.images, 0 for the default)"},
		{"rate that diverges", nil, "run quickstart --set train.learning_rate=1e30",
			"training mlp-64-32-10: pre-training, epoch 1, step 2: layer fc2: outputs reach +Inf, want finite ones"},
		{"rate that diverges, over an earlier checkpoint", map[string]string{"c.safetensors": "earlier"}, "train quickstart --set train.learning_rate=1e30 --out c.safetensors",
			"training mlp-64-32-10: pre-training, epoch 1, step 2: layer fc2: outputs reach +Inf, want finite ones"},
		{"rate that is none", nil, "run quickstart --set train.learning_rate=nan",
			"--set train.learning_rate: key train.learning_rate is NaN, want a finite number"},
		{"result in a missing folder", nil, "run quickstart --json none/r.json --csv none/r.csv",
			"writing none/r.json: no such file or directory\nwriting none/r.csv: no such file or directory"},
		{"certificate in a missing folder", nil, "run quickstart --certificate none/c.csv",
			"writing none/c.csv: no such file or directory"},
		{"result below a file", map[string]string{"file": ""}, "run quickstart --json file/r.json",
			"writing file/r.json: not a directory"},
		{"result over a folder", nil, "run quickstart --json ./",
			"writing ./: is a directory"},
		{"checkpoint in a missing folder", nil, "train quickstart --out none/c.safetensors",
			"writing none/c.safetensors: no such file or directory\nwriting none/c.safetensors.state: no such file or directory"},
		{"nothing to resume", nil, "train quickstart --out c.safetensors --resume",
			"nothing to resume: stat c.safetensors.state: no such file or directory (a training that stops leaves it; without --resume one begins)"},
		{"a state that nobody resumes", map[string]string{"c.safetensors.state": "hours of work"}, "train quickstart --out c.safetensors",
			"c.safetensors.state holds a training that has not finished: --resume continues it; remove the file to begin anew"},
		{"a state that is none", map[string]string{"c.safetensors.state": "hello"}, "train quickstart --out c.safetensors --resume",
			"reading train state c.safetensors.state: has 5 bytes, want at least 44: it is cut short"},
		{"all at once, of job, chip and network", map[string]string{
			"job.toml":  "name = 3\nchip = \"chip.toml\"\nnetwork = \"net.toml\"\n[replay]\nimage = 5\n[train]\nbatch = 0\n",
			"chip.toml": "tiles = -1\n[adc]\nbits = 99\n",
			"net.toml":  "input = [8, 8]\n[[layer]]\noutput = 10\n",
		}, "run job.toml --set adc.law=linea",
			"job.toml:1: key name is 3, want a string\n" +
				"job.toml:5: unknown key replay.image, did you mean replay.images?\n" +
				"job.toml:7: key train.batch is 0, want 1 to 65536\n" +
				"chip.toml:1: key tiles is -1, want 1 to 1048576\n" +
				"chip.toml:3: key adc.bits is 99, want 1 to 16\n" +
				"--set adc.law: key adc.law is \"linea\", want power-law | sar-isaac | linear | survey, did you mean linear?\n" +
				"net.toml:1: key input has 2 numbers, want 3: height, width, channels\n" +
				"net.toml:2: key layer[0].outputs is missing, want the number of outputs of layer \"layer1\"\n" +
				"net.toml:3: unknown key layer[0].output, did you mean layer[0].outputs?"},
	})
}

func TestFaultsOfDataFiles(t *testing.T) {
	names := []string{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}
	files := func(content ...string) map[string]string {
		m := map[string]string{}
		for i, c := range content {
			m[names[i]] = c
		}
		return m
	}
	header := func(kind byte, sides ...uint32) string {
		b := []byte{0, 0, kind, byte(len(sides))}
		for _, s := range sides {
			b = binary.BigEndian.AppendUint32(b, s)
		}
		return string(b)
	}
	checkFaults(t, []fault{
		{"one file short", files("", "", ""), "run mnist-mlp --data ./",
			"data set mnist: found in none of mnist, ./: want the files " + strings.Join(names, ", ") +
				", plain or with .gz; download them with bitline data get, or put them into DIR/mnist and name DIR with --data or BITLINE_DATA (./ has no t10k-labels-idx1-ubyte)"},
		{"truncated files", files(header(8, 60000, 28, 28)+"few", header(8, 60000), header(8, 10000, 27, 28), ""), "run mnist-mlp --data ./",
			"data set mnist: reading train-images-idx3-ubyte: idx data is cut off after 3 bytes, want 47040000 for shape [60000 28 28]\n" +
				"reading train-labels-idx1-ubyte: idx data is cut off after 0 bytes, want 60000 for shape [60000]\n" +
				"reading t10k-images-idx3-ubyte: idx dimension 2 is 27, want 28\n" +
				"reading t10k-labels-idx1-ubyte: idx magic is missing, want 00 00 08 01: bytes in 1 dimensions"},
	})
}

func TestFaultsOfMatrices(t *testing.T) {
	w, x := npyFile("|i1", "False", "(2, 2)", "\x01\xfe\x03\x04"), npyFile("|u1", "False", "(1, 2)", "\x05\x06")
	files := func(w, x string) map[string]string { return map[string]string{"w.npy": w, "x.npy": x} }
	const line = "mvm --weights w.npy --inputs x.npy --out y.npy"
	nan := string(npy.Encode([]int{2, 2}, []float64{1, math.NaN(), 3, 4}))
	checkFaults(t, []fault{
		{"missing weights", map[string]string{"x.npy": x}, line, "open w.npy: no such file or directory"},
		{"missing inputs", map[string]string{"w.npy": w}, line, "open x.npy: no such file or directory"},
		{"unknown chip", files(w, x), line + " --chip 8bit",
			`unknown name "8bit" in chips, want ` + chipNames + ` or the path of a .toml file`},
		{"NaN among weights", files(nan, x), line, "w.npy holds float64, want int8, int16 or int32"},
		{"unsigned weights", files(npyFile("|u1", "False", "(2, 2)", "abcd"), x), line, "w.npy holds uint8, want int8, int16 or int32"},
		{"signed bytes as inputs", files(w, npyFile("|i1", "False", "(1, 2)", "ab")), line, "x.npy holds int8, want uint8 or int16"},
		{"a vector of weights", files(npyFile("|i1", "False", "(4,)", "abcd"), x), line, "w.npy has shape [4], want two dimensions, K×N, of at least 1"},
		{"no inputs", files(w, npyFile("|u1", "False", "(0, 2)", "")), line, "x.npy has shape [0 2], want two dimensions, B×K, of at least 1"},
		{"inputs of another length", files(w, npyFile("|u1", "False", "(1, 3)", "abc")), line,
			"w.npy has 2 rows and x.npy has 3 columns, want as many inputs as the matrix has rows"},
		{"truncated weights", files(w[:len(w)-1], x), line, "reading w.npy: npy data is 3 bytes, want 4 values of 1 for shape [2 2]"},
		{"Fortran order", files(npyFile("|i1", "True", "(2, 2)", "abcd"), x), line, "reading w.npy: npy fortran_order is True, want an array in C order"},
		{"big-endian weights", files(npyFile(">i2", "False", "(2, 2)", "aabbccdd"), x), line,
			`reading w.npy: npy descr is ">i2", want little-endian numbers such as "<i8"`},
		{"no npy at all", files("hello", x), line, `reading w.npy: npy magic is "hello", want "\x93NUMPY" and a version`},
		{"terabytes", files(npyFile("|i1", "False", "(1000000, 1000000)", ""), x), line,
			"reading w.npy: npy data is 0 bytes, want 1000000000000 values of 1 for shape [1000000 1000000]"},
		{"weights that do not fit", files(npyFile("<i2", "False", "(2, 2)", "\x01\x00\x00\x01\x00\x00\x00\x00"), x), line,
			`w.npy on chip bitslice-8bit: weight code 256 in row 0, column 1, want -255 to 255: what encoding.weight_bits = 8 with signed = "differential" can hold`},
		{"negative unsigned inputs", files(w, npyFile("<i2", "False", "(1, 2)", "\x01\x00\xfe\xff")), line,
			`x.npy on chip bitslice-8bit: inputs span -2 to 1, want 0 to 255: what encoding.input_bits = 8 with input_sign = "unsigned" can drive`},
		{"resolution by images", files(w, x), line + " --set adc.bits=auto --set adc.auto=observed",
			`adc.bits is "auto" with adc.auto = "observed", which wants a network's calibration images: give resolutions or adc.auto = "worst-case"`},
		{"products in a missing folder", files(w, x), "mvm --weights w.npy --inputs x.npy --out none/y.npy --stats none/s.json",
			"writing none/y.npy: no such file or directory\nwriting none/s.json: no such file or directory"},
		{"statistics that cannot be kept", files(w, x), line + " --stats none/s.json", "writing none/s.json: no such file or directory"},
		{"a certificate that cannot be kept", files(w, x), line + " --certificate none/c.csv", "writing none/c.csv: no such file or directory"},
	})
}

func TestFaultsOfStudies(t *testing.T) {
	study := func(text string) map[string]string { return map[string]string{"s.toml": text} }
	const line = "reproduce s.toml --from-checkpoints"
	checkFaults(t, []fault{
		{"unknown study", nil, "reproduce minst --from-checkpoints", `unknown name "minst" in studies, want ` + shippedNames(t, "studies", ".toml") + ` or the path of a .toml file, did you mean mnist?`},
		{"no checkpoints", nil, "reproduce mnist --checkpoints c --data ./ --markdown none/t.md", "writing none/t.md: no such file or directory"},
		{"all at once", study("job = \"quickstart\"\nresolutions = [[4, 4, 4, 20]]\ninput_signs = [\"both\"]\nplot = [\"c\"]\n[[variant]]\nname = \"a\"\n[[variant]]\nname = \"a\"\n"), line,
			"s.toml:2: key resolutions holds [4 4 4 20], want lists of resolutions from 1 to 16, one per slice\n" +
				"s.toml:3: key input_signs holds \"both\", want unsigned, sign-split or twos-complement\n" +
				"s.toml:4: key plot holds \"c\", want the names of variants\n" +
				"s.toml:8: key variant[1].name is \"a\" a second time, want a name of its own for each variant"},
		{"a variant's faults", study("job = \"quickstart\"\nresolutions = [[4, 4, 4, 2]]\n[[variant]]\nset = [\"train.batch=0\"]\n"), line,
			"study s.toml, variant variant1: --set train.batch: key train.batch is 0, want 1 to 65536"},
		{"three resolutions for four slices", study("job = \"quickstart\"\nresolutions = [[4, 4, 4]]\n[[variant]]\nname = \"a\"\n"), line,
			"study s.toml, variant a: resolutions hold [4 4 4], want one for each of the 4 slices of the variant's chip"},
	})
}

// A folder that cannot be written to is told before hours of work.
func TestReadOnlyFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("NOT RUN: the superuser may write everywhere")
	}
	t.Chdir(t.TempDir())
	if err := os.Mkdir("locked", 0o555); err != nil {
		t.Fatal(err)
	}
	got := bitline(t, "train", "quickstart", "--out", "locked/c.safetensors")
	want := "bitline: writing locked/c.safetensors: permission denied\nwriting locked/c.safetensors.state: permission denied\n"
	if got != (outcome{1, "", want}) {
		t.Errorf("got %+v, want exit 1 and %q", got, want)
	}
}

// npyFile is an .npy file of version 1.0 made by hand.
func npyFile(descr, fortran, shape, data string) string {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n", descr, fortran, shape)
	b := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(header)))
	return string(b) + header + data
}

func shippedCheckpoint(t *testing.T, name string) string {
	t.Helper()
	b, err := fs.ReadFile(configs.Files(), "checkpoints/"+name+".safetensors.gz")
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(whole)
}

// shippedCheckpoints lists their names as an error does.
func shippedCheckpoints(t *testing.T) string {
	t.Helper()
	var own []string
	all := strings.Split(shippedNames(t, "checkpoints", ".safetensors.gz"), ", ")
	for _, name := range all {
		if !strings.Contains(name, "-seed-") {
			own = append(own, name)
		}
	}
	return fmt.Sprintf("%s, and %d such as mnist-curves-dense-seed-1", strings.Join(own, ", "), len(all)-len(own))
}

// shippedNames lists the names of the embedded files of a kind as an error does.
func shippedNames(t *testing.T, kind, ending string) string {
	t.Helper()
	entries, err := fs.ReadDir(configs.Files(), kind)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ending))
	}
	return strings.Join(names, ", ")
}

// ownCheckpoint is a barely trained checkpoint of the digits' network.
func ownCheckpoint(t *testing.T) string {
	t.Helper()
	path := t.TempDir() + "/c.safetensors"
	succeed(t, "train", "quickstart", "--out", path, "--set", "train.pretrain.epochs=1", "--set", "train.finetune.epochs=0")
	return string(readFile(t, path))
}
