package timing

import "bitline/internal/units"

// maxSteps bounds a series. It is even.
const maxSteps = 128

// series is power over time in few steps: where there are more, two become one.
type series struct {
	steps []struct {
		charge
		length units.Time
	}
	each, part int64 // bins in a step, and in the last one
}

// add takes the next bin in.
func (s *series) add(c charge, length units.Time) {
	if s.each == 0 {
		s.each, s.part = 1, 1
	}
	if s.part == s.each {
		if len(s.steps) == maxSteps {
			s.halve()
		}
		s.steps = append(s.steps, struct {
			charge
			length units.Time
		}{})
		s.part = 0
	}
	last := &s.steps[len(s.steps)-1]
	last.plus(c)
	last.length += length
	s.part++
}

// halve makes every two steps one.
func (s *series) halve() {
	for i := range maxSteps / 2 {
		x, y := s.steps[2*i], s.steps[2*i+1]
		x.plus(y.charge)
		x.length += y.length
		s.steps[i] = x
	}
	s.steps = s.steps[:maxSteps/2]
	s.each *= 2
	s.part = s.each
}

// means are the mean powers of the steps, static power included, and the time of
// one.
func (s *series) means(static units.Power) (powers []units.Power, step units.Time) {
	for _, x := range s.steps {
		powers = append(powers, x.over(x.length)+static)
	}
	return powers, s.steps[0].length
}
