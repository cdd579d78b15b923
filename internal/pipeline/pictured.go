package pipeline

import (
	"cmp"
	"slices"

	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/cost"
	"bitline/internal/units"
	"bitline/scheduler/timing"
)

// pictured is what a result's pages and plots show beside its figures.
type pictured struct {
	job, chip string // documents
	areas     []componentArea
	layers    [][]cost.Row // energy of actions, by mapped layer
	limits    [][]limits   // of converters, layers × slices
}

// componentArea is the area of all components of a name in the whole system.
type componentArea struct {
	component string
	area      units.Area
}

// limits are the smallest and the largest sum that a converter does not clip; nil
// where it clips none.
type limits struct{ low, high *float64 }

func newPictured(f findings) (pictured, error) {
	bill, err := f.job.Chip.Bill()
	if err != nil {
		return pictured{}, err
	}
	p := pictured{areas: systemAreas(f.job.Chip, bill)}
	if p.job, p.chip, err = f.job.documents(); err != nil {
		return pictured{}, err
	}
	if p.layers, err = timing.LayerRows(f.timed, f.timing); err != nil {
		return pictured{}, err
	}
	signed := f.job.Chip.Encoding.Signed == crossbar.DifferentialAnalog
	for _, bits := range f.bits {
		var of []limits
		for _, b := range bits {
			transfer, err := adc.NewTransfer(f.job.Chip.ADC, b, 1, signed)
			if err != nil {
				return pictured{}, err
			}
			var l limits
			if low, high, ok := transfer.Limits(); ok {
				l.high = &high
				if low != 0 {
					l.low = &low
				}
			}
			of = append(of, l)
		}
		p.limits = append(p.limits, of)
	}
	return p, nil
}

// systemAreas adds up what the system's area is made of, the largest first. Parts
// of IMAs and tiles that have a name in common are told apart by their level.
func systemAreas(chip *arch.Chip, bill arch.Bill) []componentArea {
	tiles := units.Area(chip.Tiles * chip.Count)
	counts := map[arch.Level]units.Area{
		arch.LevelIMA: tiles * units.Area(chip.Tile.IMAs), arch.LevelTile: tiles, arch.LevelChip: units.Area(chip.Count), arch.LevelSystem: 1,
	}
	levels := map[string]arch.Level{} // of names, "" for those of several levels
	for _, r := range bill.Rows {
		if level, ok := levels[r.Component]; ok && level != r.Level {
			levels[r.Component] = ""
		} else if !ok {
			levels[r.Component] = r.Level
		}
	}
	var areas []componentArea
	above := arch.LevelIMA
	for _, r := range bill.Rows {
		if r.Level != above { // the first row of a level is the level below
			above = r.Level
			continue
		}
		name := r.Component
		if levels[name] == "" {
			name = string(r.Level) + " " + name
			if r.Level == arch.LevelIMA {
				name = "IMA " + r.Component
			}
		}
		i := slices.IndexFunc(areas, func(a componentArea) bool { return a.component == name })
		if i < 0 {
			i = len(areas)
			areas = append(areas, componentArea{component: name})
		}
		areas[i].area += r.Area * counts[r.Level]
	}
	areas = slices.DeleteFunc(areas, func(a componentArea) bool { return a.area == 0 })
	slices.SortStableFunc(areas, func(a, b componentArea) int { return cmp.Compare(b.area, a.area) })
	return areas
}
