package timing

import (
	"fmt"
	"math"
	"strings"

	"bitline/internal/report"
)

// deadlock explains why nothing more can happen: who waits for room where, and
// what those are missing who have it.
func (b *builder) deadlock(m *model, images int) error {
	var waits []string
	for i := range m.stores {
		s := &m.stores[i]
		if len(s.waiting) == 0 || len(waits) == 4 {
			continue
		}
		waits = append(waits, fmt.Sprintf("%s fills all %d positions (%d bytes) of the eDRAM of tile %d that are given to it, and is not used because %s",
			b.whatFor(s), s.slots, (s.slots*s.bits+7)/8, s.tile, b.misses(m, s)))
	}
	if len(waits) == 0 {
		return fmt.Errorf("nothing more can happen after %d of %d images: a fault of the model", len(m.done), images)
	}
	return fmt.Errorf("deadlock after %s: %s; want a larger tile.edram.bytes", report.Counted(len(m.done), "image"), strings.Join(waits, "; "))
}

// misses says what the consumer of a full store waits for.
func (b *builder) misses(m *model, s *store) string {
	for _, i := range s.teams {
		if wants := m.wants(&m.teams[i]); wants > s.arrived && wants < math.MaxInt64 {
			return fmt.Sprintf("the next window needs %s more", report.Counted(wants-s.arrived, "position"))
		}
	}
	switch {
	case s.copy >= 0:
		return "the sums that it is added to are not complete"
	case s.emitter >= 0:
		return "its results find no room"
	}
	return "the layer waits for room of its own results, or for its other tiles"
}
