package train

import (
	"errors"
	"fmt"
	"math"

	"bitline/internal/gemm"
	"bitline/workloads"
)

// graph is a network of convolutions, linear layers, pools and residual additions
// in training. Every tensor that enters a matrix is quantized: weights and biases
// at the scale of their largest, outputs at that of the largest output of late.
// The classes' outputs, which enter none, are not.
type graph struct {
	cfg    Config
	net    *workloads.Network
	data   *workloads.Dataset
	pixels pixelTable
	input  tensor
	units  []*unit
	views  []view

	logits, gradient []float32
	free             [][]float32 // memory of gradients that no unit needs
	// exact turns all quantizers off.
	exact bool
}

// checkTrainable says what of a network training does not know.
func checkTrainable(net *workloads.Network) error {
	if err := net.CheckValues(); err != nil {
		return err
	}
	steps, err := net.Graph()
	if err != nil {
		return err
	}
	var faults []error
	if last := steps[len(steps)-1]; last.ReLU {
		faults = append(faults, fmt.Errorf("layer %q is the last and has relu = true, want false: classes are told apart before a rectifier", last.Name))
	}
	for _, s := range steps {
		switch {
		case !s.Kind.Matrix() && s.Takes[0] == workloads.FromImage:
			faults = append(faults, fmt.Errorf("layer %q is a pool of the image, want pools of layers", s.Name))
		case s.Adds == workloads.FromImage:
			faults = append(faults, fmt.Errorf("layer %q adds the image, want a layer", s.Name))
		case s.Adds >= 0 && !steps[s.Adds].Kind.Matrix():
			faults = append(faults, fmt.Errorf("layer %q adds the pool %q, want a conv or linear layer", s.Name, s.Add))
		}
	}
	return errors.Join(faults...)
}

// newGraph makes a graph whose weights are all zero. The network can be trained.
func newGraph(cfg Config, net *workloads.Network, data *workloads.Dataset) *graph {
	steps, err := net.Graph()
	if err != nil {
		panic("train: " + err.Error())
	}
	g := &graph{
		cfg: cfg, net: net, data: data, pixels: newPixelTable(data.Input),
		input: newTensor(net.Input, net.Input.Channels, cfg.Batch),
		views: make([]view, cfg.Batch), logits: make([]float32, cfg.Batch*net.Classes()), gradient: make([]float32, cfg.Batch*net.Classes()),
	}
	for i, s := range steps {
		u := newUnit(s, g.source(s.Takes[0]), &cfg)
		u.raw = s.Residual || i == len(steps)-1
		g.units = append(g.units, u)
	}
	return g
}

// source is the output of a layer, or the image.
func (g *graph) source(layer int) *tensor {
	if layer == workloads.FromImage {
		return &g.input
	}
	return &g.units[layer].y
}

func (g *graph) params() []*param {
	var all []*param
	for _, u := range g.units {
		all = append(all, u.params()...)
	}
	return all
}

func (g *graph) memory() [][]float32 {
	var all [][]float32
	for _, u := range g.units {
		all = append(all, u.memory()...)
	}
	return all
}

// setRows says how many images the batch has.
func (g *graph) setRows(n int) {
	g.input.rows = n
	for _, u := range g.units {
		u.y.rows, u.z.rows = n, n
	}
}

func (g *graph) forward(images []int32, at Position) (logits, gradient []float32, err error) {
	g.setRows(len(images))
	views := g.views[:len(images)]
	g.cfg.Augment.views(views, g.data.Train.Shape, stepRandom(augmentStream, g.cfg.Seed, at))
	each(g.cfg.Workers, len(images), func(_, i int) {
		g.pixels.place(g.input, i, g.data.Train.Image(int(images[i])), views[i])
	})
	random := stepRandom(dropoutStream, g.cfg.Seed, at)
	for _, u := range g.units {
		if err := g.train(u); err != nil {
			return nil, nil, err
		}
		if u.dropout > 0 {
			u.drop(random)
		}
	}
	classes := g.net.Classes()
	g.copyLogits()
	return g.logits[:len(images)*classes], g.gradient[:len(images)*classes], nil
}

func (g *graph) copyLogits() {
	last, classes := &g.units[len(g.units)-1].y, g.net.Classes()
	for i := range last.rows {
		copy(g.logits[i*classes:][:classes], last.data[i*last.pitch:])
	}
}

// train computes one unit on a batch.
func (g *graph) train(u *unit) error {
	x := g.source(u.Takes[0])
	if u.weight == nil {
		u.scale = g.units[u.Takes[0]].scale
		u.pool(x, g.exact, g.cfg.Workers)
		return nil
	}
	u.product(x, g.exact)
	if u.norm != nil {
		u.batchLine(g.cfg.Workers)
	} else {
		u.biasLine(g.exact)
	}
	var add []float32
	if u.Adds >= 0 {
		add = g.units[u.Adds].y.values()
	}
	rounded := !u.raw && !g.exact
	if rounded {
		if u.recent[0] == 0 { // no batch has been yet
			u.recent[0] = math.Float32frombits(u.measure(add, g.cfg.Workers))
		}
		u.scale = workloads.Exponent(float64(u.recent[0]))
	}
	top := u.finish(add, rounded, g.cfg.Workers)
	if top >= infinity {
		return fmt.Errorf("layer %s: outputs reach %g, want finite ones", u.Name, math.Float32frombits(top))
	}
	u.remember(top)
	return nil
}

func (g *graph) backward(n int) {
	g.seed(n)
	for i := len(g.units) - 1; i >= 0; i-- {
		g.unitBackward(g.units[i])
	}
}

// seed hands the gradient by the logits to the last unit.
func (g *graph) seed(n int) {
	last := g.units[len(g.units)-1]
	last.gradient = g.take(last.y.plane(last.y.positions()))
	clear(last.gradient)
	classes := g.net.Classes()
	for i := range n {
		copy(last.gradient[i*last.y.pitch:][:classes], g.gradient[i*classes:])
	}
}

// unitBackward sets the gradients of a unit's parameters and hands the gradient
// on.
func (g *graph) unitBackward(u *unit) {
	x := g.source(u.Takes[0])
	if u.weight == nil {
		dx := g.gradientOf(u.Takes[0], true)
		u.poolGradient(&dx, x, g.cfg.Workers)
		g.give(&u.gradient)
		return
	}
	if u.dropout > 0 {
		u.dropGradient()
	}
	dz := u.z
	var lent []float32
	if u.norm != nil {
		lent = g.take(u.z.plane(u.z.positions()))
		u.normGradient(lent, g.cfg.Workers)
		dz.data = lent
	} else {
		u.biasGradient(g.cfg.Workers)
		dz.data = u.gradient
	}
	u.kernel.weightGradient(u.weight.gradient, &dz, x)
	if u.Takes[0] != workloads.FromImage {
		add := g.units[u.Takes[0]].gradient != nil
		dx := g.gradientOf(u.Takes[0], false)
		u.kernel.inputGradient(&dx, &dz, add)
	}
	if lent != nil {
		g.give(&lent)
	}
	if u.Adds >= 0 {
		g.handOn(u, g.units[u.Adds])
		return
	}
	g.give(&u.gradient)
}

// handOn gives a unit's gradient to the one whose output it adds.
func (g *graph) handOn(u, to *unit) {
	if to.gradient == nil {
		to.gradient, u.gradient = u.gradient, nil
		return
	}
	each(g.cfg.Workers, u.y.chunks(), func(_, task int) {
		lo, hi := u.y.bounds(task)
		gemm.AddTo(to.gradient[lo:hi], u.gradient[lo:hi])
	})
	g.give(&u.gradient)
}

// gradientOf is the gradient by a unit's output, with memory where it had none
// yet, which is cleared if that is wanted.
func (g *graph) gradientOf(layer int, cleared bool) tensor {
	u := g.units[layer]
	if u.gradient == nil {
		u.gradient = g.take(u.y.plane(u.y.positions()))
		if cleared {
			clear(u.gradient)
		}
	}
	t := u.y
	t.data = u.gradient
	return t
}

// take lends memory for so many values, from what is free if it is large enough.
func (g *graph) take(size int) []float32 {
	best := -1
	for i, f := range g.free {
		if cap(f) >= size && (best < 0 || cap(f) < cap(g.free[best])) {
			best = i
		}
	}
	if best < 0 {
		return make([]float32, size)
	}
	taken := g.free[best][:size]
	g.free[best] = g.free[len(g.free)-1]
	g.free = g.free[:len(g.free)-1]
	return taken
}

func (g *graph) give(memory *[]float32) {
	g.free = append(g.free, *memory)
	*memory = nil
}
