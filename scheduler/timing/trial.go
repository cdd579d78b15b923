package timing

import "bitline/internal/units"

// trial is a window that is measured before the pipeline is known to have settled.
// It counts if its interval is, but for within, the least that a stream can keep up: the
// time for which the resource that has most to do works for one image. Then nothing that
// is still filling or emptying elsewhere keeps images back.
type trial struct {
	window     // images is 0 while none is measured
	from   int // completed images at its start
	bound  units.Time
	within float64
}

const (
	// trialImages is the length of such a window, and the least number of images
	// before the first.
	trialImages = 4
	// fewProducts of all IMAs on a tile together are an image that takes little: about
	// 10 ms.
	fewProducts = 10_000
)

// image notes a completed image, and says whether it is the last of a window that
// counts.
func (t *trial) image(m *model) bool {
	if t.bound == 0 {
		return false
	}
	done := len(m.done)
	if t.images > 0 {
		t.begun += m.inFlight()
		if done < t.from+t.images {
			return false
		}
		t.length = m.done[done-1] - m.done[t.from-1]
		least := units.Time(t.images) * t.bound // much less is a backlog that is worked off
		if max(t.length-least, least-t.length) <= units.Time(t.within*float64(least)) {
			return true
		}
	}
	t.window = window{within: t.within}
	if done >= max(trialImages, int(m.inFlight())) { // images that came into a full chip
		t.from, t.images = done, trialImages
		m.resetUse()
	}
	return false
}

// bound is the least interval of a chip that has done one image: the time for which
// the resource worked that had most to do. It is 0, for unknown, where images take
// little to simulate: to see whether such a pipeline repeats itself costs nothing.
func (b *builder) bound(m *model) units.Time {
	products := 0
	for i := range m.teams {
		products += len(m.teams[i].need)
	}
	most := units.Time(0)
	if products < fewProducts {
		return most
	}
	b.eachStation(m, func(s station) {
		most = max(most, s.use.Busy/units.Time(s.servers))
	})
	return most
}
