package scheduler

import (
	"bitline/arch"
	"bitline/workloads"
)

// LastSeen is the last position of its input, row by row, that an output position
// of a node sees.
func LastSeen(n *workloads.Node, pos int) int {
	if n.Kind == workloads.Attention {
		return n.In.Height*n.In.Width - 1
	}
	w := &n.Window
	y := min(pos/n.Out.Width*w.Stride-w.Padding+w.Height, n.In.Height) - 1
	x := min(pos%n.Out.Width*w.Stride-w.Padding+w.Width, n.In.Width) - 1
	return max(y, 0)*n.In.Width + max(x, 0)
}

// LastSeenUpTo is the last position of its input that an output position of a node
// or one before it sees. At the lower edge the end of a row sees more than the
// beginning of the next one.
func LastSeenUpTo(n *workloads.Node, pos int) int {
	last := LastSeen(n, pos)
	if before := pos/n.Out.Width*n.Out.Width - 1; before >= 0 {
		last = max(last, LastSeen(n, before))
	}
	return last
}

// EachSeen visits the positions of its input that an output position of a node
// sees, in order, with the place in the window.
func EachSeen(n *workloads.Node, pos int, visit func(offset, pixel int)) {
	w := &n.Window
	top, left := pos/n.Out.Width*w.Stride-w.Padding, pos%n.Out.Width*w.Stride-w.Padding
	for ky := max(0, -top); ky < w.Height && top+ky < n.In.Height; ky++ {
		for kx := max(0, -left); kx < w.Width && left+kx < n.In.Width; kx++ {
			visit(ky*w.Width+kx, (top+ky)*n.In.Width+left+kx)
		}
	}
}

// SeenBy says which places of the window some arrays of a node's layer see, and
// marks the channels, one for each of the node's input. The rows of a matrix are
// in the order window row, window column, channel of the group.
func SeenBy(chip *arch.Chip, n *workloads.Node, arrays []Array, channels []bool) []bool {
	offsets := make([]bool, n.Window.Height*n.Window.Width)
	deep := n.In.Channels / max(n.Groups, 1)
	for i := range arrays {
		a := &arrays[i]
		if i > 0 && a.RowBlock == arrays[i-1].RowBlock && a.Group == arrays[i-1].Group {
			continue
		}
		from := int(a.RowBlock) * chip.Crossbar.Wordlines
		rows := int(a.Rows) / int(a.Groups)
		for row := from; row < from+rows; row++ {
			offsets[row/deep] = true
			for g := int(a.Group); g < int(a.Group+a.Groups); g++ {
				channels[g*deep+row%deep] = true
			}
		}
	}
	return offsets
}
