package scheduler

import "bitline/tile"

// links is the number of links of the chips in use: four of each router, as far as
// routers are in use, and four of the chip to its neighbours.
func (g *grid) links() int { return g.chips * g.linksOfChip() }

func (g *grid) linksOfChip() int { return int(tile.Directions) * ((g.lastRow+1)*g.columns + 1) }

// eachLink visits the links on the way between the routers of two spots. Between
// chips it leads over the first routers.
func (g *grid) eachLink(from, to *spot, visit func(link int)) {
	chip := func(s *spot) int { return int(s.chipRow)*g.chipColumns + int(s.chipColumn) }
	within := func(chip int, row, column, toRow, toColumn int32) {
		first := chip * g.linksOfChip()
		tile.Route(int(row), int(column), int(toRow), int(toColumn), func(row, column int, leave tile.Direction) {
			visit(first + int(tile.Directions)*(row*g.columns+column) + int(leave))
		})
	}
	a, b := chip(from), chip(to)
	if a == b {
		within(a, from.row, from.column, to.row, to.column)
		return
	}
	within(a, from.row, from.column, 0, 0)
	tile.Route(int(from.chipRow), int(from.chipColumn), int(to.chipRow), int(to.chipColumn), func(row, column int, leave tile.Direction) {
		chip := row*g.chipColumns + column
		visit((chip+1)*g.linksOfChip() - int(tile.Directions-leave))
	})
	within(b, 0, 0, to.row, to.column)
}

// busiest is the bits on the busiest link. What a position sends to several tiles
// counts for each.
func (s *swapper) busiest() int64 {
	loads := s.loads
	clear(loads)
	for a := range s.edges {
		for _, e := range s.edges[a] {
			if e.sent > 0 {
				s.grid.eachLink(&s.spots[a], &s.spots[e.to], func(link int) { loads[link] += e.sent })
			}
			// What comes from the port is no other vertex's to count.
			if came := e.bits - e.sent; int(e.to) == len(s.edges) && came > 0 {
				s.grid.eachLink(&s.spots[e.to], &s.spots[a], func(link int) { loads[link] += came })
			}
		}
	}
	most := int64(0)
	for _, n := range loads {
		most = max(most, n)
	}
	return most
}
