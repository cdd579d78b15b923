package reproduce

import (
	"fmt"

	"bitline/adc"
	"bitline/internal/report"
)

// paperReference is the resolution, in bits, of the converter that the bit-slice L1
// paper compares with, ISAAC's.
const paperReference = 8

// paperConverters are the savings that the bit-slice L1 paper states for one
// converter against one of 8 bits (Zhang et al., arXiv 1909.08496, table 3).
var paperConverters = []struct {
	bits              int
	power, time, area float64
}{
	{1, 28.4, 8, 2},
	{3, 14.2, 2.67, 2},
}

// laws compares the converters that the rules found with 8-bit ones, under every
// law.
func (m *measurement) laws() report.Table {
	t := report.Table{
		Title:   "Those converters against 8-bit ones under each law: how many times less, summed over the slices (* = beyond the law's source)",
		Columns: []string{"ADC bits", "law", "power>", "sensing time>", "energy>", "area>"},
	}
	seen := map[string]bool{}
	for _, r := range m.found {
		text := report.Brackets(r.bits)
		if !seen[text] {
			seen[text] = true
			addLaws(&t, text, r.bits, m.study.Variants[0].Job.Chip.ADC)
		}
	}
	return t
}

// addLaws adds a row for each law: converters of so many bits, one for each slice.
func addLaws(t *report.Table, name string, bits []int, spec adc.Spec) {
	for _, law := range adc.Laws() {
		sum, err := sumOf(adc.Law(law), bits, spec)
		if err != nil {
			t.Add(name, law, "not defined", "", "", "")
			continue
		}
		if sum.Extrapolated {
			law += "*"
		}
		n := float64(len(bits))
		t.Add(name, law, report.Ratio(n/sum.Power), report.Ratio(n/sum.time), report.Ratio(n/sum.Energy), report.Ratio(n/sum.Area))
	}
}

// costSum is the cost of several converters, in those of an 8-bit one.
type costSum struct {
	adc.Cost
	time float64
}

func sumOf(law adc.Law, bits []int, spec adc.Spec) (costSum, error) {
	var sum costSum
	for _, b := range bits {
		c, err := law.Cost(b, paperReference, spec.Rate)
		if err != nil {
			return sum, err
		}
		sum.Power += c.Power
		sum.Energy += c.Energy
		sum.Area += c.Area
		sum.time += c.Time()
		sum.Extrapolated = sum.Extrapolated || c.Extrapolated
	}
	return sum, nil
}

// everyLaw is a single converter of every resolution under every law, the paper's
// statements beside it.
func everyLaw(spec adc.Spec) report.Table {
	t := report.Table{
		Title:   fmt.Sprintf("One converter against one of %d bits: how many times less (* = beyond the law's source; the paper: Zhang et al., arXiv 1909.08496, table 3)", paperReference),
		Columns: []string{"bits>", "law", "power>", "sensing time>", "energy>", "area>"},
	}
	for bits := 1; bits < paperReference; bits++ {
		for _, p := range paperConverters {
			if p.bits == bits {
				t.Add(bits, "as the paper states", report.Ratio(p.power), report.Ratio(p.time), "", report.Ratio(p.area))
			}
		}
		addLaws(&t, fmt.Sprint(bits), []int{bits}, spec)
	}
	return t
}
