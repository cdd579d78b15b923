package pipeline

import (
	"context"
	"errors"
	"fmt"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/scheduler"
	"bitline/workloads"
)

// Run does a job: data and model, the mapping that values and timing share, the
// replay through the crossbars, the simulation of the chip, the report.
func Run(ctx context.Context, job *Job, host Host) (*Result, error) {
	mapping, err := scheduler.Map(job.Chip, job.Network)
	if err != nil {
		return nil, err
	}
	data, err := job.data(host)
	if err != nil {
		return nil, err
	}
	model, err := job.model(ctx, host, data)
	if err != nil {
		return nil, err
	}
	plan, replay, err := job.replay(ctx, host, model, data)
	if err != nil {
		return nil, err
	}
	found := findings{job: job, data: data, model: model, mapping: mapping, replay: replay}
	if err := found.simulate(ctx, plan.Bits); err != nil {
		return nil, err
	}
	return newResult(found)
}

// simulate times the chip, twice: as it is, and with converters of the rate's
// resolution. A network that cannot be timed is not an error: its values stand.
func (f *findings) simulate(ctx context.Context, bits [][]int) (err error) {
	if f.notTimed = f.mapping.CheckTiming(); f.notTimed != nil {
		return nil
	}
	f.timing, err = scheduler.Simulate(ctx, f.job.Chip, f.mapping, bits, f.job.Simulation)
	if errors.Is(err, scheduler.ErrUnsettled) {
		return fmt.Errorf("%w (key simulate.images, 0 for the default)", err)
	}
	if err != nil {
		return err
	}
	f.gain, err = scheduler.CompareADC(ctx, f.job.Chip, f.mapping, f.timing, f.job.Simulation)
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

// replay computes the test images' classes through the crossbars.
func (j *Job) replay(ctx context.Context, host Host, model *workloads.Model, data *workloads.Dataset) (plan scheduler.Plan, replay *scheduler.Replay, err error) {
	replayer, err := scheduler.NewReplayer(j.Chip, model)
	if err != nil {
		return plan, nil, err
	}
	calibration, test := data.Calibration(j.Calibration), data.Test
	if j.Images > 0 {
		if j.Images > test.Len() {
			return plan, nil, fmt.Errorf("replay.images is %d, want at most the %d test images of %s", j.Images, test.Len(), data.Name)
		}
		test = test.Slice(0, j.Images)
	}
	if plan.Bits, err = replayer.Bits(ctx, calibration); err != nil {
		return plan, nil, err
	}
	if j.Chip.ADC.Recalibrate == adc.AffineRecalibration {
		if plan.Affines, err = replayer.Recalibrate(ctx, plan.Bits, calibration); err != nil {
			return plan, nil, err
		}
	}
	plan.Statistics = j.statistics()
	replay, err = replayer.Run(ctx, test, plan, func(done int) { host.progress("replaying", done, test.Len(), "") })
	return plan, replay, err
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
