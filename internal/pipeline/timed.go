package pipeline

import (
	"errors"
	"fmt"
	"math"

	"bitline/internal/cost"
	"bitline/internal/units"
	"bitline/scheduler"
)

// Timed is what the simulation of the chip and its energy account came to.
type Timed struct {
	LatencyNS  float64 `json:"latency_ns"`
	IntervalNS float64 `json:"interval_ns"`
	Throughput float64 `json:"images_per_s"`

	EnergyPJ       float64 `json:"energy_pj"`
	EnergySinglePJ float64 `json:"energy_single_pj"`
	AssumedShare   float64 `json:"energy_assumed_share"`

	Speedup   SpeedupResult    `json:"adc_speedup"`
	Energy    []EnergyResult   `json:"energy"`
	Resources []ResourceResult `json:"resources"`
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

// setTimed adds the simulation's figures and the account's.
func (r *Result) setTimed(f findings) error {
	account, err := scheduler.NewAccount(f.job.Chip, f.mapping, f.timing)
	if err != nil {
		return err
	}
	if err := checkEnergy(account); err != nil {
		return fmt.Errorf("account of network %s on chip %s: %w", f.mapping.Network, f.job.Chip.Name, err)
	}
	t := f.timing
	r.Timed = &Timed{
		LatencyNS: t.LatencySingle.Nanoseconds(), IntervalNS: t.Interval.Nanoseconds(),
		Throughput: 1e9 / t.Interval.Nanoseconds(),
		EnergyPJ:   account.UsedTiles.EnergySteady.Picojoules(), EnergySinglePJ: account.UsedTiles.EnergySingle.Picojoules(),
		Speedup: SpeedupResult{
			ReferenceBits: f.job.Chip.ADC.RateBits, Nominal: f.gain.Scan, Interval: f.gain.Interval, Latency: f.gain.Latency,
		},
	}
	r.Chip.EnergyPJ, r.Chip.EnergySinglePJ = account.Chip.EnergySteady.Picojoules(), account.Chip.EnergySingle.Picojoules()
	r.setEnergy(append(account.Dynamic, account.UsedTiles.Steady...))
	r.setResources(t)
	return nil
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

func (t *Timed) setResources(timing *scheduler.Timing) {
	bottleneck := timing.Bottleneck()
	for _, u := range timing.Resources {
		whole := float64(timing.Window) * float64(u.Servers)
		t.Resources = append(t.Resources, ResourceResult{
			Class: u.Class, Layer: u.Layer, Servers: u.Servers,
			Busy: float64(u.Busy) / whole, Idle: float64(u.Idle) / whole,
			WaitingNS: u.Waiting.Nanoseconds() / float64(timing.WindowImages),
			Peak:      u.Peak, PeakAt: u.PeakAt, bottleneck: u == bottleneck,
		})
	}
}
