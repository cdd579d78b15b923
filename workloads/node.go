package workloads

import (
	"errors"
	"fmt"
)

const (
	// FromImage is the number of the network's input where a layer's would stand.
	FromImage = -1
	// NoLayer is the number of no layer at all.
	NoLayer = -2
)

// Node is a layer of a network whose names are resolved and whose shapes are
// known.
type Node struct {
	Layer
	Number int // in the network
	Matrix int // among Network.Matrices(), or NoLayer
	// Takes are the numbers of the layers whose outputs the node computes with, or
	// FromImage: one, but queries, keys and values of an attention.
	Takes []int
	Adds  int   // the layer whose output is added, FromImage, or NoLayer
	In    Shape // of what Takes[0] gives
	Out   Shape
	// Window is the part of its input that one output position sees: linear and
	// global pooling layers see all of it, an attention all keys and values and of
	// the queries only its own position.
	Window Window
	// raw says that the output is still the image's codes, with their zero
	// points: only pools lie between.
	raw bool
}

// Window is a rectangle that moves over an input, in positions.
type Window struct{ Height, Width, Stride, Padding int }

// groups is the number of equal matrices on disjoint input channels.
func (l *Node) groups() int { return max(l.Groups, 1) }

// rows is the number of rows of one group of a lowered layer.
func (l *Node) rows() int { return l.Window.Height * l.Window.Width * (l.In.Channels / l.groups()) }

// positions is the number of output positions of one image.
func (l *Node) positions() int { return l.Out.Height * l.Out.Width }

// Graph is the network with names and shapes resolved, layer by layer. What
// Check finds is an error.
func (n *Network) Graph() ([]Node, error) {
	nodes, faults := n.resolve()
	if len(faults) == 0 {
		return nodes, nil
	}
	errs := make([]error, len(faults))
	for i, f := range faults {
		errs[i] = errors.New(f.inWords(n))
	}
	return nil, errors.Join(errs...)
}

// CheckValues is Check for a network whose values are computed, by training or
// replays: it also finds the layers that have a shape but no arithmetic here,
// convolutions with groups and attentions. Simulations do not need it.
func (n *Network) CheckValues() error {
	_, err := n.computed()
	return err
}

// computed is Graph for what CheckValues allows.
func (n *Network) computed() ([]Node, error) {
	nodes, err := n.Graph()
	if err != nil {
		return nil, err
	}
	var faults []error
	for i := range nodes {
		switch l := &nodes[i]; {
		case l.groups() > 1:
			faults = append(faults, fmt.Errorf("layer %s has groups = %d, which replays do not compute", l.Name, l.Groups))
		case l.Kind == Attention:
			faults = append(faults, fmt.Errorf("layer %s is of kind %s, which replays do not compute", l.Name, l.Kind))
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return nodes, nil
}
