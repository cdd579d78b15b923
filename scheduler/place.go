package scheduler

import (
	"context"
	"fmt"

	"bitline/arch"
	"bitline/crossbar"
	"bitline/workloads"
)

// Map lays a network out on the chips of a system. A matrix is cut into row
// blocks of a crossbar's wordlines and column blocks of the weights that it holds
// a row, the last of each smaller; a block takes an array for each slice and sign
// where slices are grouped, for each sign where they are interleaved. The unit
// column of a block lies on its top slice, as a further bitline.
//
// Arrays are dealt to crossbars and IMAs in order, a row block's column blocks
// side by side, as they share inputs. The arrays of a block stay in one IMA where
// they fit in one, those of a pair whose currents are subtracted always do. The
// copies of a layer are dealt one after the other, and each starts on a fresh
// IMA: an IMA belongs to one copy of one layer.
//
// Of a grouped convolution as many groups as fit lie on the diagonal of one
// array; wordlines and bitlines both bound their number. A group that fits in no
// array is cut into blocks like a matrix of its own.
//
// How many copies a layer has, in which round it runs and which tiles it takes
// follows chip.Map. It is an error if the system is too small, and it says how
// many tiles are missing.
func Map(chip *arch.Chip, net *workloads.Network) (*Mapping, error) {
	return MapContext(context.Background(), chip, net)
}

// MapContext is Map, which takes seconds for images of many positions, until the
// context ends.
func MapContext(ctx context.Context, chip *arch.Chip, net *workloads.Network) (*Mapping, error) {
	nodes, err := net.Graph()
	if err != nil {
		return nil, fmt.Errorf("network %s: %w", net.Name, err)
	}
	y := newLayout(chip)
	y.nodes = nodes
	if y.pair > chip.IMA.Crossbars {
		return nil, fmt.Errorf("chip %s has ima.crossbars = %d, want at least 2 with encoding.signed = %q, whose two arrays are read together",
			chip.Name, chip.IMA.Crossbars, chip.Encoding.Signed)
	}
	if y.width == 0 {
		return nil, fmt.Errorf("chip %s has crossbar.bitlines = %d, want at least one for each of the %d slices of an interleaved weight",
			chip.Name, chip.Crossbar.Bitlines, y.slices)
	}
	m, err := y.place(net)
	if err != nil {
		return nil, err
	}
	if chip.Map.Place == arch.PlaceNearConsumer {
		if err := nearConsumer(ctx, chip, net, m); err != nil {
			return nil, err
		}
	}
	y.finish(m)
	return m, nil
}

// place deals all copies to tiles. Where eDRAM makes copies start on fresh tiles
// and these are more than the system has, there are fewer copies; where one of
// each layer does not fit so, all lie side by side, and whether they find room is
// for a simulation to say.
func (y *layout) place(net *workloads.Network) (*Mapping, error) {
	for {
		plans, err := y.plans(net)
		if err != nil && y.lost == 0 {
			return nil, err
		}
		if err != nil {
			y.lost, y.dense = 0, true
			continue
		}
		m := y.deal(net.Name, plans)
		m.settle(y.chip)
		over := m.TilesUsed - y.chip.Count*y.chip.Tiles
		if over <= 0 {
			return m, nil
		}
		y.lost += over * y.chip.Tile.IMAs
	}
}

// layout is how blocks lie on the crossbars of a chip.
type layout struct {
	chip      *arch.Chip
	width     int // weights in a row of a crossbar
	slices    int
	perWeight int // bitlines of a weight in one array
	perBlock  int // arrays of one block
	pair      int // arrays that must not be parted
	unit      int // arrays that are not parted
	nodes     []workloads.Node
	lost      int  // IMAs of the system that are left free on tiles whose eDRAM is full
	dense     bool // copies lie side by side, whatever eDRAM they need
}

func newLayout(chip *arch.Chip) *layout {
	y := &layout{chip: chip, width: chip.WeightsPerRow(), slices: chip.Slicing().Count, perWeight: 1, pair: 1}
	y.perBlock = chip.Encoding.Arrays()
	if chip.Encoding.Slices == crossbar.Grouped {
		y.perBlock *= y.slices
	} else {
		y.perWeight = y.slices
	}
	if chip.Encoding.Signed == crossbar.DifferentialAnalog {
		y.pair = chip.Encoding.Arrays()
	}
	if y.unit = y.perBlock; y.unit > chip.IMA.Crossbars {
		y.unit = y.pair
	}
	return y
}

// units is how many sets of arrays that stay together an IMA holds.
func (y *layout) units() int { return y.chip.IMA.Crossbars / y.unit }

// plan is one layer before it is placed.
type plan struct {
	shape workloads.MatrixShape
	width int // positions of a row
	// share is how many groups an array holds.
	share                                int
	groupBlocks, rowBlocks, columnBlocks int
	imas                                 int // of one copy
	copies                               int
	pinned                               bool // copies are given by hand
	round                                int
}

// plan cuts one layer into blocks.
func (y *layout) plan(s workloads.MatrixShape) plan {
	p := plan{shape: s, share: y.groups(s), copies: 1}
	p.groupBlocks = ceil(s.Groups, p.share)
	p.rowBlocks, p.columnBlocks = ceil(s.Rows, y.chip.Crossbar.Wordlines), ceil(s.Columns, y.width)
	p.imas = ceil(ceil(p.arrays(y), y.unit), y.units())
	return p
}

// arrays is the number of arrays of one copy.
func (p *plan) arrays(y *layout) int {
	return p.groupBlocks * p.rowBlocks * p.columnBlocks * y.perBlock
}

// groups is how many groups of a layer one array holds, at least 1: all of their
// rows and columns must fit and, where there are unit columns, one for each, of
// which one is a further bitline.
func (y *layout) groups(s workloads.MatrixShape) int {
	n := min(s.Groups, y.chip.Crossbar.Wordlines/s.Rows, y.width/s.Columns)
	if y.chip.Encoding.HasUnitColumn() {
		n = min(n, (y.chip.Crossbar.Bitlines+1)/(s.Columns*y.perWeight+1))
	}
	return max(n, 1)
}

// deal places all copies on tiles in the order of their numbers, each on the next
// IMAs, or from the next tile on where a tile's eDRAM would be too full.
func (y *layout) deal(network string, plans []plan) *Mapping {
	m := &Mapping{Network: network, Layers: make([]Layer, len(plans)), Rounds: 1}
	total, copies := 0, 0
	for i := range plans {
		total += plans[i].copies * plans[i].arrays(y)
		copies += plans[i].copies
	}
	arrays, all := make([]Array, 0, total), make([]Copy, copies)
	next, k := 0, newKeeper(y, m)
	for i := range plans {
		p := &plans[i]
		if p.round == m.Rounds {
			m.Rounds, next = m.Rounds+1, 0
		}
		l := &m.Layers[i]
		*l = Layer{
			Name: p.shape.Layer, Rows: p.shape.Rows, Columns: p.shape.Columns, Groups: p.shape.Groups, Positions: p.shape.Positions, Rectified: p.shape.Rectified, Width: p.width,
			GroupBlocks: p.groupBlocks, RowBlocks: p.rowBlocks, ColumnBlocks: p.columnBlocks, Round: p.round,
		}
		l.Copies, all = all[:p.copies:p.copies], all[p.copies:]
		l.deal(y.chip.Map.Deal)
		k.begin(i)
		for c := range l.Copies {
			from := len(arrays)
			if c == 0 {
				arrays = y.list(p, next, arrays)
			} else {
				start := l.Copies[0].Arrays[0].IMA
				for _, a := range l.Copies[0].Arrays {
					a.IMA += int32(next) - start
					arrays = append(arrays, a)
				}
			}
			l.Copies[c] = Copy{Arrays: arrays[from:len(arrays):len(arrays)], IMAs: p.imas}
			next += k.place(c, l.Copies[c].Arrays)
		}
	}
	return m
}

// list appends the arrays of one copy of a layer from an IMA on.
func (y *layout) list(p *plan, ima int, arrays []Array) []Array {
	s, placed := &p.shape, 0
	for group := range p.groupBlocks {
		for row := range p.rowBlocks {
			for column := range p.columnBlocks {
				groups := min(p.share, s.Groups-group*p.share)
				a := Array{
					Group: int32(group * p.share), Groups: int32(groups), RowBlock: int32(row), ColumnBlock: int32(column),
					Rows:    int32(groups * min(y.chip.Crossbar.Wordlines, s.Rows-row*y.chip.Crossbar.Wordlines)),
					Weights: int32(groups * min(y.width, s.Columns-column*y.width)),
				}
				arrays = y.block(a, ima, placed, arrays)
				placed += y.perBlock
			}
		}
	}
	return arrays
}

// block appends the arrays of one block, of which a is the common part, to a copy
// that starts on an IMA and has placed so many.
func (y *layout) block(a Array, ima, placed int, arrays []Array) []Array {
	signs := y.chip.Encoding.Arrays()
	for i := range y.perBlock {
		a.Slice, a.Sign, a.Bitlines = int32(i/signs), int32(i%signs), a.Weights
		top := int(a.Slice) == y.slices-1
		if y.chip.Encoding.Slices == crossbar.Interleaved {
			a.Slice, a.Bitlines, top = AllSlices, a.Weights*int32(y.slices), true
		}
		a.Units = 0
		if top && y.chip.Encoding.HasUnitColumn() {
			a.Units = a.Groups
			a.Bitlines += a.Units
		}
		unit := (placed + i) / y.unit
		a.IMA = int32(ima + unit/y.units())
		a.Crossbar = int32(unit%y.units()*y.unit + (placed+i)%y.unit)
		arrays = append(arrays, a)
	}
	return arrays
}

// settle fills in the homes of all copies and what of the system is used.
func (m *Mapping) settle(chip *arch.Chip) {
	m.IMAsUsed = 0
	for i := range m.Layers {
		for c := range m.Layers[i].Copies {
			highest := m.Layers[i].Copies[c].settle(int32(chip.Tile.IMAs))
			m.IMAsUsed = max(m.IMAsUsed, highest+1)
		}
	}
	m.TilesUsed = ceil(m.IMAsUsed, chip.Tile.IMAs)
	m.ChipsUsed = ceil(m.TilesUsed, chip.Tiles)
}

// settle finds the copy's home and the highest number of its IMAs.
func (c *Copy) settle(imas int32) (highest int) {
	most := 0
	for from := 0; from < len(c.Arrays); {
		tile, to := c.Arrays[from].IMA/imas, from
		for ; to < len(c.Arrays) && c.Arrays[to].IMA/imas == tile; to++ {
			highest = max(highest, int(c.Arrays[to].IMA))
		}
		if n := to - from; n > most {
			most, c.Home = n, int(tile)
		}
		from = to
	}
	return highest
}

// finish fills in the figures of utilisation.
func (y *layout) finish(m *Mapping) {
	crossbars, tiles := make([]int, m.Rounds), make([]int, m.Rounds)
	full := map[[2]int32]int64{} // arrays by round and tile
	fullest := make([]int64, m.Rounds)
	for i := range m.Layers {
		l := &m.Layers[i]
		l.Use.addCopies(y.chip, l.Copies[0].Arrays, l.Copies[0].IMAs, len(l.Copies))
		m.Use.add(&l.Use, 1)
		crossbars[l.Round] += int(l.Use.Crossbars)
		for c := range l.Copies {
			for _, a := range l.Copies[c].Arrays {
				at := [2]int32{int32(l.Round), a.IMA / int32(y.chip.Tile.IMAs)}
				full[at]++
				fullest[l.Round] = max(fullest[l.Round], full[at])
			}
			highest := l.Copies[c].settle(int32(y.chip.Tile.IMAs))
			tiles[l.Round] = max(tiles[l.Round], y.tiles(highest+1))
		}
	}
	for r := range tiles {
		m.Use.Tiles += int64(tiles[r])
		m.FullestTile += fullest[r]
		m.CrossbarsUsed = max(m.CrossbarsUsed, crossbars[r])
	}
	m.Use.TileLost = (m.Use.Tiles*int64(y.chip.Tile.IMAs) - m.Use.IMAs) * int64(y.chip.IMA.Crossbars)
	m.CellUtilisation, m.ColumnUtilisation = m.Use.CellShare(), m.Use.ColumnShare(y.chip)
}

// ceil is a/b rounded up, for a ≥ 0 and b > 0.
func ceil(a, b int) int { return (a + b - 1) / b }
