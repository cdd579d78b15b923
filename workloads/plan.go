package workloads

import "errors"

// Image and Nothing stand where a Step has no layer to take or add: the network's
// input, and nothing at all.
const (
	Image   = fromImage
	Nothing = noLayer
)

// Step is a layer whose names are resolved and whose shapes are known.
type Step struct {
	Layer
	Matrix int // its number among the layers that are matrices; Nothing for the others
	From   int // the layer that it takes, or Image
	Adds   int // the layer that it adds, Image, or Nothing
	In     Shape
	Out    Shape
	// An output position sees a window of the input; a linear layer sees all of
	// it.
	Window Window
}

// Window is the part of its input that one output position sees: Height × Width
// places, the first of them at Stride times the position less Padding.
type Window struct{ Height, Width, Stride, Padding int }

// Plan resolves the layers of a network, in the order in which they are computed.
func (n *Network) Plan() ([]Step, error) {
	nodes, faults := n.resolve()
	if len(faults) > 0 {
		errs := make([]error, len(faults))
		for i, f := range faults {
			errs[i] = errors.New(f.inWords(n))
		}
		return nil, errors.Join(errs...)
	}
	steps := make([]Step, len(nodes))
	for i, l := range nodes {
		steps[i] = Step{
			Layer: l.Layer, Matrix: l.matrix, From: l.input, Adds: l.add, In: l.in, Out: l.out,
			Window: Window{Height: l.win.height, Width: l.win.width, Stride: l.win.stride, Padding: l.win.padding},
		}
	}
	return steps, nil
}
