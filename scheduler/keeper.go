package scheduler

import (
	"slices"

	"bitline/arch"
	"bitline/workloads"
)

// keeper watches the eDRAM of the tile that is being filled, so that what lies
// there finds room for the least that the network needs (room.go). A copy that
// would take too much starts on the next tile. A nil keeper lets copies lie side
// by side.
type keeper struct {
	chip  *arch.Chip
	nodes []workloads.Node
	m     *Mapping
	image int64      // bits of pools of the image, which lie on the first tile
	free  int64      // bits of the tile but for those
	tile  []*tenants // of each layer on the tile, the present layer last
	// layer is the number of the present layer, spread the IMAs of a tile that its
	// copies take.
	layer, spread int
	dealt         *dealt // of the present layer
}

// dealt is the positions that each copy of a layer computes, and those of each pool
// behind it whose windows it completes. They are found when they are asked for.
type dealt struct {
	node      int
	layer     *Layer
	pools     []int // nodes
	computed  [][]int32
	completed [][][]int32
}

// tenants are the parts of a layer's copies on a tile.
type tenants struct {
	*dealt
	copies []int
	parts  [][]Array // of each of the copies
	homes  []int     // copies that are at home on the tile
	known  int64     // bits that they need; 0 if not known
}

func newKeeper(y *layout, m *Mapping) *keeper {
	if y.dense {
		return nil
	}
	k := &keeper{chip: y.chip, nodes: y.nodes, m: m}
	for _, node := range k.poolsOf(workloads.FromImage) {
		k.image += k.windowBits(node, sequence(positionsOf(&k.nodes[node])))
	}
	return k
}

// eDRAM is the bits of a tile's.
func (k *keeper) eDRAM() int64 { return int64(k.chip.Tile.EDRAM.Bytes) * 8 }

// sequence is the numbers from 0 to n − 1.
func sequence(n int) []int32 {
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

func positionsOf(n *workloads.Node) int { return n.Out.Height * n.Out.Width }

// root is the node on crossbars whose results a node without any takes, the node
// itself if it has some, or the image.
func (k *keeper) root(node int) int {
	for node >= 0 && k.nodes[node].Matrix == workloads.NoLayer {
		node = k.nodes[node].Takes[0]
	}
	return node
}

// poolsOf are the pools that take results of a node on crossbars, or the image.
func (k *keeper) poolsOf(root int) (pools []int) {
	for i := range k.nodes {
		if n := &k.nodes[i]; n.Matrix == workloads.NoLayer && n.Kind != workloads.Attention && k.root(i) == root {
			pools = append(pools, i)
		}
	}
	return pools
}

// begin starts a layer that knows its copies; they are not placed yet.
func (k *keeper) begin(matrix int) {
	if k != nil {
		node := slices.IndexFunc(k.nodes, func(n workloads.Node) bool { return n.Matrix == matrix })
		k.layer, k.spread = matrix, k.chip.Tile.IMAs
		k.dealt = &dealt{node: node, layer: &k.m.Layers[matrix], pools: k.poolsOf(node)}
		k.tile = append(k.tile, &tenants{dealt: k.dealt})
	}
}

// place puts a copy, whose arrays lie from the next IMA on, where there is room,
// and returns by how many IMAs the next copy comes later.
func (k *keeper) place(c int, arrays []Array) (span int) {
	first := arrays[0].IMA
	if k == nil {
		return int(arrays[len(arrays)-1].IMA-first) + 1
	}
	imas := int32(k.chip.Tile.IMAs)
	if rest := first % imas; rest > 0 && (k.spread < int(imas) || k.crowds(c, arrays)) {
		move(arrays, imas-rest)
	}
	if c == 0 && !k.fitsAlone(arrays) {
		k.spreadOut(arrays) // later copies are like the first
	}
	last := arrays[len(arrays)-1].IMA
	if last/imas != first/imas || first%imas == 0 { // a fresh tile
		k.tile, k.free = []*tenants{{dealt: k.dealt}}, k.eDRAM()
		if last < imas && k.m.Layers[k.layer].Round == 0 {
			k.free -= k.image
		}
	}
	k.tile[len(k.tile)-1].add(c, tail(arrays, imas), home(arrays, imas) == last/imas)
	return int(last-first) + 1
}

func move(arrays []Array, by int32) {
	for i := range arrays {
		arrays[i].IMA += by
	}
}

// crowds says whether a copy that begins on the present tile takes more of its
// eDRAM than is left. Where that is too small already, it makes no difference.
func (k *keeper) crowds(c int, arrays []Array) bool {
	imas := int32(k.chip.Tile.IMAs)
	present := k.tile[len(k.tile)-1]
	with := *present
	with.known, with.copies, with.parts, with.homes = 0, slices.Clone(with.copies), slices.Clone(with.parts), slices.Clone(with.homes)
	tile := arrays[0].IMA / imas
	with.add(c, head(arrays, imas), home(arrays, imas) == tile)
	k.tile[len(k.tile)-1] = &with
	fits := k.fits()
	k.tile[len(k.tile)-1] = present
	return !fits && k.fits()
}

// fits says whether the tile has room for all on it: by a bound, or what they
// need.
func (k *keeper) fits() bool {
	most, need := int64(0), int64(0)
	for _, t := range k.tile {
		most += k.mostBits(t)
	}
	if most <= k.free {
		return true
	}
	for _, t := range k.tile {
		need += k.bits(t)
	}
	return need <= k.free
}

// fitsAlone says whether a copy fits on tiles of its own.
func (k *keeper) fitsAlone(arrays []Array) bool {
	imas := int32(k.chip.Tile.IMAs)
	at := home(arrays, imas)
	for rest := arrays; len(rest) > 0; {
		part := head(rest, imas)
		rest = rest[len(part):]
		alone := keeper{chip: k.chip, nodes: k.nodes, m: k.m, free: k.eDRAM(), tile: []*tenants{{dealt: k.dealt}}}
		alone.tile[0].add(0, part, part[0].IMA/imas == at)
		if !alone.fits() {
			return false
		}
	}
	return true
}

// spreadOut lets the copies of the present layer take as many IMAs of each tile as
// its eDRAM allows, from the first of a tile on, where fewer need fewer channels:
// else the tile that sees the first rows of a window needs as much.
func (k *keeper) spreadOut(arrays []Array) {
	dense, imas := slices.Clone(arrays), int32(k.chip.Tile.IMAs)
	if rest := arrays[0].IMA % imas; rest > 0 {
		move(arrays, imas-rest)
	}
	first := arrays[0].IMA
	fresh := slices.Clone(arrays)
	n := &k.nodes[k.dealt.node]
	for some := imas - 1; some > 0; some-- {
		channels := make([]bool, n.In.Channels)
		end := slices.IndexFunc(fresh, func(a Array) bool { return a.IMA == first+some })
		if end < 0 || SeenBy(k.chip, n, fresh[:end], channels) == nil || !slices.Contains(channels, false) {
			continue
		}
		for i := range arrays {
			j := fresh[i].IMA - first
			arrays[i].IMA = first + j/some*imas + j%some
		}
		if k.fitsAlone(arrays) {
			k.spread = int(some)
			return
		}
	}
	copy(arrays, dense)
}

// add adds a part of a copy, which may be at home on the tile.
func (t *tenants) add(c int, part []Array, home bool) {
	t.parts, t.copies, t.known = append(t.parts, part), append(t.copies, c), 0
	if home {
		t.homes = append(t.homes, c)
	}
}

// head is the arrays of a copy on its first tile, tail those on its last.
func head(arrays []Array, imas int32) []Array {
	n := 1
	for n < len(arrays) && arrays[n].IMA/imas == arrays[0].IMA/imas {
		n++
	}
	return arrays[:n]
}

func tail(arrays []Array, imas int32) []Array {
	n := len(arrays) - 1
	for n > 0 && arrays[n-1].IMA/imas == arrays[n].IMA/imas {
		n--
	}
	return arrays[n:]
}

// home is the tile of a copy's home.
func home(arrays []Array, imas int32) int32 {
	c := Copy{Arrays: arrays}
	c.settle(imas)
	return int32(c.Home)
}

// mostBits bounds bits from above: a window's rows but the last are whole.
func (k *keeper) mostBits(t *tenants) int64 {
	if len(t.parts) == 0 {
		return 0
	}
	n := &k.nodes[t.node]
	w := &n.Window
	entries := n.In.Height * n.In.Width
	if n.Adds == workloads.NoLayer { // else the shortcut may be late
		entries = min(entries, (w.Height-1)*n.In.Width+w.Width)
	}
	sum := int64(max(1, entries)*n.In.Channels) * ValueBits(k.chip, k.nodes, n.Takes[0])
	if n.Adds != workloads.NoLayer {
		sum += int64(len(t.homes)*t.layer.Products()*n.Out.Channels) * ValueBits(k.chip, k.nodes, n.Adds)
	}
	for _, node := range t.pools {
		p := &k.nodes[node]
		open := min(positionsOf(p), ((p.Window.Height-1)/p.Window.Stride+1)*p.Out.Width+p.Window.Width)
		sum += int64(open*p.Out.Channels) * ValueBits(k.chip, k.nodes, p.Takes[0])
	}
	return sum
}

// bits is what tenants need of the eDRAM: their input, what those at home add, and
// the windows of pools that they complete.
func (k *keeper) bits(t *tenants) int64 {
	if t.known > 0 || len(t.parts) == 0 {
		return t.known
	}
	n := &k.nodes[t.node]
	k.list(t.dealt)
	t.known = k.inputBits(t)
	if n.Adds != workloads.NoLayer {
		for _, c := range t.homes {
			room := max(1, k.rooms(t.layer.Round).Addend(t.node, t.computed[c]))
			t.known += room * int64(n.Out.Channels) * ValueBits(k.chip, k.nodes, n.Adds)
		}
	}
	for i, node := range t.pools {
		var positions []int32
		for _, c := range t.homes {
			positions = append(positions, t.completed[i][c]...)
		}
		slices.Sort(positions)
		t.known += k.windowBits(node, positions)
	}
	return t.known
}

// rooms says what the nodes of a round need.
func (k *keeper) rooms(round int) *Rooms {
	return &Rooms{Nodes: k.nodes, Here: func(node int) bool {
		node = k.root(node)
		return node >= 0 && k.m.Layers[k.nodes[node].Matrix].Round == round
	}}
}

// list finds the positions of a layer's copies.
func (k *keeper) list(w *dealt) {
	if w.computed != nil {
		return
	}
	w.computed = make([][]int32, len(w.layer.Copies))
	for p := range w.layer.Positions {
		c := w.layer.CopyOf(p)
		w.computed[c] = append(w.computed[c], int32(p))
	}
	for _, pool := range w.pools {
		completed := make([][]int32, len(w.layer.Copies))
		for p := range positionsOf(&k.nodes[pool]) {
			last := p
			for at := pool; at != w.node; at = k.nodes[at].Takes[0] {
				last = LastSeen(&k.nodes[at], last)
			}
			c := w.layer.CopyOf(last)
			completed[c] = append(completed[c], int32(p))
		}
		w.completed = append(w.completed, completed)
	}
}

// inputBits is what the input of tenants needs.
func (k *keeper) inputBits(t *tenants) int64 {
	n := &k.nodes[t.node]
	channels := make([]bool, n.In.Channels)
	index := make([]int32, n.In.Height*n.In.Width)
	offsets := make([][]bool, len(t.parts))
	for i, part := range t.parts {
		offsets[i] = SeenBy(k.chip, n, part, channels)
		for _, p := range t.computed[t.copies[i]] {
			EachSeen(n, int(p), func(offset, pixel int) {
				if offsets[i][offset] {
					index[pixel] = 1
				}
			})
		}
	}
	var entries []int32
	for pixel, seen := range index {
		if index[pixel] = int32(len(entries)); seen > 0 {
			entries = append(entries, int32(pixel))
		}
	}
	var products []Product
	for i := range t.parts {
		for _, p := range t.computed[t.copies[i]] {
			first := int32(len(entries))
			EachSeen(n, int(p), func(offset, pixel int) {
				if offsets[i][offset] {
					first = min(first, index[pixel])
				}
			})
			products = append(products, Product{p, first})
		}
	}
	width := int64(0)
	for _, used := range channels {
		if used {
			width += ValueBits(k.chip, k.nodes, n.Takes[0])
		}
	}
	return max(1, k.rooms(t.layer.Round).Input(t.node, entries, products)) * width
}

// windowBits is what the windows of a pool at some of its positions need.
func (k *keeper) windowBits(node int, positions []int32) int64 {
	if len(positions) == 0 {
		return 0
	}
	n := &k.nodes[node]
	return max(1, k.rooms(0).Pool(node, positions)) * int64(n.Out.Channels) * ValueBits(k.chip, k.nodes, n.Takes[0])
}
