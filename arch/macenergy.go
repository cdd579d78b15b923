package arch

import (
	"strings"

	"bitline/internal/units"
)

// MACEnergy is a component's energy for one multiply-accumulate at peak, in
// femtojoules: its nameplate power, and its power by the energies of its actions,
// over the products that the chip makes in a second.
type MACEnergy struct {
	Level             Level
	Component         string
	Spec              string // such as "3 b, 3.413 GS/s"
	Nameplate, Events float64
}

// perMAC divides the power of every row that is no group of others by the chip's
// multiply-accumulates a second.
func (b *Bill) perMAC(c *Chip) []MACEnergy {
	instances := map[Level]float64{LevelIMA: float64(c.Tiles) * float64(c.Tile.IMAs), LevelTile: float64(c.Tiles), LevelChip: 1}
	seconds := float64(b.Peak.MVM) / 1e15
	each := units.Quotient(seconds, b.Peak.Operations/2) * 1e3 // pW·s = 1e-12 J = 1e3 fJ
	var list []MACEnergy
	for _, r := range b.Rows {
		grouped := r.Level == LevelTile && r.Component == "IMA" || r.Level == LevelChip && r.Component == "tile" || r.Level == LevelSystem
		if n := instances[r.Level]; !grouped && r.Power+r.Events > 0 {
			list = append(list, MACEnergy{Level: r.Level, Component: r.Component, Spec: r.Spec, Nameplate: float64(r.Power) * n * each, Events: float64(r.Events) * n * each})
		}
	}
	return list
}

// names are what the rows are called in a list: those of one component, which are
// converters of several resolutions, with theirs.
func names(list []MACEnergy) []string {
	count := map[string]int{}
	for _, m := range list {
		count[componentPath(m.Level, m.Component)]++
	}
	all := make([]string, len(list))
	for i, m := range list {
		if all[i] = componentPath(m.Level, m.Component); count[all[i]] > 1 {
			bits, _, _ := strings.Cut(m.Spec, ", ")
			all[i] += ", " + bits
		}
	}
	return all
}

// PerMACTotal is the sum of the energies of a multiply-accumulate in
// femtojoules, of the whole chip and without its links and port.
func (b *Bill) PerMACTotal() (whole, withoutIO float64) {
	for _, m := range b.PerMAC {
		whole += m.Nameplate + m.Events
		if !IsIO(m.Component) {
			withoutIO += m.Nameplate + m.Events
		}
	}
	return whole, withoutIO
}
