package train

import (
	"math"

	"bitline/internal/gemm"
	"bitline/workloads"
)

// linear is y = x·W + b with W of in × out, rows of W on wordlines.
type linear struct {
	name         string
	in, out      int
	relu         bool
	weight, bias *param
}

// signal is one layer's output for a batch: images × out values, and the
// gradient of the loss by them.
type signal struct {
	values, gradient []float32
	scale            int // S of the values
}

func newLinear(l workloads.Layer, in int, cfg Config) *linear {
	n := &linear{
		name: l.Name, in: in, out: l.Outputs, relu: l.ReLU,
		weight: newParam(l.Name+".weight", in*l.Outputs, cfg.WeightBits, cfg.Workers),
		bias:   newParam(l.Name+".bias", l.Outputs, workloads.BiasBits, cfg.Workers),
	}
	n.bias.kind = biasParam
	return n
}

func (l *linear) params() [2]*param { return [2]*param{l.weight, l.bias} }

// product sets y to x·Wq + bq, not yet quantized, for n images and returns its
// largest magnitude as float32 bits.
func (l *linear) product(g *gemm.Multiplier, x []float32, n int, y *signal) uint32 {
	g.Mul(gemm.Dense(y.values, n, l.out), gemm.Dense(x, n, l.in), gemm.Dense(l.weight.quantized, l.in, l.out))
	var top uint32
	bias := l.bias.quantized
	for i := range n {
		row := y.values[i*l.out:][:len(bias)]
		for j, b := range bias {
			row[j] += b
		}
		top = largest(row, top)
	}
	return top
}

// activate quantizes the product at scale s and rectifies it if the layer does.
func (l *linear) activate(n, s int, y *signal) {
	y.scale = s
	q := workloads.NewQuantizer(s, workloads.ActivationBits)
	values := y.values[:n*l.out]
	if !l.relu {
		for i, v := range values {
			values[i] = q.Value(v)
		}
		return
	}
	for i, v := range values {
		values[i] = max(q.Value(v), 0)
	}
}

// backward takes the gradient in y, passes it straight through the quantizer,
// and sets the gradients of the layer's parameters and, unless dx is nil, of its
// input x.
func (l *linear) backward(g *gemm.Multiplier, x, dx []float32, n int, y *signal) {
	if l.relu {
		gate(y.gradient[:n*l.out], y.values)
	}
	dy := gemm.Dense(y.gradient, n, l.out)
	g.Mul(gemm.Dense(l.weight.gradient, l.in, l.out), gemm.Dense(x, n, l.in).T(), dy)
	clear(l.bias.gradient)
	for i := range n {
		row := y.gradient[i*l.out:][:l.out]
		for j, d := range row {
			l.bias.gradient[j] += d
		}
	}
	if dx != nil {
		g.Mul(gemm.Dense(dx, n, l.in), dy, gemm.Dense(l.weight.quantized, l.in, l.out).T())
	}
}

// gate clears the gradient where the rectified value is 0.
func gate(gradient, values []float32) {
	values = values[:len(gradient)]
	for i, g := range gradient {
		open := nonZero(math.Float32bits(values[i]) &^ signBit)
		gradient[i] = math.Float32frombits(math.Float32bits(g) & open)
	}
}
