package pipeline

import (
	"context"
	"fmt"

	"bitline/scheduler"
	"bitline/workloads"
	"bitline/workloads/train"
)

// startThrough completes the configuration of a training through converters: the
// checkpoint that it starts from, the chip's crossbars and the resolutions.
func (j *Job) startThrough(ctx context.Context, cfg *train.Config, data *workloads.Dataset) error {
	start, err := readCheckpoint(cfg.Through.Name)
	if err != nil {
		return fmt.Errorf("key train.adc.start: %w", err)
	}
	if err := sameNetwork(start.Network, j.Network); err != nil {
		return fmt.Errorf("checkpoint %s: %w", cfg.Through.Name, err)
	}
	replayer, err := scheduler.NewReplayer(j.Chip, start)
	if err != nil {
		return err
	}
	through := *cfg.Through
	if through.Bits, err = replayer.Bits(ctx, data.Calibration(j.Calibration)); err != nil {
		return err
	}
	through.Start, through.Design, through.ADC = start, j.Chip.Design(nil), j.Chip.ADC
	cfg.Through = &through
	if !through.Recalibrate {
		return nil
	}
	return j.recalibrateStart(ctx, cfg, data)
}

// recalibrateStart replaces the start by itself at the scales that the training
// wants, its output stages recalibrated there.
func (j *Job) recalibrateStart(ctx context.Context, cfg *train.Config, data *workloads.Dataset) error {
	still := *cfg
	still.Finetune.Epochs, still.PruneThreshold, still.Teacher = 0, 0, nil
	t, err := train.New(still, j.Network, data)
	if err != nil {
		return err
	}
	start, err := t.Model()
	if err != nil {
		return err
	}
	replayer, err := scheduler.NewReplayer(j.Chip, start)
	if err != nil {
		return err
	}
	affines, err := replayer.Recalibrate(ctx, cfg.Through.Bits, data.Calibration(j.Calibration))
	if err != nil {
		return err
	}
	for i := range start.Layers {
		start.Layers[i].Affine = affines[i]
	}
	start.Origin = cfg.Through.Start.Origin
	cfg.Through.Name += fmt.Sprintf(" at headroom %d, recalibrated", cfg.Through.Headroom)
	cfg.Through.Start, cfg.Through.Headroom = start, 0
	return nil
}
