package workloads

import (
	"fmt"

	"bitline/internal/config"
)

// Shape is the shape of one image or activation: height, width, channels.
type Shape struct{ Height, Width, Channels int }

// Size is the number of values.
func (s Shape) Size() int { return s.Height * s.Width * s.Channels }

func (s Shape) String() string { return fmt.Sprintf("%d×%d×%d", s.Height, s.Width, s.Channels) }

// Kind says what a layer computes.
type Kind string

// The kinds of layer.
const (
	// Linear multiplies the flattened input by a matrix and adds a bias.
	Linear Kind = "linear"
)

// Layer is one layer of a network as a user describes it.
type Layer struct {
	Name    string
	Kind    Kind
	Outputs int
	ReLU    bool // a rectifier follows
}

// Network is a network's structure, without weights.
type Network struct {
	Name   string
	Input  Shape
	Layers []Layer
}

// MatrixShape is what one layer asks of crossbars: Rows × Columns weights,
// applied at Positions output positions of every image.
type MatrixShape struct {
	Layer         string
	Rows, Columns int
	Positions     int
}

// Matrices lists the layers that lie on crossbars, in the order of the network.
func (n *Network) Matrices() []MatrixShape {
	shapes := make([]MatrixShape, len(n.Layers))
	rows := n.Input.Size()
	for i, l := range n.Layers {
		shapes[i] = MatrixShape{Layer: l.Name, Rows: rows, Columns: l.Outputs, Positions: 1}
		rows = l.Outputs
	}
	return shapes
}

// Classes is the number of outputs of the last layer.
func (n *Network) Classes() int { return n.Layers[len(n.Layers)-1].Outputs }

// maxWidth bounds one side of a tensor, so that a typing slip is an error and
// not an allocation of terabytes.
const maxWidth = 1 << 16

// ReadNetwork reads a network description. Faults go to the table.
func ReadNetwork(t *config.Table) *Network {
	n := &Network{Name: t.String("name", "")}
	switch in := t.Ints("input", nil, 1, maxWidth); {
	case !t.Has("input"):
		t.Faultf("input", "is missing, want the shape of an image such as input = [28, 28, 1]")
	case len(in) != 3:
		t.Faultf("input", "has %d numbers, want 3: height, width, channels", len(in))
	default:
		n.Input = Shape{Height: in[0], Width: in[1], Channels: in[2]}
	}
	seen := map[string]bool{}
	for i, lt := range t.Tables("layer") {
		l := Layer{
			Name:    lt.String("name", fmt.Sprintf("layer%d", i+1)),
			Kind:    Kind(lt.Enum("kind", string(Linear), string(Linear))),
			Outputs: lt.Int("outputs", 0, 1, maxWidth),
			ReLU:    lt.Bool("relu", false),
		}
		if !lt.Has("outputs") {
			lt.Faultf("outputs", "is missing, want the number of outputs of layer %q", l.Name)
		}
		if seen[l.Name] {
			lt.Faultf("name", "is %q a second time, want a name of its own for each layer", l.Name)
		}
		seen[l.Name] = true
		n.Layers = append(n.Layers, l)
	}
	if len(n.Layers) == 0 {
		t.Faultf("layer", "is missing, want at least one [[layer]]")
	}
	return n
}

// String is the widths of the layers, such as 784-100-10.
func (n *Network) String() string {
	s := fmt.Sprint(n.Input.Size())
	for _, l := range n.Layers {
		s += fmt.Sprintf("-%d", l.Outputs)
	}
	return s
}
