package scheduler

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/workloads"
)

// randomPlans draws plans of few different resolutions and output stages, so that
// many of them begin alike.
func randomPlans(t *testing.T, rng *rand.Rand, r *Replayer, images workloads.Images) []Plan {
	t.Helper()
	plans := make([]Plan, 8)
	for i := range plans {
		p := &plans[i]
		if i > 0 && rng.IntN(3) > 0 {
			*p = plans[rng.IntN(i)] // an earlier plan up to some layer
			p.Bits = slices.Clone(p.Bits)
		} else {
			p.Bits = slices.Repeat([][]int{{3, 3, 3, 2}}, len(r.layers))
		}
		for range rng.IntN(3) {
			p.Bits[rng.IntN(len(p.Bits))] = []int{2 + rng.IntN(2), 3, 2, 1 + rng.IntN(2)}
		}
		switch rng.IntN(4) {
		case 0:
			affines, err := r.Recalibrate(context.Background(), p.Bits, images)
			if err != nil {
				t.Fatal(err)
			}
			p.Affines = affines
		case 1: // one layer's stage differs, in an offset alone
			p.Affines = r.model.Affines()
			a := &p.Affines[rng.IntN(len(p.Affines))]
			a.B = slices.Clone(a.B)
			a.B[0] += 1 << 12
		}
		p.Statistics = []crossbar.Level{"", crossbar.Clips, crossbar.Clips, crossbar.Sums}[rng.IntN(4)]
		p.NoReference = rng.IntN(2) == 0
		p.Batch = []int{0, 0, 7}[rng.IntN(3)]
	}
	return plans
}

// plainReplay is a replay by an executor and runners of its own, image by image.
func plainReplay(t *testing.T, r *Replayer, images workloads.Images, plan Plan) *Replay {
	t.Helper()
	level := plan.Statistics
	if level == "" {
		level = crossbar.Sums
	}
	var runners []*crossbar.TileRunner
	for i, bits := range plan.Bits {
		m, err := r.layOut(i, bits)
		if err != nil {
			t.Fatal(err)
		}
		runner, err := m.NewTileRunner(r.chip.ADC, bits, crossbar.TileOptions{Statistics: level})
		if err != nil {
			t.Fatal(err)
		}
		runners = append(runners, runner)
	}
	mul := func(layer int, y []int64, x []int16, positions int) { runners[layer].MVM(y, x, positions) }
	e := r.model.NewExecutor(mul, workloads.Options{Fraction: runners[0].Fraction(), Affines: plan.Affines, Batch: 1})
	exact := r.model.NewExecutor(r.model.Exact(), workloads.Options{Batch: 1})
	replay := &Replay{Images: images.Len()}
	for i, label := range images.Labels {
		class := e.Classify(images.Slice(i, i+1))[0]
		replay.Classes = append(replay.Classes, class)
		if class == int(label) {
			replay.Correct++
		}
		if !plan.NoReference && exact.Classify(images.Slice(i, i+1))[0] == int(label) {
			replay.CorrectExact++
		}
	}
	for i, runner := range runners {
		stats := runner.Stats()
		replay.Layers = append(replay.Layers, LayerReplay{
			Name: r.layers[i].Layer, Bits: plan.Bits[i], Stats: stats, Certificate: runner.Certificate(stats), Columns: runner.Columns(stats),
		})
	}
	return replay
}

// Many replays in one pass, and one on its own, are what an executor and runners
// of their own give in every field; and plans share products.
func TestRunManyEqualsRuns(t *testing.T) {
	residual := func(t *testing.T, _ int) (*workloads.Model, workloads.Images) { return residualModel(t) }
	for _, c := range []struct {
		name   string
		signed crossbar.Signed
		ranges adc.Range
		model  func(*testing.T, int) (*workloads.Model, workloads.Images) // of weights of so many magnitude bits
	}{
		{"perceptron", crossbar.Differential, adc.Unit, perceptron},
		{"perceptron, cells by resolution", crossbar.OffsetFlip, adc.Unit, perceptron},
		{"perceptron, 128-bit stages", crossbar.Differential, adc.Full, perceptron},
		{"convolutions", crossbar.Differential, adc.Unit, residual},
		{"convolutions, 128-bit stages", crossbar.Differential, adc.Full, residual},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := crossbar.DefaultEncoding()
			e.Signed = c.signed
			model, images := c.model(t, e.MagnitudeBits())
			images = images.Slice(0, 24)
			chip := replayChip(e, 4)
			chip.ADC.Range = c.ranges
			r, err := NewReplayer(chip, model)
			if err != nil {
				t.Fatal(err)
			}
			for i, class := range model.NewExecutor(model.Exact(), workloads.Options{}).Classify(images) {
				images.Labels[i] = uint8(class)
			}
			rng := rand.New(rand.NewPCG(21, 22))
			for round := range 2 {
				plans, lost := randomPlans(t, rng, r, images), false
				for _, processors := range []int{1, 2} {
					old := runtime.GOMAXPROCS(processors)
					got, err := r.RunMany(context.Background(), images, plans, nil)
					runtime.GOMAXPROCS(old)
					if err != nil {
						t.Fatal(err)
					}
					for i, plan := range plans {
						want := plainReplay(t, r, images, plan)
						if !reflect.DeepEqual(got[i], want) {
							t.Errorf("round %d, %d processors, plan %d of bits %v differs: got %+v, want %+v", round, processors, i, plan.Bits, got[i], want)
						}
						one, err := r.Run(context.Background(), images, plan, nil)
						if err != nil {
							t.Fatal(err)
						}
						if !reflect.DeepEqual(one, want) {
							t.Errorf("round %d, plan %d of bits %v on its own differs: got %+v, want %+v", round, i, plan.Bits, one, want)
						}
						lost = lost || !plan.NoReference && one.Correct != one.CorrectExact
					}
				}
				if !lost {
					t.Errorf("round %d: no plan finds more or fewer images than the reference, so the test shows little", round)
				}
				p, err := r.prepare(images, plans)
				if err != nil {
					t.Fatal(err)
				}
				if have, all := len(p.tree.needs), len(plans)*len(r.layers); have >= all-2 {
					t.Errorf("round %d: %d products for %d of separate runs, so the test shows little", round, have, all)
				}
			}
		})
	}
}

func TestRunManyOfNothing(t *testing.T) {
	model, images := smallModel(t, 8)
	r, err := NewReplayer(replayChip(crossbar.DefaultEncoding(), 4), model)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.RunMany(context.Background(), images, nil, nil); len(got) != 0 || err != nil {
		t.Errorf("no plans give %v, %v, want nothing", got, err)
	}
}

// Four plans of three matrices, a pool before the second. Plans 0 and 1 are equal;
// 2 parts from them at the second product, 3 behind the first by its stage.
//
//	first ┬ second ┬ third: 0, 1
//	      │        └ (other bits of the second) second' ─ third': 2
//	      └ (other stage of the first) second″ ─ third″: 3
func TestTree(t *testing.T) {
	net := &workloads.Network{Layers: []workloads.Layer{{Kind: workloads.Conv}, {Kind: workloads.MaxPool}, {Kind: workloads.Conv}, {Kind: workloads.Linear}}}
	stage := func(offset int64) workloads.Affine { return workloads.Affine{M: []int64{1}, B: []int64{offset}} }
	plan := func(second int, offset int64) Plan {
		return Plan{Bits: [][]int{{4}, {second}, {4}}, Affines: []workloads.Affine{stage(offset), stage(0), stage(0)}, Statistics: crossbar.Clips}
	}
	plans := []Plan{plan(4, 0), plan(4, 0), plan(3, 0), plan(4, 1)}
	tree := newTree(net, plans)
	var words []string
	for _, path := range tree.paths {
		words = append(words, fmt.Sprint(path))
	}
	// Products are numbered as they are met: a path's before its siblings'.
	want := []string{"[0 1 3]", "[0 1 3]", "[0 2 4]", "[0 5 6]"}
	if !slices.Equal(words, want) {
		t.Errorf("paths are %v, want %v", words, want)
	}
	if got := len(tree.needs); got != 7 {
		t.Errorf("%d products, want 7 of 12", got)
	}
	if root := tree.root; root.layer != 0 || len(root.pools) != 0 || root.products[0].ways[0].next.layer != 2 || !slices.Equal(root.products[0].ways[0].next.pools, []int{1}) {
		t.Errorf("forks are at layers %d and %d, want 0, and 2 behind pool 1", root.layer, root.products[0].ways[0].next.layer)
	}
	// The image, the two ways behind the first product and, below the one, the way
	// behind the second.
	if got := tree.root.batches(); got != 4 {
		t.Errorf("%d batches at the same time, want 4", got)
	}
	if got := newTree(net, plans[:2]).root.batches(); got != 1 {
		t.Errorf("%d batches of equal plans at the same time, want 1", got)
	}
}

// What differs in one way alone parts plans at the right place.
func TestTreeParts(t *testing.T) {
	net := &workloads.Network{Layers: []workloads.Layer{{Kind: workloads.Linear}}}
	base := Plan{Bits: [][]int{{4, 3}}, Affines: []workloads.Affine{{M: []int64{5}, B: []int64{7}, F: 3}}, Statistics: crossbar.Clips}
	for _, c := range []struct {
		name           string
		edit           func(*Plan)
		products, ways int // of the first product
	}{
		{"nothing", func(*Plan) {}, 1, 1},
		{"bits", func(p *Plan) { p.Bits = [][]int{{4, 4}} }, 2, 1},
		{"statistics", func(p *Plan) { p.Statistics = crossbar.Sums }, 2, 1},
		{"factor", func(p *Plan) { p.Affines = []workloads.Affine{{M: []int64{6}, B: []int64{7}, F: 3}} }, 1, 2},
		{"offset", func(p *Plan) { p.Affines = []workloads.Affine{{M: []int64{5}, B: []int64{8}, F: 3}} }, 1, 2},
		{"shift", func(p *Plan) { p.Affines = []workloads.Affine{{M: []int64{5}, B: []int64{7}, F: 4}} }, 1, 2},
		{"reference", func(p *Plan) { p.NoReference = true }, 1, 1},
	} {
		other := base
		c.edit(&other)
		root := newTree(net, []Plan{base, other}).root
		if len(root.products) != c.products || len(root.products[0].ways) != c.ways {
			t.Errorf("%s differs: %d products, %d ways, want %d and %d", c.name, len(root.products), len(root.products[0].ways), c.products, c.ways)
		}
	}
}
