package scheduler

import (
	"strings"
	"testing"

	"bitline/arch"
	"bitline/crossbar"
	"bitline/workloads"
)

// mlp is a network of linear layers of the given widths, the input first.
func mlp(widths ...int) *workloads.Network {
	n := &workloads.Network{Name: "mlp", Input: workloads.Shape{Height: 1, Width: 1, Channels: widths[0]}}
	for i, w := range widths[1:] {
		n.Layers = append(n.Layers, workloads.Layer{Name: "fc" + string(rune('1'+i)), Kind: workloads.Linear, Outputs: w})
	}
	return n
}

// chipWith is the default chip with changes.
func chipWith(change func(*arch.Chip)) *arch.Chip {
	c := arch.Default()
	c.Name = "test"
	if change != nil {
		change(&c)
	}
	return &c
}

func mustMap(t testing.TB, chip *arch.Chip, net *workloads.Network) *Mapping {
	t.Helper()
	m, err := Map(chip, net)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func interleaved(c *arch.Chip) { c.Encoding.Slices = crossbar.Interleaved }

func isaac(c *arch.Chip) {
	c.Encoding = crossbar.Encoding{
		WeightBits: 16, InputBits: 16, InputSign: crossbar.TwosComplement, Signed: crossbar.OffsetFlip,
		Slices: crossbar.Interleaved, UnitLevel: 1, UnitADC: crossbar.Own,
	}
}

func TestMapCounts(t *testing.T) {
	tests := []struct {
		name   string
		change func(*arch.Chip)
		widths []int
		// crossbars, IMAs and tiles used
		crossbars, imas, tiles int
	}{
		// 1 block × 4 slices × 2 signs.
		{"one block", nil, []int{128, 128}, 8, 1, 1},
		{"one row more", nil, []int{129, 128}, 16, 2, 1},
		{"one column more", nil, []int{128, 129}, 16, 2, 1},
		// 7 and 1 row blocks of 8 arrays, one IMA each.
		{"two layers", nil, []int{784, 100, 10}, 64, 8, 1},
		// Two signs, all slices in one array of 128/4 = 32 weights: 4 IMAs hold 13
		// blocks of 2; the second layer starts afresh.
		{"interleaved", interleaved, []int{128, 13 * 32, 10}, 26 + 4*2, 4 + 1, 1},
		// Blocks of 8 arrays in IMAs of 12: the second block does not fit the rest.
		{"a block stays in its IMA", func(c *arch.Chip) { c.IMA.Crossbars = 12 }, []int{128, 256}, 16, 2, 1},
		{"two blocks fit", func(c *arch.Chip) { c.IMA.Crossbars = 16 }, []int{128, 256}, 16, 1, 1},
		// Blocks of 8 arrays in IMAs of 3: 16 arrays spill over 6 IMAs.
		{"a block spills", func(c *arch.Chip) { c.IMA.Crossbars = 3 }, []int{128, 256}, 16, 6, 1},
		// Pairs are not parted: 2 in each IMA of 3, 8 of them.
		{"pairs stay together", func(c *arch.Chip) {
			c.IMA.Crossbars = 3
			c.Encoding.Signed = crossbar.DifferentialAnalog
		}, []int{128, 256}, 16, 8, 1},
		// 13 IMAs on tiles of 12.
		{"two tiles", nil, []int{128, 13 * 128}, 104, 13, 2},
		// 8 slices of 16 bits in 128/8 = 16 weights a row.
		{"isaac", isaac, []int{128, 16}, 1, 1, 1},
		{"isaac, one weight more", isaac, []int{128, 17}, 2, 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mustMap(t, chipWith(tt.change), mlp(tt.widths...))
			got := [3]int{m.CrossbarsUsed, m.IMAsUsed, m.TilesUsed}
			if want := [3]int{tt.crossbars, tt.imas, tt.tiles}; got != want {
				t.Errorf("crossbars, IMAs and tiles are %v, want %v", got, want)
			}
		})
	}
}

func TestMapBlocks(t *testing.T) {
	m := mustMap(t, chipWith(nil), mlp(130, 200))
	l := m.Layers[0]
	if l.RowBlocks != 2 || l.ColumnBlocks != 2 {
		t.Fatalf("%d × %d blocks, want 2 × 2", l.RowBlocks, l.ColumnBlocks)
	}
	arrays := l.Copies[0].Arrays
	last := arrays[len(arrays)-1]
	want := Array{Groups: 1, RowBlock: 1, ColumnBlock: 1, Slice: 3, Sign: 1, IMA: 3, Crossbar: 7, Rows: 2, Weights: 72, Bitlines: 72}
	if last != want {
		t.Errorf("last array is %+v, want %+v", last, want)
	}
	// 130 × 200 weights in 8 arrays each, of 32 arrays of 128 × 128.
	if want := 130 * 200 * 8. / (32 * 128 * 128); m.CellUtilisation != want {
		t.Errorf("cell utilisation is %v, want %v", m.CellUtilisation, want)
	}
	// Each of the two row blocks has 200 columns of weights.
	if want := 2 * 200 * 8. / (32 * 128); m.ColumnUtilisation != want {
		t.Errorf("column utilisation is %v, want %v", m.ColumnUtilisation, want)
	}
}

func TestMapUnitColumns(t *testing.T) {
	grouped := chipWith(func(c *arch.Chip) { c.Encoding.Signed = crossbar.OffsetUnitColumn })
	for _, a := range mustMap(t, grouped, mlp(128, 128)).Layers[0].Copies[0].Arrays {
		if (a.Units > 0) != (a.Slice == 3) || a.Columns() != 128 {
			t.Errorf("slice %d: %d unit columns and %d columns, want one on slice 3 only and 128", a.Slice, a.Units, a.Columns())
		}
	}
	a := mustMap(t, chipWith(isaac), mlp(128, 16)).Layers[0].Copies[0].Arrays[0]
	if a.Slice != AllSlices || a.Units != 1 || a.Bitlines != 129 {
		t.Errorf("interleaved array is %+v, want all slices and 129 bitlines", a)
	}
}

func TestMapErrors(t *testing.T) {
	tests := []struct {
		name   string
		change func(*arch.Chip)
		net    *workloads.Network
		want   string
	}{
		// 25 blocks of one IMA each are 3 tiles of 12 IMAs.
		{"does not fit", func(c *arch.Chip) { c.Tiles = 2 }, mlp(128, 25*128),
			"network mlp needs 3 tiles of chip test, which has 2: 1 tile is missing"},
		{"lacks two", func(c *arch.Chip) { c.Tiles = 1 }, mlp(128, 25*128), "which has 1: 2 tiles are missing"},
		{"far too large", nil, mlp(1<<16, 1<<16), "tiles are missing"},
		{"no layers", nil, mlp(5), "network mlp: layer is missing"},
		{"empty layer", nil, mlp(5, 0), `network mlp: layer "fc1": outputs is 0, want 1`},
		{"pair does not fit", func(c *arch.Chip) {
			c.IMA.Crossbars = 1
			c.Encoding.Signed = crossbar.DifferentialAnalog
		}, mlp(5, 5), "ima.crossbars = 1, want at least 2"},
		{"weight does not fit", func(c *arch.Chip) { interleaved(c); c.Crossbar.Bitlines = 3 }, mlp(5, 5), "crossbar.bitlines = 3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Map(chipWith(tt.change), tt.net); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want one with %q", err, tt.want)
			}
		})
	}
	fits := chipWith(func(c *arch.Chip) { c.Tiles = 2 })
	if m := mustMap(t, fits, mlp(128, 24*128)); m.TilesUsed != 2 {
		t.Errorf("24 IMAs take %d tiles, want 2", m.TilesUsed)
	}
}
