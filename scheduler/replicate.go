package scheduler

import (
	"errors"
	"fmt"
	"slices"

	"bitline/arch"
	"bitline/internal/config"
	"bitline/internal/report"
	"bitline/workloads"
)

// demand is what replication knows of a layer.
type demand struct {
	positions int
	cost      int // of one copy: IMAs, or arrays
	copies    int
	pinned    bool // copies are given
}

// balance gives copies to the layers that bound the interval until no budget
// would shorten it: T, the most products of a copy, is the smallest for which
//
//	Σ cost × ⌈positions / T⌉ ≤ budget
//
// and layer i has ⌈positions / T⌉ copies, the fewest with which it does at most T
// products. As each layer's copies grow as T falls, the smallest T is found by
// bisection and is the best that any copies reach. Pinned layers keep their
// copies and bound T as well. The budget must hold one copy of each layer that is
// not pinned. T is 0 without layers.
func balance(layers []demand, budget int) (t int) {
	low, high := 1, 1
	for _, l := range layers {
		if l.pinned {
			low = max(low, ceil(l.positions, l.copies))
		}
		high = max(high, l.positions)
	}
	for low < high {
		middle := low + (high-low)/2
		if costOf(layers, middle) <= budget {
			high = middle
		} else {
			low = middle + 1
		}
	}
	for i := range layers {
		layers[i].copies = layers[i].at(low)
	}
	return low
}

// at is the number of copies with which a layer does at most t products a copy.
func (l *demand) at(t int) int {
	if l.pinned {
		return l.copies
	}
	return ceil(l.positions, t)
}

// costOf is what the copies cost with which no layer that is not pinned does more
// than t products a copy.
func costOf(layers []demand, t int) int {
	sum := 0
	for i := range layers {
		sum += layers[i].cost * layers[i].at(t)
	}
	return sum
}

// proportion gives every layer copies in proportion to its positions, as ISAAC
// does for a balanced pipeline when it works its way back from the last layer
// (Shafiee et al., ISCA 2016): with k copies of the last convolution, layer i has
//
//	⌈k × positions i / positions of the last convolution⌉
//
// for the largest k that fits the budget. How the paper scales copies to chips is
// not stated exactly; here k is any ratio, less than one where chips are few, and
// no layer has more copies than positions. The positions of the last convolution
// over k are a real T in place of balance's whole one, so that both reach the
// same interval; here the rest of the budget goes on to the layers whose copies
// do most, while they all fit. Pinned layers keep theirs.
func proportion(layers []demand, budget int) {
	free := slices.Clone(layers)
	for i := range free { // pinned layers bound nothing here
		if free[i].pinned {
			budget -= free[i].cost * free[i].copies
			free[i].positions, free[i].cost, free[i].pinned = 1, 0, false
		}
	}
	balance(free, budget)
	for {
		first := -1 // of the layers with most positions a copy
		for i := range free {
			if first < 0 || more(&free[i], &free[first]) {
				first = i
			}
		}
		cost := 0
		for i := range free {
			cost += free[i].cost * free[i].copies
			if same(&free[i], &free[first]) {
				cost += free[i].cost
			}
		}
		if cost > budget || free[first].copies >= free[first].positions {
			break
		}
		top := free[first]
		for i := range free {
			if same(&free[i], &top) {
				free[i].copies++
			}
		}
	}
	for i := range layers {
		if !layers[i].pinned {
			layers[i].copies = free[i].copies
		}
	}
}

// more says whether a has more positions a copy than b, same whether as many.
func more(a, b *demand) bool { return a.positions*b.copies > b.positions*a.copies }

func same(a, b *demand) bool { return a.positions*b.copies == b.positions*a.copies }

// plans cuts the network's layers into blocks and settles their copies and
// rounds.
func (y *layout) plans(net *workloads.Network) ([]plan, error) {
	shapes := net.Matrices()
	plans := make([]plan, len(shapes))
	for i, s := range shapes {
		plans[i] = y.plan(s)
	}
	for i := range y.nodes {
		if k := y.nodes[i].Matrix; k != workloads.NoLayer {
			plans[k].width = y.nodes[i].Out.Width
		}
	}
	if err := y.pin(net.Name, plans); err != nil {
		return nil, err
	}
	capacity, err := y.capacity(net.Name, plans)
	if err != nil {
		return nil, err
	}
	rounds, err := y.pack(net.Name, plans, capacity)
	if err != nil {
		return nil, err
	}
	arrays := 0
	for from := 0; from < len(plans); {
		to := from
		for to < len(plans) && plans[to].round == plans[from].round {
			to++
		}
		y.replicate(plans[from:to], capacity)
		for i := range plans[from:to] {
			arrays += plans[from+i].copies * plans[from+i].arrays(y)
		}
		from = to
	}
	if arrays > maxArrays {
		return nil, fmt.Errorf("network %s takes %d crossbars of chip %s in %s, want at most %d: mapping.crossbars bounds the copies",
			net.Name, arrays, y.chip.Name, report.Counted(rounds, "round"), maxArrays)
	}
	return plans, nil
}

// maxArrays bounds a mapping, far above any system, so that a typing slip is an
// error and not an allocation of terabytes.
const maxArrays = 1 << 24

// pin sets the copies that the chip gives by name.
func (y *layout) pin(network string, plans []plan) error {
	names := make([]string, len(plans))
	for i := range plans {
		names[i] = plans[i].shape.Layer
		plans[i].pinned = y.chip.Map.Replicate == arch.ReplicateByHand || y.chip.Map.Replicate == arch.ReplicateNone
	}
	given := make([]string, 0, len(y.chip.Map.Copies))
	for name := range y.chip.Map.Copies {
		given = append(given, name)
	}
	slices.Sort(given)
	var faults []error
	for _, name := range given {
		n, i := y.chip.Map.Copies[name], slices.Index(names, name)
		switch {
		case i < 0:
			faults = append(faults, fmt.Errorf("mapping.copies names %q, which is no layer of network %s on crossbars%s", name, network, config.DidYouMean(name, names)))
		case n < 1 || n > plans[i].shape.Positions:
			faults = append(faults, fmt.Errorf("mapping.copies of layer %s is %d, want 1 to %d, the positions of an image that copies share", name, n, plans[i].shape.Positions))
		default:
			plans[i].copies, plans[i].pinned = n, true
		}
	}
	return errors.Join(faults...)
}

// capacity is the number of IMAs that the copies of a round may take.
func (y *layout) capacity(network string, plans []plan) (int, error) {
	imas := max(0, y.chip.Count*y.chip.Tiles*y.chip.Tile.IMAs-y.lost)
	budget := y.chip.Map.Crossbars / y.chip.IMA.Crossbars
	if y.chip.Map.Crossbars == 0 || budget >= imas {
		return imas, nil
	}
	need, what := 0, "one copy of each layer of network"
	for i := range plans {
		if y.chip.Map.Rounds {
			need, what = max(need, plans[i].copies*plans[i].imas), "the largest layer of network"
		} else {
			need += plans[i].copies * plans[i].imas
		}
	}
	if need > imas { // more than the budget is missing
		return imas, nil
	}
	if need > budget {
		return 0, fmt.Errorf("mapping.crossbars is %d, want at least %d for %s %s, whole IMAs of %d",
			y.chip.Map.Crossbars, need*y.chip.IMA.Crossbars, what, network, y.chip.IMA.Crossbars)
	}
	return budget, nil
}

// replicate gives the layers of one round their copies.
func (y *layout) replicate(plans []plan, capacity int) {
	layers := make([]demand, len(plans))
	for i := range plans {
		p := &plans[i]
		layers[i] = demand{positions: p.shape.Positions, cost: p.imas, copies: p.copies, pinned: p.pinned}
	}
	switch y.chip.Map.Replicate {
	case arch.ReplicateBalanced:
		balance(layers, capacity)
	case arch.ReplicateISAAC:
		proportion(layers, capacity)
	}
	for i := range plans {
		plans[i].copies = layers[i].copies
	}
}
