// Package workloads holds what runs on a chip: networks, data sets, integer
// models and their checkpoints, quantization, and the integer executor that
// computes a network layer by layer.
//
// The executor takes the matrix product as a function: the plain integer
// product, the replay through crossbars and training through the ADC differ in
// nothing else. It computes many images at once: activations lie channel by
// channel with the images innermost, and a convolution becomes a product of
// matrices over tiles of 512 output positions. Networks with real weights, as
// other programs train them, are computed in float32 and turned into integer
// models here. Timing, energy and the placement on a chip are not known here.
package workloads
