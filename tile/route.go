package tile

// Direction is the side of a router, or of a chip, on which a message leaves it.
type Direction int

// The directions, in the order in which the links of a router are numbered.
const (
	East Direction = iota
	West
	South
	North
	Directions // the number of them
)

// String is the direction's name in reports and traces.
func (d Direction) String() string { return [...]string{"east", "west", "south", "north"}[d] }

// Route visits the nodes between two of a grid, with the direction in which each is
// left. Routing is dimension-ordered, without deadlock: first along the row and
// then along the column; the other way round towards lower rows, since the last row
// may be too short.
func Route(row, column, toRow, toColumn int, visit func(row, column int, leave Direction)) {
	for ; row > toRow; row-- {
		visit(row, column, North)
	}
	for ; column < toColumn; column++ {
		visit(row, column, East)
	}
	for ; column > toColumn; column-- {
		visit(row, column, West)
	}
	for ; row < toRow; row++ {
		visit(row, column, South)
	}
}
