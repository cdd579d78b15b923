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

// SearchBits looks for the cheapest table of resolutions, layers × slices, of equal
// rows where the chip's scope says so, whose
// accuracy on the calibration images falls by no more than the chip's budget
// below that of converters that do not clip on them, with refitted affines where
// the chip recalibrates.
//
// It is a greedy descent: from the observed resolutions, the entry whose next
// lower bit saves most conversion energy under the chip's law is lowered if the
// accuracy allows, else it stays for good, until no entry is left. It ends in a
// table of which no single entry can be lowered further; cheaper tables that trade
// one entry against another may exist.
//
// Activations of the calibration images are kept under the table so far, so that a
// lower entry is tried from its own layer on, and until it is certain to fail.
func (r *Replayer) SearchBits(ctx context.Context, calibration workloads.Images) ([][]int, error) {
	return r.searchBits(ctx, calibration, keepBudget)
}

// searchBits is SearchBits with so many bytes for the activations that are kept.
func (r *Replayer) searchBits(ctx context.Context, calibration workloads.Images, room int) ([][]int, error) {
	s := search{replayer: r, images: calibration, room: room}
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
		s.add(e, -1)
		lowered, err := s.try(ctx, e.layers)
		if err != nil {
			return nil, err
		}
		if !lowered {
			s.add(e, 1)
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
	crew     *crew
	course   *course // of the calibration images under the table so far
	room     int     // for the activations that it keeps, in bytes
	refit    bool
	layers   []int // of the network, for each matrix
}

// entry is one resolution that may still fall: that of a slice in all layers that
// share it.
type entry struct {
	layers      []int // matrices, ascending
	slice       int
	conversions int64
}

func (s *search) bitsOf(e entry) int { return s.bits[e.layers[0]][e.slice] }

func (s *search) add(e entry, bits int) {
	for _, l := range e.layers {
		s.bits[l][e.slice] += bits
	}
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
			if r.chip.ADC.Scope == adc.WholeChip && i > 0 {
				s.open[k].layers = append(s.open[k].layers, i)
				s.open[k].conversions += slice.Conversions()
				continue
			}
			s.open = append(s.open, entry{layers: []int{i}, slice: k, conversions: slice.Conversions()})
		}
	}
	return s.start(ctx)
}

// start computes the calibration images under the observed resolutions.
func (s *search) start(ctx context.Context) (err error) {
	r := s.replayer
	if s.crew, err = r.newCrew(s.bits, crossbar.Clips); err != nil {
		return err
	}
	for i, l := range r.model.Network.Layers {
		if l.Kind.Matrix() {
			s.layers = append(s.layers, i)
		}
	}
	s.refit = r.chip.ADC.Recalibrate == adc.AffineRecalibration
	s.course = r.newCourse(s.crew, s.images, s.refit)
	s.course.keepBatches(s.room)
	_, err = s.compute(ctx, s.course, 0, func(int) bool { return true })
	return err
}

// compute computes a course that is at a layer, refitted or as it is, and says
// whether enough images are right.
func (s *search) compute(ctx context.Context, c *course, layer int, enough func(right int) bool) (ok bool, err error) {
	if s.refit {
		if err := c.fitFrom(ctx, layer); err != nil {
			return false, err
		}
		if err := s.replayer.model.Check(c.affines, s.crew.fraction()); err != nil {
			return false, err
		}
		layer = len(c.orders)
	}
	return c.finish(ctx, layer, enough)
}

// try computes the calibration images again from the first of some matrices on, whose
// resolutions have changed, and keeps the change if enough images are right.
func (s *search) try(ctx context.Context, matrices []int) (ok bool, err error) {
	r := s.replayer
	before := make([][]*crossbar.TileRunner, len(s.crew.workers))
	for i, w := range s.crew.workers {
		before[i] = slices.Clone(w.active)
	}
	for _, m := range matrices {
		runner, err := r.newRunner(need{m, s.bits[m], crossbar.Clips})
		if err != nil {
			return false, err
		}
		for _, w := range s.crew.workers {
			w.active[m] = runner.Fork()
		}
	}
	enough := func(right int) bool { return units.Quotient(right, s.images.Len()) >= s.floor }
	c, from := s.course.from(s.layers[matrices[0]])
	if ok, err = s.compute(ctx, c, from, enough); err != nil {
		return false, err
	}
	if ok {
		s.course = c
		return true, nil
	}
	for i, w := range s.crew.workers {
		w.active = before[i]
	}
	return false, nil
}

// next is the open entry whose next lower bit saves most; entries that cannot be
// lowered are closed. It is −1 if none is left.
func (s *search) next() (int, error) {
	lowest := 1
	if s.replayer.signedADC() {
		lowest = 2
	}
	s.open = slices.DeleteFunc(s.open, func(e entry) bool {
		bits := s.bitsOf(e)
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
		c, err := s.replayer.chip.ADC.Converter(s.bitsOf(e) - i)
		if err != nil {
			return 0, err
		}
		cost[i] = c
	}
	return (cost[0].Energy - cost[1].Energy).Times(e.conversions), nil
}
