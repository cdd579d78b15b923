package pipeline

import (
	"cmp"
	"fmt"
	"slices"

	"bitline/internal/report"
	"bitline/internal/units"
)

// The rows of a report's short tables.
const (
	shortSlices   = 16
	shortLayers   = 5
	shortEnergies = 8
)

// tables are the result's tables in the order of a report.
func (r *Result) tables(details bool) []report.Table {
	var tables []report.Table
	if r.Valued != nil {
		tables = r.valueTables(details)
	}
	tables = append(tables, r.Mapping.table(!details))
	if details {
		return append(tables, r.energyTable(), r.resourceTable(), r.Mapping.programmingTable(r.Mapping.Rounds < 2))
	}
	return append(tables, r.largestEnergies(), r.classTable())
}

// valueTables are those of the replay.
func (r *Result) valueTables(details bool) []report.Table {
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
	if !details {
		cut(&sums)
		cut(&columns)
	}
	tables := []report.Table{sums, columns}
	if len(r.Sensitivity) > 0 {
		tables = append(tables, r.sensitivityTable())
	}
	if laws := lawTable(all); len(laws.Rows) > 0 {
		tables = append(tables, laws)
	}
	return tables
}

// cut keeps the first rows of a long table and says how many follow.
func cut(t *report.Table) {
	if more := len(t.Rows) - shortSlices; more > 0 {
		t.Rows = t.Rows[:shortSlices]
		t.Title += fmt.Sprintf(", first %d rows, %d more with --details", shortSlices, more)
	}
}

// table lists layers: all in their order, or in short those that take longest.
func (m *MappingResult) table(short bool) report.Table {
	t := report.Table{Title: "Layers on crossbars"}
	simulated := slices.ContainsFunc(m.Layers, func(l MappedLayer) bool { return l.AloneNS > 0 })
	layers := m.Layers
	if short && len(layers) > shortLayers {
		layers = slices.Clone(layers)
		slices.SortStableFunc(layers, func(a, b MappedLayer) int { return cmp.Compare(b.AloneNS, a.AloneNS) })
		layers = layers[:shortLayers]
		t.Title = fmt.Sprintf("The slowest %d of %d layers on crossbars", shortLayers, len(m.Layers))
	}
	last := "reads alone>"
	if simulated {
		last = "alone>"
	}
	t.Columns = []string{"layer", "matrix", "positions>", "copies>", "products of a copy>", last, "crossbars>", "blocks of a copy", "tiles>", "cells>", "bitlines>"}
	for _, l := range layers {
		alone := l.ByReadsNS
		if simulated {
			alone = l.AloneNS
		}
		t.Add(l.Name, l.matrix(), l.Positions, l.Copies, l.Products, nanoseconds(alone), l.Crossbars,
			fmt.Sprintf("%d × %d", l.RowBlocks, l.ColumnBlocks), l.Tiles, report.Percent(l.Cells), report.Percent(l.Column))
	}
	return t
}

func (l *MappedLayer) matrix() string {
	text := fmt.Sprintf("%d × %d", l.Rows, l.Columns)
	if l.Groups > 1 {
		text = fmt.Sprintf("%d of %s", l.Groups, text)
	}
	return text
}

// programmingTable lists loads by all figures.
func (m *MappingResult) programmingTable(paid bool) report.Table {
	t := report.Table{
		Title:   "One load of the weights (< in use; [R] read in the source, [X] extrapolated, [M] from memory)",
		Columns: []string{"figures", "time>", "energy>", "peak power>", "loads in a life", "source"},
	}
	if paid {
		t.Columns = slices.Insert(t.Columns, 5, "paid after inferences>")
	}
	for _, l := range m.Programming {
		name := l.Figures
		if l.InUse {
			name += " <"
		}
		cells := []any{name, nanoseconds(l.TimeNS), units.Joules(l.EnergyJ), milliwatts(l.PeakPowerMW),
			fmt.Sprintf("%.3g to %.3g [%s]", l.LoadsLow, l.LoadsHigh, l.writing.EnduranceMark), l.writing.Marks() + " " + l.Source}
		if paid {
			cells = slices.Insert(cells, 5, any(fmt.Sprintf("%.4g", l.PaidAfter)))
		}
		t.Add(cells...)
	}
	return t
}

func (r *Result) energyTable() report.Table {
	t := report.Table{
		Title:   fmt.Sprintf("Energy per image, steady state, tiles in use (law %s; notes below on what is assumed)", r.ADCLaw),
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

// largestEnergies keeps the largest components of the account.
func (r *Result) largestEnergies() report.Table {
	t := report.Table{
		Title:   fmt.Sprintf("Energy per image, steady state, tiles in use (law %s)", r.ADCLaw),
		Columns: []string{"component", "energy>", "share>"},
	}
	sums := r.components()
	if more := len(sums) - shortEnergies; more > 0 {
		rest := componentEnergy{component: fmt.Sprintf("%d others", more)}
		for _, s := range sums[shortEnergies:] {
			rest.energy += s.energy
		}
		sums = append(sums[:shortEnergies], rest)
	}
	for _, s := range append(sums, componentEnergy{"total", picojoules(r.EnergyPJ)}) {
		t.Add(s.component, s.energy, report.Percent(units.Quotient(s.energy.Picojoules(), r.EnergyPJ)))
	}
	return t
}

// componentEnergy is all that one component takes for an image.
type componentEnergy struct {
	component string
	energy    units.Energy
}

// components adds the account up by component, the largest first.
func (r *Result) components() []componentEnergy {
	var sums []componentEnergy
	for _, e := range r.Energy {
		i := slices.IndexFunc(sums, func(s componentEnergy) bool { return s.component == e.Component })
		if i < 0 {
			i = len(sums)
			sums = append(sums, componentEnergy{component: e.Component})
		}
		sums[i].energy += e.energy
	}
	slices.SortStableFunc(sums, func(a, b componentEnergy) int { return cmp.Compare(b.energy, a.energy) })
	return sums
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

func resourceColumns(between string) []string {
	return []string{"resource", between, "servers>", "busy>", "waiting>", "idle>", "mean queue>", "busiest one>", "where", ""}
}

func (u *ResourceResult) cells(between any) []any {
	mark := ""
	if u.bottleneck {
		mark = "*"
	}
	return []any{u.Class, between, u.Servers, report.Percent(u.Busy), report.Percent(u.WaitingShare), report.Percent(u.Idle),
		queue(u.Queue), report.Percent(u.Peak), u.PeakAt, mark}
}

// queue is a mean number of jobs for a reader.
func queue(x float64) string {
	if x >= 100 {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.3g", x)
}

func (r *Result) resourceTable() report.Table {
	t := report.Table{Title: "Use of resources in the settled pipeline (* = busiest)", Columns: resourceColumns("layer")}
	for i := range r.Resources {
		t.Add(r.Resources[i].cells(r.Resources[i].Layer)...)
	}
	return t
}

// classTable has one row for each class of resources.
func (r *Result) classTable() report.Table {
	t := report.Table{Title: "Use of resources in the settled pipeline (* = busiest)", Columns: resourceColumns("busiest layer")}
	var classes []ResourceResult
	for _, u := range r.Resources {
		i := slices.IndexFunc(classes, func(c ResourceResult) bool { return c.Class == u.Class })
		if i < 0 {
			classes = append(classes, u)
			continue
		}
		c := &classes[i]
		all := float64(c.Servers + u.Servers)
		mean := func(a, b float64) float64 { return (a*float64(c.Servers) + b*float64(u.Servers)) / all }
		c.Busy, c.WaitingShare, c.Idle = mean(c.Busy, u.Busy), mean(c.WaitingShare, u.WaitingShare), mean(c.Idle, u.Idle)
		c.Servers += u.Servers
		c.Queue += u.Queue
		c.bottleneck = c.bottleneck || u.bottleneck
		if u.Peak > c.Peak {
			c.Peak, c.PeakAt, c.Layer = u.Peak, u.PeakAt, u.Layer
		}
	}
	for i := range classes {
		t.Add(classes[i].cells(classes[i].Layer)...)
	}
	return t
}
