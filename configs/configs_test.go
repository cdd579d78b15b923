package configs_test

import (
	"io/fs"
	"path"
	"slices"
	"testing"

	"bitline/configs"
	"bitline/internal/config"
	"bitline/workloads"
)

// Every embedded file lies in a folder that a command looks in.
func TestFilesLieInKnownFolders(t *testing.T) {
	count := 0
	err := fs.WalkDir(configs.Files(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		count++
		if folder := path.Dir(name); !slices.Contains([]string{"chips", "networks", "jobs", "studies", "checkpoints"}, folder) {
			t.Errorf("%s: folder %s, want chips, networks, jobs, studies or checkpoints", name, folder)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count < 6 {
		t.Errorf("%d embedded files, want at least the 4 chips and 2 networks", count)
	}
}

// count is the multiply-adds of one image.
func count(n *workloads.Network) int {
	total := 0
	for _, s := range n.Matrices() {
		total += s.Rows * s.Columns * s.Positions
	}
	return total
}

func TestEveryShippedNetworkLoads(t *testing.T) {
	want := map[string][]workloads.MatrixShape{
		"mlp-64-32-10":   {{Layer: "fc1", Rows: 64, Columns: 32, Positions: 1}, {Layer: "fc2", Rows: 32, Columns: 10, Positions: 1}},
		"mlp-784-100-10": {{Layer: "fc1", Rows: 784, Columns: 100, Positions: 1}, {Layer: "fc2", Rows: 100, Columns: 10, Positions: 1}},
		// 5·5 inputs at 28·28 positions, 5·5·6 at (14−4)² positions, 5·5·16 after two
		// halvings.
		"lenet-5": {
			{Layer: "conv1", Rows: 25, Columns: 6, Positions: 784}, {Layer: "conv2", Rows: 150, Columns: 16, Positions: 100},
			{Layer: "fc1", Rows: 400, Columns: 120, Positions: 1}, {Layer: "fc2", Rows: 120, Columns: 84, Positions: 1},
			{Layer: "fc3", Rows: 84, Columns: 10, Positions: 1},
		},
	}
	// Multiply-adds of an image, summed by hand from the papers' tables: ResNet-20
	// is 1024·(27·16 + 6·144·16) + 256·(144·32 + 16·32 + 5·288·32) +
	// 64·(288·64 + 32·64 + 5·576·64) + 640, VGG-11 is 1024·27·64 + 256·576·128 +
	// 64·(1152+2304)·256 + 16·(2304+4608)·512 + 4·2·4608·512 + 512·(512+512+10).
	macs := map[string]int{"resnet-20": 40813184, "vgg-11": 153293824, "vgg-11-bn": 153293824}
	source := config.Source{Embedded: configs.Files(), Kind: "networks"}
	for name := range want {
		if !slices.Contains(source.Names(), name) {
			t.Errorf("no shipped network %s among %v", name, source.Names())
		}
	}
	for _, name := range source.Names() {
		table, err := config.Load(source, name, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		n := workloads.ReadNetwork(table)
		if err := table.Finish(); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if n.Name != name {
			t.Errorf("network in %s.toml has the name %q", name, n.Name)
		}
		if shapes, known := want[name]; known && !slices.Equal(n.Matrices(), shapes) {
			t.Errorf("%s: matrices %+v, want %+v", name, n.Matrices(), shapes)
		}
		if macs, known := macs[name]; known && count(n) != macs {
			t.Errorf("%s: %d multiply-adds an image, want %d", name, count(n), macs)
		}
		if last := n.Layers[len(n.Layers)-1]; last.ReLU {
			t.Errorf("%s: its last layer %s has a rectifier, which hides classes", name, last.Name)
		}
	}
}
