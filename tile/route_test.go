package tile

import "testing"

// TestRoute walks between all nodes of grids, whose last rows may be short: every
// way has as many links as Hops says, each step leads to a node of the grid, and the
// last to the target.
func TestRoute(t *testing.T) {
	steps := [Directions][2]int{East: {0, 1}, West: {0, -1}, South: {1, 0}, North: {-1, 0}}
	for nodes := 1; nodes <= 12; nodes++ {
		columns, _ := Grid(nodes, 0)
		for from := range nodes {
			for to := range nodes {
				at, links := from, 0
				Route(from/columns, from%columns, to/columns, to%columns, func(row, column int, leave Direction) {
					if row*columns+column != at {
						t.Fatalf("%d nodes, %d to %d: at row %d, column %d after node %d", nodes, from, to, row, column, at)
					}
					step := steps[leave]
					row, column = row+step[0], column+step[1]
					at, links = row*columns+column, links+1
					if row < 0 || column < 0 || column >= columns || at >= nodes {
						t.Fatalf("%d nodes, %d to %d: %v leads to row %d, column %d, out of the grid", nodes, from, to, leave, row, column)
					}
				})
				if at != to || links != Hops(from, to, columns) {
					t.Errorf("%d nodes, %d to %d: ends at %d after %d links, want %d", nodes, from, to, at, links, Hops(from, to, columns))
				}
			}
		}
	}
}
