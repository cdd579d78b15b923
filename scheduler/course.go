package scheduler

import (
	"context"
	"slices"
	"sync/atomic"

	"bitline/workloads"
)

// course is images on their way through a network, all of them layer by layer,
// through converters and, where output stages are refitted on the way, without.
// It can begin again at a layer behind which something has changed.
type course struct {
	model   *workloads.Model
	crew    *crew
	ways    map[*worker]ways // plain is nil where nothing is refitted
	images  workloads.Images
	size    int     // images of a batch
	orders  [][]int // for each layer, what is computed through converters when it is reached
	batches []batch // where the images are
	affines []workloads.Affine
	lines   []lines // of each matrix that was refitted
	// kept says before which layers batches are kept, kept[layer] what they were.
	keeps []bool
	kept  [][]batch
}

// batch is some images on both ways, or without the plain one.
type batch struct{ replay, plain *workloads.Batch }

func (b batch) branch() batch {
	c := batch{replay: b.replay.Branch()}
	if b.plain != nil {
		c.plain = b.plain.Branch()
	}
	return c
}

// newCourse begins with the model's own output stages.
func (r *Replayer) newCourse(c *crew, images workloads.Images, refit bool) *course {
	net := r.model.Network
	f := &course{
		model: r.model, crew: c, ways: map[*worker]ways{}, images: images,
		size:    r.model.BatchFor(images.Len(), len(c.workers)),
		affines: r.model.Affines(), lines: make([]lines, len(r.layers)),
		keeps: make([]bool, len(net.Layers)), kept: make([][]batch, len(net.Layers)),
	}
	for i := range net.Layers {
		f.orders = append(f.orders, order(net, i))
	}
	var first ways
	for _, w := range c.workers {
		first = ways{replay: r.model.NewExecutor(w.mul, workloads.Options{Fraction: c.fraction(), Batch: f.size})}
		if refit {
			first.plain = r.model.NewExecutor(r.packed().Product(), workloads.Options{Batch: f.size})
		}
		f.ways[w] = first
	}
	for from := 0; from < images.Len(); from += f.size {
		part := images.Slice(from, min(from+f.size, images.Len()))
		b := batch{replay: first.replay.Begin(part)}
		if refit {
			b.plain = first.plain.Begin(part)
		}
		f.batches = append(f.batches, b)
	}
	return f
}

// order says which layers are computed when one is reached. A residual layer waits
// for the one that adds it, since both have one F, which is known when both are
// refitted.
func order(net *workloads.Network, layer int) []int {
	if net.Layers[layer].Residual {
		return nil
	}
	for i, l := range net.Layers[:layer] {
		if l.Residual && l.Name == net.Layers[layer].Add {
			return []int{i, layer}
		}
	}
	return []int{layer}
}

// matrix is a layer's number among the matrices.
func (c *course) matrix(layer int) (matrix int, ok bool) {
	return c.ways[c.crew.workers[0]].replay.Matrix(layer)
}

// each calls do for every batch, on the executors of one of the workers.
func (c *course) each(ctx context.Context, do func(w ways, k int)) error {
	return c.crew.eachBatch(ctx, work{images: c.images.Len(), batch: c.size}, func(w *worker) func(from, to int) {
		return func(from, _ int) { do(c.ways[w], from/c.size) }
	})
}

// step computes through converters what is computed of a batch at a layer.
func (c *course) step(w ways, k, layer int) {
	b := c.batches[k].replay
	for _, l := range c.orders[layer] {
		if matrix, ok := w.replay.Matrix(l); ok {
			w.replay.StepAll(l, []workloads.Stage{{Batch: b, Affine: c.affines[matrix]}})
		} else {
			w.replay.Step(b, l)
		}
	}
}

// advance computes layers of a batch with the stages as they are.
func (c *course) advance(w ways, k int, layers [2]int) {
	for layer := layers[0]; layer < layers[1]; layer++ {
		c.keep(k, layer)
		if w.plain != nil {
			w.plain.Step(c.batches[k].plain, layer)
		}
		c.step(w, k, layer)
	}
}

// keep keeps a batch as it is before a layer, if that is wanted.
func (c *course) keep(k, layer int) {
	if !c.keeps[layer] || c.kept[layer][k].replay != nil {
		return
	}
	c.kept[layer][k] = c.batches[k]
	c.batches[k] = c.batches[k].branch()
}

// keepBudget is the memory that a search may keep batches in, in bytes.
const keepBudget = 256 << 20

// keepBatches decides before which layers batches are kept, in so many bytes with
// those of a course that begins again and may replace them: before the first
// layer in any case, and from the last matrix on towards it as there is room.
// Activations at the end of a network are small, and to begin there saves most.
func (c *course) keepBatches(room int) {
	each := 2 * c.images.Len()
	if c.ways[c.crew.workers[0]].plain != nil {
		each *= 2
	}
	live := c.model.LiveBytes()
	room -= each * live[0]
	c.keeps[0] = true
	for layer := len(live) - 1; layer > 0; layer-- {
		if _, ok := c.matrix(layer); ok && room >= each*live[layer] {
			c.keeps[layer] = true
			room -= each * live[layer]
		}
	}
	for layer := range c.kept {
		c.kept[layer] = make([]batch, len(c.batches))
	}
}

// from is a course of its own that stands at the last layer up to the given one
// before which batches were kept, and the number of that layer.
func (c *course) from(layer int) (*course, int) {
	for !c.keeps[layer] {
		layer--
	}
	f := *c
	f.affines, f.lines, f.kept = slices.Clone(c.affines), slices.Clone(c.lines), slices.Clone(c.kept)
	for i := layer + 1; i < len(f.kept); i++ {
		f.kept[i] = make([]batch, len(c.batches))
	}
	f.batches = make([]batch, len(c.batches))
	for k, b := range c.kept[layer] {
		f.batches[k] = b.branch()
	}
	return &f, layer
}

// finish computes what is left of all batches from a layer on, with the stages as
// they are, and counts the images whose class is right. Where the images that
// could still be right are not enough it gives up; ok is then false.
func (c *course) finish(ctx context.Context, layer int, enough func(right int) bool) (ok bool, err error) {
	var wrong atomic.Int64
	bound := func() bool { return enough(c.images.Len() - int(wrong.Load())) }
	err = c.each(ctx, func(w ways, k int) {
		if !bound() {
			return
		}
		c.advance(w, k, [2]int{layer, len(c.orders)})
		b := c.batches[k]
		first := k * c.size
		labels := c.images.Labels[first : first+b.replay.Images()]
		wrong.Add(int64(len(labels) - right(w.replay.Classes(b.replay), labels)))
		w.replay.Release(b.replay)
		if b.plain != nil {
			w.plain.Release(b.plain)
		}
	})
	return bound(), err
}
