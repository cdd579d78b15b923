package workloads

import "bitline/internal/gemm"

// Affines are the layers' digital output stages.
func (m *Model) Affines() []Affine {
	affines := make([]Affine, len(m.Layers))
	for i, l := range m.Layers {
		affines[i] = l.Affine
	}
	return affines
}

// nodes are the layers of a network that checks out.
func (m *Model) nodes() []Node {
	nodes, err := m.Network.computed()
	if err != nil {
		panic("workloads: " + err.Error())
	}
	return nodes
}

// source is the node of a matrix, and of the layer that it takes: nil where that
// is still the image's codes.
func (m *Model) source(layer int) (l, from *Node) {
	nodes := m.nodes()
	for i := range nodes {
		if nodes[i].Matrix == layer {
			l = &nodes[i]
		}
	}
	if l.Takes[0] == FromImage || nodes[l.Takes[0]].raw {
		return l, nil
	}
	from = &nodes[l.Takes[0]]
	for !from.Kind.Matrix() { // pools keep range and scale
		from = &nodes[from.Takes[0]]
	}
	return l, from
}

// Zero is the zero point of every row of a matrix's input, nil where all are 0.
func (m *Model) Zero(layer int) []int32 {
	l, from := m.source(layer)
	if from != nil {
		return nil
	}
	zero := make([]int32, l.rows())
	for k := range zero {
		zero[k] = m.Input.Zero[k%len(m.Input.Zero)]
	}
	return zero
}

// InputRange is the smallest and largest raw input code of a matrix.
func (m *Model) InputRange(layer int) (low, high int32) {
	high = MaxCode(ActivationBits)
	if _, from := m.source(layer); from != nil && !from.ReLU {
		return -high, high
	}
	return 0, high
}

// scaleOf is the exponent S of a layer's output codes, or of the image's.
func (m *Model) scaleOf(nodes []Node, layer int) int {
	for layer >= 0 && !nodes[layer].Kind.Matrix() {
		layer = nodes[layer].Takes[0]
	}
	if layer < 0 {
		return m.Input.Scale
	}
	return m.Layers[nodes[layer].Matrix].OutScale
}

// residualShift is S_s − S_y: the codes that l adds count 2^(F+S_s−S_y).
func (m *Model) residualShift(nodes []Node, l *Node) int {
	return m.scaleOf(nodes, l.Adds) - m.Layers[l.Matrix].OutScale
}

// Exact is the plain integer product: no slices, no converters. The function it
// returns is safe for concurrent use.
func (m *Model) Exact() MatMul {
	zeros := make([][]int64, len(m.Layers))
	for i := range m.Layers {
		zeros[i] = m.zeroSums(i)
	}
	return func(layer int, y []int64, x []int16, positions int) {
		l := &m.Layers[layer]
		for n := range l.Columns {
			column := y[n*TilePositions:][:positions]
			for p := range column {
				column[p] = -zeros[layer][n]
			}
			for k := range l.Rows {
				c := int64(l.Codes[k*l.Columns+n])
				if c == 0 {
					continue
				}
				for p, q := range x[k*TilePositions:][:len(column)] {
					column[p] += c * int64(q)
				}
			}
		}
	}
}

// zeroSums is Σ_k zero[k]·code[k][n] of every column.
func (m *Model) zeroSums(layer int) []int64 {
	l := &m.Layers[layer]
	sums := make([]int64, l.Columns)
	for k, z := range m.Zero(layer) {
		for n, c := range l.Codes[k*l.Columns : (k+1)*l.Columns] {
			sums[n] += int64(z) * int64(c)
		}
	}
	return sums
}

// Packed is a model's matrices laid out for the fast integer kernels. It is safe
// for concurrent use.
type Packed struct {
	matrices []*gemm.PackedInt
	zeros    [][]int64
}

// Pack lays the matrices out.
func (m *Model) Pack() *Packed {
	p := &Packed{}
	for i, l := range m.Layers {
		p.matrices = append(p.matrices, gemm.PackInt(l.Codes, l.Rows, l.Columns))
		p.zeros = append(p.zeros, m.zeroSums(i))
	}
	return p
}

// Product is the integer product that Exact is. The function it returns owns
// scratch memory: one goroutine at a time.
func (p *Packed) Product() MatMul {
	var scratch gemm.IntScratch
	return func(layer int, y []int64, x []int16, positions int) {
		p.matrices[layer].Mul(y, x, &scratch)
		for n, zero := range p.zeros[layer] {
			if zero == 0 {
				continue
			}
			for i := range y[n*TilePositions:][:positions] {
				y[n*TilePositions+i] -= zero
			}
		}
	}
}
