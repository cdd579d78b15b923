package reproduce

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"bitline/internal/pipeline"
	"bitline/internal/report"
	"bitline/scheduler"
	"bitline/workloads"
)

// quantity is what methods are compared in at equal accuracy.
type quantity struct {
	name  string
	form  precision
	unit  string // behind numbers, with its blank
	times float64
}

// share is the mean over slices of the non-zero digits of crossbar weights.
var share = quantity{"mean non-zero share", precision{decimals: 2}, " %", 100}

// quantities are the share and, where a rule finds converters, what these come to.
func (c *Curves) quantities() []quantity {
	if c.rule == "" {
		return []quantity{share}
	}
	return []quantity{share, {"mean ADC bits", precision{decimals: 2}, "", 1}, {"ADC energy in nJ", precision{digits: 3}, "", 1}, {"energy in nJ", precision{digits: 4}, "", 1}, {"latency in µs", precision{digits: 4}, "", 1}}
}

// CurveFile is the name of the chart of the i-th quantity.
func CurveFile(i int) string {
	return []string{"nonzero.svg", "adc-bits.svg", "adc-energy.svg", "energy.svg", "latency.svg"}[i]
}

// curvePoint is one measured model.
type curvePoint struct {
	known    bool
	right    []bool // of each test image, without converters
	accuracy float64
	slices   []float64
	bits     []int     // what the rule finds
	replayed float64   // accuracy through converters of these
	worth    []float64 // in the order of quantities
}

// accuracyAt is the accuracy at which a quantity is compared: without converters
// where it has nothing to do with them.
func (p *curvePoint) accuracyAt(q int) float64 {
	if q == 0 {
		return p.accuracy
	}
	return p.replayed
}

// measuredCurves are the models of a study of curves.
type measuredCurves struct {
	dense  []curvePoint     // by seed
	points [][][]curvePoint // by seed, method and strength
}

// measureCurves measures every model and compares the methods.
func (s *Study) measureCurves(ctx context.Context, host pipeline.Host, folder string) (*Findings, error) {
	c := s.Curves
	all := measuredCurves{dense: make([]curvePoint, len(c.seeds)), points: make([][][]curvePoint, len(c.seeds))}
	for i := range all.points {
		for _, m := range c.methods {
			all.points[i] = append(all.points[i], make([]curvePoint, len(m.strengths)))
		}
	}
	models := s.curveTable()
	for i, v := range s.Variants {
		p, err := s.point(ctx, host, v, folder)
		if err != nil {
			return nil, fmt.Errorf("variant %s: %w", v.Name, err)
		}
		if host.Progress != nil {
			host.Progress("measuring", i+1, len(s.Variants), v.Name)
		}
		name, strength := "dense", ""
		switch v.at.method {
		case denseModel:
			all.dense[v.at.seed] = p
		case singleModel:
			name = c.singles[v.at.strength].name
		default:
			m := &c.methods[v.at.method]
			name, strength = m.name, fmt.Sprintf("%g", m.strengths[v.at.strength])
			all.points[v.at.seed][v.at.method][v.at.strength] = p
		}
		models.Add(c.row([]any{c.seeds[v.at.seed], name, strength}, p, all.dense[v.at.seed])...)
	}
	return &Findings{Tables: append([]report.Table{models}, c.compare(all)...), Charts: c.charts(s.Name, all.points)}, nil
}

// curveTable is the table of all models.
func (s *Study) curveTable() report.Table {
	t := report.Table{
		Title:   "Every model without converters; non-zero digits of crossbar weights, all layers pooled",
		Columns: []string{"seed", "method", "strength>", "accuracy>"},
	}
	for i := range s.Variants[0].Job.Chip.Slicing().Count {
		t.Columns = append(t.Columns, fmt.Sprintf("slice %d>", i))
	}
	t.Columns = append(t.Columns, "mean>", "better, worse than dense>", "p (McNemar)>")
	if c := s.Curves; c.rule != "" {
		t.Title += fmt.Sprintf("; converters by the rule %s, one resolution for each slice of the chip", c.rule)
		t.Columns = append(t.Columns, "ADC bits", "accuracy with them>")
		for _, q := range c.quantities()[2:] {
			t.Columns = append(t.Columns, q.name+">")
		}
	}
	return t
}

// row is a model's, behind the cells that name it.
func (c *Curves) row(row []any, p, dense curvePoint) []any {
	row = append(row, report.Percent(p.accuracy))
	for _, s := range p.slices {
		row = append(row, report.Percent(s))
	}
	row = append(row, report.Percent(p.worth[0]))
	if better, worse := differ(p.right, dense.right); &p.right[0] == &dense.right[0] {
		row = append(row, "", "")
	} else {
		row = append(row, fmt.Sprintf("%d, %d", better, worse), pValue(mcnemar(better, worse)))
	}
	if c.rule != "" {
		row = append(row, report.Brackets(p.bits), report.Percent(p.replayed))
		for i, q := range c.quantities()[2:] {
			row = append(row, q.form.of(q.times*p.worth[2+i]))
		}
	}
	return row
}

// point measures one model.
func (s *Study) point(ctx context.Context, host pipeline.Host, v Variant, folder string) (curvePoint, error) {
	model, err := s.model(v, folder)
	if err != nil {
		return curvePoint{}, err
	}
	data, err := workloads.Load(host.Data, v.Job.DataSet)
	if err != nil {
		return curvePoint{}, err
	}
	p := curvePoint{known: true}
	if p.right, err = rightWithoutConverters(ctx, model, data.Test); err != nil {
		return curvePoint{}, err
	}
	p.accuracy = shareOf(p.right)
	_, pooled := model.Sparsity(v.Job.Chip.Crossbar.CellBits)
	for i := range pooled.Weights.NonZero {
		p.slices = append(p.slices, pooled.Weights.Share(i))
	}
	p.worth = []float64{pooled.Weights.Average()}
	if s.Curves.rule == "" {
		return p, nil
	}
	return p, s.Curves.convert(ctx, &p, v.Job, modelAndData{model, data})
}

type modelAndData struct {
	model *workloads.Model
	data  *workloads.Dataset
}

// convert finds a model's converters by the rule, replays it through them and
// simulates the chip that has them.
func (c *Curves) convert(ctx context.Context, p *curvePoint, job *pipeline.Job, of modelAndData) error {
	chip := *job.Chip
	chip.ADC.Budget = c.budget
	r := ruled{rule: c.rule}
	if err := r.find(ctx, chip, of.model, choose(of.data, job, c.search)); err != nil {
		return err
	}
	replayer, err := scheduler.NewReplayer(&chip, of.model)
	if err != nil {
		return err
	}
	replay, err := replayer.Run(ctx, of.data.Test, r.plan, nil)
	if err != nil {
		return err
	}
	chip.ADC = chip.ADC.WithBits(r.bits)
	f, err := simulate(ctx, job.Network.Name, &chip, job.Network)
	if err != nil {
		return err
	}
	mean := 0.0
	for _, b := range r.bits {
		mean += float64(b) / float64(len(r.bits))
	}
	p.bits, p.replayed = r.bits, replay.Accuracy()
	p.worth = append(p.worth, mean, 1e3*f.adc, 1e3*f.energy, f.timing.LatencySingle.Nanoseconds()/1e3)
	return nil
}

// rightWithoutConverters says which images the integer model classifies right.
func rightWithoutConverters(ctx context.Context, m *workloads.Model, images workloads.Images) ([]bool, error) {
	const chunk = 500
	packed := m.Pack()
	right := make([]bool, images.Len())
	starts := make(chan int)
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			e := m.NewExecutor(packed.Product(), workloads.Options{Batch: 50})
			for lo := range starts {
				part := images.Slice(lo, min(lo+chunk, images.Len()))
				for at := 0; at < part.Len(); at += 50 {
					batch := part.Slice(at, min(at+50, part.Len()))
					for i, class := range e.Classify(batch) {
						right[lo+at+i] = class == int(batch.Labels[i])
					}
				}
			}
		})
	}
	for lo := 0; lo < images.Len() && ctx.Err() == nil; lo += chunk {
		starts <- lo
	}
	close(starts)
	wait.Wait()
	return right, ctx.Err()
}
