package pipeline

import (
	"context"
	"fmt"
	"io"
	"slices"

	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/units"
	"bitline/scheduler"
	"bitline/scheduler/timing"
)

// Schema names the form of a result's JSON; docs/output.md describes it.
const Schema = "bitline.run/1"

// Result is what a job came to. Its JSON is part of the interface.
type Result struct {
	Schema  string `json:"schema"`
	Job     string `json:"job"`
	Setting `json:"setting"`

	// Valued is nil, and its fields are absent, where the job computes no values.
	*Valued

	AreaMM2 float64     `json:"area_mm2"`
	Chip    ChipFigures `json:"chip"`

	ADCBits [][]int        `json:"adc_bits"` // layers × slices, least significant first
	ADCLaw  string         `json:"adc_law"`
	Mapping *MappingResult `json:"mapping"`
	Timed

	command   Command
	advice    advice
	pictured  pictured
	simulated timing.Job
	timing    *timing.Timing
	options   timing.Options
}

// Explain says which cycle of the pipeline bounds the interval, how much slack
// everything else has, and what a change of it would gain.
func (r *Result) Explain(ctx context.Context) (*timing.Explanation, error) {
	return timing.Explain(ctx, r.simulated, r.timing, r.options)
}

// WriteObserved writes the timeline and the power over time that the job's
// simulation was asked for.
func (r *Result) WriteObserved(w io.Writer) error {
	if t := r.timing.Timeline; t != nil {
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
		if err := t.WriteText(w); err != nil {
			return err
		}
	}
	if p := r.timing.Power; p != nil {
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
		return p.WriteText(w)
	}
	return nil
}

// Valued is what the replay came to.
type Valued struct {
	Accuracy      float64       `json:"accuracy"`
	AccuracyNoADC float64       `json:"accuracy_no_adc"`
	Images        int           `json:"images"`
	Layers        []LayerResult `json:"layers"`
	// Sensitivity is empty where the job was not asked for it.
	Sensitivity []LayerSensitivity `json:"sensitivity,omitempty"`
}

// Setting says under which conditions the figures hold.
type Setting struct {
	Chip          string  `json:"chip"`
	Node          string  `json:"node"`
	Network       string  `json:"network"`
	NetworkShape  string  `json:"network_shape"`
	DataSet       string  `json:"data_set"`
	DataHash      string  `json:"data_sha256"`
	DataDiffers   bool    `json:"data_differs_from_training"`
	Method        string  `json:"method"`
	Strength      float64 `json:"strength"`
	Seed          uint64  `json:"seed"`
	Epochs        int     `json:"epochs"`
	KernelClass   string  `json:"kernel_class"`
	Signed        string  `json:"signed"`
	InputSign     string  `json:"input_sign"`
	SliceLayout   string  `json:"slice_layout"`
	ADCKind       string  `json:"adc_kind"`
	ADCRange      string  `json:"adc_range"`
	ADCResolution string  `json:"adc_resolution"` // given; given, by layer; worst-case; observed; loss
	Recalibrate   string  `json:"recalibrate"`
	Devices       string  `json:"devices"`
	Activity      string  `json:"activity"` // on which time and energy rest
	CrossbarsUsed int     `json:"crossbars_used"`
	TilesUsed     int     `json:"tiles_used"`
	CellUse       float64 `json:"cell_utilisation"`
	ColumnUse     float64 `json:"column_utilisation"`
}

// activity is what time and energy rest on, whatever values are replayed.
const activity = "assumed: every read drives every mapped wordline, and every cell conducts (nameplate)"

// ChipFigures are those of the whole system, beside those of the tiles in use.
type ChipFigures struct {
	Chips          int     `json:"chips"`
	Tiles          int     `json:"tiles"`
	EnergyPJ       float64 `json:"energy_pj,omitempty"`
	EnergySinglePJ float64 `json:"energy_single_pj,omitempty"`
	AreaMM2        float64 `json:"area_mm2"`
}

// LayerResult is one layer's replay.
type LayerResult struct {
	Name        string            `json:"name"`
	Rows        int               `json:"rows"`
	Columns     int               `json:"columns"`
	Reads       int64             `json:"reads"`
	EmptyReads  int64             `json:"empty_reads"`
	Slices      []SliceResult     `json:"slices"`
	Certificate CertificateResult `json:"certificate"`
	columns     crossbar.ColumnCertificates
}

// findings is all that a result is made of.
type findings struct {
	job     *Job
	mapping *scheduler.Mapping
	*Values
	timed   timing.Job
	options timing.Options
	timing  *timing.Timing
	gain    *timing.ADCGain // nil where the converters were not compared
}

func newResult(ctx context.Context, f findings) (*Result, error) {
	bill, err := f.job.Chip.Bill()
	if err != nil {
		return nil, err
	}
	chip := f.job.Chip
	mapping, err := newMapping(ctx, chip, f.job.Network, f.mapping)
	if err != nil {
		return nil, err
	}
	r := &Result{
		Schema: Schema, Job: f.job.Name, Setting: f.setting(),
		AreaMM2: (bill.Tile.Area * units.Area(f.mapping.TilesUsed)).SquareMillimetres(),
		Chip:    ChipFigures{Chips: chip.Count, Tiles: chip.Count * chip.Tiles, AreaMM2: bill.System.Area.SquareMillimetres()},
		ADCBits: f.bits, ADCLaw: string(chip.ADC.Law), Mapping: mapping, command: f.job.Command, advice: f.advice(),
		simulated: f.timed, timing: f.timing, options: f.options,
	}
	if f.job.HasValues() {
		r.Valued = f.valued()
	}
	return r, r.setTimed(f, bill)
}

func (f findings) valued() *Valued {
	v := &Valued{Accuracy: f.replay.Accuracy(), AccuracyNoADC: f.replay.AccuracyExact(), Images: f.replay.Images, Sensitivity: f.sensitivity}
	for i, l := range f.replay.Layers {
		v.Layers = append(v.Layers, LayerResult{
			Name: l.Name, Rows: f.model.Layers[i].Rows, Columns: f.model.Layers[i].Columns,
			Reads: l.Stats.Reads, EmptyReads: l.Stats.EmptyReads,
			Slices: Slices(f.job.Chip, l), Certificate: newCertificate(l.Certificate), columns: l.Columns,
		})
	}
	return v
}

// advice is what to try next where no values suggest it.
func (f findings) advice() advice {
	chip := f.job.Chip
	twin := f.job.chip + "-events" // of a shipped chip, not of one that is based on it
	switch {
	case chip.Map.Replicate == arch.ReplicateNone && f.mapping.Rounds == 1:
		return advice{"give the slowest layers copies", []string{"mapping.replicate=balanced"}}
	case slices.Contains(source("chips").Names(), twin):
		return advice{"the same by energies of actions instead of powers", []string{"chip=" + twin}}
	}
	return seeDetails()
}

// Resolutions that no rule finds are one for all layers, or some layers' own.
const (
	givenResolution = "given"
	givenByLayer    = "given, by layer"
)

func (f findings) setting() Setting {
	c := f.job.Chip
	resolution := givenResolution
	switch {
	case c.ADC.Auto != adc.Given:
		resolution = string(c.ADC.Auto)
	case len(c.ADC.Layers) > 0:
		resolution = givenByLayer
	}
	s := Setting{
		Chip: c.Name, Node: c.Node, Network: f.job.Network.Name, NetworkShape: f.job.Network.String(), DataSet: NoData,
		Signed: string(c.Encoding.Signed), InputSign: string(c.Encoding.InputSign), SliceLayout: string(c.Encoding.Slices),
		ADCKind: string(c.ADC.Kind), ADCRange: string(c.ADC.Range), ADCResolution: resolution,
		Recalibrate: string(c.ADC.Recalibrate), Devices: "ideal devices", Activity: f.job.activityText(),
		CrossbarsUsed: f.mapping.CrossbarsUsed, TilesUsed: f.mapping.TilesUsed,
		CellUse: f.mapping.CellUtilisation, ColumnUse: f.mapping.ColumnUtilisation,
	}
	if f.job.HasValues() {
		o := f.model.Origin
		s.DataSet, s.DataHash = fmt.Sprintf("%s (%s)", f.data.Name, f.data.Copy), f.data.Hash
		s.DataDiffers = o.DataHash != "" && o.DataHash != f.data.Hash
		s.Method, s.Strength, s.Seed, s.Epochs, s.KernelClass = o.Method, o.Strength, o.Seed, o.Epochs, o.KernelClass
	}
	return s
}
