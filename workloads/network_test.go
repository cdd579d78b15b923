package workloads

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bitline/internal/config"
)

// parseNetwork reads a description from text.
func parseNetwork(t *testing.T, text string) (*Network, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "net.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	table, err := config.Load(config.Source{Kind: "networks"}, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := ReadNetwork(table)
	return n, table.Finish()
}

func TestReadNetwork(t *testing.T) {
	n, err := parseNetwork(t, `
name  = "all"
input = [9, 8, 3]
layer = [
  {name = "c1", kind = "conv", outputs = 4, kernel = 3, stride = 2, padding = 1, relu = true, batch_norm = true, weights = "a", norm = "b"},
  {name = "s", kind = "conv", outputs = 5, kernel = 1, residual = true},
  {name = "c2", kind = "conv", input = "c1", outputs = 5, kernel = 3, padding = 1, add = "s", bias = false},
  {name = "m", kind = "maxpool", size = 3, stride = 1, padding = 1},
  {name = "a", kind = "avgpool", size = 2},
  {name = "g", kind = "globalpool"},
  {kind = "linear", outputs = 10},
]`)
	if err != nil {
		t.Fatal(err)
	}
	want := []Layer{
		{Name: "c1", Kind: Conv, Outputs: 4, Kernel: 3, Stride: 2, Padding: 1, ReLU: true, BatchNorm: true, NoBias: true, Weights: "a", Norm: "b"},
		{Name: "s", Kind: Conv, Outputs: 5, Kernel: 1, Stride: 1, Residual: true},
		{Name: "c2", Kind: Conv, Input: "c1", Outputs: 5, Kernel: 3, Stride: 1, Padding: 1, Add: "s", NoBias: true},
		{Name: "m", Kind: MaxPool, Kernel: 3, Stride: 1, Padding: 1},
		{Name: "a", Kind: AvgPool, Kernel: 2, Stride: 2},
		{Name: "g", Kind: GlobalPool},
		{Name: "layer7", Kind: Linear, Outputs: 10},
	}
	if !slices.Equal(n.Layers, want) {
		t.Errorf("layers are\n%+v, want\n%+v", n.Layers, want)
	}
	// 9×8 at stride 2 with padding 1 is 5×4 positions of 3·3·3 rows.
	shapes := []MatrixShape{
		{"c1", 27, 4, 1, 20, false}, {"s", 4, 5, 1, 20, true}, {"c2", 36, 5, 1, 20, true}, {"layer7", 5, 10, 1, 1, false}, // c2 is not rectified
	}
	if got := n.Matrices(); !slices.Equal(got, shapes) {
		t.Errorf("matrices are %v, want %v", got, shapes)
	}
	if got, want := n.String(), "9×8×3-4c3/2-5c1-(c1)5c3+s-M3-A2-G-10"; got != want {
		t.Errorf("the network is %s, want %s", got, want)
	}
}

func TestReadNetworkFaults(t *testing.T) {
	const head = "name = \"n\"\ninput = [2, 2, 64]\nlayer = [\n"
	const end = "\n{name = \"fc\", kind = \"linear\", outputs = 2},\n]"
	for _, c := range []struct{ name, layers, want string }{
		{"kernel too large", `{name = "conv5", kind = "conv", outputs = 4, kernel = 3},`,
			"net.toml:4: key layer[0].kernel of layer conv5: kernel 3 does not fit input 2×2×64 with padding 0"},
		{"pool too large", `{name = "p", kind = "maxpool", size = 3},`, "layer p: size 3 does not fit input 2×2×64"},
		{"unknown input", `{name = "a", kind = "conv", input = "b", outputs = 4, kernel = 1},`, `layer a: input is "b", which is no layer, want "image" or a layer before`},
		{"unknown addend", `{name = "a", kind = "conv", add = "b", outputs = 4, kernel = 1},`, `layer a: add is "b", which is no layer`},
		{"cycle", `{name = "a", kind = "conv", input = "b", outputs = 4, kernel = 1}, {name = "b", kind = "conv", outputs = 4, kernel = 1},`,
			`layer a: input is "b", which does not stand before this layer`},
		{"itself", `{name = "a", kind = "conv", input = "a", outputs = 4, kernel = 1},`, `input is "a", which does not stand before`},
		{"duplicate", `{name = "a", kind = "conv", outputs = 4, kernel = 1}, {name = "a", kind = "conv", outputs = 4, kernel = 1},`,
			`key layer[1].name is "a" a second time`},
		{"reserved name", `{name = "image", kind = "conv", outputs = 4, kernel = 1},`, `is "image", which stands for the network's input`},
		{"addend of another shape", `{name = "a", kind = "conv", outputs = 4, kernel = 1, add = "image"},`, `add is "image" of shape 2×2×64, want the layer's own shape 2×2×4`},
		{"residual as input", `{name = "a", kind = "conv", outputs = 4, kernel = 1, residual = true},`, `layer fc: input is the residual layer "a"`},
		{"residual with a rectifier", `{name = "a", kind = "conv", outputs = 4, kernel = 1, residual = true, relu = true},`, "layer a: relu is true, want false for a residual layer"},
		{"unused", `{name = "a", kind = "conv", outputs = 4, kernel = 1}, {name = "b", kind = "conv", input = "image", outputs = 4, kernel = 1},`,
			`is "a", and no layer takes or adds its output`},
		{"no kernel", `{name = "a", kind = "conv", outputs = 4},`, `key layer[0].kernel is missing, want the side of the kernel of layer "a"`},
		{"no size", `{name = "a", kind = "avgpool"},`, "key layer[0].size is missing"},
		{"key of another kind", `{name = "a", kind = "avgpool", size = 2, relu = true},`, "unknown key layer[0].relu"},
		{"padding of half a window", `{name = "a", kind = "maxpool", size = 3, padding = 2},`, "layer a: padding is 2, want 0 to 1"},
		{"last is no classes", `{name = "p", kind = "globalpool"}]#`, "kind is globalpool, want a linear layer last"},
		{"groups that do not divide the inputs", `{name = "a", kind = "conv", outputs = 6, kernel = 1, groups = 3},`,
			"layer a: groups is 3, want a divisor of the 64 input channels and the 6 outputs"},
		{"groups that do not divide the outputs", `{name = "a", kind = "conv", outputs = 6, kernel = 1, groups = 4},`,
			"layer a: groups is 4, want a divisor of the 64 input channels and the 6 outputs"},
		{"groups of a linear layer", `{name = "a", kind = "linear", outputs = 4, groups = 2},`, "unknown key layer[0].groups"},
		{"no heads", `{name = "a", kind = "attention", keys = "image", values = "image"},`, `key layer[0].heads is missing, want the number of heads of layer "a"`},
		{"no keys", `{name = "a", kind = "attention", heads = 2, values = "image"},`, `key layer[0].keys is missing, want the layer that gives the keys of layer "a"`},
		{"no values", `{name = "a", kind = "attention", heads = 2, keys = "image"},`, `key layer[0].values is missing`},
		{"unknown keys", `{name = "a", kind = "attention", heads = 2, keys = "b", values = "image"},`, `layer a: keys is "b", which is no layer`},
		{"heads that do not divide the channels", `{name = "a", kind = "attention", heads = 3, keys = "image", values = "image"},`,
			"layer a: heads is 3, want a divisor of the 64 channels"},
		{"keys of other channels", `{name = "k", kind = "conv", outputs = 4, kernel = 1}, {name = "a", kind = "attention", heads = 2, input = "image", keys = "k", values = "k"},`,
			`layer a: keys is "k" of shape 2×2×4, want the 64 channels of the queries`},
		{"values of another shape", `{name = "v", kind = "maxpool", size = 2}, {name = "a", kind = "attention", heads = 2, input = "image", keys = "image", values = "v"},`,
			`layer a: values is "v" of shape 1×1×64, want the shape 2×2×64 of the keys`},
		{"residual as keys", `{name = "k", kind = "conv", outputs = 64, kernel = 1, residual = true}, {name = "a", kind = "attention", heads = 2, input = "image", keys = "k", values = "image"},`,
			`layer a: keys is the residual layer "k", whose output is not rounded; want keys to name another`},
		{"kernel of 0", `{name = "a", kind = "conv", outputs = 4, kernel = 0},`, "key layer[0].kernel is 0, want 1 to"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := head + c.layers + end
			if strings.HasSuffix(c.layers, "]#") {
				text = head + c.layers
			}
			if _, err := parseNetwork(t, text); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("faults are\n%v\nwant one with\n%s", err, c.want)
			}
		})
	}
}

// Both sides of the edge at which a window fits: 3 with padding sees 3 values of
// an input of 1.
func TestWindowEdge(t *testing.T) {
	for padding, fits := range map[int]bool{0: false, 1: true} {
		n := &Network{Input: Shape{1, 1, 1}, Layers: []Layer{
			{Name: "a", Kind: Conv, Outputs: 1, Kernel: 3, Stride: 1, Padding: padding}, {Name: "b", Kind: Linear, Outputs: 1},
		}}
		if err := n.Check(); (err == nil) != fits {
			t.Errorf("padding %d: %v, want a fit to be %t", padding, err, fits)
		}
	}
}
