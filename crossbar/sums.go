package crossbar

import "math/bits"

// At level Sums every column that has a cell set is counted, whether or not it can
// clip, and the positions of each sum are counted in bins: the bits of a column's
// sums, one vector for each, are split from the top down. A sum of zero is not
// counted but is what is left of all conversions, so that columns without cells,
// blocks without inputs and the positions behind a tile's need no work.

// binWords is the size of a bin: one count for each word of a tile's bit vectors.
const binWords = tileWords

// sumBins says where the sums of each slice are counted.
type sumBins struct {
	zero []int32 // of each slice: the bin of a sum of zero
	// lowest and highest are the slices' smallest and largest possible sums.
	lowest, highest []int64
	count           int // of bins
}

// kernelBins is the number of bins that the kernels count together, so that they
// touch up to one less on both sides of the sums that occur.
const kernelBins = 8

// newSumBins lays bins out for what inputs could sum to.
func (m *Matrix) newSumBins() *sumBins {
	b := &sumBins{lowest: make([]int64, m.slicing.Count), highest: make([]int64, m.slicing.Count)}
	arrays := m.design.Encoding.Arrays()
	for i := range m.blocks {
		for k, a := range m.blocks[i].arrays {
			for _, worst := range a.worst {
				if m.analog() && k%arrays == 1 {
					b.lowest[k/arrays] = min(b.lowest[k/arrays], -worst)
				} else {
					b.highest[k/arrays] = max(b.highest[k/arrays], worst)
				}
			}
		}
	}
	for slice := range m.slicing.Count {
		b.count += kernelBins - int(b.lowest[slice])
		b.zero = append(b.zero, int32(b.count))
		b.count += int(b.highest[slice]) + kernelBins
	}
	return b
}

// notTallied is the bin of columns whose sums are not counted.
const notTallied = -1 << 31

// tally counts the columns of the job's step, whose digits have at most the given
// sum, and their sums.
func (f *fastPath) tally(sets []riskSet, largest int) {
	if largest == 0 {
		return
	}
	j := &f.job
	for i := range sets {
		set := &sets[i]
		j.rows = set.rows
		if j.columns = set.columns[:set.tallied]; len(j.columns) > 0 {
			f.kernels.tally(f.space, j, f.tallied)
		}
		if j.columns = set.columns[set.tallied:max(set.within(largest), set.tallied)]; len(j.columns) > 0 {
			f.kernels.count(f.space, j)
		}
	}
}

// addSums sets the histograms of s, the path's statistics so far.
func (f *fastPath) addSums(s *Stats) {
	for i := range s.Slices {
		slice := &s.Slices[i]
		rest := slice.conversions
		for sum := f.bins.lowest[i]; sum <= f.bins.highest[i]; sum++ {
			if sum == 0 {
				continue
			}
			n, first := int64(0), (int64(f.bins.zero[i])+sum)*binWords
			for _, lane := range f.tallied[first : first+binWords] {
				n += int64(lane)
			}
			slice.Histogram[slice.Offset+sum] = n
			rest -= n
		}
		slice.Histogram[slice.Offset] = rest
	}
}

// tallyPortable counts columns and their sums one after another.
func tallyPortable(s *counterSpace, j *counterJob, bins []uint64) {
	var all [tileWords]uint64
	for w := range all {
		all[w] = ^uint64(0)
	}
	one := *j
	for i := range j.columns {
		one.columns = j.columns[i : i+1]
		countPortable(s, &one)
		c := &j.columns[i]
		splitSums(s.sum[:(int(c.top)+1)*tileWords], &all, bins, int(c.bin))
	}
}

// splitSums counts positions whose sums have equal bits above those of the
// planes; bin is that of the smallest.
func splitSums(planes []uint64, positions *[tileWords]uint64, bins []uint64, bin int) {
	if len(planes) == 0 {
		for w, v := range positions {
			bins[bin*binWords+w] += uint64(bits.OnesCount64(v))
		}
		return
	}
	below := len(planes) - tileWords
	plane := (*[tileWords]uint64)(planes[below:])
	var low, high [tileWords]uint64
	anyLow, anyHigh := uint64(0), uint64(0)
	for w, v := range positions {
		low[w], high[w] = v&^plane[w], v&plane[w]
		anyLow |= low[w]
		anyHigh |= high[w]
	}
	if anyLow != 0 {
		splitSums(planes[:below], &low, bins, bin)
	}
	if anyHigh != 0 {
		splitSums(planes[:below], &high, bins, bin+1<<(below/tileWords))
	}
}
