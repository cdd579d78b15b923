package train

import "bitline/internal/gemm"

const (
	// partPositions is into how many parts the output rows are cut for the
	// gradient of a small kernel; each part has sums of its own, added up at the
	// end. It is a constant, so that the sums do not depend on the workers.
	partPositions = 8
	// partValues is the most weights of a kernel whose rows are cut: those of
	// larger ones are cut by weight instead.
	partValues = 1 << 17
	// rowBlock is the input channels whose weights one task takes there.
	rowBlock = 64
	// stepRows is about how many images of planes one product steps through: its
	// operands stay in the first-level cache.
	stepRows = 256
)

// gradientParts is the number of parts, 0 for a kernel that is cut by weight.
func (k *kernel) gradientParts() int {
	if k.rows()*k.outPitch > partValues {
		if k.outPitch == k.out.Channels {
			return 0
		}
		return 1
	}
	return min(partPositions, k.out.Height)
}

// weightGradient sets the gradient of the weights, rows × output channels.
func (k *kernel) weightGradient(gradient []float32, dz, x *tensor) {
	parts := k.gradientParts()
	size := k.rows() * k.outPitch
	if parts <= 1 {
		to := gradient
		if parts == 1 {
			to = k.parts
		}
		k.byWeight(to, dz, x)
		if parts == 0 {
			return
		}
	} else {
		clear(k.parts)
		each(k.workers, parts, func(worker, part int) {
			to := k.parts[part*size:][:size]
			for y := part * k.out.Height / parts; y < (part+1)*k.out.Height/parts; y++ {
				for tap := range k.taps() {
					k.alongRow(to, place{y: y, tap: tap, inputs: k.in.Channels, columns: k.outPitch}, operands{dz, x, worker})
				}
			}
		})
		for part := 1; part < parts; part++ {
			gemm.AddTo(k.parts[:size], k.parts[part*size:][:size])
		}
	}
	for row := range k.rows() {
		copy(gradient[row*k.out.Channels:][:k.out.Channels], k.parts[row*k.outPitch:])
	}
}

// byWeight sets the gradients of all weights, some of one tap and one panel a
// task.
func (k *kernel) byWeight(to []float32, dz, x *tensor) {
	panels := (k.outPitch + gemm.ReduceCols - 1) / gemm.ReduceCols
	tasks := taskGrid{k.taps(), (k.in.Channels + rowBlock - 1) / rowBlock, panels}
	clear(to)
	each(k.workers, tasks.count(), func(worker, task int) {
		tap, block, panel := tasks.at(task)
		j := panel * gemm.ReduceCols
		p := place{
			tap: tap, input: block * rowBlock, inputs: min(rowBlock, k.in.Channels-block*rowBlock),
			column: j, columns: panelWidth(j, k.outPitch),
		}
		for p.y = range k.out.Height {
			k.alongRow(to, p, operands{dz, x, worker})
		}
	})
}

// place is some weights of one tap, and an output row.
type place struct{ y, tap, input, inputs, column, columns int }

type operands struct {
	dz, x  *tensor
	worker int
}

// alongRow adds to some weights what one output row gives.
func (k *kernel) alongRow(to []float32, p place, o operands) {
	y := p.y*k.win.Stride + p.tap/k.win.Width - k.win.Padding
	if y < 0 || y >= k.in.Height {
		return
	}
	s := &k.scratches[o.worker]
	s.runs = s.runs[:0]
	for ox := range k.out.Width {
		x := ox*k.win.Stride + p.tap%k.win.Width - k.win.Padding
		if x >= 0 && x < k.in.Width {
			s.runs = append(s.runs, gemm.Run{o.x.plane(y*k.in.Width + x), o.dz.plane(p.y*k.out.Width + ox)})
		}
	}
	few := max(stepRows/o.x.rows, 1)
	for lo := 0; lo < len(s.runs); lo += few {
		for j := p.column; j < p.column+p.columns; j += gemm.ReduceCols {
			s.reduction = gemm.Reduction{
				Rows: p.inputs, Cols: min(gemm.ReduceCols, p.column+p.columns-j), Depth: o.x.rows,
				A: o.x.data[p.input:], ARow: 1, ACol: o.x.pitch,
				B: o.dz.data[j:], BRow: o.dz.pitch,
				C: to[(p.tap*k.in.Channels+p.input)*k.outPitch+j:], CRow: k.outPitch,
				Runs: s.runs[lo:min(lo+few, len(s.runs))], Add: true,
			}
			gemm.Reduce(&s.reduction)
		}
	}
}
