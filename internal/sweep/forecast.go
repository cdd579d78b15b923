package sweep

import (
	"context"
	"time"

	"bitline/internal/pipeline"
	"bitline/scheduler"
	"bitline/workloads"
)

// Forecast is what a run would do.
type Forecast struct {
	Points, Done               int // of the shard
	Trainings, TrainingsCached int
	Replays, Passes            int
	Failures                   int // points whose job is none
	Failure                    string
	// Time is about what the rest takes without its trainings: Tried points took Took.
	Time, Took time.Duration
	Tried      int
}

// tryFor bounds what a forecast computes, and tryImages the images of a replay.
const (
	tryFor    = 2 * time.Second
	tryImages = 200
)

// Forecast reads every job of the shard that is not done, computes a few points on a
// few images, and says what the rest would take.
func (r *Runner) Forecast(ctx context.Context, done func(point int) bool) (Forecast, error) {
	var f Forecast
	var tried pipeline.Job
	models, replays, passes := map[string]bool{}, map[string]bool{}, map[string]bool{}
	var pending []int
	for i := range r.Plan.Len() {
		if !r.Shard.Holds(i) {
			continue
		}
		f.Points++
		if done(i) {
			f.Done++
			continue
		}
		job, err := r.job(i)
		if err != nil {
			if f.Failures++; f.Failure == "" {
				f.Failure = err.Error()
			}
			continue
		}
		if len(pending) == 0 {
			tried = *job
		}
		pending = append(pending, i)
		if err := r.foresee(&f, job, models); err != nil {
			return f, err
		}
		if job.HasValues() {
			passes[digestOf(job.ReplayKey())] = true
			replays[digestOf(job.ValuesKey())] = true
		}
		if ctx.Err() != nil {
			return f, ctx.Err()
		}
	}
	f.Replays, f.Passes = len(replays), len(passes)
	if len(pending) == 0 {
		return f, nil
	}
	return f, r.try(ctx, &f, pending, &tried)
}

// foresee counts a job's training once.
func (r *Runner) foresee(f *Forecast, job *pipeline.Job, known map[string]bool) error {
	if !job.Trains() {
		return nil
	}
	data, err := workloads.Load(r.Host.Data, job.DataSet)
	if err != nil {
		return err
	}
	path := r.Cache.modelPath(job, data)
	if known[path] {
		return nil
	}
	known[path] = true
	f.Trainings++
	if exists(path) {
		f.TrainingsCached++
	}
	return nil
}

// try computes points, spread over the plan, for a while: their simulations, and one
// replay of a few images if a model is there.
func (r *Runner) try(ctx context.Context, f *Forecast, pending []int, first *pipeline.Job) error {
	start := time.Now()
	for f.Tried < len(pending) && time.Since(start) < tryFor && ctx.Err() == nil {
		point := pending[f.Tried*7919%len(pending)] // a prime: all over the plan
		f.Tried++
		job, err := r.job(point)
		if err != nil {
			continue
		}
		mapping, err := scheduler.Map(job.Chip, job.Network)
		if err != nil {
			continue
		}
		shapes := *job // its simulation alone
		shapes.DataSet = pipeline.NoData
		values, err := pipeline.Compute(ctx, pipeline.Host{}, []*pipeline.Job{&shapes})
		if err == nil && values[0].Err == nil {
			_, _ = pipeline.Report(ctx, &shapes, mapping, values[0].Values) // a point that fails takes its time too
		}
	}
	f.Took = time.Since(start)
	f.Time = f.Took * time.Duration(len(pending)) / time.Duration(f.Tried*workers())
	if !first.HasValues() || first.Trains() {
		return ctx.Err()
	}
	data, err := workloads.Load(r.Host.Data, first.DataSet)
	if err != nil {
		return err
	}
	images := data.Test.Len()
	if first.Images > 0 {
		images = min(images, first.Images)
	}
	first.Images = min(images, tryImages)
	start = time.Now()
	if _, err := pipeline.Compute(ctx, r.Host, []*pipeline.Job{first}); err == nil {
		f.Time += time.Since(start) * time.Duration(f.Replays*images/max(1, first.Images))
	}
	return ctx.Err()
}
