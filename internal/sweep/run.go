package sweep

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"bitline/internal/config"
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

	done   atomic.Int64
	loader pipeline.Loader
}

// window is how many points' jobs are in memory at the same time, and chunk how many
// points share a pass, with what their replays saw in memory.
const (
	window = 4096
	chunk  = 256
)

// Run computes the points of the shard that have no record yet. Points that agree in
// what their images come to share a model and a pass over the images; of the rest
// each processor has its own. A point that cannot be is a record that says why. What
// is no point's own fault is an error, and recorded of none: a data set that is not
// found, a file that cannot be read, a full disk. The records do not depend on how
// often a run was stopped before its end, in which parts, or from where it was called.
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
	for len(pending) > 0 && put.err() == nil && ctx.Err() == nil {
		n := min(window, len(pending))
		for _, g := range r.groups(ctx, pending[:n], put) {
			for tasks := range slices.Chunk(g, chunk) {
				if put.err() != nil || ctx.Err() != nil {
					break
				}
				if err := r.compute(ctx, tasks, put); err != nil {
					return err
				}
			}
		}
		pending = pending[n:]
	}
	return errors.Join(put.err(), ctx.Err(), r.Store.Flush())
}

// task is a point at work.
type task struct {
	point   int
	job     *pipeline.Job // nil for none
	mapping *scheduler.Mapping
}

// groups parts points by what their images come to, in the order of their first
// points. A point whose job is none is recorded.
func (r *Runner) groups(ctx context.Context, points []int, put *recorder) [][]task {
	tasks, keys := make([]task, len(points)), make([]string, len(points))
	each(ctx, len(points), func(i int) {
		job, err := r.job(points[i])
		if err != nil {
			put.failure(points[i], err)
			return
		}
		tasks[i] = task{point: points[i], job: job}
		if keys[i] = job.ReplayKey(); keys[i] == "" { // shares with none
			keys[i] = fmt.Sprintf("point %d", points[i])
		}
	})
	var groups [][]task
	known := map[string]int{}
	for i, t := range tasks {
		if t.job == nil {
			continue
		}
		g, ok := known[keys[i]]
		if !ok {
			g = len(groups)
			known[keys[i]] = g
			groups = append(groups, nil)
		}
		groups[g] = append(groups[g], t)
	}
	return groups
}

// job is the job of a point.
func (r *Runner) job(point int) (*pipeline.Job, error) {
	job, err := r.loader.LoadJob(r.Plan.jobPath(), r.Plan.Point(point).Sets)
	if err != nil {
		return nil, err
	}
	return job, job.CheckTraining()
}

// compute computes points that share a pass over the images.
func (r *Runner) compute(ctx context.Context, tasks []task, put *recorder) error {
	each(ctx, len(tasks), func(i int) {
		t := &tasks[i]
		var err error
		if t.mapping, err = scheduler.Map(t.job.Chip, t.job.Network); err != nil {
			put.failure(t.point, err)
		}
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
		return err
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
// An error is none of theirs.
func (r *Runner) values(ctx context.Context, jobs []*pipeline.Job) ([]pipeline.Computed, error) {
	if jobs[0].Trains() {
		path, err := r.Cache.model(ctx, r.Host, jobs[0])
		if err != nil {
			return failed(ctx, len(jobs), err)
		}
		for _, j := range jobs {
			j.Checkpoint = path
		}
	}
	host := r.Host
	host.Memory = r.Cache
	values, err := pipeline.Compute(ctx, host, jobs)
	switch {
	case err == nil:
		return values, nil
	case len(jobs) == 1:
		return failed(ctx, 1, err)
	}
	values = nil // each alone: what a point comes to does not depend on those beside it
	for _, j := range jobs {
		one, err := pipeline.Compute(ctx, host, []*pipeline.Job{j})
		if err != nil {
			if one, err = failed(ctx, 1, err); err != nil {
				return nil, err
			}
		}
		values = append(values, one...)
	}
	return values, nil
}

// failed is the values of n jobs that have none for a reason that is theirs; another
// is returned.
func failed(ctx context.Context, n int, err error) ([]pipeline.Computed, error) {
	if ctx.Err() != nil || pipeline.IsSystemFault(err) {
		return nil, err
	}
	return slices.Repeat([]pipeline.Computed{{Err: err}}, n), nil
}

// report is the figures of a point.
func (r *Runner) report(ctx context.Context, t task, v pipeline.Computed) ([]pipeline.Figure, error) {
	if v.Err != nil {
		return nil, v.Err
	}
	figures, err := pipeline.Measure(ctx, t.job, t.mapping, v.Values)
	if err != nil || !r.Plan.Laws {
		return figures, err
	}
	others, err := t.underLaws(ctx, v.Values, figures)
	return append(figures, others...), err
}

// recorder puts records as points are done.
type recorder struct {
	runner *Runner
	total  int
	mu     sync.Mutex
	fault  error
}

func (p *recorder) err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fault
}

// failure records why a point has no figures: the lines of an error in one, with
// files beside the job's by their names. A fault that is no point's own stops the run.
func (p *recorder) failure(point int, err error) {
	if pipeline.IsSystemFault(err) {
		p.stop(fmt.Errorf("point %d: %w", point, err))
		return
	}
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	if job := p.runner.Plan.jobPath(); config.IsFile(job) {
		text = strings.ReplaceAll(text, filepath.Dir(job)+string(filepath.Separator), "")
	}
	p.put(Record{Point: point, Failure: text})
}

// stop keeps the first fault that stops the run.
func (p *recorder) stop(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fault == nil {
		p.fault = err
	}
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
	if err := p.runner.Store.Put(r); err != nil {
		p.stop(err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
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
