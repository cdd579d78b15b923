package train

import (
	"errors"
	"fmt"
	"math"

	"bitline/internal/config"
)

// ScheduleKind names how the learning rate goes through a phase.
type ScheduleKind string

// The schedules. Each runs anew in each phase.
const (
	// Constant keeps the rate.
	Constant ScheduleKind = "constant"
	// StepWise multiplies it by Factor after every Every epochs.
	StepWise ScheduleKind = "step"
	// Cosine lowers it to 0 along half a cosine, step by step.
	Cosine ScheduleKind = "cosine"
	// OneCycle raises it from a 25th to the full rate, evenly over the share
	// Warmup of the steps, then lowers it to 0 along half a cosine.
	OneCycle ScheduleKind = "one-cycle"
)

// Schedule is the way of the learning rate through a phase.
type Schedule struct {
	Kind   ScheduleKind
	Factor float64 // of StepWise, above 0
	Every  int     // epochs, of StepWise
	Warmup float64 // of OneCycle, 0 to less than 1
}

// oneCycleStart is the share of the rate with which OneCycle starts.
const oneCycleStart = 1.0 / 25

func readSchedule(t *config.Table, s Schedule) Schedule {
	s.Kind = ScheduleKind(t.Enum("kind", string(s.Kind), string(Constant), string(StepWise), string(Cosine), string(OneCycle)))
	s.Factor = readFloat(t, "factor", s.Factor, positive)
	s.Every = t.Int("every", s.Every, 1, maxEpochs)
	s.Warmup = readFloat(t, "warmup", s.Warmup, belowOne)
	return s
}

func (s Schedule) check() error {
	faults := []error{
		checkFloat("schedule.factor", s.Factor, positive),
		checkInt("schedule.every", s.Every, 1, maxEpochs),
		checkFloat("schedule.warmup", s.Warmup, belowOne),
	}
	switch s.Kind {
	case Constant, StepWise, Cosine, OneCycle:
	default:
		faults = append(faults, fmt.Errorf("schedule.kind is %q, want %q, %q, %q or %q", s.Kind, Constant, StepWise, Cosine, OneCycle))
	}
	return errors.Join(faults...)
}

// String names the schedule with the numbers that it uses.
func (s Schedule) String() string {
	switch s.Kind {
	case StepWise:
		return fmt.Sprintf("%s × %g every %d epochs", s.Kind, s.Factor, s.Every)
	case OneCycle:
		return fmt.Sprintf("%s with warm-up %g", s.Kind, s.Warmup)
	}
	return string(s.Kind)
}

// share is the share of the full rate at a step of a phase of so many epochs of
// so many steps.
func (s Schedule) share(at Position, epochs, steps int) float64 {
	done := (float64(at.Epoch) + float64(at.Step)/float64(steps)) / float64(epochs)
	switch s.Kind {
	case StepWise:
		return math.Pow(s.Factor, float64(at.Epoch/s.Every))
	case Cosine:
		return (1 + math.Cos(math.Pi*done)) / 2
	case OneCycle:
		if done < s.Warmup {
			return oneCycleStart + (1-oneCycleStart)*done/s.Warmup
		}
		return (1 + math.Cos(math.Pi*(done-s.Warmup)/(1-s.Warmup))) / 2
	}
	return 1
}

// rate is the learning rate of the present step.
func (t *Trainer) rate() float64 {
	p := t.phase()
	rate := t.cfg.LearningRate
	if p.LearningRate > 0 {
		rate = p.LearningRate
	}
	if t.cfg.Schedule.Kind == Constant {
		return rate
	}
	return rate * t.cfg.Schedule.share(t.at, p.Epochs, t.steps())
}
