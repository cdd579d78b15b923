package scheduler

import (
	"errors"
	"fmt"
	"slices"

	"bitline/internal/report"
)

// pack puts all layers into one round or, where that is too much and the chip may
// run in rounds, consecutive layers into rounds, as many layers in each as fit.
// As rounds only have to be consecutive, no packing has fewer.
func (y *layout) pack(network string, plans []plan, capacity int) (rounds int, err error) {
	need := 0
	for i := range plans {
		need += plans[i].copies * plans[i].imas
	}
	if need <= capacity {
		return 1, nil
	}
	if !y.chip.Map.Rounds {
		return 0, y.missing(network, plans, need)
	}
	var faults []error
	taken := 0
	for i := range plans {
		p := &plans[i]
		layer := p.copies * p.imas
		if layer > capacity {
			faults = append(faults, fmt.Errorf("layer %s of network %s needs %s of chip %s in a round of its own, which has %s",
				p.shape.Layer, network, report.Counted(y.tiles(layer), "tile"), y.chip.Name, y.system()))
		}
		if taken += layer; taken > capacity {
			rounds, taken = rounds+1, layer
		}
		p.round = rounds
	}
	return rounds + 1, errors.Join(faults...)
}

// missing says what a network that does not fit needs.
func (y *layout) missing(network string, plans []plan, need int) error {
	have, tiles := y.chip.Count*y.chip.Tiles, y.tiles(need)
	gap := "1 tile is missing"
	if n := tiles - have; n > 1 {
		gap = fmt.Sprintf("%d tiles are missing", n)
	}
	cure := fmt.Sprintf("chips = %d would do", ceil(tiles, y.chip.Tiles))
	if !slices.ContainsFunc(plans, func(p plan) bool { return p.copies*p.imas > have*y.chip.Tile.IMAs }) {
		cure += ", and mapping.rounds = true would run it in rounds, between which the cells are programmed anew"
	}
	return fmt.Errorf("network %s needs %s of chip %s, which has %s: %s; %s",
		network, report.Counted(tiles, "tile"), y.chip.Name, y.system(), gap, cure)
}

// tiles is how many tiles so many IMAs are.
func (y *layout) tiles(imas int) int { return ceil(imas, y.chip.Tile.IMAs) }

// system is the tiles of all chips.
func (y *layout) system() string {
	if y.chip.Count == 1 {
		return fmt.Sprint(y.chip.Tiles)
	}
	return fmt.Sprintf("%d on %d chips", y.chip.Count*y.chip.Tiles, y.chip.Count)
}
