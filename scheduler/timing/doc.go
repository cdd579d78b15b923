// Package timing simulates a system of chips at work on a network: when each part
// reads, converts, moves, waits and idles, what bounds the interval between
// images, and what an image costs.
//
// An image's way, and where it is written down: positions of an input arrive in a
// tile's eDRAM (store.go) → a window is complete and fetched, its product begins
// (stages.go) → the arrays of an IMA are read, converted, accumulated (ima.go,
// arbitration.go) → the outputs of a tile's IMAs are added up, and from tile to
// tile (sums.go) → activation, and on to everyone who needs the result (emit.go),
// over the network (network.go), into pools and additions too.
//
// The inside of an IMA depends on nothing but its kind and the work that the
// product before has left, so that it is worked out once (outcome.go) and used
// again; an exact run (exact.go) makes an event of every scan of every array
// instead, and gives the same figures. A run is measured once the whole state
// repeats itself (simulate.go, state.go).
package timing
