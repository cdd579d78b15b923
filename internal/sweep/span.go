package sweep

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"

	"bitline/internal/config"
)

// span is the range of an axis: numbers from one end to the other, or quantities
// of one unit.
type span struct {
	from, to float64
	log      bool
	round    bool
	unit     string // behind the numbers; "" for none
}

// maxSteps bounds the values of one range.
const maxSteps = 1 << 16

// maxAllSteps bounds those of all ranges of a grid, whose values are held in memory.
// Two axes have fewer where they span as many points as a grid may have.
const maxAllSteps = 1 << 18

// maxEnd bounds the ends of a range: whole numbers up to there are exact.
const maxEnd = 1<<53 - 1

// number splits a quantity.
var number = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?) ?(\D\S*)$`)

// readSpan reads a range and its steps, which sampled axes need not have; nil if
// its ends have faults.
func readSpan(t *config.Table, sampled bool) (s *span, steps int) {
	t.Require("from", "to")
	s = &span{log: t.Enum("scale", "linear", "linear", "log") == "log", round: t.Bool("round", false)}
	if steps = t.Int("steps", 0, 1, maxSteps); !sampled {
		t.Require("steps")
	}
	from, unit, ok := s.end(t, "from")
	to, unitOfTo, okTo := s.end(t, "to")
	if !ok || !okTo {
		return nil, steps
	}
	s.from, s.to, s.unit = from, to, unit
	switch {
	case unit != unitOfTo:
		t.Faultf("to", "is %s, want the unit of from, which is %s", s.shown(to, unitOfTo), s.shown(from, unit))
		return nil, steps
	case from >= to:
		t.Faultf("to", "is %s, want more than from, which is %s", s.shown(to, unit), s.shown(from, unit))
		return nil, steps
	}
	return s, steps
}

func (s *span) shown(v float64, unit string) string {
	if unit == "" {
		return decimal(v)
	}
	return strconv.Quote(decimal(v) + unit)
}

// end reads one end.
func (s *span) end(t *config.Table, key string) (v float64, unit string, ok bool) {
	given, has := t.Value(key)
	if !has {
		return 0, "", false
	}
	switch given := given.(type) {
	case int64:
		v, ok = float64(given), true
	case float64:
		v, ok = given, true
	case string:
		if parts := number.FindStringSubmatch(given); parts != nil {
			_, ok = quantity(given)
			v, _ = strconv.ParseFloat(parts[1], 64) // quantity has read it
			unit = parts[2]
		}
	}
	fault := func(want string) (float64, string, bool) {
		t.Faultf(key, "is %s, want %s", show(given), want)
		return 0, "", false
	}
	switch {
	case !ok || math.IsNaN(v):
		return fault(`a number or a quantity such as "50ns"`)
	case math.Abs(v) > maxEnd:
		return fault(fmt.Sprintf("%d to %d", -maxEnd, maxEnd))
	case s.log && v <= 0:
		return fault("more than 0 on a log scale")
	case s.round && v != math.Trunc(v):
		return fault("a whole number where round is true")
	}
	return v, unit, true
}

// grid is the values of so many steps, the ends among them (of one step: from).
// Neighbours that rounding makes equal are one value.
func (s *span) grid(steps int) []value {
	var values []value
	for i := range steps {
		v := s.from
		switch {
		case i > 0 && i == steps-1:
			v = s.to
		case i > 0 && s.log:
			v = s.within(s.from * math.Pow(s.to/s.from, float64(i)/float64(steps-1)))
		case i > 0:
			v = s.within(between(s.from, s.to, i, steps-1))
		}
		next := s.value(v)
		if whole := int(v); s.unit == "" && float64(whole) == v {
			next.seen = whole
		}
		if len(values) == 0 || values[len(values)-1].text != next.text {
			values = append(values, next)
		}
	}
	return values
}

// between is from + (to − from)·i/n, of the numbers as their shortest decimals,
// rounded once: a fifth of the way from 0.1 to 0.6 is 0.2.
func between(from, to float64, i, n int) float64 {
	a, b := rational(from), rational(to)
	b.Sub(b, a).Mul(b, big.NewRat(int64(i), int64(n))).Add(b, a)
	v, _ := b.Float64()
	return v
}

func rational(v float64) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(v, 'g', -1, 64))
	if !ok {
		panic("sweep: an end of a range is not finite")
	}
	return r
}

// draw is the value at u, 0 ≤ u < 1. Rounded ranges reach half a step beyond their
// ends, so that a linear one draws all its numbers alike.
func (s *span) draw(u float64) value {
	from, to := s.from, s.to
	if s.round {
		from, to = from-0.5, to+0.5
	}
	v := from + float64(u*(to-from)) // converted, lest a processor fuses it with the sum
	if s.log {
		v = from * math.Pow(to/from, u)
	}
	return s.value(s.within(v))
}

// within rounds to 12 digits, which takes away what processors' powers differ in,
// and to whole numbers where wanted, and keeps to the ends.
func (s *span) within(v float64) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 11, 64), 64)
	if err != nil {
		panic("sweep: " + err.Error())
	}
	if s.round {
		v = math.Round(v)
	}
	return min(max(v, s.from), s.to)
}

func (s *span) value(v float64) value {
	text := decimal(v) + s.unit
	switch {
	case s.unit != "":
		si, _ := quantity(text) // between two that are quantities
		return value{text, si}
	case s.round:
		return value{text, int(v)}
	}
	return value{text, v}
}

// decimal is a number without a point where it is whole, so that it serves keys
// that take integers too.
func decimal(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) <= maxEnd {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
