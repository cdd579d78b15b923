package pipeline

import (
	"testing"

	"bitline/internal/units"
)

// What a page shows of the area is the system's, to the last nm², whatever the
// hierarchy of its bill.
func TestSystemAreas(t *testing.T) {
	for _, name := range source("chips").Names() {
		for _, set := range []string{"chips=1", "chips=3"} {
			if set == "chips=3" && name != "isaac-ce" { // few of the others have links
				continue
			}
			chip, err := LoadChip(name, []string{set})
			if err != nil {
				t.Fatal(err)
			}
			bill, err := chip.Bill()
			if err != nil {
				t.Fatal(err)
			}
			sum, last := units.Area(0), bill.System.Area
			seen := map[string]bool{}
			for _, a := range systemAreas(chip, bill) {
				if a.area <= 0 || a.area > last || seen[a.component] || a.component == "tile" || a.component == "IMA" {
					t.Errorf("%s, %s: %s has %v after %v, want parts once, the largest first", name, set, a.component, a.area, last)
				}
				sum, last, seen[a.component] = sum+a.area, a.area, true
			}
			if sum != bill.System.Area {
				t.Errorf("%s, %s: areas add up to %v, want %v", name, set, sum, bill.System.Area)
			}
		}
	}
}
