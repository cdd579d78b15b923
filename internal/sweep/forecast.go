package sweep

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"bitline/internal/pipeline"
	"bitline/workloads"
)

// Forecast is what a run would do.
type Forecast struct {
	Points, Done               int // of the shard
	Trainings, TrainingsCached int // of models that points still want
	// Replays are the different ones of test images, of which the cache has some
	// outcomes; Passes those over the images in which the others of one model and
	// layout go together.
	Replays, ReplaysCached, Passes int
	Failures                       int // points whose job is none
	Failure                        string
	// Time is about what the rest takes without its trainings, reckoned from Tried
	// points and TriedPasses passes that took Took.
	Time, Took         time.Duration
	Tried, TriedPasses int
}

// census is a forecast at work: what there is to do.
type census struct {
	Forecast
	runner  *Runner
	pending []int // points that have a job
	models  map[string]bool
	passes  map[[sha256.Size]byte]*passCensus
	order   []*passCensus // with values, by their first points
}

// passCensus is what goes into one pass.
type passCensus struct {
	points int
	seen   map[[sha256.Size]byte]bool // replays
	each   []int                      // a point of each replay
	images int                        // of each replay
}

// Forecast reads every job of the shard that is not done, computes some of it, and
// says what the rest would take.
func (r *Runner) Forecast(ctx context.Context, done func(point int) bool) (Forecast, error) {
	c := &census{runner: r, models: map[string]bool{}, passes: map[[sha256.Size]byte]*passCensus{}}
	var left []int
	for i := range r.Plan.Len() {
		if !r.Shard.Holds(i) {
			continue
		}
		if c.Points++; done(i) {
			c.Done++
		} else {
			left = append(left, i)
		}
	}
	for len(left) > 0 {
		n := min(window, len(left))
		if err := c.count(ctx, left[:n]); err != nil {
			return c.Forecast, err
		}
		left = left[n:]
	}
	for _, p := range c.order {
		c.Replays += len(p.each)
		if err := c.recall(ctx, p); err != nil {
			return c.Forecast, err
		}
	}
	c.order = slices.DeleteFunc(c.order, func(p *passCensus) bool { return len(p.each) == 0 })
	c.Passes = len(c.order)
	if len(c.pending) == 0 {
		return c.Forecast, nil
	}
	return c.Forecast, c.reckon(ctx)
}

// count reads the jobs of points.
func (c *census) count(ctx context.Context, points []int) error {
	jobs, faults := make([]*pipeline.Job, len(points)), make([]error, len(points))
	each(ctx, len(points), func(i int) { jobs[i], faults[i] = c.runner.job(points[i]) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for i, job := range jobs {
		switch err := faults[i]; {
		case err != nil && pipeline.IsSystemFault(err):
			return fmt.Errorf("point %d: %w", points[i], err)
		case err != nil:
			if c.Failures++; c.Failure == "" {
				c.Failure = err.Error()
			}
			continue
		}
		c.pending = append(c.pending, points[i])
		if !job.HasValues() {
			continue
		}
		start := time.Now()
		data, err := workloads.Load(c.runner.Host.Data, job.DataSet)
		if err != nil {
			return err
		}
		c.Time += time.Since(start) // nothing, once it is on the shelf
		if err := c.train(job, data); err != nil {
			return err
		}
		c.replay(points[i], job, data)
	}
	return nil
}

// train counts a job's training once.
func (c *census) train(job *pipeline.Job, data *workloads.Dataset) error {
	if !job.Trains() {
		return nil
	}
	path, err := c.runner.Cache.modelPath(job, data)
	if err != nil || c.models[path] {
		return err
	}
	c.models[path] = true
	c.Trainings++
	if readable(path) {
		c.TrainingsCached++
	}
	return nil
}

// replay counts a point's replay, and its pass, once.
func (c *census) replay(point int, job *pipeline.Job, data *workloads.Dataset) {
	key := job.ReplayKey()
	if key == "" { // shares with none
		key = fmt.Sprintf("point %d", point)
	}
	p := c.passes[sha256.Sum256([]byte(key))]
	if p == nil {
		p = &passCensus{seen: map[[sha256.Size]byte]bool{}, images: data.Test.Len()}
		if job.Images > 0 {
			p.images = min(p.images, job.Images)
		}
		c.passes[sha256.Sum256([]byte(key))] = p
		c.order = append(c.order, p)
	}
	p.points++
	if replay := sha256.Sum256([]byte(job.ValuesKey())); !p.seen[replay] {
		p.seen[replay] = true
		p.each = append(p.each, point)
	}
}

// recall takes the replays out of a pass whose outcomes the cache has. Where nothing
// can be recalled for a fault of the points, the run says so.
func (c *census) recall(ctx context.Context, p *passCensus) error {
	if !exists(c.runner.Cache.outcomes()) {
		return nil
	}
	var jobs []*pipeline.Job
	for _, point := range p.each {
		job, err := c.runner.job(point)
		if err != nil {
			return err
		}
		if job.Trains() {
			data, err := workloads.Load(c.runner.Host.Data, job.DataSet)
			if err != nil {
				return err
			}
			if job.Checkpoint, err = c.runner.Cache.modelPath(job, data); err != nil {
				return err
			}
			if !readable(job.Checkpoint) {
				return nil
			}
		}
		jobs = append(jobs, job)
	}
	host := c.runner.Host
	host.Memory = c.runner.Cache
	known, err := pipeline.Remembered(ctx, host, jobs)
	if err != nil {
		return ctx.Err()
	}
	var left []int
	for i, point := range p.each {
		if known[i] {
			c.ReplaysCached++
		} else {
			left = append(left, point)
		}
	}
	p.each = left
	return nil
}
