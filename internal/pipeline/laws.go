package pipeline

import (
	"fmt"

	"bitline/adc"
	"bitline/arch"
	"bitline/internal/report"
)

// referenceBits is the resolution that costs are compared with.
const referenceBits = 8

// LawResult is a converter's cost under one law, relative to 8 bits.
type LawResult struct {
	Law          string  `json:"law"`
	Power        float64 `json:"power_ratio,omitempty"`
	Time         float64 `json:"time_ratio,omitempty"`
	Energy       float64 `json:"energy_ratio,omitempty"`
	Area         float64 `json:"area_ratio,omitempty"`
	Extrapolated bool    `json:"extrapolated,omitempty"`
	Refused      string  `json:"refused,omitempty"` // why the law gives nothing
}

// newLaws costs a converter of the given bits under every law.
func newLaws(chip *arch.Chip, bits int) []LawResult {
	var results []LawResult
	for _, name := range adc.Laws() {
		r := LawResult{Law: name}
		c, err := adc.Law(name).Cost(bits, referenceBits, chip.ADC.Rate)
		if err != nil {
			r.Refused = err.Error()
		} else {
			r.Power, r.Time, r.Energy, r.Area, r.Extrapolated = c.Power, c.Time(), c.Energy, c.Area, c.Extrapolated
		}
		results = append(results, r)
	}
	return results
}

// lawTable compares converters of the resolutions in use with one of 8 bits.
func lawTable(slices []SliceResult) report.Table {
	t := report.Table{
		Title:   fmt.Sprintf("One converter against one of %d bits (a factor of 2× = half the cost; * = extrapolated)", referenceBits),
		Columns: []string{"bits>", "law", "power>", "time>", "energy>", "area>"},
	}
	for bits := 1; bits <= adc.MaxBits; bits++ {
		for _, s := range slices {
			if s.Bits == bits && bits != referenceBits {
				addLaws(&t, s)
				break
			}
		}
	}
	return t
}

func addLaws(t *report.Table, s SliceResult) {
	for _, l := range s.Laws {
		if l.Refused != "" {
			t.Add(s.Bits, l.Law, "not defined", "", "", "")
			continue
		}
		mark := ""
		if l.Extrapolated {
			mark = "*"
		}
		t.Add(s.Bits, l.Law+mark, report.Ratio(1/l.Power), report.Ratio(1/l.Time), report.Ratio(1/l.Energy), report.Ratio(1/l.Area))
	}
}
