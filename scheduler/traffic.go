package scheduler

import (
	"context"
	"fmt"

	"bitline/arch"
	"bitline/workloads"
)

// Traffic is what one image moves between tiles.
type Traffic struct {
	// Bits that leave a tile for another, BitHops each times the links on its way:
	// the figure by which placements are compared.
	Bits, BitHops int64
}

// TrafficOf is the traffic of one image of the mapping's network:
//
//   - an output position is sent once to each tile that needs it, and of its codes
//     those from the first to the last channel that the rows there take;
//   - every tile of a copy adds up its own row blocks and what the tile before it
//     sent, and sends one sum for each of its columns on, from the tile placed last
//     to the first and then home, where the output comes about;
//   - a pool is computed where the last position of its window is, an attention
//     where its queries are;
//   - images come from the router of the first tile and results go there, as does
//     what passes from one round to a later one.
//
// Codes have encoding.input_bits, sums and the outputs of residual layers
// ima.output_bits. It is an error if the network does not check out or is not the
// mapping's, or if the context ends.
func TrafficOf(ctx context.Context, chip *arch.Chip, net *workloads.Network, m *Mapping) (Traffic, error) {
	f, err := newFlows(chip, net, m)
	if err != nil {
		return Traffic{}, err
	}
	return f.total(ctx)
}

// total is the traffic of all that an image moves.
func (f *flows) total(ctx context.Context) (t Traffic, err error) {
	g := newGrid(f.chip, f.tiles)
	err = f.each(ctx, func(from, to vertex, bits int64) {
		if a, b := f.tile(from), f.tile(to); a != b {
			t.Bits += bits
			t.BitHops += bits * g.hops(a, b)
		}
	})
	return t, err
}

// vertex is a tile in one round, or the port.
type vertex int32

// port is where images come from and results go to.
const port vertex = 0

// flows finds what an image moves.
type flows struct {
	chip  *arch.Chip
	nodes []workloads.Node
	m     *Mapping
	tiles int           // of a round
	needs []layerNeeds  // of the mapping's layers
	at    [][]vertex    // of each node without crossbars: where each position is
	takes [][]consumer  // of the image and then each node
	seen  []channelSpan // of each vertex
	stamp int32
	found []vertex // those with the stamp
}

// consumer is a node that takes or adds another's output.
type consumer struct {
	node int
	how  use
}

type use int8

const (
	byWindow use = iota
	byPosition
	byAll // every position of it needs every position
)

// channelSpan is what a vertex needs of one position.
type channelSpan struct{ stamp, low, high int32 }

func newFlows(chip *arch.Chip, net *workloads.Network, m *Mapping) (*flows, error) {
	nodes, err := net.Graph()
	if err != nil {
		return nil, fmt.Errorf("network %s: %w", net.Name, err)
	}
	f := &flows{chip: chip, nodes: nodes, m: m, tiles: m.TilesUsed, at: make([][]vertex, len(nodes)), takes: make([][]consumer, len(nodes)+1)}
	for i := range nodes {
		n := &nodes[i]
		if n.Matrix != workloads.NoLayer && (n.Matrix >= len(m.Layers) || m.Layers[n.Matrix].Name != n.Name) {
			return nil, fmt.Errorf("network %s is not that of the mapping of %s", net.Name, m.Network)
		}
		for k, take := range n.Takes {
			how := byWindow
			if n.Kind == workloads.Attention {
				how = byAll
				if k == 0 {
					how = byPosition
				}
			}
			f.takes[take+1] = append(f.takes[take+1], consumer{i, how})
		}
		if n.Adds != workloads.NoLayer {
			f.takes[n.Adds+1] = append(f.takes[n.Adds+1], consumer{i, byPosition})
		}
		if n.Matrix == workloads.NoLayer {
			f.at[i] = f.locate(n)
		}
	}
	f.needs = make([]layerNeeds, len(m.Layers))
	for i := range nodes {
		if k := nodes[i].Matrix; k != workloads.NoLayer {
			f.needs[k] = newLayerNeeds(chip, &m.Layers[k], &nodes[i])
		}
	}
	f.seen = make([]channelSpan, 1+m.Rounds*m.TilesUsed)
	return f, nil
}

// vertex is that of a tile in a round.
func (f *flows) vertex(round, tile int) vertex { return vertex(1 + round*f.tiles + tile) }

// round is the round of a vertex; the port is in none and gives −1.
func (f *flows) round(v vertex) int {
	if v == port {
		return -1
	}
	return (int(v) - 1) / f.tiles
}

// tile is the number of a vertex's tile; the port is at the first.
func (f *flows) tile(v vertex) int32 {
	if v == port {
		return 0
	}
	return int32((int(v) - 1) % f.tiles)
}

// locate says where the positions of a pool or an attention are.
func (f *flows) locate(n *workloads.Node) []vertex {
	at := make([]vertex, n.Out.Height*n.Out.Width)
	for p := range at {
		last := p
		if n.Kind != workloads.Attention {
			last = LastSeen(n, p)
		}
		at[p] = f.where(n.Takes[0], last)
	}
	return at
}

// where is the vertex at which an output position of a node comes about.
func (f *flows) where(node, p int) vertex {
	if node == workloads.FromImage {
		return port
	}
	n := &f.nodes[node]
	if n.Matrix == workloads.NoLayer {
		return f.at[node][p]
	}
	l := &f.m.Layers[n.Matrix]
	return f.vertex(l.Round, l.Copies[l.CopyOf(p)].Home)
}

// each visits everything that an image moves, in a fixed order; what stays on a
// vertex may be among it. It ends early, with an error, if the context does.
func (f *flows) each(ctx context.Context, visit func(from, to vertex, bits int64)) error {
	for i := range f.m.Layers {
		f.sums(i, visit)
	}
	err := f.outputs(ctx, workloads.FromImage, f.nodes[0].In, visit)
	for i := 0; err == nil && i < len(f.nodes); i++ {
		err = f.outputs(ctx, i, f.nodes[i].Out, visit)
	}
	if err != nil {
		return fmt.Errorf("mapping network %s: %w", f.m.Network, err)
	}
	return nil
}

// sums visits the sums of a layer's copies on their way home: from the tile that
// was placed last to the one placed first, the home left out, and there at the end.
func (f *flows) sums(layer int, visit func(from, to vertex, bits int64)) {
	l, needs := &f.m.Layers[layer], &f.needs[layer]
	for c := range l.Copies {
		n, home, before := int64(l.Share(c)), int32(l.Copies[c].Home), -1
		columns, tiles := needs.of(c).columns, needs.tiles[c]
		pass := func(run int, to int32) {
			f.stamp++
			visit(f.vertex(l.Round, int(tiles[run])), f.vertex(l.Round, int(to)), n*columns[run]*int64(f.chip.IMA.OutputBits))
		}
		for run := len(tiles) - 1; run >= 0; run-- {
			if tiles[run] == home {
				continue
			}
			if before >= 0 {
				pass(before, tiles[run])
			}
			before = run
		}
		if before >= 0 {
			pass(before, home)
		}
	}
}

// outputs visits what a node, or the image, sends of its outputs.
func (f *flows) outputs(ctx context.Context, node int, shape workloads.Shape, visit func(from, to vertex, bits int64)) error {
	width := ValueBits(f.chip, f.nodes, node)
	for q := range shape.Height * shape.Width {
		if err := ctx.Err(); err != nil {
			return err
		}
		f.stamp++
		f.found = f.found[:0]
		for _, c := range f.takes[node+1] {
			f.take(c, q, shape)
		}
		from := f.where(node, q)
		leaves := node == len(f.nodes)-1 // for the port, whole
		for _, to := range f.found {
			s := &f.seen[to]
			start := from
			if f.round(to) != f.round(from) {
				start, leaves = port, true
			}
			visit(start, to, width*int64(s.high-s.low))
		}
		if leaves {
			visit(from, port, width*int64(shape.Channels))
		}
	}
	return nil
}

// take notes who needs position q of a shape for one consumer.
func (f *flows) take(c consumer, q int, shape workloads.Shape) {
	n := &f.nodes[c.node]
	switch c.how {
	case byPosition:
		f.need(f.where(c.node, q), 0, int32(shape.Channels))
	case byAll:
		for p := range n.Out.Height * n.Out.Width {
			f.need(f.where(c.node, p), 0, int32(shape.Channels))
		}
	default:
		w := &n.Window
		qy, qx := q/shape.Width+w.Padding, q%shape.Width+w.Padding
		fromX, toX := ceil(max(qx-w.Width+1, 0), w.Stride), min(qx/w.Stride, n.Out.Width-1)
		for y := ceil(max(qy-w.Height+1, 0), w.Stride); y <= min(qy/w.Stride, n.Out.Height-1); y++ {
			for x := fromX; x <= toX; x++ {
				p := y*n.Out.Width + x
				if n.Matrix == workloads.NoLayer {
					f.need(f.at[c.node][p], 0, int32(shape.Channels))
				} else {
					f.takeAt(n.Matrix, p, (qy-y*w.Stride)*w.Width+qx-x*w.Stride)
				}
			}
		}
	}
}

// takeAt notes which tiles need the input at an offset of the window of a layer's
// position p.
func (f *flows) takeAt(layer, p, offset int) {
	l, needs := &f.m.Layers[layer], &f.needs[layer]
	c := l.CopyOf(p)
	base, tiles := f.vertex(l.Round, 0), needs.tiles[c]
	for _, s := range needs.of(c).spans[offset] {
		f.need(base+vertex(tiles[s.run]), s.low, s.high)
	}
}

// need widens what a vertex needs of the present position.
func (f *flows) need(v vertex, low, high int32) {
	s := &f.seen[v]
	if s.stamp != f.stamp {
		*s = channelSpan{f.stamp, low, high}
		f.found = append(f.found, v)
		return
	}
	s.low, s.high = min(s.low, low), max(s.high, high)
}
