package scheduler

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"bitline/arch"
	"bitline/workloads"
)

// trafficTwin finds what an image moves weight by weight: for every output it
// walks over the rows of the matrix and asks which array holds them.
type trafficTwin struct {
	chip  *arch.Chip
	m     *Mapping
	nodes []workloads.Node
	// needed is, of each node's position (the image is node −1), the channels that
	// each tile of each round needs.
	needed map[[2]int]map[[2]int]map[int]bool
	bits   int64
	hops   int64
	grid   *grid
}

// home is the round and tile at which a position of a node comes about; the port
// is round −1.
func (w *trafficTwin) home(node, y, x int) [2]int {
	if node == workloads.FromImage {
		return [2]int{-1, 0}
	}
	n := &w.nodes[node]
	if n.Matrix >= 0 {
		l := &w.m.Layers[n.Matrix]
		return [2]int{l.Round, l.Copies[l.CopyOf(y*n.Out.Width+x)].Home}
	}
	lastY, lastX := 0, 0
	for ky := range n.Window.Height {
		if at := y*n.Window.Stride - n.Window.Padding + ky; at >= 0 && at < n.In.Height {
			lastY = at
		}
	}
	for kx := range n.Window.Width {
		if at := x*n.Window.Stride - n.Window.Padding + kx; at >= 0 && at < n.In.Width {
			lastX = at
		}
	}
	return w.home(n.Takes[0], lastY, lastX)
}

func (w *trafficTwin) need(node, y, x, width, channel int, at [2]int) {
	key := [2]int{node, y*width + x}
	if w.needed[key] == nil {
		w.needed[key] = map[[2]int]map[int]bool{}
	}
	if w.needed[key][at] == nil {
		w.needed[key][at] = map[int]bool{}
	}
	w.needed[key][at][channel] = true
}

func (w *trafficTwin) send(from, to [2]int, bits int) {
	if from[1] != to[1] {
		w.bits += int64(bits)
		w.hops += int64(bits) * w.grid.hops(int32(from[1]), int32(to[1]))
	}
}

// node notes what a node needs, and sends the sums of its copies home.
func (w *trafficTwin) node(i int) {
	n := &w.nodes[i]
	for y := range n.Out.Height {
		for x := range n.Out.Width {
			at := w.home(i, y, x)
			if n.Adds != workloads.NoLayer {
				for ch := range n.Out.Channels {
					w.need(n.Adds, y, x, n.Out.Width, ch, at)
				}
			}
			for ky := range n.Window.Height {
				for kx := range n.Window.Width {
					iy, ix := y*n.Window.Stride-n.Window.Padding+ky, x*n.Window.Stride-n.Window.Padding+kx
					if iy < 0 || ix < 0 || iy >= n.In.Height || ix >= n.In.Width {
						continue
					}
					for ch := range n.In.Channels {
						if n.Matrix < 0 {
							w.need(n.Takes[0], iy, ix, n.In.Width, ch, at)
							continue
						}
						l := &w.m.Layers[n.Matrix]
						perGroup := n.In.Channels / l.Groups
						group, row := ch/perGroup, (ky*n.Window.Width+kx)*perGroup+ch%perGroup
						for _, a := range l.Copies[l.CopyOf(y*n.Out.Width+x)].Arrays {
							first := int(a.RowBlock) * w.chip.Crossbar.Wordlines
							if group >= int(a.Group) && group < int(a.Group+a.Groups) && row >= first && row < first+int(a.Rows/a.Groups) {
								w.need(n.Takes[0], iy, ix, n.In.Width, ch, [2]int{l.Round, int(a.IMA) / w.chip.Tile.IMAs})
							}
						}
					}
				}
			}
			if n.Matrix < 0 {
				continue
			}
			l := &w.m.Layers[n.Matrix]
			outputs := map[int]map[[2]int]bool{} // of each tile: group and column
			var way []int                        // tiles in the order of placing, then home
			for _, a := range l.Copies[l.CopyOf(y*n.Out.Width+x)].Arrays {
				tile := int(a.IMA) / w.chip.Tile.IMAs
				if outputs[tile] == nil {
					outputs[tile] = map[[2]int]bool{}
					way = append(way, tile)
				}
				for g := range a.Groups {
					for c := range int(a.Weights / a.Groups) {
						outputs[tile][[2]int{int(a.Group + g), int(a.ColumnBlock)*w.chip.WeightsPerRow() + c}] = true
					}
				}
			}
			way = slices.DeleteFunc(way, func(tile int) bool { return tile == at[1] })
			way = append([]int{at[1]}, way...) // sums go through it from the end
			for k, tile := range way[1:] {
				w.send([2]int{l.Round, tile}, [2]int{l.Round, way[k]}, len(outputs[tile])*w.chip.IMA.OutputBits)
			}
		}
	}
}

// outputs sends what was noted.
func (w *trafficTwin) outputs(node int, s workloads.Shape) {
	for q := range s.Height * s.Width {
		from, leaves := w.home(node, q/s.Width, q%s.Width), node == len(w.nodes)-1
		for at, channels := range w.needed[[2]int{node, q}] {
			low, high := s.Channels, 0
			for ch := range channels {
				low, high = min(low, ch), max(high, ch+1)
			}
			start := from
			if at[0] != from[0] {
				start, leaves = [2]int{-1, 0}, true
			}
			w.send(start, at, (high-low)*w.chip.Encoding.InputBits)
		}
		if leaves {
			w.send(from, [2]int{-1, 0}, s.Channels*w.chip.Encoding.InputBits)
		}
	}
}

// TestTrafficTwin compares the traffic of random mappings, and near-consumer's
// with in-order's.
func TestTrafficTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	better := 0
	for i := range 150 {
		net := randomNetwork(rng)
		chip := fitted(rng, randomChip(rng), net)
		if rng.IntN(3) == 0 {
			chip.Count, chip.Map.Rounds = ceil(chip.Count, 2), true
		}
		var far [2]int64
		tiles := 0
		for k, place := range []string{arch.PlaceInOrder, arch.PlaceNearConsumer} {
			chip.Map.Place = place
			m, err := Map(chip, net)
			if err != nil && chip.Map.Rounds {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if k == 1 && m.TilesUsed != tiles {
				t.Errorf("case %d: near-consumer uses %d tiles, in-order %d", i, m.TilesUsed, tiles)
			}
			tiles = m.TilesUsed
			nodes, err := net.Graph()
			if err != nil {
				t.Fatal(err)
			}
			twin := &trafficTwin{chip: chip, m: m, nodes: nodes, needed: map[[2]int]map[[2]int]map[int]bool{}, grid: newGrid(chip, m.TilesUsed)}
			for n := range nodes {
				twin.node(n)
			}
			twin.outputs(workloads.FromImage, net.Input)
			for n := range nodes {
				twin.outputs(n, nodes[n].Out)
			}
			got, err := TrafficOf(t.Context(), chip, net, m)
			if err != nil {
				t.Fatal(err)
			}
			if want := (Traffic{Bits: twin.bits, BitHops: twin.hops}); got != want {
				t.Fatalf("case %d, %s: traffic is %+v, want %+v (network %v)", i, place, got, want, net)
			}
			far[k] = got.BitHops
		}
		if far[1] > far[0] {
			t.Errorf("case %d: near-consumer moves %d bit hops, in-order %d", i, far[1], far[0])
		} else if far[1] < far[0] {
			better++
		}
	}
	if better < 20 {
		t.Errorf("near-consumer is better than in-order in %d of 150 cases, want 20 at least", better)
	}
}

// TestTrafficByHand moves two linear layers of 4×4 over tiles of one array, a
// router each. An image of 4 bits comes in at tile 0, its outputs are 4 bits for
// tile 1, and its results 4 bits for the port.
func TestTrafficByHand(t *testing.T) {
	chip := tiny(func(c *arch.Chip) { c.Tile.IMAs, c.IMA.Crossbars, c.Tile.RouterShare = 1, 1, 1 })
	chip.Tiles = 4
	net := mlp(4, 4, 4)
	got, err := TrafficOf(t.Context(), chip, net, mustMap(t, chip, net))
	if want := (Traffic{Bits: 8, BitHops: 8}); err != nil || got != want {
		t.Errorf("traffic is %+v, %v, want %+v", got, err, want)
	}
	// Two row blocks on tiles 0 and 1: 4 bits to tile 1, whose 4 sums of 8 bits come
	// back.
	net = mlp(8, 4)
	got, err = TrafficOf(t.Context(), chip, net, mustMap(t, chip, net))
	sums := int64(4 * chip.IMA.OutputBits)
	if want := (Traffic{Bits: 4 + sums, BitHops: 4 + sums}); err != nil || got != want {
		t.Errorf("traffic of two row blocks is %+v, %v, want %+v", got, err, want)
	}
	if _, err := TrafficOf(t.Context(), chip, mlp(4, 4, 4), mustMap(t, chip, net)); err == nil || !strings.Contains(err.Error(), "is not that of the mapping") {
		t.Errorf("traffic of another network: error is %v", err)
	}
}

func TestHops(t *testing.T) {
	// 10 routers of 2 tiles: rows of 4, 4 and 2. 3 chips: 2 and 1.
	chip := tiny(func(c *arch.Chip) { c.Tile.RouterShare = 2 })
	chip.Tiles, chip.Count = 20, 3
	g := newGrid(chip, 60)
	for _, tt := range []struct {
		a, b int32
		want int64
	}{
		{0, 1, 0}, {0, 2, 1}, {0, 6, 3}, {0, 8, 1}, {7, 8, 4}, {6, 19, 2 + 2},
		{20, 20, 0}, {20, 22, 1},
		{0, 20, 1},          // between the first tiles of neighbouring chips
		{19, 39, 3 + 1 + 3}, // the tenth router is at row 2, column 1
		{20, 40, 2},         // chips 1 and 2 stand across
	} {
		if got := g.hops(tt.a, tt.b); got != tt.want || g.hops(tt.b, tt.a) != tt.want {
			t.Errorf("tiles %d and %d are %d and %d hops apart, want %d", tt.a, tt.b, got, g.hops(tt.b, tt.a), tt.want)
		}
	}
	for tile := range int32(60) {
		for other := range int32(60) {
			links := 0
			g.eachLink(&g.spots[tile], &g.spots[other], func(link int) {
				if links++; link < 0 || link >= g.links() {
					t.Errorf("link %d of %d between tiles %d and %d", link, g.links(), tile, other)
				}
			})
			if got := between(&g.spots[tile], &g.spots[other]); got != g.hops(tile, other) || links != int(got) {
				t.Errorf("tiles %d and %d are %d hops and %d links apart by their spots, want %d", tile, other, got, links, g.hops(tile, other))
			}
		}
		row, column := g.place(&g.spots[tile])
		if low, high := g.tilesAt(row, column); int(tile) < low || int(tile) >= high || high-low != 2 {
			t.Errorf("tile %d is at row %d, column %d, where tiles %d to %d are", tile, row, column, low, high)
		}
	}
	for _, at := range [][2]int{{-1, 0}, {0, -1}, {2, 2}, {0, 8}, {9, 9}, {3, 4}} {
		if low, high := g.tilesAt(at[0], at[1]); low < high {
			t.Errorf("at row %d, column %d are tiles %d to %d, want none", at[0], at[1], low, high)
		}
	}
}

// TestSnake takes every tile once, neighbours one hop apart within a chip.
func TestSnake(t *testing.T) {
	chip := tiny(func(c *arch.Chip) { c.Tile.RouterShare = 1 })
	chip.Tiles = 14 // rows of 4, 4, 4 and 2
	g := newGrid(chip, 12)
	order := g.snake()
	seen := map[int32]bool{order[0]: true}
	for i, tile := range order[1:] {
		seen[tile] = true
		if got := g.hops(order[i], tile); got != 1 {
			t.Errorf("tiles %d and %d are %d hops apart, want 1", order[i], tile, got)
		}
	}
	if len(seen) != 12 {
		t.Errorf("%d tiles, want 12", len(seen))
	}
}

// TestNearConsumerPays moves less by the shares that were measured, with a margin:
// 55 % less for VGG-16 on five chips, 56 % for ResNet-18 on one.
func TestNearConsumerPays(t *testing.T) {
	for _, tt := range []struct {
		network string
		chips   int
		most    float64
	}{{"vgg-16", 5, 0.5}, {"resnet-18", 1, 0.5}} {
		net, chip := shipped(t, tt.network), isaacChips(tt.chips, arch.ReplicateBalanced)
		var far [2]Traffic
		for i, place := range []string{arch.PlaceInOrder, arch.PlaceNearConsumer} {
			chip.Map.Place = place
			var err error
			if far[i], err = TrafficOf(t.Context(), chip, net, mustMap(t, chip, net)); err != nil {
				t.Fatal(err)
			}
		}
		if got := float64(far[1].BitHops) / float64(far[0].BitHops); got > tt.most {
			t.Errorf("%s: near-consumer's bit hops are %.2f of in-order's, want at most %.2f", tt.network, got, tt.most)
		}
	}
}

// TestMappingEnds stops a mapping whose context has ended.
func TestMappingEnds(t *testing.T) {
	chip, net := tiny(func(c *arch.Chip) { c.Map.Place = arch.PlaceNearConsumer }), mlp(4, 4, 4)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	m := mustMap(t, chip, net)
	if _, err := TrafficOf(ctx, chip, net, m); !errors.Is(err, context.Canceled) {
		t.Errorf("traffic: %v, want that the context has ended", err)
	}
	if _, err := MapContext(ctx, chip, net); !errors.Is(err, context.Canceled) {
		t.Errorf("mapping: %v, want that the context has ended", err)
	}
}
