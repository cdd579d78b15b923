package timing

import (
	"bitline/scheduler"
	"bitline/workloads"
)

// noStore is the number of no store, no copy and no emitter.
const noStore = -1

// addInputs adds the stores of a layer's inputs, one on each of its tiles, and
// those of what it adds, one for each copy.
func (b *builder) addInputs(k, first int32) {
	m, n := b.m, &b.nodes[k]
	byTile := map[int32][]int32{}
	var tiles []int32
	for _, x := range m.copies[first:] {
		for _, t := range x.teams {
			tile := m.teams[t].tile
			if byTile[tile] == nil {
				tiles = append(tiles, tile)
			}
			byTile[tile] = append(byTile[tile], t)
		}
	}
	for _, tile := range tiles {
		b.addInput(k, tile, byTile[tile])
	}
	if n.Adds == workloads.NoLayer {
		return
	}
	for c := first; int(c) < len(m.copies); c++ {
		m.copies[c].addend = b.addAddend(k, c)
	}
}

// addInput adds the store of a layer's input on one tile, with the positions that
// the teams there see.
func (b *builder) addInput(k, tile int32, teams []int32) {
	m, n := b.m, &b.nodes[k]
	index := make([]int32, n.In.Height*n.In.Width) // 1 + entry of each position
	channels := make([]bool, n.In.Channels)
	offsets := make([][]bool, len(teams))
	for i, t := range teams {
		offsets[i] = scheduler.SeenBy(b.Chip, n, m.teams[t].arrays, channels)
		b.eachProduct(t, func(pos int) {
			eachPixel(n, pos, func(offset, pixel int) {
				if offsets[i][offset] {
					index[pixel] = 1
				}
			})
		})
	}
	s := store{node: k, tile: tile, flow: b.flowOf(n.Takes[0]), teams: teams, copy: noStore, emitter: noStore}
	for pixel, used := range index {
		if used > 0 {
			s.positions = append(s.positions, int32(pixel))
			index[pixel] = int32(len(s.positions))
		}
	}
	s.perImage = int64(len(s.positions))
	for _, used := range channels {
		if used {
			s.bits += b.valueBits(int32(n.Takes[0]))
		}
	}
	for i, t := range teams {
		m.teams[t].store = int32(len(m.stores))
		b.needs(t, offsets[i], index, s.perImage)
	}
	b.addStore(s)
}

// addStore adds a store that is complete but for its room, and leads its
// producer's positions to it.
func (b *builder) addStore(s store) int32 {
	number := int32(len(b.m.stores))
	f := &b.m.flows[s.flow]
	s.message, s.layer = s.bits, b.accountOf(int(s.flow))
	s.writeTime = b.moveTime(s.bits)
	for entry, position := range s.positions {
		f.pending = append(f.pending, lead{position, target{number, int32(entry)}})
	}
	b.m.stores = append(b.m.stores, s)
	return number
}

// eachProduct visits the positions that a team computes.
func (b *builder) eachProduct(t int32, visit func(pos int)) {
	for _, pos := range b.m.emitters[b.m.teams[t].copy].positions {
		visit(int(pos))
	}
}

// needs works out what each product of a team needs of its store.
func (b *builder) needs(t int32, offsets []bool, index []int32, perImage int64) {
	team := &b.m.teams[t]
	n := &b.nodes[team.layer]
	var firsts []int32
	b.eachProduct(t, func(pos int) {
		first, need := int32(perImage), int32(0)
		eachPixel(n, pos, func(offset, pixel int) {
			if offsets[offset] {
				first, need = min(first, index[pixel]-1), max(need, index[pixel])
			}
		})
		firsts = append(firsts, first)
		team.need = append(team.need, need)
	})
	team.free = make([]int32, len(firsts))
	least := int32(perImage) // of all later products
	for i := len(firsts) - 1; i >= 0; i-- {
		team.free[i] = least
		least = min(least, firsts[i])
	}
	team.first = least
	team.free[len(firsts)-1] += least
}

// addAddend adds the store of what a copy of a layer adds.
func (b *builder) addAddend(k, c int32) int32 {
	n, x := &b.nodes[k], &b.m.emitters[c]
	s := store{
		node: k, tile: x.tile, flow: b.flowOf(n.Adds), copy: c, emitter: noStore, perImage: x.perImage,
		bits: int64(n.Out.Channels) * b.valueBits(int32(n.Adds)), positions: x.positions,
	}
	return b.addStore(s)
}

// addPool adds the parts of a pool, one on each tile that computes the last
// position of one of its windows: there it ends, with the fewest messages.
func (b *builder) addPool(k int32) {
	m, n := b.m, &b.nodes[k]
	from := &m.flows[b.flowOf(n.Takes[0])]
	parts := map[int32][]int32{}
	var tiles []int32
	for pos := range n.Out.Height * n.Out.Width {
		tile := int32(0) // of a pool of the image
		if from.emitter != nil {
			tile = m.emitters[from.emitter[lastPixel(n, pos)]].tile
		}
		if parts[tile] == nil {
			tiles = append(tiles, tile)
		}
		parts[tile] = append(parts[tile], int32(pos))
	}
	for _, tile := range tiles {
		e := emitter{flow: k, tile: tile, pool: int32(len(m.stores)), positions: parts[tile]}
		b.addWindows(k, e)
		b.addEmitter(e)
	}
}

// addWindows adds the store of one part of a pool: an entry is a window that fills
// with values.
func (b *builder) addWindows(k int32, e emitter) {
	m, n := b.m, &b.nodes[k]
	from := n.Takes[0]
	s := store{
		node: k, tile: e.tile, copy: noStore, emitter: int32(len(m.emitters)), perImage: int64(len(e.positions)),
		windows: make([]int32, len(e.positions)), flow: b.flowOf(from), layer: b.accountOf(int(b.flowOf(from))),
		bits: int64(n.Out.Channels) * b.valueBits(int32(from)), writeTime: b.Chip.Tile.MaxPool.Duration(int64(n.Out.Channels)),
	}
	s.message = s.bits
	into := make([][]int32, n.In.Height*n.In.Width)
	for i, pos := range e.positions {
		eachPixel(n, int(pos), func(_, pixel int) {
			s.windows[i]++
			into[pixel] = append(into[pixel], int32(i))
		})
	}
	f := &m.flows[s.flow]
	s.start = []int32{0}
	for pixel, windows := range into {
		if windows != nil {
			f.pending = append(f.pending, lead{int32(pixel), target{int32(len(m.stores)), int32(len(s.start) - 1)}})
			s.entries = append(s.entries, windows...)
			s.start = append(s.start, int32(len(s.entries)))
		}
	}
	m.stores = append(m.stores, s)
}

// addSources adds an emitter for the image and for everything of an earlier round
// that this one takes.
func (b *builder) addSources() {
	m := b.m
	m.sources = int32(len(m.emitters))
	add := func(node int) {
		f := &m.flows[b.flowOf(node)]
		if len(f.pending) == 0 {
			return
		}
		s := b.shape(node)
		m.emitters = append(m.emitters, emitter{flow: b.flowOf(node), tile: atHost, pool: noStore, perImage: int64(s.Height * s.Width)})
	}
	add(workloads.FromImage)
	for i := range b.nodes {
		if !b.here(i) {
			add(i)
		}
	}
}

// connect lays out where each position of each flow is needed.
func (b *builder) connect() {
	m := b.m
	for i := range m.flows {
		f := &m.flows[i]
		node := i
		if i == len(b.nodes) {
			node = workloads.FromImage
		}
		s := b.shape(node)
		f.positions = int64(s.Height * s.Width)
		f.bits = int64(s.Channels) * b.valueBits(int32(node))
		f.outTime = b.moveTime(f.bits)
		f.layer = b.accountOf(node)
		f.lay()
		if node >= 0 && b.here(node) && len(f.targets) == 0 {
			m.outputs += f.positions
		}
	}
}

// lead says that a position of a flow is needed somewhere.
type lead struct {
	position int32
	target   target
}

// lay sorts the leads by position, those of one position in the order in which
// they were added.
func (f *flow) lay() {
	f.start = make([]int32, f.positions+1)
	for _, l := range f.pending {
		f.start[l.position+1]++
	}
	for p := range f.positions {
		f.start[p+1] += f.start[p]
	}
	f.targets = make([]target, len(f.pending))
	next := append([]int32(nil), f.start...)
	for _, l := range f.pending {
		f.targets[next[l.position]] = l.target
		next[l.position]++
	}
	f.pending = nil
}
