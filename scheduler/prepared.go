package scheduler

import (
	"context"
	"fmt"
	"slices"

	"bitline/crossbar"
	"bitline/workloads"
)

// prepared is a replay whose runners, executors and memory are made.
type prepared struct {
	replayer  *Replayer
	images    workloads.Images
	plans     []Plan
	tree      *tree
	batch     int
	reference bool // whether some plan asks for it
	crew      *crew
	ways      map[*worker]ways
}

// ways are a worker's executors: through the converters, and without converters
// where a reference is wanted.
type ways struct{ replay, plain *workloads.Executor }

// prepare makes all that a replay of some images under one plan or more needs.
func (r *Replayer) prepare(images workloads.Images, plans []Plan) (*prepared, error) {
	p := &prepared{replayer: r, images: images, plans: slices.Clone(plans), ways: map[*worker]ways{}}
	for i := range p.plans {
		p.complete(&p.plans[i])
	}
	p.tree = newTree(r.model.Network, p.plans)
	var err error
	if p.crew, err = r.newCrewFor(p.tree.needs); err != nil {
		return nil, err
	}
	for _, plan := range p.plans {
		if err := r.model.Check(plan.Affines, p.crew.fraction()); err != nil {
			return nil, err
		}
	}
	if images.Shape != r.model.Network.Input {
		return nil, fmt.Errorf("images are %s, want the %s of network %s", images.Shape, r.model.Network.Input, r.model.Network.Name)
	}
	if p.batch == 0 {
		// As if for more images and workers: the share of each stays, the room falls.
		ways := p.tree.root.batches()
		p.batch = r.model.BatchFor(images.Len()*ways, len(p.crew.workers)*ways)
	}
	for _, w := range p.crew.workers {
		to := ways{replay: r.model.NewExecutor(w.mul, workloads.Options{Fraction: p.crew.fraction(), Batch: p.batch})}
		if p.reference {
			to.plain = r.model.NewExecutor(r.packed().Product(), workloads.Options{Batch: p.batch})
		}
		p.ways[w] = to
	}
	return p, nil
}

// complete fills in what a plan leaves open, and notes what it asks of all.
func (p *prepared) complete(plan *Plan) {
	if plan.Statistics == "" {
		plan.Statistics = crossbar.Sums
	}
	if plan.Affines == nil {
		plan.Affines = p.replayer.model.Affines()
	}
	if plan.Batch > 0 && (p.batch == 0 || plan.Batch < p.batch) {
		p.batch = plan.Batch
	}
	p.reference = p.reference || !plan.NoReference
}

// run replays the images. The statistics of a second run are those of both.
func (p *prepared) run(ctx context.Context, progress func(done int)) ([]*Replay, error) {
	images := p.images
	replays := make([]*Replay, len(p.plans))
	for i := range replays {
		replays[i] = &Replay{Images: images.Len(), Classes: make([]int, images.Len())}
	}
	exact := make([]int, images.Len())
	err := p.crew.eachBatch(ctx, work{images.Len(), p.batch, progress}, func(w *worker) func(from, to int) {
		e := p.ways[w]
		walk := walker{worker: w, executor: e.replay}
		return func(from, to int) {
			walk.found = func(plans, classes []int) {
				for _, i := range plans {
					copy(replays[i].Classes[from:to], classes)
				}
			}
			b := e.replay.Begin(images.Slice(from, to))
			walk.walk(b, p.tree.root)
			e.replay.Release(b)
			if e.plain != nil {
				copy(exact[from:to], e.plain.Classify(images.Slice(from, to)))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for i, replay := range replays {
		replay.Correct = right(replay.Classes, images.Labels)
		if !p.plans[i].NoReference {
			replay.CorrectExact = right(exact, images.Labels)
		}
		replay.Layers = p.layers(i)
	}
	return replays, nil
}

// layers is what a plan's layers saw. Sums do not depend on which worker saw what.
func (p *prepared) layers(plan int) []LayerReplay {
	layers := make([]LayerReplay, len(p.replayer.layers))
	for i, product := range p.tree.paths[plan] {
		first := p.crew.workers[0].runners[product]
		stats := first.Stats()
		for _, w := range p.crew.workers[1:] {
			stats.Add(w.runners[product].Stats())
		}
		columns := first.Columns(stats)
		layers[i] = LayerReplay{
			Name: p.replayer.layers[i].Layer, Bits: p.plans[plan].Bits[i],
			Stats: stats, Certificate: columns.Total(), Columns: columns,
		}
	}
	return layers
}

// right counts the classes that are the images' own.
func right(classes []int, labels []uint8) int {
	n := 0
	for i, label := range labels {
		if classes[i] == int(label) {
			n++
		}
	}
	return n
}
