package train

import "bitline/workloads"

// body is a network in training: its layers and what they hold of a batch.
type body interface {
	// params lists what gradient descent moves, in the same order at every call.
	params() []*param
	// memory lists what a training remembers besides its parameters.
	memory() [][]float32
	// initialize draws the initial values.
	initialize(seed uint64)
	// forward computes the training images of a step and returns their logits,
	// images × classes, and room for the gradient by them.
	forward(images []int32, at Position) (logits, gradient []float32, err error)
	// backward sets the gradients of all parameters for the n images that forward
	// has just computed.
	backward(n int)
	// accuracy is the share of some images, at least one, that the present weights
	// classify right once they are integers.
	accuracy(images workloads.Images) (float64, error)
	// model exports the present weights.
	model(origin workloads.Origin) (*workloads.Model, error)
}
