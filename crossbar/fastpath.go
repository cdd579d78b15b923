package crossbar

import (
	"math/bits"

	"bitline/internal/gemm"
)

// fastPath computes tiles under a unit range: the exact product, then for every
// pass, block and step the excess of the columns that the step can clip.
type fastPath struct {
	*fastPlan
	stats     *Stats
	scratch   gemm.IntScratch
	planes    blockPlanes
	space     *counterSpace
	unit      unitLoss
	job       counterJob
	driven    []int16 // a block's rows where they are not the inputs themselves
	or        []int16
	tallied   []uint64 // bins
	positions int
}

// fastPlan is what fast paths of a matrix and its converters share. It does not
// change.
type fastPlan struct {
	m       *Matrix
	kernels kernels
	exact   *packedProduct
	blocks  []fastBlock
	// carries and top are the most carries and the most bits of a sum that some
	// column at risk needs.
	carries, top int
	bins         *sumBins // nil where sums are not counted
}

// fastBlock is what the fast path knows of a row block for one width of digit
// at index width − 1.
type fastBlock struct {
	sets [2][]riskSet // of riskColumns columns each
	all  [2]riskSet   // one column of a unit cell in every row
	// watched says whether the digits of a step must be summed: some column is at
	// risk, or there is a unit column.
	watched bool
	unit    unitCorrection
}

func newFastPlan(m *Matrix, r *Runner, c tileChoice) *fastPlan {
	f := &fastPlan{m: m, kernels: c.kernels, exact: m.product()}
	if c.Statistics == Sums {
		f.bins = m.newSumBins()
	}
	for i := range m.blocks {
		b := m.newFastBlock(r, i, f.bins)
		for width := range b.sets {
			for _, set := range append(b.sets[width], b.all[width]) {
				for j := range set.columns {
					f.carries = max(f.carries, set.columns[j].carries())
					f.top = max(f.top, int(set.columns[j].top))
				}
			}
		}
		f.blocks = append(f.blocks, b)
	}
	return f
}

// newFastPath makes the memory to compute with; what it sees is added to stats.
func newFastPath(plan *fastPlan, stats *Stats) *fastPath {
	m := plan.m
	f := &fastPath{
		fastPlan: plan, stats: stats,
		planes: newBlockPlanes(m), or: make([]int16, TilePositions),
		driven: make([]int16, m.blocks[0].rows*TilePositions),
		space:  newCounterSpace(plan.carries, plan.top, newAccumulators(m.columns, m.accumulatorLevels())),
	}
	if f.bins != nil {
		f.tallied = make([]uint64, f.bins.count*binWords)
	}
	return f
}

// newFastBlock finds the columns of block i to count for every width of digit:
// those at risk, or all that have cells set where bins is not nil.
func (m *Matrix) newFastBlock(r *Runner, i int, bins *sumBins) fastBlock {
	f := fastBlock{watched: m.design.Encoding.HasUnitColumn()}
	for _, step := range m.steps {
		w := step.Bits - 1
		if f.sets[w] != nil {
			continue
		}
		b := &m.blocks[i]
		l := stepLayout{rows: b.rows, width: step.Bits, complement: m.analog()}
		f.all[w] = newAllRows(l)
		f.sets[w] = m.riskSets(b, l, r.tables[i], bins)
		for _, s := range f.sets[w] {
			f.watched = f.watched || len(s.columns) > 0
		}
	}
	if m.design.Encoding.HasUnitColumn() {
		f.unit = m.newUnitCorrection(i, r.unit[i].limit)
	}
	return f
}

// riskSets finds the columns of a block to count under converters given by slice.
func (m *Matrix) riskSets(b *block, l stepLayout, converters []table, bins *sumBins) []riskSet {
	var sets []riskSet
	var parts [2]part
	for i := range parts {
		parts[i].cells = make([]uint8, b.rows)
	}
	arrays := m.design.Encoding.Arrays()
	for first := 0; first < m.columns; first += riskColumns {
		var set riskSet
		for slice := range m.slicing.Count {
			pair := b.arrays[slice*arrays : (slice+1)*arrays]
			for n := first; n < min(first+riskColumns, m.columns); n++ {
				if bins == nil && !m.atRisk(pair, n, l.digitMax(), converters[slice].limit) {
					continue
				}
				for i := range pair {
					parts[i].any = m.cells(parts[i].cells, b, &pair[i], n)
				}
				c := riskCase{
					limit: converters[slice].limit, shift: m.slicing.Shift(slice),
					clips: slice*m.converted()*m.columns + n, target: 2 * n, zero: notTallied,
				}
				if bins != nil {
					c.zero = bins.zero[slice]
				}
				if m.analog() {
					set.addPair(l, c, parts)
					continue
				}
				for i := range pair {
					set.addArray(l, c, parts[i], pair[i].isFlipped(n))
					c.clips += m.columns
					c.target++
				}
			}
		}
		set.sort()
		sets = append(sets, set)
	}
	return sets
}

// atRisk says whether digits of at most digitMax could lift column n of some
// arrays above the limit.
func (m *Matrix) atRisk(arrays []array, n int, digitMax, limit int64) bool {
	for i := range arrays {
		if arrays[i].worst[n]/m.digitMax()*digitMax > limit {
			return true
		}
	}
	return false
}

// addArray adds a column of one array; one stored complemented gains what it
// clips.
func (s *riskSet) addArray(l stepLayout, c riskCase, p part, flipped bool) {
	if flipped {
		c.target ^= 1
	}
	if p.any == 0 {
		return
	}
	c.parts = []part{p}
	s.add(l, c)
}

// addPair adds a column whose arrays share a converter: high sums lose, low ones,
// the high sums of the arrays exchanged, gain. The sums are tallied once.
func (s *riskSet) addPair(l stepLayout, c riskCase, parts [2]part) {
	if parts[0].any|parts[1].any == 0 {
		return
	}
	for low := range 2 {
		other := parts[1-low]
		other.complement = true
		c.parts = []part{parts[low], other}
		s.add(l, c)
		c.target++
		c.zero = notTallied
	}
}

// newAllRows is a column that sums the digits of a step.
func newAllRows(l stepLayout) riskSet {
	c := riskColumn{top: uint16(max(bits.Len64(uint64(int64(l.rows)*l.digitMax())), listLevels-1))}
	cells := make([]uint8, l.rows)
	for r := range cells {
		cells[r] = 1
	}
	rows := appendLists(nil, &c, l, []part{{cells: cells, any: 1}})
	return riskSet{columns: []riskColumn{c}, rows: rows}
}

// mvm computes a tile.
func (f *fastPath) mvm(y []int64, x []int16, positions int) {
	f.positions = positions
	f.stats.MVMs += int64(positions)
	f.exact.mul(y, x, &f.scratch)
	for i := range f.blocks {
		for pass := range f.m.design.Encoding.Passes(f.m.rectified) {
			f.pass(i, x, pass)
		}
		f.unit.flush(y, &f.blocks[i].unit)
	}
	for n := range f.m.columns {
		f.kernels.flush(f.space.excess, y[n*TilePositions:(n+1)*TilePositions], n)
	}
}

// pass drives a block's rows once, all steps.
func (f *fastPath) pass(block int, x []int16, pass int) {
	driven := f.drive(block, x, pass)
	if !f.blocks[block].watched {
		f.countReads(driven)
		return
	}
	f.planes.set(&f.kernels, driven)
	for _, s := range f.m.steps {
		f.step(block, s, pass)
	}
}

// step counts the columns that a step can clip.
func (f *fastPath) step(block int, s Step, pass int) {
	b := &f.blocks[block]
	l := stepLayout{rows: f.planes.rows, width: s.Bits, complement: f.m.analog()}
	w := s.Bits - 1
	j := &f.job
	*j = counterJob{planes: f.planes.of(s, l), rows: b.all[w].rows, columns: b.all[w].columns, shift: s.Shift, minus: pass}
	if s.Sign < 0 {
		j.minus ^= 1
	}
	f.kernels.sum(f.space, j)
	digits := digitSums{vectors: f.space.sum[:int(b.all[w].columns[0].top)*tileWords]}
	f.countRead(digits.driven())
	largest := digits.largest()
	if f.m.design.Encoding.HasUnitColumn() {
		f.readUnit(&b.unit, digits, unitRead{step: s, minus: j.minus, largest: largest})
	}
	j.clips = f.stats.blockClips(block)
	if f.bins != nil {
		f.tally(b.sets[w], largest)
		return
	}
	for i := range b.sets[w] {
		set := &b.sets[w][i]
		if n := set.within(largest); n > 0 {
			j.rows, j.columns = set.rows, set.columns[:n]
			f.kernels.count(f.space, j)
		}
	}
}

// countReads counts the reads of a block whose steps need not be looked at.
func (f *fastPath) countReads(driven []int16) {
	clear(f.or)
	f.kernels.or(f.or, driven)
	f.planes.set(&f.kernels, f.or)
	for _, s := range f.m.steps {
		count := 0
		for w := range tileWords {
			any := uint64(0)
			for k := range s.Bits {
				any |= f.planes.words[(s.Shift+k)*2*tileWords+w] // a row and a zero one
			}
			count += bits.OnesCount64(any)
		}
		f.countRead(count)
	}
}

// countRead counts a step of a block, in which wordlines are driven at the given
// number of positions.
func (f *fastPath) countRead(driven int) {
	arrays := int64(f.m.slicing.Count * f.m.design.Encoding.Arrays())
	f.stats.Reads += arrays * int64(f.positions)
	f.stats.EmptyReads += arrays * int64(f.positions-driven)
}

// drive is what a pass drives of a block's rows: the inputs, or a copy that is
// less their zero points, of the pass's sign, and zero at positions that do not
// count. Codes of 16 bits are bit patterns.
func (f *fastPath) drive(block int, x []int16, pass int) []int16 {
	b, e := &f.m.blocks[block], f.m.design.Encoding
	x = x[b.first*TilePositions : (b.first+b.rows)*TilePositions]
	asTheyAre := e.InputSign == Unsigned || f.m.rectified && f.m.zero == nil
	if asTheyAre && f.positions == TilePositions {
		return x
	}
	to := f.driven[:len(x)]
	for r := range b.rows {
		zero := int32(0)
		if f.m.zero != nil && e.InputSign != Unsigned {
			zero = f.m.zero[b.first+r]
		}
		row, from := to[r*TilePositions:(r+1)*TilePositions], x[r*TilePositions:]
		clear(row[f.positions:])
		for p := range row[:f.positions] {
			v := int32(from[p]) - zero
			if e.InputSign == SignSplit {
				if pass == 1 {
					v = -v
				}
				v = max(v, 0)
			}
			row[p] = int16(v)
		}
	}
	return to
}
