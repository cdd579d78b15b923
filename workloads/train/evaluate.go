package train

import (
	"bitline/workloads"
)

// calibrationImages is how many training images, from the first, set the scales
// of the outputs of a trained network; evaluation takes as many at a time.
const calibrationImages = 1000

// Accuracy is the share of images whose largest output, the lowest-numbered on a
// tie, is their label; 0 for no images. It computes with the present weights,
// quantized, and with output scales calibrated on the first 1,000 training
// images, as Model exports them. The last outputs are compared before rounding.
func (t *Trainer) Accuracy(images workloads.Images) float64 {
	if images.Len() == 0 {
		return 0
	}
	scales := t.calibrate(t.data.Calibration(calibrationImages))
	right := 0
	for lo := 0; lo < images.Len(); lo += calibrationImages {
		n := min(calibrationImages, images.Len()-lo)
		t.evaluate(images, lo, n, scales)
		right += t.countRight(images.Labels[lo : lo+n])
	}
	return float64(right) / float64(images.Len())
}

// calibrate quantizes the weights and returns S of each layer's output: the
// scale of the largest magnitude over the images.
func (t *Trainer) calibrate(images workloads.Images) []int {
	for _, p := range t.params() {
		p.quantize()
	}
	scales := make([]int, 0, len(t.layers))
	p := t.evaluation()
	n := images.Len()
	t.loadRange(p, images, 0, n)
	for i, l := range t.layers {
		top := l.product(t.gemm, p.x(i), n, p.outputs[i])
		scales = append(scales, scaleOf(top))
		l.activate(n, scales[i], p.outputs[i])
	}
	return scales
}

// evaluate leaves the unrounded outputs of n images from lo in the evaluation
// pass.
func (t *Trainer) evaluate(images workloads.Images, lo, n int, scales []int) {
	p := t.evaluation()
	t.loadRange(p, images, lo, n)
	for i, l := range t.layers {
		l.product(t.gemm, p.x(i), n, p.outputs[i])
		if i < len(t.layers)-1 {
			l.activate(n, scales[i], p.outputs[i])
		}
	}
}

func (t *Trainer) evaluation() *pass {
	if t.eval == nil {
		t.eval = newPass(t.layers, calibrationImages)
	}
	return t.eval
}

func (t *Trainer) loadRange(p *pass, images workloads.Images, lo, n int) {
	size := t.net.Input.Size()
	for i := range n {
		t.pixels.load(p.input[i*size:][:size], images.Image(lo+i))
	}
}

func (t *Trainer) countRight(labels []uint8) int {
	outputs := t.eval.outputs[len(t.layers)-1].values
	classes := t.net.Classes()
	right := 0
	for i, label := range labels {
		if argmax(outputs[i*classes:][:classes]) == int(label) {
			right++
		}
	}
	return right
}

// argmax is the index of the largest value, the lowest on a tie.
func argmax(values []float32) int {
	best := 0
	for i, v := range values {
		if v > values[best] {
			best = i
		}
	}
	return best
}
