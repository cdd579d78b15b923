package workloads

// pool computes a pooling layer: y and x are (channel, row, column, image).
func pool(l *Node, y, x []int16, images int) {
	inPlane, outPlane := l.In.Height*l.In.Width*images, l.positions()*images
	sums := make([]int64, images)
	for c := range l.In.Channels {
		from, to := x[c*inPlane:][:inPlane], y[c*outPlane:][:outPlane]
		for position := range l.positions() {
			out := to[position*images:][:images]
			if l.Kind == MaxPool {
				poolMax(l, out, from, position)
			} else {
				poolAverage(l, out, from, poolSums{position, sums})
			}
		}
	}
}

// inside calls each for the input pixels, counted along the rows, that one
// output position sees.
func (l *Node) inside(position int, each func(pixel int)) {
	top := position/l.Out.Width*l.Window.Stride - l.Window.Padding
	left := position%l.Out.Width*l.Window.Stride - l.Window.Padding
	for y := max(top, 0); y < min(top+l.Window.Height, l.In.Height); y++ {
		for x := max(left, 0); x < min(left+l.Window.Width, l.In.Width); x++ {
			each(y*l.In.Width + x)
		}
	}
}

func poolMax[T int16 | float32](l *Node, out, plane []T, position int) {
	n := len(out)
	first := true
	l.inside(position, func(pixel int) {
		seen := plane[pixel*n:][:n]
		if first {
			copy(out, seen)
			first = false
			return
		}
		for i, v := range seen {
			out[i] = max(out[i], v) // no branch that the values would mislead
		}
	})
}

// poolSums is the output position of an average, and scratch memory.
type poolSums struct {
	position int
	sums     []int64 // 2^30 codes need 38 bits
}

func poolAverage(l *Node, out, plane []int16, s poolSums) {
	n := len(out)
	clear(s.sums)
	l.inside(s.position, func(pixel int) {
		for i, v := range plane[pixel*n:][:n] {
			s.sums[i] += int64(v)
		}
	})
	count := int64(l.Window.Height * l.Window.Width)
	for i, sum := range s.sums {
		out[i] = int16(roundQuotient(sum, count))
	}
}

// roundQuotient is a/b rounded half to even, for 0 < b < 2^62.
func roundQuotient(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	if twice := 2 * (a - q*b); twice > b || twice == b && q&1 != 0 {
		q++
	}
	return q
}
