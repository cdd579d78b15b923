package scheduler

import (
	"bitline/arch"
	"bitline/workloads"
)

// layerNeeds says on which tiles the copies of a layer lie, and which inputs and
// outputs each has to do with.
type layerNeeds struct {
	// tiles are those of each copy in the order of its arrays: its runs.
	tiles [][]int32
	// Copies that start at the same IMA of a tile are cut into runs alike.
	phase  []int32
	phases []runNeeds
}

// runNeeds is what the runs of a copy need.
type runNeeds struct {
	// spans are the channels that each run takes at each offset of the window.
	spans [][]runSpan
	// columns is the number of outputs for which each run has sums.
	columns []int64
}

// runSpan is the channels from low to high, the latter not included.
type runSpan struct{ run, low, high int32 }

func (n *layerNeeds) of(c int) *runNeeds { return &n.phases[n.phase[c]] }

func newLayerNeeds(chip *arch.Chip, l *Layer, node *workloads.Node) layerNeeds {
	imas := int32(chip.Tile.IMAs)
	n := layerNeeds{tiles: make([][]int32, len(l.Copies)), phase: make([]int32, len(l.Copies))}
	known := map[int32]int32{}
	for c := range l.Copies {
		arrays := l.Copies[c].Arrays
		at := arrays[0].IMA % imas
		phase, found := known[at]
		if !found {
			phase = int32(len(n.phases))
			known[at] = phase
			n.phases = append(n.phases, newRunNeeds(chip, l, node, arrays))
		}
		n.phase[c] = phase
		last := int32(-1)
		for i := range arrays {
			if tile := arrays[i].IMA / imas; tile != last {
				last = tile
				n.tiles[c] = append(n.tiles[c], tile)
			}
		}
	}
	return n
}

// newRunNeeds finds what the runs of one copy need.
func newRunNeeds(chip *arch.Chip, l *Layer, node *workloads.Node, arrays []Array) runNeeds {
	imas := int32(chip.Tile.IMAs)
	channels := node.In.Channels / l.Groups // of a group
	n := runNeeds{spans: make([][]runSpan, node.Window.Height*node.Window.Width)}
	type rows struct{ run, group, block int32 }
	seen := make([]int32, l.GroupBlocks*l.ColumnBlocks) // the last run with such columns, and 1
	share := int(arrays[0].Groups)
	var before rows
	tile := int32(-1)
	for i := range arrays {
		a := &arrays[i]
		if t := a.IMA / imas; t != tile {
			tile = t
			n.columns = append(n.columns, 0)
		}
		run := int32(len(n.columns) - 1)
		if at := &seen[int(a.Group)/share*l.ColumnBlocks+int(a.ColumnBlock)]; *at != run+1 {
			*at = run + 1
			n.columns[run] += int64(a.Weights)
		}
		if at := (rows{run, a.Group, a.RowBlock}); i == 0 || at != before {
			before = at
			n.addRows(run, a, channels, int(a.RowBlock)*chip.Crossbar.Wordlines)
		}
	}
	return n
}

// addRows adds the inputs of an array whose rows begin at one of its group's.
func (n *runNeeds) addRows(run int32, a *Array, channels, first int) {
	low := int(a.Group) * channels
	if a.Groups > 1 { // whole groups, at every offset
		for offset := range n.spans {
			n.widen(offset, runSpan{run, int32(low), int32(low + int(a.Groups)*channels)})
		}
		return
	}
	end := first + int(a.Rows)
	for offset := first / channels; offset*channels < end; offset++ {
		from, to := max(first-offset*channels, 0), min(end-offset*channels, channels)
		n.widen(offset, runSpan{run, int32(low + from), int32(low + to)})
	}
}

// widen adds channels to what a run takes at an offset. Runs come in order, and
// of a run the channels.
func (n *runNeeds) widen(offset int, s runSpan) {
	spans := n.spans[offset]
	if k := len(spans) - 1; k >= 0 && spans[k].run == s.run {
		spans[k].high = s.high
		return
	}
	n.spans[offset] = append(spans, s)
}
