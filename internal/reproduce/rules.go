package reproduce

import (
	"context"
	"fmt"

	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/pipeline"
	"bitline/internal/report"
	"bitline/scheduler"
	"bitline/workloads"
)

// ruled is the converters that a rule finds for a model, and their replay.
type ruled struct {
	rule         adc.Auto
	recalibrated bool
	bits         []int // of each slice of the chip
	plan         scheduler.Plan
}

// pictures are the training images on which resolutions are searched, and those on
// which affines are refitted.
type pictures struct{ search, refit workloads.Images }

// choose takes the job's calibration images, and for searching so many if it is not 0.
func choose(data *workloads.Dataset, job *pipeline.Job, search int) pictures {
	p := pictures{refit: data.Calibration(job.Calibration)}
	if p.search = p.refit; search > 0 {
		p.search = data.Calibration(search)
	}
	return p
}

// find looks for the converters of each rule, without and with refitted affines.
func (m *measurement) find(ctx context.Context, chip *arch.Chip, model *workloads.Model, images pictures) ([]ruled, error) {
	var all []ruled
	for _, rule := range m.study.Accuracy.Rules {
		for _, recalibrated := range []bool{false, true} {
			r := ruled{rule: rule, recalibrated: recalibrated}
			own := *chip
			own.ADC.Budget = m.study.Accuracy.Budget
			if err := r.find(ctx, own, model, images); err != nil {
				return nil, fmt.Errorf("rule %s: %w", rule, err)
			}
			all = append(all, r)
		}
	}
	return all, nil
}

// find makes a rule's replay: one resolution for each slice of the whole chip. The
// chip's loss budget counts where the rule has one.
func (r *ruled) find(ctx context.Context, chip arch.Chip, model *workloads.Model, images pictures) error {
	chip.ADC = chip.ADC.ByRule(r.rule, adc.WholeChip)
	if r.recalibrated {
		chip.ADC.Recalibrate = adc.AffineRecalibration
	} else {
		chip.ADC.Recalibrate = adc.NoRecalibration
	}
	replayer, err := scheduler.NewReplayer(&chip, model)
	if err != nil {
		return err
	}
	bits, err := replayer.Bits(ctx, images.search)
	if err != nil {
		return err
	}
	return r.use(ctx, replayer, bits, images.refit)
}

// use makes a replay at the given resolutions.
func (r *ruled) use(ctx context.Context, replayer *scheduler.Replayer, bits [][]int, calibration workloads.Images) (err error) {
	r.bits = bits[0]
	r.plan = scheduler.Plan{Bits: bits, Statistics: crossbar.Clips, NoReference: true}
	if r.recalibrated {
		r.plan.Affines, err = replayer.Recalibrate(ctx, bits, calibration)
	}
	return err
}

// outcomes are the chip that was replayed, the replays of all rules, and the accuracy
// without converters.
type outcomes struct {
	chip    *arch.Chip
	replays []*scheduler.Replay
	exact   float64
}

// tabulateRules adds what each rule found and what it is worth to the chip.
func (m *measurement) tabulateRules(ctx context.Context, v Variant, found []ruled, o outcomes) error {
	m.found = append(m.found, found...)
	for i, r := range found {
		accuracy := o.replays[i].Accuracy()
		m.rules.Add(v.Name, r.rule, yes(r.recalibrated), report.Brackets(r.bits), report.Percent(accuracy), report.Percent(o.exact), fmt.Sprintf("%.2f", 100*(o.exact-accuracy)))
		with, err := m.simulate(ctx, v, o.chip, r.bits)
		if err != nil {
			return err
		}
		base, err := m.simulate(ctx, v, o.chip, []int{paperReference})
		if err != nil {
			return err
		}
		t := with.timing
		m.arrives.Add(v.Name, r.rule, yes(r.recalibrated), report.Brackets(r.bits),
			fmt.Sprintf("%.1f", t.LatencySingle.Nanoseconds()/1e3), fmt.Sprintf("%.2f", t.Interval.Nanoseconds()/1e3),
			fmt.Sprintf("%.3g", with.energy), report.Percent(with.adc/with.energy), fmt.Sprintf("%.3g", with.area),
			report.Ratio(float64(base.timing.LatencySingle)/float64(t.LatencySingle)), report.Ratio(float64(base.timing.Interval)/float64(t.Interval)),
			report.Ratio(base.energy/with.energy), report.Ratio(base.area/with.area))
	}
	return nil
}

// simulate is the variant's network on its chip, as inputs are driven on that one, with
// other converters; equal ones are simulated once.
func (m *measurement) simulate(ctx context.Context, v Variant, driven *arch.Chip, bits []int) (*chipFigures, error) {
	document, err := v.Job.ChipDocument()
	if err != nil {
		return nil, err
	}
	key := fmt.Sprintf("%v %+v %v %s\n%s", v.Job.Network.Input, v.Job.Network.Layers, bits, driven.Encoding.InputSign, document)
	if f, ok := m.chips[key]; ok {
		return f, nil
	}
	chip := *driven
	chip.ADC = chip.ADC.WithBits(bits)
	f, err := simulate(ctx, v.Job.Network.Name, &chip, v.Job.Network)
	if err != nil {
		return nil, err
	}
	m.chips[key] = f
	return f, nil
}
