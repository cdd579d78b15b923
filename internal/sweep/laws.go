package sweep

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"bitline/adc"
	"bitline/internal/pipeline"
)

// lawFigures are the figures that the law of the converters' cost decides.
var lawFigures = []string{
	"latency_ns", "interval_ns", "energy_pj", "energy_single_pj", "energy_assumed_share", "area_mm2", "chip_energy_pj", "chip_area_mm2",
	"tops", "tops_per_w", "tops_per_w_without_io", "w_per_mm2",
	"edp_pj_ns", "images_per_s", "power_mw",
}

// LawColumn is the name of a figure under a law.
func LawColumn(figure string, law adc.Law) string {
	return figure + "_by_" + strings.ReplaceAll(string(law), "-", "_")
}

// lawColumns are the names of all figures under all laws.
func lawColumns() []string {
	var all []string
	for _, law := range adc.Laws() {
		for _, figure := range lawFigures {
			all = append(all, LawColumn(figure, adc.Law(law)))
		}
	}
	return all
}

// underLaws computes a point again under the laws that it does not have, and gives
// the figures of all. Those of a law that is not defined at the point's resolutions
// are missing; any other reason why there are none is an error.
func (t task) underLaws(ctx context.Context, values *pipeline.Values, own []pipeline.Figure) ([]pipeline.Figure, error) {
	var all []pipeline.Figure
	for _, name := range adc.Laws() {
		law := adc.Law(name)
		figures := own
		if law != t.job.Chip.ADC.Law {
			var err error
			if figures, err = t.underLaw(ctx, law, values); err != nil {
				return nil, fmt.Errorf("under the law %s: %w", law, err)
			}
		}
		for _, figure := range lawFigures {
			f := pipeline.Figure{Name: LawColumn(figure, law)}
			if i := slices.IndexFunc(figures, func(f pipeline.Figure) bool { return f.Name == figure }); i >= 0 {
				f.Value = figures[i].Value
			}
			all = append(all, f)
		}
	}
	return all, nil
}

// underLaw computes a point under a law, to no figures where that is not defined.
func (t task) underLaw(ctx context.Context, law adc.Law, values *pipeline.Values) ([]pipeline.Figure, error) {
	chip, job := *t.job.Chip, *t.job
	chip.ADC.Law, job.Chip = law, &chip
	if job.CheckLaw(values) != nil {
		return nil, nil
	}
	return pipeline.Measure(ctx, &job, t.mapping, values)
}
