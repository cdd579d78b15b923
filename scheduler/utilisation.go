package scheduler

import (
	"bitline/arch"
	"bitline/internal/units"
)

// Use counts what weights take and leave of crossbars, IMAs and tiles. For a
// whole system
//
//	Cells + EdgeCells + DiagonalCells = Crossbars × wordlines × bitlines
//	Crossbars + IMALost + TileLost = Tiles × IMAs a tile × crossbars an IMA
//
// In rounds each round counts what it takes. Layers share tiles, so that a
// layer's own count has no tiles.
type Use struct {
	// Cells hold digits of weights. EdgeCells lie beyond the last row or column of
	// a block, DiagonalCells between the groups of a diagonal, its further unit
	// columns included.
	Cells, EdgeCells, DiagonalCells int64
	// Columns are bitlines that hold digits of weights.
	Columns int64
	// Crossbars hold weights, and IMAs have such crossbars, and Tiles such IMAs.
	Crossbars, IMAs, Tiles int64
	// IMALost counts crossbars without weights in IMAs that have some, TileLost
	// those of IMAs without weights in tiles that have some.
	IMALost, TileLost int64
}

// CellShare is the part of the used crossbars' cells that holds digits of
// weights, 0 to 1.
func (u *Use) CellShare() float64 {
	return units.Quotient(int(u.Cells), int(u.Cells+u.EdgeCells+u.DiagonalCells))
}

// ColumnShare is the part of the used crossbars' bitlines that holds digits of
// weights, 0 to 1.
func (u *Use) ColumnShare(chip *arch.Chip) float64 {
	return units.Quotient(int(u.Columns), int(u.Crossbars)*chip.Crossbar.Bitlines)
}

// CrossbarShare is the part of the used IMAs' crossbars that holds weights, 0 to
// 1.
func (u *Use) CrossbarShare() float64 {
	return units.Quotient(int(u.Crossbars), int(u.Crossbars+u.IMALost))
}

// IMAShare is the part of the used tiles' IMAs that has crossbars with weights, 0
// to 1; 0 for a layer.
func (u *Use) IMAShare(chip *arch.Chip) float64 {
	return units.Quotient(int(u.IMAs), int(u.Tiles)*chip.Tile.IMAs)
}

// addCopies counts n copies of a layer that take so many arrays and IMAs each,
// of which one copy's are given.
func (u *Use) addCopies(chip *arch.Chip, arrays []Array, imas, n int) {
	cells := int64(chip.Crossbar.Wordlines) * int64(chip.Crossbar.Bitlines)
	var one Use
	for i := range arrays {
		a := &arrays[i]
		mapped, between := int64(a.Cells()), int64(0)
		if a.Groups > 1 {
			columns := int64(a.Columns()) + int64(max(a.Units-1, 0))
			between = int64(a.Rows)*columns - mapped
		}
		one.Cells += mapped
		one.DiagonalCells += between
		one.EdgeCells += cells - mapped - between
		one.Columns += int64(a.Columns())
	}
	one.Crossbars, one.IMAs = int64(len(arrays)), int64(imas)
	one.IMALost = one.IMAs*int64(chip.IMA.Crossbars) - one.Crossbars
	u.add(&one, int64(n))
}

// add adds n times the other.
func (u *Use) add(o *Use, n int64) {
	u.Cells += n * o.Cells
	u.EdgeCells += n * o.EdgeCells
	u.DiagonalCells += n * o.DiagonalCells
	u.Columns += n * o.Columns
	u.Crossbars += n * o.Crossbars
	u.IMAs += n * o.IMAs
	u.Tiles += n * o.Tiles
	u.IMALost += n * o.IMALost
	u.TileLost += n * o.TileLost
}
