package scheduler

// AllSlices is the slice of an array that holds every slice of its weights.
const AllSlices = -1

// Mapping says which block of which layer lies on which crossbar, over all chips
// of the system and all rounds. It is all that timing and values share.
type Mapping struct {
	Network string
	Layers  []Layer
	// Rounds is 1 unless the chip is asked to run in rounds and must: then each
	// round's layers have the whole system to themselves, after the cells were
	// programmed anew.
	Rounds int
	// CrossbarsUsed counts the arrays of the round that has most. IMAsUsed and
	// TilesUsed are one more than the highest number of one that holds weights in
	// any round, so that numbers index a list of as many; ChipsUsed counts the
	// chips of those tiles.
	CrossbarsUsed, IMAsUsed, TilesUsed, ChipsUsed int
	// Use is what all rounds put on crossbars.
	Use Use
	// FullestTile is how many crossbars with weights the tile has that has most of
	// them; of a network in rounds the sum of each round's.
	FullestTile int64
	// CellUtilisation is the share of the cells of the used crossbars that hold a
	// digit of a weight, ColumnUtilisation that of their bitlines, both 0 to 1;
	// unit columns do not count.
	CellUtilisation, ColumnUtilisation float64
}

// Layer is one layer's share of the crossbars.
type Layer struct {
	Name string
	// Rows × Columns weights are those of one of Groups equal matrices on disjoint
	// inputs; there is one but for grouped convolutions.
	Rows, Columns, Groups int
	Positions             int  // at which an image applies the layer
	Width                 int  // positions of a row
	Rectified             bool // no input is negative (crossbar.Encoding.Passes)
	// RowBlocks × ColumnBlocks are those of one group, both 1 where groups share
	// arrays. GroupBlocks is the number of sets of groups that do: Groups where an
	// array holds one.
	GroupBlocks, RowBlocks, ColumnBlocks int
	Round                                int // 0 to Mapping.Rounds − 1
	// Copies hold the same weights and share the positions of an image (CopyOf).
	Copies []Copy
	Use    Use // of all copies

	stripes stripes
}

// Copy is one copy of a layer's weights. It has its IMAs to itself: an IMA
// belongs to one copy of one layer. Tiles may be shared.
type Copy struct {
	// Arrays are in the order of placing: group block, row block, column block,
	// slice, sign. Those of an IMA stand together.
	Arrays []Array
	IMAs   int
	// Home is the tile on which most of the arrays lie, of equals the one that
	// comes first in Arrays: there a product's outputs come together.
	Home int
}

// Array is one crossbar and what lies on it.
type Array struct {
	// Group is the first of the Groups that lie on the array, on its diagonal
	// where they are several.
	Group, Groups         int32
	RowBlock, ColumnBlock int32 // of a group
	Slice                 int32 // 0 is the least significant; AllSlices if interleaved
	Sign                  int32 // 0 holds the positive weights, 1 the negative; 0 if offset
	IMA                   int32 // number in the system
	Crossbar              int32 // number in the IMA
	Rows                  int32 // mapped wordlines
	Weights               int32 // weights in a row, of all groups
	// Bitlines are the mapped ones, unit columns included.
	Bitlines int32
	// Units is the number of unit columns: one for each group, on the array of the
	// top slice. The first is a further bitline; those of more groups take
	// bitlines of the array.
	Units int32
}

// Columns is the number of bitlines that hold digits of weights.
func (a *Array) Columns() int { return int(a.Bitlines - a.Units) }

// Cells is the number of cells that hold digits of weights.
func (a *Array) Cells() int { return int(a.Rows) * a.Columns() / int(a.Groups) }
