package workloads

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
	size := func(i int) int {
		if i == 0 {
			return input.Size()
		}
		return nodes[i-1].Out.Size()
	}
	most := 0
	for layer := range nodes {
		live := size(layer + 1)
		for i := range layer + 1 {
			if last[i] >= layer {
				live += size(i)
			}
		}
		most = max(most, live)
	}
	return most
}
