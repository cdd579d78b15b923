package sweep

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"bitline/internal/pipeline"
	"bitline/scheduler"
	"bitline/workloads"
)

// Runner computes the points of a plan.
type Runner struct {
	Plan  *Plan
	Store *Store
	Shard Shard
	Host  pipeline.Host
	Cache Cache
	// Done, unless nil, is told of every record that is put, and how many of the
	// shard's points have one.
	Done func(r Record, done, total int)

	done atomic.Int64
}

// chunk is how many points are in memory at the same time, with what their replays
// saw.
const chunk = 256

// Run computes the points of the shard that have no record yet. Points that agree in
// what their images come to share a model and a pass over the images; of the rest
// each processor has its own. A point that cannot be is a record that says why;
// what would stop every point, such as a data set that is not found, is an error.
// The records do not depend on how often a run was stopped before its end.
func (r *Runner) Run(ctx context.Context) error {
	var pending []int
	mine := 0
	for i := range r.Plan.Len() {
		if r.Shard.Holds(i) {
			if mine++; !r.Store.Has(i) {
				pending = append(pending, i)
			}
		}
	}
	r.done.Store(int64(mine - len(pending)))
	put := &recorder{runner: r, total: mine}
	for _, g := range r.groups(ctx, pending, put) {
		for from := 0; from < len(g) && put.err() == nil && ctx.Err() == nil; from += chunk {
			if err := r.compute(ctx, g[from:min(from+chunk, len(g))], put); err != nil {
				return err
			}
		}
	}
	return errors.Join(put.err(), ctx.Err(), r.Store.Flush())
}

// groups parts points by what their images come to, in the order of their first
// points. A point whose job is none is recorded.
func (r *Runner) groups(ctx context.Context, points []int, put *recorder) [][]int {
	keys := make([]string, len(points))
	each(ctx, len(points), func(i int) {
		job, err := r.job(points[i])
		if err != nil {
			put.failure(points[i], err)
			return
		}
		if keys[i] = job.ReplayKey(); keys[i] == "" { // shares with none
			keys[i] = fmt.Sprintf("point %d", points[i])
		}
		keys[i] = digestOf(keys[i])
	})
	var groups [][]int
	known := map[string]int{}
	for i, key := range keys {
		if key == "" {
			continue
		}
		g, ok := known[key]
		if !ok {
			g = len(groups)
			known[key] = g
			groups = append(groups, nil)
		}
		groups[g] = append(groups[g], points[i])
	}
	return groups
}

// job is the job of a point.
func (r *Runner) job(point int) (*pipeline.Job, error) {
	return pipeline.LoadJob(r.Plan.Job, r.Plan.Point(point).Sets)
}

// task is a point at work.
type task struct {
	point   int
	job     *pipeline.Job
	mapping *scheduler.Mapping
}

// compute computes points that share a pass over the images.
func (r *Runner) compute(ctx context.Context, points []int, put *recorder) error {
	tasks := make([]task, len(points))
	each(ctx, len(points), func(i int) {
		t := task{point: points[i]}
		var err error
		if t.job, err = r.job(t.point); err == nil {
			t.mapping, err = scheduler.Map(t.job.Chip, t.job.Network)
		}
		if err != nil {
			put.failure(t.point, err)
			return
		}
		tasks[i] = t
	})
	jobs := make([]*pipeline.Job, 0, len(tasks))
	kept := tasks[:0]
	for _, t := range tasks {
		if t.mapping != nil {
			kept, jobs = append(kept, t), append(jobs, t.job)
		}
	}
	if len(jobs) == 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	if jobs[0].HasValues() {
		if _, err := workloads.Load(r.Host.Data, jobs[0].DataSet); err != nil {
			return err // it would stop every point
		}
	}
	values, err := r.values(ctx, jobs)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		for _, t := range kept {
			put.failure(t.point, err)
		}
		return nil
	}
	each(ctx, len(kept), func(i int) {
		figures, err := r.report(ctx, kept[i], values[i])
		switch {
		case err == nil:
			put.figures(kept[i].point, figures)
		case ctx.Err() == nil:
			put.failure(kept[i].point, err)
		}
	})
	return nil
}

// values trains the jobs' model if it has to be trained, and computes their values.
func (r *Runner) values(ctx context.Context, jobs []*pipeline.Job) ([]pipeline.Computed, error) {
	if jobs[0].Trains() {
		path, err := r.Cache.model(ctx, r.Host, jobs[0])
		if err != nil {
			return nil, err
		}
		for _, j := range jobs {
			j.Checkpoint = path
		}
	}
	host := r.Host
	host.Memory = r.Cache
	return pipeline.Compute(ctx, host, jobs)
}

// report is the figures of a point.
func (r *Runner) report(ctx context.Context, t task, v pipeline.Computed) ([]pipeline.Figure, error) {
	if v.Err != nil {
		return nil, v.Err
	}
	figures, err := pipeline.Measure(ctx, t.job, t.mapping, v.Values)
	if err == nil && r.Plan.Laws {
		figures = append(figures, t.underLaws(ctx, v.Values, figures)...)
	}
	return figures, err
}

// recorder puts records as points are done.
type recorder struct {
	runner *Runner
	total  int
	mu     sync.Mutex
	fault  error // of the store
}

func (p *recorder) err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fault
}

// failure records why a point has no figures: the lines of an error in one.
func (p *recorder) failure(point int, err error) {
	p.put(Record{Point: point, Failure: strings.ReplaceAll(err.Error(), "\n", "; ")})
}

// figures records what a point came to. Where a setting has the name of a figure, as
// chip and network may, it stands for it.
func (p *recorder) figures(point int, figures []pipeline.Figure) {
	r := Record{Point: point}
	for _, f := range figures {
		if !slices.Contains(p.runner.Plan.Columns, f.Name) {
			r.Figures = append(r.Figures, valueOfFigure(f))
		}
	}
	p.put(r)
}

func (p *recorder) put(r Record) {
	r.Settings = p.runner.Plan.Point(r.Point).Settings
	err := p.runner.Store.Put(r)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.fault = err
		return
	}
	done := int(p.runner.done.Add(1))
	if p.runner.Done != nil {
		p.runner.Done(r, done, p.total)
	}
}

// valueOfFigure gives a figure of a result its kind.
func valueOfFigure(f pipeline.Figure) Value {
	v := Value{Name: f.Name}
	switch x := f.Value.(type) {
	case nil:
	case string:
		v.Kind, v.Text = Text, x
	case int:
		v.Kind, v.Number = Integer, float64(x)
	case uint64:
		if x <= 1<<53 {
			v.Kind, v.Number = Integer, float64(x)
		} else {
			v.Kind, v.Text = Text, fmt.Sprint(x)
		}
	case float64:
		v.Kind, v.Number = Number, x
	default:
		v.Kind, v.Text = Text, fmt.Sprint(x)
	}
	return v
}

func workers() int { return runtime.GOMAXPROCS(0) }

// each calls do for 0 to n − 1 on all processors, until ctx ends.
func each(ctx context.Context, n int, do func(i int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(n, workers()) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wait.Wait()
}
