package pipeline

import (
	"context"
	"fmt"
	"slices"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/internal/report"
	"bitline/scheduler"
)

// LayerSensitivity is what one layer's converters cost: the accuracy of the replayed
// images where they alone may clip, and where all others' may.
type LayerSensitivity struct {
	Layer string `json:"layer"`
	Bits  []int  `json:"adc_bits"` // of each slice, as in the replay
	// Enough is the resolution of each slice at which the layer cannot clip.
	Enough []int   `json:"worst_case_bits"`
	Alone  float64 `json:"accuracy_alone"`
	Spared float64 `json:"accuracy_spared"`
}

// CheckSensitivity is an error unless a larger resolution of a single layer only
// clips less.
func (j *Job) CheckSensitivity() error {
	c := j.Chip
	switch {
	case !j.HasValues():
		return j.CheckValues()
	case c.ADC.Range != adc.Unit:
		return fmt.Errorf("chip %s has adc.range = %q, want \"unit\", in which a sum that fits is exact", c.Name, c.ADC.Range)
	case c.Encoding.Signed == crossbar.OffsetFlip:
		return fmt.Errorf("chip %s has encoding.signed = %q, which stores columns by the resolution, want another", c.Name, c.Encoding.Signed)
	}
	return nil
}

// sensitivities replays the test images twice for each layer: its converters as they
// are and all others large enough, and the other way round. Where the job refits
// affines each of these has its own.
func (j *Job) sensitivities(ctx context.Context, host Host, v *Values) ([]LayerSensitivity, error) {
	replayer, err := scheduler.NewReplayer(j.Chip, v.model)
	if err != nil {
		return nil, err
	}
	enough, err := replayer.WorstCaseBits()
	if err != nil {
		return nil, err
	}
	images, err := j.testImages(v.data)
	if err != nil {
		return nil, err
	}
	var plans []scheduler.Plan
	n := len(v.bits)
	for i := range 2 * n {
		bits := swapped(enough, v.bits, i/2)
		if i%2 == 1 {
			bits = swapped(v.bits, enough, i/2)
		}
		plan := scheduler.Plan{Bits: bits, Statistics: crossbar.Clips, NoReference: true}
		if j.Chip.ADC.Recalibrate == adc.AffineRecalibration {
			host.progress("refitting", i, 2*n, "")
			if plan.Affines, err = replayer.Recalibrate(ctx, bits, v.data.Calibration(j.Calibration)); err != nil {
				return nil, err
			}
		}
		plans = append(plans, plan)
	}
	replays, err := replayer.RunMany(ctx, images, plans, func(done int) { host.progress("sparing layers", done, images.Len(), "") })
	if err != nil {
		return nil, err
	}
	all := make([]LayerSensitivity, n)
	for i := range all {
		all[i] = LayerSensitivity{
			Layer: replays[0].Layers[i].Name, Bits: v.bits[i], Enough: enough[i],
			Alone: replays[2*i].Accuracy(), Spared: replays[2*i+1].Accuracy(),
		}
	}
	return all, nil
}

// swapped is a table of resolutions with one layer's from another.
func swapped(bits, other [][]int, layer int) [][]int {
	mixed := slices.Clone(bits)
	mixed[layer] = other[layer]
	return mixed
}

// sensitivityTable shows what single layers' converters cost.
func (r *Result) sensitivityTable() report.Table {
	t := report.Table{
		Title: fmt.Sprintf("What the converters of single layers cost (all of them: %s of %s, none: %s)",
			report.Percent(r.Accuracy), report.Counted(r.Images, "test image"), report.Percent(r.AccuracyNoADC)),
		Columns: []string{"layer", "ADC bits", "cannot clip at", "this layer alone clips>", "points lost>", "all others clip>", "points gained>"},
	}
	for _, s := range r.Sensitivity {
		t.Add(s.Layer, report.Brackets(s.Bits), report.Brackets(s.Enough), report.Percent(s.Alone), points(r.AccuracyNoADC-s.Alone), report.Percent(s.Spared), points(s.Spared-r.Accuracy))
	}
	return t
}

// points is a difference of accuracies in points.
func points(x float64) string { return fmt.Sprintf("%.2f", 100*x) }

// mostSensitive is the layer that gains most where it is spared; ok is false where none
// gains as much as a point or what was given cannot be given by layer.
func (r *Result) mostSensitive() (most LayerSensitivity, ok bool) {
	for _, s := range r.Sensitivity {
		if s.Spared > most.Spared {
			most = s
		}
	}
	byRule := r.Setting.ADCResolution != givenResolution && r.Setting.ADCResolution != givenByLayer
	return most, !byRule && most.Spared-r.Accuracy >= clearLoss
}
