package reproduce

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"bitline/crossbar"
	"bitline/internal/pipeline"
	"bitline/internal/plot"
	"bitline/internal/report"
	"bitline/scheduler"
	"bitline/workloads"
)

// Findings is what was measured of a study.
type Findings struct {
	Tables []report.Table
	// Chart is the accuracy of the replayed test images over the resolutions, for
	// the study's plotted variants and its first way of driving inputs; dashed
	// with refitted affines.
	Chart plot.Lines
	// Scatter is the curves of a study of curves.
	Scatter plot.Scatter
}

// SVG draws what there is to draw; nil where there is nothing.
func (f *Findings) SVG() ([]byte, error) {
	switch {
	case f.Chart.Series != nil:
		return f.Chart.SVG()
	case f.Scatter.Series != nil:
		return f.Scatter.SVG()
	}
	return nil, nil
}

// Measure measures every variant of the study: its sparsity, the resolutions that
// its sums need, and the accuracy of the replayed test set. folder holds the
// checkpoints; "" takes the shipped ones.
func (s *Study) Measure(ctx context.Context, host pipeline.Host, folder string) (*Findings, error) {
	if s.Curves != nil {
		return s.measureCurves(ctx, host, folder)
	}
	m := measurement{study: s, host: host,
		chart: plot.Lines{
			Title:  fmt.Sprintf("%s: test images replayed (dashed: affine refitted)", s.Name),
			XLabel: "converter bits per slice, least significant first", YLabel: "accuracy in %",
		},
		sparsity: report.Table{
			Title:   "Accuracy without converters, and non-zero digits (weights and biases, all layers pooled)",
			Columns: []string{"model", "accuracy>", "slice 0>", "slice 1>", "slice 2>", "slice 3>", "mean>"},
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
	for _, bits := range s.Resolutions {
		m.replay.Columns = append(m.replay.Columns, brackets(bits)+">")
		m.chart.Categories = append(m.chart.Categories, brackets(bits))
	}
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
	return &Findings{Tables: []report.Table{m.sparsity, m.layers, m.replay}, Chart: m.chart}, nil
}

// measurement is the tables being filled.
type measurement struct {
	study                    *Study
	host                     pipeline.Host
	sparsity, layers, replay report.Table
	chart                    plot.Lines
}

// measure adds one variant to every table.
func (m *measurement) measure(ctx context.Context, v Variant, model *workloads.Model) error {
	data, err := workloads.Load(m.host.Data, v.Job.DataSet)
	if err != nil {
		return err
	}
	for i, sign := range m.study.InputSigns {
		chip := *v.Job.Chip
		chip.Encoding.InputSign = sign
		replayer, err := scheduler.NewReplayer(&chip, model)
		if err != nil {
			return err
		}
		plans, err := m.plans(ctx, replayer, data.Calibration(v.Job.Calibration), len(model.Layers))
		if err != nil {
			return err
		}
		if i == 0 { // the one whose sums are described
			plans[0].Statistics, plans[0].NoReference = crossbar.Sums, false
		}
		replays, err := replayer.RunMany(ctx, data.Test, plans, nil)
		if err != nil {
			return err
		}
		if i == 0 {
			m.describe(v, model, replays[0])
		}
		resolutions := len(m.study.Resolutions)
		m.tabulate(v, setting{sign: sign, charted: i == 0}, replays[:resolutions])
		m.tabulate(v, setting{sign: sign, charted: i == 0, recalibrated: true}, replays[resolutions:])
	}
	return nil
}

// plans are the replays of a variant with one way of driving inputs: at every
// resolution, then once more with refitted affines.
func (m *measurement) plans(ctx context.Context, r *scheduler.Replayer, calibration workloads.Images, layers int) ([]scheduler.Plan, error) {
	var plain, refitted []scheduler.Plan
	for _, resolution := range m.study.Resolutions {
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
	line := plot.Series{Dashed: s.recalibrated, Colour: slices.Index(m.study.Plotted, v.Name)}
	if !s.recalibrated {
		line.Name = v.Name
	}
	for _, r := range replays {
		row = append(row, report.Percent(r.Accuracy()))
		line.Y = append(line.Y, 100*r.Accuracy())
	}
	m.replay.Add(row...)
	if s.charted && line.Colour >= 0 {
		m.chart.Series = append(m.chart.Series, line)
	}
}

// describe adds a variant's sparsity and sums, as the first replay saw them.
func (m *measurement) describe(v Variant, model *workloads.Model, replay *scheduler.Replay) {
	layers, pooled := model.Sparsity(v.Job.Chip.Crossbar.CellBits)
	row := []any{v.Name, report.Percent(replay.AccuracyExact())}
	for i := range pooled.WithBiases.NonZero {
		row = append(row, report.Percent(pooled.WithBiases.Share(i)))
	}
	m.sparsity.Add(append(row, report.Percent(pooled.WithBiases.Average()))...)
	for i, l := range replay.Layers {
		for _, s := range pipeline.Slices(v.Job.Chip, l) {
			seen, needs := s.Seen()
			m.layers.Add(v.Name, l.Name, s.Slice, report.Percent(layers[i].Weights.Share(s.Slice)),
				s.LargestSum, s.WorstCaseBits, seen, needs)
		}
	}
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

func brackets(bits []int) string {
	return strings.ReplaceAll(fmt.Sprint(bits), " ", ",")
}
