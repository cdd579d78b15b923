package timing

import (
	"fmt"
	"strings"

	"bitline/scheduler"
)

// shareEDRAM gives every store on a tile the room that it cannot do without, and
// divides the rest evenly. No store gets more than two images' worth beyond that.
func (b *builder) shareEDRAM() error {
	m := b.m
	byTile := make([][]int32, len(m.tiles))
	for i := range m.stores {
		s := &m.stores[i]
		s.least = max(1, b.least(s))
		byTile[s.tile] = append(byTile[s.tile], int32(i))
	}
	for tile, stores := range byTile {
		free := int64(b.Chip.Tile.EDRAM.Bytes) * 8
		for _, i := range stores {
			free -= m.stores[i].least * m.stores[i].bits
		}
		if free < 0 {
			return b.noRoom(tile, stores)
		}
		for _, i := range stores {
			s := &m.stores[i]
			s.slots = min(s.least+free/int64(len(stores))/s.bits, s.least+2*s.perImage)
			s.parts = make([]int32, s.slots)
		}
	}
	return nil
}

// least is the number of entries that a store must hold, or the network comes to a
// halt: producers send in order, and a position to all that need it at once.
func (b *builder) least(s *store) int64 {
	switch {
	case s.teams != nil:
		return b.leastInput(s)
	case s.copy >= 0:
		return b.leastAddend(s)
	}
	return b.leastWindows(s)
}

// rooms says what the nodes of the round need.
func (b *builder) rooms() *scheduler.Rooms {
	return &scheduler.Rooms{Nodes: b.nodes, Here: b.here}
}

// leastInput is the room of a layer's input (scheduler.Rooms).
func (b *builder) leastInput(s *store) int64 {
	var products []scheduler.Product
	for _, t := range s.teams {
		team := &b.m.teams[t]
		first, i := team.first, 0
		b.eachProduct(t, func(pos int) {
			products = append(products, scheduler.Product{Position: int32(pos), First: first})
			first = team.free[i]
			i++
		})
	}
	return b.rooms().Input(int(s.node), s.positions, products)
}

// leastAddend is the room of what a copy adds (scheduler.Rooms).
func (b *builder) leastAddend(s *store) int64 {
	return b.rooms().Addend(int(s.node), s.positions)
}

// leastWindows is the most windows of a pool that are open at once
// (scheduler.Rooms).
func (b *builder) leastWindows(s *store) int64 {
	return b.rooms().Pool(int(s.node), b.m.emitters[s.emitter].positions)
}

// noRoom explains what does not fit into a tile's eDRAM.
func (b *builder) noRoom(tile int, stores []int32) error {
	var wants []string
	need := int64(0)
	for _, i := range stores {
		s := &b.m.stores[i]
		need += s.least * s.bits
		wants = append(wants, fmt.Sprintf("%d for %s", (s.least*s.bits+7)/8, b.whatFor(s)))
	}
	return fmt.Errorf("the eDRAM of tile %d has %d bytes, want at least %d: %s (key tile.edram.bytes)",
		tile, b.Chip.Tile.EDRAM.Bytes, (need+7)/8, strings.Join(wants, ", "))
}

// whatFor names a store.
func (b *builder) whatFor(s *store) string {
	name := b.nodes[s.node].Name
	switch {
	case s.teams != nil:
		return "the window of layer " + name
	case s.copy >= 0:
		return "what layer " + name + " adds"
	}
	return "the open windows of " + name
}
