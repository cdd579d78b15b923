package workloads

import (
	"fmt"
	"slices"

	"bitline/internal/config"
)

const (
	// maxWidth bounds one side of a tensor, so that a typing slip is an error
	// and not an allocation of terabytes.
	maxWidth = 1 << 16
	// maxValues bounds the values of an image or an activation, and the rows of a
	// matrix.
	maxValues = 1 << 30
)

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
	nodes  []Node
	byName map[string]int
	used   []int // how often each layer's output is taken or added
	faults []layerFault
}

// resolve finds what every layer takes and the shapes of all. A layer with a
// fault has no output shape, and those that take it are not judged by it.
func (n *Network) resolve() ([]Node, []layerFault) {
	r := resolver{net: n, nodes: make([]Node, len(n.Layers)), byName: map[string]int{}, used: make([]int, len(n.Layers))}
	r.network()
	matrices := 0
	for i, l := range n.Layers {
		r.nodes[i] = Node{Layer: l, Number: i, Matrix: NoLayer, Adds: NoLayer}
		if l.Kind.Matrix() {
			r.nodes[i].Matrix = matrices
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
	if !config.Printable(r.net.Name) {
		r.fault(-1, "name", "is %q, want printable characters in UTF-8", r.net.Name)
	}
}

func (r *resolver) name(i int) {
	name := r.net.Layers[i].Name
	switch _, twice := r.byName[name]; {
	case name == "" || !config.Printable(name):
		r.fault(i, "name", "is %q, want a name of printable characters in UTF-8", name)
	case name == ImageInput:
		r.fault(i, "name", "is %q, which stands for the network's input; want another", name)
	case twice:
		r.fault(i, "name", "is %q a second time, want a name of its own for each layer", name)
	}
}

// take finds what the layer computes with.
func (r *resolver) take(l *Node) {
	input := l.Number - 1 // of the first layer, the image
	if l.Input != "" {
		input = r.find(l.Number, "input", l.Input)
	}
	l.Takes = []int{input}
	l.In = r.use(l, "input", input)
	if l.Kind != Attention {
		return
	}
	for _, more := range []struct{ key, name string }{{"keys", l.Keys}, {"values", l.Values}} {
		number := r.find(l.Number, more.key, more.name)
		l.Takes = append(l.Takes, number)
		r.use(l, more.key, number)
	}
}

// use is the shape of what a layer takes under a key, empty if that has none.
func (r *resolver) use(l *Node, key string, number int) Shape {
	if number < 0 {
		return r.given(number)
	}
	r.used[number]++
	if from := &r.nodes[number]; from.Residual {
		r.fault(l.Number, key, "is the residual layer %q, whose output is not rounded; want %s to name another", from.Name, key)
		return Shape{}
	}
	return r.given(number)
}

// given is the shape of a layer's output, or of the image.
func (r *resolver) given(number int) Shape {
	switch {
	case number == FromImage:
		return r.image
	case number == NoLayer:
		return Shape{}
	}
	return r.nodes[number].Out
}

// find is the number of an earlier layer, or NoLayer with a fault.
func (r *resolver) find(layer int, key, name string) int {
	if name == ImageInput {
		return FromImage
	}
	if i, found := r.byName[name]; found {
		return i
	}
	for _, l := range r.net.Layers[layer:] {
		if l.Name == name {
			r.fault(layer, key, "is %q, which does not stand before this layer; want layers in the order in which they are computed", name)
			return NoLayer
		}
	}
	var before []string
	for _, l := range r.net.Layers[:layer] {
		before = append(before, l.Name)
	}
	r.fault(layer, key, "is %q, which is no layer, want %q or a layer before this one%s", name, ImageInput, config.DidYouMean(name, before))
	return NoLayer
}

// shape works out the window and the output shape.
func (r *resolver) shape(l *Node) {
	before := len(r.faults)
	r.sizes(l)
	if len(r.faults) > before || l.In.Size() == 0 {
		return
	}
	outputs := l.Outputs
	switch l.Kind {
	case Attention:
		r.attention(l)
		return
	case Linear:
		l.Window = Window{l.In.Height, l.In.Width, 1, 0}
	case GlobalPool:
		l.Window, outputs = Window{l.In.Height, l.In.Width, 1, 0}, l.In.Channels
	default:
		l.Window = Window{l.Kernel, l.Kernel, l.Stride, l.Padding}
		if l.Kind != Conv {
			outputs = l.In.Channels
		}
	}
	if l.Window.Height > l.In.Height+2*l.Window.Padding || l.Window.Width > l.In.Width+2*l.Window.Padding {
		r.fault(l.Number, sizeKey(l.Kind), "%d does not fit input %s with padding %d", l.Kernel, l.In, l.Padding)
		return
	}
	if g := l.groups(); l.In.Channels%g != 0 || outputs%g != 0 {
		r.fault(l.Number, "groups", "is %d, want a divisor of the %d input channels and the %d outputs", g, l.In.Channels, outputs)
		return
	}
	out := Shape{
		Height:   (l.In.Height+2*l.Window.Padding-l.Window.Height)/l.Window.Stride + 1,
		Width:    (l.In.Width+2*l.Window.Padding-l.Window.Width)/l.Window.Stride + 1,
		Channels: outputs,
	}
	if out.Size() > maxValues || l.rows() > maxValues {
		r.fault(l.Number, "kind", "is %s of %d inputs an output and an output of %s, want at most %d values of each", l.Kind, l.rows(), out, maxValues)
		return
	}
	l.Out = out
	l.raw = !l.Kind.Matrix() && (l.Takes[0] == FromImage || r.nodes[l.Takes[0]].raw)
}

// attention is shape for an attention, where every query meets every key.
func (r *resolver) attention(l *Node) {
	keys, values := r.given(l.Takes[1]), r.given(l.Takes[2])
	switch {
	case keys.Size() == 0 || values.Size() == 0: // a fault that is told already
	case l.In.Channels%l.Heads != 0:
		r.fault(l.Number, "heads", "is %d, want a divisor of the %d channels", l.Heads, l.In.Channels)
	case keys.Channels != l.In.Channels:
		r.fault(l.Number, "keys", "is %q of shape %s, want the %d channels of the queries", l.Keys, keys, l.In.Channels)
	case values != keys:
		r.fault(l.Number, "values", "is %q of shape %s, want the shape %s of the keys", l.Values, values, keys)
	default:
		l.Window, l.Out = Window{keys.Height, keys.Width, 1, 0}, l.In
	}
}

func sizeKey(k Kind) string {
	if k == Conv {
		return "kernel"
	}
	return "size"
}

// sizes checks a layer's own numbers: each kind has those that it needs and no
// others.
func (r *resolver) sizes(l *Node) {
	if !slices.Contains(kinds(), string(l.Kind)) {
		r.fault(l.Number, "kind", "is %q, want one of %q", l.Kind, kinds())
		return
	}
	most := limits{} // of what the kind does not have
	if l.Kind.Matrix() {
		most.outputs = maxWidth
	}
	switch l.Kind {
	case Conv:
		most.size, most.padding, most.groups = maxWidth, maxWidth, maxWidth
	case MaxPool:
		most.size, most.padding = maxWidth, l.Kernel/2 // every window sees a code
	case AvgPool:
		most.size = maxWidth
	case Attention:
		most.heads = maxWidth
	}
	within := func(key string, v, high int) {
		low := min(high, 1)
		if key == "padding" || key == "groups" {
			low = 0
		}
		if v < low || v > high {
			r.fault(l.Number, key, "is %d, want %d to %d", v, low, high)
		}
	}
	within("outputs", l.Outputs, most.outputs)
	within(sizeKey(l.Kind), l.Kernel, most.size)
	within("stride", l.Stride, most.size)
	within("padding", l.Padding, most.padding)
	within("groups", l.Groups, most.groups)
	within("heads", l.Heads, most.heads)
	r.flags(l)
}

// limits are the largest numbers that a kind of layer may have, 0 for one that
// it has not.
type limits struct{ outputs, size, padding, groups, heads int }

// flags checks what only some kinds can have.
func (r *resolver) flags(l *Node) {
	for _, name := range []struct{ key, value string }{{"keys", l.Keys}, {"values", l.Values}} {
		if name.value != "" && l.Kind != Attention {
			r.fault(l.Number, name.key, "is %q, want it on a layer of kind %s", name.value, Attention)
		}
	}
	if l.Kind.Matrix() {
		return
	}
	for _, flag := range []struct {
		key string
		set bool
	}{{"relu", l.ReLU}, {"batch_norm", l.BatchNorm}, {"residual", l.Residual}} {
		if flag.set {
			r.fault(l.Number, flag.key, "is true, want false for a layer of kind %s", l.Kind)
		}
	}
}

// addition resolves what a layer adds.
func (r *resolver) addition(l *Node) {
	if l.Residual && l.ReLU {
		r.fault(l.Number, "relu", "is true, want false for a residual layer: its output is added before the rectifier")
	}
	if l.Add == "" {
		return
	}
	if !l.Kind.Matrix() || l.Residual {
		r.fault(l.Number, "add", "is %q, want it on a conv or linear layer that is not residual itself", l.Add)
		return
	}
	l.Adds = r.find(l.Number, "add", l.Add)
	if l.Adds >= 0 {
		r.used[l.Adds]++
	}
	if shape := r.given(l.Adds); shape.Size() > 0 && l.Out.Size() > 0 && shape != l.Out {
		r.fault(l.Number, "add", "is %q of shape %s, want the layer's own shape %s", l.Add, shape, l.Out)
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
