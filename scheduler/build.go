package scheduler

import (
	"errors"
	"fmt"

	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/units"
	"bitline/scheduler/sim"
)

// builder makes models of one mapping at given resolutions.
type builder struct {
	chip    *arch.Chip
	mapping *Mapping
	bits    [][]int
	// converters are those of each resolution in use.
	converters [adc.MaxBits + 1]*adc.Converter
}

// newBuilder checks the resolutions and that every layer's input fits its share
// of each tile's eDRAM.
func newBuilder(chip *arch.Chip, mapping *Mapping, bits [][]int) (*builder, error) {
	b := &builder{chip: chip, mapping: mapping, bits: bits}
	if len(bits) != len(mapping.Layers) {
		return nil, fmt.Errorf("resolutions are given for %d layers, want one list for each of %d", len(bits), len(mapping.Layers))
	}
	faults := []error{mapping.CheckTiming()}
	for i, l := range mapping.Layers {
		if err := b.checkBits(bits[i]); err != nil {
			faults = append(faults, fmt.Errorf("layer %s: %w", l.Name, err))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return b, nil
}

// CheckTiming says whether a simulation can time the mapping: every layer must be
// applied once an image.
func (m *Mapping) CheckTiming() error {
	for _, l := range m.Layers {
		if l.Positions != 1 {
			return fmt.Errorf("layer %s is applied at %d positions of an image, want 1: the simulation has no windows of convolutions yet", l.Name, l.Positions)
		}
	}
	return nil
}

func (b *builder) checkBits(bits []int) error {
	slices, lowest := b.chip.Slicing().Count, 1
	if b.chip.Encoding.Signed == crossbar.DifferentialAnalog {
		lowest = 2
	}
	if len(bits) != slices {
		return fmt.Errorf("%d resolutions are given, want one for each of %d slices", len(bits), slices)
	}
	fixed := b.chip.ADC.Kind == adc.Fixed
	if grouped := b.chip.Encoding.Slices == crossbar.Grouped; fixed && grouped && b.chip.ADC.PerIMA < slices {
		return fmt.Errorf("%d fixed converters per IMA, want at least one for each of %d slices", b.chip.ADC.PerIMA, slices)
	} else if fixed && !grouped {
		for _, n := range bits {
			if n != bits[0] {
				return fmt.Errorf("resolutions are %v with fixed converters and interleaved slices, want equal ones", bits)
			}
		}
	}
	for i, n := range bits {
		if n < lowest || n > adc.MaxBits {
			return fmt.Errorf("resolution of slice %d is %d bits, want %d to %d", i, n, lowest, adc.MaxBits)
		}
		if b.converters[n] == nil {
			c, err := b.chip.ADC.Converter(n)
			if err != nil {
				return err
			}
			b.converters[n] = &c
		}
	}
	return nil
}

// model makes a model whose source delivers so many images.
func (b *builder) model(images int64) (*model, error) {
	enc, tile := b.chip.Encoding, b.chip.Tile
	m := &model{
		stage: b.chip.Stage, read: b.chip.Crossbar.Read(), images: images,
		reads: int64(len(enc.Steps(b.chip.DAC.Bits)) * enc.Passes()),
		share: tile.RouterShare,
	}
	for range b.mapping.TilesUsed {
		m.tiles = append(m.tiles, tileParts{buffer: sim.NewPool(1), adder: sim.NewPool(1), activation: sim.NewPool(1)})
	}
	for range ceil(b.mapping.TilesUsed, tile.RouterShare) {
		m.routers = append(m.routers, sim.NewPool(1))
	}
	for i := range b.mapping.Layers {
		b.addLayer(m, int32(i))
	}
	return m, b.connect(m)
}

// addLayer adds a layer's IMAs, lanes and inputs.
func (b *builder) addLayer(m *model, k int32) {
	l := &b.mapping.Layers[k]
	m.layers = append(m.layers, layer{
		firstIMA: int32(len(m.imas)), imas: int32(l.Copies[0].IMAs), home: int32(l.Copies[0].Home),
		columns: int64(l.Columns), activationTime: b.chip.Tile.Activation.Duration(int64(l.Columns)),
	})
	arrays := l.Copies[0].Arrays
	for from := 0; from < len(arrays); {
		to := from
		for to < len(arrays) && arrays[to].IMA == arrays[from].IMA {
			to++
		}
		b.addIMA(m, k, arrays[from:to])
		from = to
	}
	b.addRows(m, k)
}

// addIMA adds one IMA with the arrays of a layer that lie on it.
func (b *builder) addIMA(m *model, k int32, arrays []Array) {
	number := int(arrays[0].IMA)
	tile := int32(number / b.chip.Tile.IMAs)
	if n := len(m.inputs); n == 0 || m.inputs[n-1].layer != k || m.inputs[n-1].tile != tile {
		m.inputs = append(m.inputs, input{layer: k, tile: tile, producer: k - 1})
	}
	in := int32(len(m.inputs) - 1)
	m.inputs[in].imas = append(m.inputs[in].imas, int32(len(m.imas)))
	x := ima{number: number, layer: k, input: in, firstLane: int32(len(m.lanes)), registerFree: true, adder: sim.NewPool(1)}
	pools := b.chip.Slicing().Count
	if b.chip.ADC.Kind == adc.Reconfigurable || b.chip.Encoding.Slices == crossbar.Interleaved {
		pools = 1
	}
	for p := range pools { // converter j serves pool j mod pools
		x.converters = append(x.converters, sim.NewPool((b.chip.ADC.PerIMA-p+pools-1)/pools))
	}
	pair := 1
	if b.chip.Encoding.Signed == crossbar.DifferentialAnalog {
		pair = b.chip.Encoding.Arrays()
	}
	for i := 0; i < len(arrays); i += pair {
		lane := b.lane(k, arrays[i])
		lane.ima, lane.crossbars = int32(len(m.imas)), int64(pair)
		if pools > 1 {
			lane.pool = int32(arrays[i].Slice)
		}
		m.lanes = append(m.lanes, lane)
		x.lanes++
	}
	rows, outputs := blocksOf(arrays)
	x.outputs = outputs
	x.fetchBits = rows * int64(b.chip.Encoding.InputBits)
	x.fetchTime = b.bufferTime(x.fetchBits)
	x.outputBits = outputs * int64(b.chip.IMA.OutputBits)
	x.outputTime = b.chip.Tile.Bus.Duration(x.outputBits)
	x.sumTime = b.chip.Tile.ShiftAdd.Duration(outputs)
	if tile != m.layers[k].home {
		x.routeTime = b.chip.Tile.Router.Duration(x.outputBits)
	}
	m.imas = append(m.imas, x)
}

// blocksOf is the distinct wordlines that some arrays need and the columns of
// their distinct blocks.
func blocksOf(arrays []Array) (rows, columns int64) {
	type block struct{ row, column int32 }
	seenRows, seen := map[int32]bool{}, map[block]bool{}
	for _, a := range arrays {
		if !seenRows[a.RowBlock] {
			seenRows[a.RowBlock] = true
			rows += int64(a.Rows)
		}
		if at := (block{a.RowBlock, a.ColumnBlock}); !seen[at] {
			seen[at] = true
			columns += int64(a.Weights)
		}
	}
	return rows, columns
}

// lane is what one scan of an array converts.
func (b *builder) lane(k int32, a Array) lane {
	l := lane{layer: k, rows: int64(a.Rows)}
	enc := b.chip.Encoding
	add := func(slice int, columns int64) {
		bits := b.bits[k][slice]
		for i := range l.spans {
			if l.spans[i].bits == bits {
				l.spans[i].columns += columns
				return
			}
		}
		l.spans = append(l.spans, span{bits: bits, columns: columns})
	}
	top := int(a.Slice)
	if a.Slice == AllSlices {
		top = b.chip.Slicing().Count - 1
		for slice := range top + 1 {
			add(slice, int64(a.Weights))
		}
	} else {
		add(top, int64(a.Weights))
	}
	switch {
	case a.Units > 0 && enc.UnitADC == crossbar.Own:
		l.unit = int64(a.Units)
	case a.Units > 0:
		add(top, int64(a.Units))
	}
	for _, s := range l.spans { // columns of one resolution are timed as a whole
		l.codes += s.columns
		l.scan += b.converters[s.bits].Scan(s.columns)
	}
	l.add = b.chip.IMA.ShiftAdd.Duration(l.codes)
	return l
}

// bufferTime is the time of a move between a tile's eDRAM and its bus, which
// stream: the slower of the two.
func (b *builder) bufferTime(bits int64) units.Time {
	return max(b.chip.Tile.EDRAMPort.Duration(bits), b.chip.Tile.Bus.Duration(bits))
}

// addRows sets the size of a layer's image in the eDRAM of each of its tiles: the
// distinct rows that the tile's IMAs need.
func (b *builder) addRows(m *model, k int32) {
	l := &b.mapping.Layers[k]
	for i := range m.inputs {
		in := &m.inputs[i]
		if in.layer != k {
			continue
		}
		var arrays []Array
		for _, a := range l.Copies[0].Arrays {
			if int32(int(a.IMA)/b.chip.Tile.IMAs) == in.tile {
				arrays = append(arrays, a)
			}
		}
		rows, _ := blocksOf(arrays)
		in.bits = rows * int64(b.chip.Encoding.InputBits)
	}
}

// connect shares the eDRAM of each tile evenly among the layers on it and leads
// every layer's output to the next.
func (b *builder) connect(m *model) error {
	sharers := make([]int64, len(m.tiles))
	for _, in := range m.inputs {
		sharers[in.tile]++
	}
	var faults []error
	for i := range m.inputs {
		in := &m.inputs[i]
		bytes, part := (in.bits+7)/8, int64(b.chip.Tile.EDRAM.Bytes)/sharers[in.tile]
		if in.slots = part / bytes; in.slots < 1 {
			faults = append(faults, fmt.Errorf("layer %s takes %d bytes an image in the eDRAM of tile %d, whose %d bytes are shared by %d layers, want at most %d bytes",
				b.mapping.Layers[in.layer].Name, bytes, in.tile, b.chip.Tile.EDRAM.Bytes, sharers[in.tile], part))
		}
		if in.producer < 0 {
			continue
		}
		p := &m.layers[in.producer]
		t := target{input: int32(i), writeTime: b.bufferTime(in.bits)}
		if in.tile != p.home {
			t.routeTime = b.chip.Tile.Router.Duration(in.bits)
		}
		p.targets = append(p.targets, t)
	}
	last := &m.layers[len(m.layers)-1]
	last.outBits = last.columns * int64(b.chip.Encoding.InputBits)
	last.outTime = b.bufferTime(last.outBits)
	return errors.Join(faults...)
}
