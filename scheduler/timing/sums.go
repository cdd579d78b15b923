package timing

// This file is how the sums of a product come together. On each tile the outputs
// of a team's IMAs are added up; then the sums go from tile to tile, each adding
// its own, to the copy's home.

// passed is how many products have left a team's set of sums: to the next tile, or
// into the activation.
func (m *model) passed(i int32) int64 {
	if t := &m.teams[i]; t.next >= 0 {
		return t.passed
	}
	return m.emitters[m.teams[i].copy].available
}

// sum adds the IMAs' outputs up, on the team's own tile.
func (m *model) sum(i int32, product int64) {
	t := &m.teams[i]
	done := m.tiles[t.tile].adder.Serve(m.engine.Now(), t.sumTime)
	m.watch.team(summing, i, product, done)
	if t.next < 0 && t.previous < 0 {
		m.schedule(mergeEnd, done, i, 0)
	} else {
		m.scheduleRaw(sumEnd, done, i, product)
	}
}

// have counts what a team has for the sums of a product: its own, and those of the
// tile before.
func (m *model) have(i int32, product int64) {
	t := &m.teams[i]
	if t.previous < 0 {
		m.endMerge(i)
		return
	}
	if t.parts[product%double]++; t.parts[product%double] < 2 {
		return
	}
	t.parts[product%double] = 0
	done := m.tiles[t.tile].adder.Serve(m.engine.Now(), t.mergeTime)
	m.watch.team(merging, i, product, done)
	if t.next < 0 {
		m.schedule(mergeEnd, done, i, 0)
	} else {
		m.scheduleRaw(mergeEnd, done, i, 0)
	}
}

// endMerge hands a product's sums on.
func (m *model) endMerge(i int32) {
	t := &m.teams[i]
	t.merged++
	if t.next < 0 {
		m.copies[t.copy].summed++
		m.tryActivate(t.copy)
		return
	}
	m.tryForward(i)
}

// tryForward sends sums to the next tile, if there is a place for them.
func (m *model) tryForward(i int32) {
	t := &m.teams[i]
	for t.passed < t.merged && t.passed < m.passed(t.next)+double {
		m.net.begin(m.flows[t.layer].layer, t.columnBits)
		m.watch.sums(i, t.passed)
		m.scheduleRaw(sumsArrive, m.net.send(t.tile, m.teams[t.next].tile, m.engine.Now()), t.next, t.passed)
		t.passed++
		m.freeSums(i)
	}
}

// freeSums lets those go on that wait for a set of a team's sums.
func (m *model) freeSums(i int32) {
	m.tryOutput(i)
	if p := m.teams[i].previous; p >= 0 {
		m.tryForward(p)
	}
}
