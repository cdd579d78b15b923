package scheduler

import (
	"context"
	"math/big"
	"sync"

	"bitline/crossbar"
	"bitline/workloads"
)

// Recalibrate refits one affine per output column of every layer, on calibration
// images, so that the accumulators which clipping converters give come as near as
// an affine can bring them to those without converters, in the least squares
// sense over all images and positions, and folds it into the layer's digital
// output stage. It trains nothing.
//
// Layers are fitted in order: a layer's inputs are those that the layers before
// it, already refitted, give. The fit is computed in exact fractions and rounded
// once, so it is the same on any processor. The activations of one layer of all
// calibration images are in memory at once, twice.
func (r *Replayer) Recalibrate(ctx context.Context, bits [][]int, calibration workloads.Images) ([]workloads.Affine, error) {
	c, err := r.newCrew(bits, crossbar.Clips)
	if err != nil {
		return nil, err
	}
	f := r.newFitter(c, calibration)
	for step := range f.steps {
		if err := f.step(ctx, step); err != nil {
			return nil, err
		}
	}
	return f.affines, r.model.Check(f.affines, c.fraction())
}

// fitter refits a model layer by layer.
type fitter struct {
	model   *workloads.Model
	crew    *crew
	pairs   map[*worker]pair
	batches []batch
	batch   int
	images  int
	steps   int
	affines []workloads.Affine
	lines   []lines // of each matrix
}

// pair is a worker's executors: through the converters with the stages fitted so
// far, and without converters.
type pair struct{ seen, want *workloads.Executor }

// batch is some calibration images on both ways.
type batch struct{ seen, want *workloads.Batch }

// lines are the refitted factors and offsets of a matrix, before rounding.
type lines struct{ m, b []*big.Rat }

func (r *Replayer) newFitter(c *crew, calibration workloads.Images) *fitter {
	f := &fitter{
		model: r.model, crew: c, pairs: map[*worker]pair{}, images: calibration.Len(),
		batch:   r.model.BatchFor(calibration.Len(), len(c.workers)),
		affines: r.model.Affines(), lines: make([]lines, len(r.layers)),
	}
	var first pair
	packed := r.packed()
	for _, w := range c.workers {
		first = pair{
			// The executor reads the stages at every step: they are fitted as it goes.
			seen: r.model.NewExecutor(w.mul, workloads.Options{Fraction: c.fraction(), Affines: f.affines, Batch: f.batch}),
			want: r.model.NewExecutor(packed.Product(), workloads.Options{Batch: f.batch}),
		}
		f.pairs[w] = first
	}
	f.steps = first.seen.Steps()
	for from := 0; from < f.images; from += f.batch {
		images := calibration.Slice(from, min(from+f.batch, f.images))
		f.batches = append(f.batches, batch{first.seen.Begin(images), first.want.Begin(images)})
	}
	return f
}

// each calls do for every batch, on the executors of one of the workers.
func (f *fitter) each(ctx context.Context, do func(pair, batch)) error {
	return f.crew.eachBatch(ctx, work{images: f.images, batch: f.batch}, func(w *worker) func(from, to int) {
		return func(from, _ int) { do(f.pairs[w], f.batches[from/f.batch]) }
	})
}

// step fits one layer and computes it.
func (f *fitter) step(ctx context.Context, layer int) error {
	var order []int // what is computed now on the way through the converters
	if matrix, ok := f.pairs[f.crew.workers[0]].seen.Matrix(layer); ok {
		sums, err := f.observe(ctx, layer, matrix)
		if err != nil {
			return err
		}
		f.fit(matrix, sums)
		order = f.settle(layer, matrix)
	} else {
		if err := f.each(ctx, func(p pair, b batch) { p.want.Step(b.want, layer) }); err != nil {
			return err
		}
		order = []int{layer}
	}
	return f.each(ctx, func(p pair, b batch) {
		for _, l := range order {
			p.seen.Step(b.seen, l)
		}
	})
}

// observe computes a layer without converters, and gathers for every column what
// its line needs of both ways.
func (f *fitter) observe(ctx context.Context, layer, matrix int) ([]moments, error) {
	total := make([]moments, f.model.Layers[matrix].Columns)
	var guard sync.Mutex
	err := f.each(ctx, func(p pair, b batch) {
		own := make([]moments, len(total))
		p.want.OnSums = func(want workloads.Sums) {
			seen := p.seen.Tile(b.seen, layer, want.First)
			for n := range own {
				own[n].add(seen.Column(n), want.Column(n))
			}
		}
		p.want.Step(b.want, layer)
		p.want.OnSums = nil
		guard.Lock()
		defer guard.Unlock()
		for n := range total {
			total[n].merge(&own[n])
		}
	})
	return total, err
}

// fit folds the columns' lines into a layer's output stage.
func (f *fitter) fit(matrix int, sums []moments) {
	a := f.model.Layers[matrix].Affine
	l := &f.lines[matrix]
	for n := range sums {
		slope, intercept := sums[n].line(f.crew.fraction())
		factor := new(big.Rat).SetInt64(a.M[n])
		l.m = append(l.m, slope.Mul(slope, factor))
		intercept.Mul(intercept, factor)
		l.b = append(l.b, intercept.Add(intercept, new(big.Rat).SetInt64(a.B[n])))
	}
}

// settle rounds a layer's stage and says which layers can now be computed. A
// residual layer waits for the one that adds it, since both have one F.
func (f *fitter) settle(layer, matrix int) []int {
	net := f.model.Network
	if net.Layers[layer].Residual {
		return nil
	}
	order, matrices := []int{layer}, []int{matrix}
	for i, l := range net.Layers[:layer] {
		if l.Residual && l.Name == net.Layers[layer].Add {
			other, _ := f.pairs[f.crew.workers[0]].seen.Matrix(i)
			order, matrices = []int{i, layer}, []int{other, matrix}
		}
	}
	shift := f.affines[matrix].F
	for _, m := range matrices {
		f.affines[m] = f.affines[m].Refit(f.lines[m].m, f.lines[m].b)
		shift = min(shift, f.affines[m].F)
	}
	for _, m := range matrices {
		f.affines[m] = f.model.Layers[m].Affine.RefitAt(shift, f.lines[m].m, f.lines[m].b)
	}
	return order
}
