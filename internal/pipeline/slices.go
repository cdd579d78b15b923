package pipeline

import (
	"fmt"

	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/report"
	"bitline/internal/units"
	"bitline/scheduler"
)

// SliceResult is what one slice class of one matrix needs and saw. Sums are in
// counts of one cell level.
type SliceResult struct {
	Slice         int     `json:"slice"` // 0 is the least significant
	Bits          int     `json:"bits"`
	LargestSum    int64   `json:"largest_possible_sum"`
	WorstCaseBits int     `json:"worst_case_bits"`
	LargestSeen   *int64  `json:"largest_seen_sum,omitempty"` // absent where only clips were counted
	ObservedBits  int     `json:"observed_bits,omitempty"`
	MeanSum       float64 `json:"mean_sum,omitempty"` // of all conversions, likewise
	Conversions   int64   `json:"conversions"`
	Clipped       int64   `json:"clipped"`
	ClippedShare  float64 `json:"clipped_share"`
	// ClippedAt is the share of the sums seen that a converter of 1, 2, … bits
	// would clip: one replay tells of every resolution.
	ClippedAt      []float64   `json:"clipped_share_at_bits,omitempty"`
	NonZeroCells   float64     `json:"nonzero_cells_share"`
	NonZeroColumns float64     `json:"nonzero_columns_share"`
	Histogram      []int64     `json:"sum_histogram,omitempty"`       // conversions by sum, empty ends cut
	HistogramFrom  int64       `json:"sum_histogram_first,omitempty"` // the sum of its first entry
	Laws           []LawResult `json:"laws"`
}

// newSlices describes what the slices of one matrix saw.
func newSlices(chip *arch.Chip, stats crossbar.Stats, bits []int) []SliceResult {
	signed := chip.Encoding.Signed == crossbar.DifferentialAnalog
	results := make([]SliceResult, len(stats.Slices))
	for i, s := range stats.Slices {
		conversions := s.Conversions()
		r := SliceResult{
			Slice: i, Bits: bits[i],
			LargestSum: s.WorstSum, WorstCaseBits: adc.BitsFor(s.WorstSum, signed),
			Conversions: conversions, Clipped: s.Clipped, ClippedShare: units.Quotient(s.Clipped, conversions),
			NonZeroCells: units.Quotient(s.NonZeroCells, s.Cells), NonZeroColumns: units.Quotient(s.NonZeroColumns, s.Columns),
			Laws: newLaws(chip, bits[i]),
		}
		if s.HasSums() {
			largest := s.MaxSum()
			r.LargestSeen, r.ObservedBits = &largest, adc.BitsFor(largest, signed)
			r.MeanSum = units.Quotient(s.Conducted(), conversions)
			r.ClippedAt = clippedAt(s, signed)
			r.Histogram, r.HistogramFrom = trim(s)
		}
		results[i] = r
	}
	return results
}

// Slices describes what the slices of one layer saw.
func Slices(chip *arch.Chip, l scheduler.LayerReplay) []SliceResult {
	return newSlices(chip, l.Stats, l.Bits)
}

// clippedAt is the share of sums outside the unit range of converters of 1, 2, …
// bits, up to the first that clips none. A signed converter has at least 2 bits; 1
// counts as clipping everything.
func clippedAt(s crossbar.SliceStats, signed bool) []float64 {
	var shares []float64
	for bits := 1; ; bits++ {
		clipped := int64(0)
		for i, n := range s.Histogram {
			sum := int64(i) - s.Offset
			if adc.BitsFor(max(sum, -sum), signed) > bits {
				clipped += n
			}
		}
		shares = append(shares, units.Quotient(clipped, s.Conversions()))
		if clipped == 0 {
			return shares
		}
	}
}

// trim cuts the empty ends off a histogram.
func trim(s crossbar.SliceStats) (counts []int64, first int64) {
	from, to := 0, len(s.Histogram)
	for to > from && s.Histogram[to-1] == 0 {
		to--
	}
	for from < to && s.Histogram[from] == 0 {
		from++
	}
	return s.Histogram[from:to], int64(from) - s.Offset
}

// sliceTable lists layers × slices for a reader.
func sliceTable() report.Table {
	return report.Table{
		Title: "Bitline sums and converter resolution (slice 0 = least significant; sums in cell levels)",
		Columns: []string{"layer", "slice>", "bits>", "largest possible>", "needs bits>", "largest seen>", "needs bits>",
			"clipped>", "non-zero cells>", "non-zero columns>"},
	}
}

func addSlices(t *report.Table, layer string, slices []SliceResult) {
	for _, s := range slices {
		seen, needs := s.Seen()
		t.Add(layer, s.Slice, s.Bits, s.LargestSum, s.WorstCaseBits, seen, needs,
			report.Percent(s.ClippedShare), report.Percent(s.NonZeroCells), report.Percent(s.NonZeroColumns))
	}
}

// Seen is the largest sum seen and the bits that it needs as text, a dash where
// only clips were counted.
func (s SliceResult) Seen() (largest, bits string) {
	if s.LargestSeen == nil {
		return "–", "–"
	}
	return fmt.Sprint(*s.LargestSeen), fmt.Sprint(s.ObservedBits)
}
