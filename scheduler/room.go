package scheduler

import (
	"slices"

	"bitline/arch"
	"bitline/workloads"
)

// This file says what the eDRAM of a tile must hold, or a network comes to a
// halt: producers send their positions in order, and each to all that need it at
// once.

// Product is an output position that is computed on a tile, and the first entry of
// its inputs there that it sees.
type Product struct{ Position, First int32 }

// Rooms finds what the nodes of one round need.
type Rooms struct {
	Nodes []workloads.Node
	Here  func(node int) bool // says which nodes are computed in the round
}

// Input is the number of entries that the input of a node on crossbars must have
// on a tile: from the first that a product or a later one sees there to the last
// that it sees on any tile, or that comes while what is added is under way. Entries
// are the positions of the input that the tile's products see, in order. It sorts
// the products.
func (r *Rooms) Input(node int, entries []int32, products []Product) int64 {
	slices.SortStableFunc(products, func(a, b Product) int { return int(a.Position) - int(b.Position) })
	for i := len(products) - 2; i >= 0; i-- {
		products[i].First = min(products[i].First, products[i+1].First)
	}
	n, sent, room := &r.Nodes[node], 0, int64(0)
	last, beside := -1, func(int) bool { return false }
	if n.Adds != workloads.NoLayer {
		layers, shortcut := r.paths(n)
		beside = func(pos int) bool { return r.through(layers, pos) <= r.through(shortcut, last) }
	}
	for _, p := range products {
		seen := int32(LastSeen(n, int(p.Position)))
		last = int(p.Position)
		for sent < len(entries) && (entries[sent] <= seen || beside(int(entries[sent]))) {
			sent++
		}
		room = max(room, int64(sent)-int64(p.First))
	}
	return room
}

// Addend is the number of positions that a copy must hold of what its node adds,
// for its own positions in order: the most that the shortcut gets ahead of the
// layers beside it. Of what both come from, the node needs so much for a position,
// and the shortcut has sent all that it makes of as much.
func (r *Rooms) Addend(node int, positions []int32) int64 {
	n := &r.Nodes[node]
	layers, shortcut := r.paths(n)
	sent, room := 0, int64(0)
	for i, pos := range positions {
		need := r.through(layers, LastSeenUpTo(n, int(pos)))
		for sent < len(positions) && r.through(shortcut, int(positions[sent])) <= need {
			sent++
		}
		room = max(room, int64(sent-i))
	}
	return room
}

// through is the last position, of what a path comes from, that a position of its
// end and those before it rest on.
func (r *Rooms) through(path []int, pos int) int {
	for _, l := range path {
		pos = LastSeenUpTo(&r.Nodes[l], pos)
	}
	return pos
}

// paths are the layers from what a node takes, and from what it adds, back to what
// both come from.
func (r *Rooms) paths(n *workloads.Node) (layers, shortcut []int) {
	back := func(from int) []int {
		var path []int
		for ; from >= 0 && r.Here(from); from = r.Nodes[from].Takes[0] {
			path = append(path, from)
		}
		return path
	}
	layers, shortcut = back(n.Takes[0]), back(n.Adds)
	for i, l := range shortcut {
		if k := slices.Index(layers, l); k >= 0 {
			return layers[:k], shortcut[:i]
		}
	}
	return layers, shortcut
}

// Pool is the most windows of a pool that are open at once, of those of some of its
// positions, which are in order: when one of them is complete, all that came before
// its last value has gone into others.
func (r *Rooms) Pool(node int, positions []int32) int64 {
	n := &r.Nodes[node]
	opened := make([]int64, n.In.Height*n.In.Width) // windows open by then
	for i, pos := range positions {
		EachSeen(n, int(pos), func(_, pixel int) { opened[pixel] = int64(i) + 1 })
	}
	for pixel := 1; pixel < len(opened); pixel++ {
		opened[pixel] = max(opened[pixel], opened[pixel-1])
	}
	last, room := 0, int64(0)
	for i, pos := range positions {
		last = max(last, LastSeen(n, int(pos)))
		room = max(room, opened[last]-int64(i))
	}
	return room
}

// ValueBits is the width in bits of one value that a node gives; the image's number
// is negative.
func ValueBits(chip *arch.Chip, nodes []workloads.Node, node int) int64 {
	if node >= 0 && nodes[node].Residual {
		return int64(chip.IMA.OutputBits)
	}
	return int64(chip.Encoding.InputBits)
}
