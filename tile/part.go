package tile

import (
	"bitline/internal/config"
	"bitline/internal/cost"
)

// Part is equal components of one IMA, tile or chip that cost power and area and
// have no timing of their own: control, instruction memory, register file, clock.
// Its active power is drawn while the IMA that it is a part of reads, and always where
// it is a part of a tile or chip; its static power always.
type Part struct {
	Name  string
	Count int
	Cost  cost.Cost // of one; without an energy, as a part has no actions
}

// ReadParts reads an array of tables such as [[tile.part]], of which t is the
// table [tile].
func ReadParts(t *config.Table, key string) []Part {
	var parts []Part
	seen := map[string]bool{}
	for _, p := range t.Tables(key) {
		p.Require("name")
		part := Part{Name: p.String("name", ""), Count: p.Int("count", 1, 1, 1<<20), Cost: cost.Read(p, cost.Cost{})}
		switch {
		case p.Has("name") && part.Name == "":
			p.Faultf("name", "is \"\", want what the bill of materials calls it")
		case seen[part.Name] && part.Name != "":
			p.Faultf("name", "is %q as that of another part, want one name for each", part.Name)
		}
		if p.Has("energy") {
			p.Faultf("energy", "is given for a part, which has no actions: want active_power or static_power")
		}
		seen[part.Name] = true
		parts = append(parts, part)
	}
	return parts
}
