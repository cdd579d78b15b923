package pipeline

import (
	"context"
	"fmt"

	"bitline/adc"
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
	data, err := workloads.Load(host.Data, job.DataSet)
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
	timing, err := scheduler.Simulate(ctx, job.Chip, mapping, plan.Bits, job.Simulation)
	if err != nil {
		return nil, err
	}
	gain, err := scheduler.CompareADC(ctx, job.Chip, mapping, timing, job.Simulation)
	if err != nil {
		return nil, err
	}
	return newResult(findings{job: job, data: data, model: model, mapping: mapping, replay: replay, timing: timing, gain: gain})
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
	replay, err = replayer.Run(ctx, test, plan, func(done int) { host.progress("replaying", done, test.Len(), "") })
	return plan, replay, err
}
