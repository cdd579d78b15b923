package pipeline

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bitline/internal/cost"
	"bitline/internal/units"
	"bitline/scheduler/timing"
	"bitline/workloads"
)

// write makes files in a fresh working directory.
func write(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Overrides go where their key belongs, and the weights that are trained are
// those that the chip holds.
func TestLoadJobDealsOverrides(t *testing.T) {
	j, err := LoadJob("quickstart", []string{
		"adc.bits=[4,4,4,2]", "tiles=7", "replay.images=9", "train.seed=5", "simulate.images=64", `"data".calibration=8`,
		"crossbar.cell_bits=1", "encoding.weight_bits=4",
	})
	if err != nil {
		t.Fatal(err)
	}
	if j.Chip.Tiles != 7 || len(j.Chip.ADC.Bits) != 4 || j.Chip.ADC.Bits[3] != 2 {
		t.Errorf("chip has %d tiles and %v bits, want 7 and [4 4 4 2]", j.Chip.Tiles, j.Chip.ADC.Bits)
	}
	if j.Images != 9 || j.Train.Seed != 5 || j.Simulation.Images != 64 || j.Calibration != 8 {
		t.Errorf("job is %+v, want 9 images, seed 5, 64 simulated, 8 of calibration", j)
	}
	if j.Train.WeightBits != 4 || j.Train.CellBits != 1 {
		t.Errorf("trains %d-bit weights in %d-bit cells, want 4 and 1", j.Train.WeightBits, j.Train.CellBits)
	}
}

// A job's files lie beside it, wherever the command runs.
func TestLoadJobFindsFilesBesideIt(t *testing.T) {
	files := map[string]string{
		"jobs/job.toml":       "chip = \"chip.toml\"\nnetwork = \"../nets/net.toml\"\ncheckpoint = \"c.safetensors\"\n",
		"jobs/chip.toml":      "base = \"isaac-ce\"\ntiles = 3\n",
		"nets/net.toml":       "name = \"net\"\ninput = [8, 8, 1]\n[[layer]]\noutputs = 10\n",
		"jobs/absolute.toml":  "chip = \"bitslice-8bit\"\nnetwork = \"mlp-64-32-10\"\ncheckpoint = \"/tmp/c.safetensors\"\n",
		"jobs/bare/deep.toml": "base = \"../job.toml\"\nchip = \"isaac-ce\"\nnetwork = \"mlp-64-32-10\"\ncheckpoint = \"mnist-mlp-dense\"\n",
	}
	write(t, files)
	for _, tt := range []struct {
		job, checkpoint, chip, network string
		tiles                          int
	}{
		{"jobs/job.toml", "jobs/c.safetensors", "isaac-ce", "net", 3},
		{"jobs/absolute.toml", "/tmp/c.safetensors", "bitslice-8bit", "mlp-64-32-10", 4},
		{"jobs/bare/deep.toml", "mnist-mlp-dense", "isaac-ce", "mlp-64-32-10", 168},
	} {
		j, err := LoadJob(tt.job, nil)
		if err != nil {
			t.Errorf("%s: %v", tt.job, err)
			continue
		}
		if j.Checkpoint != tt.checkpoint || j.Chip.Name != tt.chip || j.Chip.Tiles != tt.tiles || j.Network.Name != tt.network {
			t.Errorf("%s: checkpoint %s, chip %s of %d tiles, network %s, want %+v", tt.job, j.Checkpoint, j.Chip.Name, j.Chip.Tiles, j.Network.Name, tt)
		}
	}
	t.Chdir("jobs")
	if j, err := LoadJob("job.toml", nil); err != nil || j.Chip.Tiles != 3 {
		t.Errorf("from its own folder: %+v, error %v, want the chip beside it", j, err)
	}
}

// Names of files are words of a command, whatever they hold.
func TestCommandOfFiles(t *testing.T) {
	write(t, map[string]string{"my jobs/job.toml": "chip = \"isaac-ce\"\nnetwork = \"lenet-5\"\n", "my chip.toml": "base = \"isaac-ce\"\n"})
	job, err := LoadJob("my jobs/job.toml", []string{"data.set=none"})
	if err != nil {
		t.Fatal(err)
	}
	if want := "bitline run 'my jobs/job.toml' --set data.set=none"; job.Command.String() != want {
		t.Errorf("the command is %s, want %s", job.Command, want)
	}
	if job, err = JobOf("my chip.toml", "lenet-5", nil); err != nil {
		t.Fatal(err)
	}
	if want := "bitline run --chip 'my chip.toml' --network lenet-5"; job.Command.String() != want {
		t.Errorf("the command is %s, want %s", job.Command, want)
	}
}

func TestSameNetwork(t *testing.T) {
	net := func(relu bool, outputs int) *workloads.Network {
		return &workloads.Network{Name: "n", Input: workloads.Shape{Height: 1, Width: 2, Channels: 1},
			Layers: []workloads.Layer{{Name: "a", Kind: workloads.Linear, Outputs: outputs, ReLU: relu}}}
	}
	renamed := net(true, 3)
	renamed.Name = "another name"
	if err := sameNetwork(renamed, net(true, 3)); err != nil {
		t.Errorf("another name: %v, want none", err)
	}
	for _, tt := range []struct {
		name  string
		other *workloads.Network
		want  string
	}{
		{"another rectifier", net(false, 3), "whose layer a is not that of the job's network n: relu is false, want true"},
		{"another width", net(true, 4), "holds network n (2-4), want the job's network n (2-3)"},
	} {
		if err := sameNetwork(tt.other, net(true, 3)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q in it", tt.name, err, tt.want)
		}
	}
}

func TestCheckEnergy(t *testing.T) {
	const most units.Energy = math.MaxInt64
	row := func(e units.Energy) []cost.Row { return []cost.Row{{Component: "router", Action: "static", Energy: e}} }
	tests := []struct {
		name string
		in   timing.Account
		want string
	}{
		{"small", timing.Account{Dynamic: row(1), Chip: timing.Scope{EnergySteady: 1}}, ""},
		{"a row", timing.Account{Dynamic: row(most)}, "energy of router, static, exceeds 9.2 J an image"},
		{"a static row", timing.Account{Chip: timing.Scope{Steady: row(most)}}, "energy of router, static, exceeds 9.2 J an image"},
		{"just below", timing.Account{Dynamic: row(most - 1), UsedTiles: timing.Scope{EnergySingle: most - 1}}, ""},
		{"a sum", timing.Account{UsedTiles: timing.Scope{EnergySingle: most}}, "energy exceeds 9.2 J an image"},
		{"a sum that wrapped", timing.Account{Chip: timing.Scope{EnergySteady: -2}}, "energy exceeds 9.2 J an image"},
	}
	for _, tt := range tests {
		err := checkEnergy(&tt.in)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: error %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A product worked out by hand: (1, 2)·(3 −4; 5 6) = (3 + 10, −4 + 12).
func TestMVMByHand(t *testing.T) {
	chip, err := LoadChip("bitslice-8bit", nil)
	if err != nil {
		t.Fatal(err)
	}
	u := MVM{Chip: chip, Rows: 2, Columns: 2, Weights: []int64{3, -4, 5, 6}, Batch: 2, Inputs: []int64{1, 2, 0, 0}, WeightsName: "w", InputsName: "x"}
	r, err := u.Run()
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Outputs; got[0] != 13 || got[1] != 8 || got[2] != 0 || got[3] != 0 {
		t.Errorf("products are %v, want [13 8 0 0]", got)
	}
	u.Weights = []int64{256, 0, 0, 0}
	if _, err := u.Run(); err == nil || !strings.HasPrefix(err.Error(), "w on chip bitslice-8bit: weight code 256 in row 0, column 0") {
		t.Errorf("error %v, want one of w", err)
	}
	u.Weights, u.Inputs = []int64{1, 1, 1, 1}, []int64{0, 0, 0, 256}
	if _, err := u.Run(); err == nil || !strings.HasPrefix(err.Error(), "x on chip bitslice-8bit: inputs span 0 to 256") {
		t.Errorf("error %v, want one of x", err)
	}
}
