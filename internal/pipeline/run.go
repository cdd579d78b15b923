package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/scheduler"
	"bitline/scheduler/timing"
)

// Run does a job: the mapping that values and timing share, data, model and their
// replay through the crossbars, the simulation of the chip, the report. A job
// without values has neither data nor replay.
func Run(ctx context.Context, job *Job, host Host) (*Result, error) {
	mapping, err := scheduler.MapContext(ctx, job.Chip, job.Network)
	if err != nil {
		return nil, err
	}
	values, err := job.values(ctx, host)
	if err != nil {
		return nil, err
	}
	if job.Sensitivity {
		if values.sensitivity, err = job.sensitivities(ctx, host, values); err != nil {
			return nil, err
		}
	}
	return Report(ctx, job, mapping, values)
}

// Report simulates the chip of a mapped job and accounts for it. The values are those
// of the job, or of one that agrees with it in all that they depend on.
func Report(ctx context.Context, job *Job, mapping *scheduler.Mapping, values *Values) (*Result, error) {
	found := findings{job: job, mapping: mapping, Values: values}
	if err := found.simulate(ctx); err != nil {
		return nil, err
	}
	if err := found.compare(ctx); err != nil {
		return nil, err
	}
	result, err := newResult(ctx, found)
	if err != nil {
		return nil, err
	}
	result.pictured, err = newPictured(found)
	return result, err
}

// Measure is the figures of Report but for those that compare the converters with
// others, which take a second simulation, and without what pages show.
func Measure(ctx context.Context, job *Job, mapping *scheduler.Mapping, values *Values) ([]Figure, error) {
	found := findings{job: job, mapping: mapping, Values: values}
	if err := found.simulate(ctx); err != nil {
		return nil, err
	}
	result, err := newResult(ctx, found)
	if err != nil {
		return nil, err
	}
	return result.Figures(), nil
}

// CheckLaw is an error unless the law of the chip's converters is defined at every
// resolution that the values take: that of each slice, and of each of its conversions
// where those have others.
func (j *Job) CheckLaw(v *Values) error {
	chip := j.Chip
	signed, slicing := chip.Encoding.Signed == crossbar.DifferentialAnalog, chip.Slicing()
	for _, bits := range v.bits {
		inUse := slices.Clone(bits)
		for i, step := range chip.Encoding.Steps(chip.DAC.Bits) {
			for k, b := range bits {
				inUse = append(inUse, chip.ADC.StepBits(b, adc.Conversion{Step: i, Slice: k, Shift: step.Shift + slicing.Shift(k)}, signed))
			}
		}
		for _, b := range inUse {
			if b == 0 {
				continue // nothing is converted
			}
			if _, err := chip.ADC.Converter(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// simulate times the chip.
func (f *findings) simulate(ctx context.Context) (err error) {
	f.timed = timing.Job{Chip: f.job.Chip, Network: f.job.Network, Mapping: f.mapping, Bits: f.bits}
	f.options = f.job.Simulation
	f.options.Activity = f.activity
	f.timing, err = timing.Simulate(ctx, f.timed, f.options)
	if errors.Is(err, timing.ErrUnsettled) {
		return fmt.Errorf("%w (key simulate.images, 0 for the default)", err)
	}
	return err
}

// compare times the chip again with converters of the rate's resolution, where they
// have another or decide fewer bits of some conversions.
func (f *findings) compare(ctx context.Context) (err error) {
	spec := f.job.Chip.ADC
	other := func(n int) bool { return n != spec.RateBits }
	if !spec.Stepped() && !slices.ContainsFunc(f.bits, func(bits []int) bool { return slices.ContainsFunc(bits, other) }) {
		f.gain = &timing.ADCGain{Scan: 1, Interval: 1, Latency: 1}
		return nil
	}
	o := f.options
	gain, err := timing.CompareADC(ctx, f.timed, f.timing, timing.Options{Images: o.Images, InFlight: o.InFlight, Steady: o.Steady, Exact: o.Exact, Activity: o.Activity})
	f.gain = &gain
	return err
}
