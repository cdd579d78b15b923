package train

import (
	"bitline/internal/gemm"
	"bitline/workloads"
)

// kernel is the weights of a convolution or a linear layer as the products want
// them. A linear layer is a convolution whose one window is its whole input.
type kernel struct {
	win       workloads.Window
	in, out   workloads.Shape
	inPitch   int
	outPitch  int
	forward   []float32 // panels of output channels: [panel][tap][input][column]
	backward  []float32 // panels of input channels: [panel][tap][output][column]
	parts     []float32 // gradients of parts of the positions
	workers   int
	scratches []scratch
}

// scratch belongs to one worker.
type scratch struct {
	runs      []gemm.Run
	reduction gemm.Reduction
}

// panelWidth is the columns of the panel that starts at column j.
func panelWidth(j, pitch int) int { return min(gemm.ReduceCols, pitch-j) }

func (k *kernel) taps() int { return k.win.Height * k.win.Width }

// rows is the number of rows of the matrix, in the order kernel row, kernel
// column, input channel.
func (k *kernel) rows() int { return k.taps() * k.in.Channels }

func newKernel(s *workloads.Node, inPitch int, needsInput bool, workers int) *kernel {
	k := &kernel{
		win: s.Window, in: s.In, out: s.Out, inPitch: inPitch, outPitch: pitchOf(s.Out.Channels),
		workers: workers, scratches: make([]scratch, workers),
	}
	k.forward = make([]float32, k.rows()*k.outPitch)
	if needsInput {
		k.backward = make([]float32, k.taps()*k.out.Channels*k.inPitch)
	}
	k.parts = make([]float32, k.gradientParts()*k.rows()*k.outPitch)
	return k
}

// pack lays the weights out for both directions.
func (k *kernel) pack(weights []float32) {
	each(k.workers, k.taps(), func(_, tap int) {
		k.packForward(tap, weights)
		if k.backward != nil {
			k.packBackward(tap, weights)
		}
	})
}

func (k *kernel) packForward(tap int, weights []float32) {
	in, out := k.in.Channels, k.out.Channels
	for j := 0; j < k.outPitch; j += gemm.ReduceCols {
		w := panelWidth(j, k.outPitch)
		to := k.forward[j*k.rows()+tap*in*w:][:in*w]
		n := min(w, out-j)
		for c := range in {
			copy(to[c*w:][:n], weights[(tap*in+c)*out+j:])
		}
	}
}

func (k *kernel) packBackward(tap int, weights []float32) {
	in, out := k.in.Channels, k.out.Channels
	for j := 0; j < k.inPitch; j += gemm.ReduceCols {
		w := panelWidth(j, k.inPitch)
		to := k.backward[j*k.taps()*out+tap*out*w:][:out*w]
		for c := range min(w, in-j) {
			for o, v := range weights[(tap*in+j+c)*out:][:out] {
				to[o*w+c] = v
			}
		}
	}
}

// product sets z to the sums of x.
func (k *kernel) product(z, x *tensor) {
	panels := (k.outPitch + gemm.ReduceCols - 1) / gemm.ReduceCols
	tasks := taskGrid{panels, x.blocks(), k.out.Height}
	each(k.workers, tasks.count(), func(worker, task int) {
		panel, block, y := tasks.at(task)
		s := &k.scratches[worker]
		first, count := x.block(block)
		j := panel * gemm.ReduceCols
		w := panelWidth(j, k.outPitch)
		s.reduction = gemm.Reduction{
			Rows: count, Cols: w, Depth: k.in.Channels,
			A: x.data[first*x.pitch:], ARow: x.pitch, ACol: 1,
			B: k.forward[j*k.rows():][:k.rows()*w], BRow: w, CRow: z.pitch,
		}
		for ox := range k.out.Width {
			s.reduction.Runs = k.seen(s, x, y, ox, w)
			s.reduction.C = z.data[z.plane(y*k.out.Width+ox)+first*z.pitch+j:]
			s.reduce()
		}
	})
}

// seen lists the places of the kernel that see the input from one output
// position: the planes of x and the weights of panels of w columns.
func (k *kernel) seen(s *scratch, x *tensor, oy, ox, w int) []gemm.Run {
	s.runs = s.runs[:0]
	for ky := range k.win.Height {
		y := oy*k.win.Stride + ky - k.win.Padding
		if y < 0 || y >= k.in.Height {
			continue
		}
		for kx := range k.win.Width {
			at := ox*k.win.Stride + kx - k.win.Padding
			if at >= 0 && at < k.in.Width {
				s.runs = append(s.runs, gemm.Run{x.plane(y*k.in.Width + at), (ky*k.win.Width + kx) * k.in.Channels * w})
			}
		}
	}
	return s.runs
}

// reduce is a product whose runs may be none, which make 0.
func (s *scratch) reduce() {
	r := &s.reduction
	if len(r.Runs) > 0 {
		gemm.Reduce(r)
		return
	}
	if !r.Add {
		for i := range r.Rows {
			clear(r.C[i*r.CRow:][:r.Cols])
		}
	}
}

// inputGradient sets dx to what dz gives, or adds it.
func (k *kernel) inputGradient(dx, dz *tensor, add bool) {
	panels := (k.inPitch + gemm.ReduceCols - 1) / gemm.ReduceCols
	tasks := taskGrid{panels, dz.blocks(), k.in.Height}
	rows := k.taps() * k.out.Channels
	each(k.workers, tasks.count(), func(worker, task int) {
		panel, block, y := tasks.at(task)
		s := &k.scratches[worker]
		first, count := dz.block(block)
		j := panel * gemm.ReduceCols
		w := panelWidth(j, k.inPitch)
		s.reduction = gemm.Reduction{
			Rows: count, Cols: w, Depth: k.out.Channels,
			A: dz.data[first*dz.pitch:], ARow: dz.pitch, ACol: 1,
			B: k.backward[j*rows:][:rows*w], BRow: w, CRow: dx.pitch, Add: add,
		}
		for x := range k.in.Width {
			s.reduction.Runs = k.sees(s, dz, y, x, w)
			s.reduction.C = dx.data[dx.plane(y*k.in.Width+x)+first*dx.pitch+j:]
			s.reduce()
		}
	})
}

// sees lists the output positions that see one input position: the planes of dz
// and the weights of panels of w columns.
func (k *kernel) sees(s *scratch, dz *tensor, y, x, w int) []gemm.Run {
	s.runs = s.runs[:0]
	for ky := range k.win.Height {
		oy := y + k.win.Padding - ky
		if oy < 0 || oy%k.win.Stride != 0 || oy/k.win.Stride >= k.out.Height {
			continue
		}
		for kx := range k.win.Width {
			ox := x + k.win.Padding - kx
			if ox < 0 || ox%k.win.Stride != 0 || ox/k.win.Stride >= k.out.Width {
				continue
			}
			plane := dz.plane(oy/k.win.Stride*k.out.Width + ox/k.win.Stride)
			s.runs = append(s.runs, gemm.Run{plane, (ky*k.win.Width + kx) * k.out.Channels * w})
		}
	}
	return s.runs
}

// taskGrid numbers tasks in three directions, the last fastest.
type taskGrid [3]int

func (g taskGrid) count() int { return g[0] * g[1] * g[2] }

func (g taskGrid) at(task int) (a, b, c int) {
	return task / (g[1] * g[2]), task / g[2] % g[1], task % g[2]
}
