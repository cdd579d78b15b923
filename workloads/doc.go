// Package workloads holds what runs on a chip: networks, data sets, integer
// models and their checkpoints, quantization, and the integer executor that
// computes a network layer by layer.
//
// The executor takes the matrix product as a function: the plain integer
// product, the replay through crossbars and training through the ADC differ in
// nothing else. Networks are chains of linear layers today; timing, energy and
// the placement on a chip are not known here.
package workloads
