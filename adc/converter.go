package adc

import (
	"fmt"
	"math"

	"bitline/internal/units"
)

// Converter is one converter at one resolution, costed by the law.
type Converter struct {
	Bits   int
	Cost   Cost         // ratios to the converter of RateBits
	Power  units.Power  // while converting
	Energy units.Energy // per conversion
	Area   units.Area
	rate   units.Frequency
	law    Law

	rateBits int
	own      bool // the resolution at which the figures were given
}

// Converter is the converter of the given resolution. It is an error where the
// law is not defined.
func (s Spec) Converter(bits int) (Converter, error) {
	c, err := s.Law.Cost(bits, s.RateBits, s.Rate)
	if err != nil {
		return Converter{}, err
	}
	// pW/Hz = 1e-12 J = 1e6 aJ; rounded once, here.
	perConversion := float64(s.Power) / float64(s.Rate) * 1e6
	return Converter{
		Bits: bits, Cost: c, rate: s.Rate, rateBits: s.RateBits, law: s.Law, own: bits == s.RateBits,
		Power:  units.Power(math.RoundToEven(float64(s.Power) * c.Power)),
		Energy: units.Energy(math.RoundToEven(perConversion * c.Energy)),
		Area:   units.Area(math.RoundToEven(float64(s.Area) * c.Area)),
	}, nil
}

// Scan is the time that the converter takes for n columns in turn, timed as a
// whole: 128 columns at 1.28 GS/s take exactly 100 ns.
func (c Converter) Scan(n int64) units.Time {
	return c.rate.EdgeScaled(n, c.Cost.TimeNum, c.Cost.TimeDen)
}

// Assumed says what of the converter's cost its law's source does not state; it
// is empty where it states all.
func (c Converter) Assumed() string {
	switch {
	case c.Cost.Extrapolated:
		if sarUnknown(c.rateBits) {
			return fmt.Sprintf("law %s extrapolated from %d b to %d b", c.law, c.rateBits, c.Bits)
		}
		return fmt.Sprintf("law %s extrapolated to %d b", c.law, c.Bits)
	case c.law == PowerLaw && !c.own:
		return "law power-law: a form that reproduces the published ratios at 1 and 3 b"
	}
	return ""
}
