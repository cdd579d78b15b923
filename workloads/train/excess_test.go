package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"bitline/crossbar"
	"bitline/workloads"
)

// E[max(s − limit, 0)] of a normal s by the trapezoidal rule, and its derivatives by
// central differences.
func TestNormalTail(t *testing.T) {
	numeric := func(mean, variance, limit float64) float64 {
		sigma, sum := math.Sqrt(variance), 0.0
		const h = 1.0 / 2048
		for a := -10.0; a < 10; a += h {
			sum += h * max(mean+sigma*a-limit, 0) * math.Exp(-a*a/2) / math.Sqrt(2*math.Pi)
		}
		return sum
	}
	for _, c := range []struct{ mean, variance, limit float64 }{
		{3, 4, 7}, {7, 4, 7}, {12, 4, 7}, {0.2, 0.1, 1}, {40, 30, 15},
	} {
		value, byMean, byVariance := normalTail(c.mean, c.variance, c.limit)
		if want := numeric(c.mean, c.variance, c.limit); math.Abs(value-want) > 1e-6*(1+want) {
			t.Errorf("%+v: excess %g, want %g", c, value, want)
		}
		const h = 1e-3
		mean := (numeric(c.mean+h, c.variance, c.limit) - numeric(c.mean-h, c.variance, c.limit)) / (2 * h)
		variance := (numeric(c.mean, c.variance+h, c.limit) - numeric(c.mean, c.variance-h, c.limit)) / (2 * h)
		if math.Abs(byMean-mean) > 1e-4 || math.Abs(byVariance-variance) > 1e-4 {
			t.Errorf("%+v: derivatives %g and %g, want %g and %g", c, byMean, byVariance, mean, variance)
		}
	}
	for _, c := range []struct{ mean, variance, limit, value, slope float64 }{
		{8, 0, 7, 1, 1}, {7, 0, 7, 0, 0}, {0, 1, 20, 0, 0}, // no variance; far below the limit
	} {
		if value, slope, _ := normalTail(c.mean, c.variance, c.limit); value != c.value || slope != c.slope {
			t.Errorf("%+v: excess %g, slope %g", c, value, slope)
		}
	}
}

// surrogate is the penalty as a function of real cells, [slice][sign][row][column].
type surrogate struct {
	cells         [4][2][][]float64
	rate          [][]float64 // [row][step of all passes]
	unit          []float64
	wordlines     int
	steps         int
	strength      float64
	limits        []float64
	rows, columns int
}

func (s *surrogate) value() float64 {
	sum := 0.0
	for first := 0; first < s.rows; first += s.wordlines {
		for slice := range s.cells {
			for sign := range 2 {
				for n := range s.columns {
					for t := range s.rate[0] {
						mean, variance := 0.0, 0.0
						for k := first; k < min(first+s.wordlines, s.rows); k++ {
							d, p := s.cells[slice][sign][k][n], s.rate[k][t]
							mean += d * p
							variance += d * d * p * (1 - p)
						}
						e, _, _ := normalTail(mean, variance, s.limits[slice])
						sum += e * s.unit[n] * math.Pow(2, float64(t%s.steps+2*slice))
					}
				}
			}
		}
	}
	return s.strength * sum / float64(s.columns)
}

// The penalty is that of the surrogate, and its gradient the surrogate's by finite
// differences, each cell's counted 4^-slice per step of the weight.
func TestExcessGradient(t *testing.T) {
	data := randomData(workloads.Shape{Height: 1, Width: 10, Channels: 3}, 3, 40)
	for _, sign := range []crossbar.InputSign{crossbar.Unsigned, crossbar.SignSplit} {
		c := throughCase{chain(data.Train.Shape, 5, 3), sign, ClipAware, 3, LearnedAffine, 0}
		trainer := newTestTrainer(t, throughConfig(t, c, startOf(t, c.net, data)), c.net, data)
		run(t, trainer)
		for _, l := range trainer.body.(*converted).layers {
			l.unit.weight.quantize()
			p, x := l.unit.weight, l.excess
			s := surrogate{wordlines: 16, steps: len(x.rates.steps), strength: 3, limits: []float64{3, 3, 3, 1}, rows: l.unit.kernel.rows(), columns: l.unit.Outputs}
			perCode := math.Pow(2, float64(8-p.scale))
			for slice := range s.cells {
				for sign := range 2 {
					for k := range s.rows {
						s.cells[slice][sign] = append(s.cells[slice][sign], make([]float64, s.columns))
						for n := range s.columns {
							code := int(float64(p.quantized[k*s.columns+n]) * perCode)
							s.cells[slice][sign][k][n] = float64(max(code*(1-2*sign), 0) >> (2 * slice) & 3)
						}
					}
				}
			}
			width := x.rates.width()
			for k := range s.rows {
				s.rate = append(s.rate, wide(x.rates.share[k*width:][:width]))
			}
			for n := range s.columns {
				s.unit = append(s.unit, math.Abs(l.gain(n))*l.step/math.Pow(2, float64(trainer.cfg.Through.Start.Layers[l.unit.Matrix].OutScale)))
			}
			clear(p.gradient)
			got, want := x.add(l, 2), s.value()
			if want == 0 || math.Abs(got-want) > 1e-9*want {
				t.Errorf("%s, %s: penalty %g, want %g", sign, l.unit.Name, got, want)
			}
			gradient := make([]float64, len(p.gradient))
			for i := range gradient {
				for slice := range s.cells {
					for sign := range 2 {
						cell := &s.cells[slice][sign][i/s.columns][i%s.columns]
						if d := *cell; d != 0 {
							const h = 1e-4
							*cell = d + h
							above := s.value()
							*cell = d - h
							below := s.value()
							*cell = d
							gradient[i] += (above - below) / (2 * h) * math.Pow(4, -float64(slice)) * perCode * float64(1-2*sign)
						}
					}
				}
			}
			compareGradient(t, string(sign)+" "+p.name, p.gradient, gradient)
		}
	}
}

// Running shares after one batch are the shares of ones among the bits of what is
// driven, counted one by one.
func TestBitRates(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	shape := workloads.Shape{Height: 2, Width: 3, Channels: 11}
	x := newTensor(shape, pitchOf(11), 7)
	zero := make([]int32, 11)
	for c := range zero {
		zero[c] = int32(20 * c)
	}
	codes := make([]int, shape.Size()*7) // centred: image, position, channel
	for i := range codes {
		image, position, c := i/shape.Size(), i/11%6, i%11
		codes[i] = random.IntN(256) - int(zero[c])
		x.data[x.plane(position)+image*x.pitch+c] = float32(codes[i]) / 64
	}
	for _, test := range []struct {
		sign   crossbar.InputSign
		bits   int
		driven func(centred, zero int) [2]int
	}{
		{crossbar.Unsigned, 8, func(v, z int) [2]int { return [2]int{v + z, 0} }},
		{crossbar.SignSplit, 8, func(v, _ int) [2]int { return [2]int{max(v, 0), max(-v, 0)} }},
		{crossbar.TwosComplement, 9, func(v, _ int) [2]int { return [2]int{v & 511, 0} }},
	} {
		e := crossbar.DefaultEncoding()
		e.InputSign, e.InputBits = test.sign, test.bits
		for _, lines := range []int{11, 66} {
			b := newBitRates(e, lines, inputsOf{zero: zero})
			b.observe(inputsSeen{x: &x, perUnit: 64, workers: 3}, 1)
			for line := range lines {
				for i := range b.width() {
					ones, total := 0, 0
					for at, v := range codes {
						if at%lines == line {
							ones += test.driven(v, int(zero[at%11]))[i/test.bits] >> (i % test.bits) & 1
							total++
						}
					}
					if got, want := b.share[line*b.width()+i], float32(float64(ones)/float64(total)); got != want {
						t.Fatalf("%s, %d lines: share of line %d, step %d is %g, want %g", test.sign, lines, line, i, got, want)
					}
				}
			}
		}
	}
}
