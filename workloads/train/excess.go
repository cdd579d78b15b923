package train

import (
	"math"

	"bitline/crossbar"
)

// excess is a penalty on what the converters of one layer are expected to lose. The
// bitline sum of a row block, slice, sign, column and input step is taken for normal
// with the mean and the variance that independent input bits of the running shares p
// give it (bitRates), d being the cells:
//
//	mean = Σ_k d_k·p_k        variance = Σ_k d_k²·p_k·(1 − p_k)
//	E    = E[max(sum − limit, 0)]                       (normalTail)
//	R    = strength/columns·Σ_n unit_n·Σ E·2^(step + slice's shift)
//
// over blocks, slices, signs, passes and steps, where unit_n is one count of column
// n's accumulator as a share of the output's range 2^Sy. So R is the strength times
// the outputs' mean expected loss, and costs no bit-serial product. Its gradient
// passes straight through the slices, as bit-slice L1's does: dd_ks/d|c_k| =
// 2^-shift(s) where d_ks ≠ 0, else 0.
type excess struct {
	strength float64
	rates    *bitRates
	slicing  crossbar.Slicing
	limits   []float64 // by slice
	scratch  [][]tail  // by block
	values   []float64
}

// tail is one sum's mean and variance, then what they pull.
type tail struct{ mean, variance float64 }

func newExcess(l *convertedLayer) *excess {
	u, e := l.unit, l.design.Encoding
	x := &excess{strength: l.spec.Excess, slicing: crossbar.NewSlicing(e.WeightBits, l.design.CellBits)}
	lines := u.In.Channels
	if u.y.positions() == 1 && u.Window.Height == u.In.Height && u.Window.Width == u.In.Width {
		lines *= u.In.Height * u.In.Width // every row has its own
	}
	x.rates = newBitRates(e, lines, inputsOf{l.zeroByChannel, l.rectified})
	for _, b := range l.bits {
		x.limits = append(x.limits, float64(int64(1)<<b-1))
	}
	size := x.slicing.Count * 2 * u.Outputs * x.rates.width()
	for range l.blocks() {
		x.scratch = append(x.scratch, make([]tail, size))
	}
	x.values = make([]float64, l.blocks())
	return x
}

// matrixPart is a row block of a matrix of integer codes, rows × columns.
type matrixPart struct {
	values      []float32 // quantized
	perCode     float32   // codes per unit of value
	columns     int
	first, last int       // rows
	unit        []float64 // of an accumulator's count, by column
	gradient    []float32 // by value; added to
	scale       float64   // of the gradient: strength/columns·perCode
}

// add adds the gradient of the penalty to that of the layer's weights and returns
// the penalty. Each block is one worker's, and blocks are added up in order.
func (x *excess) add(l *convertedLayer, workers int) float64 {
	p, columns := l.unit.weight, l.unit.Outputs
	unit := make([]float64, columns)
	for n := range unit {
		unit[n] = math.Abs(l.gain(n)) * l.unitOf / 256
	}
	perCode := 1 / p.quantizer.Step()
	strength := x.strength / float64(columns)
	each(workers, l.blocks(), func(_, b int) {
		first := b * l.design.Wordlines
		x.values[b] = x.block(b, matrixPart{
			values: p.quantized, perCode: perCode, columns: columns, unit: unit,
			first: first, last: min(first+l.design.Wordlines, l.unit.kernel.rows()),
			gradient: p.gradient, scale: strength * float64(perCode),
		})
	})
	sum := 0.0
	for _, v := range x.values {
		sum += v
	}
	return strength * sum
}

// block adds the gradient of one row block and returns Σ unit·E·2^(step + shift).
func (x *excess) block(b int, m matrixPart) float64 {
	tails := x.scratch[b]
	clear(tails)
	x.gather(tails, m)
	value := x.pulls(tails, m)
	x.spread(tails, m)
	return value
}

// each calls do for every digit of the weights of a block that is not zero, with
// the first of the sums that it enters.
func (x *excess) each(m matrixPart, do func(at digitPlace)) {
	width := x.rates.width()
	for k := m.first; k < m.last; k++ {
		shares := x.rates.share[x.rates.line(k)*width:][:width]
		for n, v := range m.values[k*m.columns:][:m.columns] {
			code := int32(v * m.perCode)
			if code == 0 {
				continue
			}
			sign, magnitude := 0, uint32(code)
			if code < 0 {
				sign, magnitude = 1, uint32(-code)
			}
			for s := range x.slicing.Count {
				if d := x.slicing.Digit(magnitude, s); d != 0 {
					first := ((s*2+sign)*m.columns + n) * width
					do(digitPlace{tail: first, sign: sign, slice: s, weight: k*m.columns + n, digit: float64(d), shares: shares})
				}
			}
		}
	}
}

// digitPlace is a cell that is not zero: its sums and the shares of its wordline.
type digitPlace struct {
	tail, sign, slice, weight int
	digit                     float64
	shares                    []float32
}

// gather adds up the sums' means and variances.
func (x *excess) gather(tails []tail, m matrixPart) {
	x.each(m, func(at digitPlace) {
		to := tails[at.tail:][:len(at.shares)]
		for t, share := range at.shares {
			p := float64(share)
			mean := at.digit * p
			to[t].mean += mean
			to[t].variance += float64(at.digit * mean * (1 - p))
		}
	})
}

// pulls turns means and variances into the derivatives of Σ unit·E·2^(step + shift)
// by them and returns it.
func (x *excess) pulls(tails []tail, m matrixPart) float64 {
	sum, steps := 0.0, len(x.rates.steps)
	for i := range tails {
		width := x.rates.width()
		column, slice := i/width%m.columns, i/width/m.columns/2
		t := &tails[i]
		value, byMean, byVariance := normalTail(t.mean, t.variance, x.limits[slice])
		scale := m.unit[column] * math.Ldexp(1, x.rates.steps[i%width%steps].Shift+x.slicing.Shift(slice))
		sum += float64(scale * value)
		t.mean, t.variance = scale*byMean, scale*byVariance
	}
	return sum
}

// spread adds the gradient by every weight.
func (x *excess) spread(tails []tail, m matrixPart) {
	x.each(m, func(at digitPlace) {
		pull := 0.0
		for t, from := range tails[at.tail:][:len(at.shares)] {
			p := float64(at.shares[t])
			pull += float64(from.mean*p) + float64(from.variance*2*at.digit*p*(1-p))
		}
		pull *= m.scale * math.Ldexp(1, -x.slicing.Shift(at.slice))
		if at.sign == 1 {
			pull = -pull
		}
		m.gradient[at.weight] += float32(pull)
	})
}
