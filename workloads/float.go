package workloads

import (
	"fmt"
	"math"

	"bitline/internal/gemm"
)

// Float is a network with real weights, as they come from training elsewhere.
// It is computed by the project's own float32 kernels, to calibrate scales and
// to compare speeds with; a chip computes its integer model.
type Float struct {
	Network *Network
	Layers  []FloatLayer // one per layer that is a matrix, in their order
}

// FloatLayer are the parameters of one layer.
type FloatLayer struct {
	Rows, Columns int
	Weights       []float32 // Rows × Columns, row-major, rows as in MatrixShape
	Bias          []float32 // Columns, nil for none
	Norm          *Norm     // nil for none
}

// Norm is a batch normalisation of the Columns outputs.
type Norm struct{ Gamma, Beta, Mean, Variance []float32 }

// NormEpsilon is added to the variance of a batch normalisation (docs/semantics.md,
// Layer).
const NormEpsilon = 1e-5

// line is a layer's output as a line of its product: slope·Σ + offset, by output.
func (l *FloatLayer) line() (slope, offset []float64) {
	slope, offset = make([]float64, l.Columns), make([]float64, l.Columns)
	for n := range slope {
		slope[n] = 1
		if l.Bias != nil {
			offset[n] = float64(l.Bias[n])
		}
		if b := l.Norm; b != nil {
			slope[n] = float64(b.Gamma[n]) / math.Sqrt(float64(b.Variance[n])+NormEpsilon)
			offset[n] = float64(b.Beta[n]) + (offset[n]-float64(b.Mean[n]))*slope[n]
		}
	}
	return slope, offset
}

// FloatExecutor computes a float network, many images at once. It owns scratch
// memory: one goroutine at a time.
type FloatExecutor struct {
	// OnValues, if not nil, sees every layer's outputs: channel, row, column,
	// image. They are valid until it returns.
	OnValues func(layer string, values []float32)

	nodes  []Node
	last   []int
	layers []floatStage
	zero   []float32
	step   float32 // the value of one step of an image's byte
	mul    *gemm.Multiplier
	lower  lowering
	inputs []float32
	values [][]float32 // by layer + 1
	free   [][]float32
}

// floatStage is one layer laid out for the product: W is Columns × Rows.
type floatStage struct {
	weights       []float32
	slope, offset []float32
}

// tapRows is how many rows of a lowered input are gathered and multiplied at a
// time, unless one place of the kernel has more: they stay in the second-level
// cache.
const tapRows = 256

// NewExecutor prepares runs on images whose bytes mean what input says. It
// panics if the network does not check out.
func (f *Float) NewExecutor(input InputCodes) *FloatExecutor { return f.newExecutor(input, f.stages()) }

// stages lays the layers out; they may be shared.
func (f *Float) stages() []floatStage {
	var stages []floatStage
	for i := range f.Layers {
		stages = append(stages, newFloatStage(&f.Layers[i]))
	}
	return stages
}

func (f *Float) newExecutor(input InputCodes, stages []floatStage) *FloatExecutor {
	nodes, err := f.Network.computed()
	if err != nil {
		panic("workloads: " + err.Error())
	}
	e := &FloatExecutor{nodes: nodes, layers: stages, last: lastUses(nodes), mul: gemm.New(1), step: float32(math.Ldexp(1, input.Scale-ActivationBits))}
	for _, z := range input.Zero {
		e.zero = append(e.zero, float32(z))
	}
	rows := 0
	for _, l := range nodes {
		rows = max(rows, tapRows, l.In.Channels)
	}
	e.inputs = make([]float32, rows*TilePositions)
	e.values = make([][]float32, len(nodes)+1)
	return e
}

func newFloatStage(l *FloatLayer) floatStage {
	s := floatStage{weights: make([]float32, len(l.Weights))}
	for k := range l.Rows {
		for n := range l.Columns {
			s.weights[n*l.Rows+k] = l.Weights[k*l.Columns+n]
		}
	}
	slope, offset := l.line()
	for n := range slope {
		s.slope, s.offset = append(s.slope, float32(slope[n])), append(s.offset, float32(offset[n]))
	}
	return s
}

// Run computes some images and returns the outputs of each. It panics if they
// are not of the network's shape.
func (e *FloatExecutor) Run(images Images) [][]float32 {
	if images.Shape != e.nodes[0].In && e.nodes[0].Takes[0] == FromImage {
		panic(fmt.Sprintf("workloads: images of %s, want %s", images.Shape, e.nodes[0].In))
	}
	e.enter(images)
	for i := range e.nodes {
		e.layer(&e.nodes[i], images.Len())
	}
	last := e.values[len(e.nodes)]
	outputs, n := make([][]float32, images.Len()), e.nodes[len(e.nodes)-1].Outputs
	for i := range outputs {
		for k := range n {
			outputs[i] = append(outputs[i], last[k*images.Len()+i])
		}
	}
	return outputs
}

// enter turns bytes into values, (p − zero)·2^(S−8).
func (e *FloatExecutor) enter(images Images) {
	e.values[0] = e.take(0, images.Shape.Size()*images.Len())
	turn(e.values[0], images)
	plane := len(e.values[0]) / images.Shape.Channels
	for c, zero := range e.zero {
		values := e.values[0][c*plane:][:plane]
		for i, p := range values {
			values[i] = (p - zero) * e.step
		}
	}
}

func (e *FloatExecutor) layer(l *Node, images int) {
	y := e.take(l.Number+1, l.Out.Size()*images)
	x := e.values[l.Takes[0]+1]
	if !l.Kind.Matrix() {
		floatPool(l, y, x, images)
	} else {
		for first := 0; first < l.positions()*images; first += TilePositions {
			e.tile(l, y, x, span{first, min(TilePositions, l.positions()*images-first), images})
		}
	}
	if e.OnValues != nil {
		e.OnValues(l.Name, y)
	}
	for i, v := range e.values[:l.Number+1] {
		if v != nil && e.last[i] <= l.Number {
			e.free = append(e.free, v)
			e.values[i] = nil
		}
	}
}

// span is count positions of a layer from first, of so many images.
type span struct{ first, count, images int }

// tile computes one tile of a layer, some places of the kernel at a time.
func (e *FloatExecutor) tile(l *Node, y, x []float32, s span) {
	stage, plane, channels := &e.layers[l.Matrix], l.positions()*s.images, l.In.Channels
	c := gemm.Matrix{Data: y[s.first:], Rows: l.Outputs, Cols: s.count, RowStride: plane, ColStride: 1}
	e.lower.tile(l, s.images, s.first, s.count)
	end := l.allTaps().hi
	for lo := 0; lo < end; {
		hi := min(lo+max(tapRows/channels, 1), end)
		gather(&e.lower, taps{lo, hi}, e.inputs, planes[float32]{values: x})
		a := gemm.Matrix{Data: stage.weights[lo*channels:], Rows: l.Outputs, Cols: (hi - lo) * channels, RowStride: l.rows(), ColStride: 1}
		b := gemm.Matrix{Data: e.inputs, Rows: a.Cols, Cols: s.count, RowStride: TilePositions, ColStride: 1}
		if lo == 0 {
			e.mul.Mul(c, a, b)
		} else {
			e.mul.MulAdd(c, a, b)
		}
		lo = hi
	}
	for n := range l.Outputs {
		out := y[n*plane+s.first:][:s.count]
		var add []float32
		if l.Adds != NoLayer {
			add = e.values[l.Adds+1][n*plane+s.first:][:s.count]
		}
		finishFloat(out, add, floatLine{stage.slope[n], stage.offset[n], l.ReLU})
	}
}

// floatLine is an output's line, and whether it is rectified.
type floatLine struct {
	slope, offset float32
	relu          bool
}

// finishFloat is slope·v + offset, plus what is added, rectified. A product is
// rounded before it is added, so that all processors agree.
func finishFloat(out, add []float32, l floatLine) {
	mask := uint32(0)
	if l.relu {
		mask = math.MaxUint32
	}
	slope, offset := l.slope, l.offset
	if add == nil {
		for p, v := range out {
			out[p] = rectify(float32(v*slope)+offset, mask)
		}
		return
	}
	add = add[:len(out)]
	for p, v := range out {
		out[p] = rectify(float32(v*slope)+offset+add[p], mask)
	}
}

// rectify clears a negative number, without a branch, if the mask is all ones.
func rectify(v float32, mask uint32) float32 {
	b := math.Float32bits(v)
	return math.Float32frombits(b &^ (uint32(int32(b)>>31) & mask))
}

func floatPool(l *Node, y, x []float32, images int) {
	inPlane, outPlane := l.In.Height*l.In.Width*images, l.positions()*images
	share := 1 / float32(l.Window.Height*l.Window.Width)
	for c := range l.In.Channels {
		from, to := x[c*inPlane:][:inPlane], y[c*outPlane:][:outPlane]
		for position := range l.positions() {
			out := to[position*images:][:images]
			if l.Kind == MaxPool {
				poolMax(l, out, from, position)
				continue
			}
			clear(out)
			l.inside(position, func(pixel int) {
				for i, v := range from[pixel*images:][:images] {
					out[i] += v
				}
			})
			for i := range out {
				out[i] *= share
			}
		}
	}
}

// take gives a layer memory for so many values, from what is free if it can.
func (e *FloatExecutor) take(at, size int) []float32 {
	if e.values[at] != nil { // of the run before
		e.free = append(e.free, e.values[at])
	}
	best := -1
	for i, f := range e.free {
		if cap(f) >= size && (best < 0 || cap(f) < cap(e.free[best])) {
			best = i
		}
	}
	if best < 0 {
		e.values[at] = make([]float32, size)
		return e.values[at]
	}
	e.values[at] = e.free[best][:size]
	e.free[best] = e.free[len(e.free)-1]
	e.free = e.free[:len(e.free)-1]
	return e.values[at]
}
