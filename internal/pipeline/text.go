package pipeline

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"bitline/crossbar"
	"bitline/internal/report"
	"bitline/internal/units"
)

// WriteText writes the result for a reader; it ends with a next step to try.
func (r *Result) WriteText(w io.Writer) error {
	var b bytes.Buffer
	s := &r.Setting
	fmt.Fprintf(&b, "%s: %s (%s) on %s, data %s\n", r.Job, s.Network, s.NetworkShape, s.Chip, s.DataSet)
	fmt.Fprintf(&b, "  weights       %s\n", s.weights())
	fmt.Fprintf(&b, "  encoding      %s weights, %s inputs, %s slices; %s converters, range %s, resolution %s, recalibration %s; %s\n",
		s.Signed, s.InputSign, s.SliceLayout, s.ADCKind, s.ADCRange, s.ADCResolution, s.Recalibrate, s.Devices)
	if s.DataDiffers {
		fmt.Fprintf(&b, "  data differs  from what the checkpoint was trained on\n")
	}
	fmt.Fprintf(&b, "\n  accuracy      %s of %d test images (without converters %s)\n", report.Percent(r.Accuracy), r.Images, report.Percent(r.AccuracyNoADC))
	r.writeTimed(&b)
	fmt.Fprintf(&b, "  area          %.4g mm² in tiles in use (%d of %d); the chip has %.4g mm²%s\n", r.AreaMM2, s.TilesUsed, r.Chip.Tiles, r.Chip.AreaMM2, r.areaNote())
	fmt.Fprintf(&b, "  crossbars     %d in use, %s of their cells and %s of their bitlines mapped\n\n", s.CrossbarsUsed, report.Percent(s.CellUse), report.Percent(s.ColumnUse))
	for _, t := range r.tables() {
		if err := t.WriteText(&b); err != nil {
			return err
		}
		fmt.Fprintln(&b)
	}
	r.writeConverters(&b)
	fmt.Fprintf(&b, "Next: %s\n", r.next())
	_, err := w.Write(b.Bytes())
	return err
}

// weights says where the weights come from.
func (s *Setting) weights() string {
	if s.Epochs == 0 && s.Seed == 0 { // not trained here
		return s.Method
	}
	return fmt.Sprintf("%s, strength %g, %d epochs, seed %d, kernels %s", s.Method, s.Strength, s.Epochs, s.Seed, s.KernelClass)
}

// writeTimed writes what the simulation found, or why there is none.
func (r *Result) writeTimed(b *bytes.Buffer) {
	if r.Timed == nil {
		fmt.Fprintf(b, "  not timed     %s\n", r.NotTimed)
		return
	}
	fmt.Fprintf(b, "  latency       %v for one image on an empty chip\n", nanoseconds(r.LatencyNS))
	fmt.Fprintf(b, "  interval      %v between images, %.4g images/s\n", nanoseconds(r.IntervalNS), r.Throughput)
	fmt.Fprintf(b, "  energy        %v per image in steady state, %v for a single one (tiles in use; %s rests on assumed constants)\n",
		picojoules(r.EnergyPJ), picojoules(r.EnergySinglePJ), report.Percent(r.AssumedShare))
}

// writeConverters lists the account's assumptions and says what of the
// converters' speed arrived.
func (r *Result) writeConverters(b *bytes.Buffer) {
	if r.Timed == nil {
		return
	}
	for i, note := range r.notes() {
		fmt.Fprintf(b, "  [%d] assumed: %s\n", i+1, note)
	}
	fmt.Fprintf(b, "\nConverters: nominally %s faster than at %d bits (law %s); what arrived: interval %s, latency %s shorter.\n",
		report.Ratio(r.Speedup.Nominal), r.Speedup.ReferenceBits, r.ADCLaw, report.Ratio(r.Speedup.Interval), report.Ratio(r.Speedup.Latency))
}

// areaNote says which converters the areas count where resolutions were found.
func (r *Result) areaNote() string {
	if r.Setting.ADCResolution == "given" {
		return ""
	}
	return "; converters counted at adc.rate_bits"
}

// next suggests what to look at after this result.
func (r *Result) next() string {
	switch {
	case r.Accuracy < r.AccuracyNoADC-0.001 && r.Setting.Recalibrate == "none":
		return "converters clip; refit the digital side for free: " + r.command + " --set adc.recalibrate=affine"
	case slices.ContainsFunc(r.ADCBits, func(bits []int) bool { return slices.Max(bits) > 4 }):
		smaller := "adc.bits=4"
		if len(r.ADCBits[0]) == 4 && r.Setting.SliceLayout == string(crossbar.Grouped) {
			smaller = "'adc.bits=[4,4,4,2]'"
		}
		return "try smaller converters: " + r.command + " --set " + smaller
	}
	if r.Timed == nil {
		return "see every bitline sum, more slowly: " + r.command + " --set replay.statistics=sums"
	}
	return "share converters, so that their speed arrives: " + r.command + " --set adc.kind=reconfigurable --set adc.per_ima=3"
}

// tables are the result's tables in the order of a report.
func (r *Result) tables() []report.Table {
	sums := sliceTable()
	var all []SliceResult
	columns := report.Table{
		Title:   "Clip certificate (columns per row block, slice and converter)",
		Columns: []string{"layer", "proven never to clip>", "not seen to clip>", "clipped>", "reads>", "empty reads>"},
	}
	for _, l := range r.Layers {
		addSlices(&sums, l.Name, l.Slices)
		all = append(all, l.Slices...)
		c := l.Certificate
		columns.Add(l.Name, c.Proven, c.Unseen, c.Clipped, l.Reads, l.EmptyReads)
	}
	tables := []report.Table{sums, columns}
	if laws := lawTable(all); len(laws.Rows) > 0 {
		tables = append(tables, laws)
	}
	if r.Timed == nil {
		return tables
	}
	return append(tables, r.energyTable(), r.resourceTable())
}

func (r *Result) energyTable() report.Table {
	t := report.Table{
		Title:   fmt.Sprintf("Energy per image, steady state (law %s; notes below on what is assumed)", r.ADCLaw),
		Columns: []string{"component", "action", "count>", "energy>", "share>", "note"},
	}
	notes := r.notes()
	for _, e := range r.Energy {
		if e.Count > 0 {
			note := ""
			if i := slices.Index(notes, e.Assumed); i >= 0 {
				note = fmt.Sprintf("[%d]", i+1)
			}
			t.Add(e.Component, e.Action, e.Count, e.energy, report.Percent(e.EnergyPJ/r.EnergyPJ), note)
		}
	}
	t.Add("total", "", "", picojoules(r.EnergyPJ), report.Percent(1), "")
	return t
}

// notes are the assumptions that energy rests on, each once.
func (r *Result) notes() []string {
	var notes []string
	for _, e := range r.Energy {
		if e.Count > 0 && e.Assumed != "" && !slices.Contains(notes, e.Assumed) {
			notes = append(notes, e.Assumed)
		}
	}
	return notes
}

func (r *Result) resourceTable() report.Table {
	t := report.Table{
		Title:   "Use of resources in the settled pipeline (* = busiest)",
		Columns: []string{"resource", "layer", "servers>", "busy>", "idle>", "busiest one>", "waiting per image>", ""},
	}
	for _, u := range r.Resources {
		mark := ""
		if u.bottleneck {
			mark = "*"
		}
		t.Add(u.Class, u.Layer, u.Servers, report.Percent(u.Busy), report.Percent(u.Idle), report.Percent(u.Peak), nanoseconds(u.WaitingNS), mark)
	}
	return t
}

// WriteCSV writes the result's figures as one record.
func (r *Result) WriteCSV(w io.Writer) error {
	t := report.Table{Columns: []string{
		"job", "chip", "network", "data_set", "method", "strength", "seed", "signed", "input_sign", "adc_law", "adc_bits", "recalibrate",
		"accuracy", "accuracy_no_adc", "images", "latency_ns", "interval_ns", "energy_pj", "energy_single_pj", "energy_assumed_share",
		"area_mm2", "chip_energy_pj", "chip_area_mm2", "tiles_used", "crossbars_used", "adc_speedup_nominal", "adc_speedup_interval", "adc_speedup_latency",
	}}
	s := &r.Setting
	timed := r.Timed
	if timed == nil {
		timed = &Timed{}
	}
	t.Add(r.Job, s.Chip, s.Network, s.DataSet, s.Method, s.Strength, s.Seed, s.Signed, s.InputSign, r.ADCLaw, strings.ReplaceAll(fmt.Sprint(r.ADCBits), " ", ","), s.Recalibrate,
		r.Accuracy, r.AccuracyNoADC, r.Images, timed.LatencyNS, timed.IntervalNS, timed.EnergyPJ, timed.EnergySinglePJ, timed.AssumedShare,
		r.AreaMM2, r.Chip.EnergyPJ, r.Chip.AreaMM2, s.TilesUsed, s.CrossbarsUsed, timed.Speedup.Nominal, timed.Speedup.Interval, timed.Speedup.Latency)
	if r.Timed == nil { // a figure that was not found is empty, not 0
		for i, name := range t.Columns {
			if untimed(name) {
				t.Rows[0][i] = ""
			}
		}
	}
	return t.WriteCSV(w)
}

// untimed says whether a column comes from the simulation.
func untimed(column string) bool {
	return strings.HasSuffix(column, "_ns") || strings.Contains(column, "energy") || strings.HasPrefix(column, "adc_speedup")
}

func nanoseconds(x float64) units.Time { return units.Time(x*float64(units.Nanosecond) + 0.5) }

func picojoules(x float64) units.Energy { return units.Energy(x*float64(units.Picojoule) + 0.5) }
