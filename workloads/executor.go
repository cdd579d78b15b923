package workloads

import "fmt"

// TilePositions is the number of output positions that one call of a matrix
// product computes. Within a batch the positions of a layer are numbered
// (row, column, image), the image fastest, and a tile is so many consecutive
// ones.
const TilePositions = 512

// MatMul sets y[n·512+p] to the accumulator Σ_k code[k][n]·(x[k·512+p] − zero[k])
// for every position p below positions, in units of 2^-frac for whatever frac
// the implementation states. x holds raw input codes, 0 behind the positions;
// what y then holds there is not looked at. layer counts the network's matrices.
type MatMul func(layer int, y []int64, x []int16, positions int)

// Executor computes a network in integers, many images at once, through
// whichever matrix product it is given. It owns scratch memory: one goroutine at
// a time.
type Executor struct {
	// OnSums, if not nil, sees the accumulators of every tile, OnCodes the output
	// codes of every layer that has any. What they are given is valid until they
	// return and may not be changed.
	OnSums  func(Sums)
	OnCodes func(Codes)

	model   *Model
	nodes   []Node
	last    []int // the layer that takes or adds a layer's output last, after the image's
	affines []Affine
	mul     MatMul
	frac    int
	wide    bool // outputs need 128 bits before they are rounded
	batch   int
	zeros   []int16 // of the image's channels
	lower   lowering
	inputs  []int16
	sums    []int64
	scratch [TilePositions]int64 // one column's addends
	memory  memory
	state   Batch
}

// Options say how a model is computed.
type Options struct {
	// Fraction is the number of fraction bits of the product's accumulators.
	Fraction int
	// Affines replaces the layers' digital output stages where it is not nil.
	Affines []Affine
	// Batch is the largest number of images computed at once, at most
	// TilePositions; 0 chooses one that fills tiles.
	Batch int
}

// Sums are the accumulators of one tile of a layer, in units of 2^-Fraction.
type Sums struct {
	Layer     string
	Matrix    int // the layer's number among the matrices
	Images    int // of the batch
	First     int // number of the tile's first position
	Positions int // how many are valid
	Values    []int64
}

// Column is the accumulators of output n at the tile's positions.
func (s Sums) Column(n int) []int64 { return s.Values[n*TilePositions:][:s.Positions] }

// Codes are a layer's output codes: channel, row, column, image, the last
// fastest.
type Codes struct {
	Layer  string
	Shape  Shape
	Images int
	Values []int16
}

// NewExecutor prepares runs of a model. It panics if the network does not check
// out or the batch is beyond its range.
func (m *Model) NewExecutor(mul MatMul, o Options) *Executor {
	e := &Executor{model: m, nodes: m.nodes(), mul: mul, frac: o.Fraction, wide: o.Fraction > 0, affines: o.Affines, batch: o.Batch}
	if o.Affines == nil {
		e.affines = m.Affines()
	}
	if e.batch == 0 {
		e.batch = m.BatchFor(TilePositions, 1)
	}
	if e.batch < 1 || e.batch > TilePositions {
		panic(fmt.Sprintf("workloads: an executor's batch is %d, want 1 to %d", e.batch, TilePositions))
	}
	for _, z := range m.Input.Zero {
		e.zeros = append(e.zeros, int16(z))
	}
	rows, columns := 0, 0
	for _, l := range e.nodes {
		if l.Kind.Matrix() {
			rows, columns = max(rows, l.rows()), max(columns, l.Outputs)
		}
	}
	e.inputs, e.sums = make([]int16, rows*TilePositions), make([]int64, columns*TilePositions)
	e.last = lastUses(e.nodes)
	return e
}

// lastUses finds, for the image and every layer, the layer that needs it last.
// What a residual layer takes is needed until it is added, so that the two may be
// computed together.
func lastUses(nodes []Node) []int {
	last := make([]int, len(nodes)+1)
	for i, l := range nodes {
		last[l.Takes[0]+1] = i
		if l.Adds == NoLayer {
			continue
		}
		last[l.Adds+1] = i
		if l.Adds >= 0 && nodes[l.Adds].Residual {
			last[nodes[l.Adds].Takes[0]+1] = i
		}
	}
	return last
}

// Batch is the largest number of images that Run computes at once.
func (e *Executor) Batch() int { return e.batch }

// Steps is the number of layers, pools included.
func (e *Executor) Steps() int { return len(e.nodes) }

// Matrix is the number of a layer among the matrices; ok is false for a pool.
func (e *Executor) Matrix(layer int) (matrix int, ok bool) {
	return e.nodes[layer].Matrix, e.nodes[layer].Kind.Matrix()
}

// Run computes at most Batch images and returns, for each, the last layer's
// outputs before rounding, in units of 2^-F. It panics if the product has
// fraction bits, which outputs of 64 bits cannot hold.
func (e *Executor) Run(images Images) [][]int64 { return e.Outputs(e.run(images)) }

// Classify computes at most Batch images and returns the class of each: the index
// of the last layer's largest output before rounding, the lowest on a tie.
func (e *Executor) Classify(images Images) []int {
	return e.Classes(e.run(images))
}

// Classes are the classes of a finished batch's images.
func (e *Executor) Classes(b *Batch) []int {
	if e.wide {
		return e.wideClasses(b)
	}
	classes := make([]int, b.images)
	for i, v := range e.Outputs(b) {
		classes[i] = Class(v)
	}
	return classes
}

func (e *Executor) run(images Images) *Batch {
	b := &e.state
	e.begin(b, images)
	for layer := range e.nodes {
		e.Step(b, layer)
	}
	return b
}

// Begin starts a batch of at most Batch images, which are not yet computed. It
// panics if there are more, or if they are of another shape.
func (e *Executor) Begin(images Images) *Batch {
	b := &Batch{}
	e.begin(b, images)
	return b
}

func (e *Executor) begin(b *Batch, images Images) {
	if images.Len() > e.batch || images.Shape != e.model.Network.Input {
		panic(fmt.Sprintf("workloads: %d images of %s, want at most %d of %s", images.Len(), images.Shape, e.batch, e.model.Network.Input))
	}
	e.Release(b)
	*b = newBatch(images.Len(), len(e.nodes))
	b.codes[0] = e.memory.codes.take(images.Shape.Size() * b.images)
	turn(b.codes[0], images)
}

// turn moves image bytes (image, row, column, channel) to codes (channel, row,
// column, image).
func turn[T int16 | float32](codes []T, images Images) {
	channels, n := images.Shape.Channels, images.Len()
	plane := images.Shape.Height * images.Shape.Width * n
	for i := range n {
		image := images.Image(i)
		for c := range channels {
			to := codes[c*plane:][:plane]
			for from, at := c, i; from < len(image); from, at = from+channels, at+n {
				to[at] = T(image[from])
			}
		}
	}
}

// Step computes one layer of a batch; layers are computed in order.
func (e *Executor) Step(b *Batch, layer int) {
	l := &e.nodes[layer]
	if l.Kind.Matrix() {
		e.StepAll(layer, []Stage{{b, e.affines[l.Matrix]}})
		return
	}
	e.makeRoom(b, l)
	pool(l, b.codes[layer+1], b.codes[l.Takes[0]+1], b.images)
	e.finished(b, l)
}

// Stage is a batch and the output stage by which a layer of it is computed.
type Stage struct {
	Batch  *Batch
	Affine Affine
}

// StepAll computes a layer with a matrix of batches that share its inputs, such as
// branches of one: its product once, and of each batch the output by a stage of
// its own.
func (e *Executor) StepAll(layer int, to []Stage) {
	l, from := &e.nodes[layer], to[0].Batch
	for _, s := range to {
		e.makeRoom(s.Batch, l)
	}
	for first := 0; first < l.positions()*from.images; first += TilePositions {
		sums := e.Tile(from, layer, first)
		if e.OnSums != nil {
			e.OnSums(sums)
		}
		for _, s := range to {
			if e.wide {
				e.finishWide(s, l, sums)
			} else {
				e.finish(s, l, sums)
			}
		}
	}
	for _, s := range to {
		e.finished(s.Batch, l)
	}
}

// makeRoom makes the memory of a layer's outputs.
func (e *Executor) makeRoom(b *Batch, l *Node) {
	size := l.Out.Size() * b.images
	switch {
	case !l.Residual && l.Number < len(e.nodes)-1:
		b.codes[l.Number+1] = e.memory.codes.take(size)
	case e.wide:
		b.wide[l.Number] = e.memory.wide.take(size)
	default:
		b.sums[l.Number] = e.memory.sums.take(size)
	}
}

// finished lets go of what no layer behind needs.
func (e *Executor) finished(b *Batch, l *Node) {
	if e.OnCodes != nil && b.codes[l.Number+1] != nil {
		e.OnCodes(Codes{Layer: l.Name, Shape: l.Out, Images: b.images, Values: b.codes[l.Number+1]})
	}
	b.next = max(b.next, l.Number+1)
	for i := range l.Number + 1 {
		if e.last[i] <= l.Number {
			e.drop(b, i)
		}
	}
}

// Tile computes the accumulators of one tile of a layer whose inputs are there,
// and nothing else. They are valid until the next tile.
func (e *Executor) Tile(b *Batch, layer, first int) Sums {
	l := &e.nodes[layer]
	count := min(TilePositions, l.positions()*b.images-first)
	x, y := e.inputs[:l.rows()*TilePositions], e.sums[:l.Outputs*TilePositions]
	var zeros []int16
	if l.Takes[0] == FromImage || e.nodes[l.Takes[0]].raw {
		zeros = e.zeros
	}
	e.lower.tile(l, b.images, first, count)
	gather(&e.lower, l.allTaps(), x, planes[int16]{b.codes[l.Takes[0]+1], zeros})
	e.mul(l.Matrix, y, x, count)
	return Sums{Layer: l.Name, Matrix: l.Matrix, Images: b.images, First: first, Positions: count, Values: y}
}

// Outputs are a finished batch's outputs before rounding, image by image.
func (e *Executor) Outputs(b *Batch) [][]int64 {
	if e.wide {
		panic("workloads: outputs of a product with fraction bits do not fit 64 bits")
	}
	l := &e.nodes[len(e.nodes)-1]
	sums := b.sums[l.Number]
	outputs := make([][]int64, b.images)
	values := make([]int64, len(sums))
	for i := range outputs {
		outputs[i] = values[i*l.Outputs : (i+1)*l.Outputs : (i+1)*l.Outputs]
		for n := range outputs[i] {
			outputs[i][n] = sums[n*b.images+i]
		}
	}
	return outputs
}

// Class is the index of the largest output, the lowest on a tie.
func Class(v []int64) int {
	best := 0
	for n, x := range v {
		if x > v[best] {
			best = n
		}
	}
	return best
}
