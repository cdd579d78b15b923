package crossbar

// Stats says what the bitlines and converters of a matrix saw.
type Stats struct {
	MVMs              int64
	Reads, EmptyReads int64 // of (block, slice, sign, step, pass); empty: no wordline driven
	UnitConversions   int64
	UnitClipped       int64
	UnitMaxSum        int64 // the largest sum of a unit column seen
	Slices            []SliceStats
	// clips counts clipped conversions of each (block, slice, converter, column).
	clips                        []int64
	columns, converters, nslices int
	perMVM                       int64 // conversions of a slice
}

// SliceStats is what one slice class saw.
type SliceStats struct {
	// WorstSum is the largest sum, in magnitude, that any input could give.
	WorstSum int64
	// Histogram counts conversions by bitline sum, from −Offset. It is nil where
	// only clips were counted (level Clips of a TileRunner).
	Histogram []int64
	Offset    int64
	// Cells and Columns count what is mapped, NonZeroCells and NonZeroColumns
	// those that are not all zero.
	Cells, NonZeroCells, Columns, NonZeroColumns int64
	Clipped                                      int64
	conversions                                  int64
}

// Conversions is the number of conversions.
func (s SliceStats) Conversions() int64 { return s.conversions }

// HasSums says whether the sums were counted: whether there is a histogram and a
// largest sum.
func (s SliceStats) HasSums() bool { return s.Histogram != nil }

// MaxSum is the largest sum seen, in magnitude. It panics where HasSums is false.
func (s SliceStats) MaxSum() int64 {
	if !s.HasSums() {
		panic("crossbar: largest sum of statistics that counted clips alone")
	}
	largest := int64(0)
	for i, n := range s.Histogram {
		if n > 0 {
			sum := int64(i) - s.Offset
			largest = max(largest, sum, -sum)
		}
	}
	return largest
}

// newStats makes the empty statistics of a matrix, with what its cells fix.
func (m *Matrix) newStats() Stats {
	s := Stats{
		Slices: make([]SliceStats, m.slicing.Count), columns: m.columns,
		converters: m.converted(), nslices: m.slicing.Count,
		clips:  make([]int64, len(m.blocks)*m.slicing.Count*m.converted()*m.columns),
		perMVM: int64(m.reads() * len(m.blocks) * m.converted() * m.columns),
	}
	largest := m.geometric(m.blocks[0].rows)
	for i, worst := range m.WorstSums() {
		s.Slices[i].WorstSum = worst
		if m.analog() {
			s.Slices[i].Offset = largest
		}
		s.Slices[i].Histogram = make([]int64, largest+s.Slices[i].Offset+1)
	}
	for _, b := range m.blocks {
		for i, a := range b.arrays {
			slice := &s.Slices[i/m.design.Encoding.Arrays()]
			slice.Cells += int64(b.rows * m.columns)
			slice.NonZeroCells += a.cells
			slice.Columns += int64(m.columns)
			for _, w := range a.worst {
				if w > 0 {
					slice.NonZeroColumns++
				}
			}
		}
	}
	return s
}

// columnClips is the clip counters of one converter's columns.
func (s *Stats) columnClips(block, slice, converter int) []int64 {
	first := ((block*s.nslices+slice)*s.converters + converter) * s.columns
	return s.clips[first : first+s.columns]
}

// blockClips is the clip counters of a block: by slice, converter and column.
func (s *Stats) blockClips(block int) []int64 {
	size := s.nslices * s.converters * s.columns
	return s.clips[block*size : (block+1)*size]
}

// Stats is what the runner has seen so far.
func (r *Runner) Stats() Stats {
	s := r.stats
	s.Slices = append([]SliceStats(nil), s.Slices...)
	s.clips = append([]int64(nil), s.clips...)
	for i := range s.Slices {
		s.Slices[i].Histogram = append([]int64(nil), s.Slices[i].Histogram...)
	}
	s.total()
	return s
}

// total fills the slices' totals of conversions, and of clipped ones from the
// columns'.
func (s *Stats) total() {
	for i := range s.Slices {
		s.Slices[i].Clipped = 0
		s.Slices[i].conversions = s.MVMs * s.perMVM
	}
	perSlice := s.converters * s.columns
	for i, n := range s.clips {
		s.Slices[i/perSlice%s.nslices].Clipped += n
	}
}

// Add adds what another runner of the same matrix saw. There is a histogram only
// where both have one.
func (s *Stats) Add(o Stats) {
	if len(s.clips) != len(o.clips) || len(s.Slices) != len(o.Slices) {
		panic("crossbar: adding the statistics of another matrix")
	}
	s.MVMs += o.MVMs
	s.Reads += o.Reads
	s.EmptyReads += o.EmptyReads
	s.UnitConversions += o.UnitConversions
	s.UnitClipped += o.UnitClipped
	s.UnitMaxSum = max(s.UnitMaxSum, o.UnitMaxSum)
	for i := range s.clips {
		s.clips[i] += o.clips[i]
	}
	for i := range s.Slices {
		if !o.Slices[i].HasSums() {
			s.Slices[i].Histogram = nil
		}
		for j := range s.Slices[i].Histogram {
			s.Slices[i].Histogram[j] += o.Slices[i].Histogram[j]
		}
	}
	s.total()
}
