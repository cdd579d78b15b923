package workloads

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/nlpodyssey/safetensors"

	"bitline/internal/wholefile"
)

// MaxFile bounds a file of weights or of a training's state, in bytes; VGG-16's
// float weights have 0.55 GB.
const MaxFile = 1 << 32

// ReadFloat reads the weights of a network from a safetensors file as PyTorch
// saves a state dict: for each layer NAME.weight, of F32 and the shape [outputs,
// inputs] or [outputs, inputs, kernel, kernel], and NAME.bias; for its batch
// normalisation NORM.weight, .bias, .running_mean and .running_var. NAME and NORM
// are what the description's weights and norm say, else the layer's name, and
// that name and "_norm". What a linear layer takes from a convolution is in the
// order channel, row, column there, and is brought to the network's own order.
//
// Every tensor is checked; the errors name layer, tensor, its shape and the one
// that was wanted.
func ReadFloat(path string, n *Network) (*Float, error) {
	b, err := wholefile.Read(path, MaxFile)
	if err != nil {
		return nil, err // names the file itself
	}
	return DecodeFloat(path, b, n)
}

// DecodeFloat is ReadFloat for a file's content; name is what errors call it.
func DecodeFloat(name string, b []byte, n *Network) (*Float, error) {
	nodes, err := n.computed()
	if err != nil {
		return nil, fmt.Errorf("network %s: %w", n.Name, err)
	}
	file, metadata, err := openTensors(b)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if metadata[keyVersion] != "" && metadata[keyNetwork] != "" {
		return nil, fmt.Errorf("reading %s: it is a checkpoint of bitline, which the key checkpoint takes; want float weights", name)
	}
	r := importer{tensorReader: tensorReader{file: file, used: map[string]bool{}}}
	f := &Float{Network: n}
	for i := range nodes {
		if nodes[i].Kind.Matrix() {
			f.Layers = append(f.Layers, r.layer(&nodes[i]))
		}
	}
	r.rest(n)
	if err := errors.Join(r.faults...); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return f, nil
}

// An importer takes layers out of a state dict and collects what is wrong.
type importer struct {
	tensorReader
}

func (r *importer) layer(l *Node) FloatLayer {
	before := len(r.faults)
	name, norm := l.Weights, l.Norm
	if name == "" {
		name = l.Name
	}
	if norm == "" {
		norm = l.Name + "_norm"
	}
	f := FloatLayer{Rows: l.rows(), Columns: l.Outputs}
	shape := []int{l.Outputs, f.Rows}
	if l.Kind == Conv {
		shape = []int{l.Outputs, l.In.Channels, l.Kernel, l.Kernel}
	}
	f.Weights = lowered(l, r.floats(name+".weight", shape...))
	if !l.NoBias {
		f.Bias = r.floats(name+".bias", l.Outputs)
	}
	if l.BatchNorm {
		f.Norm = &Norm{
			Gamma: r.floats(norm+".weight", l.Outputs), Beta: r.floats(norm+".bias", l.Outputs),
			Mean: r.floats(norm+".running_mean", l.Outputs), Variance: r.floats(norm+".running_var", l.Outputs),
		}
		for i, v := range f.Norm.Variance {
			if v < 0 {
				r.faults = append(r.faults, fmt.Errorf("tensor %s.running_var: value %d is %g, want 0 or more", norm, i, v))
				break
			}
		}
	}
	for i, err := range r.faults[before:] {
		r.faults[before+i] = layerError(l.Name, err)
	}
	return f
}

// floats is one tensor of finite numbers, nil with a fault.
func (r *importer) floats(name string, shape ...int) []float32 {
	data := r.take(name, safetensors.F32, shape...)
	if data == nil {
		return nil
	}
	values := make([]float32, len(data)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		if v := float64(values[i]); math.IsNaN(v) || math.IsInf(v, 0) {
			r.faults = append(r.faults, fmt.Errorf("tensor %s: value %d is %g, want a finite number", name, i, v))
			return nil
		}
	}
	return values
}

// lowered turns weights (output, channel, row, column) into rows × columns. A
// linear layer is a kernel as large as its input.
func lowered(l *Node, w []float32) []float32 {
	if w == nil {
		return nil
	}
	rows, pixels, channels := make([]float32, len(w)), l.Window.Height*l.Window.Width, l.In.Channels
	for n := range l.Outputs {
		for c := range channels {
			for pixel, v := range w[(n*channels+c)*pixels:][:pixels] {
				rows[(pixel*channels+c)*l.Outputs+n] = v
			}
		}
	}
	return rows
}

// rest refuses tensors that belong to no layer: a name in the description that
// is wrong shows here. PyTorch's count of batches has no use.
func (r *importer) rest(n *Network) {
	names := r.file.Names()
	sort.Strings(names)
	for _, name := range names {
		if !r.used[name] && !strings.HasSuffix(name, ".num_batches_tracked") {
			r.faults = append(r.faults, fmt.Errorf("tensor %s belongs to no layer of network %q", name, n.Name))
		}
	}
}
