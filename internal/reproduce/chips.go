package reproduce

import (
	"context"
	"fmt"

	"bitline/arch"
	"bitline/internal/config"
	"bitline/internal/cost"
	"bitline/internal/pipeline"
	"bitline/internal/report"
	"bitline/scheduler"
	"bitline/scheduler/timing"
	"bitline/workloads"
)

// Chips is a study of one network after another on one chip after another: what a
// change of the converters is worth to a whole chip. There are no values in it:
// what conducts is assumed, as in the chips' nameplate figures.
type Chips struct {
	networks []string
	chips    []string // the first is what the others are compared with
	sets     []string
	room     int // tiles over those that one copy of the network takes
}

// readChips reads a study of chips.
func readChips(t *config.Table, file string) *Chips {
	t.Require("networks", "chips")
	wantSome(t, "networks", "chips")
	c := &Chips{sets: t.Strings("set", nil), room: t.Int("room", 1, 1, 1<<10)}
	for _, name := range t.Strings("networks", nil) {
		c.networks = append(c.networks, config.Beside(file, name, ".toml"))
	}
	for _, name := range t.Strings("chips", nil) {
		c.chips = append(c.chips, config.Beside(file, name, ".toml"))
	}
	for _, set := range c.sets {
		if key, _, _ := config.CutSet(set); key == "tiles" {
			t.Faultf("set", "holds %s, want none of tiles: room says how many there are", set)
		}
	}
	return c
}

// measureAll simulates every network on every chip.
func (s *Chips) measureAll(ctx context.Context) (*Findings, error) {
	figures := report.Table{
		Title: "An image in steady state",
		Columns: []string{"network", "chip", "tiles in use>", "crossbars>", "interval µs>", "latency µs>", "energy µJ>", "of it ADC>", "chip mm²>",
			"bound by"},
	}
	gains := report.Table{
		Title:   "Against the first chip: how many times less",
		Columns: []string{"network", "chip", "interval>", "energy>", "ADC energy>", "chip area>", "energy x interval>", "ADC time of an image>"},
	}
	for _, name := range s.networks {
		var first *chipFigures
		tiles := 0
		for _, chip := range s.chips {
			f, err := s.measure(ctx, name, chip, tiles)
			if err != nil {
				return nil, fmt.Errorf("network %s on chip %s: %w", name, chip, err)
			}
			figures.Rows = append(figures.Rows, f.row())
			if first == nil {
				first, tiles = f, f.chip.Tiles
				continue
			}
			gains.Rows = append(gains.Rows, f.against(first))
		}
	}
	return &Findings{Tables: []report.Table{figures, gains}}, nil
}

// chipFigures is one network on one chip.
type chipFigures struct {
	network string
	chip    *arch.Chip
	mapping *scheduler.Mapping
	timing  *timing.Timing
	energy  float64 // µJ
	adc     float64 // of it, µJ
	area    float64 // mm²
}

// measure simulates a network on a chip of so many tiles; 0 is room times as many
// as one copy of each layer takes.
func (s *Chips) measure(ctx context.Context, name, chipName string, tiles int) (*chipFigures, error) {
	net, err := pipeline.LoadNetwork(name)
	if err != nil {
		return nil, err
	}
	if tiles == 0 {
		if tiles, err = s.tilesFor(net, chipName); err != nil {
			return nil, err
		}
	}
	chip, err := pipeline.LoadChip(chipName, append([]string{fmt.Sprintf("tiles=%d", tiles)}, s.sets...))
	if err != nil {
		return nil, err
	}
	return simulate(ctx, name, chip, net)
}

// simulate is a network on a chip, at the chip's resolutions.
func simulate(ctx context.Context, name string, chip *arch.Chip, net *workloads.Network) (*chipFigures, error) {
	f := &chipFigures{network: name, chip: chip}
	var err error
	if f.mapping, err = scheduler.Map(chip, net); err != nil {
		return nil, err
	}
	job, err := jobWithGivenBits(chip, net, f.mapping)
	if err != nil {
		return nil, err
	}
	if f.timing, err = timing.Simulate(ctx, job, timing.Options{}); err != nil {
		return nil, err
	}
	return f, f.charge(job)
}

// tilesFor is how many tiles a study gives a network on all its chips.
func (s *Chips) tilesFor(net *workloads.Network, chipName string) (int, error) {
	chip, err := pipeline.LoadChip(chipName, append([]string{fmt.Sprintf("tiles=%d", 1<<16)}, s.sets...))
	if err != nil {
		return 0, err
	}
	chip.Map.Replicate, chip.Map.Copies, chip.Map.Crossbars = arch.ReplicateNone, nil, 0 // one copy of each layer
	m, err := scheduler.Map(chip, net)
	if err != nil {
		return 0, err
	}
	return s.room * m.TilesUsed, nil
}

// jobWithGivenBits is the simulation of a mapping at the chip's resolutions.
func jobWithGivenBits(chip *arch.Chip, net *workloads.Network, m *scheduler.Mapping) (timing.Job, error) {
	bits, err := chip.ADC.PerLayer(net.MatrixNames(), chip.Slicing().Count)
	return timing.Job{Chip: chip, Network: net, Mapping: m, Bits: bits}, err
}

// charge works out energy and area.
func (f *chipFigures) charge(job timing.Job) error {
	account, err := timing.NewAccount(job, f.timing)
	if err != nil {
		return err
	}
	bill, err := f.chip.Bill()
	if err != nil {
		return err
	}
	f.energy = account.UsedTiles.EnergySteady.Picojoules() / 1e6
	var converters []cost.Row
	for _, r := range account.Dynamic {
		if r.Component == "ADC" {
			converters = append(converters, r)
		}
	}
	f.adc = cost.Total(converters).Picojoules() / 1e6
	f.area = bill.Chip.Area.SquareMillimetres()
	return nil
}

func (f *chipFigures) row() []string {
	t := f.timing
	return []string{
		f.network, f.chip.Name, fmt.Sprint(f.mapping.TilesUsed), fmt.Sprint(f.mapping.CrossbarsUsed),
		fmt.Sprintf("%.2f", t.Interval.Nanoseconds()/1e3), fmt.Sprintf("%.1f", t.LatencySingle.Nanoseconds()/1e3),
		fmt.Sprintf("%.3g", f.energy), report.Percent(f.adc / f.energy), fmt.Sprintf("%.3g", f.area), t.Bottleneck().Class,
	}
}

// against says how many times less than on another chip.
func (f *chipFigures) against(o *chipFigures) []string {
	interval := float64(o.timing.Interval) / float64(f.timing.Interval)
	energy := o.energy / f.energy
	return []string{
		f.network, f.chip.Name, report.Ratio(interval), report.Ratio(energy), report.Ratio(o.adc / f.adc), report.Ratio(o.area / f.area),
		report.Ratio(interval * energy), report.Ratio(float64(o.timing.PerImage.ScanTime) / float64(f.timing.PerImage.ScanTime)),
	}
}
