// Package scheduler brings a network onto a chip: Map places the blocks of its
// layers on crossbars, a Replayer computes the values that come out, and
// Simulate says when what happens, event by event.
//
// One image passes a layer so. Each IMA fetches the inputs that its arrays need
// from its tile's eDRAM, over port and bus at the pace of the slower, into its
// input register. Every array is read once for each input step; the result is
// latched into the sample-and-hold, where it stays until its scan ends and an
// accumulator is free for its codes; only the latch waits for an earlier result,
// not the read.
// The converters of the IMA take waiting arrays oldest first: those of the
// array's slice where converters are fixed and slices grouped, else any. Complete
// outputs go over the bus, and over the router from tiles other than the layer's
// first, to the shift-and-add units of that tile, are activated there, and are
// written to the eDRAM of every tile that holds a part of the next layer.
//
// Buffers are finite. The input register is free once the last read of an MVM has
// begun; accumulators, sums and activated outputs have two sets each, of which
// one leaves while the other is filled; the layers on a tile share its eDRAM
// evenly, and a write waits until each consumer tile has a place.
//
// Not modelled: several copies of a layer and several output positions of an
// image, more than one hop of the network, the capacity of registers, the links
// to the outside, control, and the time of a unit column's own converter.
package scheduler
