package crossbar

import "math/bits"

// digitSums holds the sums of a step's digits at all positions, bit by bit:
// vector i is bit i.
type digitSums struct{ vectors []uint64 }

// driven is the number of positions at which some wordline is driven.
func (d digitSums) driven() int {
	count := 0
	for w := range tileWords {
		any := uint64(0)
		for i := w; i < len(d.vectors); i += tileWords {
			any |= d.vectors[i]
		}
		count += bits.OnesCount64(any)
	}
	return count
}

// largest is the largest sum: from the top bit down, the positions that have all
// bits of it so far.
func (d digitSums) largest() int {
	largest := 0
	var left [tileWords]uint64
	for w := range left {
		left[w] = ^uint64(0)
	}
	for i := len(d.vectors) - tileWords; i >= 0; i -= tileWords {
		any, next := uint64(0), left
		for w := range next {
			next[w] &= d.vectors[i+w]
			any |= next[w]
		}
		if any != 0 {
			left = next
			largest |= 1 << (i / tileWords)
		}
	}
	return largest
}

// at is the sum at a position.
func (d digitSums) at(p int) int64 {
	sum := uint64(0)
	for i := p / 64; i < len(d.vectors); i += tileWords {
		sum |= d.vectors[i] >> (p % 64) & 1 << (i / tileWords)
	}
	return int64(sum)
}

// unitCorrection is what a clipped unit column of a block does to the outputs.
type unitCorrection struct {
	limit int64
	// scale is what one lost count adds to each column: the offset that it stood
	// for, less the complemented cells that it was to recover.
	scale []int64
}

func (m *Matrix) newUnitCorrection(block int, limit int64) unitCorrection {
	e := m.design.Encoding
	c := unitCorrection{limit: limit, scale: make([]int64, m.columns)}
	for n := range c.scale {
		c.scale[n] = 1 << (e.WeightBits - e.UnitLevel)
		for slice, a := range m.blocks[block].arrays {
			if a.isFlipped(n) {
				c.scale[n] -= int64(m.slicing.Max(slice)) << m.slicing.Shift(slice)
			}
		}
	}
	return c
}

// unitLoss is what a block's unit column lost at each position, over its steps.
type unitLoss struct {
	counts [TilePositions]int64
	any    bool
}

// unitRead is one reading of a unit column.
type unitRead struct {
	step    Step
	minus   int // whether its counts are subtracted
	largest int // sum of digits
}

// readUnit counts a unit column's conversions and gathers what they lose.
func (f *fastPath) readUnit(c *unitCorrection, d digitSums, r unitRead) {
	level := int64(f.m.design.Encoding.UnitLevel)
	f.stats.UnitConversions += int64(f.positions)
	f.stats.UnitMaxSum = max(f.stats.UnitMaxSum, level*int64(r.largest))
	if level*int64(r.largest) <= c.limit {
		return
	}
	f.unit.any = true
	scale := int64(1) << r.step.Shift
	if r.minus == 1 {
		scale = -scale
	}
	for p := range f.positions {
		if lost := level*d.at(p) - c.limit; lost > 0 {
			f.stats.UnitClipped++
			f.unit.counts[p] += scale * lost
		}
	}
}

// flush corrects the outputs by what a block's unit column lost.
func (u *unitLoss) flush(y []int64, c *unitCorrection) {
	if !u.any {
		return
	}
	for n, scale := range c.scale {
		to := y[n*TilePositions : (n+1)*TilePositions]
		for p, lost := range u.counts {
			to[p] += scale * lost
		}
	}
	*u = unitLoss{}
}
