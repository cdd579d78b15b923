package scheduler

import (
	"slices"

	"bitline/arch"
	"bitline/tile"
)

// grid is where tiles of a system stand: those of a chip at the routers of
// Network.Grid, chips in a grid as square as possible; each chip's links to its
// neighbours are at the router of its first tile.
type grid struct {
	spots         []spot // of the tiles
	share, tiles  int    // tiles of a router, of a chip
	columns, rows int    // of routers on a chip
	chipColumns   int
	// chips and lastRow are those of the tiles: ways lead over no others.
	chips, lastRow int
}

// spot is where a tile stands: its router's row and column on its chip, and the
// row and column of the chip.
type spot struct{ chipRow, chipColumn, row, column int32 }

// newGrid is the grid of a system's first n tiles.
func newGrid(chip *arch.Chip, n int) *grid {
	g := &grid{spots: make([]spot, n), share: chip.Tile.RouterShare, tiles: chip.Tiles}
	g.columns, g.rows = chip.NoC.Grid(ceil(chip.Tiles, g.share))
	g.chipColumns, _ = tile.Grid(chip.Count, 0)
	for t := range g.spots {
		on, router := t/g.tiles, t%g.tiles/g.share
		g.spots[t] = spot{
			int32(on / g.chipColumns), int32(on % g.chipColumns), int32(router / g.columns), int32(router % g.columns),
		}
		g.chips, g.lastRow = on+1, max(g.lastRow, router/g.columns)
	}
	return g
}

// hops is the number of links between the routers of two tiles, none where they
// share one.
func (g *grid) hops(a, b int32) int64 {
	router := func(t int32) int { return int(t) % g.tiles / g.share }
	from, to := int(a)/g.tiles, int(b)/g.tiles
	if from == to {
		return int64(tile.Hops(router(a), router(b), g.columns))
	}
	return int64(tile.Hops(router(a), 0, g.columns) + tile.Hops(from, to, g.chipColumns) + tile.Hops(0, router(b), g.columns))
}

// between is hops by the spots of two tiles.
func between(from, to *spot) int64 {
	if from.chipRow == to.chipRow && from.chipColumn == to.chipColumn {
		return int64(apart(from.row, to.row) + apart(from.column, to.column))
	}
	return int64(from.row + from.column + apart(from.chipRow, to.chipRow) + apart(from.chipColumn, to.chipColumn) + to.row + to.column)
}

func apart(a, b int32) int32 { return max(a-b, b-a) }

// place is the row and column of a spot, counted over all chips.
func (g *grid) place(s *spot) (row, column int) {
	return int(s.chipRow)*g.rows + int(s.row), int(s.chipColumn)*g.columns + int(s.column)
}

// tilesAt are the tiles of the router of a row and column, counted over all
// chips, from low to high, the latter not included; none where there is no tile.
func (g *grid) tilesAt(row, column int) (low, high int) {
	if row < 0 || column < 0 || column >= g.columns*g.chipColumns {
		return 0, 0
	}
	chip := row/g.rows*g.chipColumns + column/g.columns
	router := row%g.rows*g.columns + column%g.columns
	if router*g.share >= g.tiles {
		return 0, 0
	}
	low = min(chip*g.tiles+router*g.share, len(g.spots))
	return low, min(low+g.share, (chip+1)*g.tiles, len(g.spots))
}

// snake is the tiles in an order in which neighbours stand side by side: rows of
// chips, and rows of routers on each, to the right and to the left in turn.
func (g *grid) snake() []int32 {
	order := make([]int32, len(g.spots))
	for i := range order {
		order[i] = int32(i)
	}
	key := func(tile int32) [5]int32 {
		s := &g.spots[tile]
		k := [5]int32{s.chipRow, s.chipColumn, s.row, s.column, tile}
		for i := 0; i < 4; i += 2 {
			if k[i]%2 == 1 {
				k[i+1] = -k[i+1]
			}
		}
		return k
	}
	slices.SortFunc(order, func(a, b int32) int {
		ka, kb := key(a), key(b)
		return slices.Compare(ka[:], kb[:])
	})
	return order
}
