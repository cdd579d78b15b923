package pipeline

import (
	"context"

	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/units"
	"bitline/scheduler"
	"bitline/workloads"
)

// MappingResult is how a network lies on a system of chips. Shares run from 0 to
// 1; docs/definitions.md defines them.
type MappingResult struct {
	Network   string `json:"network"`
	Replicate string `json:"replicate"`
	Place     string `json:"place"`
	Rounds    int    `json:"rounds"`
	// MACs is the multiply-accumulates of one image on crossbars.
	MACs      int64 `json:"macs_per_image"`
	Weights   int64 `json:"weights"`
	Crossbars int   `json:"crossbars_used"`
	IMAs      int64 `json:"imas_used"`
	Tiles     int   `json:"tiles_used"`
	Chips     int   `json:"chips_used"`
	System    Parts `json:"system"`
	Use       Use   `json:"utilisation"`
	// Products is the most products that a copy does for one image.
	Products int           `json:"products_per_copy"`
	Layers   []MappedLayer `json:"layers"`
	Traffic  TileTraffic   `json:"traffic"`
	// Programming is one load of these weights, by each published set of figures
	// and the chip's own.
	Programming []LoadResult `json:"programming"`
}

// Parts is what a system has.
type Parts struct {
	Chips     int   `json:"chips"`
	Tiles     int   `json:"tiles"`
	Crossbars int64 `json:"crossbars"`
}

// Use is utilisation and fragmentation.
type Use struct {
	Cells     float64 `json:"cells"`
	Columns   float64 `json:"columns"`
	Crossbars float64 `json:"crossbars"` // of the IMAs in use
	IMAs      float64 `json:"imas"`      // of the tiles in use; absent of a layer
	// EdgeCells and DiagonalCells are shares of the cells of the crossbars in use.
	EdgeCells     float64 `json:"lost_to_edges"`
	DiagonalCells float64 `json:"lost_to_diagonals"`
	IMALost       int64   `json:"crossbars_lost_to_imas"`
	TileLost      int64   `json:"crossbars_lost_to_tiles"`
}

// MappedLayer is one layer's share of the crossbars.
type MappedLayer struct {
	Name         string `json:"name"`
	Rows         int    `json:"rows"` // of one of the groups
	Columns      int    `json:"columns"`
	Groups       int    `json:"groups"`
	Positions    int    `json:"positions"`
	Round        int    `json:"round"`
	Copies       int    `json:"copies"`
	RowBlocks    int    `json:"row_blocks"` // of one copy and group
	ColumnBlocks int    `json:"column_blocks"`
	Crossbars    int64  `json:"crossbars"`
	IMAs         int64  `json:"imas"`
	Tiles        int    `json:"tiles"` // on which some of it lies
	Products     int    `json:"products_per_copy"`
	// ByReadsNS is the time in which the busiest copy reads its crossbars for one
	// image, in whole stages: no interval is shorter.
	ByReadsNS float64 `json:"interval_by_reads_ns"`
	// AloneNS is the time for which the busiest of the layer's own crossbars,
	// converters and shift-and-add units is busy for one image, as simulated.
	AloneNS float64 `json:"interval_alone_ns,omitempty"`
	Cells   float64 `json:"cell_utilisation"`
	Column  float64 `json:"column_utilisation"`
}

// TileTraffic is what one image moves between tiles.
type TileTraffic struct {
	Bits    int64 `json:"bits"`
	BitHops int64 `json:"bit_hops"`
}

// LoadResult is one load of a network's weights.
type LoadResult struct {
	Figures     string  `json:"figures"`
	Source      string  `json:"source"`
	TimeMark    string  `json:"time_mark"`
	EnergyMark  string  `json:"energy_mark"`
	InUse       bool    `json:"in_use"`
	TimeNS      float64 `json:"time_ns"`
	EnergyJ     float64 `json:"energy_j"`
	PeakPowerMW float64 `json:"peak_power_mw"`
	LoadsLow    float64 `json:"loads_in_a_life_low"`
	LoadsHigh   float64 `json:"loads_in_a_life_high"`
	// PaidAfter is the number of inferences that take as much energy as the load.
	PaidAfter float64 `json:"paid_after_inferences,omitempty"`
	writing   arch.Writing
}

// Map lays a network out on a chip and describes the result.
func Map(ctx context.Context, chip *arch.Chip, net *workloads.Network) (*MappingResult, error) {
	m, err := scheduler.MapContext(ctx, chip, net)
	if err != nil {
		return nil, err
	}
	return newMapping(ctx, chip, net, m)
}

func newMapping(ctx context.Context, chip *arch.Chip, net *workloads.Network, m *scheduler.Mapping) (*MappingResult, error) {
	traffic, err := scheduler.TrafficOf(ctx, chip, net, m)
	if err != nil {
		return nil, err
	}
	imas := chip.Count * chip.Tiles * chip.Tile.IMAs
	r := &MappingResult{
		Network: net.Name, Replicate: chip.Map.Replicate, Place: chip.Map.Place, Rounds: m.Rounds,
		Crossbars: m.CrossbarsUsed, IMAs: m.Use.IMAs, Tiles: m.TilesUsed, Chips: m.ChipsUsed,
		System: Parts{Chips: chip.Count, Tiles: chip.Count * chip.Tiles, Crossbars: int64(imas) * int64(chip.IMA.Crossbars)},
		Use:    newUse(chip, &m.Use), Traffic: TileTraffic(traffic),
	}
	for i := range m.Layers {
		l := mapLayer(chip, &m.Layers[i])
		r.Layers = append(r.Layers, l)
		weights := int64(l.Rows) * int64(l.Columns) * int64(l.Groups)
		r.Weights += weights
		r.MACs += weights * int64(l.Positions)
		r.Products = max(r.Products, l.Products)
	}
	if m.Use.Crossbars > 0 {
		r.setProgramming(chip, m)
	}
	return r, nil
}

func mapLayer(chip *arch.Chip, l *scheduler.Layer) MappedLayer {
	tiles := map[int32]bool{}
	for _, c := range l.Copies {
		for _, a := range c.Arrays {
			tiles[a.IMA/int32(chip.Tile.IMAs)] = true
		}
	}
	reads := chip.Encoding.Reads(chip.DAC.Bits, l.Rectified)
	read := chip.Crossbar.Read()
	if late := read % max(chip.Stage, 1); chip.Stage > 0 && late > 0 {
		read += chip.Stage - late
	}
	return MappedLayer{
		Name: l.Name, Rows: l.Rows, Columns: l.Columns, Groups: l.Groups, Positions: l.Positions, Round: l.Round,
		Copies: len(l.Copies), RowBlocks: l.RowBlocks, ColumnBlocks: l.ColumnBlocks,
		Crossbars: l.Use.Crossbars, IMAs: l.Use.IMAs, Tiles: len(tiles), Products: l.Products(),
		ByReadsNS: float64(l.Products()) * float64(reads) * read.Nanoseconds(),
		Cells:     l.Use.CellShare(), Column: l.Use.ColumnShare(chip),
	}
}

func newUse(chip *arch.Chip, u *scheduler.Use) Use {
	cells := u.Cells + u.EdgeCells + u.DiagonalCells
	return Use{
		Cells: u.CellShare(), Columns: u.ColumnShare(chip), Crossbars: u.CrossbarShare(), IMAs: u.IMAShare(chip),
		EdgeCells: units.Quotient(u.EdgeCells, cells), DiagonalCells: units.Quotient(u.DiagonalCells, cells),
		IMALost: u.IMALost, TileLost: u.TileLost,
	}
}

// setProgramming adds what it takes to write the weights.
func (m *MappingResult) setProgramming(chip *arch.Chip, of *scheduler.Mapping) {
	u := &of.Use
	for _, w := range chip.Writings(crossbar.Written{Arrays: u.Crossbars, Cells: u.Cells, Tiles: u.Tiles, Fullest: of.FullestTile}) {
		m.Programming = append(m.Programming, LoadResult{
			Figures: w.Preset, Source: w.Source, TimeMark: string(w.TimeMark), EnergyMark: string(w.EnergyMark), InUse: w.InUse,
			TimeNS: w.Load.Time.Nanoseconds(), EnergyJ: w.Joules, PeakPowerMW: w.PeakPower.Milliwatts(), LoadsLow: w.LoadsLow, LoadsHigh: w.LoadsHigh,
			writing: w,
		})
	}
}

// pay says after how many inferences of that energy each load is paid: not in rounds,
// which load anew for every batch.
func (m *MappingResult) pay(inference units.Energy) {
	if m.Rounds > 1 {
		return
	}
	for i := range m.Programming {
		l := &m.Programming[i]
		l.PaidAfter = l.writing.PaysAfter(inference)
	}
}
