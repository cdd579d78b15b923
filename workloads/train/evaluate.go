package train

import "bitline/workloads"

// calibrationImages is how many training images, from the first, set the scales
// of the outputs of a trained network.
const calibrationImages = 1000

// Accuracy is the share of images whose largest output, the lowest-numbered on a
// tie, is their label; 0 for no images. It is that of the present weights as
// Model exports them, to rounding in a perceptron; a network whose weights cannot be
// exported is an error.
func (t *Trainer) Accuracy(images workloads.Images) (float64, error) {
	if images.Len() == 0 {
		return 0, nil
	}
	return t.body.accuracy(images)
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
