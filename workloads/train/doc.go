// Package train trains a network in the fixed-point numbers of a crossbar chip
// and exports it as a workloads.Model.
//
// A training has two phases: pre-training, then one pruning by magnitude, then
// fine-tuning under the mask that the pruning left. Each phase adds the term of
// one method to the loss: none, l1, or bit-slice L1, which pulls at the non-zero
// cells of a weight rather than at its magnitude (Zhang, Yang, Chen, Wang, Li:
// arXiv 1909.08496). The penalties pool all P weights and biases of a network;
// the pruning leaves biases alone, since they do not lie on crossbars.
//
// Weights, biases and every layer's output, the last one's too, are quantized in
// the forward pass with power-of-two scales that follow the largest magnitude of
// a tensor at every step; gradients pass straight through the rounding to
// float32 master weights. The layers are linear ones today, trained by
// stochastic gradient descent with momentum.
//
// A training gives the same bytes at any GOMAXPROCS and any number of workers
// for one kernel class of internal/gemm, whether or not it was interrupted,
// saved and resumed.
package train
