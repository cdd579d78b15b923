package tile

import (
	"bitline/internal/config"
	"bitline/internal/units"
)

// Topology says how the routers of a chip are joined.
type Topology string

const (
	// NoTopology has no links between routers: a transfer takes the router of its
	// source and is at its target. It is for chips whose network is not of
	// interest.
	NoTopology Topology = "none"
	// Mesh joins each router with its neighbours in a grid, one tile a router.
	Mesh Topology = "mesh"
	// ConcentratedMesh is a mesh whose routers serve several tiles each.
	ConcentratedMesh Topology = "concentrated-mesh"
)

// Network is the network on a chip. The width, clock and cost of its links are
// those of Spec.Router, and Spec.RouterShare tiles share a router.
type Network struct {
	Topology Topology
	// Columns is the number of routers in a row of the chip; 0 makes the grid as
	// square as possible.
	Columns int
	Hop     units.Time // of a message's head through one router
	Assumed string     // on what Hop rests, where no publication states it
}

// Grid is the columns and rows of the grid of so many routers. The last row may
// be shorter than the others.
func (n Network) Grid(routers int) (columns, rows int) { return Grid(routers, n.Columns) }

// Grid lays n ≥ 1 nodes out row by row in so many columns, or as square as
// possible where columns is 0: ⌈√n⌉ columns. 42 nodes are 7 columns of 6 rows.
// Node i is at column i mod columns of row i / columns; the last row may be
// shorter than the others. It panics if n < 1 or columns < 0.
func Grid(n, columns int) (cols, rows int) {
	if n < 1 || columns < 0 {
		panic("tile: grid wants at least one node and no negative columns")
	}
	for cols = columns; columns == 0 && cols*cols < n; {
		cols++
	}
	return cols, (n + cols - 1) / cols
}

// Hops is the number of links between nodes a and b of a grid of so many columns.
func Hops(a, b, columns int) int {
	dx, dy := a%columns-b%columns, a/columns-b/columns
	return max(dx, -dx) + max(dy, -dy)
}

// Ports is the number of ports of one router: one for each tile that it serves
// and, in a mesh, one for each of four neighbours.
func (n Network) Ports(share int) int {
	if n.Topology == NoTopology {
		return share
	}
	return share + 4
}

// Links are the links between chips. Chips lie in a grid as square as possible,
// each joined with its neighbours by one link.
type Links struct {
	Count int // of one chip
	Channel
	Hop        units.Time // of a message's head over one link
	HopAssumed string     // on what Hop rests, where no publication states it
}

// Port is where images enter a system of chips and results leave it: at the
// router of tile 0 of chip 0. A port of no width is no port: images lie ready and
// results leave at once.
type Port struct{ Channel }

// Absent says whether images lie ready and results leave at once.
func (p Port) Absent() bool { return p.Width == 0 }

// DefaultNetwork joins no routers.
func DefaultNetwork() Network { return Network{Topology: NoTopology} }

// DefaultLinks has no links; one that a file counts has the width and clock of
// ISAAC's HyperTransport, 6.4 GB/s at 1.6 GHz (Shafiee et al., ISCA 2016, table I).
func DefaultLinks() Links {
	return Links{Channel: Channel{Width: 32, Clock: 1600 * units.Megahertz}}
}

// DefaultPort is no port; one whose width a file gives has the clock of
// DefaultLinks.
func DefaultPort() Port { return Port{Channel{Clock: 1600 * units.Megahertz}} }

// MaxHop bounds a hop, far above any router's.
const MaxHop = 10 * units.Microsecond

// ReadNetwork reads the table [noc] over the defaults.
func ReadNetwork(t *config.Table) Network {
	n := DefaultNetwork()
	n.Topology = Topology(t.Enum("topology", string(n.Topology), string(NoTopology), string(Mesh), string(ConcentratedMesh)))
	n.Columns = t.Int("columns", n.Columns, 0, 1<<12)
	n.Hop = readHop(t, n.Hop)
	n.Assumed = t.String("assumed", n.Assumed)
	if n.Topology != NoTopology {
		return n
	}
	for _, key := range []string{"columns", "hop"} {
		if t.Has(key) {
			t.Faultf(key, "is given with topology = \"none\", want mesh or concentrated-mesh")
		}
	}
	return n
}

// ReadLinks reads the table [io] over the defaults.
func ReadLinks(t *config.Table) Links {
	l := DefaultLinks()
	l.Count = t.Int("links", l.Count, 0, 1<<12)
	l.Channel = readChannel(t, l.Channel)
	l.Hop = readHop(t, l.Hop)
	l.HopAssumed = t.String("hop_assumed", l.HopAssumed)
	return l
}

// ReadPort reads the table [host] over the defaults. Width 0 is no port.
func ReadPort(t *config.Table) Port {
	p := DefaultPort()
	if width := t.Int("width", 0, 0, 1<<16); width == 0 {
		for _, key := range []string{"clock", "energy", "active_power", "static_power", "area"} {
			if t.Has(key) {
				t.Faultf(key, "is given without a width, want the bits that the port moves per clock")
			}
		}
		t.String("assumed", "") // says why there is none
		return p
	}
	p.Channel = readChannel(t, p.Channel)
	return p
}

func readHop(t *config.Table, def units.Time) units.Time {
	hop := t.Time("hop", def)
	if hop > MaxHop {
		t.Faultf("hop", "is %v, want at most %v", hop, MaxHop)
		return def
	}
	return hop
}
