package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"bitline/workloads"

	"github.com/nlpodyssey/safetensors"
)

// digitsNet is a small network in the manner of LeNet-5, for the digits.
const digitsNet = `name  = "small"
input = [8, 8, 1]

[[layer]]
name    = "conv1"
kind    = "conv"
outputs = 2
kernel  = 3
padding = 1
relu    = true
weights = "features.0"

[[layer]]
name = "pool1"
kind = "avgpool"
size = 2

[[layer]]
name       = "conv2"
kind       = "conv"
outputs    = 2
kernel     = 1
relu       = true
batch_norm = true
norm       = "bn2"

[[layer]]
name    = "fc"
outputs = 10
`

// digitsJob takes weights for pixels of 0 to 1, where the digits' largest byte
// is 16: p/16 = (p/255 − 0)/(16/255).
const digitsJob = `name    = "user"
chip    = "bitslice-8bit"
network = "net.toml"
weights = "small.safetensors"

[import]
mean      = [0]
deviation = [0.06274509803921569]
`

// tensor is one of a state dict, F32.
type tensor struct {
	shape  []uint64
	values []float32
}

type stateDict map[string]tensor

// encode is the state dict as a file.
func (s stateDict) encode(t *testing.T) string {
	t.Helper()
	views := map[string]safetensors.TensorView{}
	for name, x := range s {
		var data []byte
		for _, v := range x.values {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
		view, err := safetensors.NewTensorView(safetensors.F32, x.shape, data)
		if err != nil {
			t.Fatal(err)
		}
		views[name] = view
	}
	b, err := safetensors.Serialize(views, nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// quarters are the averages of an image's 2×2 windows, of pixels of 0 to 1.
func quarters(image []uint8) [16]float64 {
	var q [16]float64
	for i, p := range image {
		q[i/16*4+i%8/2] += float64(p) / 16 / 4
	}
	return q
}

// digitsState is weights of digitsNet that send the quarters through channel 0 and
// classify them by the nearest mean of a class, argmax over c of m_c·q − |m_c|²/2;
// channel 1 is random and not looked at. right is how many test images that
// classifies rightly.
func digitsState(t *testing.T) (s stateDict, right int) {
	t.Helper()
	data, err := workloads.Load(workloads.Finder{}, "digits")
	if err != nil {
		t.Fatal(err)
	}
	var means [10][16]float64
	var count [10]float64
	for i, c := range data.Train.Labels {
		count[c]++
		for k, v := range quarters(data.Train.Image(i)) {
			means[c][k] += (v - means[c][k]) / count[c]
		}
	}
	r := rand.New(rand.NewPCG(7, 7))
	identity := func(size, at int) []float32 { // of an output that is the input at one place, and a random one
		values := make([]float32, size)
		values[at] = 1
		for range size {
			values = append(values, float32(r.NormFloat64()))
		}
		return values
	}
	s = stateDict{
		"features.0.weight": {[]uint64{2, 1, 3, 3}, identity(9, 4)}, "features.0.bias": {[]uint64{2}, []float32{0, 0.5}},
		"conv2.weight": {[]uint64{2, 2, 1, 1}, identity(2, 0)},
		// 3·(x − 0.5)/√4 + 0.75 = 1.5·x
		"bn2.weight": {[]uint64{2}, []float32{3, 1}}, "bn2.bias": {[]uint64{2}, []float32{0.75, 0}},
		"bn2.running_mean": {[]uint64{2}, []float32{0.5, 0}}, "bn2.running_var": {[]uint64{2}, []float32{4, 1}},
	}
	fc, bias := make([]float32, 0, 320), make([]float32, 10)
	for c := range means {
		square := 0.0
		for _, v := range means[c] {
			fc = append(fc, float32(v/1.5))
			square += v * v
		}
		fc = append(fc, make([]float32, 16)...)
		bias[c] = float32(-square / 2)
	}
	s["fc.weight"], s["fc.bias"] = tensor{[]uint64{10, 32}, fc}, tensor{[]uint64{10}, bias}
	for i, label := range data.Test.Labels {
		q, best, most := quarters(data.Test.Image(i)), 0, math.Inf(-1)
		for c := range means {
			score := float64(bias[c])
			for k, v := range q {
				score += means[c][k] * v
			}
			if score > most {
				best, most = c, score
			}
		}
		if best == int(label) {
			right++
		}
	}
	return s, right
}

// A network with convolutions and weights of the user's own runs from files to a
// report: as accurate as the same computation in plain floating point.
func TestRunImportedWeights(t *testing.T) {
	t.Chdir(t.TempDir())
	state, right := digitsState(t)
	writeFile(t, "net.toml", []byte(digitsNet))
	writeFile(t, "job.toml", []byte(digitsJob))
	writeFile(t, "small.safetensors", []byte(state.encode(t)))
	out := succeed(t, "run", "job.toml", "--json", "r.json", "--csv", "r.csv")
	for _, want := range []string{
		"user: small (8×8×1-2c3-A2-2c1-10) on bitslice-8bit, data digits", "imported from small.safetensors",
		"\n  interval      51.2 µs between images, 1.953e+04 images/s; it repeats exactly",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the report lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "data differs") {
		t.Errorf("the report says that the data differ from those of a training that nobody knows:\n%s", out)
	}
	r := decodeRun(t, "r.json")
	float := float64(right) / 450
	if float < 0.7 || r.Images != 450 || math.Abs(*r.AccuracyNoADC-float) > 0.015 {
		t.Errorf("accuracy without converters is %g of %d images, want %g within 0.015, of 450", *r.AccuracyNoADC, r.Images, float)
	}
	// 32 rows of digits up to 3 add up to 96 at most, which 8 bits hold.
	if *r.Accuracy != *r.AccuracyNoADC {
		t.Errorf("accuracy is %g, want %g: converters of 8 bits clip nothing here", *r.Accuracy, *r.AccuracyNoADC)
	}
	// conv1 reads its crossbars 8 times, once a bit, at each of 64 positions: 64 ·
	// 8 · 100 ns.
	if r.IntervalNS != 51200 {
		t.Errorf("interval_ns is %g, want 51200", r.IntervalNS)
	}

	succeed(t, "run", "quickstart", "--json", "s.json", "--set", "network=net.toml", "--set", "weights=small.safetensors",
		"--set", "import.mean=[0]", "--set", "import.deviation=[0.06274509803921569]", "--set", "adc.bits=3")
	if s := decodeRun(t, "s.json"); *s.AccuracyNoADC != *r.AccuracyNoADC || *s.Accuracy >= *r.Accuracy {
		t.Errorf("by --set: accuracy %g, without converters %g, want less than %g and %g", *s.Accuracy, *s.AccuracyNoADC, *r.Accuracy, *r.AccuracyNoADC)
	}
}

func TestFaultsOfImports(t *testing.T) {
	whole, _ := digitsState(t)
	// files are the job, its network and its weights, edited.
	files := func(edit func(stateDict)) map[string]string {
		s := stateDict{}
		for name, x := range whole {
			s[name] = tensor{x.shape, append([]float32(nil), x.values...)}
		}
		edit(s)
		return map[string]string{"job.toml": digitsJob, "net.toml": digitsNet, "small.safetensors": s.encode(t)}
	}
	// with is the job with other text.
	with := func(old, text string) map[string]string {
		f := files(func(stateDict) {})
		if !strings.Contains(digitsJob, old) {
			t.Fatalf("the job holds no %q", old)
		}
		f["job.toml"] = strings.Replace(digitsJob, old, text, 1)
		return f
	}
	const run = "run job.toml"
	checkFaults(t, []fault{
		{"missing tensor", files(func(s stateDict) { delete(s, "features.0.bias") }), run,
			"reading small.safetensors: layer conv1: tensor features.0.bias is missing, want F32 [2]"},
		{"wrong shape", files(func(s stateDict) { s["fc.weight"] = tensor{[]uint64{32, 10}, s["fc.weight"].values} }), run,
			"reading small.safetensors: layer fc: tensor fc.weight is F32 [32 10], want F32 [10 32]"},
		{"NaN", files(func(s stateDict) { s["conv2.weight"].values[3] = float32(math.NaN()) }), run,
			"reading small.safetensors: layer conv2: tensor conv2.weight: value 3 is NaN, want a finite number"},
		{"unknown layer and a misnamed one", files(func(s stateDict) { s["fc1.weight"] = s["fc.weight"]; delete(s, "fc.weight") }), run,
			"reading small.safetensors: layer fc: tensor fc.weight is missing, want F32 [10 32]\n" +
				`tensor fc1.weight belongs to no layer of network "small"`},
		{"no file", with("small.saf", "none.saf"), run, "open none.safetensors: no such file or directory"},
		{"a checkpoint as weights", map[string]string{"job.toml": digitsJob, "net.toml": digitsNet, "small.safetensors": "hello"}, run,
			"reading small.safetensors: not a whole safetensors file: header too small"},
		{"another kind of file", with(".safetensors", ".pt"), run,
			`job.toml:4: key weights is "small.pt", want a file that ends in .safetensors`},
		{"weights and a checkpoint", with("weights", "checkpoint = \"mnist-mlp-dense\"\nweights"), run,
			`job.toml:5: key weights is "small.safetensors" beside the checkpoint "mnist-mlp-dense", want one of them (checkpoint = "" for none)`},
		{"weights over a checkpoint", nil, "run mnist-mlp-dense --set weights=w.safetensors",
			`--set weights: key weights is "w.safetensors" beside the checkpoint "mnist-mlp-dense", want one of them (checkpoint = "" for none)`},
		{"normalisation of nothing", with("weights = \"small.safetensors\"", ""), run,
			"job.toml:6: table import stands without the key weights, want the file that it describes"},
		{"no deviation", with("deviation", "#"), run, "job.toml:6: key import.deviation is missing"},
		{"a deviation of 0", with("deviation = [0.06274509803921569]", "deviation = [0.0]"), run,
			"job.toml:8: key import.deviation[0] is 0.0, want a number from 0.001 to 1000"},
		{"a mean that is none", with("mean      = [0]", "mean = [nan]"), run,
			"job.toml:7: key import.mean[0] is NaN, want a number from -1000 to 1000"},
		{"three channels", with("mean      = [0]", "mean = [0, 0, 0]"), run,
			"job.toml:7: key import.mean has 3 numbers, want 1: one for each channel of network small"},
		{"a checkpoint instead", files(func(stateDict) {}), run + " --checkpoint mnist-mlp-dense",
			fmt.Sprintf("checkpoint mnist-mlp-dense: holds network mlp-784-100-10 (784-100-10), want the job's network small (%s)", "8×8×1-2c3-A2-2c1-10")},
	})
}
