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
	"bitline/workloads"
)

// Run does a job: data and model, the mapping that values and timing share, the
// replay through the crossbars, the simulation of the chip, the report. A job
// without values has neither data nor replay.
func Run(ctx context.Context, job *Job, host Host) (*Result, error) {
	mapping, err := scheduler.Map(job.Chip, job.Network)
	if err != nil {
		return nil, err
	}
	found := findings{job: job, mapping: mapping}
	if job.HasValues() {
		err = found.compute(ctx, host)
	} else {
		err = found.assume()
	}
	if err != nil {
		return nil, err
	}
	if err := found.simulate(ctx); err != nil {
		return nil, err
	}
	return newResult(found)
}

// compute replays the test images.
func (f *findings) compute(ctx context.Context, host Host) (err error) {
	if f.data, err = f.job.data(host); err != nil {
		return err
	}
	if f.model, err = f.job.model(ctx, host, f.data); err != nil {
		return err
	}
	var plan scheduler.Plan
	plan, f.replay, f.activity, err = f.job.replay(ctx, host, f.model, f.data)
	f.bits = plan.Bits
	return err
}

// assume takes the chip's resolutions, where no values say what they could be.
func (f *findings) assume() error {
	chip := f.job.Chip
	if chip.ADC.Auto != adc.Given {
		return fmt.Errorf("chip %s has adc.bits = \"auto\" with adc.auto = %q, which wants values: give resolutions, or a data set instead of data.set = %q",
			chip.Name, chip.ADC.Auto, NoData)
	}
	bits, err := chip.ADC.PerSlice(chip.Slicing().Count)
	if err != nil {
		return err
	}
	for range f.mapping.Layers {
		f.bits = append(f.bits, bits)
	}
	if f.activity = f.job.assumed(); f.job.followsData() && f.activity == nil {
		return fmt.Errorf("time or energy of chip %s follow the data, of which data.set = %q has none: want an assumed activity (key simulate.activity, over 0 to 1)",
			chip.Name, NoData)
	}
	return nil
}

// simulate times the chip, and again with converters of the rate's resolution
// where they have another.
func (f *findings) simulate(ctx context.Context) (err error) {
	f.timed = timing.Job{Chip: f.job.Chip, Network: f.job.Network, Mapping: f.mapping, Bits: f.bits}
	f.options = f.job.Simulation
	f.options.Activity = f.activity
	f.timing, err = timing.Simulate(ctx, f.timed, f.options)
	if errors.Is(err, timing.ErrUnsettled) {
		return fmt.Errorf("%w (key simulate.images, 0 for the default)", err)
	}
	if err != nil {
		return err
	}
	other := func(n int) bool { return n != f.job.Chip.ADC.RateBits }
	if !slices.ContainsFunc(f.bits, func(bits []int) bool { return slices.ContainsFunc(bits, other) }) {
		f.gain = timing.ADCGain{Scan: 1, Interval: 1, Latency: 1}
		return nil
	}
	o := f.options
	f.gain, err = timing.CompareADC(ctx, f.timed, f.timing, timing.Options{Images: o.Images, InFlight: o.InFlight, Steady: o.Steady, Exact: o.Exact, Activity: o.Activity})
	return err
}

// data loads the job's data set. It is an error if the network does not take its
// images or has not an output for each of its classes.
func (j *Job) data(host Host) (*workloads.Dataset, error) {
	data, err := workloads.Load(host.Data, j.DataSet)
	if err != nil {
		return nil, err
	}
	n := j.Network
	if have, want := n.Input, data.Test.Shape; have != want {
		return nil, fmt.Errorf("network %s takes images of %s, want the %s of data set %s", n.Name, have, want, data.Name)
	}
	if have, want := n.Classes(), data.Classes; have != want {
		return nil, fmt.Errorf("network %s has %d outputs, want one for each of the %d classes of data set %s", n.Name, have, want, data.Name)
	}
	return data, nil
}

// replay computes the test images' classes through the crossbars, and what of them
// the chip's time and energy follow, if they do.
func (j *Job) replay(ctx context.Context, host Host, model *workloads.Model, data *workloads.Dataset) (plan scheduler.Plan, replay *scheduler.Replay, activity *timing.Activity, err error) {
	replayer, err := scheduler.NewReplayer(j.Chip, model)
	if err != nil {
		return plan, nil, nil, err
	}
	calibration, test := data.Calibration(j.Calibration), data.Test
	if j.Images > 0 {
		if j.Images > test.Len() {
			return plan, nil, nil, fmt.Errorf("replay.images is %d, want at most the %d test images of %s", j.Images, test.Len(), data.Name)
		}
		test = test.Slice(0, j.Images)
	}
	if plan.Bits, err = replayer.Bits(ctx, calibration); err != nil {
		return plan, nil, nil, err
	}
	if j.Chip.ADC.Recalibrate == adc.AffineRecalibration {
		if plan.Affines, err = replayer.Recalibrate(ctx, plan.Bits, calibration); err != nil {
			return plan, nil, nil, err
		}
	}
	plan.Statistics = j.statistics()
	replay, err = replayer.Run(ctx, test, plan, func(done int) { host.progress("replaying", done, test.Len(), "") })
	if err == nil && j.followsData() {
		activity, err = j.record(replayer, test, plan)
	}
	return plan, replay, activity, err
}

// statistics is what the replay records.
func (j *Job) statistics() crossbar.Level {
	if j.Statistics != "" {
		return j.Statistics
	}
	if _, chain := j.Network.IsChain(); chain {
		return crossbar.Sums
	}
	return crossbar.Clips
}
