package timing

import (
	"context"
	"testing"

	"bitline/adc"
	"bitline/arch"
	"bitline/internal/units"
	"bitline/tile"
	"bitline/workloads"
)

// onImage is a network of some layers on an image of 4 × 4 positions and one
// channel, with a class at the end.
func onImage(layers ...workloads.Layer) *workloads.Network {
	return &workloads.Network{
		Name: "image", Input: workloads.Shape{Height: 4, Width: 4, Channels: 1},
		Layers: append(layers, workloads.Layer{Name: "fc", Kind: workloads.Linear, Outputs: 1}),
	}
}

// conv is a convolution of 3 × 3.
func conv(name string, outputs, stride, padding int) workloads.Layer {
	return workloads.Layer{Name: name, Kind: workloads.Conv, Outputs: outputs, Kernel: 3, Stride: stride, Padding: padding}
}

func adding(l workloads.Layer, name string) workloads.Layer {
	l.Add = name
	return l
}

// tall is the tiny chip with three reads to a product and 16 wordlines, so that a
// window of 9 lies on one array. Its parts that move 8 b a nanosecond move the 27 b
// of a window in 4. Every layer lies on a tile of its own.
func tall(change func(*arch.Chip)) *arch.Chip {
	return three(func(c *arch.Chip) {
		c.Crossbar.Wordlines = 16
		c.Tile.MaxPool = tile.Unit{Count: 1, Rate: units.Gigahertz}
		if change != nil {
			change(c)
		}
	})
}

// TestConvolutionsByHand: on an idle chip a product of a convolution of n outputs
// takes: fetch 4 · reads 30 · scan n · shift-and-add n · output n · sum n ·
// activation n. The products of an image begin 30 ns apart, the first at 4. An
// output of 3n bits takes the router 1 and a write 1.
func TestConvolutionsByHand(t *testing.T) {
	copies := func(c *arch.Chip) {
		c.Map.Replicate, c.Map.Copies = arch.ReplicateByHand, map[string]int{"conv": 2}
	}
	// A position of the image takes the port 20 ns.
	host := func(c *arch.Chip) { c.Host.Channel = tile.Channel{Width: 3, Clock: 50 * units.Megahertz} }
	tests := []struct {
		name              string
		change            func(*arch.Chip)
		net               *workloads.Network
		latency, interval units.Time
		router, writes    int64 // bits
		pooled            int64
	}{
		// Four products, the last from 94 to 94 + 30 + 5·2 = 134, there at 136. Of 8
		// inputs: fetch 24 b 3 · 30 · 1 · 1 · 1 · 1 · 1 · write 1.
		{"no padding", nil, onImage(conv("conv", 2, 1, 0)), 175 * ns, 120 * ns, 4 * 6, 4*6 + 3, 0},
		// 16 products, the last from 454 to 494, there at 496. 32 inputs are two row
		// blocks: fetch 96 b 12 · 30 · 1 · 2 · output 16 b 2 · sum 2 · 1 · 1.
		{"padding", nil, onImage(conv("conv", 2, 1, 1)), 547 * ns, 480 * ns, 16 * 6, 16*6 + 3, 0},
		// Four products again.
		{"stride", nil, onImage(conv("conv", 2, 2, 1)), 175 * ns, 120 * ns, 4 * 6, 4*6 + 3, 0},
		// A position that no window of the next layer sees: 4 × 4 outputs, of which a
		// convolution of stride 2 without padding sees the first 3 × 3. The first nine
		// are complete after position 10, which begins at 304 and is done at 339 with
		// one channel; router 1 · write 1 · fetch 4 · 35 · 2 · then one input: fetch 1 ·
		// 30 · 6. The five others are not sent. The second convolution does little: 480.
		{"rest that nobody sees", nil, onImage(conv("conv", 1, 1, 1), conv("next", 1, 2, 0)), (341 + 39 + 2 + 37) * ns, 480 * ns, 9*3 + 3, 9*3 + 3 + 3, 0},
		// The windows of 2 × 2 take two values a position, 2 ns; the last is complete
		// at 494 + 2, there at 498; then as without padding, 39.
		{"pool", nil, onImage(conv("conv", 2, 1, 1), workloads.Layer{Name: "pool", Kind: workloads.MaxPool, Kernel: 2, Stride: 2}),
			537 * ns, 480 * ns, 4 * 6, 4*6 + 3, 16 * 2},
		// One window of 16 positions, complete at 496, there at 498. Two inputs: fetch
		// 1 · 30 · 6.
		{"global pool", nil, onImage(conv("conv", 2, 1, 1), workloads.Layer{Name: "pool", Kind: workloads.GlobalPool}), 535 * ns, 480 * ns, 6, 6 + 3, 16 * 2},
		// A pool of the image, which lies ready: 36 values for windows of 3 × 3, of
		// which position (y, x) has as many as windows see it: rows 1 2 2 1, columns
		// the same. So 36 ns; a convolution of 2 × 2 positions: one product at 36 + 4,
		// four products of the padded convolution: begin at 40, 70, 100, 130: done at
		// 165, there at 167; 4 inputs: fetch 12 b 2 · 30 · 6. Its products need the last
		// window, as the padding reaches over all of the 2 × 2.
		{"pool of the image", nil, onImage(workloads.Layer{Name: "pool", Kind: workloads.MaxPool, Kernel: 3, Stride: 1}, conv("conv", 1, 1, 1)),
			206 * ns, 120 * ns, 4 * 3, 4*3 + 4*3 + 3, 36},
		// The first convolution's position p is done at 39 + 30p, on the next tile at
		// 40 + 30p, and is written there twice, until 41 and 42 + 30p, in one message.
		// The next layer's row y begins when position (y+1, 1) is there: 5 at 191, 9 at
		// 311, 13 at 431; it has time for 4 products between them. A fetch waits for the
		// second write: row 2 begins at 432 + 4, and the last of its products, which
		// needs position 15 only as the one before, at 526; row 3 follows at once and its
		// last product is from 646 to 681; 2. 16 inputs: fetch 48 b 6 · 30 · 6.
		{"addition", nil, onImage(conv("conv", 1, 1, 1), adding(conv("next", 1, 1, 1), "conv")), 725 * ns, 480 * ns, 2 * 16 * 3, 3*16*3 + 3, 0},
		// Each copy does eight products, the last until 249. The messages come at 250
		// from both and are written one after the other: 252 + 42.
		{"two copies", copies, onImage(conv("conv", 1, 1, 1)), 294 * ns, 240 * ns, 16 * 3, 16*3 + 3, 0},
		// Positions 10, 11, 14 and 15 of the image complete the windows. Position i has
		// passed the port at 20 (i + 1), the router and the write at 2 more: 222, 242,
		// 302 and 322. Products begin at 226, 256, 306 and, as the register is free at
		// 326, at 336: done at 376, there at 378; 39; router 1 · port 20. 17 things pass
		// the port.
		{"host port", host, onImage(conv("conv", 2, 1, 0)), 438 * ns, 340 * ns, 16*3 + 4*6 + 3, 16*3 + 4*6 + 3, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := mustSimulate(t, tall(tt.change), tt.net, 8)
			if got.LatencySingle != tt.latency || got.Interval != tt.interval {
				t.Errorf("latency %v and interval %v, want %v and %v", got.LatencySingle, got.Interval, tt.latency, tt.interval)
			}
			if c := got.PerImage; c.RouterBits != tt.router || c.WriteBits != tt.writes || c.Pooled != tt.pooled {
				t.Errorf("%d b sent, %d b written, %d values pooled, want %d, %d and %d", c.RouterBits, c.WriteBits, c.Pooled, tt.router, tt.writes, tt.pooled)
			}
		})
	}
}

// TestSumsByHand: sums go from tile to tile, in tiles of one IMA of four arrays.
func TestSumsByHand(t *testing.T) {
	tests := []struct {
		name              string
		change            func(*arch.Chip)
		widths            []int
		latency, interval units.Time
		sums, router      int64
	}{
		// Nine row blocks on three tiles: 4, 4 and 1. The last tile: fetch 2 · 30 · 4 · 4 ·
		// 4 · sum 4 · router 4, at 52. The second: fetch 6 · 10 · 4 and 12 scans of 4
		// codes until 68; output 16 · sum 16 · sums of the last 4 · router 4, at 108. The
		// home tile has its own at 100 and adds: 112 · 4 · 2.
		{"three tiles in a row", nil, []int{36, 4}, 118 * ns, 48 * ns, 9*4 + 2*4, 2 * 32},
		// Five column blocks on two tiles: the second's four sums go home and take four
		// places there. fetch 2 · 10 · 4 · 48 until 64 · output 16 · sum 16 · 4 ·
		// activation 20 · write 60 b 8.
		{"columns on two tiles", nil, []int{4, 20}, 128 * ns, 48 * ns, 5*4 + 4, 32},
		// A third tile's four sums pass the second, whose own are 16 more, to the home:
		// 4 + 20 sums are taken up and 32 + 160 b sent. The second tile's own are there at
		// 96; 4 more and 160 b 20: at 120. The home takes them 20 · activation 36 ·
		// write 108 b 14. In the stream the home's outputs wait for one of two sets of
		// sums until 176, the image before the last, instead of leaving at 160, and are
		// added up at 208, while the others' sums come at 216: nothing is lost.
		{"columns on three tiles", nil, []int{4, 36}, 190 * ns, 48 * ns, 9*4 + 4 + 20, 32 + 160},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := mustSimulate(t, three(tt.change), mlp(tt.widths...), 8)
			if got.LatencySingle != tt.latency || got.Interval != tt.interval {
				t.Errorf("latency %v and interval %v, want %v and %v", got.LatencySingle, got.Interval, tt.latency, tt.interval)
			}
			if c := got.PerImage; c.TileSums != tt.sums || c.RouterBits != tt.router {
				t.Errorf("%d sums and %d b sent, want %d and %d", c.TileSums, c.RouterBits, tt.sums, tt.router)
			}
		})
	}
}

// TestLinksByHand: the first layer's 12 b set out at 52 ns.
func TestLinksByHand(t *testing.T) {
	mesh := func(c *arch.Chip) {
		c.Tiles, c.NoC = 9, tile.Network{Topology: tile.Mesh, Hop: ns}
	}
	chips := func(c *arch.Chip) {
		c.Tiles, c.Count = 1, 2
		c.IO = tile.Links{Count: 4, Channel: tile.Channel{Width: 8, Clock: 500 * units.Megahertz}, Hop: 5 * ns}
	}
	tests := []struct {
		name              string
		change            func(*arch.Chip)
		widths            []int
		latency, interval units.Time
		router, links     int64 // transfers
	}{
		// From tile 0 to tile 1: into the router at 52, the head in the next link at 53
		// and in the tile at 54, all there at 56; write 2, then 54.
		{"a hop", mesh, []int{4, 4, 4}, 112 * ns, 30 * ns, 3 * 2, 0},
		// To tiles 1 and 2: two links are shared, one leads into tile 1 at 56, two into
		// tile 2 at 57. Tile 1: write 2 · fetch 2 · 10 · 4 · 48 until 122 · 16 · 16. Tile 2:
		// at 57: 2 · 2 · 30 · 4 · 4 · 4 · 4 · three links 4 + 2. Tile 1, at 154: 4 ·
		// activation 20 · write 60 b 8.
		{"to two tiles", mesh, []int{4, 4, 20}, 186 * ns, 48 * ns, 5*2 + 3*4, 0},
		// Over the link 4 + 5, while the router is passed: at 61; 2 + 54.
		{"two chips", chips, []int{4, 4, 4}, 117 * ns, 30 * ns, 2, 2},
		// Two links lead to the link between the chips, which the head reaches at 53;
		// the end is there at 53 + 4 + 5, behind which the last link, of tile 1, is fast.
		{"two chips with meshes", func(c *arch.Chip) {
			chips(c)
			c.NoC = tile.Network{Topology: tile.Mesh, Hop: ns}
		}, []int{4, 4, 4}, 118 * ns, 30 * ns, 2 * 2, 2},
		// The port at the first router: 12 b of an image take it 2 · into tile 0 2 · write
		// 2; then 52 · three links 4 · write 2 · 52 · write 2 into the eDRAM · out of tile 1
		// and to the first router: 2 + 1 · port 2.
		{"host of a mesh", func(c *arch.Chip) {
			mesh(c)
			c.Host.Channel = tile.Channel{Width: 8, Clock: units.Gigahertz}
		}, []int{4, 4, 4}, 123 * ns, 30 * ns, 2 + 3*2 + 2*2, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := mustSimulate(t, three(tt.change), mlp(tt.widths...), 8)
			if got.LatencySingle != tt.latency || got.Interval != tt.interval {
				t.Errorf("latency %v and interval %v, want %v and %v", got.LatencySingle, got.Interval, tt.latency, tt.interval)
			}
			if c := got.PerImage; c.RouterTransfers != tt.router || c.LinkTransfers != tt.links {
				t.Errorf("%d transfers in routers and %d over links, want %d and %d", c.RouterTransfers, c.LinkTransfers, tt.router, tt.links)
			}
		})
	}
}

// TestArbitrationByHand: three row blocks on two converters, a scan of 20 ns twice
// a read. 9 scans take 90 ns in any order.
//
// An image alone: fetch 36 b 5 · read 10; the converters are busy in pairs from 15
// to 95, the last scan alone until 115; 4 · output 96 b 12 · sum 12 · 4 · 2.
//
// In the stream, with the begin of a product at 0: in turn, it is when the third
// array's last result has got a converter, which ends at 20, the second array's
// being done at 10. Scans begin at 10, 20, … 90, for arrays 0, 1 and 2 in turn. The
// first results come at 10: array 2 waits 10 with it; the second results, read by
// 20, 20 and 30, wait until 30, 40 and 50; the third, read by 40, 50 and 60, until
// 60, 70 and 80: 10 + 10 + 20 + 20 + 20 + 20 + 20.
//
// The oldest first, a product begins when the third array's last result is latched,
// and all is 10 later: the scans begin at 20, 30, … 100. The first results wait until
// 10, 20 and 30, the second, read by 20, 30 and 40, until 40, 50 and 60, the third,
// read by 50, 60 and 70, until 70, 80 and 90: 0 + 10 + 20 and six times 20.
func TestArbitrationByHand(t *testing.T) {
	for _, tt := range []struct {
		rule    adc.Arbitration
		waiting units.Time
	}{{adc.OldestFirst, 150 * ns}, {adc.RoundRobin, 120 * ns}} {
		chip := three(func(c *arch.Chip) {
			c.ADC.Arbitration, c.ADC.PerIMA, c.ADC.Rate = tt.rule, 2, 200*units.Megahertz
		})
		got := mustSimulate(t, chip, mlp(12, 4), 8)
		if got.LatencySingle != 149*ns || got.Interval != 90*ns {
			t.Errorf("%s: latency %v and interval %v, want 149 ns and 90 ns", tt.rule, got.LatencySingle, got.Interval)
		}
		if waiting := resource(t, got, ClassCrossbar, "fc1").Waiting / units.Time(got.WindowImages); waiting != tt.waiting {
			t.Errorf("%s: crossbars wait %v an image, want %v", tt.rule, waiting, tt.waiting)
		}
	}
}

// TestInFlight lets so many images in at once: with one, the next enters when the
// one before is done.
func TestInFlight(t *testing.T) {
	for _, tt := range []struct {
		images   int
		interval units.Time
	}{{1, 110 * ns}, {2, 55 * ns}, {4, 30 * ns}, {0, 30 * ns}} {
		// "two layers" of TestTimesByHand: latency 110, interval 30.
		got, err := Simulate(context.Background(), jobOf(t, three(nil), mlp(4, 4, 4), 8), Options{InFlight: tt.images})
		if err != nil {
			t.Fatal(err)
		}
		if got.Interval != tt.interval {
			t.Errorf("%d in flight: interval is %v, want %v", tt.images, got.Interval, tt.interval)
		}
	}
}
