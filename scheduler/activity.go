package scheduler

import (
	"fmt"

	"bitline/crossbar"
	"bitline/workloads"
)

// Activity is what one read of one array did in the replay of an image. The reads
// of one layer and position are one product's: their activity is joint, which is
// what data-dependent time and energy need.
type Activity struct {
	Layer    int // number among the layers that lie on crossbars
	Position int // of the layer's output, row by row
	crossbar.ArrayRead
}

// Activity replays one image under a plan, tells f of every read of every array,
// and returns the image's class. Reads come layer by layer, position by position,
// and within a product in the order block, step, slice, sign. It computes every
// sum and is much slower than a replay that counts clips.
func (r *Replayer) Activity(image workloads.Images, plan Plan, f func(Activity)) (class int, err error) {
	if image.Len() != 1 || image.Shape != r.model.Network.Input {
		return 0, fmt.Errorf("activity of %d images of %s, want 1 of %s", image.Len(), image.Shape, r.model.Network.Input)
	}
	matrices, err := r.programAll(plan.Bits)
	if err != nil {
		return 0, err
	}
	l := listener{positions: make([]int, len(matrices)), tell: f}
	for i, m := range matrices {
		runner, err := m.NewRunner(r.chip.ADC, plan.Bits[i])
		if err != nil {
			return 0, fmt.Errorf("layer %s: %w", r.layers[i].Layer, err)
		}
		runner.OnRead(func(a crossbar.ArrayRead) { l.tell(Activity{Layer: i, Position: l.positions[i], ArrayRead: a}) })
		l.runners = append(l.runners, runner)
	}
	options := workloads.Options{Fraction: l.runners[0].Fraction(), Affines: plan.Affines, Batch: 1}
	return r.model.NewExecutor(l.mul, options).Classify(image)[0], nil
}

// listener computes one image's products vector by vector.
type listener struct {
	runners   []*crossbar.Runner
	positions []int // the next of each layer
	tell      func(Activity)
}

func (l *listener) mul(layer int, y []int64, x []int16, positions int) {
	const tile = workloads.TilePositions
	in, out := make([]int32, len(x)/tile), make([]int64, len(y)/tile)
	for p := range positions {
		for k := range in {
			in[k] = int32(x[k*tile+p])
		}
		l.runners[layer].MVM(out, in)
		for n, v := range out {
			y[n*tile+p] = v
		}
		l.positions[layer]++
	}
}
