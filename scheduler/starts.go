package scheduler

import (
	"cmp"
	"slices"
)

// maxStarts bounds the starts from which tiles are swapped.
const maxStarts = 2

// starts are the orders from which a search begins, the best by bits × hops of the
// order of numbers and the snake first, and then those with the least busiest
// link, where positions are dealt in stripes. Such a start fills the tiles, in one of
// these two orders, with the stripes of the first layers side by side, from left to
// right through all of them, and then with the other layers one after the other.
func (s *swapper) starts(stripes []stripe) [][]int32 {
	type start struct {
		order         []int32
		busiest, cost int64
	}
	var all []start
	weigh := func(order []int32) start {
		s.set(order)
		return start{order, s.busiest(), s.cost()}
	}
	layers := 0
	for _, t := range stripes {
		layers = max(layers, t.layer+1)
	}
	numbers := sequence(len(s.edges))
	first := []start{weigh(slices.Clone(numbers)), weigh(s.grid.snake())}
	for prefix := 1; prefix <= layers; prefix++ {
		sorted := slices.Clone(numbers)
		slices.SortStableFunc(sorted, func(a, b int32) int {
			x, y := &stripes[a], &stripes[b]
			if x.layer >= prefix || y.layer >= prefix {
				return cmp.Compare(max(x.layer, prefix-1), max(y.layer, prefix-1))
			}
			return cmp.Compare(x.middle, y.middle)
		})
		for _, places := range [][]int32{numbers, first[1].order} {
			order := make([]int32, len(sorted))
			for i, a := range sorted {
				order[a] = places[i]
			}
			all = append(all, weigh(order))
		}
	}
	slices.SortStableFunc(first, func(a, b start) int { return cmp.Compare(a.cost, b.cost) })
	slices.SortStableFunc(all, func(a, b start) int {
		return cmp.Or(cmp.Compare(a.busiest, b.busiest), cmp.Compare(a.cost, b.cost))
	})
	orders := [][]int32{first[0].order}
	for _, x := range all[:min(len(all), maxStarts)] {
		orders = append(orders, x.order)
	}
	return orders
}

// stripe is what lies on a tile: the first layer there, and where its columns are
// in the mean, from 0 for the left to 1 for the right.
type stripe struct {
	layer  int
	middle float64
}

// stripes are those of the tiles of each round, so many. The parts of a layer with
// one copy count as if they were columns.
func (m *Mapping) stripes(imas int, tiles []int) [][]stripe {
	all, weight := make([][]stripe, len(tiles)), make([][]float64, len(tiles))
	for r, n := range tiles {
		all[r], weight[r] = make([]stripe, n), make([]float64, n)
	}
	for i := len(m.Layers) - 1; i >= 0; i-- {
		l := &m.Layers[i]
		for c := range l.Copies {
			arrays := l.Copies[c].Arrays
			for k := range arrays {
				at := int(arrays[k].IMA) / imas
				all[l.Round][at].layer = i
				all[l.Round][at].middle += (float64(c) + (float64(k)+0.5)/float64(len(arrays))) / float64(len(l.Copies))
				weight[l.Round][at]++
			}
		}
	}
	for r := range all {
		for at := range all[r] {
			all[r][at].middle /= weight[r][at]
		}
	}
	return all
}
