package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"bitline/internal/pipeline"
	"bitline/workloads"
)

// shapesJob runs the network of digitsNet without values.
const shapesJob = `name    = "shapes"
chip    = "bitslice-8bit"
network = "net.toml"

[override]
tiles = 8
mapping.replicate = "by-hand"

[override.mapping.copies]
conv1 = 4

[data]
set = "none"

[simulate]
in_flight = 3
`

// shapesJSON is the part of a result that a job without values has, by its own
// description rather than the program's type.
type shapesJSON struct {
	runJSON
	Setting struct {
		DataSet                 string `json:"data_set"`
		Chip, Network, Activity string
	}
	Throughput float64 `json:"images_per_s"`
	Repeats    bool    `json:"interval_repeats"`
	InFlight   float64 `json:"images_in_flight"`
	Bottleneck struct {
		Class, Layer, At string
		Busy             float64 `json:"busy_share"`
	}
	Efficiency struct {
		Operations        int64   `json:"operations_per_image"`
		TOPS              float64 `json:"tops"`
		PeakTOPS          float64 `json:"peak_tops"`
		PowerMW           float64 `json:"power_mw"`
		TOPSPerW          float64 `json:"tops_per_w"`
		TOPSPerWWithoutIO float64 `json:"tops_per_w_without_io"`
		WPerMM2           float64 `json:"w_per_mm2"`
	}
	Chip struct {
		Chips, Tiles int
		EnergyPJ     float64 `json:"energy_pj"`
		AreaMM2      float64 `json:"area_mm2"`
	}
	Mapping   mappingJSON
	Resources []struct {
		Class, Layer string
		Servers      int
		Busy         float64 `json:"busy_share"`
		Waiting      float64 `json:"waiting_share"`
		Idle         float64 `json:"idle_share"`
	}
}

type mappingJSON struct {
	Crossbars   int `json:"crossbars_used"`
	System      struct{ Crossbars int }
	MACs        int64 `json:"macs_per_image"`
	Utilisation struct {
		Cells, Columns, Crossbars, IMAs float64
		Edges                           float64 `json:"lost_to_edges"`
		Diagonals                       float64 `json:"lost_to_diagonals"`
		IMALost                         int     `json:"crossbars_lost_to_imas"`
		TileLost                        int     `json:"crossbars_lost_to_tiles"`
	}
	Layers []struct {
		Name              string
		Copies, Crossbars int
		Products          int     `json:"products_per_copy"`
		ByReadsNS         float64 `json:"interval_by_reads_ns"`
		AloneNS           float64 `json:"interval_alone_ns"`
	}
	Programming []struct {
		Figures   string
		InUse     bool    `json:"in_use"`
		EnergyJ   float64 `json:"energy_j"`
		PaidAfter float64 `json:"paid_after_inferences"`
	}
}

func decodeShapes(t *testing.T, path string) shapesJSON {
	t.Helper()
	var r shapesJSON
	if err := json.Unmarshal(readFile(t, path), &r); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return r
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b) }

// A job without values from files to a report. conv1 has 64 positions and 4 copies:
// 16 products of 8 reads of 100 ns are 12.8 µs an image, as long as conv2's 16
// positions; each of its copies takes 8 crossbars (4 slices, 2 signs) as conv2 and
// fc do, 6 · 8 of 8 tiles · 4 IMAs · 8. Multiply-accumulates: 64·9·2 + 16·2·2 +
// 32·10 = 1536.
func TestRunShapes(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "net.toml", []byte(digitsNet))
	writeFile(t, "job.toml", []byte(shapesJob))
	out := succeed(t, "run", "job.toml", "--json", "r.json", "--csv", "r.csv")
	for _, want := range []string{
		"shapes: small (8×8×1-2c3-A2-2c1-10) on bitslice-8bit, shapes alone\n",
		"\n  activity      assumed: every read drives every mapped wordline, and every cell conducts (nameplate)\n",
		"\n  interval      12.8 µs between images, 7.812e+04 images/s; it repeats ", "\n  bottleneck    crossbar of layer conv",
		"\n  throughput    0.00024 TOPS", "\n  crossbars     48 in use of 256, ", "copies by-hand, placed ",
		"\n  fragmentation ", "\n  programming   ", "paid after ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the report lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "accuracy") {
		t.Errorf("the report of shapes speaks of accuracy:\n%s", out)
	}
	var fields map[string]any
	if err := json.Unmarshal(readFile(t, "r.json"), &fields); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"accuracy", "accuracy_no_adc", "images", "layers", "not_timed"} {
		if _, ok := fields[key]; ok {
			t.Errorf("the JSON of shapes has %q", key)
		}
	}
	r := decodeShapes(t, "r.json")
	checkShapes(t, r)
	if r.Setting.DataSet != "none" || !strings.HasPrefix(r.Setting.Activity, "assumed: ") {
		t.Errorf("data set is %q, activity %q, want none and what is assumed", r.Setting.DataSet, r.Setting.Activity)
	}
	if r.IntervalNS != 12800 || !r.Repeats || r.Bottleneck.Busy != 1 || r.InFlight <= 1 || r.InFlight > 3 {
		t.Errorf("interval %g ns, repeats %t, bottleneck %+v, %g images in flight, want 12800, true, busy all the time, and up to 3 images",
			r.IntervalNS, r.Repeats, r.Bottleneck, r.InFlight)
	}
	if e := r.Efficiency; e.Operations != 3072 || r.Mapping.MACs != 1536 || !near(e.TOPS, 3072/12.8e-6*1e-12) {
		t.Errorf("operations %d of %d multiply-accumulates, %g TOPS, want 3072 of 1536, 0.00024", e.Operations, r.Mapping.MACs, e.TOPS)
	}
	for i, want := range []struct {
		name                        string
		copies, crossbars, products int
		ns                          float64
	}{{"conv1", 4, 32, 16, 12800}, {"conv2", 1, 8, 16, 12800}, {"fc", 1, 8, 1, 800}} {
		l := r.Mapping.Layers[i]
		if l.Name != want.name || l.Copies != want.copies || l.Crossbars != want.crossbars || l.Products != want.products ||
			!near(l.ByReadsNS, want.ns) || !near(l.AloneNS, want.ns) {
			t.Errorf("layer %+v, want %+v", l, want)
		}
	}
	records, err := csv.NewReader(bytes.NewReader(readFile(t, "r.csv"))).ReadAll()
	if err != nil || len(records) != 2 {
		t.Fatalf("CSV has %d lines, error %v, want a header and one record", len(records), err)
	}
	for i, name := range records[0] {
		want, known := map[string]string{"accuracy": "", "images": "", "seed": "", "interval_ns": "12800", "data_set": "none", "chips": "1"}[name]
		if known && records[1][i] != want {
			t.Errorf("CSV %s is %q, want %q", name, records[1][i], want)
		}
	}
}

// checkShapes checks a result against itself: the definitions that tie its figures
// together.
func checkShapes(t *testing.T, r shapesJSON) {
	t.Helper()
	e := r.Efficiency
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"images_per_s", r.Throughput, 1e9 / r.IntervalNS},
		{"power_mw", e.PowerMW, r.Chip.EnergyPJ / r.IntervalNS},
		{"tops_per_w", e.TOPSPerW, e.TOPS / (e.PowerMW / 1000)},
		{"w_per_mm2", e.WPerMM2, e.PowerMW / 1000 / r.Chip.AreaMM2},
		{"cells and what is lost", r.Mapping.Utilisation.Cells + r.Mapping.Utilisation.Edges + r.Mapping.Utilisation.Diagonals, 1},
	} {
		if !near(c.got, c.want) {
			t.Errorf("%s is %g, want %g", c.name, c.got, c.want)
		}
	}
	if e.TOPS <= 0 || e.TOPS > e.PeakTOPS {
		t.Errorf("%g TOPS, want more than 0 and at most the peak %g", e.TOPS, e.PeakTOPS)
	}
	sum := 0.0
	for _, row := range r.Energy {
		sum += *row.EnergyPJ
	}
	if math.Abs(sum-r.EnergyPJ) > 1e-6*r.EnergyPJ || r.EnergyPJ > r.Chip.EnergyPJ {
		t.Errorf("rows add up to %g pJ of %g, the whole system takes %g", sum, r.EnergyPJ, r.Chip.EnergyPJ)
	}
	for _, u := range r.Resources {
		if !near(u.Busy+u.Waiting+u.Idle, 1) || u.Idle < 0 || u.Waiting < 0 {
			t.Errorf("%+v: busy, waiting and idle add up to %g, want 1", u, u.Busy+u.Waiting+u.Idle)
		}
	}
	inUse := 0
	for _, p := range r.Mapping.Programming {
		if want := math.Ceil(p.EnergyJ / (r.EnergyPJ * 1e-12)); math.Abs(p.PaidAfter-want) > 1 {
			t.Errorf("load by %s is paid after %g inferences, want %g", p.Figures, p.PaidAfter, want)
		}
		if p.InUse {
			inUse++
		}
	}
	if inUse != 1 || len(r.Mapping.Programming) < 4 {
		t.Errorf("%d loads of which %d in use, want all published ones and one", len(r.Mapping.Programming), inUse)
	}
}

// What a network's values are does not reach its time and energy; --exact and a job
// of flags alone give the same figures.
func TestShapesAgree(t *testing.T) {
	t.Chdir(t.TempDir())
	state, _ := digitsState(t)
	writeFile(t, "net.toml", []byte(digitsNet))
	writeFile(t, "job.toml", []byte(digitsJob))
	writeFile(t, "small.safetensors", []byte(state.encode(t)))
	figures := func(args ...string) string {
		succeed(t, append([]string{"run", "--json", "r.json"}, args...)...)
		r := decodeShapes(t, "r.json")
		b, err := json.Marshal([]any{r.LatencyNS, r.IntervalNS, r.Efficiency, r.Chip, r.Energy, r.Mapping, r.Resources})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	want := figures("job.toml", "--set", "replay.images=3")
	for name, args := range map[string][]string{
		"exact":          {"job.toml", "--set", "replay.images=3", "--exact"},
		"without values": {"job.toml", "--set", "data.set=none"},
		"flags alone":    {"--chip", "bitslice-8bit", "--network", "net.toml"},
	} {
		if got := figures(args...); got != want {
			t.Errorf("%s: figures are\n%s\nwant\n%s", name, got, want)
		}
	}
	succeed(t, "run", "--json", "r.json", "job.toml", "--chip", "isaac-ce", "--network", "lenet-5", "--set", "data.set=none")
	if r := decodeShapes(t, "r.json"); r.Setting.Chip != "isaac-ce" || r.Setting.Network != "lenet-5" {
		t.Errorf("chip %s and network %s, want isaac-ce and lenet-5 of the flags", r.Setting.Chip, r.Setting.Network)
	}
	// One image in flight: the interval is the latency of one image.
	succeed(t, "run", "--json", "r.json", "--chip", "bitslice-8bit", "--network", "net.toml", "--set", "simulate.in_flight=1")
	if r := decodeShapes(t, "r.json"); !near(r.IntervalNS, r.LatencyNS) || r.InFlight != 1 {
		t.Errorf("one image in flight: interval %g, latency %g, %g in flight, want equal ones and 1", r.IntervalNS, r.LatencyNS, r.InFlight)
	}
}

// Details list every layer, action, resource and assumption.
func TestDetails(t *testing.T) {
	out := succeed(t, "run", "--chip", "isaac-ce", "--network", "lenet-5", "--details")
	for _, want := range []string{
		"\nLayers on crossbars\n", "\n  fc3 ", "eDRAM-to-IMA bus      transfer", "\n  adc                 conv1 ", "[1] assumed: ",
		"\nOne load of the weights (", "paid after inferences", "[time X, energy R] CiMLoop",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the details lack %q:\n%s", want, out)
		}
	}
	short := succeed(t, "run", "--chip", "isaac-ce", "--network", "resnet-20")
	if lines := strings.Count(short, "\n"); lines > 50 {
		t.Errorf("the report of resnet-20 without details has %d lines, want at most 50:\n%s", lines, short)
	}
	if !strings.Contains(short, "\nThe slowest 5 of 22 layers on crossbars\n") {
		t.Errorf("the report does not say that layers are left out:\n%s", short)
	}
}

// A system with a host's port and links says what they take.
func TestShapesWithIO(t *testing.T) {
	path := t.TempDir() + "/r.json"
	succeed(t, "run", "--chip", "isaac-ce", "--network", "lenet-5", "--set", "host.width=32", "--set", "host.energy=1nJ", "--json", path)
	r := decodeShapes(t, path)
	checkShapes(t, r)
	io := 0.0
	for _, row := range r.Energy {
		if row.Component == "host port" {
			io += *row.EnergyPJ
		}
	}
	// 784 positions of 1 value of 16 b, a transfer each, and 10 results in one
	// message of 160 b, 5 transfers, at 1 nJ; and 4 links of 2.6 W of static power.
	if want := 789e3; io != want {
		t.Errorf("the port takes %g pJ, want %g", io, want)
	}
	without := r.Efficiency.TOPS / ((r.Chip.EnergyPJ - io - 4*2600*r.IntervalNS) / r.IntervalNS / 1000)
	if math.Abs(r.Efficiency.TOPSPerWWithoutIO/without-1) > 1e-6 {
		t.Errorf("%g TOPS/W without I/O, want %g", r.Efficiency.TOPSPerWWithoutIO, without)
	}
}

// The mapping of a network on a chip, without simulation. ISAAC's interleaved
// slices hold 16 weights of 8 cells in a row: LeNet-5's conv1 (25 × 6) takes one
// crossbar, conv2 (150 × 16) two, fc1 (400 × 120) 4 × 8, fc2 (120 × 84) 6, fc3
// (84 × 10) one.
func TestDescribeNetwork(t *testing.T) {
	path := t.TempDir() + "/m.json"
	out := succeed(t, "describe", "isaac-ce", "--network", "lenet-5", "--json", path)
	for _, want := range []string{
		"lenet-5 on isaac-ce (32nm): 5 layers on crossbars, 61470 weights, 416520 multiply-accumulates an image\n",
		"\n  system        1 chip of 168 tiles with 96 crossbars each\n", "\n  fc1    400 × 120          1       1 ", "\nOne load of the weights (",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the description lacks %q:\n%s", want, out)
		}
	}
	var d struct {
		Name    string
		Mapping mappingJSON
	}
	if err := json.Unmarshal(readFile(t, path), &d); err != nil {
		t.Fatal(err)
	}
	if d.Name != "isaac-ce" || d.Mapping.Crossbars != 42 || d.Mapping.System.Crossbars != 168*96 {
		t.Errorf("%s: %d of %d crossbars, want isaac-ce, 42 of 16128", d.Name, d.Mapping.Crossbars, d.Mapping.System.Crossbars)
	}
	for i, want := range []int{1, 2, 32, 6, 1} {
		if l := d.Mapping.Layers[i]; l.Crossbars != want || l.AloneNS != 0 {
			t.Errorf("layer %s takes %d crossbars and %g ns, want %d, not simulated", l.Name, l.Crossbars, l.AloneNS, want)
		}
	}
	// 784 positions of 16 reads of 100 ns.
	if got := d.Mapping.Layers[0].ByReadsNS; !near(got, 784*1600) {
		t.Errorf("conv1 reads for %g ns an image, want 1254400", got)
	}
}

func TestFaultsOfShapes(t *testing.T) {
	files := func(old, text string) map[string]string {
		if !strings.Contains(shapesJob, old) {
			t.Fatalf("the job holds no %q", old)
		}
		return map[string]string{"net.toml": digitsNet, "job.toml": strings.Replace(shapesJob, old, text, 1)}
	}
	const run = "run job.toml"
	whole := files("", "")
	none := `job shapes has data.set = "none" and computes no values, want a data set`
	checkFaults(t, []fault{
		{"resolutions that want values", whole, run + " --set adc.bits=auto",
			`chip bitslice-8bit has adc.bits = "auto" with adc.auto = "worst-case", which wants values: give resolutions, or a data set instead of data.set = "none"`},
		{"a wrong value in an override", files("tiles = 8", "tiles = 0"), run, "job.toml:6: key tiles is 0, want 1 to 1048576"},
		{"an unknown key in an override", files("tiles = 8", "adc.bitz = 8"), run, "job.toml:6: unknown key adc.bitz, did you mean adc.bits?"},
		{"a base in an override", files("tiles = 8", "base = \"puma\""), run,
			"job.toml:6: key override.base is given, want it in a file: only a file can start from another"},
		{"a layer that is none", files("conv1 = 4", "conv3 = 4"), run,
			`mapping.copies names "conv3", which is no layer of network small on crossbars, did you mean conv1?`},
		{"more copies than positions", files("conv1 = 4", "conv1 = 65"), run,
			"mapping.copies of layer conv1 is 65, want 1 to 64, the positions of an image that copies share"},
		{"a negative number of images", files("in_flight = 3", "in_flight = -1"), run, "job.toml:16: key simulate.in_flight is -1, want 0 to 1048576"},
		{"does not fit", whole, run + " --set tiles=1",
			"network small needs 2 tiles of chip bitslice-8bit, which has 1: 1 tile is missing; chips = 2 would do, and mapping.rounds = true would run it in rounds, between which the cells are programmed anew"},
		{"a certificate of nothing", whole, run + " --certificate c.csv", "--certificate: " + none},
		{"training of nothing", whole, run + " --train", "--train: " + none},
		{"a checkpoint of nothing", whole, run + " --checkpoint mnist-mlp", "--checkpoint: " + none},
		{"a checkpoint from nothing", whole, "train job.toml --out c.safetensors", none},
		{"a network that is none", nil, "describe isaac-ce --network lenet",
			`unknown name "lenet" in networks, want ` + networkNames + ` or the path of a .toml file`},
		{"a chip that is none", nil, "run --chip isac-ce --network lenet-5",
			`unknown name "isac-ce" in chips, want ` + chipNames + ` or the path of a .toml file, did you mean isaac-ce?`},
		{"a network too large to describe", nil, "describe isaac-ce --network alexnet",
			"network alexnet needs 312 tiles of chip isaac-ce, which has 168: 144 tiles are missing; chips = 2 would do"},
	})
}

// An eDRAM that cannot hold what the layers on a tile need is told by layer.
func TestTooSmallBuffer(t *testing.T) {
	got := bitline(t, "run", "--chip", "isaac-ce", "--network", "lenet-5", "--set", "tile.edram.bytes=256")
	if got.code != 1 || got.out != "" || !strings.Contains(got.err, "eDRAM of tile ") || !strings.Contains(got.err, "layer fc1") {
		t.Errorf("got %+v, want exit 1 and the layer fc1, whose 400 inputs of 2 bytes do not fit into 256", got)
	}
}

// ResNet-20 with random weights on a chip that is large enough, where CIFAR-10 is
// found: 22 layers replayed and simulated. Its first block applies each convolution
// at 1024 positions, 8 reads of 100 ns each: no interval is shorter than 819.2 µs.
func TestRunResNet20(t *testing.T) {
	if testing.Short() {
		t.Skip("a large data set takes long where the race detector watches")
	}
	found := false
	for _, s := range workloads.List(workloads.NewFinder("", os.Getenv)) {
		found = found || s.Name == "cifar10" && s.Found
	}
	if !found {
		t.Skip("NOT RUN: the data set cifar10 was not found, see bitline data list")
	}
	net, err := pipeline.LoadNetwork("resnet-20")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	writeFile(t, "w.safetensors", []byte(randomState(t, net).encode(t)))
	got := bitlineIn(t.Context(), os.Getenv, "run", "quickstart", "--network", "resnet-20", "--set", "data.set=cifar10", "--set", "weights=w.safetensors",
		"--set", "data.calibration=16", "--set", "replay.images=16", "--set", "tiles=64", "--json", "r.json")
	if got.code != 0 || got.err != "" {
		t.Fatalf("exit %d: %s", got.code, got.err)
	}
	r := decodeShapes(t, "r.json")
	checkShapes(t, r)
	if r.Images != 16 || r.Accuracy == nil || r.IntervalNS < 819200 {
		t.Errorf("%d images, accuracy %v, interval %g ns, want 16, some, and at least 819200", r.Images, r.Accuracy, r.IntervalNS)
	}
}

// randomState is random weights of every layer of a network.
func randomState(t *testing.T, net *workloads.Network) stateDict {
	t.Helper()
	nodes, err := net.Graph()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(20, 20))
	s := stateDict{}
	add := func(name string, value func() float64, shape ...uint64) {
		size := uint64(1)
		for _, n := range shape {
			size *= n
		}
		x := tensor{shape: shape}
		for range size {
			x.values = append(x.values, float32(value()))
		}
		s[name] = x
	}
	or := func(name, other string) string {
		if name == "" {
			return other
		}
		return name
	}
	for _, n := range nodes {
		if !n.Kind.Matrix() {
			continue
		}
		name, out := or(n.Weights, n.Name), uint64(n.Outputs)
		shape := []uint64{out, uint64(n.In.Size())}
		if n.Kind == workloads.Conv {
			shape = []uint64{out, uint64(n.In.Channels), uint64(n.Kernel), uint64(n.Kernel)}
		}
		add(name+".weight", func() float64 { return r.NormFloat64() / 8 }, shape...)
		if !n.NoBias {
			add(name+".bias", r.NormFloat64, out)
		}
		if n.BatchNorm {
			norm := or(n.Norm, n.Name+"_norm")
			add(norm+".weight", func() float64 { return 1 }, out)
			add(norm+".bias", func() float64 { return 0 }, out)
			add(norm+".running_mean", func() float64 { return 0 }, out)
			add(norm+".running_var", func() float64 { return 4 }, out)
		}
	}
	return s
}
