package reproduce

import (
	"context"
	"fmt"
	"slices"

	"bitline/crossbar"
	"bitline/internal/pipeline"
	"bitline/internal/report"
	"bitline/scheduler"
	"bitline/workloads"
)

// measureAccuracy measures every variant: its sparsity, the resolutions that its
// sums need, the accuracy of the replayed test set, and what converters of those
// resolutions save.
func (s *Study) measureAccuracy(ctx context.Context, host pipeline.Host, folder string) (*Findings, error) {
	m := newMeasurement(s, host)
	for i, v := range s.Variants {
		model, err := s.model(v, folder)
		if err != nil {
			return nil, err
		}
		if err := m.measure(ctx, v, model); err != nil {
			return nil, fmt.Errorf("variant %s: %w", v.Name, err)
		}
		if host.Progress != nil {
			host.Progress("replaying", i+1, len(s.Variants), v.Name)
		}
	}
	tables := []report.Table{m.sparsity}
	if s.Accuracy.l1 != "" {
		tables = append(tables, m.claims())
	}
	if len(s.Accuracy.Rules) > 0 {
		tables = append(tables, m.rules, m.laws(), m.arrives)
	}
	return &Findings{Tables: append(tables, m.replay, m.layers), Charts: m.charts()}, nil
}

// measurement is the tables being filled.
type measurement struct {
	study                    *Study
	host                     pipeline.Host
	sparsity, layers, replay report.Table
	rules, arrives           report.Table
	chart                    report.Lines
	models                   []measured
	found                    []ruled
	chips                    map[string]*chipFigures // by network, resolutions and chip
}

// charts is the chart, if it has lines.
func (m *measurement) charts() []report.Lines {
	if m.chart.Series == nil {
		return nil
	}
	return []report.Lines{m.chart}
}

// measured is what the claims are held against.
type measured struct {
	name     string
	slices   [][]pipeline.SliceResult // of each layer
	layers   []string
	share    float64 // mean over slices of the non-zero digits of crossbar weights
	accuracy float64 // without converters
	lowest   float64 // replayed at the last of the resolutions
	refitted float64 // the same with refitted affines
}

func newMeasurement(s *Study, host pipeline.Host) *measurement {
	m := &measurement{study: s, host: host, chips: map[string]*chipFigures{},
		chart: report.Lines{
			Title:  fmt.Sprintf("%s: test images replayed (dashed: affine refitted)", s.Name),
			XLabel: "converter bits per slice, least significant first", YLabel: "accuracy in %",
		},
		sparsity: report.Table{
			Title:   "Accuracy without converters, and non-zero digits of crossbar weights, all layers pooled",
			Columns: []string{"model", "accuracy>"},
		},
		rules: report.Table{
			Title:   fmt.Sprintf("Converters that each rule finds, one resolution for each slice of the chip, least significant first (loss: the cheapest that a greedy search finds to lose at most %g points on training images)", 100*s.Accuracy.Budget),
			Columns: []string{"model", "rule", "recalibrated", "ADC bits", "accuracy>", "without converters>", "points lost>"},
		},
		arrives: report.Table{
			Title:   "What arrives: an image in steady state on the whole chip with those converters, and how many times less than with 8 bits",
			Columns: []string{"model", "rule", "recalibrated", "ADC bits", "latency µs>", "interval µs>", "energy µJ>", "of it ADC>", "chip mm²>", "latency>", "interval>", "energy>", "area>"},
		},
		layers: report.Table{
			Title:   "Non-zero digits of crossbar weights and bitline sums, per layer and slice",
			Columns: []string{"model", "layer", "slice>", "non-zero>", "largest possible sum>", "bits (worst case)>", "largest seen>", "bits (observed)>"},
		},
		replay: report.Table{
			Title:   "Accuracy of the replayed test images, resolution per slice from the least significant",
			Columns: []string{"model", "inputs", "recalibrated"},
		},
	}
	for i := range s.Variants[0].Job.Chip.Slicing().Count {
		m.sparsity.Columns = append(m.sparsity.Columns, fmt.Sprintf("slice %d>", i))
	}
	m.sparsity.Columns = append(m.sparsity.Columns, "mean>", "with biases>")
	for _, bits := range s.Accuracy.Resolutions {
		m.replay.Columns = append(m.replay.Columns, report.Brackets(bits)+">")
		m.chart.Categories = append(m.chart.Categories, report.Brackets(bits))
	}
	return m
}

// measure adds one variant to every table.
func (m *measurement) measure(ctx context.Context, v Variant, model *workloads.Model) error {
	data, err := workloads.Load(m.host.Data, v.Job.DataSet)
	if err != nil {
		return err
	}
	images := choose(data, v.Job, m.study.Accuracy.Search)
	var found []ruled
	for i, sign := range m.study.Accuracy.signs(v) {
		chip := *v.Job.Chip
		chip.Encoding.InputSign = sign
		replayer, err := scheduler.NewReplayer(&chip, model)
		if err != nil {
			return err
		}
		plans, err := m.plans(ctx, replayer, images.refit, len(model.Layers))
		if err != nil {
			return err
		}
		fixed := len(plans)
		if i == 0 { // the one whose sums are described, and for which converters are chosen
			plans[0].Statistics, plans[0].NoReference = crossbar.Sums, false
			if found, err = m.find(ctx, &chip, model, images); err != nil {
				return err
			}
			for _, r := range found {
				plans = append(plans, r.plan)
			}
		}
		replays, err := replayer.RunMany(ctx, data.Test, plans, nil)
		if err != nil {
			return err
		}
		plain, refitted := replays[:fixed/2], replays[fixed/2:fixed]
		if i == 0 {
			exact := m.describe(v, model, plain, refitted)
			if err := m.tabulateRules(ctx, v, found, outcomes{&chip, replays[fixed:], exact}); err != nil {
				return err
			}
		}
		m.tabulate(v, setting{sign: sign, charted: i == 0}, plain)
		m.tabulate(v, setting{sign: sign, charted: i == 0, recalibrated: true}, refitted)
	}
	return nil
}

// signs are the ways of driving inputs with which a variant is replayed.
func (a *Accuracy) signs(v Variant) []crossbar.InputSign {
	if len(a.InputSigns) == 0 {
		return []crossbar.InputSign{v.Job.Chip.Encoding.InputSign}
	}
	return a.InputSigns
}

// plans are the replays of a variant with one way of driving inputs: at every
// resolution, then once more with refitted affines.
func (m *measurement) plans(ctx context.Context, r *scheduler.Replayer, calibration workloads.Images, layers int) ([]scheduler.Plan, error) {
	var plain, refitted []scheduler.Plan
	for _, resolution := range m.study.Accuracy.Resolutions {
		p := scheduler.Plan{Bits: same(resolution, layers), Statistics: crossbar.Clips, NoReference: true}
		plain = append(plain, p)
		affines, err := r.Recalibrate(ctx, p.Bits, calibration)
		if err != nil {
			return nil, err
		}
		p.Affines = affines
		refitted = append(refitted, p)
	}
	return append(plain, refitted...), nil
}

// setting is what a row of replays has in common.
type setting struct {
	sign         crossbar.InputSign
	recalibrated bool
	charted      bool
}

// tabulate adds a row of replays, one for each resolution, to the table and the
// chart.
func (m *measurement) tabulate(v Variant, s setting, replays []*scheduler.Replay) {
	row := []any{v.Name, s.sign, yes(s.recalibrated)}
	line := report.Line{Dashed: s.recalibrated, Colour: slices.Index(m.study.Accuracy.Plotted, v.Name)}
	if !s.recalibrated {
		line.Name = v.Name
	}
	for i, r := range replays {
		row = append(row, report.Percent(r.Accuracy()))
		line.Add(float64(i), 100*r.Accuracy())
	}
	m.replay.Add(row...)
	if s.charted && line.Colour >= 0 {
		m.chart.Series = append(m.chart.Series, line)
	}
}

// describe adds a variant's sparsity and sums, as the first replay saw them, and
// returns its accuracy without converters.
func (m *measurement) describe(v Variant, model *workloads.Model, plain, refitted []*scheduler.Replay) float64 {
	replay, last := plain[0], len(plain)-1
	layers, pooled := model.Sparsity(v.Job.Chip.Crossbar.CellBits)
	own := measured{
		name: v.Name, share: pooled.Weights.Average(), accuracy: replay.AccuracyExact(),
		lowest: plain[last].Accuracy(), refitted: refitted[last].Accuracy(),
	}
	row := []any{v.Name, report.Percent(own.accuracy)}
	for i := range pooled.Weights.NonZero {
		row = append(row, report.Percent(pooled.Weights.Share(i)))
	}
	m.sparsity.Add(append(row, report.Percent(own.share), report.Percent(pooled.WithBiases.Average()))...)
	for i, l := range replay.Layers {
		saw := pipeline.Slices(v.Job.Chip, l)
		for _, s := range saw {
			seen, needs := s.Seen()
			m.layers.Add(v.Name, l.Name, s.Slice, report.Percent(layers[i].Weights.Share(s.Slice)),
				s.LargestSum, s.WorstCaseBits, seen, needs)
		}
		own.layers, own.slices = append(own.layers, l.Name), append(own.slices, saw)
	}
	m.models = append(m.models, own)
	return own.accuracy
}

// same gives every layer the same resolutions.
func same(resolution []int, layers int) [][]int {
	bits := make([][]int, layers)
	for i := range bits {
		bits[i] = resolution
	}
	return bits
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
