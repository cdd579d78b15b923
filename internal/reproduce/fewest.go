package reproduce

import (
	"context"
	"fmt"

	"bitline/adc"
	"bitline/internal/config"
	"bitline/internal/pipeline"
	"bitline/internal/report"
	"bitline/scheduler"
	"bitline/workloads"
)

// Fewest is a study of how few bits the converters of a chip can have for each
// model, all layers at one resolution for each slice.
type Fewest struct {
	models []fewestModel // one for each variant
}

// fewestModel says how the resolutions of a model are found.
type fewestModel struct {
	network, method string
	reference       int     // the variant whose accuracy without converters counts
	budget          float64 // accuracy below that, 0 to 1
	recalibrate     bool
	bits            []int // that it was trained for; none: they are searched
}

// readFewest reads a study of fewest bits.
func (s *Study) readFewest(t *config.Table) {
	t.Require("model")
	wantSome(t, "model")
	s.Fewest = &Fewest{}
	for i, mt := range t.Tables("model") {
		mt.Require("network", "method", "job", "checkpoint", "budget")
		m := fewestModel{
			network: mt.String("network", ""), method: mt.String("method", ""), reference: i,
			budget: mt.Float("budget", 0, 0, 100) / 100, recalibrate: mt.Bool("recalibrate", false),
			bits: mt.Ints("bits", nil, 1, adc.MaxBits),
		}
		v := Variant{job: config.Beside(s.source, mt.String("job", ""), ".toml"), checkpoint: mt.String("checkpoint", ""), sets: mt.Strings("set", nil)}
		v.Name = v.checkpoint
		if mt.Has("reference") {
			name := mt.String("reference", "")
			m.reference = -1
			for k, o := range s.Variants {
				if o.checkpoint == name {
					m.reference = k
				}
			}
			if m.reference < 0 {
				mt.Faultf("reference", "is %q, want the checkpoint of a model before this one", name)
			}
		}
		s.Variants, s.Fewest.models = append(s.Variants, v), append(s.Fewest.models, m)
	}
}

// measureFewest finds and replays the converters of every model, and compares the
// laws.
func (s *Study) measureFewest(ctx context.Context, host pipeline.Host, folder string) (*Findings, error) {
	t := report.Table{
		Title: "Fewest converter bits, one resolution for each slice of the chip, least significant first (power and energy: how many times less than 8 bits by the paper's law)",
		Columns: []string{"network", "method", "recalibrated", "ADC bits", "accuracy>", "without converters>", "points lost>", "within",
			"power>", "energy>"},
	}
	exact := make([]float64, len(s.Variants))
	for i, v := range s.Variants {
		model, err := s.model(v, folder)
		if err != nil {
			return nil, err
		}
		data, err := workloads.Load(host.Data, v.Job.DataSet)
		if err != nil {
			return nil, err
		}
		right, err := rightWithoutConverters(ctx, model, data.Test)
		if err != nil {
			return nil, err
		}
		exact[i] = shareOf(right)
		m := s.Fewest.models[i]
		r, accuracy, err := m.replay(ctx, v.Job, model, data)
		if err != nil {
			return nil, fmt.Errorf("model %s: %w", v.Name, err)
		}
		want := exact[m.reference]
		cost, err := sumOf(adc.PowerLaw, r.bits, v.Job.Chip.ADC)
		if err != nil {
			return nil, err
		}
		n := float64(len(r.bits))
		t.Add(m.network, m.method, yes(m.recalibrate), report.Brackets(r.bits), report.Percent(accuracy), report.Percent(want),
			fmt.Sprintf("%.2f", 100*(want-accuracy)), fmt.Sprintf("%g: %s", 100*m.budget, yes(accuracy >= want-m.budget)),
			report.Ratio(n/cost.Power), report.Ratio(n/cost.Energy))
		if host.Progress != nil {
			host.Progress("searching", i+1, len(s.Variants), v.Name)
		}
	}
	return &Findings{Tables: []report.Table{t, everyLaw(s.Variants[0].Job.Chip.ADC)}}, nil
}

// replay finds the converters of a model and replays the test images through them.
func (m fewestModel) replay(ctx context.Context, job *pipeline.Job, model *workloads.Model, data *workloads.Dataset) (r ruled, accuracy float64, err error) {
	chip := *job.Chip
	chip.ADC.Budget = m.budget
	r = ruled{rule: adc.LossBudget, recalibrated: m.recalibrate}
	replayer, err := scheduler.NewReplayer(&chip, model)
	if err != nil {
		return r, 0, err
	}
	images := choose(data, job, 0)
	if len(m.bits) > 0 {
		err = r.use(ctx, replayer, same(m.bits, len(model.Layers)), images.refit)
	} else {
		err = r.find(ctx, chip, model, images)
	}
	if err != nil {
		return r, 0, err
	}
	replay, err := replayer.Run(ctx, data.Test, r.plan, nil)
	if err != nil {
		return r, 0, err
	}
	return r, replay.Accuracy(), nil
}

func shareOf(right []bool) float64 {
	n := 0
	for _, r := range right {
		if r {
			n++
		}
	}
	return float64(n) / float64(len(right))
}
