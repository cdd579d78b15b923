package pipeline

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"bitline/internal/report"
)

// Figure is one figure of a result under the name of its column, which ends in its
// unit where it has one.
type Figure struct {
	Name  string
	Value any // string, float64, int, uint64 or what is printed as words; nil for one that was not found
}

// FigureNames are the names of every result's figures.
func FigureNames() []string {
	var names []string
	for _, f := range new(Result).Figures() {
		names = append(names, f.Name)
	}
	return names
}

// NumberNames are those of FigureNames whose figures are numbers where they are found.
func NumberNames() []string {
	r := &Result{Valued: new(Valued)}
	r.Speedup.ReferenceBits = referenceBits
	var names []string
	for _, f := range r.Figures() {
		switch f.Value.(type) {
		case float64, int, uint64:
			names = append(names, f.Name)
		}
	}
	return names
}

// Figures are the result as one record: the setting, then what was found.
func (r *Result) Figures() []Figure {
	s, e := &r.Setting, &r.Efficiency
	all := []Figure{
		{"job", r.Job}, {"chip", s.Chip}, {"network", s.Network}, {"data_set", s.DataSet}, {"method", nil}, {"strength", nil}, {"seed", nil},
		{"signed", s.Signed}, {"input_sign", s.InputSign}, {"adc_law", r.ADCLaw}, {"adc_bits", strings.ReplaceAll(fmt.Sprint(r.ADCBits), " ", ",")}, {"recalibrate", s.Recalibrate},
		{"accuracy", nil}, {"accuracy_no_adc", nil}, {"images", nil},
		{"latency_ns", r.LatencyNS}, {"interval_ns", r.IntervalNS}, {"energy_pj", r.EnergyPJ}, {"energy_single_pj", r.EnergySinglePJ}, {"energy_assumed_share", r.AssumedShare},
		{"area_mm2", r.AreaMM2}, {"chip_energy_pj", r.Chip.EnergyPJ}, {"chip_area_mm2", r.Chip.AreaMM2}, {"tiles_used", s.TilesUsed}, {"crossbars_used", s.CrossbarsUsed},
		{"adc_speedup_nominal", nil}, {"adc_speedup_interval", nil}, {"adc_speedup_latency", nil},
		{"chips", r.Chip.Chips}, {"tops", e.TOPS}, {"tops_per_w", e.TOPSPerW}, {"tops_per_w_without_io", e.TOPSPerWWithoutIO}, {"w_per_mm2", e.WPerMM2},
		{"cell_utilisation", s.CellUse}, {"bottleneck", r.Bottleneck},
		{"edp_pj_ns", r.EnergyPJ * r.IntervalNS}, {"images_per_s", r.Throughput}, {"power_mw", e.PowerMW},
	}
	set := func(name string, value any) { // a figure that was not found is empty, not 0
		i := slices.IndexFunc(all, func(f Figure) bool { return f.Name == name })
		all[i].Value = value
	}
	if r.Valued != nil {
		set("method", s.Method)
		set("strength", s.Strength)
		set("seed", s.Seed)
		set("accuracy", r.Accuracy)
		set("accuracy_no_adc", r.AccuracyNoADC)
		set("images", r.Images)
	}
	if g := &r.Speedup; g.ReferenceBits > 0 {
		set("adc_speedup_nominal", g.Nominal)
		set("adc_speedup_interval", g.Interval)
		set("adc_speedup_latency", g.Latency)
	}
	return all
}

// WriteCSV writes the result's figures as one record.
func (r *Result) WriteCSV(w io.Writer) error {
	var t report.Table
	var row []any
	for _, f := range r.Figures() {
		t.Columns = append(t.Columns, f.Name)
		if f.Value == nil {
			f.Value = ""
		}
		row = append(row, f.Value)
	}
	t.Add(row...)
	return t.WriteCSV(w)
}
