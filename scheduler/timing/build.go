package timing

import (
	"errors"
	"fmt"
	"slices"

	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/units"
	"bitline/scheduler"
	"bitline/scheduler/sim"
	"bitline/workloads"
)

// Job is what is simulated: a network on a chip, mapped, with the resolution of
// each layer on crossbars and slice, least significant first.
type Job struct {
	Chip    *arch.Chip
	Network *workloads.Network
	Mapping *scheduler.Mapping
	Bits    [][]int
}

// builder makes models of one job and one of its rounds.
type builder struct {
	Job
	round int
	nodes []workloads.Node
	// converters are those of each resolution in use.
	converters [adc.MaxBits + 1]*adc.Converter
	activity   *Activity // nil unless time or energy follows it
	met        *ActivityReport
	kinds      []*imaKind
	lanes      map[laneColumns]lane // known ones, without their wordlines
	m          *model
	changed    *change // nil: nothing
}

// activeBuilder is newBuilder with the activity that time or energy follow.
func activeBuilder(job Job, a *Activity) (*builder, error) {
	b, err := newBuilder(job)
	if err == nil {
		err = b.take(a)
	}
	return b, err
}

// newBuilder checks what no model can be made of.
func newBuilder(job Job) (*builder, error) {
	nodes, err := job.Network.Graph()
	if err != nil {
		return nil, err
	}
	b := &builder{Job: job, nodes: nodes, lanes: map[laneColumns]lane{}}
	layers := job.Mapping.Layers
	if len(job.Bits) != len(layers) {
		return nil, fmt.Errorf("resolutions are given for %d layers, want one list for each of %d", len(job.Bits), len(layers))
	}
	var faults []error
	for i, l := range layers {
		if err := b.checkBits(job.Bits[i]); err != nil {
			faults = append(faults, fmt.Errorf("layer %s: %w", l.Name, err))
		}
	}
	for i := range nodes {
		if err := b.checkNode(&nodes[i]); err != nil {
			faults = append(faults, fmt.Errorf("layer %s: %w", nodes[i].Name, err))
		}
	}
	if job.Mapping.ChipsUsed > 1 && job.Chip.IO.Count == 0 {
		faults = append(faults, fmt.Errorf("chip %s has io.links = 0, want links between the %d chips that the network takes", job.Chip.Name, job.Mapping.ChipsUsed))
	}
	return b, errors.Join(faults...)
}

func (b *builder) checkNode(n *workloads.Node) error {
	if n.Kind == workloads.Attention {
		return errors.New("multiplies two activations, which no crossbar does, and is not simulated")
	}
	return nil
}

func (b *builder) checkBits(bits []int) error {
	slices, lowest := b.Chip.Slicing().Count, 1
	if b.Chip.Encoding.Signed == crossbar.DifferentialAnalog {
		lowest = 2
	}
	if len(bits) != slices {
		return fmt.Errorf("%d resolutions are given, want one for each of %d slices", len(bits), slices)
	}
	fixed := b.Chip.ADC.Kind == adc.Fixed
	if grouped := b.Chip.Encoding.Slices == crossbar.Grouped; fixed && grouped && b.Chip.ADC.PerIMA < slices {
		return fmt.Errorf("%d fixed converters per IMA, want at least one for each of %d slices", b.Chip.ADC.PerIMA, slices)
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
		if err := b.addConverter(n); err != nil {
			return err
		}
	}
	for _, ofStep := range b.stepBits(bits) {
		for _, n := range ofStep {
			if n > 0 {
				if err := b.addConverter(n); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// addConverter makes the converter of a resolution known.
func (b *builder) addConverter(bits int) error {
	if b.converters[bits] != nil {
		return nil
	}
	c, err := b.Chip.ADC.Converter(bits)
	b.converters[bits] = &c
	return err
}

// modelOptions are how one model differs from another of the same job.
type modelOptions struct {
	images, ahead int64
	first         int64 // image of the activity that the first one has
	exact         bool
}

// model makes a model.
func (b *builder) model(o modelOptions) (*model, error) {
	m := &model{stage: b.Chip.Stage, images: o.images, ahead: o.ahead, exact: o.exact, net: newNetwork(b.Chip, len(b.Mapping.Layers)), host: sim.NewPool(1)}
	m.agenda.model = m
	b.m, b.kinds = m, nil
	if !b.Chip.Host.Absent() {
		m.hostBits = &b.Chip.Host.Channel
	}
	for range b.Mapping.TilesUsed {
		m.tiles = append(m.tiles, tileParts{buffer: sim.NewPool(1), adder: sim.NewPool(1), activation: sim.NewPool(1), pool: sim.NewPool(1)})
	}
	m.flows = make([]flow, len(b.nodes)+1)
	for i := range b.nodes {
		if b.onCrossbars(i) {
			b.addLayer(int32(i))
		}
	}
	for i := range b.nodes {
		if b.here(i) && b.nodes[i].Matrix == workloads.NoLayer {
			b.addPool(int32(i))
		}
	}
	b.addSources()
	b.connect()
	b.alter()
	if b.Chip.TimeFollowsData() {
		m.data = b.newData(o.first)
	}
	if m.exact {
		m.addIMAs()
	}
	return m, b.shareEDRAM()
}

// here says whether a node is computed in the round.
func (b *builder) here(node int) bool { return b.roundOf(node) == b.round }

// roundOf is the round of a node: that of its layer or of the layer that a pool
// follows. The image is of no round.
func (b *builder) roundOf(node int) int {
	for node >= 0 && b.nodes[node].Matrix == workloads.NoLayer {
		node = b.nodes[node].Takes[0]
	}
	if node < 0 {
		return 0
	}
	return b.Mapping.Layers[b.nodes[node].Matrix].Round
}

func (b *builder) onCrossbars(node int) bool {
	return b.nodes[node].Matrix != workloads.NoLayer && b.here(node)
}

// layer is the mapping of a node on crossbars.
func (b *builder) layer(node int32) *scheduler.Layer {
	return &b.Mapping.Layers[b.nodes[node].Matrix]
}

// valueBits is the width of one value that a node gives; the image's is −1.
func (b *builder) valueBits(node int32) int64 {
	return scheduler.ValueBits(b.Chip, b.nodes, int(node))
}

// shape is what a node gives, or the image's.
func (b *builder) shape(node int) workloads.Shape {
	if node < 0 {
		return b.Network.Input
	}
	return b.nodes[node].Out
}

// accountOf is the layer on crossbars that computes a flow or whose results a pool
// takes; what the image moves goes to the account of the first.
func (b *builder) accountOf(flow int) int32 {
	if flow == len(b.nodes) {
		flow = workloads.FromImage
	}
	for flow >= 0 && b.nodes[flow].Matrix == workloads.NoLayer {
		flow = b.nodes[flow].Takes[0]
	}
	if flow < 0 {
		return 0
	}
	return int32(b.nodes[flow].Matrix)
}

// flowOf is the flow of a node; the image's is the last.
func (b *builder) flowOf(node int) int32 {
	if node < 0 {
		return int32(len(b.nodes))
	}
	return int32(node)
}

// addLayer adds a layer's copies, teams and stores.
func (b *builder) addLayer(k int32) {
	l, m := b.layer(k), b.m
	first := int32(len(m.copies))
	positions := make([][]int32, len(l.Copies))
	for pos := range l.Positions {
		c := l.CopyOf(pos)
		positions[c] = append(positions[c], int32(pos))
	}
	for c := range l.Copies {
		x := layerCopy{
			layer: k, addend: -1, columns: int64(b.nodes[k].Out.Channels),
			activationTime: b.Chip.Tile.Activation.Duration(int64(b.nodes[k].Out.Channels)),
		}
		b.addEmitter(emitter{flow: k, tile: int32(l.Copies[c].Home), pool: noStore, positions: positions[c]})
		m.copies = append(m.copies, x)
		b.addTeams(k, int32(len(m.copies)-1), l.Copies[c].Arrays)
		b.chain(int32(len(m.copies) - 1))
	}
	b.addInputs(k, first)
}

// addEmitter adds an emitter with its positions.
func (b *builder) addEmitter(e emitter) {
	m := b.m
	f := &m.flows[e.flow]
	if f.emitter == nil {
		n := b.nodes[e.flow].Out.Height * b.nodes[e.flow].Out.Width
		f.emitter, f.number = make([]int32, n), make([]int32, n)
	}
	for i, pos := range e.positions {
		f.emitter[pos], f.number[pos] = int32(len(m.emitters)), int32(i)
	}
	e.perImage = int64(len(e.positions))
	m.emitters = append(m.emitters, e)
}

// addTeams adds the teams of a copy, tile by tile.
func (b *builder) addTeams(k, copy int32, arrays []scheduler.Array) {
	imas := int32(b.Chip.Tile.IMAs)
	for from := 0; from < len(arrays); {
		to := from
		for to < len(arrays) && arrays[to].IMA/imas == arrays[from].IMA/imas {
			to++
		}
		b.addTeam(k, copy, arrays[from:to])
		from = to
	}
}

// chain leads the sums of a copy's teams from tile to tile, from the one placed last
// to the one placed first, the home tile's team at the end. A tile takes up one sum
// for each column of all tiles before it, and passes those and its own on.
func (b *builder) chain(copy int32) {
	m := b.m
	x, home := &m.copies[copy], m.emitters[copy].tile
	if len(x.teams) == 1 {
		x.last = x.teams[0]
		return
	}
	before, columns := int32(noStore), int64(0)
	seen := map[[2]int32]bool{}
	link := func(k int32) {
		t := &m.teams[k]
		t.columns, t.mergeTime = columns, b.Chip.Tile.ShiftAdd.Duration(columns)
		if t.previous = before; before >= 0 {
			m.teams[before].next = k
		}
		for i := range t.arrays {
			if a := &t.arrays[i]; !seen[[2]int32{a.Group, a.ColumnBlock}] {
				seen[[2]int32{a.Group, a.ColumnBlock}] = true
				columns += int64(a.Weights)
			}
		}
		t.columnBits = columns * int64(b.Chip.IMA.OutputBits)
		before = k
	}
	for _, t := range slices.Backward(x.teams) {
		if m.teams[t].tile != home {
			link(t)
		} else {
			x.last = t
		}
	}
	link(x.last)
}

// addTeam adds the part of a copy that lies on one tile.
func (b *builder) addTeam(k, copy int32, arrays []scheduler.Array) {
	m := b.m
	t := team{layer: k, copy: copy, tile: arrays[0].IMA / int32(b.Chip.Tile.IMAs), depth: double, previous: noStore, next: noStore}
	for from := 0; from < len(arrays); {
		to := from
		for to < len(arrays) && arrays[to].IMA == arrays[from].IMA {
			to++
		}
		kind := b.kindOf(k, arrays[from:to])
		t.depth = min(t.depth, b.registerDepth(arrays[from:to]))
		t.imas++
		b.addIMA(&t, kind, arrays[from].IMA)
		from = to
	}
	t.ready = int32(t.imas)
	rows, outputs := blocksOf(arrays)
	t.fetchBits = rows * int64(b.Chip.Encoding.InputBits)
	t.fetchTime = b.moveTime(t.fetchBits)
	t.outputs = outputs
	t.outputBits = outputs * int64(b.Chip.IMA.OutputBits)
	t.outputTime = b.Chip.Tile.Bus.Duration(t.outputBits)
	t.sumTime = b.Chip.Tile.ShiftAdd.Duration(outputs)
	m.copies[copy].teams = append(m.copies[copy].teams, int32(len(m.teams)))
	t.arrays = arrays
	m.teams = append(m.teams, t)
}

// registerDepth is how many products' inputs the input register of an IMA with some
// arrays holds, at least one: then the next ones are fetched while the arrays read.
func (b *builder) registerDepth(arrays []scheduler.Array) int64 {
	rows, _ := blocksOf(arrays)
	return max(1, 8*int64(b.Chip.IMA.InputRegister.Bytes)/(rows*int64(b.Chip.Encoding.InputBits)))
}

// addIMA adds an IMA to the class of its kind.
func (b *builder) addIMA(t *team, kind *imaKind, number int32) {
	for c := range t.classes {
		if t.classes[c].kind == kind {
			t.classes[c].imas++
			return
		}
	}
	t.classes = append(t.classes, class{kind: kind, imas: 1, ima: number, until: make(busy, kind.parts()), use: classUse{pools: make([]sim.Use, len(kind.pools))}})
}

// blocksOf is the distinct wordlines that some arrays need, and the columns of the
// distinct blocks in each of their IMAs.
func blocksOf(arrays []scheduler.Array) (rows, outputs int64) {
	type block struct{ group, row, column, ima int32 }
	const any = -1
	seen := map[block]bool{}
	first := func(b block) bool {
		known := seen[b]
		seen[b] = true
		return !known
	}
	for _, a := range arrays {
		if first(block{a.Group, a.RowBlock, any, any}) {
			rows += int64(a.Rows)
		}
		if first(block{a.Group, a.RowBlock, a.ColumnBlock, a.IMA}) {
			outputs += int64(a.Weights)
		}
	}
	return rows, outputs
}

// moveTime is the time of a move between a tile's eDRAM and its bus, which
// stream: the slower of the two.
func (b *builder) moveTime(bits int64) units.Time {
	return max(b.Chip.Tile.BankedPort().Duration(bits), b.Chip.Tile.Bus.Duration(bits))
}

// ceil is a/b rounded up, for a ≥ 0 and b > 0.
func ceil(a, b int) int { return (a + b - 1) / b }
