package crossbar

import "math/bits"

// ArrayRead is what one read of one array did: the activity that a simulation of
// data-dependent time or energy asks for. The reads of one product are joint:
// they belong to the same inputs.
type ArrayRead struct {
	Block, Slice, Sign int
	Pass, Step         int   // which pass of sign-split inputs, and which input step
	Driven             int   // wordlines whose digit is not zero
	Conducted          int64 // Σ over all bitlines of the sums, in cell levels
}

// report tells the runner's listener, if there is one, of the read whose sums are
// in r.sums[from].
func (r *Runner) report(from int, read ArrayRead) {
	if r.onRead == nil {
		return
	}
	words := r.m.blocks[read.Block].words
	for w := range words {
		driven := uint64(0)
		for d := range r.m.design.DACBits {
			driven |= r.input[d*words+w]
		}
		read.Driven += bits.OnesCount64(driven)
	}
	for _, s := range r.sums[from] {
		read.Conducted += int64(s)
	}
	r.onRead(read)
}

// Conducted is the sum of all bitline sums that were converted, in cell levels:
// what the cells of the slice conducted. Under DifferentialAnalog it is the sum of
// the differences. It panics where HasSums is false.
func (s SliceStats) Conducted() int64 {
	if !s.HasSums() {
		panic("crossbar: conducted levels of statistics that counted clips alone")
	}
	total := int64(0)
	for i, n := range s.Histogram {
		total += (int64(i) - s.Offset) * n
	}
	return total
}
