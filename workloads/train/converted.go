package train

import (
	"errors"
	"fmt"
	"math"
	"sync/atomic"

	"bitline/workloads"
)

// converted is a network in training through its crossbars and converters. The
// forward pass is the integer executor's with the products of the crossbars, so
// that its outputs are those of the exported model's replay; the backward pass is
// a graph's, on the values that the integers stand for.
type converted struct {
	cfg     Config
	through *Through
	graph   *graph
	start   *workloads.Model // its scales hold throughout
	layers  []*convertedLayer
	units   map[string]*unit
	affines []workloads.Affine // the present output stages, which all executors share
	parts   []*part
	images  workloads.Images // of the batch
	// steps counts the batches that running averages have seen.
	steps [1]float32
	// penalty is the excess of the last step, all layers, times its strength.
	penalty float64
}

// part computes some of a batch's images, as many at a time as its executor takes.
type part struct {
	number   int
	executor *workloads.Executor
	first    int // image of the batch that the executor's first one is
}

// averageShare is what the latest batch counts in running averages.
const averageShare = 1.0 / 16

func newConverted(cfg Config, net *workloads.Network, data *workloads.Dataset) *converted {
	c := &converted{
		cfg: cfg, through: cfg.Through, graph: newGraph(cfg, net, data), start: cfg.Through.Start,
		units: map[string]*unit{}, affines: cfg.Through.Start.Affines(),
		images: workloads.Images{Shape: net.Input, Pixels: make([]uint8, cfg.Batch*net.Input.Size()), Labels: make([]uint8, cfg.Batch)},
	}
	for _, u := range c.graph.units {
		c.units[u.Name] = u
		if u.weight != nil {
			c.layers = append(c.layers, newConvertedLayer(c, u))
		}
	}
	count := 1
	if c.graph.mostPositions() > 1 {
		count = min(cfg.Workers, cfg.Batch)
	}
	for i := range count {
		p := &part{number: i}
		p.executor = c.executor(p, min((cfg.Batch+count-1)/count, workloads.TilePositions))
		p.executor.OnCodes = func(codes workloads.Codes) { c.takeCodes(p, codes) }
		if cfg.Through.Affine == LearnedAffine {
			p.executor.OnSums = func(sums workloads.Sums) { c.takeSums(p, sums) }
		}
		c.parts = append(c.parts, p)
	}
	return c
}

// executor makes one whose products are those of the layers' runners of a part.
func (c *converted) executor(p *part, batch int) *workloads.Executor {
	mul := func(layer int, y []int64, x []int16, positions int) {
		c.layers[layer].multiply(p, y, x, positions)
	}
	return c.start.NewExecutor(mul, workloads.Options{Affines: c.affines, Batch: batch})
}

func (c *converted) params() []*param {
	var all []*param
	for _, l := range c.layers {
		all = append(all, l.unit.weight, l.offset)
		if l.factor != nil {
			all = append(all, l.factor)
		}
	}
	return all
}

func (c *converted) memory() [][]float32 {
	all := [][]float32{c.steps[:]}
	for _, l := range c.layers {
		all = append(all, l.clipped)
		if l.excess != nil {
			all = append(all, l.excess.rates.share)
		}
	}
	return all
}

// initialize does nothing: the start is there from the beginning.
func (c *converted) initialize(uint64) {}

// setStages rounds the output stages to integers. Two layers whose results are
// added have one F.
func (c *converted) setStages() error {
	done := make([]bool, len(c.layers))
	for i := len(c.layers) - 1; i >= 0; i-- { // what is added lies before
		if done[i] {
			continue
		}
		l := c.layers[i]
		m, b := l.line()
		other := -1
		if adds := l.unit.Adds; adds >= 0 && c.graph.units[adds].Residual {
			other = c.graph.units[adds].Matrix
			om, ob := c.layers[other].line()
			m, b = append(m, om...), append(b, ob...)
		}
		a, err := workloads.NewAffine(m, b)
		if err != nil {
			return fmt.Errorf("layer %s: %w", l.unit.Name, err)
		}
		n := l.unit.Outputs
		c.affines[i] = workloads.Affine{M: a.M[:n:n], B: a.B[:n:n], F: a.F}
		if other >= 0 {
			c.affines[other] = workloads.Affine{M: a.M[n:], B: a.B[n:], F: a.F}
			done[other] = true
		}
	}
	return c.start.Check(c.affines, 0)
}

// prepare quantizes the weights, programs them, through the chip's converters or
// through some that hold every sum, and rounds the output stages.
func (c *converted) prepare(clipping bool) error {
	if err := c.setStages(); err != nil {
		return err
	}
	type shardOf struct {
		layer *convertedLayer
		shard int
	}
	var tasks []shardOf
	for _, l := range c.layers {
		l.unit.weight.quantize()
		for s := range l.shards {
			tasks = append(tasks, shardOf{l, s})
		}
	}
	errs := make([]error, len(tasks))
	each(c.cfg.Workers, len(tasks), func(_, i int) { errs[i] = tasks[i].layer.program(tasks[i].shard, programming{len(c.parts), clipping}) })
	return errors.Join(errs...)
}

func (c *converted) forward(images []int32, at Position) (logits, gradient []float32, err error) {
	g, n := c.graph, len(images)
	g.setRows(n)
	views := g.views[:n]
	c.cfg.Augment.views(views, c.images.Shape, stepRandom(augmentStream, c.cfg.Seed, at))
	size := c.images.Shape.Size()
	each(c.cfg.Workers, n, func(_, i int) {
		to := c.images.Pixels[i*size:][:size]
		placeBytes(to, g.data.Train.Image(int(images[i])), c.images.Shape, c.start.Input.Zero, views[i])
		g.pixels.place(g.input, i, to, view{})
	})
	if err := c.prepare(c.through.Forward); err != nil {
		return nil, nil, err
	}
	each(len(c.parts), len(c.parts), func(_, i int) {
		p := c.parts[i]
		end := (i + 1) * n / len(c.parts)
		for p.first = i * n / len(c.parts); p.first < end; p.first += p.executor.Batch() {
			c.takeLogits(p, p.executor.Run(c.images.Slice(p.first, min(p.first+p.executor.Batch(), end))))
		}
	})
	c.average()
	classes := g.net.Classes()
	return g.logits[:n*classes], g.gradient[:n*classes], nil
}

// takeLogits moves the classes' outputs before rounding, of the images that a part
// has computed, to the logits.
func (c *converted) takeLogits(p *part, outputs [][]int64) {
	last := c.layers[len(c.layers)-1]
	exponent := c.start.Layers[last.unit.Matrix].OutScale - workloads.ActivationBits - c.affines[last.unit.Matrix].F
	classes := c.graph.net.Classes()
	for i, values := range outputs {
		to := c.graph.logits[(p.first+i)*classes:][:classes]
		for n, v := range values {
			to[n] = float32(math.Ldexp(float64(v), exponent))
		}
	}
}

// takeCodes moves a layer's codes of the images that a part computes to its unit's
// values.
func (c *converted) takeCodes(p *part, codes workloads.Codes) {
	u, n := c.units[codes.Layer], codes.Images
	y := &u.y
	step := float32(math.Ldexp(1, c.outScale(u)-workloads.ActivationBits))
	for position := range y.positions() {
		plane := y.data[y.plane(position)+p.first*y.pitch:]
		for ch := range u.Out.Channels {
			at := ch
			for _, v := range codes.Values[(ch*y.positions()+position)*n:][:n] {
				plane[at] = float32(v) * step
				at += y.pitch
			}
		}
	}
}

// outScale is S of a unit's output codes: that of the layer itself, or of what a
// pool pools.
func (c *converted) outScale(u *unit) int {
	for u.weight == nil {
		u = c.graph.units[u.Takes[0]]
	}
	return c.start.Layers[u.Matrix].OutScale
}

// inScale is S of what a unit takes.
func (c *converted) inScale(u *unit) int {
	if u.Takes[0] == workloads.FromImage {
		return c.start.Input.Scale
	}
	return c.outScale(c.graph.units[u.Takes[0]])
}

// takeSums moves the accumulators of one tile to what the output stage takes.
func (c *converted) takeSums(p *part, sums workloads.Sums) {
	l := c.layers[sums.Matrix]
	z := &l.unit.z
	for n := range l.unit.Outputs {
		position, image := sums.First/sums.Images, sums.First%sums.Images
		for _, acc := range sums.Column(n) {
			z.data[z.plane(position)+(p.first+image)*z.pitch+n] = float32(float64(acc) * l.step)
			if image++; image == sums.Images {
				position, image = position+1, 0
			}
		}
	}
}

// average takes what a batch has shown into the running averages.
func (c *converted) average() {
	c.steps[0]++
	share := max(averageShare, 1/float64(c.steps[0]))
	for _, l := range c.layers {
		l.averageClips(share)
		if l.excess != nil {
			l.excess.rates.observe(l.inputs(c), share)
		}
	}
}

func (c *converted) backward(n int) {
	g := c.graph
	g.seed(n)
	c.penalty = 0
	for i := len(g.units) - 1; i >= 0; i-- {
		if u := g.units[i]; u.weight == nil {
			g.unitBackward(u)
		} else {
			c.layerBackward(c.layers[u.Matrix])
		}
	}
}

// layerBackward sets the gradients of a layer's parameters and hands the gradient
// on.
func (c *converted) layerBackward(l *convertedLayer) {
	g, u := c.graph, l.unit
	x := g.source(u.Takes[0])
	l.stageGradient(c.cfg.Workers)
	dz := u.y
	dz.data = g.take(u.y.plane(u.y.positions()))
	l.blend(dz.data, c.cfg.Workers)
	l.weightGradient(c, &dz, x)
	if u.Takes[0] != workloads.FromImage {
		add := g.units[u.Takes[0]].gradient != nil
		dx := g.gradientOf(u.Takes[0], false)
		u.kernel.inputGradient(&dx, &dz, add)
	}
	g.give(&dz.data)
	if u.Adds >= 0 {
		g.handOn(u, g.units[u.Adds])
		return
	}
	g.give(&u.gradient)
}

// accuracy is that of the present weights through the converters.
func (c *converted) accuracy(images workloads.Images) (float64, error) {
	if err := c.prepare(true); err != nil {
		return 0, err
	}
	batch := c.start.BatchFor(images.Len(), len(c.parts))
	executors := make([]*workloads.Executor, len(c.parts))
	var right atomic.Int64
	each(len(c.parts), (images.Len()+batch-1)/batch, func(worker, task int) {
		if executors[worker] == nil {
			executors[worker] = c.executor(c.parts[worker], batch)
		}
		some := images.Slice(task*batch, min((task+1)*batch, images.Len()))
		for i, class := range executors[worker].Classify(some) {
			if class == int(some.Labels[i]) {
				right.Add(1)
			}
		}
	})
	return float64(right.Load()) / float64(images.Len()), nil
}

// model is the network with the present weights and output stages as integers.
func (c *converted) model(origin workloads.Origin) (*workloads.Model, error) {
	if err := c.setStages(); err != nil {
		return nil, err
	}
	m := *c.start
	m.Origin = origin
	m.Origin.Calibration = c.start.Origin.Calibration // whose scales these are
	m.Layers = nil
	for i, l := range c.layers {
		l.unit.weight.quantize()
		w := c.start.Layers[i]
		w.Codes, w.Scale, w.Affine = l.unit.weight.codes(), l.unit.weight.scale, c.affines[i]
		// The offsets are in the affine, as those of batch normalisations are.
		w.Bias, w.BiasScale = make([]int16, w.Columns), 0
		m.Layers = append(m.Layers, w)
	}
	return &m, nil
}
