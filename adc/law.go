package adc

import (
	"fmt"
	"math"

	"bitline/internal/units"
)

// Law names one of the published ways in which a converter's cost follows its
// resolution. They disagree, so a configuration and a report always name one.
type Law string

const (
	// PowerLaw is the bit-slice L1 paper's (Zhang et al., arXiv 1909.08496,
	// table 3): power ∝ 2^N/(N+1), sensing time ∝ N, area halves at 6 bits and
	// below. Its ratios are the paper's; the form is an assumption that
	// reproduces them.
	PowerLaw Law = "power-law"
	// SARISAAC fits ISAAC's successive-approximation converter after Saberi et
	// al. 2011 at a constant sample rate: E = 0.194893·N + 4.2001e-4·2^N pJ,
	// A = 81.727·N + 2.13353·2^N µm². Its table covers 4 to 10 bits; outside
	// them it is extrapolated.
	SARISAAC Law = "sar-isaac"
	// Linear is the law of PUMA's simulator (Ankit et al., ASPLOS 2019): time ∝ N
	// and power ∝ N, area constant.
	Linear Law = "linear"
	// Survey is the regression over 215 published converters (Andrulis et al.
	// 2024), at a constant sample rate; not defined under 4 bits.
	Survey Law = "survey"
)

// Laws lists the names of the laws.
func Laws() []string {
	return []string{string(PowerLaw), string(SARISAAC), string(Linear), string(Survey)}
}

// Cost is a converter's cost at some resolution as ratios to that at the rate's
// resolution. Energy is that of one conversion: power × time.
type Cost struct {
	Power, Energy, Area float64
	// TimeNum/TimeDen is the ratio of conversion times, kept as a fraction so
	// that a scan of columns is timed without rounding.
	TimeNum, TimeDen int64
	// Extrapolated says that the law's source does not cover these bits.
	Extrapolated bool
}

// Time is the ratio of conversion times.
func (c Cost) Time() float64 { return float64(c.TimeNum) / float64(c.TimeDen) }

// surveyNode is the technology node, in nanometres, at which the survey's
// regression is evaluated: a factor of energies and areas, which ratios have not.
const surveyNode = 32

// Cost gives the ratios at bits relative to those at rateBits, both 1 to 16, for
// a converter of the given sample rate at rateBits. The survey refuses fewer
// than 4 bits.
func (l Law) Cost(bits, rateBits int, rate units.Frequency) (Cost, error) {
	if bits < 1 || bits > MaxBits || rateBits < 1 || rateBits > MaxBits {
		return Cost{}, fmt.Errorf("adc law %s at %d bits relative to %d, want 1 to %d", l, bits, rateBits, MaxBits)
	}
	c := Cost{TimeNum: 1, TimeDen: 1}
	n, ref := float64(bits), float64(rateBits)
	switch l {
	case PowerLaw:
		c.Power = math.Ldexp(1, bits) / (n + 1) / (math.Ldexp(1, rateBits) / (ref + 1))
		c.TimeNum, c.TimeDen = int64(bits), int64(rateBits)
		c.Area = halfAtSix(bits) / halfAtSix(rateBits)
	case SARISAAC:
		c.Power = sarEnergy(bits) / sarEnergy(rateBits)
		c.Area = sarArea(bits) / sarArea(rateBits)
		c.Extrapolated = bits != rateBits && (sarUnknown(bits) || sarUnknown(rateBits))
	case Linear:
		c.Power = n / ref
		c.TimeNum, c.TimeDen = int64(bits), int64(rateBits)
		c.Area = 1
	case Survey:
		if bits < 4 || rateBits < 4 {
			return Cost{}, fmt.Errorf("the survey is not defined at %d bits, want 4 or more or another law", min(bits, rateBits))
		}
		c.Power = surveyEnergy(bits, float64(rate)) / surveyEnergy(rateBits, float64(rate))
		c.Area = surveyArea(bits, float64(rate)) / surveyArea(rateBits, float64(rate))
	default:
		return Cost{}, fmt.Errorf("adc law is %q, want one of %v", string(l), Laws())
	}
	c.Energy = c.Power * c.Time()
	return c, nil
}

// sarUnknown says whether the figures behind sar-isaac do not cover so many bits.
func sarUnknown(bits int) bool { return bits < 4 || bits > 10 }

// Products in these sums are rounded on their own (float64): where a processor would
// fuse them with the addition, results would differ in their last bit.

// halfAtSix is the paper's area step.
func halfAtSix(bits int) float64 {
	if bits <= 6 {
		return 0.5
	}
	return 1
}

// sarEnergy is in picojoules per conversion at 1.2 GS/s and 32 nm.
func sarEnergy(bits int) float64 {
	return float64(0.194893*float64(bits)) + float64(4.2001e-4*math.Ldexp(1, bits))
}

// sarArea is in square micrometres at 32 nm.
func sarArea(bits int) float64 {
	return float64(81.727*float64(bits)) + float64(2.13353*math.Ldexp(1, bits))
}

// surveyEnergy is in picojoules per conversion at f samples per second.
func surveyEnergy(bits int, f float64) float64 {
	b := float64(bits)
	merit := math.Min(213.7806687-float64(2.87190304*math.Log(f)), 128.3068287+float64(3.2205115*b)) // dB
	sndr := float64(6.0206*b) + 1.7609                                                               // dB
	return 0.5 * math.Pow(10, (sndr-merit)/10) *
		math.Exp(26.0496216+float64(1.88003692*math.Log(surveyNode))-float64(2.82912561*math.Log(b))-1.47020221)
}

// surveyArea is in square micrometres.
func surveyArea(bits int, f float64) float64 {
	return math.Exp(1.34619164 + float64(0.99327947*math.Log(surveyNode)) + float64(0.18071538*math.Log(f)) +
		float64(0.29912426*math.Log(surveyEnergy(bits, f))))
}
