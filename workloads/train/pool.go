package train

import (
	"math"

	"bitline/internal/gemm"
	"bitline/workloads"
)

// pool computes a pooling layer from x, whose codes count 2^(scale−8).
func (u *unit) pool(x *tensor, exact bool, workers int) {
	each(workers, u.y.blocks()*u.Out.Height, func(_, task int) {
		first, count := u.y.block(task / u.Out.Height)
		for ox := range u.Out.Width {
			position := task%u.Out.Height*u.Out.Width + ox
			y := u.y.data[u.y.plane(position)+first*u.y.pitch:][:count*u.y.pitch]
			if u.Kind == workloads.MaxPool {
				u.poolMax(y, x, position, first)
			} else {
				u.poolSum(y, x, position, first)
				u.average(y, exact)
			}
		}
	})
}

// window calls do for every input position that an output position sees, in the
// order of the window.
func (u *unit) window(position int, do func(input int)) {
	top := position/u.Out.Width*u.Window.Stride - u.Window.Padding
	left := position%u.Out.Width*u.Window.Stride - u.Window.Padding
	for y := max(top, 0); y < min(top+u.Window.Height, u.In.Height); y++ {
		for x := max(left, 0); x < min(left+u.Window.Width, u.In.Width); x++ {
			do(y*u.In.Width + x)
		}
	}
}

func (u *unit) poolMax(y []float32, x *tensor, position, first int) {
	begun := false
	u.window(position, func(input int) {
		from := x.data[x.plane(input)+first*x.pitch:][:len(y)]
		if !begun {
			copy(y, from)
			begun = true
			return
		}
		gemm.Larger(y, from)
	})
}

func (u *unit) poolSum(y []float32, x *tensor, position, first int) {
	clear(y)
	u.window(position, func(input int) {
		gemm.AddTo(y, x.data[x.plane(input)+first*x.pitch:][:len(y)])
	})
}

// average divides sums by the size of the window and rounds to codes, half to
// even. A sum of codes is exact, and so is every quotient that is a tie.
func (u *unit) average(y []float32, exact bool) {
	size := float32(u.Window.Height * u.Window.Width)
	if exact {
		for i, v := range y {
			y[i] = v / size
		}
		return
	}
	perCode := float32(math.Ldexp(1, workloads.ActivationBits-u.scale))
	q := workloads.NewQuantizer(u.scale, workloads.ActivationBits)
	for i, v := range y {
		y[i] = q.Value(v * perCode / size / perCode)
	}
}

// poolGradient adds to dx what the gradient by y gives: of a maximum to the first
// of the window that it is, of an average to all alike.
func (u *unit) poolGradient(dx, x *tensor, workers int) {
	each(workers, u.y.blocks(), func(_, block int) {
		first, count := u.y.block(block)
		left := make([]float32, count*u.y.pitch)
		for position := range u.y.positions() {
			at := u.y.plane(position) + first*u.y.pitch
			copy(left, u.gradient[at:])
			y := u.y.data[at:][:len(left)]
			share := 1 / float32(u.Window.Height*u.Window.Width)
			u.window(position, func(input int) {
				from := x.plane(input) + first*x.pitch
				to := dx.data[from:][:len(left)]
				if u.Kind == workloads.MaxPool {
					gemm.Route(to, left, y, x.data[from:][:len(left)])
					return
				}
				for i, g := range left {
					to[i] += float32(g * share)
				}
			})
		}
	})
}
