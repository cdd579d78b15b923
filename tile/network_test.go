package tile_test

import (
	"testing"

	"bitline/internal/cost"
	"bitline/internal/units"
	"bitline/tile"
)

// A grid is ⌈√n⌉ columns wide unless told, and holds all nodes: both sides of each
// square.
func TestGrid(t *testing.T) {
	tests := []struct{ n, columns, wantColumns, wantRows int }{
		{1, 0, 1, 1}, {2, 0, 2, 1}, {3, 0, 2, 2}, {4, 0, 2, 2}, {5, 0, 3, 2}, {9, 0, 3, 3}, {10, 0, 4, 3},
		{42, 0, 7, 6}, // ISAAC's routers: 14 × 12 tiles, 2 × 2 a router
		{35, 0, 6, 6},
		{42, 14, 14, 3}, {42, 1, 1, 42}, {43, 7, 7, 7},
	}
	for _, tt := range tests {
		columns, rows := tile.Grid(tt.n, tt.columns)
		if columns != tt.wantColumns || rows != tt.wantRows {
			t.Errorf("Grid(%d, %d) = %d × %d, want %d × %d", tt.n, tt.columns, columns, rows, tt.wantColumns, tt.wantRows)
		}
		if got, _ := (tile.Network{Columns: tt.columns}).Grid(tt.n); got != tt.wantColumns {
			t.Errorf("a network of %d routers and columns %d has %d, want %d", tt.n, tt.columns, got, tt.wantColumns)
		}
	}
}

func TestHops(t *testing.T) {
	// 0 1 2
	// 3 4 5
	// 6
	tests := []struct{ a, b, want int }{{0, 0, 0}, {0, 2, 2}, {2, 0, 2}, {0, 5, 3}, {5, 6, 3}, {6, 2, 4}, {3, 4, 1}}
	for _, tt := range tests {
		if got := tile.Hops(tt.a, tt.b, 3); got != tt.want {
			t.Errorf("%d to %d in 3 columns: %d hops, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestPorts(t *testing.T) {
	for _, tt := range []struct {
		topology tile.Topology
		share    int
		want     int
	}{{tile.NoTopology, 4, 4}, {tile.Mesh, 1, 5}, {tile.ConcentratedMesh, 4, 8}} { // ISAAC's router has 8
		if got := (tile.Network{Topology: tt.topology}).Ports(tt.share); got != tt.want {
			t.Errorf("%s of %d tiles a router: %d ports, want %d", tt.topology, tt.share, got, tt.want)
		}
	}
}

// A clock moves a word of each bank; a chip built by hand may leave the banks out.
func TestBankedPort(t *testing.T) {
	for _, tt := range []struct{ banks, want int }{{0, 256}, {1, 256}, {4, 1024}} {
		s := tile.DefaultSpec()
		s.EDRAM.Banks = tt.banks
		if got := s.BankedPort(); got.Width != tt.want || got.Clock != s.EDRAMPort.Clock {
			t.Errorf("%d banks: port of %d b at %v, want %d b at the port's clock", tt.banks, got.Width, got.Clock, tt.want)
		}
	}
}

func TestReadNetworkLinksAndPort(t *testing.T) {
	table := parse(t, `
[noc]
topology = "mesh"
columns = 3
hop = "2ns"
assumed = "a guess"
[io]
links = 2
width = 16
clock = "2GHz"
hop = "10ns"
hop_assumed = "another"
static_power = "1W"
[host]
width = 64
clock = "1GHz"
energy = "3pJ"
`)
	wantNet := tile.Network{Topology: tile.Mesh, Columns: 3, Hop: 2 * units.Nanosecond, Assumed: "a guess"}
	wantIO := tile.Links{Count: 2, Channel: tile.Channel{Width: 16, Clock: 2 * units.Gigahertz, Cost: cost.Cost{StaticPower: units.Watt}},
		Hop: 10 * units.Nanosecond, HopAssumed: "another"}
	wantHost := tile.Port{Channel: tile.Channel{Width: 64, Clock: units.Gigahertz, Cost: cost.Cost{Energy: 3 * units.Picojoule}}}
	if got := tile.ReadNetwork(table.Table("noc")); got != wantNet {
		t.Errorf("network is %+v, want %+v", got, wantNet)
	}
	if got := tile.ReadLinks(table.Table("io")); got != wantIO {
		t.Errorf("links are %+v, want %+v", got, wantIO)
	}
	if got := tile.ReadPort(table.Table("host")); got != wantHost || got.Absent() {
		t.Errorf("port is %+v, want %+v", got, wantHost)
	}
	if err := table.Finish(); err != nil {
		t.Error(err)
	}
	empty := parse(t, "")
	if tile.ReadNetwork(empty.Table("noc")) != tile.DefaultNetwork() || tile.ReadLinks(empty.Table("io")) != tile.DefaultLinks() ||
		tile.ReadPort(empty.Table("host")) != tile.DefaultPort() || !tile.DefaultPort().Absent() {
		t.Error("empty tables are not the defaults: no network, no links, no port")
	}
	// 6.4 GB/s a link, 32 bytes in 5 ns.
	if got := tile.DefaultLinks().Duration(8 * 32); got != 5*units.Nanosecond {
		t.Errorf("32 bytes over a link take %v, want 5 ns", got)
	}
}

func TestReadPartsAndMultiplier(t *testing.T) {
	table := parse(t, `
[tile.multiplier]
count = 2
area = "5um2"
[[tile.part]]
name = "control"
active_power = "1mW"
[[tile.part]]
name = "clock"
count = 3
static_power = "2mW"
assumed = "a guess"
`)
	s := tile.ReadSpec(table.Table("tile"))
	if err := table.Finish(); err != nil {
		t.Fatal(err)
	}
	want := []tile.Part{{Name: "control", Count: 1, Cost: cost.Cost{ActivePower: units.Milliwatt}},
		{Name: "clock", Count: 3, Cost: cost.Cost{StaticPower: 2 * units.Milliwatt, Assumed: "a guess"}}}
	if len(s.Parts) != 2 || s.Parts[0] != want[0] || s.Parts[1] != want[1] {
		t.Errorf("parts are %+v, want %+v", s.Parts, want)
	}
	if s.Multiplier.Count != 2 || s.Multiplier.Cost.Area != 5*units.SquareMicrometre {
		t.Errorf("multiplier is %+v, want 2 of 5 µm²", s.Multiplier)
	}
}

func TestReadNetworkFaults(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"topology", "[noc]\ntopology = \"torus\"\n",
			"chip.toml:2: key noc.topology is \"torus\", want none | mesh | concentrated-mesh"},
		{"a hop of nothing", "[noc]\nhop = \"1ns\"\ncolumns = 2\n",
			"chip.toml:2: key noc.hop is given with topology = \"none\", want mesh or concentrated-mesh\n" +
				"chip.toml:3: key noc.columns is given with topology = \"none\", want mesh or concentrated-mesh"},
		{"a slow hop", "[noc]\ntopology = \"mesh\"\nhop = \"11us\"\n[io]\nhop = \"1s\"\n",
			"chip.toml:3: key noc.hop is 11 µs, want at most 10 µs\nchip.toml:5: key io.hop is 1 s, want at most 10 µs"},
		{"links of no width", "[io]\nlinks = 2\nwidth = 0\n", "chip.toml:3: key io.width is 0, want 1 to 65536"},
		{"a port without a width", "[host]\nclock = \"1GHz\"\narea = \"1mm2\"\n",
			"chip.toml:2: key host.clock is given without a width, want the bits that the port moves per clock\n" +
				"chip.toml:3: key host.area is given without a width, want the bits that the port moves per clock"},
		{"nameless part", "[[tile.part]]\narea = \"1um2\"\n", "chip.toml:1: key tile.part[0].name is missing"},
		{"part of an empty name", "[[tile.part]]\nname = \"\"\n", "chip.toml:2: key tile.part[0].name is \"\", want what the bill of materials calls it"},
		{"two of a name", "[[tile.part]]\nname = \"a\"\n[[tile.part]]\nname = \"a\"\n",
			"chip.toml:4: key tile.part[1].name is \"a\" as that of another part, want one name for each"},
		{"an action of a part", "[[tile.part]]\nname = \"a\"\nenergy = \"1pJ\"\n",
			"chip.toml:3: key tile.part[0].energy is given for a part, which has no actions: want active_power or static_power"},
		{"cost of no multiplier", "[tile.multiplier]\narea = \"1um2\"\n",
			"chip.toml:1: key tile.multiplier.count is 0 with a cost, want the number of units"},
		{"banks", "[tile.edram]\nbanks = 0\n", "chip.toml:2: key tile.edram.banks is 0, want 1 to 1024"},
		{"rounding", "[ima]\nrounding = \"up\"\naccumulator_bits = 1\n",
			"chip.toml:2: key ima.rounding is \"up\", want half-even | truncate | none\n" +
				"chip.toml:3: key ima.accumulator_bits is 1, want 2 to 64"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table := parse(t, tt.text)
			tile.ReadIMA(table.Table("ima"))
			tile.ReadSpec(table.Table("tile"))
			tile.ReadNetwork(table.Table("noc"))
			tile.ReadLinks(table.Table("io"))
			tile.ReadPort(table.Table("host"))
			if err := table.Finish(); err == nil || err.Error() != tt.want {
				t.Errorf("got\n%v\nwant\n%s", err, tt.want)
			}
		})
	}
}
