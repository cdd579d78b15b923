package train

import "math"

// twinLayer is a linear layer in float64, written out as nested loops. It shares
// nothing with the layers under test.
type twinLayer struct {
	w    [][]float64 // in × out
	b    []float64
	relu bool
}

// twinNetwork runs with quantizers, as training does, or without.
type twinNetwork struct {
	layers    []twinLayer
	quantized bool
}

// twinRound quantizes to 8 magnitude bits at the scale of the largest magnitude.
func twinRound(x []float64) []float64 {
	top := 1e-5
	for _, v := range x {
		top = math.Max(top, math.Abs(v))
	}
	bound := 1.0 // the smallest power of two that is at least top
	for bound < top {
		bound *= 2
	}
	for bound/2 >= top {
		bound /= 2
	}
	step := bound / 256
	out := make([]float64, len(x))
	for i, v := range x {
		code := math.Max(-255, math.Min(255, math.RoundToEven(v/step)))
		out[i] = code * step
	}
	return out
}

// weights are the weights and the bias that a layer computes with.
func (n twinNetwork) weights(l twinLayer) ([][]float64, []float64) {
	if !n.quantized {
		return l.w, l.b
	}
	var all []float64
	for _, row := range l.w {
		all = append(all, row...)
	}
	all = twinRound(all)
	out := len(l.b)
	w := make([][]float64, len(l.w))
	for i := range w {
		w[i] = all[i*out : (i+1)*out]
	}
	return w, twinRound(l.b)
}

// forward returns the input and every layer's output: [layer][image][value].
func (n twinNetwork) forward(x [][]float64) [][][]float64 {
	values := [][][]float64{x}
	for _, l := range n.layers {
		w, b := n.weights(l)
		var flat []float64
		for _, row := range values[len(values)-1] {
			for j := range b {
				sum := b[j]
				for i, v := range row {
					sum += v * w[i][j]
				}
				flat = append(flat, sum)
			}
		}
		if n.quantized {
			flat = twinRound(flat)
		}
		var y [][]float64
		for i := range x {
			row := flat[i*len(b) : (i+1)*len(b)]
			for j := range row {
				if l.relu && row[j] < 0 {
					row[j] = 0
				}
			}
			y = append(y, row)
		}
		values = append(values, y)
	}
	return values
}

func softmax(row []float64) []float64 {
	sum := 0.0
	for _, v := range row {
		sum += math.Exp(v)
	}
	p := make([]float64, len(row))
	for j, v := range row {
		p[j] = math.Exp(v) / sum
	}
	return p
}

func (n twinNetwork) loss(x [][]float64, labels []uint8) float64 {
	values := n.forward(x)
	loss := 0.0
	for i, row := range values[len(values)-1] {
		loss -= math.Log(softmax(row)[labels[i]])
	}
	return loss / float64(len(x))
}

// gradients returns the gradient of the loss by every layer's weights and bias,
// straight through the quantizers.
func (n twinNetwork) gradients(x [][]float64, labels []uint8) []twinLayer {
	values := n.forward(x)
	last := len(n.layers)
	var dy [][]float64
	for i, row := range values[last] {
		p := softmax(row)
		p[labels[i]]--
		for j := range p {
			p[j] /= float64(len(x))
		}
		dy = append(dy, p)
	}
	grads := make([]twinLayer, last)
	for k := last - 1; k >= 0; k-- {
		l := n.layers[k]
		w, _ := n.weights(l)
		g := twinLayer{b: make([]float64, len(l.b))}
		for range l.w {
			g.w = append(g.w, make([]float64, len(l.b)))
		}
		var dx [][]float64
		for i, row := range values[k] {
			d := make([]float64, len(row))
			for j := range l.b {
				if l.relu && values[k+1][i][j] <= 0 {
					continue
				}
				g.b[j] += dy[i][j]
				for r, v := range row {
					g.w[r][j] += v * dy[i][j]
					d[r] += w[r][j] * dy[i][j]
				}
			}
			dx = append(dx, d)
		}
		grads[k], dy = g, dx
	}
	return grads
}
