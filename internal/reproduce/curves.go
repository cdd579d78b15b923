package reproduce

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"bitline/adc"
	"bitline/internal/config"
	"bitline/internal/report"
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
	// rule finds the converters of every model; "" leaves converters out.
	rule   adc.Auto
	budget float64 // accuracy, 0 to 1, that adc.LossBudget may cost
	search int     // training images on which the rule looks; 0 for the job's calibration
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
	s.folder = t.String("name", config.Stem(s.job))
	s.job = config.Beside(s.source, s.job, ".toml")
	key := t.String("strength", "")
	shared, dense := t.Strings("set", nil), t.Strings("dense", nil)
	c.drops = t.Floats("drops", nil, 0, 100)
	c.rule = adc.Auto(t.Enum("rule", "none", "none", string(adc.WorstCase), string(adc.Observed), string(adc.LossBudget)))
	if c.rule == "none" {
		c.rule = ""
	}
	c.budget = t.Float("budget", 0.5, 0, 100) / 100
	c.search = t.Int("search", 0, 0, 1<<30)
	if t.Has("strength") && key == "" {
		t.Faultf("strength", "is empty, want a key such as train.finetune.strength")
	}
	singles, methods := map[string]bool{denseName: true}, map[string]bool{} // names that are taken
	for i, mt := range t.Tables("single") {
		c.singles = append(c.singles, readMethod(mt, fmt.Sprintf("single%d", i+1), singles))
	}
	for i, mt := range t.Tables("method") {
		m := readMethod(mt, fmt.Sprintf("method%d", i+1), methods)
		m.strengths = readStrengths(mt)
		c.methods = append(c.methods, m)
	}
	wantSome(t, "seeds", "method", "drops")
	for i, seed := range c.seeds {
		if slices.Contains(c.seeds[:i], seed) {
			t.Faultf("seeds", "holds %d twice, want each once", seed)
		}
	}
	for i, seed := range c.seeds {
		base := append([]string{fmt.Sprintf("train.seed=%d", seed)}, shared...)
		add := func(name string, p place, sets ...string) {
			s.Variants = append(s.Variants, Variant{Name: fmt.Sprintf("%s-seed-%d", name, seed), job: s.job, sets: append(append([]string{}, base...), sets...), at: p})
		}
		add(denseName, place{i, denseModel, 0}, dense...)
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

// checkNames is an error if two models of a study of curves have one name, as a single
// that is called l1-20 and a method l1 at 20: it names their checkpoint.
func (s *Study) checkNames(t *config.Table) error {
	for i, v := range s.Variants {
		if s.Curves != nil && slices.ContainsFunc(s.Variants[:i], func(o Variant) bool { return o.Name == v.Name }) {
			return fmt.Errorf("%s: key method gives a second model the name %s, want a name of its own for each", t.Where("method"), v.Name)
		}
	}
	return nil
}

// denseName is what the model that accuracy is counted from is called.
const denseName = "dense"

// readMethod reads a method, whose name is not one of those that are taken.
func readMethod(t *config.Table, name string, taken map[string]bool) method {
	m := method{name: t.String("name", name), sets: t.Strings("set", nil)}
	switch {
	case m.name == "" || strings.ContainsAny(m.name, `/\`):
		t.Faultf("name", "is %q, want a part of a file's name", m.name)
	case taken[m.name]:
		t.Faultf("name", "is %q a second time, want a name of its own for each", m.name)
	}
	taken[m.name] = true
	return m
}

// readStrengths reads the strengths of a curve, along which it is followed.
func readStrengths(t *config.Table) []float64 {
	if !t.Has("strengths") {
		t.Faultf("strengths", "is missing, want at least 2, between which a curve can be read")
	}
	strengths := t.Floats("strengths", nil, 0, math.Inf(1))
	if strengths != nil && len(strengths) < 2 {
		t.Faultf("strengths", "holds %d, want at least 2, between which a curve can be read", len(strengths))
	}
	for i := 1; i < len(strengths); i++ {
		if strengths[i] <= strengths[i-1] {
			t.Faultf("strengths", "holds %g behind %g, want each larger than the one before", strengths[i], strengths[i-1])
			break
		}
	}
	return strengths
}

// compare reads each curve at the accuracies that are compared: a table for each
// quantity.
func (c *Curves) compare(all measuredCurves) []report.Table {
	var tables []report.Table
	for q := range c.quantities() {
		tables = append(tables, c.compareIn(q, all))
	}
	return tables
}

func (c *Curves) compareIn(q int, all measuredCurves) report.Table {
	of := c.quantities()[q]
	t := report.Table{
		Title:   fmt.Sprintf("%s at equal accuracy: mean and standard deviation over the seeds whose curves pass it (of %d)", capital(of.name), len(c.seeds)),
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
		worth := make([][]float64, len(c.methods)) // of each seed; NaN where it has none
		for k := range c.methods {
			for i := range c.seeds {
				x, ok := readCurve(all.points[i][k], q, all.dense[i].accuracyAt(q)-drop/100)
				if !ok {
					x = math.NaN()
				}
				worth[k] = append(worth[k], x)
			}
			known := finite(worth[k])
			row = append(row, of.spread(known), len(known))
		}
		for k := 1; k < len(c.methods); k++ {
			var ratios []float64
			for i := range c.seeds {
				ratios = append(ratios, worth[0][i]/worth[k][i])
			}
			row = append(row, quantity{form: precision{decimals: 2}, times: 1}.spread(finite(ratios)))
		}
		t.Add(row...)
	}
	return t
}

// capital begins a title.
func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// readCurve is the quantity at which the accuracy of a curve falls below a target as
// its strength grows, its logarithm read on a line between the two models on either
// side. It is not known where no two models lie so, and where one of them has none of
// the quantity, as a model without a digit that is not zero.
func readCurve(curve []curvePoint, q int, target float64) (x float64, ok bool) {
	for i := 1; i < len(curve); i++ {
		a, b := &curve[i-1], &curve[i]
		if !a.known || !b.known || a.accuracyAt(q) < target || b.accuracyAt(q) >= target {
			continue
		}
		if a.worth[q] <= 0 || b.worth[q] <= 0 {
			return 0, false
		}
		along := (a.accuracyAt(q) - target) / (a.accuracyAt(q) - b.accuracyAt(q))
		return math.Exp((1-along)*math.Log(a.worth[q]) + along*math.Log(b.worth[q])), true
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

// charts are every seed's curves, a colour for each method: a chart for each quantity.
func (c *Curves) charts(name string, points [][][]curvePoint) []report.Lines {
	var charts []report.Lines
	for q, of := range c.quantities() {
		chart := report.Lines{LogX: true, Title: name + ": accuracy through converters, a line for each seed", XLabel: of.name, YLabel: "accuracy in %"}
		if q == 0 {
			chart.Title, chart.XLabel = name+": accuracy without converters, a line for each seed", "mean non-zero share of crossbar weights in %"
		}
		for k, m := range c.methods {
			for i := range c.seeds {
				line := report.Line{Colour: k}
				if i == 0 {
					line.Name = m.name
				}
				for _, p := range points[i][k] {
					if p.known && p.worth[q] > 0 { // else it has no place on a logarithmic axis
						line.Add(of.times*p.worth[q], 100*p.accuracyAt(q))
					}
				}
				chart.Series = append(chart.Series, line)
			}
		}
		charts = append(charts, chart)
	}
	return charts
}
