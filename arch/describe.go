package arch

import (
	"bytes"
	"fmt"
	"io"
	"text/tabwriter"
)

// WriteText writes the bill and the peak figures for a reader: a table per
// level, then what is assumed. Figures are rounded to four digits; Describe
// gives them exactly.
func (b Bill) WriteText(w io.Writer) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s (%s)\n", b.Name, b.Node)
	fmt.Fprintf(&out, "  chip      %s\n", b.Structure)
	fmt.Fprintf(&out, "  encoding  %s\n", b.Encoding)
	fmt.Fprintf(&out, "  ADC       %s\n", b.Converters)
	b.writeLevel(&out, LevelIMA, "one IMA", b.IMA)
	b.writeLevel(&out, LevelTile, "one tile", b.Tile)
	b.writeLevel(&out, LevelChip, "chip", b.Chip)
	b.Peak.writeText(&out)
	b.writeAssumed(&out)
	lines := bytes.Split(out.Bytes(), []byte("\n"))
	for i, line := range lines {
		lines[i] = bytes.TrimRight(line, " ") // which an empty last cell leaves
	}
	_, err := w.Write(bytes.Join(lines, []byte("\n")))
	return err
}

// writeLevel writes the table of one level. "*" marks an assumption. Power is
// nameplate; a component that is charged per action shows its energy instead.
func (b Bill) writeLevel(out *bytes.Buffer, level Level, title string, total Total) {
	fmt.Fprintf(out, "\n%s\n", title)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "  component\tcount\tpower\tarea\teach\n")
	for _, r := range b.Rows {
		if r.Level != level {
			continue
		}
		mark := ""
		if r.Assumed != "" {
			mark = " *"
		}
		power := r.Power.String()
		if r.Power == 0 && r.Energy > 0 {
			power = r.Energy.String() + " an action"
		}
		fmt.Fprintf(t, "  %s%s\t%d\t%s\t%v\t%s\n", r.Component, mark, r.Count, power, r.Area, r.Spec)
	}
	fmt.Fprintf(t, "  total\t\t%v\t%v\t\n", total.Power, total.Area)
	t.Flush() // a bytes.Buffer takes everything
}

func (p Peak) writeText(out *bytes.Buffer) {
	fmt.Fprintf(out, "\npeak (2 operations per multiply-accumulate of %d b weights and %d b inputs; nameplate power)\n", p.WeightBits, p.InputBits)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "  step\t%v\tread %v, ADC %v; bound by %s\n", p.Step, p.Read, p.Scan, p.Bottleneck)
	fmt.Fprintf(t, "  MVM\t%v\t%.6g operations on all arrays\n", p.MVM, p.Operations)
	fmt.Fprintf(t, "  throughput\t%.4g TOPS\n", p.TOPS)
	fmt.Fprintf(t, "  per power\t%.4g GOPS/W\t%.4g without I/O\n", p.GOPSPerWatt, p.GOPSPerWattWithoutIO)
	fmt.Fprintf(t, "  per area\t%.4g GOPS/s/mm²\t%.4g without I/O\n", p.GOPSPerSquareMillimetre, p.GOPSPerSquareMillimetreWithoutIO)
	t.Flush()
}

func (b Bill) writeAssumed(out *bytes.Buffer) {
	title, last := "\nassumed (*)\n", ""
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
}

// DescribedTotal is the nameplate power and the area of a level.
type DescribedTotal struct {
	PowerMW float64 `json:"power_mw"`
	AreaMM2 float64 `json:"area_mm2"`
}

// DescribedComponent is a row of the bill: all Count components of one parent.
type DescribedComponent struct {
	Level     string  `json:"level"`
	Component string  `json:"component"`
	Count     int     `json:"count"`
	Spec      string  `json:"spec"`
	PowerMW   float64 `json:"power_mw"`
	AreaMM2   float64 `json:"area_mm2"`
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
		Peak:       b.Peak.describe(),
	}
	for i, r := range b.Rows {
		d.Components[i] = DescribedComponent{
			Level: string(r.Level), Component: r.Component, Count: r.Count, Spec: r.Spec,
			PowerMW: r.Power.Milliwatts(), AreaMM2: r.Area.SquareMillimetres(), EnergyPJ: r.Energy.Picojoules(),
			Assumed: r.Assumed,
		}
	}
	return d
}

func describedTotal(t Total) DescribedTotal {
	return DescribedTotal{PowerMW: t.Power.Milliwatts(), AreaMM2: t.Area.SquareMillimetres()}
}

func (p Peak) describe() DescribedPeak {
	return DescribedPeak{
		WeightBits: p.WeightBits, InputBits: p.InputBits,
		ReadNS: p.Read.Nanoseconds(), ScanNS: p.Scan.Nanoseconds(), StepNS: p.Step.Nanoseconds(), MVMNS: p.MVM.Nanoseconds(),
		Bottleneck: p.Bottleneck, Operations: p.Operations, TOPS: p.TOPS,
		GOPSPerW: p.GOPSPerWatt, GOPSPerWWithoutIO: p.GOPSPerWattWithoutIO,
		GOPSPerSPerMM2: p.GOPSPerSquareMillimetre, GOPSPerSPerMM2WithoutIO: p.GOPSPerSquareMillimetreWithoutIO,
	}
}
