package workloads

import (
	"fmt"
	"unicode/utf8"
)

const (
	// maxWidth bounds one side of a tensor, so that a typing slip is an error
	// and not an allocation of terabytes.
	maxWidth = 1 << 16
	// maxValues bounds the values of an image or an activation, and the rows of a
	// matrix.
	maxValues = 1 << 30
)

// fromImage is the number of the network's input where a layer's would stand,
// noLayer that of no layer at all.
const (
	fromImage = -1
	noLayer   = -2
)

// node is a layer whose names are resolved and whose shapes are known.
type node struct {
	Layer
	number  int // in the network
	matrix  int // among the layers on crossbars; noLayer for the others
	input   int // the layer that it takes, or fromImage
	add     int // the layer that it adds, fromImage, or noLayer
	in, out Shape
	// win is what one output position sees: a linear layer sees all of its
	// input.
	win window
	// raw says that the output is still the image's codes, with their zero
	// points: only pools lie between.
	raw bool
}

// window is the part of its input that one output position sees.
type window struct{ height, width, stride, padding int }

// rows is the number of rows of a lowered layer.
func (l *node) rows() int { return l.win.height * l.win.width * l.in.Channels }

// positions is the number of output positions of one image.
func (l *node) positions() int { return l.out.Height * l.out.Width }

// layerFault is what is wrong with one key of a layer, or of the network where
// layer is negative. The text follows the key.
type layerFault struct {
	layer     int
	key, text string
}

// inWords names the layer and the key; a network without a file has no lines.
func (f layerFault) inWords(n *Network) string {
	if f.layer < 0 {
		return f.key + " " + f.text
	}
	name := fmt.Sprintf("layer %q", n.Layers[f.layer].Name)
	if f.key == "name" {
		name = fmt.Sprintf("layer %d", f.layer+1)
	}
	return name + ": " + f.key + " " + f.text
}

// resolver resolves a network layer by layer.
type resolver struct {
	net    *Network
	image  Shape // the input's, if it has no fault
	nodes  []node
	byName map[string]int
	used   []int // how often each layer's output is taken or added
	faults []layerFault
}

// resolve finds what every layer takes and the shapes of all. A layer with a
// fault has no output shape, and those that take it are not judged by it.
func (n *Network) resolve() ([]node, []layerFault) {
	r := resolver{net: n, nodes: make([]node, len(n.Layers)), byName: map[string]int{}, used: make([]int, len(n.Layers))}
	r.network()
	matrices := 0
	for i, l := range n.Layers {
		r.nodes[i] = node{Layer: l, number: i, matrix: noLayer, add: noLayer}
		if l.Kind.Matrix() {
			r.nodes[i].matrix = matrices
			matrices++
		}
		r.name(i)
		r.take(&r.nodes[i])
		r.shape(&r.nodes[i])
		r.addition(&r.nodes[i])
		r.byName[l.Name] = i
	}
	r.ends()
	return r.nodes, r.faults
}

func (r *resolver) fault(layer int, key, format string, args ...any) {
	r.faults = append(r.faults, layerFault{layer, key, fmt.Sprintf(format, args...)})
}

func (r *resolver) network() {
	in := r.net.Input
	for _, side := range []int{in.Height, in.Width, in.Channels} {
		if side < 1 || side > maxWidth {
			r.fault(-1, "input", "is %s, want sides of 1 to %d", in, maxWidth)
			break
		}
	}
	if in.Size() > maxValues {
		r.fault(-1, "input", "is %s, want at most %d values", in, maxValues)
	}
	if len(r.net.Layers) == 0 {
		r.fault(-1, "layer", "is missing, want at least one [[layer]]")
	}
	if len(r.faults) == 0 {
		r.image = in
	}
	if !utf8.ValidString(r.net.Name) {
		r.fault(-1, "name", "is %q, want UTF-8", r.net.Name)
	}
}

func (r *resolver) name(i int) {
	name := r.net.Layers[i].Name
	switch _, twice := r.byName[name]; {
	case name == "" || !utf8.ValidString(name):
		r.fault(i, "name", "is %q, want a name in UTF-8", name)
	case name == ImageInput:
		r.fault(i, "name", "is %q, which stands for the network's input; want another", name)
	case twice:
		r.fault(i, "name", "is %q a second time, want a name of its own for each layer", name)
	}
}

// take finds the layer's input.
func (r *resolver) take(l *node) {
	l.input = l.number - 1
	if l.Input != "" {
		l.input = r.find(l.number, "input", l.Input)
	}
	if l.input < 0 {
		if l.input == fromImage {
			l.in = r.image
		}
		return
	}
	from := &r.nodes[l.input]
	r.used[l.input]++
	if from.Residual {
		r.fault(l.number, "input", "is the residual layer %q, whose output is not rounded; want input to name another", from.Name)
		return
	}
	l.in = from.out
}

// find is the number of an earlier layer, or noLayer with a fault.
func (r *resolver) find(layer int, key, name string) int {
	if name == ImageInput {
		return fromImage
	}
	if i, found := r.byName[name]; found {
		return i
	}
	for _, l := range r.net.Layers[layer:] {
		if l.Name == name {
			r.fault(layer, key, "is %q, which does not stand before this layer; want layers in the order in which they are computed", name)
			return noLayer
		}
	}
	r.fault(layer, key, "is %q, which is no layer, want %q or a layer before this one", name, ImageInput)
	return noLayer
}

// shape works out the window and the output shape.
func (r *resolver) shape(l *node) {
	before := len(r.faults)
	r.sizes(l)
	if len(r.faults) > before || l.in.Size() == 0 {
		return
	}
	outputs := l.Outputs
	switch l.Kind {
	case Linear:
		l.win = window{l.in.Height, l.in.Width, 1, 0}
	case GlobalPool:
		l.win, outputs = window{l.in.Height, l.in.Width, 1, 0}, l.in.Channels
	default:
		l.win = window{l.Kernel, l.Kernel, l.Stride, l.Padding}
		if l.Kind != Conv {
			outputs = l.in.Channels
		}
	}
	if l.win.height > l.in.Height+2*l.win.padding || l.win.width > l.in.Width+2*l.win.padding {
		r.fault(l.number, sizeKey(l.Kind), "%d does not fit input %s with padding %d", l.Kernel, l.in, l.Padding)
		return
	}
	out := Shape{
		Height:   (l.in.Height+2*l.win.padding-l.win.height)/l.win.stride + 1,
		Width:    (l.in.Width+2*l.win.padding-l.win.width)/l.win.stride + 1,
		Channels: outputs,
	}
	if out.Size() > maxValues || l.rows() > maxValues {
		r.fault(l.number, "kind", "is %s of %d inputs an output and an output of %s, want at most %d values of each", l.Kind, l.rows(), out, maxValues)
		return
	}
	l.out = out
	l.raw = !l.Kind.Matrix() && (l.input == fromImage || r.nodes[l.input].raw)
}

func sizeKey(k Kind) string {
	if k == Conv {
		return "kernel"
	}
	return "size"
}

// sizes checks a layer's own numbers: each kind has those that it needs and no
// others.
func (r *resolver) sizes(l *node) {
	matrix, slides := l.Kind.Matrix(), l.Kind == Conv || l.Kind == MaxPool || l.Kind == AvgPool
	if !matrix && !slides && l.Kind != GlobalPool {
		r.fault(l.number, "kind", "is %q, want one of %q", l.Kind, kinds())
		return
	}
	within := func(key string, v, low, high int) {
		if v < low || v > high {
			r.fault(l.number, key, "is %d, want %d to %d", v, low, high)
		}
	}
	if matrix {
		within("outputs", l.Outputs, 1, maxWidth)
	} else {
		within("outputs", l.Outputs, 0, 0)
	}
	padding := 0
	switch {
	case !slides:
		within(sizeKey(l.Kind), l.Kernel, 0, 0)
		within("stride", l.Stride, 0, 0)
	case slides:
		within(sizeKey(l.Kind), l.Kernel, 1, maxWidth)
		within("stride", l.Stride, 1, maxWidth)
		if l.Kind == Conv {
			padding = maxWidth
		} else if l.Kind == MaxPool {
			padding = l.Kernel / 2 // every window sees a code
		}
	}
	within("padding", l.Padding, 0, padding)
	if matrix {
		return
	}
	for _, flag := range []struct {
		key string
		set bool
	}{{"relu", l.ReLU}, {"batch_norm", l.BatchNorm}, {"residual", l.Residual}} {
		if flag.set {
			r.fault(l.number, flag.key, "is true, want false for a layer of kind %s", l.Kind)
		}
	}
}

// addition resolves what a layer adds.
func (r *resolver) addition(l *node) {
	if l.Residual && l.ReLU {
		r.fault(l.number, "relu", "is true, want false for a residual layer: its output is added before the rectifier")
	}
	if l.Add == "" {
		return
	}
	if !l.Kind.Matrix() || l.Residual {
		r.fault(l.number, "add", "is %q, want it on a conv or linear layer that is not residual itself", l.Add)
		return
	}
	l.add = r.find(l.number, "add", l.Add)
	shape := r.image
	switch {
	case l.add == noLayer:
		return
	case l.add >= 0:
		r.used[l.add]++
		shape = r.nodes[l.add].out
	}
	if shape.Size() > 0 && l.out.Size() > 0 && shape != l.out {
		r.fault(l.number, "add", "is %q of shape %s, want the layer's own shape %s", l.Add, shape, l.out)
	}
}

// ends checks that every output goes somewhere and that the last gives classes.
func (r *resolver) ends() {
	for i, l := range r.net.Layers {
		last := i == len(r.net.Layers)-1
		switch {
		case last && l.Kind != Linear:
			r.fault(i, "kind", "is %s, want a %s layer last, whose outputs are the classes", l.Kind, Linear)
		case last && l.Residual:
			r.fault(i, "residual", "is true, want false for the last layer")
		case !last && r.used[i] == 0:
			r.fault(i, "name", "is %q, and no layer takes or adds its output", l.Name)
		case l.Residual && r.used[i] > 1:
			r.fault(i, "residual", "is true, want one layer that adds %q, not %d", l.Name, r.used[i])
		}
	}
}
