package timing

import (
	"bitline/arch"
	"bitline/internal/units"
	"bitline/scheduler/sim"
	"bitline/tile"
)

// network is the links between tiles and between chips. A message takes the links
// of its path in turn, first along the row and then along the column, and goes on
// as soon as its head is through a router: every link is busy for the whole
// message. Links are given to messages in the order in which these set out. A
// message for several tiles takes each link once and branches in the routers.
//
// Between chips a message passes the routers of tile 0 of each, and the links of
// the grid of chips.
type network struct {
	links       []sim.Pool
	channel, io tile.Channel
	hop, ioHop  units.Time
	topology    tile.Topology
	share       int32 // tiles of a router
	tiles       int32 // of a chip
	columns     int32 // routers in a row
	routers     int32 // of a chip
	chips       int32
	chipColumns int32
	perChip     int32 // links of a chip
	traffic     []traffic
	path        []int32
	// Each link of a message's tree is taken once: taken holds the message that
	// took a link last, and when its head and its end were through.
	message int64
	layer   int32
	bits    int64
	taken   []passage
	// onChip and offChip are what the message takes of a link.
	onChip, offChip    crossing
	causes             *causes
	watch              *observer  // nil: nobody does
	longer, ioLonger   units.Time // by which each message keeps a link longer
	firstTile, firstIO int32
}

// passage is the way of one message over one link.
type passage struct {
	message   int64
	head, end units.Time
}

// directions is the number of links by which a router or a chip is left.
const directions = int32(tile.Directions)

// traffic is what one layer's results have moved over the network.
type traffic struct {
	bits                   int64
	transfers, ioTransfers int64 // over all links
	time, ioTime           units.Time
}

func newNetwork(chip *arch.Chip, layers int) network {
	n := network{
		channel: chip.Tile.Router, io: chip.IO.Channel, hop: chip.NoC.Hop, ioHop: chip.IO.Hop, topology: chip.NoC.Topology,
		share: int32(chip.Tile.RouterShare), tiles: int32(chip.Tiles), chips: int32(chip.Count), traffic: make([]traffic, layers),
	}
	routers := ceil(chip.Tiles, chip.Tile.RouterShare)
	columns, _ := chip.NoC.Grid(routers)
	chipColumns, _ := tile.Grid(chip.Count, 0)
	n.routers, n.columns, n.chipColumns = int32(routers), int32(columns), int32(chipColumns)
	n.firstTile = n.routers
	if n.topology != tile.NoTopology {
		n.firstTile = directions * n.routers
		n.firstIO = n.firstTile + 2*n.tiles
	} else {
		n.firstIO = n.firstTile
	}
	n.perChip = n.firstIO + directions
	for range n.perChip * n.chips {
		n.links = append(n.links, sim.NewPool(1))
	}
	n.taken = make([]passage, len(n.links))
	return n
}

// begin starts a new message of a layer. It may be sent to several tiles and then
// branches off on its way: it takes each link once.
func (n *network) begin(layer int32, bits int64) {
	n.message++
	n.layer = layer
	if n.bits != bits {
		n.bits = bits
		n.onChip = costOf(&n.channel, bits, n.longer)
		if n.chips > 1 {
			n.offChip = costOf(&n.io, bits, n.ioLonger)
		}
	}
	n.traffic[layer].bits += bits
}

// send books the way of the message to one tile and returns when all of it is
// there.
func (n *network) send(from, to int32, now units.Time) units.Time {
	n.route(from, to)
	p := passage{head: now, end: now}
	for _, l := range n.path {
		if n.taken[l].message == n.message {
			p = n.taken[l]
			continue
		}
		p = n.pass(l, p)
	}
	return p.end
}

// crossing is what a message takes of one link.
type crossing struct {
	transfers int64
	time      units.Time
}

func costOf(c *tile.Channel, bits int64, longer units.Time) crossing {
	return crossing{c.Transfers(bits), c.Duration(bits) + longer}
}

// pass books one link.
func (n *network) pass(l int32, p passage) passage {
	w, x, hop := &n.traffic[n.layer], &n.onChip, n.hop
	if n.isIO(l) {
		x, hop = &n.offChip, n.ioHop
		w.ioTransfers += x.transfers
		w.ioTime += x.time
	} else {
		w.transfers += x.transfers
		w.time += x.time
	}
	done := n.links[l].Serve(p.head, x.time)
	n.taken[l] = passage{n.message, done - x.time + hop, max(p.end, done)}
	if n.isIO(l) { // whose hop is that of the link itself, not of a router behind it
		n.taken[l].end = max(p.end, done+hop)
	}
	if n.causes != nil {
		n.causes.passed(l, p, done)
	}
	n.watch.link(l, p.head, done-x.time, done)
	return n.taken[l]
}

func (n *network) isIO(link int32) bool { return link%n.perChip >= n.firstIO }

// atHost stands for a tile's number where a message comes from the host's port or
// goes there: the router of the first tile.
const atHost = -1

// route lists the links between two tiles.
func (n *network) route(from, to int32) {
	n.path = n.path[:0]
	a, b := max(from, 0)/n.tiles, max(to, 0)/n.tiles
	first, last := max(from, 0)%n.tiles/n.share, max(to, 0)%n.tiles/n.share
	switch {
	case n.topology == tile.NoTopology:
		n.path = append(n.path, a*n.perChip+first)
	case from != atHost:
		n.path = append(n.path, a*n.perChip+n.firstTile+from%n.tiles)
	}
	if a != b {
		n.walk(a, first, 0)
		n.walkChips(a, b)
		n.walk(b, 0, last)
	} else {
		n.walk(a, first, last)
	}
	if n.topology != tile.NoTopology && to != atHost {
		n.path = append(n.path, b*n.perChip+n.firstTile+n.tiles+to%n.tiles)
	}
}

// walk adds the links between two routers of a chip.
func (n *network) walk(chip, from, to int32) {
	if n.topology == tile.NoTopology {
		return
	}
	n.across(from, to, n.columns, func(node int32) int32 { return chip*n.perChip + node*directions })
}

// walkChips adds the links between two chips.
func (n *network) walkChips(from, to int32) {
	n.across(from, to, n.chipColumns, func(chip int32) int32 { return chip*n.perChip + n.firstIO })
}

// across adds the links between two nodes of a grid; link is the first of a node's.
func (n *network) across(from, to, columns int32, link func(node int32) int32) {
	tile.Route(int(from/columns), int(from%columns), int(to/columns), int(to%columns), func(row, column int, leave tile.Direction) {
		n.path = append(n.path, link(int32(row)*columns+int32(column))+int32(leave))
	})
}
