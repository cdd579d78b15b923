package scheduler

import (
	"fmt"

	"bitline/arch"
	"bitline/crossbar"
	"bitline/workloads"
)

// Map lays a network out on a chip, one copy of each layer. A matrix is cut into
// row blocks of a crossbar's wordlines and column blocks of the weights that it
// holds a row, the last of each smaller; a block takes an array for each slice
// and sign where slices are grouped, for each sign where they are interleaved.
//
// Arrays are dealt to crossbars and IMAs in order, a row block's column blocks
// side by side, as they share inputs. The arrays of a block stay in one IMA
// where they fit in one, those of a pair whose currents are subtracted always
// do, and a layer starts on a fresh IMA. The unit column of a block lies on its
// top slice, as a further bitline.
//
// It is an error if the chip has too few tiles, and it says how many.
func Map(chip *arch.Chip, net *workloads.Network) (*Mapping, error) {
	if err := net.Check(); err != nil {
		return nil, fmt.Errorf("network %s: %w", net.Name, err)
	}
	shapes := net.Matrices()
	p := newPlacer(chip)
	if p.pair > chip.IMA.Crossbars {
		return nil, fmt.Errorf("chip %s has ima.crossbars = %d, want at least 2 with encoding.signed = %q, whose two arrays are read together",
			chip.Name, chip.IMA.Crossbars, chip.Encoding.Signed)
	}
	if p.width == 0 {
		return nil, fmt.Errorf("chip %s has crossbar.bitlines = %d, want at least one for each of the %d slices of an interleaved weight",
			chip.Name, chip.Crossbar.Bitlines, p.slices)
	}
	for _, s := range shapes { // count first: what does not fit need not be listed
		p.layer(s, nil)
	}
	if need := p.tiles(); need > chip.Tiles {
		missing := "1 tile is missing"
		if n := need - chip.Tiles; n > 1 {
			missing = fmt.Sprintf("%d tiles are missing", n)
		}
		return nil, fmt.Errorf("network %s needs %d tiles of chip %s, which has %d: %s", net.Name, need, chip.Name, chip.Tiles, missing)
	}
	p = newPlacer(chip)
	m := &Mapping{Network: net.Name, Layers: make([]Layer, len(shapes))}
	for i, s := range shapes {
		p.layer(s, &m.Layers[i])
	}
	p.finish(m)
	return m, nil
}

// placer deals arrays to crossbars.
type placer struct {
	chip     *arch.Chip
	width    int // weights in a row of a crossbar
	slices   int
	perBlock int // arrays of one block
	pair     int // arrays that must not be parted
	ima      int // the next crossbar
	crossbar int
}

func newPlacer(chip *arch.Chip) *placer {
	p := &placer{chip: chip, width: chip.WeightsPerRow(), slices: chip.Slicing().Count, pair: 1}
	p.perBlock = chip.Encoding.Arrays()
	if chip.Encoding.Slices == crossbar.Grouped {
		p.perBlock *= p.slices
	}
	if chip.Encoding.Signed == crossbar.DifferentialAnalog {
		p.pair = chip.Encoding.Arrays()
	}
	return p
}

// layer places one layer; where l is nil it only moves on.
func (p *placer) layer(s workloads.MatrixShape, l *Layer) {
	p.freshIMA()
	if l != nil {
		*l = Layer{
			Name: s.Layer, Rows: s.Rows, Columns: s.Columns, Positions: s.Positions, FirstIMA: p.ima,
			RowBlocks: ceil(s.Rows, p.chip.Crossbar.Wordlines), ColumnBlocks: ceil(s.Columns, p.width),
		}
	}
	for row := range ceil(s.Rows, p.chip.Crossbar.Wordlines) {
		for column := range ceil(s.Columns, p.width) {
			p.block(Array{
				RowBlock: row, ColumnBlock: column,
				Rows:    min(p.chip.Crossbar.Wordlines, s.Rows-row*p.chip.Crossbar.Wordlines),
				Weights: min(p.width, s.Columns-column*p.width),
			}, l)
		}
	}
	if l != nil {
		l.IMAs = l.Arrays[len(l.Arrays)-1].IMA + 1 - l.FirstIMA
	}
}

// block places the arrays of one block, of which a is the common part.
func (p *placer) block(a Array, l *Layer) {
	if p.perBlock <= p.chip.IMA.Crossbars && p.crossbar+p.perBlock > p.chip.IMA.Crossbars {
		p.freshIMA()
	}
	signs := p.chip.Encoding.Arrays()
	for i := range p.perBlock {
		if i%p.pair == 0 && p.crossbar+p.pair > p.chip.IMA.Crossbars {
			p.freshIMA()
		}
		a.Slice, a.Sign, a.Bitlines = i/signs, i%signs, a.Weights
		top := a.Slice == p.slices-1
		if p.chip.Encoding.Slices == crossbar.Interleaved {
			a.Slice, a.Bitlines, top = AllSlices, a.Weights*p.slices, true
		}
		if a.Unit = top && p.chip.Encoding.HasUnitColumn(); a.Unit {
			a.Bitlines++
		}
		a.IMA, a.Crossbar = p.ima, p.crossbar
		if l != nil {
			l.Arrays = append(l.Arrays, a)
		}
		p.crossbar++
	}
}

// freshIMA moves on to an IMA with nothing on it.
func (p *placer) freshIMA() {
	if p.crossbar > 0 {
		p.ima, p.crossbar = p.ima+1, 0
	}
}

// tiles is the number of tiles up to here, after at least one array.
func (p *placer) tiles() int { return ceil(p.ima+1, p.chip.Tile.IMAs) }

// finish fills in the figures of the whole mapping.
func (p *placer) finish(m *Mapping) {
	m.IMAsUsed, m.TilesUsed = p.ima+1, p.tiles()
	cells, columns := 0, 0
	for _, l := range m.Layers {
		m.CrossbarsUsed += len(l.Arrays)
		for _, a := range l.Arrays {
			cells += a.Rows * a.Columns()
			columns += a.Columns()
		}
	}
	bitlines := m.CrossbarsUsed * p.chip.Crossbar.Bitlines
	m.ColumnUtilisation = share(columns, bitlines)
	m.CellUtilisation = share(cells, bitlines*p.chip.Crossbar.Wordlines)
}

// ceil is a/b rounded up, for a ≥ 0 and b > 0.
func ceil(a, b int) int { return (a + b - 1) / b }
