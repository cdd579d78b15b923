package sweep

import (
	"slices"
	"strings"

	"bitline/internal/config"
	"bitline/internal/pipeline"
)

// checkKeys loads the job at the first values of the axes and with each variant,
// and finds the keys that neither it nor its chip has. Values are not judged: those
// of one point may fit and those of another not.
func (r *reader) checkKeys() {
	places := make([]row, len(r.axes))
	for i, a := range r.axes {
		places[i] = a.draw(0)
	}
	unknown := unknownKeys(r.plan, places)
	for i, a := range r.axes {
		for j := 1; a.variants && j < len(a.rows); j++ {
			places[i] = a.rows[j]
			unknown = append(unknown, unknownKeys(r.plan, places)...)
		}
		places[i] = a.draw(0)
	}
	for _, c := range r.claims {
		if i := slices.IndexFunc(unknown, func(f keyFault) bool { return f.key == c.key }); i >= 0 {
			c.table.Faultf(c.at, "names %s: %s", config.Shorten(c.key), unknown[i].text)
		}
	}
}

// keyFault is what the job says of an override's key.
type keyFault struct{ key, text string }

// unknownKeys loads the job at a place.
func unknownKeys(p *Plan, places []row) []keyFault {
	sets := slices.Clone(p.shared)
	for _, place := range places {
		sets = append(sets, place.sets...)
	}
	_, err := pipeline.LoadJob(p.Job, sets)
	if err == nil {
		return nil
	}
	var faults []keyFault
	for _, line := range strings.Split(err.Error(), "\n") {
		where, text, _ := strings.Cut(line, ": ")
		if key, ok := strings.CutPrefix(where, "--set "); ok && strings.HasPrefix(text, "unknown key ") {
			faults = append(faults, keyFault{key, text})
		}
	}
	return faults
}
