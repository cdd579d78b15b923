package train

import (
	"fmt"
	"math"

	"bitline/internal/gemm"
	"bitline/workloads"
)

// perceptron is a chain of linear layers as arXiv 1909.08496 trains it: every
// layer's output, the last one's too, is quantized at the scale of its largest
// magnitude in the batch.
type perceptron struct {
	cfg    Config
	net    *workloads.Network
	data   *workloads.Dataset
	layers []*linear
	gemm   *gemm.Multiplier
	pixels pixelTable
	batch  *pass
	eval   *pass
}

// newPerceptron makes a chain whose weights are all zero.
func newPerceptron(cfg Config, net *workloads.Network, data *workloads.Dataset) *perceptron {
	p := &perceptron{cfg: cfg, net: net, data: data, gemm: gemm.New(cfg.Workers), pixels: newPixelTable(data.Input)}
	in := net.Input.Size()
	for _, l := range net.Layers {
		p.layers = append(p.layers, newLinear(l, in, cfg))
		in = l.Outputs
	}
	p.batch = newPass(p.layers, cfg.Batch)
	p.batch.addGradients()
	return p
}

func (p *perceptron) params() []*param {
	var all []*param
	for _, l := range p.layers {
		all = append(all, l.weight, l.bias)
	}
	return all
}

func (p *perceptron) memory() [][]float32 { return nil }

func (p *perceptron) initialize(seed uint64) { initialize(p.layers, seed) }

// pass holds the values of the layers for some images.
type pass struct {
	input   []float32
	outputs []*signal // one a layer
}

// newPass makes room for the given number of images.
func newPass(layers []*linear, images int) *pass {
	p := &pass{input: make([]float32, images*layers[0].in)}
	for _, l := range layers {
		p.outputs = append(p.outputs, &signal{values: make([]float32, images*l.out)})
	}
	return p
}

// addGradients makes room for the gradients of a training pass.
func (p *pass) addGradients() {
	for _, s := range p.outputs {
		s.gradient = make([]float32, len(s.values))
	}
}

// x is the input of a layer.
func (p *pass) x(layer int) []float32 {
	if layer == 0 {
		return p.input
	}
	return p.outputs[layer-1].values
}

func (p *perceptron) forward(images []int32, _ Position) (logits, gradient []float32, err error) {
	n, size := len(images), p.net.Input.Size()
	for i, image := range images {
		p.pixels.load(p.batch.input[i*size:][:size], p.data.Train.Image(int(image)))
	}
	for i, l := range p.layers {
		l.weight.quantize()
		l.bias.quantize()
		y := p.batch.outputs[i]
		top := l.product(p.gemm, p.batch.x(i), n, y)
		if top >= infinity {
			return nil, nil, fmt.Errorf("layer %s: outputs reach %g, want finite ones", l.name, math.Float32frombits(top))
		}
		l.activate(n, scaleOf(top), y)
	}
	last := p.batch.outputs[len(p.layers)-1]
	values := n * p.net.Classes()
	return last.values[:values], last.gradient[:values], nil
}

// scaleOf is S for a largest magnitude given as float32 bits.
func scaleOf(top uint32) int { return workloads.Exponent(float64(math.Float32frombits(top))) }

func (p *perceptron) backward(n int) {
	for i := len(p.layers) - 1; i >= 0; i-- {
		var dx []float32
		if i > 0 {
			dx = p.batch.outputs[i-1].gradient
		}
		p.layers[i].backward(p.gemm, p.batch.x(i), dx, n, p.batch.outputs[i])
	}
}

// accuracy computes with output scales calibrated on the first training images,
// as model exports them, and compares the last outputs before rounding.
func (p *perceptron) accuracy(images workloads.Images) (float64, error) {
	scales := p.calibrate(p.data.Calibration(calibrationImages))
	right := 0
	for lo := 0; lo < images.Len(); lo += calibrationImages {
		n := min(calibrationImages, images.Len()-lo)
		p.evaluate(images, lo, n, scales)
		right += p.countRight(images.Labels[lo : lo+n])
	}
	return float64(right) / float64(images.Len()), nil
}

// calibrate quantizes the weights and returns S of each layer's output: the
// scale of the largest magnitude over the images.
func (p *perceptron) calibrate(images workloads.Images) []int {
	for _, l := range p.layers {
		l.weight.quantize()
		l.bias.quantize()
	}
	scales := make([]int, 0, len(p.layers))
	to := p.evaluation()
	n := images.Len()
	p.loadRange(to, images, 0, n)
	for i, l := range p.layers {
		top := l.product(p.gemm, to.x(i), n, to.outputs[i])
		scales = append(scales, scaleOf(top))
		l.activate(n, scales[i], to.outputs[i])
	}
	return scales
}

// evaluate leaves the unrounded outputs of n images from lo in the evaluation
// pass.
func (p *perceptron) evaluate(images workloads.Images, lo, n int, scales []int) {
	to := p.evaluation()
	p.loadRange(to, images, lo, n)
	for i, l := range p.layers {
		l.product(p.gemm, to.x(i), n, to.outputs[i])
		if i < len(p.layers)-1 {
			l.activate(n, scales[i], to.outputs[i])
		}
	}
}

func (p *perceptron) evaluation() *pass {
	if p.eval == nil {
		p.eval = newPass(p.layers, calibrationImages)
	}
	return p.eval
}

func (p *perceptron) loadRange(to *pass, images workloads.Images, lo, n int) {
	size := p.net.Input.Size()
	for i := range n {
		p.pixels.load(to.input[i*size:][:size], images.Image(lo+i))
	}
}

func (p *perceptron) countRight(labels []uint8) int {
	outputs := p.eval.outputs[len(p.layers)-1].values
	classes := p.net.Classes()
	right := 0
	for i, label := range labels {
		if argmax(outputs[i*classes:][:classes]) == int(label) {
			right++
		}
	}
	return right
}

// model is the network with the present weights as integers.
func (p *perceptron) model(origin workloads.Origin) (*workloads.Model, error) {
	scales := p.calibrate(p.data.Calibration(calibrationImages))
	m := &workloads.Model{
		Network:    p.net,
		WeightBits: p.cfg.WeightBits,
		Input: workloads.InputCodes{
			Zero:  append([]int32(nil), p.data.Input.Zero...),
			Scale: p.data.Input.Scale,
		},
		Origin: origin,
	}
	in := m.Input.Scale
	for i, l := range p.layers {
		w, err := l.export(in, scales[i])
		if err != nil {
			return nil, fmt.Errorf("layer %s: %w", l.name, err)
		}
		m.Layers = append(m.Layers, w)
		in = scales[i]
	}
	return m, nil
}

// export is the layer as integers for inputs of scale in and outputs of scale
// out. An accumulator Σ c·(q − z) stands for acc·2^(Sw−bits)·2^(in−8), a bias
// code for c·2^(Sb−8), an output code for y·2^(out−8); so
// y = acc·2^(Sw+in−out−bits) + c·2^(Sb−out).
func (l *linear) export(in, out int) (workloads.LayerWeights, error) {
	w := workloads.LayerWeights{
		Rows: l.in, Columns: l.out,
		Codes: l.weight.codes(), Scale: l.weight.scale,
		Bias: l.bias.codes(), BiasScale: l.bias.scale,
		OutScale: out,
	}
	m, b := make([]float64, l.out), make([]float64, l.out)
	for n, code := range w.Bias {
		m[n] = math.Ldexp(1, w.Scale+in-out-l.weight.bits)
		b[n] = math.Ldexp(float64(code), w.BiasScale-out)
	}
	var err error
	w.Affine, err = workloads.NewAffine(m, b)
	return w, err
}

func (p *param) codes() []int16 {
	codes := make([]int16, len(p.value))
	for i, w := range p.value {
		codes[i] = int16(p.quantizer.Code(w))
	}
	return codes
}
