package scheduler

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"bitline/arch"
	"bitline/crossbar"
	"bitline/workloads"
)

// TestMappingsOfRandomNetworks checks what every mapping must be.
func TestMappingsOfRandomNetworks(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 4))
	for i := range 400 {
		net := randomNetwork(rng)
		chip := fitted(rng, randomChip(rng), net)
		if rng.IntN(3) == 0 {
			chip.Map.Place = arch.PlaceNearConsumer
		}
		if rng.IntN(3) == 0 {
			chip.Count, chip.Map.Rounds = ceil(chip.Count, 2), true
		}
		m, err := Map(chip, net)
		if err != nil {
			if chip.Map.Rounds { // a layer alone may be too much
				continue
			}
			t.Fatalf("case %d: %v", i, err)
		}
		for k := range m.Layers {
			checkLayer(t, chip, &m.Layers[k])
		}
		checkPlaces(t, chip, m)
		checkUse(t, chip, m)
		if again := mustMap(t, chip, net); !reflect.DeepEqual(m, again) {
			t.Fatalf("case %d: a second mapping differs", i)
		}
		if t.Failed() {
			t.Fatalf("case %d: network %v on %+v", i, net, chip)
		}
	}
}

// checkLayer finds every weight's cells once in each copy.
func checkLayer(t *testing.T, chip *arch.Chip, l *Layer) {
	t.Helper()
	slices, signs := chip.Slicing().Count, chip.Encoding.Arrays()
	perWeight := 1
	if chip.Encoding.Slices == crossbar.Interleaved {
		perWeight = slices
	}
	for c := range l.Copies {
		weights := map[[5]int]bool{} // group, row, column, slice, sign
		for _, a := range l.Copies[c].Arrays {
			extra := 0
			if a.Units > 0 {
				extra = 1
			}
			if int(a.Rows) > chip.Crossbar.Wordlines || int(a.Bitlines) > chip.Crossbar.Bitlines+extra || a.Rows < 1 || a.Groups < 1 {
				t.Errorf("array %+v of layer %s is no part of a crossbar", a, l.Name)
				return
			}
			topArray := a.Slice == AllSlices || int(a.Slice) == slices-1
			if want := chip.Encoding.HasUnitColumn() && topArray; (a.Units > 0) != want || want && a.Units != a.Groups {
				t.Errorf("array %+v of layer %s has %d unit columns for %d groups", a, l.Name, a.Units, a.Groups)
			}
			rows, columns := int(a.Rows/a.Groups), int(a.Weights/a.Groups)
			if a.Columns() != int(a.Weights)*perWeight || a.Cells() != int(a.Groups)*rows*columns*perWeight {
				t.Errorf("array %+v of layer %s has %d columns and %d cells", a, l.Name, a.Columns(), a.Cells())
			}
			for g := range int(a.Groups) {
				for r := range rows {
					for k := range columns {
						at := [5]int{int(a.Group) + g, int(a.RowBlock)*chip.Crossbar.Wordlines + r, int(a.ColumnBlock)*chip.WeightsPerRow() + k, int(a.Slice), int(a.Sign)}
						if weights[at] || at[0] >= l.Groups || at[1] >= l.Rows || at[2] >= l.Columns {
							t.Errorf("weight %v of layer %s lies twice or is none", at, l.Name)
							return
						}
						weights[at] = true
					}
				}
			}
		}
		if want := l.Groups * l.Rows * l.Columns * signs * slices / perWeight; len(weights) != want {
			t.Errorf("copy %d of layer %s has %d weights, want %d", c, l.Name, len(weights), want)
		}
		if want := l.GroupBlocks * l.RowBlocks * l.ColumnBlocks * signs * slices / perWeight; len(l.Copies[c].Arrays) != want {
			t.Errorf("copy %d of layer %s has %d arrays, want %d", c, l.Name, len(l.Copies[c].Arrays), want)
		}
	}
}

// checkPlaces finds every crossbar with one array, every IMA with one copy, blocks
// and pairs in one IMA, and homes where most arrays lie.
func checkPlaces(t *testing.T, chip *arch.Chip, m *Mapping) {
	t.Helper()
	type crossbarOf struct{ round, ima, crossbar int }
	type imaOf struct{ round, ima int }
	taken, owner := map[crossbarOf]bool{}, map[imaOf][2]int{}
	highest := 0
	for k, l := range m.Layers {
		if l.Round < 0 || l.Round >= m.Rounds || k > 0 && l.Round < m.Layers[k-1].Round {
			t.Errorf("layer %s is in round %d of %d", l.Name, l.Round, m.Rounds)
		}
		for c, copied := range l.Copies {
			tiles := map[int]int{}
			blocks := map[[3]int32]map[int32]bool{}
			pairs := map[[4]int32]map[int32]bool{}
			imas := map[int32]bool{}
			for _, a := range copied.Arrays {
				at, ima := crossbarOf{l.Round, int(a.IMA), int(a.Crossbar)}, imaOf{l.Round, int(a.IMA)}
				if taken[at] || int(a.Crossbar) >= chip.IMA.Crossbars || a.Crossbar < 0 || a.IMA < 0 {
					t.Errorf("array %+v of layer %s lies on a crossbar that is taken or not there", a, l.Name)
				}
				taken[at] = true
				if o, owned := owner[ima]; owned && o != [2]int{k, c} {
					t.Errorf("IMA %d has copies %v and %v", a.IMA, o, [2]int{k, c})
				}
				owner[ima] = [2]int{k, c}
				tiles[int(a.IMA)/chip.Tile.IMAs]++
				highest = max(highest, int(a.IMA))
				imas[a.IMA] = true
				block, pair := [3]int32{a.Group, a.RowBlock, a.ColumnBlock}, [4]int32{a.Group, a.RowBlock, a.ColumnBlock, a.Slice}
				if blocks[block] == nil {
					blocks[block] = map[int32]bool{}
				}
				if pairs[pair] == nil {
					pairs[pair] = map[int32]bool{}
				}
				blocks[block][a.IMA], pairs[pair][a.IMA] = true, true
			}
			perBlock := len(copied.Arrays) / (l.GroupBlocks * l.RowBlocks * l.ColumnBlocks)
			for block, on := range blocks {
				if perBlock <= chip.IMA.Crossbars && len(on) > 1 {
					t.Errorf("block %v of layer %s lies on %d IMAs", block, l.Name, len(on))
				}
			}
			for pair, on := range pairs {
				if chip.Encoding.Signed == crossbar.DifferentialAnalog && len(on) > 1 {
					t.Errorf("pair %v of layer %s lies on %d IMAs", pair, l.Name, len(on))
				}
			}
			if len(imas) != copied.IMAs {
				t.Errorf("copy %d of layer %s takes %d IMAs, said to be %d", c, l.Name, len(imas), copied.IMAs)
			}
			for tile, n := range tiles {
				if n > tiles[copied.Home] || chip.Map.Place != arch.PlaceNearConsumer && n == tiles[copied.Home] && tile < copied.Home {
					t.Errorf("copy %d of layer %s is at home on tile %d of %v", c, l.Name, copied.Home, tiles)
				}
			}
		}
	}
	if m.IMAsUsed != highest+1 || m.TilesUsed != highest/chip.Tile.IMAs+1 || m.ChipsUsed != highest/chip.Tile.IMAs/chip.Tiles+1 || m.ChipsUsed > chip.Count {
		t.Errorf("%d IMAs, %d tiles and %d of %d chips are used, and the highest IMA is %d", m.IMAsUsed, m.TilesUsed, m.ChipsUsed, chip.Count, highest)
	}
}

// checkUse recounts the figures of utilisation and closes their sums.
func checkUse(t *testing.T, chip *arch.Chip, m *Mapping) {
	t.Helper()
	var want Use
	tiles := map[[2]int]bool{}
	most := map[int]int{}
	for _, l := range m.Layers {
		for _, c := range l.Copies {
			want.IMAs += int64(c.IMAs)
			most[l.Round] += len(c.Arrays)
			for _, a := range c.Arrays {
				want.Crossbars++
				want.Cells += int64(a.Cells())
				want.Columns += int64(a.Columns())
				tiles[[2]int{l.Round, int(a.IMA) / chip.Tile.IMAs}] = true
			}
		}
	}
	u := m.Use
	want.Tiles = int64(len(tiles))
	want.EdgeCells, want.DiagonalCells, want.IMALost, want.TileLost = u.EdgeCells, u.DiagonalCells, u.IMALost, u.TileLost
	if u != want {
		t.Errorf("use is %+v, want %+v", u, want)
	}
	cells := int64(chip.Crossbar.Wordlines * chip.Crossbar.Bitlines)
	if got := u.Cells + u.EdgeCells + u.DiagonalCells; got != u.Crossbars*cells || u.EdgeCells < 0 || u.DiagonalCells < 0 {
		t.Errorf("cells of %+v add up to %d, want %d", u, got, u.Crossbars*cells)
	}
	if got := u.Crossbars + u.IMALost + u.TileLost; got != u.Tiles*int64(chip.Tile.IMAs*chip.IMA.Crossbars) || u.IMALost < 0 || u.TileLost < 0 {
		t.Errorf("crossbars of %+v add up to %d, want %d", u, got, u.Tiles*int64(chip.Tile.IMAs*chip.IMA.Crossbars))
	}
	highest := 0
	for _, n := range most {
		highest = max(highest, n)
	}
	if m.CrossbarsUsed != highest {
		t.Errorf("%d crossbars are used, want %d", m.CrossbarsUsed, highest)
	}
}

// depthwise is a convolution of 3×3 kernels, each on a channel of its own.
func depthwise(channels int) *workloads.Network {
	return &workloads.Network{
		Name: "depthwise", Input: workloads.Shape{Height: 8, Width: 8, Channels: channels},
		Layers: []workloads.Layer{
			{Name: "conv", Kind: workloads.Conv, Outputs: channels, Kernel: 3, Stride: 1, Padding: 1, Groups: channels},
			{Name: "pool", Kind: workloads.GlobalPool},
			{Name: "fc", Kind: workloads.Linear, Outputs: 2},
		},
	}
}

func TestGroupsOnTheDiagonal(t *testing.T) {
	tests := []struct {
		name   string
		change func(*arch.Chip)
		groups int
		// groups of the first array and of the last, arrays of the layer
		first, last, arrays int
		use                 Use // cells and columns of the layer
	}{
		// 128 rows hold 14 kernels of 9, and 14 columns of the 128. Each of 8 arrays a
		// block has 14 × 9 cells of a diagonal in 126 × 14.
		{"wordlines bound", nil, 14, 14, 14, 8, Use{Cells: 8 * 126, DiagonalCells: 8 * (126*14 - 126), EdgeCells: 8 * (128*128 - 126*14), Columns: 8 * 14}},
		{"one more is another block", nil, 15, 14, 1, 16, Use{
			Cells: 8 * 135, DiagonalCells: 8 * (126*14 - 126), EdgeCells: 8*(128*128-126*14) + 8*(128*128-9), Columns: 8 * 15}},
		// 16 bitlines are 4 weights of 4 slices: 2 arrays a block, of 4 and 1 kernels.
		{"bitlines bound", func(c *arch.Chip) { interleaved(c); c.Crossbar.Bitlines = 16 }, 5, 4, 1, 4, Use{
			Cells: 2 * 5 * 9 * 4, DiagonalCells: 2 * (36*16 - 36*4), EdgeCells: 2*(128*16-36*16) + 2*(128*16-36), Columns: 2 * 5 * 4}},
		// Two kernels of 8 bitlines want a further unit column each but the first: 17.
		{"unit columns bound", func(c *arch.Chip) { isaac(c); c.Crossbar.Bitlines = 16 }, 2, 1, 1, 2, Use{
			Cells: 2 * 9 * 8, EdgeCells: 2 * (128*16 - 72), Columns: 16}},
		{"unit columns fit", func(c *arch.Chip) { isaac(c); c.Crossbar.Bitlines = 17 }, 2, 2, 2, 1, Use{
			Cells: 2 * 9 * 8, DiagonalCells: 18*17 - 144, EdgeCells: 128*17 - 18*17, Columns: 16}},
		// A kernel of 9 rows is cut into blocks of 7 and 2, and no array holds two.
		{"a group does not fit", func(c *arch.Chip) { c.Crossbar.Wordlines = 7 }, 3, 1, 1, 3 * 2 * 8, Use{
			Cells: 3 * 9 * 8, EdgeCells: 3 * 8 * (2*7*128 - 9), Columns: 3 * 2 * 8}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			chip := chipWith(tt.change)
			l := mustMap(t, chip, depthwise(tt.groups)).Layers[0]
			arrays := l.Copies[0].Arrays
			if got := [3]int{int(arrays[0].Groups), int(arrays[len(arrays)-1].Groups), len(arrays)}; got != [3]int{tt.first, tt.last, tt.arrays} {
				t.Errorf("groups of the first and last array and arrays are %v, want %v", got, [3]int{tt.first, tt.last, tt.arrays})
			}
			want := tt.use
			want.Crossbars, want.IMAs, want.IMALost = l.Use.Crossbars, l.Use.IMAs, l.Use.IMALost
			if l.Use != want {
				t.Errorf("use is %+v, want %+v", l.Use, want)
			}
		})
	}
}

func TestShares(t *testing.T) {
	chip := chipWith(nil) // 8 crossbars an IMA, 12 IMAs a tile
	u := Use{Cells: 128 * 128 / 4, EdgeCells: 128 * 128 / 2, DiagonalCells: 128 * 128 / 4, Columns: 32, Crossbars: 1, IMALost: 7, IMAs: 1, Tiles: 1}
	got := [4]float64{u.CellShare(), u.ColumnShare(chip), u.CrossbarShare(), u.IMAShare(chip)}
	if want := [4]float64{0.25, 0.25, 0.125, 1. / 12}; got != want {
		t.Errorf("shares of cells, columns, crossbars and IMAs are %v, want %v", got, want)
	}
	if got := (&Use{}).CellShare(); got != 0 {
		t.Errorf("share of no cells is %v, want 0", got)
	}
}
