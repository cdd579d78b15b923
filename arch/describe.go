package arch

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"bitline/internal/report"
	"bitline/internal/units"
)

// WriteText writes a drawing, the bill, the peak figures, the energy of a multiply-accumulate
// and the programming for a reader: a table each, then what is assumed. Figures are
// rounded to four digits; Describe gives them exactly.
func (b Bill) WriteText(w io.Writer) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s (%s)\n", b.Name, b.Node)
	facts := []Fact{{Name: "chip", Text: b.Structure}, {Name: "encoding", Text: b.Encoding}, {Name: "ADC", Text: b.Converters}}
	for _, f := range append(facts, b.Facts...) {
		fmt.Fprintf(&out, "  %-13s %s%s\n", f.Name, f.Text, star(f.Assumed))
	}
	out.WriteString("\n")
	b.writeDrawing(&out)
	b.writeLevel(&out, LevelIMA, "one IMA", b.IMA)
	b.writeLevel(&out, LevelTile, "one tile", b.Tile)
	b.writeLevel(&out, LevelChip, "chip", b.Chip)
	if b.Chips > 1 {
		b.writeLevel(&out, LevelSystem, "system", b.System)
	}
	b.Peak.writeText(&out, b.Chips)
	b.writePerMAC(&out)
	b.writeProgramming(&out)
	b.writeAssumed(&out)
	return writeTrimmed(w, out.Bytes())
}

// writeTrimmed writes lines without the blanks that an empty last cell leaves.
func writeTrimmed(w io.Writer, text []byte) error {
	lines := bytes.Split(text, []byte("\n"))
	for i, line := range lines {
		lines[i] = bytes.TrimRight(line, " ")
	}
	_, err := w.Write(bytes.Join(lines, []byte("\n")))
	return err
}

// writeLevel writes the table of one level. "*" marks an assumption. Power is
// nameplate; a level with components that are charged per action shows the power
// of their actions beside it.
func (b Bill) writeLevel(out *bytes.Buffer, level Level, title string, total Total) {
	fmt.Fprintf(out, "\n%s\n", title)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	cells := func(component, count, power, events, area, each string) {
		if total.Events > 0 {
			power += "\t" + events
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", component, count, power, area, each)
	}
	cells("component", "count", "power", "of actions", "area", "each")
	for _, r := range b.Rows {
		if r.Level != level {
			continue
		}
		each := r.Spec
		if r.Energy > 0 {
			each = strings.TrimPrefix(fmt.Sprintf("%s, %v an action", each, r.Energy), ", ")
		}
		cells(r.Component+star(r.Assumed), fmt.Sprint(r.Count), r.Power.String(), r.Events.String(), r.Area.String(), each)
	}
	cells("total", "", total.Power.String(), total.Events.String(), total.Area.String(), "")
	t.Flush() // a bytes.Buffer takes everything
}

// star marks what rests on an assumption.
func star(assumed string) string {
	if assumed == "" {
		return ""
	}
	return " *"
}

// writePerMAC writes the energy of a multiply-accumulate by component.
func (b Bill) writePerMAC(out *bytes.Buffer) {
	whole, without := b.PerMACTotal()
	if whole == 0 {
		return
	}
	fmt.Fprintf(out, "\nenergy of a multiply-accumulate at peak, fJ (nameplate power%s)\n", actionsText(b))
	width, rows := len("without I/O"), names(b.PerMAC)
	for _, name := range rows {
		width = max(width, len(name))
	}
	line := func(name string, fj float64, bar string) {
		fmt.Fprintf(out, "  %-*s %8.1f  %5.1f %%  %s\n", width, name, fj, 100*fj/whole, bar)
	}
	for i, m := range b.PerMAC {
		fj := m.Nameplate + m.Events
		line(rows[i], fj, strings.Repeat("▇", int(math.Round(barLength*fj/whole))))
	}
	if without < whole {
		line("without I/O", without, "")
	}
	line("sum", whole, "")
}

// barLength is the length of a bar that stands for the whole.
const barLength = 60

func actionsText(b Bill) string {
	if b.Chip.Events > 0 {
		return " and actions as often as each part can act"
	}
	return ""
}

// componentPath is such as "ima shift-and-add"; a chip's component stands alone.
func componentPath(level Level, component string) string {
	if level == LevelChip {
		return component
	}
	return string(level) + " " + component
}

// writeProgramming writes what it takes to load every cell of the chip once.
func (b Bill) writeProgramming(out *bytes.Buffer) {
	if len(b.Writes) == 0 {
		return
	}
	p := b.Writes[0].Programming
	fmt.Fprintf(out, "\nprogramming every cell once (%s of a tile at a time, %s a cell)\n", report.Counted(p.ArraysPerTile, "array"), report.Counted(p.Pulses, "write"))
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "  figures\ttime\tenergy\tpeak power\tloads in a life\tsource\n")
	for _, w := range b.Writes {
		name := w.Preset
		if w.InUse {
			name += " <"
		}
		fmt.Fprintf(t, "  %s\t%v\t%s\t%v\t%.3g to %.3g\t%s %s\n", name, w.Load.Time, units.Joules(w.Joules), w.PeakPower,
			w.LoadsLow, w.LoadsHigh, w.Marks(), w.Source)
	}
	t.Flush()
	fmt.Fprintf(out, "  < in use; [R] read in the source, [X] extrapolated; endurance %.3g to %.3g writes [%s]\n", p.EnduranceLow, p.EnduranceHigh, p.EnduranceMark)
}

func (p Peak) writeText(out *bytes.Buffer, chips int) {
	of := ""
	if chips > 1 {
		of = " of one chip"
	}
	fmt.Fprintf(out, "\npeak%s (2 operations per multiply-accumulate of %d b weights and %d b inputs; nameplate power and power of actions)\n", of, p.WeightBits, p.InputBits)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "  step\t%v\tread %v, ADC %v; bound by %s\n", p.Step, p.Read, p.Scan, p.Bottleneck)
	fmt.Fprintf(t, "  MVM\t%v\t%.6g operations on all arrays; the first after %v\n", p.MVM, p.Operations, p.Latency)
	fmt.Fprintf(t, "  throughput\t%.4g TOPS\n", p.TOPS)
	fmt.Fprintf(t, "  per power\t%.4g GOPS/W\t%.4g without I/O\n", p.GOPSPerWatt, p.GOPSPerWattWithoutIO)
	fmt.Fprintf(t, "  per area\t%.4g GOPS/s/mm²\t%.4g without I/O\n", p.GOPSPerSquareMillimetre, p.GOPSPerSquareMillimetreWithoutIO)
	t.Flush()
}

func (b Bill) writeAssumed(out *bytes.Buffer) {
	title, last := "\nassumed (*)\n", ""
	for _, f := range b.Facts {
		if f.Assumed != "" {
			fmt.Fprintf(out, "%s  %s: %s\n", title, f.Name, f.Assumed)
			title = ""
		}
	}
	for _, r := range b.Rows {
		line := fmt.Sprintf("  %s %s: %s\n", r.Level, r.Component, r.Assumed)
		if r.Assumed != "" && line != last { // converters of two resolutions may share their text
			fmt.Fprintf(out, "%s%s", title, line)
			title, last = "", line
		}
	}
}

// DescribeSchema names the format of a Description. It changes with every change
// that a reader of the JSON could notice, but for added fields.
const DescribeSchema = "bitline.describe/1"

// Description is a bill and its peak figures for JSON; a field's unit is in its
// name.
type Description struct {
	Schema     string               `json:"schema"`
	Name       string               `json:"name"`
	Node       string               `json:"node"`
	Structure  string               `json:"structure"`
	Encoding   string               `json:"encoding"`
	ADCLaw     string               `json:"adc_law"`
	IMA        DescribedTotal       `json:"ima"`
	Tile       DescribedTotal       `json:"tile"`
	Chip       DescribedTotal       `json:"chip"`
	IO         DescribedTotal       `json:"io"`
	Components []DescribedComponent `json:"components"`
	Peak       DescribedPeak        `json:"peak"`
	Chips      int                  `json:"chips"`
	System     DescribedTotal       `json:"system"`
	// Facts describe the rest of the chip in words, by name.
	Facts       map[string]string      `json:"facts"`
	EnergyOfMAC []DescribedMACEnergy   `json:"energy_of_mac"`
	Programming []DescribedProgramming `json:"programming"`
}

// DescribedTotal is the nameplate power and the area of a level.
type DescribedTotal struct {
	PowerMW float64 `json:"power_mw"`
	// ActionPowerMW is that of components with energies per action, each acting as
	// often as it can.
	ActionPowerMW float64 `json:"action_power_mw"`
	AreaMM2       float64 `json:"area_mm2"`
}

// DescribedMACEnergy is a component's energy for one multiply-accumulate at peak.
type DescribedMACEnergy struct {
	Level       string  `json:"level"`
	Component   string  `json:"component"`
	Spec        string  `json:"spec"`
	NameplateFJ float64 `json:"nameplate_fj"`
	ActionsFJ   float64 `json:"actions_fj"`
}

// DescribedProgramming is one load of every cell of the chip.
type DescribedProgramming struct {
	Figures       string  `json:"figures"`
	Source        string  `json:"source"`
	TimeMark      string  `json:"time_mark"`
	EnergyMark    string  `json:"energy_mark"`
	InUse         bool    `json:"in_use"`
	TimeNS        float64 `json:"time_ns"`
	EnergyJ       float64 `json:"energy_j"`
	PeakPowerMW   float64 `json:"peak_power_mw"`
	EnduranceLow  float64 `json:"endurance_low_writes"`
	EnduranceHigh float64 `json:"endurance_high_writes"`
	EnduranceMark string  `json:"endurance_mark"`
}

// DescribedComponent is a row of the bill: all Count components of one parent.
type DescribedComponent struct {
	Level     string  `json:"level"`
	Component string  `json:"component"`
	Count     int     `json:"count"`
	Spec      string  `json:"spec"`
	PowerMW   float64 `json:"power_mw"`
	// ActionPowerMW is that of the component's actions, as often as it can act.
	ActionPowerMW float64 `json:"action_power_mw"`
	AreaMM2       float64 `json:"area_mm2"`
	// EnergyPJ is that of one action of one component, where it is charged so.
	EnergyPJ float64 `json:"energy_pj_per_action"`
	Assumed  string  `json:"assumed"` // empty for figures with a source
}

// DescribedPeak is the peak figures; see Peak.
type DescribedPeak struct {
	WeightBits              int     `json:"weight_bits"`
	InputBits               int     `json:"input_bits"`
	ReadNS                  float64 `json:"read_ns"`
	ScanNS                  float64 `json:"adc_scan_ns"`
	StepNS                  float64 `json:"step_ns"`
	MVMNS                   float64 `json:"mvm_ns"`
	LatencyNS               float64 `json:"mvm_latency_ns"`
	Bottleneck              string  `json:"bottleneck"`
	Operations              float64 `json:"operations_per_mvm"`
	TOPS                    float64 `json:"tops"`
	GOPSPerW                float64 `json:"gops_per_w"`
	GOPSPerWWithoutIO       float64 `json:"gops_per_w_without_io"`
	GOPSPerSPerMM2          float64 `json:"gops_per_s_mm2"`
	GOPSPerSPerMM2WithoutIO float64 `json:"gops_per_s_mm2_without_io"`
}

// Describe is the bill as a value for JSON.
func (b Bill) Describe() Description {
	d := Description{
		Schema: DescribeSchema, Name: b.Name, Node: b.Node,
		Structure: b.Structure, Encoding: b.Encoding, ADCLaw: string(b.Law),
		IMA: describedTotal(b.IMA), Tile: describedTotal(b.Tile), Chip: describedTotal(b.Chip), IO: describedTotal(b.IO),
		Components: make([]DescribedComponent, len(b.Rows)),
		Peak:       b.Peak.describe(), Chips: b.Chips, System: describedTotal(b.System), Facts: map[string]string{},
	}
	for _, f := range b.Facts {
		if d.Facts[f.Name] = f.Text; f.Assumed != "" {
			d.Facts[f.Name] += " (assumed: " + f.Assumed + ")"
		}
	}
	for _, m := range b.PerMAC {
		d.EnergyOfMAC = append(d.EnergyOfMAC, DescribedMACEnergy{string(m.Level), m.Component, m.Spec, m.Nameplate, m.Events})
	}
	for _, w := range b.Writes {
		d.Programming = append(d.Programming, DescribedProgramming{
			Figures: w.Preset, Source: w.Source, TimeMark: string(w.TimeMark), EnergyMark: string(w.EnergyMark), InUse: w.InUse,
			TimeNS: w.Load.Time.Nanoseconds(), EnergyJ: w.Joules, PeakPowerMW: w.PeakPower.Milliwatts(),
			EnduranceLow: w.EnduranceLow, EnduranceHigh: w.EnduranceHigh, EnduranceMark: string(w.EnduranceMark),
		})
	}
	for i, r := range b.Rows {
		d.Components[i] = DescribedComponent{
			Level: string(r.Level), Component: r.Component, Count: r.Count, Spec: r.Spec,
			PowerMW: r.Power.Milliwatts(), ActionPowerMW: r.Events.Milliwatts(), AreaMM2: r.Area.SquareMillimetres(), EnergyPJ: r.Energy.Picojoules(),
			Assumed: r.Assumed,
		}
	}
	return d
}

func describedTotal(t Total) DescribedTotal {
	return DescribedTotal{PowerMW: t.Power.Milliwatts(), ActionPowerMW: t.Events.Milliwatts(), AreaMM2: t.Area.SquareMillimetres()}
}

func (p Peak) describe() DescribedPeak {
	return DescribedPeak{
		WeightBits: p.WeightBits, InputBits: p.InputBits,
		ReadNS: p.Read.Nanoseconds(), ScanNS: p.Scan.Nanoseconds(), StepNS: p.Step.Nanoseconds(), MVMNS: p.MVM.Nanoseconds(), LatencyNS: p.Latency.Nanoseconds(),
		Bottleneck: p.Bottleneck, Operations: p.Operations, TOPS: p.TOPS,
		GOPSPerW: p.GOPSPerWatt, GOPSPerWWithoutIO: p.GOPSPerWattWithoutIO,
		GOPSPerSPerMM2: p.GOPSPerSquareMillimetre, GOPSPerSPerMM2WithoutIO: p.GOPSPerSquareMillimetreWithoutIO,
	}
}
