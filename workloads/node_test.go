package workloads

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// shapeOnly has everything that Graph resolves: groups, an attention across
// inputs of two sizes, a pool, additions of codes and of a residual layer.
const shapeOnly = `
name  = "shapes"
input = [6, 4, 8]
layer = [
  {name = "q", kind = "conv", outputs = 8, kernel = 1},
  {name = "k", kind = "conv", input = "image", outputs = 8, kernel = 3, stride = 2, padding = 1, groups = 4},
  {name = "att", kind = "attention", heads = 2, input = "q", keys = "k", values = "k"},
  {name = "dw", kind = "conv", outputs = 8, kernel = 3, padding = 1, groups = 8, add = "image"},
  {name = "short", kind = "conv", input = "q", outputs = 6, kernel = 1, groups = 1, residual = true},
  {name = "join", kind = "conv", input = "dw", outputs = 6, kernel = 1, groups = 2, add = "short"},
  {name = "pool", kind = "maxpool", size = 2},
  {name = "fc", kind = "linear", outputs = 5},
]`

func TestGraph(t *testing.T) {
	n, err := parseNetwork(t, shapeOnly)
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := n.Graph()
	if err != nil {
		t.Fatal(err)
	}
	want := []Node{
		{Matrix: 0, Takes: []int{FromImage}, Adds: NoLayer, In: Shape{6, 4, 8}, Out: Shape{6, 4, 8}, Window: Window{1, 1, 1, 0}},
		{Matrix: 1, Takes: []int{FromImage}, Adds: NoLayer, In: Shape{6, 4, 8}, Out: Shape{3, 2, 8}, Window: Window{3, 3, 2, 1}},
		// Every query of 6×4 sees all 3×2 keys.
		{Matrix: NoLayer, Takes: []int{0, 1, 1}, Adds: NoLayer, In: Shape{6, 4, 8}, Out: Shape{6, 4, 8}, Window: Window{3, 2, 1, 0}},
		{Matrix: 2, Takes: []int{2}, Adds: FromImage, In: Shape{6, 4, 8}, Out: Shape{6, 4, 8}, Window: Window{3, 3, 1, 1}},
		{Matrix: 3, Takes: []int{0}, Adds: NoLayer, In: Shape{6, 4, 8}, Out: Shape{6, 4, 6}, Window: Window{1, 1, 1, 0}},
		{Matrix: 4, Takes: []int{3}, Adds: 4, In: Shape{6, 4, 8}, Out: Shape{6, 4, 6}, Window: Window{1, 1, 1, 0}},
		{Matrix: NoLayer, Takes: []int{5}, Adds: NoLayer, In: Shape{6, 4, 6}, Out: Shape{3, 2, 6}, Window: Window{2, 2, 2, 0}},
		{Matrix: 5, Takes: []int{6}, Adds: NoLayer, In: Shape{3, 2, 6}, Out: Shape{1, 1, 5}, Window: Window{3, 2, 1, 0}},
	}
	if len(nodes) != len(want) {
		t.Fatalf("graph has %d nodes, want %d", len(nodes), len(want))
	}
	for i := range want {
		want[i].Layer, want[i].Number = n.Layers[i], i
		if !reflect.DeepEqual(nodes[i], want[i]) {
			t.Errorf("node %s is\n%+v, want\n%+v", n.Layers[i].Name, nodes[i], want[i])
		}
	}
	// Rows and columns of one group: k has 8/4 inputs behind each of 9 places and
	// 8/4 outputs, dw one of each.
	shapes := []MatrixShape{
		{"q", 8, 8, 1, 24, false}, {"k", 18, 2, 4, 6, false}, {"dw", 9, 1, 8, 24, false}, {"short", 8, 6, 1, 24, false}, {"join", 4, 3, 2, 24, false}, {"fc", 36, 5, 1, 1, false},
	}
	if got := n.Matrices(); !slices.Equal(got, shapes) {
		t.Errorf("matrices are\n%+v, want\n%+v", got, shapes)
	}
	const text = "6×4×8-8c1-(image)8c3/2g4-(q)H2(k,k)-8c3g8+image-(q)6c1-(dw)6c1g2+short-M2-5"
	if got := n.String(); got != text {
		t.Errorf("the network is %s, want %s", got, text)
	}
}

func TestGraphOfAFaultyNetwork(t *testing.T) {
	n := &Network{Input: Shape{2, 2, 4}, Layers: []Layer{
		{Name: "a", Kind: Conv, Outputs: 4, Kernel: 3, Stride: 1},
		{Name: "b", Kind: Linear, Outputs: 4, Groups: 2},
		{Name: "c", Kind: Linear, Outputs: 4, Heads: 2, Keys: "a"},
		{Name: "d", Kind: Attention, Outputs: 4, ReLU: true},
		{Name: "e", Kind: Linear, Outputs: 2},
	}}
	nodes, err := n.Graph()
	if nodes != nil || err == nil {
		t.Fatalf("graph is %v with error %v, want none and an error", nodes, err)
	}
	for _, want := range []string{
		`layer "a": kernel 3 does not fit`, `layer "b": groups is 2, want 0 to 0`, `layer "c": heads is 2, want 0 to 0`, `layer "c": keys is "a", want it on a layer of kind attention`,
		`layer "d": outputs is 4, want 0 to 0`, `layer "d": heads is 0, want 1 to`, `layer "d": relu is true`, `layer "d": keys is "", which is no layer`, `layer "d": values is ""`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("faults are\n%v\nwant one with\n%s", err, want)
		}
	}
}

// What has a shape alone is refused wherever values are computed, by the layer's
// name.
func TestValuesOfShapesAreRefused(t *testing.T) {
	n, err := parseNetwork(t, shapeOnly)
	if err != nil {
		t.Fatal(err)
	}
	const want = "layer k has groups = 4, which replays do not compute\n" +
		"layer att is of kind attention, which replays do not compute\n" +
		"layer dw has groups = 8, which replays do not compute\n" +
		"layer join has groups = 2, which replays do not compute"
	if err := n.CheckValues(); err == nil || err.Error() != want {
		t.Errorf("CheckValues gives\n%v, want\n%s", err, want)
	}
	for name, compute := range map[string]func() error{
		"import":     func() error { _, err := DecodeFloat("w", nil, n); return err },
		"quantize":   func() error { _, err := (&Float{Network: n}).Quantize(Quantization{WeightBits: 8}); return err },
		"checkpoint": func() error { _, err := EncodeModel(&Model{Network: n, WeightBits: 8}); return err },
	} {
		if err := compute(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives\n%v, want\n%s", name, err, want)
		}
	}
	for name, compute := range map[string]func(){
		"executor":     func() { (&Model{Network: n}).NewExecutor(nil, Options{}) },
		"float pass":   func() { (&Float{Network: n}).NewExecutor(InputCodes{}) },
		"random float": func() { RandomFloat(n, 1) },
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); text != "workloads: "+want {
					t.Errorf("%s panics with\n%s, want\n%s", name, text, "workloads: "+want)
				}
			}()
			compute()
		}()
	}
	plain := &Network{Input: Shape{1, 1, 1}, Layers: []Layer{{Name: "a", Kind: Conv, Outputs: 1, Kernel: 1, Stride: 1, Groups: 1}, {Name: "b", Kind: Linear, Outputs: 1}}}
	if err := plain.CheckValues(); err != nil {
		t.Errorf("one group is refused: %v", err)
	}
}

// Both sides of the edge at which groups divide: 1 to the number of channels.
func TestGroupsEdge(t *testing.T) {
	for groups, ok := range map[int]bool{-1: false, 0: true, 1: true, 2: true, 4: true, 8: false} {
		n := &Network{Input: Shape{1, 1, 4}, Layers: []Layer{
			{Name: "a", Kind: Conv, Outputs: 4, Kernel: 1, Stride: 1, Groups: groups}, {Name: "b", Kind: Linear, Outputs: 1},
		}}
		if err := n.Check(); (err == nil) != ok {
			t.Errorf("%d groups of 4 channels: %v, want %t", groups, err, ok)
		}
	}
}
