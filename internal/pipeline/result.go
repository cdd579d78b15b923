package pipeline

import (
	"errors"
	"fmt"
	"math"

	"bitline/internal/cost"
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

	LatencyNS  float64 `json:"latency_ns"`
	IntervalNS float64 `json:"interval_ns"`
	Throughput float64 `json:"images_per_s"`

	EnergyPJ       float64 `json:"energy_pj"`
	EnergySinglePJ float64 `json:"energy_single_pj"`
	AssumedShare   float64 `json:"energy_assumed_share"`
	AreaMM2        float64 `json:"area_mm2"`

	Chip ChipFigures `json:"chip"`

	ADCBits [][]int `json:"adc_bits"` // layers × slices, least significant first
	ADCLaw  string  `json:"adc_law"`

	Speedup   SpeedupResult    `json:"adc_speedup"`
	Layers    []LayerResult    `json:"layers"`
	Energy    []EnergyResult   `json:"energy"`
	Resources []ResourceResult `json:"resources"`

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
	EnergyPJ       float64 `json:"energy_pj"`
	EnergySinglePJ float64 `json:"energy_single_pj"`
	AreaMM2        float64 `json:"area_mm2"`
}

// SpeedupResult says how many times faster than at the reference resolution an
// image's conversions are, and what of that arrived.
type SpeedupResult struct {
	ReferenceBits int     `json:"reference_bits"`
	Nominal       float64 `json:"nominal"`          // of the time of an image's conversions
	Interval      float64 `json:"arrived_interval"` // of the interval between images
	Latency       float64 `json:"arrived_latency"`  // of the latency of one
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
}

// EnergyResult is one row of the energy account of an image in steady state.
type EnergyResult struct {
	Component string  `json:"component"`
	Action    string  `json:"action"`
	Kind      string  `json:"kind"`
	Count     int64   `json:"count"`
	EnergyPJ  float64 `json:"energy_pj"`
	Assumed   string  `json:"assumed,omitempty"`
	energy    units.Energy
}

// ResourceResult is the use of one class of resources in the settled window.
type ResourceResult struct {
	Class      string  `json:"class"`
	Layer      string  `json:"layer"` // empty for resources that layers share
	Servers    int     `json:"servers"`
	Busy       float64 `json:"busy_share"`
	Idle       float64 `json:"idle_share"`
	WaitingNS  float64 `json:"waiting_ns_per_image"`
	Peak       float64 `json:"peak_busy_share"`
	PeakAt     string  `json:"peak_at"`
	bottleneck bool
}

// findings is all that a result is made of.
type findings struct {
	job     *Job
	data    *workloads.Dataset
	model   *workloads.Model
	mapping *scheduler.Mapping
	replay  *scheduler.Replay
	timing  *scheduler.Timing
	gain    scheduler.ADCGain
}

func newResult(f findings) (*Result, error) {
	account, err := scheduler.NewAccount(f.job.Chip, f.mapping, f.timing)
	if err != nil {
		return nil, err
	}
	if err := checkEnergy(account); err != nil {
		return nil, fmt.Errorf("account of network %s on chip %s: %w", f.mapping.Network, f.job.Chip.Name, err)
	}
	bill, err := f.job.Chip.Bill()
	if err != nil {
		return nil, err
	}
	timing := f.timing
	r := &Result{
		Schema: Schema, Job: f.job.Name, Setting: f.setting(),
		Accuracy: f.replay.Accuracy(), AccuracyNoADC: f.replay.AccuracyExact(), Images: f.replay.Images,
		LatencyNS: timing.LatencySingle.Nanoseconds(), IntervalNS: timing.Interval.Nanoseconds(),
		Throughput: 1e9 / timing.Interval.Nanoseconds(),
		EnergyPJ:   account.UsedTiles.EnergySteady.Picojoules(), EnergySinglePJ: account.UsedTiles.EnergySingle.Picojoules(),
		AreaMM2: (bill.Tile.Area * units.Area(f.mapping.TilesUsed)).SquareMillimetres(),
		Chip: ChipFigures{
			Tiles: f.job.Chip.Tiles, AreaMM2: bill.Chip.Area.SquareMillimetres(),
			EnergyPJ: account.Chip.EnergySteady.Picojoules(), EnergySinglePJ: account.Chip.EnergySingle.Picojoules(),
		},
		ADCLaw: string(f.job.Chip.ADC.Law), Speedup: SpeedupResult{
			ReferenceBits: f.job.Chip.ADC.RateBits, Nominal: f.gain.Scan, Interval: f.gain.Interval, Latency: f.gain.Latency,
		}, command: f.job.Command,
	}
	for i, l := range f.replay.Layers {
		r.ADCBits = append(r.ADCBits, l.Bits)
		r.Layers = append(r.Layers, LayerResult{
			Name: l.Name, Rows: f.model.Layers[i].Rows, Columns: f.model.Layers[i].Columns,
			Reads: l.Stats.Reads, EmptyReads: l.Stats.EmptyReads,
			Slices: Slices(f.job.Chip, l), Certificate: newCertificate(l.Certificate),
		})
	}
	r.setEnergy(append(account.Dynamic, account.UsedTiles.Steady...))
	r.setResources(timing)
	return r, nil
}

func (f findings) setting() Setting {
	c, o := f.job.Chip, f.model.Origin
	resolution := "given"
	if c.ADC.Auto != "" {
		resolution = string(c.ADC.Auto)
	}
	return Setting{
		Chip: c.Name, Node: c.Node, Network: f.job.Network.Name, NetworkShape: f.job.Network.String(),
		DataSet: fmt.Sprintf("%s (%s)", f.data.Name, f.data.Copy), DataHash: f.data.Hash, DataDiffers: o.DataHash != f.data.Hash,
		Method: o.Method, Strength: o.Strength, Seed: o.Seed, Epochs: o.Epochs, KernelClass: o.KernelClass,
		Signed: string(c.Encoding.Signed), InputSign: string(c.Encoding.InputSign), SliceLayout: string(c.Encoding.Slices),
		ADCKind: string(c.ADC.Kind), ADCRange: string(c.ADC.Range), ADCResolution: resolution,
		Recalibrate: string(c.ADC.Recalibrate), Devices: "ideal devices",
		CrossbarsUsed: f.mapping.CrossbarsUsed, TilesUsed: f.mapping.TilesUsed,
		CellUse: f.mapping.CellUtilisation, ColumnUse: f.mapping.ColumnUtilisation,
	}
}

// checkEnergy finds energies that are too large to be held.
func checkEnergy(a *scheduler.Account) error {
	for _, rows := range [][]cost.Row{a.Dynamic, a.Chip.Single, a.Chip.Steady} {
		for _, row := range rows {
			if row.Energy == math.MaxInt64 {
				return fmt.Errorf("energy of %s, %s, exceeds 9.2 J an image", row.Component, row.Action)
			}
		}
	}
	for _, total := range []units.Energy{a.UsedTiles.EnergySingle, a.UsedTiles.EnergySteady, a.Chip.EnergySingle, a.Chip.EnergySteady} {
		if total < 0 || total == math.MaxInt64 { // the sum of two sums wraps where one is saturated
			return errors.New("energy exceeds 9.2 J an image")
		}
	}
	return nil
}

func (r *Result) setEnergy(rows []cost.Row) {
	var assumed units.Energy
	for _, row := range rows {
		r.Energy = append(r.Energy, EnergyResult{
			Component: row.Component, Action: row.Action, Kind: string(row.Kind),
			Count: row.Count, EnergyPJ: row.Energy.Picojoules(), Assumed: row.Assumed, energy: row.Energy,
		})
		if row.Assumed != "" {
			assumed += row.Energy
		}
	}
	if total := cost.Total(rows); total > 0 {
		r.AssumedShare = float64(assumed) / float64(total)
	}
}

func (r *Result) setResources(t *scheduler.Timing) {
	bottleneck := t.Bottleneck()
	for _, u := range t.Resources {
		whole := float64(t.Window) * float64(u.Servers)
		r.Resources = append(r.Resources, ResourceResult{
			Class: u.Class, Layer: u.Layer, Servers: u.Servers,
			Busy: float64(u.Busy) / whole, Idle: float64(u.Idle) / whole,
			WaitingNS: u.Waiting.Nanoseconds() / float64(t.WindowImages),
			Peak:      u.Peak, PeakAt: u.PeakAt, bottleneck: u == bottleneck,
		})
	}
}
