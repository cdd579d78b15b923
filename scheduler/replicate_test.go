package scheduler

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"bitline/arch"
	"bitline/configs"
	"bitline/crossbar"
	"bitline/internal/config"
	"bitline/workloads"
)

// shipped is a network that is embedded in the program.
func shipped(t testing.TB, name string) *workloads.Network {
	t.Helper()
	table, err := config.Load(config.Source{Kind: "networks", Embedded: configs.Files()}, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	net := workloads.ReadNetwork(table)
	if err := table.Finish(); err != nil {
		t.Fatal(err)
	}
	return net
}

// isaacChips is a system of ISAAC chips.
func isaacChips(count int, replicate string) *arch.Chip {
	return chipWith(func(c *arch.Chip) {
		isaac(c)
		c.Count, c.Map.Replicate = count, replicate
	})
}

// slowest is the most products that any copy does for an image.
func slowest(m *Mapping) int {
	most := 0
	for i := range m.Layers {
		most = max(most, m.Layers[i].Products())
	}
	return most
}

// TestCapacityCloses sums the crossbars of one copy of each layer. Of VGG-16 at 16
// bits, 16 weights a row in blocks of 128 rows, the convolutions take
//
//	1·4 + 5·4 + 5·8 + 9·8 + 9·16 + 2·18·16 + 18·32 + 2·36·32 + 3·36·32 = 7192
//
// and the rest 196·256 + 32·256 + 32·63 = 60,384. On an ISAAC chip with 16,128
// crossbars that is 4.19 chips. With 8 bits there are 32 weights a row, which
// halves all but the last layer, 32·32; signs in two arrays double that.
func TestCapacityCloses(t *testing.T) {
	eight := func(signed crossbar.Signed) func(*arch.Chip) {
		return func(c *arch.Chip) {
			isaac(c)
			c.Encoding.WeightBits, c.Encoding.Signed = 8, signed
		}
	}
	tests := []struct {
		name, network string
		change        func(*arch.Chip)
		want, linear  int
	}{
		{"VGG-16, 16 bit offset", "vgg-16", isaac, 67576, 60384},
		{"VGG-16, 8 bit offset", "vgg-16", eight(crossbar.OffsetFlip), 33804, 196*128 + 32*128 + 32*32},
		{"VGG-16, 8 bit differential", "vgg-16", eight(crossbar.Differential), 67608, 0},
		{"ResNet-18, 16 bit offset", "resnet-18", isaac, 5724, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			chip := chipWith(tt.change)
			chip.Count = 16
			m := mustMap(t, chip, shipped(t, tt.network))
			if m.CrossbarsUsed != tt.want {
				t.Errorf("one copy takes %d crossbars, want %d", m.CrossbarsUsed, tt.want)
			}
			linear := 0
			for _, l := range m.Layers {
				if l.Positions == 1 {
					linear += int(l.Use.Crossbars)
				}
			}
			if tt.linear > 0 && linear != tt.linear {
				t.Errorf("linear layers take %d crossbars, want %d", linear, tt.linear)
			}
		})
	}
}

// TestReplicationPredicts compares intervals, the most products of a copy times
// 16 reads of 100 ns, with those reckoned by others for ISAAC's chips: 717, 373,
// 190 and 64 µs for VGG-16 on 5, 6, 8 and 16 chips, 106 µs for ResNet-18 on one.
// They come out where the crossbars of copies are counted as if copies could
// share IMAs. As each copy has its IMAs to itself, a copy of VGG-16's first layer
// takes 8 crossbars in place of 4, and the intervals are longer.
func TestReplicationPredicts(t *testing.T) {
	tests := []struct {
		network        string
		chips          int
		crossbars      int     // products of the slowest copy with crossbars shared
		reckoned       float64 // µs
		imas           int     // products with IMAs of their own
		copiesOfFirst  int
		copiesOfSecond int
	}{
		{"vgg-16", 5, 448, 717, 502, 100, 100},
		{"vgg-16", 6, 233, 373, 251, 200, 200},
		{"vgg-16", 8, 119, 190, 128, 392, 392},
		{"vgg-16", 16, 40, 64, 43, 1167, 1167},
		{"resnet-18", 1, 66, 106, 72, 175, 44},
	}
	for _, tt := range tests {
		net := shipped(t, tt.network)
		for _, rule := range []string{arch.ReplicateBalanced, arch.ReplicateISAAC} {
			chip := isaacChips(tt.chips, rule)
			y := newLayout(chip)
			var layers []demand
			for _, s := range net.Matrices() {
				p := y.plan(s)
				layers = append(layers, demand{positions: s.Positions, cost: p.arrays(y), copies: 1})
			}
			budget := tt.chips * chip.Tiles * chip.Tile.IMAs * chip.IMA.Crossbars
			if rule == arch.ReplicateBalanced {
				balance(layers, budget)
			} else {
				proportion(layers, budget)
			}
			most := 0
			for _, l := range layers {
				most = max(most, ceil(l.positions, l.copies))
			}
			interval := float64(most) * 1.6
			if most != tt.crossbars || interval < tt.reckoned-1 || interval > tt.reckoned+1 {
				t.Errorf("%s on %d chips, %s: %d products, %.1f µs, want %d and about %v µs", tt.network, tt.chips, rule, most, interval, tt.crossbars, tt.reckoned)
			}
			m := mustMap(t, chip, net)
			if got := slowest(m); got != tt.imas {
				t.Errorf("%s on %d chips, %s, with IMAs of their own: %d products, %.1f µs, want %d", tt.network, tt.chips, rule, got, float64(got)*1.6, tt.imas)
			}
			if rule == arch.ReplicateBalanced && (len(m.Layers[0].Copies) != tt.copiesOfFirst || len(m.Layers[1].Copies) != tt.copiesOfSecond) {
				t.Errorf("%s on %d chips: %d and %d copies of the first layers, want %d and %d", tt.network, tt.chips,
					len(m.Layers[0].Copies), len(m.Layers[1].Copies), tt.copiesOfFirst, tt.copiesOfSecond)
			}
		}
	}
}

// TestBalanceIsBest tries every T for small random layers: no smaller one fits,
// and one copy less of any layer is slower.
func TestBalanceIsBest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	for i := range 500 {
		layers := make([]demand, 1+rng.IntN(4))
		least := 0
		for k := range layers {
			layers[k] = demand{positions: 1 + rng.IntN(40), cost: 1 + rng.IntN(5), copies: 1}
			if rng.IntN(4) == 0 {
				layers[k].pinned, layers[k].copies = true, 1+rng.IntN(layers[k].positions)
			}
			least += layers[k].cost * layers[k].copies
		}
		budget := least + rng.IntN(60)
		given := slices.Clone(layers)
		got := balance(layers, budget)
		floor, cost, reached := 1, 0, 0
		for _, l := range layers {
			cost += l.cost * l.copies
			reached = max(reached, (l.positions+l.copies-1)/l.copies)
			if l.pinned {
				floor = max(floor, (l.positions+l.copies-1)/l.copies)
			}
		}
		if cost > budget || reached > got {
			t.Fatalf("case %d: %+v cost %d of %d and take %d products, said to be %d", i, layers, cost, budget, reached, got)
		}
		for k, l := range layers {
			if l.pinned && l.copies != given[k].copies {
				t.Fatalf("case %d: pinned layer %d has %d copies, want %d", i, k, l.copies, given[k].copies)
			}
			if fewer := l.copies - 1; !l.pinned && fewer > 0 && (l.positions+fewer-1)/fewer <= got {
				t.Fatalf("case %d: layer %d of %+v needs only %d copies for %d products", i, k, layers, fewer, got)
			}
		}
		for faster := floor; faster < got; faster++ {
			cost := 0
			for _, l := range given {
				n := l.copies
				for !l.pinned && n*faster < l.positions {
					n++
				}
				cost += n * l.cost
			}
			if cost <= budget {
				t.Fatalf("case %d: %+v reach %d products with %d of %d, got %d", i, given, faster, cost, budget, got)
			}
		}
	}
}

// TestProportion compares with the rule as it is written down, for every k that
// is a ratio of some copies and positions: the copies are those of the largest k
// that fits.
func TestProportion(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 9))
	for i := range 300 {
		layers := make([]demand, 1+rng.IntN(4))
		least := 0
		for k := range layers {
			layers[k] = demand{positions: 1 + rng.IntN(20), cost: 1 + rng.IntN(5), copies: 1}
			least += layers[k].cost
		}
		budget := least + rng.IntN(60)
		last := layers[len(layers)-1].positions
		// k = last·m/positions, at which layer j has exactly m copies; one more than
		// that begins just above it, so that the largest k that fits is among these.
		var best []int
		bestNum, bestDen := 0, 1
		for _, j := range layers {
			for m := 1; m <= j.positions; m++ {
				num, den := last*m, j.positions
				cost, copies := 0, []int(nil)
				for _, l := range layers {
					n := min((num*l.positions+den*last-1)/(den*last), l.positions)
					copies = append(copies, n)
					cost += n * l.cost
				}
				if cost <= budget && num*bestDen > bestNum*den {
					best, bestNum, bestDen = copies, num, den
				}
			}
		}
		given := slices.Clone(layers)
		proportion(layers, budget)
		var got []int
		for _, l := range layers {
			got = append(got, l.copies)
		}
		if !slices.Equal(got, best) {
			t.Fatalf("case %d: %+v with %d get %v copies, want %v", i, given, budget, got, best)
		}
	}
}

// oneConv is a convolution of 27×16 weights at 6×6 positions and a linear layer of
// 576×10. Where a block is one array they take 1 and 5, and so an IMA each.
func oneConv() *workloads.Network {
	return &workloads.Network{
		Name: "small", Input: workloads.Shape{Height: 6, Width: 6, Channels: 3},
		Layers: []workloads.Layer{
			{Name: "conv", Kind: workloads.Conv, Outputs: 16, Kernel: 3, Stride: 1, Padding: 1},
			{Name: "fc", Kind: workloads.Linear, Outputs: 10},
		},
	}
}

func TestReplicationOfAChip(t *testing.T) {
	tests := []struct {
		name   string
		change func(*arch.Mapping)
		copies [2]int
		err    string
	}{
		{"none", func(*arch.Mapping) {}, [2]int{1, 1}, ""},
		// The chip has 2 tiles of 12 IMAs; 36 positions on 23 copies are 2 each, as on
		// 18.
		{"balanced", func(m *arch.Mapping) { m.Replicate = arch.ReplicateBalanced }, [2]int{18, 1}, ""},
		{"isaac", func(m *arch.Mapping) { m.Replicate = arch.ReplicateISAAC }, [2]int{23, 1}, ""},
		// 8 crossbars an IMA: 80 are 10 IMAs, and 36 positions on 9 copies 4 each.
		{"budget", func(m *arch.Mapping) { m.Replicate, m.Crossbars = arch.ReplicateBalanced, 80 }, [2]int{9, 1}, ""},
		{"budget, one short", func(m *arch.Mapping) { m.Replicate, m.Crossbars = arch.ReplicateBalanced, 79 }, [2]int{8, 1}, ""},
		{"least budget", func(m *arch.Mapping) { m.Replicate, m.Crossbars = arch.ReplicateBalanced, 16 }, [2]int{1, 1}, ""},
		{"budget too small", func(m *arch.Mapping) { m.Replicate, m.Crossbars = arch.ReplicateISAAC, 15 }, [2]int{},
			"mapping.crossbars is 15, want at least 16 for one copy of each layer of network small, whole IMAs of 8"},
		{"by hand", func(m *arch.Mapping) {
			m.Replicate, m.Copies = arch.ReplicateByHand, map[string]int{"conv": 5}
		}, [2]int{5, 1}, ""},
		{"pinned", func(m *arch.Mapping) {
			m.Replicate, m.Copies = arch.ReplicateBalanced, map[string]int{"conv": 7}
		}, [2]int{7, 1}, ""},
		{"pinned under isaac", func(m *arch.Mapping) {
			m.Replicate, m.Copies = arch.ReplicateISAAC, map[string]int{"conv": 7}
		}, [2]int{7, 1}, ""},
		{"as many as positions", func(m *arch.Mapping) {
			m.Replicate, m.Copies, m.Rounds = arch.ReplicateByHand, map[string]int{"conv": 23}, true
		}, [2]int{23, 1}, ""},
		{"unknown layers", func(m *arch.Mapping) {
			m.Replicate, m.Copies = arch.ReplicateByHand, map[string]int{"cnov": 5, "zzz": 1}
		}, [2]int{}, "mapping.copies names \"cnov\", which is no layer of network small on crossbars, did you mean conv?\n" +
			"mapping.copies names \"zzz\", which is no layer of network small on crossbars"},
		{"more than positions", func(m *arch.Mapping) {
			m.Replicate, m.Copies = arch.ReplicateByHand, map[string]int{"fc": 2}
		}, [2]int{}, "mapping.copies of layer fc is 2, want 1 to 1, the positions of an image that copies share"},
		{"too many by hand", func(m *arch.Mapping) {
			m.Replicate, m.Copies = arch.ReplicateByHand, map[string]int{"conv": 24}
		}, [2]int{}, "network small needs 3 tiles of chip test, which has 2: 1 tile is missing; chips = 2 would do, and mapping.rounds"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			chip := chipWith(func(c *arch.Chip) {
				isaac(c)
				c.Tiles = 2
				tt.change(&c.Map)
			})
			m, err := Map(chip, oneConv())
			if tt.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), tt.err) {
					t.Errorf("error is %v, want one that begins with %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := [2]int{len(m.Layers[0].Copies), len(m.Layers[1].Copies)}; got != tt.copies {
				t.Errorf("copies are %v, want %v", got, tt.copies)
			}
		})
	}
}
