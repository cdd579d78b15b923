package sweep

import (
	"context"
	"sync/atomic"
	"time"

	"bitline/adc"
	"bitline/internal/pipeline"
	"bitline/scheduler"
	"bitline/workloads"
)

// What a forecast computes: points for tryFor, and passes for as long; of a pass up to
// tryReplays replays of tryImages images, and of four times as many again and again
// until that took tryRound, at least once.
const (
	tryFor     = 2 * time.Second
	tryRound   = tryFor / 8
	tryReplays = 16
	tryImages  = 16
)

// stride is by how much a forecast walks over points and passes: they come from all
// over the plan.
const stride = 7919

// scattered is the i-th of n numbers from 0 in an order that has each of them once,
// for 0 ≤ i < n: multiples of a number that has no divisor in common with n.
func scattered(i, n int) int {
	step := stride
	for gcd(step, n) != 1 {
		step++
	}
	return i * step % n
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// reckon says what is left takes: simulations by some of all over the plan, replays by
// some passes, in proportion to passes, replays and images.
func (c *census) reckon(ctx context.Context) error {
	start := time.Now()
	c.Time += c.trySimulations(ctx)
	var t passTimes
	for begun := time.Now(); c.TriedPasses < len(c.order) && time.Since(begun) < tryFor && ctx.Err() == nil; c.TriedPasses++ {
		if err := c.tryPass(ctx, c.order[scattered(c.TriedPasses, len(c.order))], &t); err != nil {
			return err
		}
	}
	for _, p := range c.order {
		chunks := (p.points + chunk - 1) / chunk
		c.Time += time.Duration(t.fixed/float64(c.TriedPasses)*float64(chunks) + t.each/float64(t.replays)*float64(len(p.each)*p.images))
	}
	c.Took = time.Since(start)
	return ctx.Err()
}

// trySimulations simulates points for a while, on all processors as a run does, and
// says what all would take.
func (c *census) trySimulations(ctx context.Context) time.Duration {
	start := time.Now()
	var tried atomic.Int64
	each(ctx, len(c.pending), func(i int) {
		if time.Since(start) < tryFor {
			c.runner.trySimulation(ctx, c.pending[scattered(i, len(c.pending))])
			tried.Add(1)
		}
	})
	c.Tried = int(tried.Load())
	return time.Duration(float64(time.Since(start)) * float64(len(c.pending)) / float64(max(1, c.Tried)))
}

// trySimulation takes as long as all of a point but its replay. Its faults are the
// point's.
func (r *Runner) trySimulation(ctx context.Context, point int) {
	job, err := r.job(point)
	if err != nil {
		return
	}
	mapping, err := scheduler.Map(job.Chip, job.Network)
	if err != nil {
		return
	}
	shapes, chip := *job, *job.Chip
	shapes.Chip, shapes.DataSet = &chip, pipeline.NoData
	if chip.ADC.Auto != adc.Given {
		chip.ADC = chip.ADC.WithBits([]int{8})
	}
	values, err := pipeline.Compute(ctx, pipeline.Host{}, []*pipeline.Job{&shapes})
	if err == nil && values[0].Err == nil {
		_, _ = pipeline.Report(ctx, &shapes, mapping, values[0].Values)
	}
}

// passTimes sums what passes took: fixed parts, and what an image takes of each of so
// many replays; in nanoseconds.
type passTimes struct {
	fixed, each float64
	replays     int
}

// tryPass computes some replays of a pass on a few images and on more: what does not
// grow with them is fixed.
func (c *census) tryPass(ctx context.Context, p *passCensus, t *passTimes) error {
	var first, took time.Duration
	least, images := 0, min(tryImages, p.images)
	for {
		jobs, err := c.runner.tryJobs(p, images)
		if err != nil {
			return err
		}
		start := time.Now()
		_, _ = pipeline.Compute(ctx, c.runner.Host, jobs) // a point's fault takes its time too
		took = time.Since(start)
		if images == p.images || least > 0 && took > tryRound || ctx.Err() != nil {
			break
		}
		if least == 0 {
			first, least = took, images
		}
		images = min(4*images, p.images)
	}
	each := max(0, float64(took-first)/float64(images-least))
	t.each += each
	t.fixed += max(0, float64(took)-each*float64(images))
	t.replays += min(tryReplays, len(p.each))
	return ctx.Err()
}

// tryJobs are some jobs of a pass on so many images, and on the same share of their
// calibration images. A model that is not there yet is one that has not learned
// anything.
func (r *Runner) tryJobs(p *passCensus, images int) ([]*pipeline.Job, error) {
	var jobs []*pipeline.Job
	for _, point := range p.each[:min(tryReplays, len(p.each))] {
		job, err := r.job(point)
		if err != nil {
			return nil, err
		}
		job.Images = images
		job.Calibration = max(1, job.Calibration*images/p.images)
		if job.Trains() {
			data, err := workloads.Load(r.Host.Data, job.DataSet)
			if err != nil {
				return nil, err
			}
			path, err := r.Cache.modelPath(job, data)
			if err != nil {
				return nil, err
			}
			if readable(path) {
				job.Checkpoint = path
			}
			job.Train.Pretrain.Epochs, job.Train.Finetune.Epochs, job.Train.Through, job.Train.Teacher = 0, 0, nil, nil
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}
