package workloads

// Batch is some images on their way through a network.
type Batch struct {
	images int
	codes  [][]int16 // by layer + 1: the image first; nil if not there or no longer needed
	sums   [][]int64 // by layer: outputs before rounding, of residual layers and the last
	wide   [][]wide  // the same in 128 bits, where the executor computes so
	next   int       // the layer behind the last that was computed
	// own is the index of codes from which on a batch's memory is its own: what
	// lies before belongs to the batch that it branched from.
	own int
}

func newBatch(images, layers int) Batch {
	return Batch{images: images, codes: make([][]int16, layers+1), sums: make([][]int64, layers), wide: make([][]wide, layers)}
}

// Images is the number of images.
func (b *Batch) Images() int { return b.images }

// Branch is a batch that goes on from where b is, by a way of its own. It shares
// the memory of all that b has computed: b may neither be computed further nor
// released while the branch is in use.
func (b *Batch) Branch() *Batch {
	c := newBatch(b.images, len(b.sums))
	copy(c.codes, b.codes)
	copy(c.sums, b.sums)
	copy(c.wide, b.wide)
	c.next, c.own = b.next, b.next+1
	return &c
}

// Release lets the executor use the batch's own memory for others. The batch has
// ended, and so have its branches.
func (e *Executor) Release(b *Batch) {
	for i := range b.codes {
		e.drop(b, i)
	}
}

// drop lets go of codes i of a batch, or of the sums in their place.
func (e *Executor) drop(b *Batch, i int) {
	if i >= b.own {
		e.memory.codes.give(b.codes[i])
	}
	b.codes[i] = nil
	if i == 0 {
		return
	}
	if i >= b.own {
		e.memory.sums.give(b.sums[i-1])
		e.memory.wide.give(b.wide[i-1])
	}
	b.sums[i-1], b.wide[i-1] = nil, nil
}

// memory is what batches have let go of.
type memory struct {
	codes store[int16]
	sums  store[int64]
	wide  store[wide]
}

type store[T any] struct{ free [][]T }

// mostFree is how much a store keeps: more than a batch needs at a time. Batches
// that change executors would make one's store grow without end.
const mostFree = 8

func (s *store[T]) give(values []T) {
	if values != nil && len(s.free) < mostFree {
		s.free = append(s.free, values)
	}
}

// take is memory for so many values, from what is free if it is large enough.
func (s *store[T]) take(size int) []T {
	best := -1
	for i, f := range s.free {
		if cap(f) >= size && (best < 0 || cap(f) < cap(s.free[best])) {
			best = i
		}
	}
	if best < 0 {
		return make([]T, size)
	}
	values := s.free[best][:size]
	s.free[best] = s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	return values
}

// codeBudget is the memory that the codes of all workers' batches may take
// together, in bytes.
const codeBudget = 256 << 20

// BatchFor is how many images one of several workers should compute at once: so
// many that small layers fill tiles and every worker has some, and that the
// codes of all workers take no more than 256 MiB.
func (m *Model) BatchFor(images, workers int) int {
	nodes := m.nodes()
	batch := TilePositions // a chain of linear layers has one position an image
	for _, l := range nodes {
		if l.positions() > 1 {
			// The last layers of common networks have 2 × 2 positions, and 128 images
			// of them fill a tile.
			batch = TilePositions / 4
		}
	}
	share := (images + workers - 1) / workers
	room := codeBudget / (workers * 2 * mostCodes(nodes, m.Network.Input))
	return max(min(batch, share, room), 1)
}

// mostCodes is the largest number of codes of one image that are in memory at
// the same time.
func mostCodes(nodes []Node, input Shape) int {
	last := lastUses(nodes)
	most := 0
	for layer := range nodes {
		most = max(most, nodes[layer].Out.Size()+liveCodes(nodes, last, input, layer))
	}
	return most
}

// liveCodes is the number of codes of one image that are needed when a layer is
// about to be computed.
func liveCodes(nodes []Node, last []int, input Shape, layer int) int {
	live := 0
	for i := range layer + 1 {
		if last[i] < layer {
			continue
		}
		if i == 0 {
			live += input.Size()
		} else {
			live += nodes[i-1].Out.Size()
		}
	}
	return live
}

// LiveBytes bounds, for every layer, the memory that an image's activations take
// when the layer is about to be computed.
func (m *Model) LiveBytes() []int {
	const widest = 16 // of outputs before rounding; codes have 2
	nodes := m.nodes()
	last := lastUses(nodes)
	live := make([]int, len(nodes))
	for layer := range live {
		live[layer] = 2 * liveCodes(nodes, last, m.Network.Input, layer)
		for i := range layer {
			if nodes[i].Residual && last[i+1] >= layer {
				live[layer] += (widest - 2) * nodes[i].Out.Size()
			}
		}
	}
	return live
}
