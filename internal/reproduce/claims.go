package reproduce

import (
	"fmt"

	"bitline/internal/pipeline"
	"bitline/internal/report"
)

// claims holds what the bit-slice L1 paper states (Zhang et al., arXiv 1909.08496,
// abstract and table 3) against what was measured of the two variants that stand
// for its methods. Its tables 1 and 2, accuracies and shares, could not be
// obtained.
func (m *measurement) claims() report.Table {
	t := report.Table{
		Title:   "What the bit-slice L1 paper states, and what was measured (its accuracies and shares could not be obtained)",
		Columns: []string{"", "paper>", "here>", "of", "because"},
	}
	l1, bitSlice := m.named(m.study.Accuracy.l1), m.named(m.study.Accuracy.bitSlice)
	t.Add("non-zero digits, l1 over bit-slice L1", "2×", report.Ratio(l1.share/bitSlice.share), l1.name+" over "+bitSlice.name,
		fmt.Sprintf("%s and %s of crossbar digits at %s and %s accuracy", report.Percent(l1.share), report.Percent(bitSlice.share), report.Percent(l1.accuracy), report.Percent(bitSlice.accuracy)))
	slices := len(bitSlice.slices[0])
	addBits := func(what string, from, to int, paper string) {
		s, layer := bitSlice.largest(from, to)
		seen, needs := s.Seen()
		t.Add(what, paper, s.WorstCaseBits, bitSlice.name, fmt.Sprintf("a column of %s can sum to %d in slice %d; the largest seen, %s, needs %s bits", layer, s.LargestSum, s.Slice, seen, needs))
	}
	addBits("bits of the most significant slice's converters, worst case", slices-1, slices, "1")
	addBits("bits of the other slices' converters, worst case", 0, slices-1, "3")
	last := m.study.Accuracy.Resolutions[len(m.study.Accuracy.Resolutions)-1]
	t.Add("accuracy replayed at "+report.Brackets(last), "", report.Percent(bitSlice.lowest), bitSlice.name,
		fmt.Sprintf("%s without converters, %s with refitted affines", report.Percent(bitSlice.accuracy), report.Percent(bitSlice.refitted)))
	return t
}

func (m *measurement) named(name string) measured {
	for _, x := range m.models {
		if x.name == name {
			return x
		}
	}
	return measured{}
}

// largest is the slice from one number up to another, of any layer, that needs most
// bits in the worst case, and its layer.
func (x measured) largest(from, to int) (s pipeline.SliceResult, layer string) {
	for i, slices := range x.slices {
		for _, o := range slices[from:to] {
			if o.LargestSum > s.LargestSum {
				s, layer = o, x.layers[i]
			}
		}
	}
	return s, layer
}
