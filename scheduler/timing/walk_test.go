package timing

import (
	"testing"

	"bitline/crossbar"
	"bitline/scheduler"
	"bitline/workloads"
)

// census counts what one image must do, by looking at every output position, every
// input position and every array.
type census struct {
	job   Job
	nodes []workloads.Node
	want  Counts
	tile  [][]int // of each node and output position
}

// sees says whether an output position of a node sees an input position, and where
// in its window.
func sees(n *workloads.Node, out, in int) (place int, ok bool) {
	w := n.Window
	y := in/n.In.Width + w.Padding - w.Stride*(out/n.Out.Width)
	x := in%n.In.Width + w.Padding - w.Stride*(out%n.Out.Width)
	return y*w.Width + x, y >= 0 && x >= 0 && y < w.Height && x < w.Width
}

func (w *census) bits(node int) int64 {
	if node >= 0 && w.nodes[node].Residual {
		return int64(w.job.Chip.IMA.OutputBits)
	}
	return int64(w.job.Chip.Encoding.InputBits)
}

func (w *census) shape(node int) workloads.Shape {
	if node < 0 {
		return w.job.Network.Input
	}
	return w.nodes[node].Out
}

func (w *census) tileOf(a *scheduler.Array) int { return int(a.IMA) / w.job.Chip.Tile.IMAs }

// locate says where each position of each node comes about: in the home of its
// copy, or where the last value of a pool's window does.
func (w *census) locate() {
	w.tile = make([][]int, len(w.nodes))
	for i := range w.nodes {
		n := &w.nodes[i]
		w.tile[i] = make([]int, n.Out.Height*n.Out.Width)
		for out := range w.tile[i] {
			if n.Matrix != workloads.NoLayer {
				l := &w.job.Mapping.Layers[n.Matrix]
				w.tile[i][out] = l.Copies[out%len(l.Copies)].Home
				continue
			}
			for in := range n.In.Height * n.In.Width {
				if _, ok := sees(n, out, in); ok && n.Takes[0] >= 0 {
					w.tile[i][out] = w.tile[n.Takes[0]][in]
				}
			}
		}
	}
}

// products is how many positions a copy computes.
func products(l *scheduler.Layer, copy int) (n int64) {
	for pos := range l.Positions {
		if pos%len(l.Copies) == copy {
			n++
		}
	}
	return n
}

// layer counts what the arrays of a layer do.
func (w *census) layer(n *workloads.Node) {
	chip, l := w.job.Chip, &w.job.Mapping.Layers[n.Matrix]
	steps := int64(chip.Encoding.InputBits * chip.Encoding.Passes(l.Rectified)) // one bit at a time
	top := chip.Slicing().Count - 1
	for c := range l.Copies {
		p := products(l, c)
		w.want.Activations += p * int64(n.Out.Channels)
		type key [4]int32
		wires, sums := map[[3]int32]bool{}, map[key]bool{}
		columns := map[int]map[[2]int32]int64{} // of each tile
		for i := range l.Copies[c].Arrays {
			a := &l.Copies[c].Arrays[i]
			w.want.Reads += p * steps
			w.want.Drives += p * steps * int64(a.Rows)
			w.scan(n, a, p*steps, top)
			tile := w.tileOf(a)
			if k := [3]int32{int32(tile), a.Group, a.RowBlock}; !wires[k] {
				wires[k] = true
				w.want.FetchBits += p * int64(a.Rows) * int64(chip.Encoding.InputBits)
			}
			if k := (key{a.IMA, a.Group, a.RowBlock, a.ColumnBlock}); !sums[k] {
				sums[k] = true
				w.want.OutputBits += p * int64(a.Weights) * int64(chip.IMA.OutputBits)
				w.want.TileSums += p * int64(a.Weights)
			}
			if columns[tile] == nil {
				columns[tile] = map[[2]int32]int64{}
			}
			columns[tile][[2]int32{a.Group, a.ColumnBlock}] = int64(a.Weights)
		}
		w.chain(&l.Copies[c], columns, p)
	}
}

// scan counts the conversions of an array's reads.
func (w *census) scan(n *workloads.Node, a *scheduler.Array, scans int64, top int) {
	enc := w.job.Chip.Encoding
	if enc.Signed == crossbar.DifferentialAnalog && a.Sign == 1 {
		return // converted with the array of the other sign
	}
	bits := w.job.Bits[n.Matrix]
	convert := func(slice int, columns int32) {
		w.want.Conversions[bits[slice]] += scans * int64(columns)
		w.want.Codes += scans * int64(columns)
		w.want.Latches += scans * int64(columns)
	}
	for slice := 0; slice <= top; slice++ {
		if a.Slice == scheduler.AllSlices || int(a.Slice) == slice {
			convert(slice, a.Weights)
		}
	}
	if enc.UnitADC == crossbar.Shared {
		convert(top, a.Units)
	} else {
		w.want.UnitConversions += scans * int64(a.Units)
		w.want.Latches += scans * int64(a.Units)
	}
}

// chain counts the sums that go from tile to tile, the last tile's first, and home:
// every tile passes on what it has got and what is its own.
func (w *census) chain(c *scheduler.Copy, columns map[int]map[[2]int32]int64, products int64) {
	var way []int
	for i := len(c.Arrays) - 1; i >= 0; i-- {
		if t := w.tileOf(&c.Arrays[i]); t != c.Home && (len(way) == 0 || way[len(way)-1] != t) {
			way = append(way, t)
		}
	}
	got := map[[2]int32]int64{}
	size := func() (n int64) {
		for _, k := range got {
			n += k
		}
		return n
	}
	for _, t := range way {
		w.want.TileSums += products * size()
		for k, v := range columns[t] {
			got[k] = v
		}
		w.want.RouterBits += products * size() * int64(w.job.Chip.IMA.OutputBits)
	}
	w.want.TileSums += products * size()
}

// flow counts who needs each position of a node's outputs, or of the image's:
// written once on every tile, and sent once if one of them is another.
func (w *census) flow(from int) {
	s, host := w.shape(from), !w.job.Chip.Host.Absent()
	bits := int64(s.Channels) * w.bits(from)
	for in := range s.Height * s.Width {
		needed, away := false, false
		need := func(tile int) {
			needed = true
			if from < 0 || tile != w.tile[from][in] {
				away = true
			}
		}
		for k := range w.nodes {
			n := &w.nodes[k]
			if n.Adds == from {
				need(w.tile[k][in])
				if from >= 0 || host {
					w.want.WriteBits += bits
				}
			}
			if n.Takes[0] == from {
				w.take(n, in, need)
			}
		}
		if (from >= 0 || host) && away {
			w.want.RouterBits += bits
		}
		if last := from == len(w.nodes)-1; last && !needed { // a result
			w.want.WriteBits += bits
			if host {
				w.want.RouterBits += bits
			}
		}
	}
	if host && (from < 0 || from == len(w.nodes)-1) {
		w.want.HostTransfers += int64(s.Height*s.Width) * ((bits + int64(w.job.Chip.Host.Width) - 1) / int64(w.job.Chip.Host.Width))
	}
}

// take counts what a node needs of one position of its input.
func (w *census) take(n *workloads.Node, in int, need func(tile int)) {
	from := n.Takes[0]
	if n.Matrix == workloads.NoLayer {
		for out := range n.Out.Height * n.Out.Width {
			if _, ok := sees(n, out, in); ok {
				need(w.tile[n.Number][out])
				w.want.Pooled += int64(n.Out.Channels)
			}
		}
		return
	}
	l, deep := &w.job.Mapping.Layers[n.Matrix], n.In.Channels/max(1, n.Groups)
	tiles, channels := map[int]bool{}, map[int]map[int]bool{} // of the tiles that need the position, and of all
	for c := range l.Copies {
		for i := range l.Copies[c].Arrays {
			a := &l.Copies[c].Arrays[i]
			tile := w.tileOf(a)
			if channels[tile] == nil {
				channels[tile] = map[int]bool{}
			}
			places := map[int]bool{}
			for r := range int(a.Rows / a.Groups) {
				row := int(a.RowBlock)*w.job.Chip.Crossbar.Wordlines + r
				places[row/deep] = true
				for g := range int(a.Groups) {
					channels[tile][(int(a.Group)+g)*deep+row%deep] = true
				}
			}
			for out := c; out < l.Positions; out += len(l.Copies) {
				if place, ok := sees(n, out, in); ok && places[place] {
					tiles[tile] = true
				}
			}
		}
	}
	for tile := range tiles {
		need(tile)
		if from >= 0 || !w.job.Chip.Host.Absent() {
			w.want.WriteBits += int64(len(channels[tile])) * w.bits(from)
		}
	}
}

func mustWalk(t *testing.T, job Job) *census {
	t.Helper()
	nodes, err := job.Network.Graph()
	if err != nil {
		t.Fatal(err)
	}
	w := &census{job: job, nodes: nodes}
	w.locate()
	for i := range nodes {
		if nodes[i].Matrix != workloads.NoLayer {
			w.layer(&nodes[i])
		}
		w.flow(i)
	}
	w.flow(workloads.FromImage)
	return w
}
