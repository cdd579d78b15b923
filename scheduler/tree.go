package scheduler

import (
	"slices"

	"bitline/workloads"
)

// tree is the replays of several plans. Plans go one way as far as they agree: in
// the resolutions and the output stages of the layers so far, and in what is
// recorded. Products of inputs that plans share are computed and counted once.
type tree struct {
	root  *fork
	needs []need  // of every product of the tree
	paths [][]int // the product of each plan and matrix, an index of needs
}

// fork is where plans that went one way so far come to the next layer with a
// matrix.
type fork struct {
	pools    []int // layers without matrices to be computed before
	layer    int
	matrix   int
	products []product
}

// product is the layer's, of plans with the same resolutions.
type product struct {
	need int
	ways []way
}

// way is where plans go on that have the same output stage too.
type way struct {
	affine workloads.Affine
	plans  []int
	next   *fork // nil behind the last layer
}

// newTree finds what plans share; they have affines and a level.
func newTree(n *workloads.Network, plans []Plan) *tree {
	t := &tree{paths: make([][]int, len(plans))}
	all := make([]int, len(plans))
	for i := range all {
		all[i] = i
	}
	t.root = t.grow(n, plans, growth{plans: all})
	return t
}

// growth is what a fork is made of: the first layer behind the fork before it, the
// number of matrices so far, and plans.
type growth struct {
	layer, matrix int
	plans         []int
}

func (t *tree) grow(n *workloads.Network, plans []Plan, g growth) *fork {
	f := &fork{layer: g.layer, matrix: g.matrix}
	for ; !n.Layers[f.layer].Kind.Matrix(); f.layer++ {
		f.pools = append(f.pools, f.layer)
	}
	for _, i := range g.plans {
		p := f.product(t, need{g.matrix, plans[i].Bits[g.matrix], plans[i].Statistics})
		t.paths[i] = append(t.paths[i], p.need)
		w := p.way(plans[i].Affines[g.matrix])
		w.plans = append(w.plans, i)
	}
	if f.layer == len(n.Layers)-1 {
		return f
	}
	for _, p := range f.products {
		for i := range p.ways {
			p.ways[i].next = t.grow(n, plans, growth{f.layer + 1, g.matrix + 1, p.ways[i].plans})
		}
	}
	return f
}

// product is the fork's product for a need.
func (f *fork) product(t *tree, n need) *product {
	for i, p := range f.products {
		if t.needs[p.need].same(n) {
			return &f.products[i]
		}
	}
	f.products = append(f.products, product{need: len(t.needs)})
	t.needs = append(t.needs, n)
	return &f.products[len(f.products)-1]
}

// way is the product's way with an output stage.
func (p *product) way(a workloads.Affine) *way {
	for i, w := range p.ways {
		if w.affine.F == a.F && slices.Equal(w.affine.M, a.M) && slices.Equal(w.affine.B, a.B) {
			return &p.ways[i]
		}
	}
	p.ways = append(p.ways, way{affine: a})
	return &p.ways[len(p.ways)-1]
}

// parts says whether plans go different ways from the fork on.
func (f *fork) parts() bool { return len(f.products) > 1 || len(f.products[0].ways) > 1 }

// batches is the largest number of batches that are in memory at the same time
// below the fork.
func (f *fork) batches() int {
	most := 1
	for _, p := range f.products {
		for _, w := range p.ways {
			below := 1
			if w.next != nil {
				below = w.next.batches()
			}
			if f.parts() {
				below += len(p.ways) // with the batch before the fork, without the way's own
			}
			most = max(most, below)
		}
	}
	return most
}

// walker is a worker on its way through a tree.
type walker struct {
	worker   *worker
	executor *workloads.Executor
	// found is told the classes that plans come to.
	found func(plans, classes []int)
}

// walk computes a batch that has come to a fork, on all ways.
func (w *walker) walk(b *workloads.Batch, f *fork) {
	for _, layer := range f.pools {
		w.executor.Step(b, layer)
	}
	parts := f.parts()
	for _, p := range f.products {
		w.worker.active[f.matrix] = w.worker.runners[p.need]
		to := make([]workloads.Stage, len(p.ways))
		for i, way := range p.ways {
			to[i] = workloads.Stage{Batch: b, Affine: way.affine}
			if parts {
				to[i].Batch = b.Branch()
			}
		}
		w.executor.StepAll(f.layer, to)
		for i, way := range p.ways {
			if way.next != nil {
				w.walk(to[i].Batch, way.next)
			} else {
				w.found(way.plans, w.executor.Classes(to[i].Batch))
			}
			if parts {
				w.executor.Release(to[i].Batch)
			}
		}
	}
}
