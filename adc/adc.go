// Package adc models the analog-to-digital converters at the end of a crossbar's
// bitlines: the transfer function from a bitline sum to a code, the resolution
// of each slice class, and the published laws by which power, time, energy and
// area follow the resolution.
//
// A converter here is ideal but for its range and its step: no noise, no
// non-linearity, no offset.
package adc

import (
	"slices"

	"bitline/internal/config"
	"bitline/internal/units"
)

// Kind says how the converters of an IMA differ.
type Kind string

const (
	// Fixed converters each serve one slice class, at its resolution.
	Fixed Kind = "fixed"
	// Reconfigurable converters take any column at any resolution, with the area
	// of the largest.
	Reconfigurable Kind = "reconfigurable"
)

// Range says what the codes of a converter span.
type Range string

const (
	// Unit makes one code one count: code = min(sum, 2^bits − 1).
	Unit Range = "unit"
	// Full spans the largest geometric sum of the mapped rows.
	Full Range = "full"
	// Calibrated spans a given interval of counts.
	Calibrated Range = "calibrated"
)

// Auto says how resolutions are found where bits = "auto".
type Auto string

const (
	// Given means that the configuration states the resolutions.
	Given Auto = ""
	// WorstCase takes what the largest possible sum of each slice needs, every
	// input digit at its maximum: the rule of the bit-slice L1 paper.
	WorstCase Auto = "worst-case"
	// Observed takes what the largest sum seen on the calibration images needs.
	Observed Auto = "observed"
	// LossBudget takes the cheapest resolutions under the law whose accuracy on
	// the calibration images falls by no more than Budget.
	LossBudget Auto = "loss"
)

// Scope says what shares a resolution where bits = "auto".
type Scope string

const (
	// PerLayer finds one for each layer and slice.
	PerLayer Scope = "layer"
	// WholeChip finds one for each slice, which all layers share.
	WholeChip Scope = "chip"
)

// Recalibration says what the digital side does about clipped sums.
type Recalibration string

const (
	// NoRecalibration leaves the layer's digital affine as trained.
	NoRecalibration Recalibration = "none"
	// AffineRecalibration refits one affine per output column on calibration
	// images.
	AffineRecalibration Recalibration = "affine"
)

// Arbitration says which of several waiting arrays a shared converter takes next.
type Arbitration string

const (
	// OldestFirst takes the array whose result has waited longest.
	OldestFirst Arbitration = "oldest-first"
	// RoundRobin takes the next waiting array in the order of their numbers,
	// beginning after the one served last.
	RoundRobin Arbitration = "round-robin"
)

// MaxSettle bounds the settling of a multiplexer.
const MaxSettle = 10 * units.Microsecond

// MaxBits is the highest resolution that a configuration may ask for.
const MaxBits = 16

// maxSum bounds what a configuration may give as an end of a calibrated range.
const maxSum = 1 << 24

// defaultBudget is the accuracy that a search may give up: half a point.
const defaultBudget = 0.005

// Spec describes the converters of an IMA.
type Spec struct {
	Kind Kind
	// Bits holds one resolution for all slices, or one per slice, least
	// significant first; it is empty where Auto says how they are found.
	Bits        []int
	Layers      []LayerBits // of single layers, by name; only beside Bits
	Auto        Auto
	Scope       Scope   // of Auto
	Budget      float64 // accuracy, 0 to 1, that LossBudget may cost
	Range       Range
	Low, High   float64 // counts, for Calibrated
	Recalibrate Recalibration
	Law         Law
	Rate        units.Frequency // samples per second at RateBits
	RateBits    int
	Power       units.Power // of one converter while it converts at RateBits
	Area        units.Area  // of one converter of RateBits
	PerIMA      int
	// Settle is the time that the multiplexer in front of a converter takes to
	// settle on an array, once per scan of it.
	Settle      units.Time
	Arbitration Arbitration
	// ByStep bounds the resolution of single conversions, and Kept bounds it by
	// what an output keeps: see StepBits. They decide time and energy alone.
	ByStep [][]int
	Kept   Kept
}

// DefaultSpec is ISAAC's converter (Shafiee et al., ISCA 2016, table I: 8
// converters of 8 bits take 16 mW and 0.0096 mm²; 1.28 GS/s in the text).
func DefaultSpec() Spec {
	return Spec{
		Kind: Fixed, Bits: []int{8}, Scope: PerLayer, Range: Unit, Recalibrate: NoRecalibration,
		Law: SARISAAC, Rate: 1280 * units.Megahertz, RateBits: 8,
		Power: 2 * units.Milliwatt, Area: 1200 * units.SquareMicrometre, PerIMA: 8,
		Arbitration: OldestFirst,
	}
}

// ReadSpec reads the table [adc] over the defaults. Faults go to the table.
func ReadSpec(t *config.Table) Spec {
	s := DefaultSpec()
	s.Kind = Kind(t.Enum("kind", string(s.Kind), string(Fixed), string(Reconfigurable)))
	s.Bits, s.Auto = readBits(t, s.Bits)
	if s.Layers = readLayers(t.Table("layers")); len(s.Layers) > 0 && s.Auto != Given {
		t.Faultf("layers", "is given beside bits = \"auto\", which finds those of every layer: want one or the other")
	}
	s.Scope = Scope(t.Enum("scope", string(s.Scope), string(PerLayer), string(WholeChip)))
	if s.Auto == Given && t.Has("scope") {
		t.Faultf("scope", "is given without bits = \"auto\", want both or neither")
	}
	if s.Auto == LossBudget {
		s.Budget = t.Float("budget", defaultBudget, 0, 1)
	} else if t.Has("budget") {
		t.Faultf("budget", "is given without auto = \"loss\", want bits = \"auto\" and auto = \"loss\"")
	}
	s.Range = Range(t.Enum("range", string(s.Range), string(Unit), string(Full), string(Calibrated)))
	s.Low, s.High = t.Float("low", 0, -maxSum, maxSum), t.Float("high", 0, -maxSum, maxSum)
	if s.Range == Calibrated && !(s.Low < s.High) {
		t.Faultf("range", "is calibrated with low %g and high %g, want low < high in counts", s.Low, s.High)
	}
	if s.Range != Calibrated && (t.Has("low") || t.Has("high")) {
		t.Faultf("range", "is %s, want calibrated where low and high are given", s.Range)
	}
	s.Recalibrate = Recalibration(t.Enum("recalibrate", string(s.Recalibrate), string(NoRecalibration), string(AffineRecalibration)))
	s.Law = Law(t.Enum("law", string(s.Law), Laws()...))
	s.Rate = t.Frequency("rate", s.Rate)
	s.RateBits = t.Int("rate_bits", s.RateBits, 1, MaxBits)
	s.Power = t.Power("power", s.Power)
	s.Area = t.Area("area", s.Area)
	s.PerIMA = t.Int("per_ima", s.PerIMA, 1, 1<<12)
	s.Settle = t.Time("settle", s.Settle)
	if s.Settle > MaxSettle {
		t.Faultf("settle", "is %v, want at most %v", s.Settle, MaxSettle)
	}
	s.Arbitration = Arbitration(t.Enum("arbitration", string(s.Arbitration), string(OldestFirst), string(RoundRobin)))
	readSteps(t, &s)
	stated := append(slices.Concat(s.ByStep...), s.Bits...)
	for _, own := range s.Layers {
		stated = append(stated, own.Bits...)
	}
	for _, b := range append(stated, s.RateBits) {
		if b == 0 {
			continue // no conversion
		}
		if _, err := s.Law.Cost(b, s.RateBits, s.Rate); err != nil {
			t.Faultf("law", "is %s at %d bits relative to %d: %v", s.Law, b, s.RateBits, err)
			break
		}
	}
	return s
}

// readBits reads bits = 8, bits = [3, 3, 3, 1] or bits = "auto" with its rule.
func readBits(t *config.Table, def []int) ([]int, Auto) {
	rule := Auto(t.Enum("auto", string(WorstCase), string(WorstCase), string(Observed), string(LossBudget)))
	value, ok := t.Value("bits")
	if !ok {
		if t.Has("auto") {
			t.Faultf("auto", "is given without bits, want bits = \"auto\"")
		}
		return def, Given
	}
	if text, isText := value.(string); isText {
		if text != "auto" {
			t.Faultf("bits", "is %q, want a number from 1 to %d, a list of one per slice, or \"auto\"", text, MaxBits)
			return def, Given
		}
		return nil, rule
	}
	if t.Has("auto") {
		t.Faultf("auto", "is given beside bits = %v, want bits = \"auto\"", value)
	}
	if bits := readResolutions(t, "bits"); len(bits) > 0 {
		return bits, Given
	}
	return def, Given
}

// BitsFor is the fewest bits whose unit range holds sums up to sum without
// clipping, ⌈log2(sum + 1)⌉ and at least 1; a signed converter needs one more,
// and at least 2.
func BitsFor(sum int64, signed bool) int {
	bits := 1
	for int64(1)<<bits-1 < sum {
		bits++
	}
	if signed {
		bits++
	}
	return bits
}
