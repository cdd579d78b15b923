package workloads

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// seen is what an executor computed: by layer, then image, channel by channel.
type seen struct {
	sums, codes map[string][][]int64
	logits      [][]int64
}

// look runs images in batches of the given size and keeps everything.
func look(m *Model, mul MatMul, images Images, batch int) seen {
	s := seen{sums: map[string][][]int64{}, codes: map[string][][]int64{}}
	positions := map[string]int{}
	for _, l := range m.Network.Matrices() {
		positions[l.Layer] = l.Positions
	}
	e := m.NewExecutor(mul, Options{Batch: batch})
	at := 0
	slot := func(all map[string][][]int64, layer string, size int) [][]int64 {
		for len(all[layer]) < images.Len() {
			all[layer] = append(all[layer], make([]int64, size))
		}
		return all[layer][at:]
	}
	e.OnSums = func(t Sums) {
		columns, pixels := len(t.Values)/TilePositions, positions[t.Layer]
		to := slot(s.sums, t.Layer, columns*pixels)
		for n := range columns {
			for p, v := range t.Column(n) {
				position := t.First + p
				to[position%t.Images][n*pixels+position/t.Images] = v
			}
		}
	}
	e.OnCodes = func(c Codes) {
		to := slot(s.codes, c.Layer, c.Shape.Size())
		for i, q := range c.Values {
			to[i%c.Images][i/c.Images] = int64(q)
		}
	}
	for ; at < images.Len(); at += batch {
		s.logits = append(s.logits, e.Run(images.Slice(at, min(at+batch, images.Len())))...)
	}
	return s
}

// plain is a network computed the slow way, straight from docs/semantics.md:
// one image, row, column, channel, in arbitrary precision where it matters. It
// shares no code with the executor.
type plain struct {
	m     *Model
	codes map[string][][][]int64 // row, column, channel
	v     map[string][][][]*big.Int
	acc   map[string][][][]int64
	scale map[string]int
	zero  map[string][]int64
}

func (p *plain) run(image []uint8) {
	in := p.m.Network.Input
	pixels := make([][][]int64, in.Height)
	for y := range pixels {
		pixels[y] = make([][]int64, in.Width)
		for x := range pixels[y] {
			for c := range in.Channels {
				pixels[y][x] = append(pixels[y][x], int64(image[(y*in.Width+x)*in.Channels+c]))
			}
		}
	}
	p.codes = map[string][][][]int64{"image": pixels}
	p.v, p.acc = map[string][][][]*big.Int{}, map[string][][][]int64{}
	p.scale = map[string]int{"image": p.m.Input.Scale}
	zero := make([]int64, in.Channels)
	for c, z := range p.m.Input.Zero {
		zero[c] = int64(z)
	}
	p.zero = map[string][]int64{"image": zero}
	before, matrix := "image", 0
	for i, l := range p.m.Network.Layers {
		from := before
		if l.Input != "" {
			from = l.Input
		}
		switch l.Kind {
		case Conv, Linear:
			p.product(l, from, &p.m.Layers[matrix])
			p.round(l, &p.m.Layers[matrix], i == len(p.m.Network.Layers)-1)
			matrix++
		default:
			p.pool(l, from)
		}
		before = l.Name
	}
}

func (p *plain) product(l Layer, from string, w *LayerWeights) {
	x, zero := p.codes[from], p.zero[from]
	height, width, stride, padding := l.Kernel, l.Kernel, l.Stride, l.Padding
	if l.Kind == Linear {
		height, width, stride = len(x), len(x[0]), 1
	}
	for top := -padding; top+height <= len(x)+padding; top += stride {
		var row [][]int64
		for left := -padding; left+width <= len(x[0])+padding; left += stride {
			acc := make([]int64, w.Columns)
			k := 0
			for dy := range height {
				for dx := range width {
					for c := range x[0][0] {
						y0, x0 := top+dy, left+dx
						if y0 >= 0 && y0 < len(x) && x0 >= 0 && x0 < len(x[0]) {
							v := x[y0][x0][c]
							if zero != nil {
								v -= zero[c]
							}
							for n := range acc {
								acc[n] += v * int64(w.Codes[k*w.Columns+n])
							}
						}
						k++
					}
				}
			}
			row = append(row, acc)
		}
		p.acc[l.Name] = append(p.acc[l.Name], row)
	}
}

func (p *plain) round(l Layer, w *LayerWeights, last bool) {
	p.scale[l.Name] = w.OutScale
	for y, row := range p.acc[l.Name] {
		var vs [][]*big.Int
		var qs [][]int64
		for x, pixel := range row {
			var v []*big.Int
			var q []int64
			for n, acc := range pixel {
				value := new(big.Int).Mul(big.NewInt(acc), big.NewInt(w.Affine.M[n]))
				value.Add(value, big.NewInt(w.Affine.B[n]))
				if shortcut, residual := p.v[l.Add]; residual {
					value.Add(value, shortcut[y][x][n])
				} else if l.Add != "" {
					code := p.codes[l.Add][y][x][n]
					if p.zero[l.Add] != nil {
						code -= p.zero[l.Add][n]
					}
					shift := w.Affine.F + p.scale[l.Add] - w.OutScale
					value.Add(value, new(big.Int).Lsh(big.NewInt(code), uint(shift)))
				}
				v = append(v, value)
				q = append(q, bruteRound(value, w.Affine.F, l.ReLU).Int64())
			}
			vs, qs = append(vs, v), append(qs, q)
		}
		if l.Residual || last {
			p.v[l.Name] = append(p.v[l.Name], vs)
		} else {
			p.codes[l.Name] = append(p.codes[l.Name], qs)
		}
	}
}

func (p *plain) pool(l Layer, from string) {
	x := p.codes[from]
	p.scale[l.Name], p.zero[l.Name] = p.scale[from], p.zero[from]
	height, width, stride := l.Kernel, l.Kernel, l.Stride
	if l.Kind == GlobalPool {
		height, width, stride = len(x), len(x[0]), 1
	}
	for top := -l.Padding; top+height <= len(x)+l.Padding; top += stride {
		var row [][]int64
		for left := -l.Padding; left+width <= len(x[0])+l.Padding; left += stride {
			var out []int64
			for c := range x[0][0] {
				sum, largest := int64(0), int64(-1000)
				for y := max(top, 0); y < min(top+height, len(x)); y++ {
					for _, pixel := range x[y][max(left, 0):min(left+width, len(x[0]))] {
						sum += pixel[c]
						largest = max(largest, pixel[c])
					}
				}
				if l.Kind != MaxPool {
					// Half to even of sum/area, both made positive.
					area := int64(height * width)
					shifted := sum + 1000*area
					largest = (2*shifted + area) / (2 * area)
					if (2*shifted+area)%(2*area) == 0 && largest%2 != 0 {
						largest--
					}
					largest -= 1000
				}
				out = append(out, largest)
			}
			row = append(row, out)
		}
		p.codes[l.Name] = append(p.codes[l.Name], row)
	}
}

// randomNetwork has a few layers of every kind, in any order.
func randomNetwork(r *rand.Rand) *Network {
	n := &Network{Name: "random", Input: Shape{1 + r.IntN(9), 1 + r.IntN(9), 1 + r.IntN(3)}}
	current := ImageInput
	add := func(layers ...Layer) {
		// A layer that does not fit is left out. A linear one stands for the end.
		trial := *n
		trial.Layers = append(slices.Clone(n.Layers), layers...)
		trial.Layers = append(trial.Layers, Layer{Name: "end", Kind: Linear, Outputs: 1})
		if trial.Check() == nil {
			n.Layers = trial.Layers[:len(trial.Layers)-1]
			current = layers[len(layers)-1].Name
		}
	}
	channels := func() int {
		nodes, _ := n.resolve()
		if len(nodes) == 0 {
			return n.Input.Channels
		}
		return nodes[len(nodes)-1].Out.Channels
	}
	for i := range 3 + r.IntN(5) {
		name := fmt.Sprintf("l%d", i)
		relu, outputs, stride := r.IntN(2) == 0, 1+r.IntN(6), 1+r.IntN(3)
		switch r.IntN(6) {
		case 0:
			add(Layer{Name: name, Kind: Conv, Outputs: outputs, Kernel: 1 + r.IntN(4), Stride: stride, Padding: r.IntN(3), ReLU: relu})
		case 1:
			size := 1 + r.IntN(3)
			add(Layer{Name: name, Kind: MaxPool, Kernel: size, Stride: stride, Padding: r.IntN(size/2 + 1)})
		case 2:
			add(Layer{Name: name, Kind: AvgPool, Kernel: 1 + r.IntN(3), Stride: stride})
		case 3: // a residual of codes
			add(Layer{Name: name, Kind: Conv, Outputs: channels(), Kernel: 3, Stride: 1, Padding: 1, ReLU: relu, Add: current})
		case 4: // a residual with an affine of its own
			add(Layer{Name: name + "s", Kind: Conv, Input: current, Outputs: outputs, Kernel: 1, Stride: stride, Residual: true},
				Layer{Name: name, Kind: Conv, Input: current, Outputs: outputs, Kernel: 3, Stride: stride, Padding: 1, ReLU: relu, Add: name + "s"})
		case 5:
			if r.IntN(3) == 0 {
				add(Layer{Name: name, Kind: GlobalPool})
			} else if r.IntN(2) == 0 {
				add(Layer{Name: name, Kind: Linear, Outputs: outputs, ReLU: relu})
			}
		}
	}
	n.Layers = append(n.Layers, Layer{Name: "end", Kind: Linear, Outputs: 1 + r.IntN(5)})
	return n
}

// randomWeights is a model of a network whose codes use their range.
func randomWeights(r *rand.Rand, n *Network) *Model {
	m := &Model{Network: n, WeightBits: 8, Input: InputCodes{Scale: 2}}
	for range n.Input.Channels {
		m.Input.Zero = append(m.Input.Zero, int32(r.IntN(256)))
	}
	for _, s := range n.Matrices() {
		l := LayerWeights{Rows: s.Rows, Columns: s.Columns, Bias: make([]int16, s.Columns), OutScale: r.IntN(4), Affine: Affine{F: 20}}
		for range s.Rows * s.Columns {
			l.Codes = append(l.Codes, int16(r.IntN(511)-255))
		}
		for range s.Columns {
			l.Affine.M = append(l.Affine.M, int64(r.IntN(2<<20/(100*s.Rows)+2)))
			l.Affine.B = append(l.Affine.B, int64(r.IntN(1<<28)-1<<27))
		}
		m.Layers = append(m.Layers, l)
	}
	return m
}

// planar brings a plain layer into the order of seen.
func planar[T any](values [][][]T, number func(T) int64) []int64 {
	var all []int64
	for c := range values[0][0] {
		for _, row := range values {
			for _, pixel := range row {
				all = append(all, number(pixel[c]))
			}
		}
	}
	return all
}

func same(v int64) int64 { return v }

// comparePlain holds what an executor computed of image i against the plain
// network, which has just run it: every accumulator, code and output.
func comparePlain(t *testing.T, p *plain, s seen, i int) {
	t.Helper()
	n := p.m.Network
	for name, sums := range s.sums {
		if want := planar(p.acc[name], same); !slices.Equal(sums[i], want) {
			t.Fatalf("%v: accumulators of %s, image %d: %v, want %v", n, name, i, sums[i], want)
		}
	}
	for name, codes := range s.codes {
		if want := planar(p.codes[name], same); !slices.Equal(codes[i], want) {
			t.Fatalf("%v: codes of %s, image %d: %v, want %v", n, name, i, codes[i], want)
		}
	}
	last := n.Layers[len(n.Layers)-1].Name
	if want := planar(p.v[last], (*big.Int).Int64); !slices.Equal(s.logits[i], want) {
		t.Fatalf("%v: outputs of image %d: %v, want %v", n, i, s.logits[i], want)
	}
}

func TestExecutorEqualsPlainNetwork(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	kinds := map[string]int{}
	for range 150 {
		n := randomNetwork(r)
		m := randomWeights(r, n)
		if err := m.Check(m.Affines(), 0); err != nil {
			t.Fatal(err)
		}
		images := randomImages(r, n.Input, 1+r.IntN(12))
		batch := 1 + r.IntN(images.Len()+2)
		slow, fast := look(m, m.Exact(), images, batch), look(m, m.Pack().Product(), images, batch)
		p := plain{m: m}
		for i := range images.Len() {
			p.run(images.Image(i))
			for _, s := range []seen{slow, fast} {
				comparePlain(t, &p, s, i)
			}
		}
		for _, l := range n.Layers {
			kinds[string(l.Kind)]++
			switch {
			case l.Residual:
				kinds["residual by affine"]++
			case l.Add != "":
				kinds["addition"]++
			}
		}
	}
	for _, k := range []string{"conv", "linear", "maxpool", "avgpool", "globalpool", "residual by affine", "addition"} {
		if kinds[k] < 20 {
			t.Errorf("%d layers of %s were tried, want at least 20", kinds[k], k)
		}
	}
}
