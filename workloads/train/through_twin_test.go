package train

import (
	"math"
	"testing"

	"bitline/crossbar"
	"bitline/workloads"
)

// throughTwin computes a chain of convolutions and linear layers through converters,
// bit by bit, and its straight-through gradients in float64, as nested loops. It
// shares nothing with the layers under test but their integers.
type throughTwin struct {
	nodes     []workloads.Node
	model     *workloads.Model // the present integers
	start     *workloads.Model
	bits      []int
	wordlines int
	sign      crossbar.InputSign
	aware     bool
	theta     [][]float64 // factors by layer and column
}

// twinValues are what a forward pass leaves of one layer: codes and accumulators by
// image, position and column, and the shares of conversions that clipped.
type twinValues struct {
	codes   [][][]int
	sums    [][][]float64
	clipped map[[4]int]float64 // block, slice, sign, column
	count   float64            // conversions of each column
}

// twinGradients are by layer: weights row-major, offsets, factors.
type twinGradients struct{ weights, offsets, factors []float64 }

// zero is the zero point of an input channel.
func (w *throughTwin) zero(layer, channel int) int {
	if layer > 0 {
		return 0
	}
	return int(w.model.Input.Zero[channel])
}

// splits says whether a layer's inputs are driven twice: a rectified layer's are not.
func (w *throughTwin) splits(layer int) bool {
	from := w.nodes[layer].Takes[0]
	return w.sign == crossbar.SignSplit && (from < 0 || !w.nodes[from].ReLU)
}

// sees lists what an output position sees, in the order of the rows: input position,
// −1 for padding, and channel.
func (w *throughTwin) sees(layer, position int) [][2]int {
	l := &w.nodes[layer]
	top, left := position/l.Out.Width*l.Window.Stride-l.Window.Padding, position%l.Out.Width*l.Window.Stride-l.Window.Padding
	var list [][2]int
	for y := top; y < top+l.Window.Height; y++ {
		for x := left; x < left+l.Window.Width; x++ {
			at := y*l.In.Width + x
			if y < 0 || y >= l.In.Height || x < 0 || x >= l.In.Width {
				at = -1
			}
			for c := range l.In.Channels {
				list = append(list, [2]int{at, c})
			}
		}
	}
	return list
}

// driven is the raw codes that an output position's rows are given.
func (w *throughTwin) driven(layer, position int, x [][]int) []int {
	var list []int
	for _, s := range w.sees(layer, position) {
		v := w.zero(layer, s[1])
		if s[0] >= 0 {
			v = x[s[0]][s[1]]
		}
		list = append(list, v)
	}
	return list
}

// accumulate is one output's accumulator, bit by bit.
func (w *throughTwin) accumulate(layer int, driven []int, column int, seen *twinValues) float64 {
	l := &w.model.Layers[layer]
	acc, channels := 0, w.nodes[layer].In.Channels
	passes := []int{1}
	if w.splits(layer) {
		passes = []int{1, -1}
	}
	for first := 0; first < l.Rows; first += w.wordlines {
		for slice, bits := range w.bits {
			for sign := range 2 {
				for _, pass := range passes {
					for bit := range 8 {
						sum := 0
						for k := first; k < min(first+w.wordlines, l.Rows); k++ {
							code, v := int(l.Codes[k*l.Columns+column]), driven[k]
							if w.sign == crossbar.SignSplit {
								v = max(pass*(v-w.zero(layer, k%channels)), 0)
							}
							if sign == 1 {
								code = -code
							}
							sum += max(code, 0) >> (2 * slice) & 3 * (v >> bit & 1)
						}
						top := 1<<bits - 1
						if sum > top {
							seen.clipped[[4]int{first / w.wordlines, slice, sign, column}]++
						}
						acc += pass * (1 - 2*sign) * min(sum, top) << (2*slice + bit)
					}
				}
			}
		}
	}
	if w.sign == crossbar.Unsigned {
		for k := range driven {
			acc -= w.zero(layer, k%channels) * int(l.Codes[k*l.Columns+column])
		}
	}
	return float64(acc)
}

func (w *throughTwin) forward(images workloads.Images) []twinValues {
	x := make([][][]int, images.Len())
	for i := range x {
		channels := images.Shape.Channels
		for at, p := range images.Image(i) {
			if at%channels == 0 {
				x[i] = append(x[i], nil)
			}
			x[i][at/channels] = append(x[i][at/channels], int(p))
		}
	}
	values := []twinValues{{codes: x}}
	for n := range w.nodes {
		l, a := &w.nodes[n], w.model.Layers[n].Affine
		v := twinValues{clipped: map[[4]int]float64{}}
		for i := range x {
			var codes [][]int
			var sums [][]float64
			for position := range l.Out.Height * l.Out.Width {
				driven := w.driven(n, position, x[i])
				var code []int
				var sum []float64
				for c := range l.Outputs {
					acc := w.accumulate(n, driven, c, &v)
					y := math.RoundToEven((acc*float64(a.M[c]) + float64(a.B[c])) / math.Pow(2, float64(a.F)))
					low := -255.0
					if l.ReLU {
						low = 0
					}
					code = append(code, int(math.Max(low, math.Min(255, y))))
					sum = append(sum, acc)
				}
				codes, sums = append(codes, code), append(sums, sum)
				v.count += 8
				if w.splits(n) {
					v.count += 8
				}
			}
			// A linear layer sees what it takes as one row of positions and channels.
			v.codes, v.sums = append(v.codes, codes), append(v.sums, sums)
		}
		values, x = append(values, v), v.codes
	}
	return values
}

// kept is r, the share of a weight that passes its converters.
func (w *throughTwin) kept(layer, row, column int, v *twinValues) float64 {
	if !w.aware {
		return 1
	}
	code, block := int(w.model.Layers[layer].Codes[row*w.nodes[layer].Outputs+column]), row/w.wordlines
	kappa := func(slice, sign int) float64 { return v.clipped[[4]int{block, slice, sign, column}] / v.count }
	if code == 0 {
		return 1 - kappa(0, 0)/2 - kappa(0, 1)/2
	}
	sign := 0
	if code < 0 {
		sign, code = 1, -code
	}
	total := 0.0
	for slice := range w.bits {
		total += float64(code>>(2*slice)&3) * math.Pow(4, float64(slice)) * (1 - kappa(slice, sign))
	}
	return total / float64(code)
}

// inScale is S of a layer's inputs.
func (w *throughTwin) inScale(layer int) int {
	if layer == 0 {
		return w.model.Input.Scale
	}
	return w.model.Layers[layer-1].OutScale
}

func (w *throughTwin) gradients(images workloads.Images) []twinGradients {
	values := w.forward(images)
	last := len(w.nodes)
	dy := make([][][]float64, images.Len())
	for i := range dy {
		l := &w.model.Layers[last-1]
		var row []float64
		for n, acc := range values[last].sums[i][0] {
			row = append(row, (acc*float64(l.Affine.M[n])+float64(l.Affine.B[n]))*math.Pow(2, float64(l.OutScale-8-l.Affine.F)))
		}
		p := softmax(row)
		p[images.Labels[i]]--
		for n := range p {
			p[n] /= float64(len(dy))
		}
		dy[i] = [][]float64{p}
	}
	all := make([]twinGradients, last)
	for n := last - 1; n >= 0; n-- {
		all[n], dy = w.layer(n, values, dy)
	}
	return all
}

// layer is a layer's gradients and that by its input.
func (w *throughTwin) layer(n int, values []twinValues, dy [][][]float64) (twinGradients, [][][]float64) {
	l, m, s := &w.nodes[n], &w.model.Layers[n], &w.start.Layers[n]
	g := twinGradients{make([]float64, len(m.Codes)), make([]float64, l.Outputs), make([]float64, l.Outputs)}
	xStep, wStep := math.Pow(2, float64(w.inScale(n)-8)), math.Pow(2, float64(m.Scale-8))
	dx := make([][][]float64, len(dy))
	for i := range dy {
		for range values[n].codes[i] {
			dx[i] = append(dx[i], make([]float64, l.In.Channels))
		}
		for position, row := range dy[i] {
			driven, sees := w.driven(n, position, values[n].codes[i]), w.sees(n, position)
			for c, d := range row {
				if l.ReLU && values[n+1].codes[i][position][c] == 0 {
					continue
				}
				slope := float64(s.Affine.M[c]) * math.Pow(2, float64(s.OutScale-s.Scale-w.inScale(n)+8-s.Affine.F))
				g.offsets[c] += d
				g.factors[c] += slope * d * values[n+1].sums[i][position][c] * xStep * wStep
				d *= slope * w.theta[n][c]
				for k, v := range driven {
					r, z := w.kept(n, k, c, &values[n+1]), float64(w.zero(n, k%l.In.Channels))
					if w.sign == crossbar.SignSplit {
						g.weights[k*l.Outputs+c] += d * (float64(v) - z) * r * xStep
					} else {
						g.weights[k*l.Outputs+c] += d * (float64(v)*r - z) * xStep
					}
					if at := sees[k]; at[0] >= 0 {
						dx[i][at[0]][at[1]] += d * r * float64(m.Codes[k*l.Outputs+c]) * wStep
					}
				}
			}
		}
	}
	return g, dx
}

func TestThroughGradients(t *testing.T) {
	data := randomData(workloads.Shape{Height: 4, Width: 4, Channels: 2}, 3, 6)
	convolutions := &workloads.Network{Name: "convolutions", Input: data.Train.Shape, Layers: []workloads.Layer{
		{Name: "first", Kind: workloads.Conv, Outputs: 5, Kernel: 3, Stride: 1, Padding: 1, ReLU: true},
		{Name: "second", Kind: workloads.Conv, Outputs: 4, Kernel: 3, Stride: 2, Padding: 1, ReLU: true},
		{Name: "classes", Kind: workloads.Linear, Outputs: 3},
	}}
	for _, test := range []struct {
		name string
		c    throughCase
	}{
		{"chain, straight-through", throughCase{chain(data.Train.Shape, 6, 3), crossbar.Unsigned, StraightThrough, 0, LearnedAffine, 0}},
		{"chain, clip-aware", throughCase{chain(data.Train.Shape, 6, 3), crossbar.Unsigned, ClipAware, 0, LearnedAffine, 1}},
		{"chain, clip-aware, sign-split", throughCase{chain(data.Train.Shape, 6, 3), crossbar.SignSplit, ClipAware, 0, LearnedAffine, 0}},
		{"convolutions, straight-through", throughCase{convolutions, crossbar.Unsigned, StraightThrough, 0, LearnedAffine, 0}},
		{"convolutions, clip-aware", throughCase{convolutions, crossbar.Unsigned, ClipAware, 0, LearnedAffine, 0}},
		{"convolutions, clip-aware, sign-split", throughCase{convolutions, crossbar.SignSplit, ClipAware, 0, LearnedAffine, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			start := startOf(t, test.c.net, data)
			cfg := throughConfig(t, test.c, start)
			cfg.Batch = data.Train.Len()
			trainer := newTestTrainer(t, cfg, test.c.net, data)
			body := trainer.body.(*converted)
			var theta [][]float64
			for _, l := range body.layers {
				for n := range l.factor.value {
					l.factor.value[n] += float32(n%3)/8 - 0.125
				}
				theta = append(theta, wide(l.factor.value))
			}
			m, err := trainer.Model()
			if err != nil {
				t.Fatal(err)
			}
			images := make([]int32, data.Train.Len())
			for i := range images {
				images[i] = int32(i)
			}
			logits, gradient, err := body.forward(images, Position{})
			if err != nil {
				t.Fatal(err)
			}
			crossEntropy(logits, gradient, data.Train.Labels, 0)
			body.backward(len(images))
			nodes, err := test.c.net.Graph()
			if err != nil {
				t.Fatal(err)
			}
			twin := throughTwin{nodes: nodes, model: m, start: start, bits: cfg.Through.Bits[0], wordlines: cfg.Through.Design.Wordlines,
				sign: test.c.sign, aware: test.c.gradient == ClipAware, theta: theta}
			for i, want := range twin.gradients(data.Train) {
				l := body.layers[i]
				compareGradient(t, l.unit.weight.name, l.unit.weight.gradient, want.weights)
				compareGradient(t, l.offset.name, l.offset.gradient, want.offsets)
				compareGradient(t, l.factor.name, l.factor.gradient, want.factors)
			}
		})
	}
}

// compareGradient allows what float32 sums may lose.
func compareGradient(t *testing.T, name string, got []float32, want []float64) {
	t.Helper()
	top := 0.0
	for _, w := range want {
		top = max(top, math.Abs(w))
	}
	if top == 0 {
		t.Errorf("%s: the gradient is 0 throughout, want a test that could fail", name)
	}
	for i, w := range want {
		if math.Abs(float64(got[i])-w) > 1e-4*top {
			t.Fatalf("%s: gradient %d is %g, want %g (the largest is %g)", name, i, got[i], w, top)
		}
	}
}
