package scheduler

import (
	"cmp"
	"context"
	"slices"

	"bitline/arch"
	"bitline/workloads"
)

// nearConsumer renumbers the tiles of each round of a mapping that is in order,
// such that less is moved less far (TrafficOf). From several starts it swaps tiles
// with those on the way to the median of where their traffic goes, as long as that
// makes BitHops smaller, and takes the end whose busiest link has least to carry.
// The tiles in use remain the same, and BitHops never exceeds that of the order.
func nearConsumer(ctx context.Context, chip *arch.Chip, net *workloads.Network, m *Mapping) error {
	f, err := newFlows(chip, net, m)
	if err != nil {
		return err
	}
	tiles := make([]int, m.Rounds) // of each round
	for i := range m.Layers {
		l := &m.Layers[i]
		arrays := l.Copies[len(l.Copies)-1].Arrays
		tiles[l.Round] = int(arrays[len(arrays)-1].IMA)/chip.Tile.IMAs + 1
	}
	edges, err := collect(ctx, f)
	if err != nil {
		return err
	}
	stripes := make([][]stripe, m.Rounds)
	if chip.Map.Deal == arch.DealStriped {
		stripes = m.stripes(chip.Tile.IMAs, tiles)
	}
	orders := make([][]int32, m.Rounds)
	for r, n := range tiles {
		first := f.vertex(r, 0)
		s := newSwapper(newGrid(chip, n), edges[first:int(first)+n], first)
		orders[r] = s.search(stripes[r])
	}
	m.renumber(chip, orders)
	return nil
}

// renumber moves what lies on each tile of a round to the one that the round's
// order gives. The homes of copies move along.
func (m *Mapping) renumber(chip *arch.Chip, orders [][]int32) {
	imas := int32(chip.Tile.IMAs)
	for i := range m.Layers {
		l := &m.Layers[i]
		for c := range l.Copies {
			for k := range l.Copies[c].Arrays {
				a := &l.Copies[c].Arrays[k]
				a.IMA = orders[l.Round][a.IMA/imas]*imas + a.IMA%imas
			}
		}
	}
	m.settle(chip)
}

// inverse is the order that undoes another.
func inverse(order []int32) []int32 {
	back := make([]int32, len(order))
	for i, to := range order {
		back[to] = int32(i)
	}
	return back
}

// edge is what a vertex exchanges with another in both directions.
type edge struct {
	to   vertex
	bits int64
	sent int64 // of the bits, to the other
}

// collect gathers the traffic of each vertex, one edge for each other end.
func collect(ctx context.Context, f *flows) ([][]edge, error) {
	all := make([][]edge, len(f.seen))
	add := func(from, to vertex, bits, sent int64) {
		if n := len(all[from]); n > 0 && all[from][n-1].to == to {
			all[from][n-1].bits += bits
			all[from][n-1].sent += sent
			return
		}
		all[from] = append(all[from], edge{to, bits, sent})
	}
	err := f.each(ctx, func(from, to vertex, bits int64) {
		if from != to {
			add(from, to, bits, bits)
			add(to, from, bits, 0)
		}
	})
	if err != nil {
		return nil, err
	}
	first := make([]int, len(all)) // 1 + where a vertex's edge to another stands
	for v, edges := range all {
		n := 0
		for _, e := range edges {
			if at := first[e.to]; at > 0 {
				edges[at-1].bits += e.bits
				edges[at-1].sent += e.sent
				continue
			}
			edges[n] = e
			n++
			first[e.to] = n
		}
		all[v] = edges[:n:n]
		for _, e := range all[v] {
			first[e.to] = 0
		}
	}
	return all, nil
}

// swapper improves the order of the tiles of one round.
type swapper struct {
	grid *grid
	// edges are those of each tile by its number in order; an edge's other end is
	// such a number too, and the port's is one more than the highest.
	edges [][]edge
	order []int32 // the tile on which each lies now
	on    []int32 // which lies on each tile
	spots []spot  // where each lies now, the port last
	work  int     // edges that were looked at
	// rows, columns and loads are scratch: the bits that go to each, and on each link.
	rows, columns, loads []int64
}

const (
	// maxPasses and maxWork bound the search for swaps, in passes over all tiles
	// and in edges that are looked at.
	maxPasses = 8
	maxWork   = 1 << 24
)

// newSwapper takes the edges of a round's vertices, of which first is the first.
func newSwapper(g *grid, edges [][]edge, first vertex) *swapper {
	n := len(edges)
	s := &swapper{grid: g, edges: edges, spots: append(slices.Clone(g.spots), g.spots[0]), loads: make([]int64, g.links())}
	for _, list := range edges {
		for i := range list {
			if list[i].to -= first; list[i].to < 0 {
				list[i].to = vertex(n)
			}
		}
	}
	row, column := 0, 0
	for tile := range g.spots {
		r, c := g.place(&g.spots[tile])
		row, column = max(row, r), max(column, c)
	}
	s.rows, s.columns = make([]int64, row+1), make([]int64, column+1)
	return s
}

// search is the best end of all starts.
func (s *swapper) search(stripes []stripe) []int32 {
	starts := s.starts(stripes)
	s.set(sequence(len(s.edges)))
	far := s.cost()
	var best []int32
	least := int64(0)
	for _, start := range starts {
		s.set(start)
		s.work = 0
		s.improve()
		if busiest := s.busiest(); best == nil || busiest < least && s.cost() <= far {
			best, least = s.order, busiest
		}
	}
	return best
}

func (s *swapper) set(order []int32) {
	s.order, s.on = order, inverse(order)
	for a, tile := range order {
		s.spots[a] = s.grid.spots[tile]
	}
}

// improve swaps tiles as long as that is good for anything.
func (s *swapper) improve() {
	for pass, better := 0, true; better && pass < maxPasses && s.work < maxWork; pass++ {
		better = false
		for a := range s.order {
			better = s.swap(int32(a)) || better
			if s.work >= maxWork {
				break
			}
		}
	}
}

// cost is the sum of bits × hops; what two tiles exchange counts twice.
func (s *swapper) cost() int64 {
	sum := int64(0)
	for a := range s.edges {
		for _, e := range s.edges[a] {
			sum += e.bits * between(&s.spots[a], &s.spots[e.to])
		}
	}
	return sum
}

// swap makes the best swap of a tile that is tried, if it is any good: with
// the tiles of the median router and of those one row or column on the way to it.
func (s *swapper) swap(a int32) bool {
	if len(s.edges[a]) == 0 {
		return false
	}
	row, column := s.grid.place(&s.spots[a])
	toRow, toColumn := s.median(a)
	least, with := int64(0), int32(-1)
	for _, at := range [][2]int{{toRow, toColumn}, {row + cmp.Compare(toRow, row), column}, {row, column + cmp.Compare(toColumn, column)}} {
		low, high := s.grid.tilesAt(at[0], at[1])
		if at == [2]int{row, column} || low >= high {
			continue
		}
		to := &s.grid.spots[low] // that of all tiles of the router
		there, _ := s.moved(a, to, -1)
		for tile := low; tile < high; tile++ {
			b := s.on[tile]
			back, shared := s.moved(b, &s.spots[a], a)
			// What the two exchange goes as far as before.
			if gain := there + shared*between(&s.spots[a], to) + back; gain < least {
				least, with = gain, b
			}
		}
	}
	if with < 0 {
		return false
	}
	s.order[a], s.order[with] = s.order[with], s.order[a]
	s.spots[a], s.spots[with] = s.spots[with], s.spots[a]
	s.on[s.order[a]], s.on[s.order[with]] = a, with
	return true
}

// moved is by how much bits × hops of a tile grow if it moves, without those that
// it shares with another.
func (s *swapper) moved(a int32, to *spot, other int32) (grown, shared int64) {
	from := s.spots[a]
	for _, e := range s.edges[a] {
		if int32(e.to) == other {
			shared = e.bits
			continue
		}
		at := &s.spots[e.to]
		grown += e.bits * (between(to, at) - between(&from, at))
	}
	s.work += len(s.edges[a])
	return grown, shared
}

// median is the weighted median of the rows and columns to which the traffic of a
// tile goes.
func (s *swapper) median(a int32) (row, column int) {
	clear(s.rows)
	clear(s.columns)
	for _, e := range s.edges[a] {
		r, c := s.grid.place(&s.spots[e.to])
		s.rows[r] += e.bits
		s.columns[c] += e.bits
	}
	s.work += len(s.edges[a])
	return middle(s.rows), middle(s.columns)
}

// middle is the first place up to which at least half of the weights lie.
func middle(weights []int64) int {
	total, passed := int64(0), int64(0)
	for _, w := range weights {
		total += w
	}
	for i, w := range weights {
		if passed += w; 2*passed >= total {
			return i
		}
	}
	return 0
}
