// Package train trains a network in the fixed-point numbers of a crossbar chip
// and exports it as a workloads.Model.
//
// A training has two phases: pre-training, then one pruning by magnitude, then
// fine-tuning under the mask that the pruning left. Each phase adds the term of
// one method to the loss: none, l1, or bit-slice L1, which pulls at the non-zero
// cells of a weight rather than at its magnitude (Zhang, Yang, Chen, Wang, Li:
// arXiv 1909.08496). The penalties pool all P weights and biases of a network,
// but not the factors and offsets of batch normalisations; the pruning leaves
// biases alone, since they do not lie on crossbars.
//
// Weights, biases and the outputs of layers are quantized in the forward pass with
// power-of-two scales; gradients pass straight through the rounding to float32
// master weights, which stochastic gradient descent with momentum moves. There
// are two bodies. A perceptron is a chain of linear layers as arXiv 1909.08496
// trains it: every output, the last one's too, at the scale of the largest
// magnitude of its batch. A graph is any other network, and a chain that is trained
// with dropout or augmented images: outputs at the scale of
// the largest of late, the classes' own not rounded, batch normalisations by the
// batch's statistics in training and by running ones once they are folded into the
// digital output stages, as those of imported weights are.
//
// A graph's values lie position by position, and for each position image by image
// with the channels adjacent, so that every place of a kernel sees a matrix of
// images × channels: convolutions, forward and backward, are sums of products of
// such matrices (gemm.Reduce), without copies and without padding.
//
// Fine-tuning through converters (type Through) starts from a model instead. Its
// forward pass is the replay of the present integers, by the same kernels, its
// backward pass a graph's on the values that they stand for; docs/through-adc.md has
// the equations and what they are worth.
//
// A training gives the same bytes at any GOMAXPROCS and any number of workers
// for one kernel class of internal/gemm, whether or not it was interrupted,
// saved and resumed.
package train
