package workloads

import (
	"fmt"
	"slices"
	"strings"
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
	// Linear multiplies the flattened input (row, column, channel) by a matrix
	// and adds a bias.
	Linear Kind = "linear"
	// Conv slides a square kernel over its input, which it pads with the zero
	// point.
	Conv Kind = "conv"
	// MaxPool is the largest code of each square window; what padding adds is
	// never the largest.
	MaxPool Kind = "maxpool"
	// AvgPool is the average of each square window, rounded half to even.
	AvgPool Kind = "avgpool"
	// GlobalPool is the average over all positions of a channel, rounded half to
	// even.
	GlobalPool Kind = "globalpool"
	// Attention is softmax(Q·Kᵀ/√d)·V for each of its heads, where queries, keys
	// and values are outputs of other layers, with one token per position and the
	// channels dealt to the heads, d each (Vaswani et al., arXiv 1706.03762). Both
	// of its products are of two activations, so that it never lies on crossbars.
	Attention Kind = "attention"
)

func kinds() []string {
	return []string{string(Linear), string(Conv), string(MaxPool), string(AvgPool), string(GlobalPool), string(Attention)}
}

// Matrix says whether layers of this kind hold a matrix of weights, and so lie
// on crossbars.
func (k Kind) Matrix() bool { return k == Linear || k == Conv }

// ImageInput is the name by which a layer takes the network's input.
const ImageInput = "image"

// Layer is one layer of a network as a user describes it. A layer takes its
// input, and what it adds, from layers that stand before it.
type Layer struct {
	Name    string
	Kind    Kind
	Outputs int    // of linear and conv; the latter's are channels
	ReLU    bool   // a rectifier follows
	Input   string // a layer's name or ImageInput, "" for the layer before; of an attention, the queries
	Kernel  int    // the side of a convolution's kernel or of a pool's window
	Stride  int    // of convolutions and pools, at least 1
	Padding int    // of convolutions and max pools, on each side
	// BatchNorm says that a batch normalisation follows; it is folded into the
	// digital affine.
	BatchNorm bool
	NoBias    bool
	// Add names a layer whose output is added before the one rounding: its codes
	// or, if it is Residual, its own outputs before rounding.
	Add string
	// Residual says that the layer's outputs are never rounded: another layer
	// adds them.
	Residual bool
	// Weights and Norm are the names under which a file of float weights holds
	// the layer and its batch normalisation; "" for the layer's own name, and
	// that name and "_norm".
	Weights, Norm string
	// Groups divides a convolution's inputs and outputs into so many equal parts,
	// of which each output part sees one input part; 0 or 1 for no division. A
	// depthwise convolution has as many as channels.
	Groups int
	// Heads is the number of heads of an attention, Keys and Values are the layers
	// that it takes besides its input, named as in Input.
	Heads        int
	Keys, Values string
}

// Network is a network's structure, without weights.
type Network struct {
	Name   string
	Input  Shape
	Layers []Layer
}

// MatrixShape is what one layer asks of crossbars: Groups equal matrices of
// Rows × Columns weights on disjoint inputs, each applied at Positions output
// positions of every image. Only a convolution with groups has more than one. The
// rows of a convolution are in the order kernel row, kernel column, input channel.
type MatrixShape struct {
	Layer         string
	Rows, Columns int // of one group
	Groups        int
	Positions     int
	// Rectified says that no input is negative: they are a rectified layer's
	// outputs, perhaps pooled. What an image holds is not said.
	Rectified bool
}

// Matrices lists the layers that lie on crossbars, in the order of the network.
// A network that does not check out gives those whose shapes resolve.
func (n *Network) Matrices() []MatrixShape {
	nodes, _ := n.resolve()
	var shapes []MatrixShape
	for i := range nodes {
		if l := &nodes[i]; l.Kind.Matrix() && l.Out.Size() > 0 {
			shapes = append(shapes, MatrixShape{Layer: l.Name, Rows: l.rows(), Columns: l.Outputs / l.groups(), Groups: l.groups(), Positions: l.positions(), Rectified: takesRectified(nodes, l)})
		}
	}
	return shapes
}

// takesRectified says whether a layer takes the outputs of a rectified one, perhaps
// pooled.
func takesRectified(nodes []Node, l *Node) bool {
	for len(l.Takes) == 1 && l.Takes[0] >= 0 {
		l = &nodes[l.Takes[0]]
		if l.Kind.Matrix() {
			return l.ReLU
		}
	}
	return false
}

// MatrixNames are the names of the layers that lie on crossbars, in the order of
// Matrices.
func (n *Network) MatrixNames() []string {
	var names []string
	for _, l := range n.Layers {
		if l.Kind.Matrix() {
			names = append(names, l.Name)
		}
	}
	return names
}

// Check finds everything that no network may have: layers that do not chain,
// names that are unknown or stand twice, sizes out of range.
func (n *Network) Check() error {
	_, err := n.Graph()
	return err
}

// IsChain says whether the network is a chain of linear layers with biases and
// nothing else; note says what it has else.
func (n *Network) IsChain() (note string, ok bool) {
	for i, l := range n.Layers {
		switch {
		case l.Kind != Linear:
			return fmt.Sprintf("layer %s is %s, want %s", l.Name, l.Kind, Linear), false
		case l.Input != "" && (i == 0 && l.Input != ImageInput || i > 0 && l.Input != n.Layers[i-1].Name):
			return fmt.Sprintf("layer %s takes %s, want the layer before", l.Name, l.Input), false
		case l.Add != "" || l.Residual:
			return fmt.Sprintf("layer %s is part of a residual addition", l.Name), false
		case l.BatchNorm || l.NoBias:
			return fmt.Sprintf("layer %s has a batch normalisation or no bias", l.Name), false
		}
	}
	return "", true
}

// Same says whether two networks have the same input and layers; their own names may
// differ.
func (n *Network) Same(other *Network) bool {
	return n.Input == other.Input && slices.Equal(n.Layers, other.Layers)
}

// Classes is the number of outputs of the last layer.
func (n *Network) Classes() int { return n.Layers[len(n.Layers)-1].Outputs }

// String is the widths of the layers: 784-100-10, or 32×32×3-64c3-M2-10 with
// 64 channels of 3×3 kernels, a stride behind a slash, groups behind g, max pools
// M, average pools A and global ones G, attentions H with their heads, keys and
// values; layers that take another than the one before name it.
func (n *Network) String() string {
	var s strings.Builder
	if _, chain := n.IsChain(); chain {
		fmt.Fprint(&s, n.Input.Size())
	} else {
		fmt.Fprint(&s, n.Input)
	}
	for _, l := range n.Layers {
		s.WriteString("-" + l.String())
	}
	return s.String()
}

func (l Layer) String() string {
	var text string
	switch l.Kind {
	case Conv:
		text = fmt.Sprintf("%dc%d", l.Outputs, l.Kernel)
		if l.Stride > 1 {
			text += fmt.Sprintf("/%d", l.Stride)
		}
		if l.Groups > 1 {
			text += fmt.Sprintf("g%d", l.Groups)
		}
	case MaxPool:
		text = fmt.Sprintf("M%d", l.Kernel)
	case AvgPool:
		text = fmt.Sprintf("A%d", l.Kernel)
	case GlobalPool:
		text = "G"
	case Attention:
		text = fmt.Sprintf("H%d(%s,%s)", l.Heads, l.Keys, l.Values)
	default:
		text = fmt.Sprint(l.Outputs)
	}
	if l.Add != "" {
		text += "+" + l.Add
	}
	if l.Input != "" {
		text = "(" + l.Input + ")" + text
	}
	return text
}
