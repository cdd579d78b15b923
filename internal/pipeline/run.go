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
	timing, err := job.simulate(ctx, mapping, plan.Bits)
	if err != nil {
		return nil, err
	}
	return newResult(findings{job: job, data: data, model: model, mapping: mapping, replay: replay, timing: timing})
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

// timings is the chip's timing, and the same with converters that take as long as
// those of rate_bits, against which a converter's speed-up is judged.
type timings struct {
	chip      *scheduler.Timing
	reference *scheduler.Timing
}

func (j *Job) simulate(ctx context.Context, mapping *scheduler.Mapping, bits [][]int) (timings, error) {
	options := scheduler.Options{Images: j.Pipelined}
	chip, err := scheduler.Simulate(ctx, j.Chip, mapping, bits, options)
	if err != nil {
		return timings{}, err
	}
	slow := make([][]int, len(bits))
	for i := range bits {
		slow[i] = make([]int, len(bits[i]))
		for k := range slow[i] {
			slow[i][k] = j.Chip.ADC.RateBits
		}
	}
	reference, err := scheduler.Simulate(ctx, j.Chip, mapping, slow, options)
	if err != nil {
		return timings{}, fmt.Errorf("with converters of adc.rate_bits = %d: %w", j.Chip.ADC.RateBits, err)
	}
	return timings{chip: chip, reference: reference}, nil
}
