package scheduler

// AllSlices is the slice of an array that holds every slice of its weights.
const AllSlices = -1

// Mapping says which block of which layer lies on which crossbar. It is all that
// timing and values share.
type Mapping struct {
	Network string
	Layers  []Layer
	// CrossbarsUsed counts the arrays that hold weights. IMAsUsed and TilesUsed
	// count from the first of the chip to the last that does.
	CrossbarsUsed, IMAsUsed, TilesUsed int
	// CellUtilisation is the share of the cells of the used crossbars that hold a
	// digit of a weight, ColumnUtilisation that of their bitlines, both 0 to 1;
	// unit columns do not count.
	CellUtilisation, ColumnUtilisation float64
}

// Layer is one layer's share of the crossbars.
type Layer struct {
	Name                    string
	Rows, Columns           int
	Positions               int // at which an image applies the layer
	RowBlocks, ColumnBlocks int
	// FirstIMA is the chip's number of the layer's first IMA. A layer's IMAs are
	// consecutive and hold no other layer.
	FirstIMA, IMAs int
	// Arrays are in the order of placing: row block, column block, slice, sign.
	Arrays []Array
}

// Array is one crossbar and what lies on it.
type Array struct {
	RowBlock, ColumnBlock int
	Slice                 int // 0 is the least significant; AllSlices if interleaved
	Sign                  int // 0 holds the positive weights, 1 the negative; 0 if offset
	IMA                   int // number in the chip
	Crossbar              int // number in the IMA
	Rows                  int // mapped wordlines
	Weights               int // weights in a row
	// Bitlines are the mapped ones, a unit column's included.
	Bitlines int
	Unit     bool // the array has a unit column
}

// Columns is the number of bitlines that hold digits of weights.
func (a Array) Columns() int {
	if a.Unit {
		return a.Bitlines - 1
	}
	return a.Bitlines
}
