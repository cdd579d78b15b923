package train

import (
	"fmt"
	"math"

	"bitline/workloads"
)

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

// pixelTable holds the value of every pixel byte of every channel,
// (p − zero)·2^(S−8).
type pixelTable [][256]float32

func newPixelTable(in workloads.InputCodes) pixelTable {
	table := make(pixelTable, len(in.Zero))
	for c, zero := range in.Zero {
		for p := range table[c] {
			table[c][p] = float32(math.Ldexp(float64(p-int(zero)), in.Scale-workloads.ActivationBits))
		}
	}
	return table
}

// load sets values to those of one image, channels last.
func (t pixelTable) load(values []float32, image []uint8) {
	values = values[:len(image)]
	channels := len(t)
	for c := range t {
		channel := &t[c]
		if channels == 1 {
			for i, p := range image {
				values[i] = channel[p]
			}
			return
		}
		for i := c; i < len(image); i += channels {
			values[i] = channel[image[i]]
		}
	}
}

// step trains on the images of the present step.
func (t *Trainer) step() error {
	lo := t.at.Step * t.cfg.Batch
	images := t.order[lo:min(lo+t.cfg.Batch, len(t.order))]
	n := len(images)
	size := t.net.Input.Size()
	for i, image := range images {
		t.pixels.load(t.batch.input[i*size:][:size], t.data.Train.Image(int(image)))
		t.labels[i] = t.data.Train.Labels[image]
	}
	if err := t.forward(n); err != nil {
		return err
	}
	last := t.batch.outputs[len(t.layers)-1]
	values := n * t.layers[len(t.layers)-1].out
	loss := crossEntropy(last.values[:values], last.gradient[:values], t.labels[:n])
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return fmt.Errorf("loss is %g, want a finite one", loss)
	}
	t.sum += loss * float64(n)
	t.backward(n)
	return t.descend()
}

// forward runs the layers on the n images of the batch, each output at the scale
// of its own largest magnitude.
func (t *Trainer) forward(n int) error {
	for i, l := range t.layers {
		l.weight.quantize()
		l.bias.quantize()
		y := t.batch.outputs[i]
		top := l.product(t.gemm, t.batch.x(i), n, y)
		if top >= infinity {
			return fmt.Errorf("layer %s: outputs reach %g, want finite ones", l.name, math.Float32frombits(top))
		}
		l.activate(n, scaleOf(top), y)
	}
	return nil
}

// scaleOf is S for a largest magnitude given as float32 bits.
func scaleOf(top uint32) int { return workloads.Exponent(float64(math.Float32frombits(top))) }

func (t *Trainer) backward(n int) {
	for i := len(t.layers) - 1; i >= 0; i-- {
		var dx []float32
		if i > 0 {
			dx = t.batch.outputs[i-1].gradient
		}
		t.layers[i].backward(t.gemm, t.batch.x(i), dx, n, t.batch.outputs[i])
	}
}

func (t *Trainer) descend() error {
	d := descent{rate: float32(t.cfg.LearningRate), momentum: float32(t.cfg.Momentum)}
	for _, l := range t.layers {
		for _, p := range l.params() {
			p.update(d)
			if !p.finite() {
				return fmt.Errorf("%s reaches %g, want finite values", p.name, math.Float32frombits(p.largest))
			}
		}
	}
	return nil
}
