package reproduce

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"

	"bitline/internal/config"
	"bitline/internal/pipeline"
	"bitline/internal/plot"
	"bitline/internal/report"
	"bitline/workloads"

	"gonum.org/v1/gonum/stat"
)

// Curves is a study of methods along their strengths: each method's accuracy
// without converters over the share of digits of crossbar weights that are not
// zero, for several seeds. Methods are compared at accuracies that lie so much
// below each seed's dense model, between two models of a curve and never beyond
// its ends.
type Curves struct {
	seeds   []int
	singles []method // models that lie on no curve
	methods []method
	drops   []float64 // points of accuracy, in per cent
}

// method is what is done at several strengths, or once.
type method struct {
	name      string
	sets      []string
	strengths []float64
}

// place says which model of a study of curves a variant is.
type place struct {
	seed     int // index
	method   int // index, denseModel or singleModel
	strength int // index; of singles for a singleModel
}

const (
	denseModel  = -1
	singleModel = -2
)

// readCurves reads a study of curves and lists its variants: for each seed the
// dense model, and each method at each strength.
func (s *Study) readCurves(t *config.Table) {
	t.Require("job", "seeds", "strength", "drops", "method")
	c := &Curves{seeds: t.Ints("seeds", nil, 0, 1<<30)}
	s.job = t.String("job", "")
	s.folder = t.String("name", s.job)
	key := t.String("strength", "")
	shared, dense := t.Strings("set", nil), t.Strings("dense", nil)
	c.drops = t.Floats("drops", nil, 0, 100)
	for i, mt := range t.Tables("single") {
		c.singles = append(c.singles, readMethod(mt, fmt.Sprintf("single%d", i+1)))
	}
	for i, mt := range t.Tables("method") {
		m := readMethod(mt, fmt.Sprintf("method%d", i+1))
		m.strengths = mt.Floats("strengths", nil, 0, math.Inf(1))
		if len(m.strengths) < 2 {
			mt.Faultf("strengths", "holds %d, want at least 2, between which a curve can be read", len(m.strengths))
		}
		c.methods = append(c.methods, m)
	}
	for _, list := range []struct {
		key string
		n   int
	}{{"seeds", len(c.seeds)}, {"method", len(c.methods)}, {"drops", len(c.drops)}} {
		if list.n == 0 {
			t.Faultf(list.key, "holds nothing, want at least one")
		}
	}
	for i, seed := range c.seeds {
		base := append([]string{fmt.Sprintf("train.seed=%d", seed)}, shared...)
		add := func(name string, p place, sets ...string) {
			s.Variants = append(s.Variants, Variant{Name: fmt.Sprintf("%s-seed-%d", name, seed), job: s.job, sets: append(append([]string{}, base...), sets...), at: p})
		}
		add("dense", place{i, denseModel, 0}, dense...)
		for k, m := range c.singles {
			add(m.name, place{i, singleModel, k}, m.sets...)
		}
		for k, m := range c.methods {
			for j, strength := range m.strengths {
				add(fmt.Sprintf("%s-%g", m.name, strength), place{i, k, j}, append([]string{fmt.Sprintf("%s=%g", key, strength)}, m.sets...)...)
			}
		}
	}
	s.Curves = c
}

func readMethod(t *config.Table, name string) method {
	m := method{name: t.String("name", name), sets: t.Strings("set", nil)}
	if m.name == "" || strings.ContainsAny(m.name, `/\`) {
		t.Faultf("name", "is %q, want a part of a file's name", m.name)
	}
	return m
}

// curvePoint is one measured model.
type curvePoint struct {
	known    bool
	right    []bool // of each test image
	accuracy float64
	share    float64 // mean over slices of the non-zero digits of crossbar weights
	slices   []float64
}

// measureCurves measures every model and compares the methods.
func (s *Study) measureCurves(ctx context.Context, host pipeline.Host, folder string) (*Findings, error) {
	c := s.Curves
	dense := make([]curvePoint, len(c.seeds))
	points := make([][][]curvePoint, len(c.seeds)) // seed, method, strength
	for i := range points {
		for _, m := range c.methods {
			points[i] = append(points[i], make([]curvePoint, len(m.strengths)))
		}
	}
	models := report.Table{
		Title:   "Every model without converters; non-zero digits of crossbar weights, all layers pooled",
		Columns: []string{"seed", "method", "strength>", "accuracy>"},
	}
	slices := s.Variants[0].Job.Chip.Slicing().Count
	for i := range slices {
		models.Columns = append(models.Columns, fmt.Sprintf("slice %d>", i))
	}
	models.Columns = append(models.Columns, "mean>", "better, worse than dense>", "p (McNemar)>")
	for i, v := range s.Variants {
		p, err := s.point(ctx, host, v, folder)
		if err != nil {
			return nil, fmt.Errorf("variant %s: %w", v.Name, err)
		}
		if host.Progress != nil {
			host.Progress("measuring", i+1, len(s.Variants), v.Name)
		}
		row := []any{c.seeds[v.at.seed], "dense", "", report.Percent(p.accuracy)}
		switch v.at.method {
		case denseModel:
			dense[v.at.seed] = p
		case singleModel:
			row[1] = c.singles[v.at.strength].name
		default:
			m := &c.methods[v.at.method]
			row[1], row[2] = m.name, fmt.Sprintf("%g", m.strengths[v.at.strength])
			points[v.at.seed][v.at.method][v.at.strength] = p
		}
		for i := range slices {
			row = append(row, report.Percent(p.slices[i]))
		}
		row = append(row, report.Percent(p.share))
		if v.at.method == denseModel {
			row = append(row, "", "")
		} else {
			better, worse := differ(p.right, dense[v.at.seed].right)
			row = append(row, fmt.Sprintf("%d, %d", better, worse), pValue(mcnemar(better, worse)))
		}
		models.Add(row...)
	}
	return &Findings{Tables: []report.Table{models, c.compare(dense, points)}, Scatter: c.chart(s.Name, points)}, nil
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
	p.share = pooled.Weights.Average()
	return p, nil
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

// compare reads each curve at the accuracies that are compared.
func (c *Curves) compare(dense []curvePoint, points [][][]curvePoint) report.Table {
	t := report.Table{
		Title:   fmt.Sprintf("Mean non-zero share at equal accuracy: mean and standard deviation over the seeds whose curves pass it (of %d)", len(c.seeds)),
		Columns: []string{"points below dense>"},
	}
	for _, m := range c.methods {
		t.Columns = append(t.Columns, m.name+">", "seeds>")
	}
	for _, m := range c.methods[1:] {
		t.Columns = append(t.Columns, fmt.Sprintf("%s over %s>", c.methods[0].name, m.name))
	}
	for _, drop := range c.drops {
		row := []any{fmt.Sprintf("%g", drop)}
		shares := make([][]float64, len(c.methods)) // of each seed; NaN where it has none
		for k := range c.methods {
			for i := range c.seeds {
				share, ok := readCurve(points[i][k], dense[i].accuracy-drop/100)
				if !ok {
					share = math.NaN()
				}
				shares[k] = append(shares[k], share)
			}
			known := finite(shares[k])
			row = append(row, spread(known, "%.2f %%", 100), len(known))
		}
		for k := 1; k < len(c.methods); k++ {
			var ratios []float64
			for i := range c.seeds {
				ratios = append(ratios, shares[0][i]/shares[k][i])
			}
			row = append(row, spread(finite(ratios), "%.2f", 1))
		}
		t.Add(row...)
	}
	return t
}

// readCurve is the share at which the accuracy of a curve falls below a target as
// its strength grows, the logarithm of the share read on a line between the two
// models on either side. It is not known where no two models lie so.
func readCurve(curve []curvePoint, target float64) (share float64, ok bool) {
	for i := 1; i < len(curve); i++ {
		a, b := &curve[i-1], &curve[i]
		if !a.known || !b.known || a.accuracy < target || b.accuracy >= target {
			continue
		}
		along := (a.accuracy - target) / (a.accuracy - b.accuracy)
		return math.Exp((1-along)*math.Log(a.share) + along*math.Log(b.share)), true
	}
	return 0, false
}

func finite(all []float64) []float64 {
	var known []float64
	for _, x := range all {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			known = append(known, x)
		}
	}
	return known
}

// spread is the mean and the deviation of what is known.
func spread(x []float64, form string, times float64) string {
	switch len(x) {
	case 0:
		return "–"
	case 1:
		return fmt.Sprintf(form, times*x[0])
	}
	mean, deviation := stat.MeanStdDev(x, nil)
	return fmt.Sprintf(form+" ± %.2f", times*mean, times*deviation)
}

// chart is every seed's curves, a colour for each method.
func (c *Curves) chart(name string, points [][][]curvePoint) plot.Scatter {
	chart := plot.Scatter{
		Title: name + ": accuracy without converters, a line for each seed", XLabel: "mean non-zero share of crossbar weights in %", YLabel: "accuracy in %",
	}
	for k, m := range c.methods {
		for i := range c.seeds {
			line := plot.XYSeries{Colour: k}
			if i == 0 {
				line.Name = m.name
			}
			for _, p := range points[i][k] {
				if p.known {
					line.X, line.Y = append(line.X, 100*p.share), append(line.Y, 100*p.accuracy)
				}
			}
			chart.Series = append(chart.Series, line)
		}
	}
	return chart
}
