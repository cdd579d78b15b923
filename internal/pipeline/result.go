package pipeline

import (
	"fmt"

	"bitline/crossbar"
	"bitline/internal/units"
	"bitline/scheduler"
	"bitline/workloads"
)

// Schema names the form of a result's JSON; docs/output.md describes it.
const Schema = "bitline.run/1"

// Result is what a job came to. Its JSON is part of the interface.
type Result struct {
	Schema  string `json:"schema"`
	Job     string `json:"job"`
	Setting `json:"setting"`

	Accuracy      float64 `json:"accuracy"`
	AccuracyNoADC float64 `json:"accuracy_no_adc"`
	Images        int     `json:"images"`

	AreaMM2 float64     `json:"area_mm2"`
	Chip    ChipFigures `json:"chip"`

	ADCBits [][]int       `json:"adc_bits"` // layers × slices, least significant first
	ADCLaw  string        `json:"adc_law"`
	Layers  []LayerResult `json:"layers"`

	// Timed is nil, and its fields are absent, where NotTimed says why the
	// network could not be timed.
	*Timed
	NotTimed string `json:"not_timed,omitempty"`

	command string
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
	ADCResolution string  `json:"adc_resolution"` // given, worst-case, observed
	Recalibrate   string  `json:"recalibrate"`
	Devices       string  `json:"devices"`
	CrossbarsUsed int     `json:"crossbars_used"`
	TilesUsed     int     `json:"tiles_used"`
	CellUse       float64 `json:"cell_utilisation"`
	ColumnUse     float64 `json:"column_utilisation"`
}

// ChipFigures are those of the whole chip, beside those of the tiles in use.
type ChipFigures struct {
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
	data    *workloads.Dataset
	model   *workloads.Model
	mapping *scheduler.Mapping
	replay  *scheduler.Replay
	timing  *scheduler.Timing // nil where notTimed says why
	gain    scheduler.ADCGain

	notTimed error
}

func newResult(f findings) (*Result, error) {
	bill, err := f.job.Chip.Bill()
	if err != nil {
		return nil, err
	}
	r := &Result{
		Schema: Schema, Job: f.job.Name, Setting: f.setting(),
		Accuracy: f.replay.Accuracy(), AccuracyNoADC: f.replay.AccuracyExact(), Images: f.replay.Images,
		AreaMM2: (bill.Tile.Area * units.Area(f.mapping.TilesUsed)).SquareMillimetres(),
		Chip:    ChipFigures{Tiles: f.job.Chip.Tiles, AreaMM2: bill.Chip.Area.SquareMillimetres()},
		ADCLaw:  string(f.job.Chip.ADC.Law), command: f.job.Command,
	}
	for i, l := range f.replay.Layers {
		r.ADCBits = append(r.ADCBits, l.Bits)
		r.Layers = append(r.Layers, LayerResult{
			Name: l.Name, Rows: f.model.Layers[i].Rows, Columns: f.model.Layers[i].Columns,
			Reads: l.Stats.Reads, EmptyReads: l.Stats.EmptyReads,
			Slices: Slices(f.job.Chip, l), Certificate: newCertificate(l.Certificate), columns: l.Columns,
		})
	}
	if f.notTimed != nil {
		r.NotTimed = f.notTimed.Error()
		return r, nil
	}
	return r, r.setTimed(f)
}

func (f findings) setting() Setting {
	c, o := f.job.Chip, f.model.Origin
	resolution := "given"
	if c.ADC.Auto != "" {
		resolution = string(c.ADC.Auto)
	}
	return Setting{
		Chip: c.Name, Node: c.Node, Network: f.job.Network.Name, NetworkShape: f.job.Network.String(),
		DataSet: fmt.Sprintf("%s (%s)", f.data.Name, f.data.Copy), DataHash: f.data.Hash, DataDiffers: o.DataHash != "" && o.DataHash != f.data.Hash,
		Method: o.Method, Strength: o.Strength, Seed: o.Seed, Epochs: o.Epochs, KernelClass: o.KernelClass,
		Signed: string(c.Encoding.Signed), InputSign: string(c.Encoding.InputSign), SliceLayout: string(c.Encoding.Slices),
		ADCKind: string(c.ADC.Kind), ADCRange: string(c.ADC.Range), ADCResolution: resolution,
		Recalibrate: string(c.ADC.Recalibrate), Devices: "ideal devices",
		CrossbarsUsed: f.mapping.CrossbarsUsed, TilesUsed: f.mapping.TilesUsed,
		CellUse: f.mapping.CellUtilisation, ColumnUse: f.mapping.ColumnUtilisation,
	}
}
