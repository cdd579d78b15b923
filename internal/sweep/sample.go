package sweep

import (
	"math"
	"math/rand/v2"
)

// maxSample bounds the points that are drawn.
const maxSample = 1_000_000

// maxStrata bounds the places that a Latin hypercube holds in memory: one for each
// point on each axis, of four bytes.
const maxStrata = 50_000_000

// sample is a dimension of points that are drawn from axes.
type sample struct {
	axes    []*axis
	columns []string
	points  int
	seed    uint64
	// strata is, for each axis of a Latin hypercube, the order in which the points
	// take its equal parts, each once; nil for points that are drawn on their own.
	strata [][]int32
}

// readSample reads how points are drawn from the axes other than seeds; nil where
// there is no [sample].
func (r *reader) readSample() *sample {
	given, _ := r.table.Value("sample")
	t := r.table.Table("sample") // of anything but a table a fault
	if _, ok := given.(map[string]any); !ok {
		return nil
	}
	checkPlaces(t)
	t.Require("kind", "points")
	kind := t.Enum("kind", "random", "random", "latin-hypercube")
	s := &sample{points: t.Int("points", 0, 1, maxSample), seed: uint64(t.Int("seed", 1, 0, math.MaxInt))}
	for _, a := range r.axes {
		if a.path != seedsPath {
			s.axes = append(s.axes, a)
			s.columns = append(s.columns, a.columns...)
		}
	}
	if len(s.axes) == 0 {
		t.Faultf("", "has no axes to draw from, want at least one [[axis]]")
	}
	if n := len(s.axes); kind == "latin-hypercube" && n > 0 && s.points > maxStrata/n {
		t.Faultf("points", "is %d on %d axes, want at most %d on so many in a latin-hypercube", s.points, n, maxStrata/n)
		return s
	}
	if kind == "latin-hypercube" {
		for i := range s.axes {
			s.strata = append(s.strata, permutation(s.points, rand.NewPCG(s.seed, strataStream|uint64(i))))
		}
	}
	return s
}

// The second words of generators' seeds: an axis's strata, and a draw of a point,
// whose number lies below the axis's.
const (
	strataStream = 1 << 63
	axisShift    = 32
)

// permutation is 0 to n−1 in random order (Fisher and Yates).
func permutation(n int, source rand.Source) []int32 {
	p, random := make([]int32, n), rand.New(source)
	for i := range p {
		j := random.IntN(i + 1)
		p[i] = p[j]
		p[j] = int32(i)
	}
	return p
}

func (s *sample) keys() []string { return s.columns }
func (s *sample) size() int      { return s.points }

func (s *sample) row(i int) row {
	var drawn row
	for axis, a := range s.axes {
		at := a.draw(s.draw(axis, i))
		drawn.values = append(drawn.values, at.values...)
		drawn.sets = append(drawn.sets, at.sets...)
	}
	return drawn
}

// draw is where a point lies on an axis, 0 ≤ u < 1. Every draw has a generator of
// its own, so that no point needs those before it.
func (s *sample) draw(axis, point int) float64 {
	random := rand.NewPCG(s.seed, uint64(axis)<<axisShift|uint64(point))
	random.Uint64() // neighbouring seeds are well apart after a step
	u := float64(random.Uint64()>>11) / (1 << 53)
	if s.strata != nil {
		u = (float64(s.strata[axis][point]) + u) / float64(s.points)
	}
	return min(u, 1-0x1p-53)
}
