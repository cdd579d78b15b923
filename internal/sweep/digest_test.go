package sweep

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// house is a sweep with all the files that a job can have.
func house() map[string]string {
	return map[string]string{
		"s.toml":            "job = 'job.toml'\n[[axis]]\nkeys = ['chip', 'checkpoint']\nvalues = [['a.toml', 'c.safetensors'], ['b.toml', 'mnist-mlp-dense'], ['isaac-ce', '']]\n",
		"job.toml":          "base = 'below.toml'\nchip = 'unused.toml'\nnetwork = 'net.toml'\n[replay]\nimages = 9\n",
		"below.toml":        "[train]\nbatch = 16\n[train.adc]\nstart = 'start.safetensors'\n",
		"unused.toml":       "base = 'bitslice-8bit'\n",
		"net.toml":          "name = 'net'\ninput = [8, 8, 1]\n[[layer]]\noutputs = 10\n",
		"a.toml":            "base = 'a-base.toml'\n",
		"a-base.toml":       "tiles = 4\n",
		"b.toml":            "base = 'bitslice-8bit'\n",
		"c.safetensors":     "weights",
		"start.safetensors": "more weights",
	}
}

// filesOf is the digest of a folder's files.
func filesOf(t *testing.T, files map[string]string) (string, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range files {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Read("s.toml")
	if err != nil {
		t.Fatal(err)
	}
	return p.Files()
}

// Whatever a file says of any point counts, however it is written.
func TestFiles(t *testing.T) {
	base, err := filesOf(t, house())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, file, from, to string
		same                 bool
	}{
		{"nothing", "job.toml", "", "", true},
		{"a comment", "job.toml", "base", "# as of today\nbase", true},
		{"another order", "job.toml", "chip = 'unused.toml'\nnetwork = 'net.toml'\n", "network = 'net.toml'\nchip = 'unused.toml'\n", true},
		{"the job's own key", "job.toml", "images = 9", "images = 8", false},
		{"one more key", "job.toml", "images = 9", "images = 9\nstatistics = 'clips'", false},
		{"a key of the job's base", "below.toml", "batch = 16", "batch = 8", false},
		{"the job's chip, which an axis replaces", "unused.toml", "base = 'bitslice-8bit'", "base = 'isaac-ce'", false},
		{"a chip on an axis", "b.toml", "base = 'bitslice-8bit'", "base = 'isaac-ce'", false},
		{"the base of a chip on an axis", "a-base.toml", "tiles = 4", "tiles = 5", false},
		{"the network", "net.toml", "outputs = 10", "outputs = 11", false},
		{"a checkpoint on an axis", "c.safetensors", "weights", "other weights", false},
		{"a checkpoint from which training starts", "start.safetensors", "more", "fewer", false},
		{"a chip that is none any more", "b.toml", "base", "= base", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := house()
			files[c.file] = strings.Replace(files[c.file], c.from, c.to, 1)
			got, err := filesOf(t, files)
			if err != nil {
				t.Fatal(err)
			}
			if (got == base) != c.same {
				t.Errorf("the digest is %s, before %s, want equal ones: %t", got, base, c.same)
			}
		})
	}
}

// A file that is missing is told before anything is computed.
func TestMissingFiles(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"c.safetensors", "open c.safetensors: no such file or directory"},
		{"start.safetensors", "open start.safetensors: no such file or directory"},
		{"b.toml", "reading b.toml: no such file or directory"},
		{"net.toml", "reading net.toml: no such file or directory"},
	} {
		files := house()
		delete(files, c.file)
		_, err := filesOf(t, files)
		if dir, _ := os.Getwd(); err == nil || !slices.Contains(strings.Split(strings.ReplaceAll(err.Error(), dir+"/", ""), "\n"), c.want) {
			t.Errorf("without %s: error %v, want %s", c.file, err, c.want)
		}
	}
}

// Records of edited files do not go beside those of the files before.
func TestEditedJobIsAnotherSweep(t *testing.T) {
	before := maps.Clone(house())
	digest, err := filesOf(t, before)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	id := Identity{Name: "s", Plan: "p", Files: digest, Points: 3}
	store, err := Open(dir, id, Whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	before["job.toml"] += "statistics = 'clips'\n"
	if id.Files, err = filesOf(t, before); err != nil {
		t.Fatal(err)
	}
	_, err = Open(dir, id, Whole)
	want := dir + " was made by another sweep: digest of the job's files " + digest[:12] + ", want " + id.Files[:12] + "; choose another folder"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
