package arch

import (
	"bitline/internal/config"
)

// The rules by which layers get copies.
const (
	// ReplicateNone gives every layer one copy.
	ReplicateNone = "none"
	// ReplicateBalanced makes the products of the slowest layer's copy as few as
	// the crossbars allow, and gives no copies to layers that do not bound them.
	ReplicateBalanced = "balanced"
	// ReplicateISAAC gives every layer copies in proportion to its output
	// positions, as many as fit.
	ReplicateISAAC = "isaac"
	// ReplicateByHand gives the copies of Mapping.Copies.
	ReplicateByHand = "by-hand"
)

// The rules by which tiles are chosen.
const (
	// PlaceInOrder takes tiles in the order of their numbers.
	PlaceInOrder = "in-order"
	// PlaceNearConsumer puts tiles near those that take their outputs.
	PlaceNearConsumer = "near-consumer"
)

// The rules by which the positions of an image are dealt to the copies of a layer.
const (
	// DealCyclic gives position p to copy p mod copies.
	DealCyclic = "cyclic"
	// DealStriped gives each copy neighbouring columns, or its rows of a column.
	DealStriped = "striped"
)

// MaxCopies bounds the copies of one layer.
const MaxCopies = 1 << 20

// Mapping is how networks are laid out on the chip.
type Mapping struct {
	// Replicate is one of the constants of that name; "" is ReplicateNone.
	Replicate string
	// Copies pins the copies of single layers by their names; those that are not
	// named follow Replicate, and have one copy by hand.
	Copies map[string]int
	// Crossbars is how many crossbars all copies may take under ReplicateBalanced
	// and ReplicateISAAC, those of IMAs in use that hold no weights included; 0 is
	// all of the system.
	Crossbars int
	// Place is one of the constants of that name; "" is PlaceInOrder.
	Place string
	// Deal is one of the constants of that name; "" is DealCyclic.
	Deal string
	// Rounds lets a network that does not fit run in rounds, between which the
	// cells are programmed anew.
	Rounds bool
	// Batch is the number of images that pass one round before the next, at
	// least 1.
	Batch int
}

// DefaultMapping is one copy of each layer, in one round. Its rules for places and
// positions are those with the shortest intervals that were measured (docs/chips.md).
func DefaultMapping() Mapping {
	return Mapping{Replicate: ReplicateNone, Place: PlaceNearConsumer, Deal: DealStriped, Batch: 1}
}

// ReadMapping reads the table [mapping] over the defaults. That the names of
// copies are layers can only be judged with a network.
func ReadMapping(t *config.Table) Mapping {
	m := DefaultMapping()
	m.Replicate = t.Enum("replicate", m.Replicate, ReplicateNone, ReplicateBalanced, ReplicateISAAC, ReplicateByHand)
	m.Crossbars = t.Int("crossbars", m.Crossbars, 1, 1<<40)
	m.Place = t.Enum("place", m.Place, PlaceInOrder, PlaceNearConsumer)
	m.Deal = t.Enum("deal", m.Deal, DealCyclic, DealStriped)
	m.Rounds = t.Bool("rounds", m.Rounds)
	m.Batch = t.Int("batch", m.Batch, 1, 1<<20)
	copies := t.Table("copies")
	for _, layer := range copies.Keys() {
		if m.Copies == nil {
			m.Copies = map[string]int{}
		}
		m.Copies[layer] = copies.Int(layer, 1, 1, MaxCopies)
	}
	if rule, given := t.Value("replicate"); given && rule != m.Replicate {
		return m // a fault that is told already
	}
	budget := m.Replicate == ReplicateBalanced || m.Replicate == ReplicateISAAC
	if m.Crossbars > 0 && !budget {
		t.Faultf("crossbars", "is %d with replicate = %q, want it with %q or %q only", m.Crossbars, m.Replicate, ReplicateBalanced, ReplicateISAAC)
	}
	if m.Copies != nil && m.Replicate == ReplicateNone {
		t.Faultf("copies", "names layers with replicate = %q, want replicate = %q, or a rule under which they are pinned", m.Replicate, ReplicateByHand)
	}
	if t.Has("batch") && !m.Rounds {
		t.Faultf("batch", "is %d without rounds = true, want it with rounds only", m.Batch)
	}
	return m
}
