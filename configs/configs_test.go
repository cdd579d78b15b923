package configs_test

import (
	"io/fs"
	"path"
	"slices"
	"testing"

	"bitline/configs"
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
		if folder := path.Dir(name); !slices.Contains([]string{"chips", "networks", "jobs", "studies", "sweeps", "checkpoints", "init"}, folder) {
			t.Errorf("%s: folder %s, want chips, networks, jobs, studies, sweeps, checkpoints or init", name, folder)
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

// TestCheckpointsAreSmall: what every user downloads has a bound.
func TestCheckpointsAreSmall(t *testing.T) {
	entries, err := fs.ReadDir(configs.Files(), "checkpoints")
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		sum += info.Size()
	}
	if sum > 25<<20 || sum == 0 {
		t.Errorf("the shipped checkpoints have %d bytes, want at most 25 MiB", sum)
	}
}

func TestEveryShippedNetworkLoads(t *testing.T) {
	// Rectified says which layers take the outputs of a rectified one.
	want := map[string][]workloads.MatrixShape{
		"mlp-64-32-10": {
			{Layer: "fc1", Rows: 64, Columns: 32, Groups: 1, Positions: 1}, {Layer: "fc2", Rows: 32, Columns: 10, Groups: 1, Positions: 1, Rectified: true},
		},
		"mlp-784-100-10": {
			{Layer: "fc1", Rows: 784, Columns: 100, Groups: 1, Positions: 1}, {Layer: "fc2", Rows: 100, Columns: 10, Groups: 1, Positions: 1, Rectified: true},
		},
		// 5·5 inputs at 28·28 positions, 5·5·6 at (14−4)² positions, 5·5·16 after two
		// halvings.
		"lenet-5": {
			{Layer: "conv1", Rows: 25, Columns: 6, Groups: 1, Positions: 784}, {Layer: "conv2", Rows: 150, Columns: 16, Groups: 1, Positions: 100, Rectified: true},
			{Layer: "fc1", Rows: 400, Columns: 120, Groups: 1, Positions: 1, Rectified: true}, {Layer: "fc2", Rows: 120, Columns: 84, Groups: 1, Positions: 1, Rectified: true},
			{Layer: "fc3", Rows: 84, Columns: 10, Groups: 1, Positions: 1, Rectified: true},
		},
	}
	for name := range want {
		if !slices.Contains(networks().Names(), name) {
			t.Errorf("no shipped network %s among %v", name, networks().Names())
		}
	}
	for _, name := range networks().Names() {
		n := network(t, name)
		if n.Name != name {
			t.Errorf("network in %s.toml has the name %q", name, n.Name)
		}
		if shapes, known := want[name]; known && !slices.Equal(n.Matrices(), shapes) {
			t.Errorf("%s: matrices %+v, want %+v", name, n.Matrices(), shapes)
		}
		if last := n.Layers[len(n.Layers)-1]; last.ReLU {
			t.Errorf("%s: its last layer %s has a rectifier, which hides classes", name, last.Name)
		}
	}
}
