package scheduler

// The directions of links, in the order of their numbers.
const (
	east = iota
	west
	south
	north
	directions
)

// links is the number of links of the chips in use: four of each router, as far as
// routers are in use, and four of the chip to its neighbours.
func (g *grid) links() int { return g.chips * g.linksOfChip() }

func (g *grid) linksOfChip() int { return directions * ((g.lastRow+1)*g.columns + 1) }

// eachLink visits the links on the way between the routers of two spots: first
// along the row and then along the column, the other way round towards lower rows,
// since the last row may be too short. Between chips it leads over the first
// routers.
func (g *grid) eachLink(from, to *spot, visit func(link int)) {
	chip := func(s *spot) int { return int(s.chipRow)*g.chipColumns + int(s.chipColumn) }
	within := func(chip int, row, column, toRow, toColumn int32) {
		first := chip * g.linksOfChip()
		eachStep(row, column, toRow, toColumn, func(row, column int32, direction int) {
			visit(first + directions*(int(row)*g.columns+int(column)) + direction)
		})
	}
	a, b := chip(from), chip(to)
	if a == b {
		within(a, from.row, from.column, to.row, to.column)
		return
	}
	within(a, from.row, from.column, 0, 0)
	eachStep(from.chipRow, from.chipColumn, to.chipRow, to.chipColumn, func(row, column int32, direction int) {
		chip := int(row)*g.chipColumns + int(column)
		visit((chip+1)*g.linksOfChip() - directions + direction)
	})
	within(b, 0, 0, to.row, to.column)
}

// eachStep visits the nodes between two of a grid, with the direction in which
// each is left.
func eachStep(row, column, toRow, toColumn int32, visit func(row, column int32, direction int)) {
	for ; row > toRow; row-- {
		visit(row, column, north)
	}
	for ; column < toColumn; column++ {
		visit(row, column, east)
	}
	for ; column > toColumn; column-- {
		visit(row, column, west)
	}
	for ; row < toRow; row++ {
		visit(row, column, south)
	}
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
