package crossbar

// accumulators hold, for every column of a matrix, what its converters lost, as
// vertical counters: accumulator 2·column counts what is taken off the outputs,
// 2·column + 1 what is added to them.
type accumulators struct {
	levels int
	words  []uint64 // [accumulator][level][word]
	used   []int32  // levels of each accumulator that may not be zero
}

func newAccumulators(columns, levels int) accumulators {
	return accumulators{
		levels: levels, words: make([]uint64, 2*columns*levels*tileWords), used: make([]int32, 2*columns),
	}
}

// vectors is the accumulator of the given number.
func (a accumulators) vectors(target int) []uint64 {
	size := a.levels * tileWords
	return a.words[target*size : (target+1)*size]
}

// add adds a column's excess, 1 + the bits of sum below c.top where bit c.top is
// set, × 2^(shift of step and slice), to the column's accumulator.
func (a accumulators) add(sum []uint64, c *riskColumn, j *counterJob) {
	target := int(c.target) ^ j.minus
	to := a.vectors(target)
	var carry [tileWords]uint64
	clipped := (*[tileWords]uint64)(sum[int(c.top)*tileWords:])
	carry = *clipped
	level, any := j.shift+int(c.shift), uint64(1)
	for i := 0; i < int(c.top) || any != 0; i++ {
		any = 0
		for w := range tileWords {
			v := &to[level*tileWords+w]
			bit := uint64(0)
			if i < int(c.top) {
				bit = sum[i*tileWords+w] & clipped[w]
			}
			carry[w] = fullAdd(v, bit, carry[w])
			any |= carry[w]
		}
		level++
	}
	a.used[target] = max(a.used[target], int32(level))
}

// flushPortable takes a column's accumulators off its outputs, or adds them, and
// zeroes them.
func flushPortable(a accumulators, y []int64, column int) {
	for side := range 2 {
		target := 2*column + side
		for level := range int(a.used[target]) {
			value := int64(1) << level
			if side == 0 {
				value = -value
			}
			v := a.vectors(target)[level*tileWords : (level+1)*tileWords]
			for p := range y {
				y[p] += value & -int64(v[p>>6]>>(p&63)&1)
			}
			clear(v)
		}
		a.used[target] = 0
	}
}
