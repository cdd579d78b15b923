package pipeline

import (
	"errors"
	"fmt"
	"math"

	"bitline/arch"
	"bitline/internal/cost"
	"bitline/internal/units"
	"bitline/scheduler/timing"
)

// Timed is what the simulation of the chip and its energy account came to.
type Timed struct {
	LatencyNS  float64 `json:"latency_ns"`
	IntervalNS float64 `json:"interval_ns"`
	Throughput float64 `json:"images_per_s"`
	// Repeats says that the pipeline repeats itself every IntervalImages images;
	// else the interval is a mean over as many, steady within Steady.
	Repeats        bool    `json:"interval_repeats"`
	IntervalImages int     `json:"interval_images"`
	Steady         float64 `json:"interval_steady_within"`
	InFlight       float64 `json:"images_in_flight"`

	Bottleneck Bottleneck `json:"bottleneck"`
	Efficiency Efficiency `json:"efficiency"`

	EnergyPJ       float64 `json:"energy_pj"`
	EnergySinglePJ float64 `json:"energy_single_pj"`
	AssumedShare   float64 `json:"energy_assumed_share"`

	// Followed is nil where neither time nor energy follow the data.
	Followed *ActivityResult `json:"activity,omitempty"`

	Moves NetworkResult `json:"network_on_chip"`

	Speedup   SpeedupResult    `json:"adc_speedup"`
	Energy    []EnergyResult   `json:"energy"`
	Resources []ResourceResult `json:"resources"`
}

// Bottleneck is the busiest single resource of the settled pipeline.
type Bottleneck struct {
	Class string  `json:"class"`
	Layer string  `json:"layer"` // empty for resources that layers share
	At    string  `json:"at"`
	Busy  float64 `json:"busy_share"`
}

// Efficiency is what of the system's peak arrives, and at what power, in the
// settled pipeline. An operation is half a multiply-accumulate on crossbars.
type Efficiency struct {
	Operations int64   `json:"operations_per_image"`
	TOPS       float64 `json:"tops"`
	PeakTOPS   float64 `json:"peak_tops"`
	OfPeak     float64 `json:"of_peak"`
	// PowerMW and the figures per watt are of the whole system, PowerInUseMW and
	// TOPSPerWInUse of the tiles in use.
	PowerMW           float64 `json:"power_mw"`
	PowerInUseMW      float64 `json:"power_in_use_mw"`
	TOPSPerW          float64 `json:"tops_per_w"`
	TOPSPerWWithoutIO float64 `json:"tops_per_w_without_io"`
	TOPSPerWInUse     float64 `json:"tops_per_w_in_use"`
	WPerMM2           float64 `json:"w_per_mm2"`
	WPerMM2InUse      float64 `json:"w_per_mm2_in_use"`
}

// NetworkResult is what one image moves over the network, as simulated.
type NetworkResult struct {
	MessageBits    int64 `json:"message_bits"` // each message once
	LinkTransfers  int64 `json:"link_transfers"`
	LinkBits       int64 `json:"link_bits"` // transfers times the width of a link
	ChipTransfers  int64 `json:"transfers_between_chips"`
	HostTransfers  int64 `json:"host_transfers"`
	EDRAMTransfers int64 `json:"edram_transfers"`
}

// SpeedupResult says how many times faster than at the reference resolution an
// image's conversions are, and what of that arrived.
type SpeedupResult struct {
	ReferenceBits int     `json:"reference_bits"`
	Nominal       float64 `json:"nominal"`          // of the time of an image's conversions
	Interval      float64 `json:"arrived_interval"` // of the interval between images
	Latency       float64 `json:"arrived_latency"`  // of the latency of one
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
	Class   string  `json:"class"`
	Layer   string  `json:"layer"` // empty for resources that layers share
	Servers int     `json:"servers"`
	Jobs    float64 `json:"jobs_per_image"`
	Busy    float64 `json:"busy_share"`
	// WaitingShare is that of servers that can neither work nor are idle: crossbars
	// with a finished read for the sample-and-hold.
	WaitingShare float64 `json:"waiting_share"`
	Idle         float64 `json:"idle_share"`
	WaitingNS    float64 `json:"waiting_ns_per_image"`
	Queue        float64 `json:"mean_queue"`
	Peak         float64 `json:"peak_busy_share"`
	PeakAt       string  `json:"peak_at"`
	bottleneck   bool
}

// setTimed adds the simulation's figures and the account's.
func (r *Result) setTimed(f findings, bill arch.Bill) error {
	account, err := timing.NewAccount(f.timed, f.timing)
	if err != nil {
		return err
	}
	if err := checkEnergy(account); err != nil {
		return fmt.Errorf("account of network %s on chip %s: %w", f.mapping.Network, f.job.Chip.Name, err)
	}
	t := f.timing
	bottleneck := t.Bottleneck()
	r.Timed = Timed{
		LatencyNS: t.LatencySingle.Nanoseconds(), IntervalNS: t.Interval.Nanoseconds(), Throughput: 1e9 / t.Interval.Nanoseconds(),
		Repeats: t.Repeats, IntervalImages: t.WindowImages, Steady: f.options.Steady, InFlight: t.InFlight,
		Bottleneck: Bottleneck{Class: bottleneck.Class, Layer: bottleneck.Layer, At: bottleneck.PeakAt, Busy: bottleneck.Peak},
		EnergyPJ:   account.UsedTiles.EnergySteady.Picojoules(), EnergySinglePJ: account.UsedTiles.EnergySingle.Picojoules(),
		Followed: newActivityResult(t.Activity), Moves: newNetworkResult(f.job.Chip, &t.PerImage),
	}
	if g := f.gain; g != nil {
		r.Speedup = SpeedupResult{ReferenceBits: f.job.Chip.ADC.RateBits, Nominal: g.Scan, Interval: g.Interval, Latency: g.Latency}
	}
	r.Chip.EnergyPJ, r.Chip.EnergySinglePJ = account.Chip.EnergySteady.Picojoules(), account.Chip.EnergySingle.Picojoules()
	r.setEfficiency(account, bill)
	r.setEnergy(append(account.Dynamic, account.UsedTiles.Steady...))
	r.setResources(t)
	r.Mapping.pay(account.UsedTiles.EnergySteady)
	return nil
}

func newNetworkResult(chip *arch.Chip, c *timing.Counts) NetworkResult {
	return NetworkResult{
		MessageBits: c.RouterBits, LinkTransfers: c.RouterTransfers, LinkBits: c.RouterTransfers * int64(chip.Tile.Router.Width),
		ChipTransfers: c.LinkTransfers, HostTransfers: c.HostTransfers, EDRAMTransfers: c.EDRAMTransfers,
	}
}

// setEfficiency relates what the pipeline does to its power and to the peak.
func (r *Result) setEfficiency(a *timing.Account, bill arch.Bill) {
	e := &r.Efficiency
	e.Operations = 2 * r.Mapping.MACs
	e.TOPS = float64(e.Operations) / r.IntervalNS * 1e-3 // per ns: 1e9 a second
	e.PeakTOPS = bill.Peak.TOPS * float64(bill.Chips)
	e.OfPeak = units.Quotient(e.TOPS, e.PeakTOPS)
	// pJ/ns = mW
	e.PowerMW, e.PowerInUseMW = r.Chip.EnergyPJ/r.IntervalNS, r.EnergyPJ/r.IntervalNS
	e.TOPSPerW, e.TOPSPerWInUse = units.Quotient(e.TOPS, e.PowerMW*1e-3), units.Quotient(e.TOPS, e.PowerInUseMW*1e-3)
	e.TOPSPerWWithoutIO = units.Quotient(e.TOPS, (r.Chip.EnergyPJ-a.IO().Picojoules())/r.IntervalNS*1e-3)
	e.WPerMM2, e.WPerMM2InUse = units.Quotient(e.PowerMW*1e-3, r.Chip.AreaMM2), units.Quotient(e.PowerInUseMW*1e-3, r.AreaMM2)
}

// checkEnergy finds energies that are too large to be held.
func checkEnergy(a *timing.Account) error {
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

func (t *Timed) setEnergy(rows []cost.Row) {
	var assumed units.Energy
	for _, row := range rows {
		t.Energy = append(t.Energy, EnergyResult{
			Component: row.Component, Action: row.Action, Kind: string(row.Kind),
			Count: row.Count, EnergyPJ: row.Energy.Picojoules(), Assumed: row.Assumed, energy: row.Energy,
		})
		if row.Assumed != "" {
			assumed += row.Energy
		}
	}
	if total := cost.Total(rows); total > 0 {
		t.AssumedShare = float64(assumed) / float64(total)
	}
}

// setResources lists the use of resources, and how long each layer's own are busy
// for an image.
func (r *Result) setResources(found *timing.Timing) {
	bottleneck := found.Bottleneck()
	images := float64(found.WindowImages)
	alone := map[string]float64{}
	for _, u := range found.Resources {
		whole := float64(found.Window) * float64(u.Servers)
		busy, idle := float64(u.Busy)/whole, float64(u.Idle)/whole
		waiting := 0.0
		if u.Class == timing.ClassCrossbar {
			waiting = float64(u.Waiting) / whole
		}
		r.Resources = append(r.Resources, ResourceResult{
			Class: u.Class, Layer: u.Layer, Servers: u.Servers, Jobs: float64(u.Jobs) / images,
			Busy: busy, WaitingShare: waiting, Idle: idle,
			WaitingNS: u.Waiting.Nanoseconds() / images, Queue: u.Queue,
			Peak: u.Peak, PeakAt: u.PeakAt, bottleneck: u == bottleneck,
		})
		if u.Layer != "" {
			alone[u.Layer] = max(alone[u.Layer], u.Peak*found.Window.Nanoseconds()/images)
		}
	}
	for i := range r.Mapping.Layers {
		l := &r.Mapping.Layers[i]
		l.AloneNS = alone[l.Name]
	}
}
