package scheduler

import (
	"context"
	"fmt"

	"bitline/crossbar"
	"bitline/workloads"
)

// prepared is a replay whose runners, executors and memory are made.
type prepared struct {
	replayer *Replayer
	images   workloads.Images
	plan     Plan
	crew     *crew
	ways     map[*worker]ways
}

// ways are a worker's executors: through the converters, and without converters
// where a plan asks for a reference.
type ways struct{ replay, plain *workloads.Executor }

// prepare makes all that a replay of some images under a plan needs.
func (r *Replayer) prepare(images workloads.Images, plan Plan) (*prepared, error) {
	if plan.Statistics == "" {
		plan.Statistics = crossbar.Sums
	}
	c, err := r.newCrew(plan.Bits, plan.Statistics)
	if err != nil {
		return nil, err
	}
	if plan.Affines == nil {
		plan.Affines = r.model.Affines()
	}
	if err := r.model.Check(plan.Affines, c.fraction()); err != nil {
		return nil, err
	}
	if images.Shape != r.model.Network.Input {
		return nil, fmt.Errorf("images are %s, want the %s of network %s", images.Shape, r.model.Network.Input, r.model.Network.Name)
	}
	if plan.Batch == 0 {
		plan.Batch = r.model.BatchFor(images.Len(), len(c.workers))
	}
	p := &prepared{replayer: r, images: images, plan: plan, crew: c, ways: map[*worker]ways{}}
	for _, w := range c.workers {
		to := ways{replay: r.model.NewExecutor(w.mul, workloads.Options{Fraction: c.fraction(), Affines: plan.Affines, Batch: plan.Batch})}
		if !plan.NoReference {
			to.plain = r.model.NewExecutor(r.packed().Product(), workloads.Options{Batch: plan.Batch})
		}
		p.ways[w] = to
	}
	return p, nil
}

// run replays the images. The statistics of a second run are those of both.
func (p *prepared) run(ctx context.Context, progress func(done int)) (*Replay, error) {
	images := p.images
	result := &Replay{Images: images.Len(), Classes: make([]int, images.Len())}
	exact := make([]int, images.Len())
	err := p.crew.eachBatch(ctx, work{images.Len(), p.plan.Batch, progress}, func(w *worker) func(from, to int) {
		e := p.ways[w]
		return func(from, to int) {
			copy(result.Classes[from:to], e.replay.Classify(images.Slice(from, to)))
			if e.plain != nil {
				copy(exact[from:to], e.plain.Classify(images.Slice(from, to)))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for i, label := range images.Labels {
		if result.Classes[i] == int(label) {
			result.Correct++
		}
		if !p.plan.NoReference && exact[i] == int(label) {
			result.CorrectExact++
		}
	}
	result.Layers = p.replayer.gather(p.crew.workers, p.plan.Bits)
	return result, nil
}
