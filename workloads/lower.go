package workloads

// lowering says where the inputs of one tile lie: it turns a convolution into a
// product of matrices, 512 output positions at a time.
type lowering struct {
	l     *Node
	runs  []run
	parts []part
	plane int // values of one channel of the input
	row   int // values of one row of it
	each  int // images
	count int // positions of the tile
}

// run is some consecutive positions of a tile that see consecutive values of one
// input row, for any place of the kernel: the positions of one output row where
// the stride is 1, else those of one output pixel.
type run struct {
	to, count int
	// y and x are the input row and the first value in it that kernel place 0
	// sees; they may lie outside.
	y, x int
}

// part is a piece of a run for one place of the kernel. from is its first value
// in a plane of the input, negative for padding.
type part struct{ to, count, from int }

// tile prepares the tile of count positions from first.
func (w *lowering) tile(l *Node, images, first, count int) {
	w.l, w.each, w.count = l, images, count
	w.row = l.In.Width * images
	w.plane = l.In.Height * w.row
	w.runs = w.runs[:0]
	length := images
	if l.Window.Stride == 1 {
		length *= l.Out.Width
	}
	for to := 0; to < count; {
		position := first + to
		pixel, image := position/images, position%images
		y, x := pixel/l.Out.Width, pixel%l.Out.Width
		n := min(count-to, length-position%length)
		w.runs = append(w.runs, run{
			to: to, count: n,
			y: y*l.Window.Stride - l.Window.Padding,
			x: (x*l.Window.Stride-l.Window.Padding)*images + image,
		})
		to += n
	}
}

// place finds the pieces of every run for one place of the kernel.
func (w *lowering) place(ky, kx int) []part {
	w.parts = w.parts[:0]
	for _, r := range w.runs {
		y := r.y + ky
		if y < 0 || y >= w.l.In.Height {
			w.parts = append(w.parts, part{r.to, r.count, -1})
			continue
		}
		x := r.x + kx*w.each
		before := min(max(-x, 0), r.count)
		inside := min(max(w.row-max(x, 0), 0), r.count-before)
		if before > 0 {
			w.parts = append(w.parts, part{r.to, before, -1})
		}
		if inside > 0 {
			w.parts = append(w.parts, part{r.to + before, inside, y*w.row + x + before})
		}
		if rest := r.count - before - inside; rest > 0 {
			w.parts = append(w.parts, part{r.to + before + inside, rest, -1})
		}
	}
	return w.parts
}

// taps is some places of the kernel, from lo to hi−1, counted along its rows.
type taps struct{ lo, hi int }

func (l *Node) allTaps() taps { return taps{0, l.Window.Height * l.Window.Width} }

// gather fills x, rows × 512, with what the tile's positions see of an input
// (channel, row, column, image) at some places of the kernel: rows are in the
// order kernel row, kernel column, channel. Padding is zeros[channel], or 0 where
// zeros is nil; behind the tile's positions stands 0.
func gather[T int16 | float32](w *lowering, t taps, x []T, in planes[T]) {
	for tap := t.lo; tap < t.hi; tap++ {
		parts := w.place(tap/w.l.Window.Width, tap%w.l.Window.Width)
		for c := range w.l.In.Channels {
			plane := in.values[c*w.plane:][:w.plane]
			zero := T(0)
			if in.zeros != nil {
				zero = in.zeros[c]
			}
			to := x[:TilePositions]
			x = x[TilePositions:]
			for _, p := range parts {
				switch {
				case p.from >= 0:
					copy(to[p.to:][:p.count], plane[p.from:])
				case zero == 0:
					clear(to[p.to:][:p.count])
				default:
					fill(to[p.to:][:p.count], zero)
				}
			}
			clear(to[w.count:])
		}
	}
}

// planes is a layer's input and the zero point of each of its channels, nil
// where all are 0.
type planes[T int16 | float32] struct{ values, zeros []T }

func fill[T int16 | float32](to []T, v T) {
	for i := range to {
		to[i] = v
	}
}
