package workloads

import (
	"fmt"

	"bitline/internal/config"
)

// ReadNetwork reads a network description and checks it layer by layer. Faults
// go to the table.
func ReadNetwork(t *config.Table) *Network {
	n := &Network{Name: t.String("name", "")}
	shaped := true
	switch in := t.Ints("input", nil, 1, maxWidth); {
	case !t.Has("input"):
		t.Faultf("input", "is missing, want the shape of an image such as input = [28, 28, 1]")
		shaped = false
	case in == nil: // a fault that is told already
		shaped = false
	case len(in) != 3:
		t.Faultf("input", "has %d numbers, want 3: height, width, channels", len(in))
		shaped = false
	default:
		n.Input = Shape{Height: in[0], Width: in[1], Channels: in[2]}
	}
	tables := t.Tables("layer")
	good := shaped && (tables != nil || !t.Has("layer"))
	for i, lt := range tables {
		l, ok := readLayer(lt, i)
		n.Layers = append(n.Layers, l)
		good = good && ok
	}
	if !good { // what follows from a fault that is told already
		return n
	}
	_, faults := n.resolve()
	for _, f := range faults {
		switch {
		case f.layer < 0:
			t.Faultf(f.key, "%s", f.text)
		case f.key == "name":
			tables[f.layer].Faultf(f.key, "%s", f.text)
		default:
			tables[f.layer].Faultf(f.key, "of layer %s: %s %s", n.Layers[f.layer].Name, f.key, f.text)
		}
	}
	return n
}

// readLayer reads one layer; ok is false if a number that it needs is not there.
func readLayer(t *config.Table, i int) (l Layer, ok bool) {
	l = Layer{
		Name:  t.String("name", fmt.Sprintf("layer%d", i+1)),
		Kind:  Kind(t.Enum("kind", string(Linear), kinds()...)),
		Input: t.String("input", ""),
	}
	ok = true
	need := func(key, what string) int {
		if !t.Has(key) {
			t.Faultf(key, "is missing, want the %s of layer %q", what, l.Name)
			ok = false
			return 0
		}
		v := t.Int(key, 0, 1, maxWidth)
		ok = ok && v != 0
		return v
	}
	switch l.Kind {
	case Conv:
		l.Outputs, l.Kernel = need("outputs", "number of output channels"), need("kernel", "side of the kernel")
		l.Stride, l.Padding = t.Int("stride", 1, 1, maxWidth), t.Int("padding", 0, 0, maxWidth)
		if groups := t.Int("groups", 1, 1, maxWidth); groups > 1 {
			l.Groups = groups
		}
	case Linear:
		l.Outputs = need("outputs", "number of outputs")
	case MaxPool, AvgPool:
		l.Kernel = need("size", "side of the window")
		l.Stride = t.Int("stride", max(l.Kernel, 1), 1, maxWidth)
		if l.Kind == MaxPool {
			l.Padding = t.Int("padding", 0, 0, maxWidth)
		}
	case Attention:
		l.Heads = need("heads", "number of heads")
		l.Keys, l.Values = t.String("keys", ""), t.String("values", "")
		for _, key := range []string{"keys", "values"} {
			if !t.Has(key) {
				t.Faultf(key, "is missing, want the layer that gives the %s of layer %q", key, l.Name)
				ok = false
			}
		}
	}
	if l.Kind.Matrix() {
		l.ReLU, l.BatchNorm = t.Bool("relu", false), t.Bool("batch_norm", false)
		l.NoBias = !t.Bool("bias", !l.BatchNorm)
		l.Add, l.Residual = t.String("add", ""), t.Bool("residual", false)
		l.Weights, l.Norm = t.String("weights", ""), t.String("norm", "")
	}
	return l, ok
}
