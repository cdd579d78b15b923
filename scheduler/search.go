package scheduler

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/internal/units"
	"bitline/workloads"
)

// SearchBits looks for the cheapest table of resolutions, layers × slices, whose
// accuracy on the calibration images falls by no more than the chip's budget
// below that of converters that do not clip on them, with refitted affines where
// the chip recalibrates.
//
// It is a greedy descent: from the observed resolutions, the entry whose next
// lower bit saves most conversion energy under the chip's law is lowered if the
// accuracy allows, else it stays for good, until no entry is left. It ends in a
// table of which no single entry can be lowered further; cheaper tables that trade
// one entry against another may exist.
func (r *Replayer) SearchBits(ctx context.Context, calibration workloads.Images) ([][]int, error) {
	s := search{replayer: r, images: calibration}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	for len(s.open) > 0 {
		best, err := s.next()
		if err != nil {
			return nil, err
		}
		if best < 0 {
			break
		}
		e := s.open[best]
		s.bits[e.layer][e.slice]--
		accuracy, err := s.accuracy(ctx)
		if err != nil {
			return nil, err
		}
		if accuracy < s.floor {
			s.bits[e.layer][e.slice]++
			s.open = slices.Delete(s.open, best, best+1)
		}
	}
	return s.bits, nil
}

// search is the state of one descent.
type search struct {
	replayer *Replayer
	images   workloads.Images
	bits     [][]int
	floor    float64 // the least accuracy allowed
	open     []entry
}

// entry is one resolution that may still fall.
type entry struct {
	layer, slice int
	conversions  int64
}

// begin observes the resolutions that do not clip, and their accuracy.
func (s *search) begin(ctx context.Context) error {
	r := s.replayer
	worst, err := r.WorstCaseBits()
	if err != nil {
		return err
	}
	seen, err := r.Run(ctx, s.images, Plan{Bits: worst}, nil)
	if err != nil {
		return err
	}
	s.bits = r.observedBits(seen)
	s.floor = seen.Accuracy() - r.chip.ADC.Budget
	for i, l := range seen.Layers {
		for k, slice := range l.Stats.Slices {
			s.open = append(s.open, entry{layer: i, slice: k, conversions: slice.Conversions()})
		}
	}
	return nil
}

// next is the open entry whose next lower bit saves most; entries that cannot be
// lowered are closed. It is −1 if none is left.
func (s *search) next() (int, error) {
	lowest := 1
	if s.replayer.signedADC() {
		lowest = 2
	}
	s.open = slices.DeleteFunc(s.open, func(e entry) bool {
		bits := s.bits[e.layer][e.slice]
		_, err := s.replayer.chip.ADC.Converter(bits - 1)
		return bits <= lowest || err != nil // the survey has no cost under 4 bits
	})
	best, most := -1, units.Energy(-1)
	for i, e := range s.open {
		saved, err := s.saving(e)
		if err != nil {
			return 0, fmt.Errorf("searching resolutions: %w", err)
		}
		if cmp.Compare(saved, most) > 0 {
			best, most = i, saved
		}
	}
	return best, nil
}

// saving is the conversion energy that one bit less of an entry saves.
func (s *search) saving(e entry) (units.Energy, error) {
	var cost [2]adc.Converter
	for i := range cost {
		c, err := s.replayer.chip.ADC.Converter(s.bits[e.layer][e.slice] - i)
		if err != nil {
			return 0, err
		}
		cost[i] = c
	}
	return (cost[0].Energy - cost[1].Energy).Times(e.conversions), nil
}

// accuracy is that of the calibration images under the present table.
func (s *search) accuracy(ctx context.Context) (float64, error) {
	r, plan := s.replayer, Plan{Bits: s.bits, Statistics: crossbar.Clips, NoReference: true}
	if r.chip.ADC.Recalibrate == adc.AffineRecalibration {
		affines, err := r.Recalibrate(ctx, s.bits, s.images)
		if err != nil {
			return 0, err
		}
		plan.Affines = affines
	}
	replay, err := r.Run(ctx, s.images, plan, nil)
	if err != nil {
		return 0, err
	}
	return replay.Accuracy(), nil
}
