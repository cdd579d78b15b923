package scheduler

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"bitline/crossbar"
)

// crew is the goroutines that replay through the same matrices.
type crew struct {
	workers []*worker
}

// worker is one goroutine's runners.
type worker struct {
	runners []*crossbar.TileRunner // one for each need of the crew
	active  []*crossbar.TileRunner // the one that computes each matrix now
}

// need is a layer's matrix with converters of some resolutions, and what is
// recorded of it.
type need struct {
	matrix int
	bits   []int
	level  crossbar.Level
}

// same says whether two needs have one runner's cells, converters and statistics.
func (n need) same(o need) bool {
	return n.matrix == o.matrix && n.level == o.level && slices.Equal(n.bits, o.bits)
}

// newCrew lays the layers out for one table of resolutions and makes a worker for
// every processor.
func (r *Replayer) newCrew(bits [][]int, level crossbar.Level) (*crew, error) {
	needs := make([]need, len(r.layers))
	for i := range needs {
		needs[i] = need{i, bits[i], level}
	}
	c, err := r.newCrewFor(needs)
	if err != nil {
		return nil, err
	}
	for _, w := range c.workers {
		copy(w.active, w.runners)
	}
	return c, nil
}

// newCrewFor makes a worker for every processor, with a runner for every need.
func (r *Replayer) newCrewFor(needs []need) (*crew, error) {
	c := &crew{workers: make([]*worker, runtime.GOMAXPROCS(0))}
	for i := range c.workers {
		c.workers[i] = &worker{runners: make([]*crossbar.TileRunner, len(needs)), active: make([]*crossbar.TileRunner, len(r.layers))}
	}
	var different []need
	for _, n := range needs {
		if !slices.ContainsFunc(different, n.same) {
			different = append(different, n)
		}
	}
	err := parallel(len(different), func(k int) error {
		first, err := r.newRunner(different[k])
		if err != nil {
			return err
		}
		for i, n := range needs {
			if !n.same(different[k]) {
				continue
			}
			for _, w := range c.workers {
				w.runners[i] = first.Fork()
			}
		}
		return nil
	})
	return c, err
}

// newRunner lays a layer out and prepares its products.
func (r *Replayer) newRunner(n need) (*crossbar.TileRunner, error) {
	matrix, err := r.program(n.matrix, n.bits)
	if err != nil {
		return nil, err
	}
	runner, err := matrix.NewTileRunner(r.chip.ADC, n.bits, crossbar.TileOptions{Statistics: n.level})
	if err != nil {
		return nil, fmt.Errorf("layer %s: %w", r.layers[n.matrix].Layer, err)
	}
	return runner, nil
}

// parallel calls do for every index below n on all processors, and returns the
// error of the lowest index that has one.
func parallel(n int, do func(i int) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				errs[i] = do(i)
			}
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *crew) fraction() int { return c.workers[0].runners[0].Fraction() }

func (w *worker) mul(layer int, y []int64, x []int16, positions int) {
	w.active[layer].MVM(y, x, positions)
}

// work is some images to be computed in batches.
type work struct {
	images, batch int
	// progress, if not nil, is told how many are done.
	progress func(done int)
}

// eachBatch calls, for the bounds of every batch and on one of the workers, the
// function that begin made for that worker.
func (c *crew) eachBatch(ctx context.Context, k work, begin func(*worker) func(from, to int)) error {
	var next, done atomic.Int64
	var wait sync.WaitGroup
	for _, w := range c.workers {
		wait.Go(func() {
			each := begin(w)
			for ctx.Err() == nil {
				from := int(next.Add(int64(k.batch))) - k.batch
				if from >= k.images {
					return
				}
				to := min(from+k.batch, k.images)
				each(from, to)
				if count := int(done.Add(int64(to - from))); k.progress != nil {
					k.progress(count)
				}
			}
		})
	}
	wait.Wait()
	return ctx.Err()
}
