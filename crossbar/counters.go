package crossbar

import "math/bits"

// counterJob asks for the sums of columns at all positions of a tile, and for
// what of them exceeds the converter's limit to be added to accumulators.
//
// Sums are counted in vertical counters: vector i holds bit i of the sum of every
// position, and a full adder made of bit operations adds rows of bits to all of
// them at once (Harley and Seal's population count, Warren, Hacker's Delight,
// §5-1).
type counterJob struct {
	planes  []uint64 // of the step
	rows    []uint16
	columns []riskColumn
	// shift is the power of two that the step counts, minus whether accumulators of
	// plus and minus are exchanged.
	shift int
	minus int
	clips []int64 // clip counters of the block
}

// counterSpace is the memory that counters work in.
type counterSpace struct {
	carries []uint64 // vectors, or words of the portable counters
	sum     []uint64 // vectors: bits of the last sum that was counted
	nodes   []uint64 // of a histogram that wait
	excess  accumulators
}

// nodeWords is the size of a node of a histogram: its positions and where it was
// left.
const nodeWords = 2 * tileWords

// newCounterSpace makes memory for columns of at most the given number of rows,
// whose sums have at most the given bits.
func newCounterSpace(carries, sumBits int, a accumulators) *counterSpace {
	return &counterSpace{
		carries: make([]uint64, (carries+1)*tileWords),
		sum:     make([]uint64, (sumBits+listLevels+1)*tileWords),
		nodes:   make([]uint64, (sumBits+1)*nodeWords),
		excess:  a,
	}
}

// countPortable counts columns one after another, 64 positions at a time.
func countPortable(s *counterSpace, j *counterJob) {
	for i := range j.columns {
		c := &j.columns[i]
		any, count := uint64(0), 0
		for w := range tileWords {
			clipped := s.word(j, c, w)
			s.sum[int(c.top)*tileWords+w] = clipped
			any |= clipped
			count += bits.OnesCount64(clipped)
		}
		if any != 0 {
			j.clips[c.clips] += int64(count)
			s.excess.add(s.sum, c, j)
		}
	}
}

// sumPortable leaves the bits of the biased sums of the job's one column in s.sum.
func sumPortable(s *counterSpace, j *counterJob) {
	c := &j.columns[0]
	for w := range tileWords {
		s.sum[int(c.top)*tileWords+w] = s.word(j, c, w)
	}
}

// word counts word w of a column: it leaves bits 0 to top−1 of the biased sums in
// s.sum and returns bit top.
func (s *counterSpace) word(j *counterJob, c *riskColumn, w int) uint64 {
	planes, rows, carries := j.planes[w:], j.rows[c.first:], s.carries[:0]
	for level := range int(c.top) {
		sum, n := -uint64(c.start>>level&1), 0
		for i := 1; i < len(carries); i += 2 {
			carries[n] = fullAdd(&sum, carries[i-1], carries[i])
			n++
		}
		odd := uint64(0)
		if len(carries)%2 == 1 {
			odd = carries[len(carries)-1]
		}
		carries = carries[:n]
		if level < listLevels {
			listed := rows[:c.listed(level)]
			rows = rows[len(listed):]
			for i := 1; i < len(listed); i += 2 {
				carries = append(carries, fullAdd(&sum, planes[listed[i-1]], planes[listed[i]]))
			}
			if len(listed)%2 == 1 {
				carries = append(carries, fullAdd(&sum, planes[listed[len(listed)-1]], odd))
				odd = 0
			}
		}
		carries = append(carries, fullAdd(&sum, odd, 0))
		s.sum[level*tileWords+w] = sum
	}
	top := uint64(0)
	for _, v := range carries {
		top |= v
	}
	if c.top < listLevels {
		for _, row := range rows[:c.listed(int(c.top))] {
			top |= planes[row]
		}
	}
	return top
}

// fullAdd adds two bits of equal weight to sum and returns the carry.
func fullAdd(sum *uint64, x, y uint64) uint64 {
	half := *sum ^ x
	carry := *sum&x | half&y
	*sum = half ^ y
	return carry
}
