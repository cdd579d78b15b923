package crossbar

// kernels are the inner loops of a TileRunner for one class of processor. All
// classes give the same bits.
type kernels struct {
	name string
	// planes cuts codes into bit planes.
	planes func(planesJob)
	// or sets bits of or that are set in some row of x.
	or func(or, x []int16)
	// count counts columns and accumulates what they lose; sum leaves one
	// column's sums in the space.
	count func(*counterSpace, *counterJob)
	sum   func(*counterSpace, *counterJob)
	// tally counts columns as count does, and adds the number of positions that
	// have each sum to its bin.
	tally func(s *counterSpace, j *counterJob, bins []uint64)
	// flush moves a column's accumulators to its outputs.
	flush func(a accumulators, y []int64, column int)
}

func portableKernels() kernels {
	return kernels{
		name: "portable", planes: planesPortable, or: orPortable,
		count: countPortable, sum: sumPortable, tally: tallyPortable, flush: flushPortable,
	}
}
