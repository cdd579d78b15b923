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
	f := r.newCourse(c, calibration, true)
	if err := f.fitFrom(ctx, 0); err != nil {
		return nil, err
	}
	return f.affines, r.model.Check(f.affines, c.fraction())
}

// lines are the refitted factors and offsets of a matrix, before rounding.
type lines struct{ m, b []*big.Rat }

// fitFrom refits and computes the layers from one on.
func (c *course) fitFrom(ctx context.Context, layer int) error {
	for ; layer < len(c.orders); layer++ {
		for k := range c.batches {
			c.keep(k, layer)
		}
		matrix, ok := c.matrix(layer)
		if ok {
			sums, err := c.observe(ctx, layer, matrix)
			if err != nil {
				return err
			}
			c.fit(matrix, sums)
			c.settle(layer)
		}
		err := c.each(ctx, func(w ways, k int) {
			if !ok {
				w.plain.Step(c.batches[k].plain, layer)
			}
			c.step(w, k, layer)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// observe computes a layer without converters, and gathers for every column what
// its line needs of both ways.
func (c *course) observe(ctx context.Context, layer, matrix int) ([]moments, error) {
	total := make([]moments, c.model.Layers[matrix].Columns)
	var guard sync.Mutex
	err := c.each(ctx, func(w ways, k int) {
		b := c.batches[k]
		own := make([]moments, len(total))
		w.plain.OnSums = func(want workloads.Sums) {
			seen := w.replay.Tile(b.replay, layer, want.First)
			for n := range own {
				own[n].add(seen.Column(n), want.Column(n))
			}
		}
		w.plain.Step(b.plain, layer)
		w.plain.OnSums = nil
		guard.Lock()
		defer guard.Unlock()
		for n := range total {
			total[n].merge(&own[n])
		}
	})
	return total, err
}

// fit finds the columns' lines, folded into a layer's output stage.
func (c *course) fit(matrix int, sums []moments) {
	a := c.model.Layers[matrix].Affine
	var l lines
	for n := range sums {
		slope, intercept := sums[n].line(c.crew.fraction())
		factor := new(big.Rat).SetInt64(a.M[n])
		l.m = append(l.m, slope.Mul(slope, factor))
		intercept.Mul(intercept, factor)
		l.b = append(l.b, intercept.Add(intercept, new(big.Rat).SetInt64(a.B[n])))
	}
	c.lines[matrix] = l
}

// settle rounds the stages of the matrices that a layer's step computes, which
// have one F.
func (c *course) settle(layer int) {
	var matrices []int
	for _, l := range c.orders[layer] {
		matrix, _ := c.matrix(l)
		matrices = append(matrices, matrix)
	}
	if len(matrices) == 0 {
		return
	}
	shift := c.model.Layers[matrices[0]].Affine.F
	for _, m := range matrices {
		shift = min(shift, c.model.Layers[m].Affine.Refit(c.lines[m].m, c.lines[m].b).F)
	}
	for _, m := range matrices {
		c.affines[m] = c.model.Layers[m].Affine.RefitAt(shift, c.lines[m].m, c.lines[m].b)
	}
}
