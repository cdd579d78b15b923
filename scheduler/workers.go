package scheduler

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"bitline/crossbar"
)

// crew is the goroutines that replay through the same matrices.
type crew struct {
	workers []*worker
}

// worker is one goroutine's runners, one per layer.
type worker struct {
	runners []*crossbar.TileRunner
}

// newCrew lays the layers out and makes a worker for every processor.
func (r *Replayer) newCrew(bits [][]int, level crossbar.Level) (*crew, error) {
	matrices, err := r.programAll(bits)
	if err != nil {
		return nil, err
	}
	c := &crew{workers: make([]*worker, runtime.GOMAXPROCS(0))}
	for i := range c.workers {
		c.workers[i] = &worker{runners: make([]*crossbar.TileRunner, len(matrices))}
	}
	err = parallel(len(matrices), func(k int) error {
		first, err := matrices[k].NewTileRunner(r.chip.ADC, bits[k], crossbar.TileOptions{Statistics: level})
		if err != nil {
			return fmt.Errorf("layer %s: %w", r.layers[k].Layer, err)
		}
		c.workers[0].runners[k] = first
		for _, w := range c.workers[1:] {
			w.runners[k] = first.Fork()
		}
		return nil
	})
	return c, err
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
	w.runners[layer].MVM(y, x, positions)
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
