// Package cost is the one definition of what a component costs and of the
// account in which actions become energy: components count, the account
// multiplies, once and in integers.
package cost

import (
	"math"

	"bitline/internal/config"
	"bitline/internal/units"
)

// Cost is what one instance of a component costs. A chip charges a component
// either per action or by its power while busy; both may be given.
type Cost struct {
	Energy      units.Energy // per action
	ActivePower units.Power  // while busy
	StaticPower units.Power  // always
	Area        units.Area
	// Assumed says on what the figures rest where they were not read in a
	// publication; it is empty for figures with a source.
	Assumed string
}

// Read reads a component's energy, active_power, static_power, area and assumed.
func Read(t *config.Table, def Cost) Cost {
	return Cost{
		Energy:      t.Energy("energy", def.Energy),
		ActivePower: t.Power("active_power", def.ActivePower),
		StaticPower: t.Power("static_power", def.StaticPower),
		Area:        t.Area("area", def.Area),
		Assumed:     t.String("assumed", def.Assumed),
	}
}

// Given says whether the component costs anything.
func (c Cost) Given() bool {
	return c.Energy != 0 || c.ActivePower != 0 || c.StaticPower != 0 || c.Area != 0
}

// Nameplate is the power of one instance that is busy all the time, without its
// energy per action.
func (c Cost) Nameplate() units.Power { return c.ActivePower + c.StaticPower }

// Row is one line of an energy account: so many actions of a component, or so
// much time, and the energy they took.
type Row struct {
	Component string
	Action    string
	Kind      Kind
	Count     int64      // actions, or instances for a static row
	Busy      units.Time // summed over instances
	Energy    units.Energy
	Assumed   string
}

// Kind splits an account.
type Kind string

// The kinds of energy: of actions, of parts that are powered but do not act.
const (
	Dynamic Kind = "dynamic"
	Leakage Kind = "leakage"
)

// Dynamic is the row of count actions that kept instances busy for a summed time.
func (c Cost) Dynamic(component, action string, count int64, busy units.Time) Row {
	return Row{
		Component: component, Action: action, Kind: Dynamic, Count: count, Busy: busy,
		Energy: add(c.Energy.Times(count), c.ActivePower.Over(busy)), Assumed: c.Assumed,
	}
}

// Static is the row of instances that leak for a time each.
func (c Cost) Static(component string, instances int64, during units.Time) Row {
	return Row{
		Component: component, Action: "static", Kind: Leakage, Count: instances,
		Energy: c.StaticPower.Over(during).Times(instances), Assumed: c.Assumed,
	}
}

// Total is the sum of the rows' energies; like each of them it saturates rather
// than wraps.
func Total(rows []Row) units.Energy {
	var sum units.Energy
	for _, r := range rows {
		sum = add(sum, r.Energy)
	}
	return sum
}

// add is a + b, both at least 0, or the largest energy if that is more.
func add(a, b units.Energy) units.Energy {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
