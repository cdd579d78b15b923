package train

import (
	"math"

	"bitline/workloads"
)

// twinGraph is a network in float64, written out as nested loops over images,
// channels, rows and columns. It shares nothing with the layers under test.
//
// Its quantizers run straight through: at the first evaluation it notes what every
// quantizer adds to its value, which rectifiers are open and where every maximum
// lies. Later evaluations keep those, so that the loss is smooth and its true
// gradient is the straight-through one.
type twinGraph struct {
	steps     []workloads.Node
	params    map[string][]float64 // by the name of the trainer's parameter
	quantized bool
	scales    map[string]int // S of the outputs that are rounded
	bits      int

	noted map[string][]float64 // by tensor: what a quantizer adds
	open  map[string][]bool    // by layer
	most  map[string][]int     // by layer: the input of every maximum
}

// cube is one image's values: channel, row, column.
type cube [][][]float64

func newCube(s workloads.Shape) cube {
	c := make(cube, s.Channels)
	for i := range c {
		c[i] = make([][]float64, s.Height)
		for y := range c[i] {
			c[i][y] = make([]float64, s.Width)
		}
	}
	return c
}

// each calls f for every value of some images, in one order.
func eachValue(images []cube, f func(v *float64)) {
	for _, image := range images {
		for c := range image {
			for y := range image[c] {
				for x := range image[c][y] {
					f(&image[c][y][x])
				}
			}
		}
	}
}

// through rounds values at 2^scale/2^bits, as noted at the first evaluation.
func (g *twinGraph) through(name string, values []*float64, scale, bits int) {
	if !g.quantized {
		return
	}
	noted, seen := g.noted[name]
	if !seen {
		step := math.Pow(2, float64(scale-bits))
		top := math.Pow(2, float64(bits)) - 1
		for _, v := range values {
			code := math.Max(-top, math.Min(top, math.RoundToEven(*v/step)))
			noted = append(noted, code*step-*v)
		}
		g.noted[name] = noted
	}
	for i, v := range values {
		*v += noted[i]
	}
}

// weights are the values of a parameter that a layer computes with.
func (g *twinGraph) weights(name string, bits int) []float64 {
	w := append([]float64(nil), g.params[name]...)
	top := 1e-5
	var at []*float64
	for i := range w {
		top = math.Max(top, math.Abs(w[i]))
		at = append(at, &w[i])
	}
	g.through(name, at, int(math.Ceil(math.Log2(top))), bits)
	return w
}

// loss is the mean cross-entropy of some images; it fills outputs by layer.
func (g *twinGraph) loss(images []cube, labels []uint8) (float64, map[string][]cube) {
	outputs := map[string][]cube{}
	var all [][]cube
	for i := range g.steps {
		s := &g.steps[i]
		x := images
		if s.Takes[0] >= 0 {
			x = all[s.Takes[0]]
		}
		var y []cube
		for range images {
			y = append(y, newCube(s.Out))
		}
		if s.Kind.Matrix() {
			g.matrix(s, y, x)
			if s.Adds >= 0 {
				for n := range y {
					for c := range y[n] {
						for row := range y[n][c] {
							for col := range y[n][c][row] {
								y[n][c][row][col] += all[s.Adds][n][c][row][col]
							}
						}
					}
				}
			}
			g.finish(s, y, i == len(g.steps)-1)
		} else {
			g.pool(s, y, x)
		}
		all = append(all, y)
		outputs[s.Name] = y
	}
	loss := 0.0
	for n, y := range all[len(all)-1] {
		sum := 0.0
		for c := range y {
			sum += math.Exp(y[c][0][0])
		}
		loss += math.Log(sum) - y[labels[n]][0][0]
	}
	return loss / float64(len(images)), outputs
}

func (g *twinGraph) matrix(s *workloads.Node, y, x []cube) {
	w := g.weights(s.Name+".weight", g.bits)
	bias := make([]float64, s.Outputs)
	if !s.BatchNorm && !s.NoBias {
		bias = g.weights(s.Name+".bias", 8)
	}
	for n := range y {
		for o := range y[n] {
			for oy := range y[n][o] {
				for ox := range y[n][o][oy] {
					sum := bias[o]
					for ky := range s.Window.Height {
						for kx := range s.Window.Width {
							for c := range s.In.Channels {
								iy, ix := oy*s.Window.Stride+ky-s.Window.Padding, ox*s.Window.Stride+kx-s.Window.Padding
								if iy >= 0 && iy < s.In.Height && ix >= 0 && ix < s.In.Width {
									sum += x[n][c][iy][ix] * w[((ky*s.Window.Width+kx)*s.In.Channels+c)*s.Outputs+o]
								}
							}
						}
					}
					y[n][o][oy][ox] = sum
				}
			}
		}
	}
	if s.BatchNorm {
		g.normalize(s, y)
	}
}

func (g *twinGraph) normalize(s *workloads.Node, y []cube) {
	gamma, beta := g.params[s.Name+".gamma"], g.params[s.Name+".beta"]
	for o := range s.Outputs {
		count, mean, variance := 0.0, 0.0, 0.0
		one := func(f func(v *float64)) {
			for n := range y {
				for _, row := range y[n][o] {
					for x := range row {
						f(&row[x])
					}
				}
			}
		}
		one(func(v *float64) { count, mean = count+1, mean+*v })
		mean /= count
		one(func(v *float64) { variance += (*v - mean) * (*v - mean) / count })
		one(func(v *float64) { *v = gamma[o]*(*v-mean)/math.Sqrt(variance+1e-5) + beta[o] })
	}
}

// finish rounds and rectifies.
func (g *twinGraph) finish(s *workloads.Node, y []cube, last bool) {
	var values []*float64
	eachValue(y, func(v *float64) { values = append(values, v) })
	if !s.Residual && !last {
		rectified := make([]float64, len(values))
		for i, v := range values {
			rectified[i] = *v
		}
		g.through(s.Name, values, g.scales[s.Name], 8)
	}
	if !s.ReLU {
		return
	}
	open, seen := g.open[s.Name]
	if !seen {
		for _, v := range values {
			open = append(open, *v > 0)
		}
		g.open[s.Name] = open
	}
	for i, v := range values {
		if !open[i] {
			*v = 0
		}
	}
}

func (g *twinGraph) pool(s *workloads.Node, y, x []cube) {
	most, seen := g.most[s.Name]
	at := 0
	for n := range y {
		for c := range y[n] {
			for oy := range y[n][c] {
				for ox := range y[n][c][oy] {
					sum, best, where := 0.0, math.Inf(-1), 0
					for ky := range s.Window.Height {
						for kx := range s.Window.Width {
							iy, ix := oy*s.Window.Stride+ky-s.Window.Padding, ox*s.Window.Stride+kx-s.Window.Padding
							if iy < 0 || iy >= s.In.Height || ix < 0 || ix >= s.In.Width {
								continue
							}
							v := x[n][c][iy][ix]
							sum += v
							if v > best {
								best, where = v, iy*s.In.Width+ix
							}
						}
					}
					if s.Kind != workloads.MaxPool {
						y[n][c][oy][ox] = sum / float64(s.Window.Height*s.Window.Width)
						continue
					}
					if !seen {
						most = append(most, where)
					}
					y[n][c][oy][ox] = x[n][c][most[at]/s.In.Width][most[at]%s.In.Width]
					at++
				}
			}
		}
	}
	if s.Kind == workloads.MaxPool {
		g.most[s.Name] = most
		return
	}
	var values []*float64
	eachValue(y, func(v *float64) { values = append(values, v) })
	g.through(s.Name, values, g.scales[s.Name], 8)
}
