package pipeline

import (
	"fmt"
	"io"

	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/report"
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

// LawResult is a converter's cost under one law, relative to 8 bits.
type LawResult struct {
	Law          string  `json:"law"`
	Power        float64 `json:"power_ratio,omitempty"`
	Time         float64 `json:"time_ratio,omitempty"`
	Energy       float64 `json:"energy_ratio,omitempty"`
	Area         float64 `json:"area_ratio,omitempty"`
	Extrapolated bool    `json:"extrapolated,omitempty"`
	Refused      string  `json:"refused,omitempty"` // why the law gives nothing
}

// CertificateResult says what is known of the clipping of a matrix's columns,
// each counted once per row block, slice and converter.
type CertificateResult struct {
	Proven    int64 `json:"columns_proven_safe"`
	Unseen    int64 `json:"columns_not_seen_to_clip"`
	Clipped   int64 `json:"columns_clipped"`
	MostClips int64 `json:"most_clips_of_a_column"`
}

func newCertificate(c crossbar.Certificate) CertificateResult {
	return CertificateResult{Proven: c.Proven, Unseen: c.Unseen, Clipped: c.Clipped, MostClips: c.MostClips}
}

// referenceBits is the resolution that costs are compared with.
const referenceBits = 8

// newSlices describes what the slices of one matrix saw.
func newSlices(chip *arch.Chip, stats crossbar.Stats, bits []int) []SliceResult {
	signed := chip.Encoding.Signed == crossbar.DifferentialAnalog
	results := make([]SliceResult, len(stats.Slices))
	for i, s := range stats.Slices {
		conversions := s.Conversions()
		r := SliceResult{
			Slice: i, Bits: bits[i],
			LargestSum: s.WorstSum, WorstCaseBits: adc.BitsFor(s.WorstSum, signed),
			Conversions: conversions, Clipped: s.Clipped, ClippedShare: quotient(s.Clipped, conversions),
			NonZeroCells: quotient(s.NonZeroCells, s.Cells), NonZeroColumns: quotient(s.NonZeroColumns, s.Columns),
			Laws: newLaws(chip, bits[i]),
		}
		if s.HasSums() {
			largest := s.MaxSum()
			r.LargestSeen, r.ObservedBits = &largest, adc.BitsFor(largest, signed)
			r.MeanSum = quotient(s.Conducted(), conversions)
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
		shares = append(shares, quotient(clipped, s.Conversions()))
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

// newLaws costs a converter of the given bits under every law.
func newLaws(chip *arch.Chip, bits int) []LawResult {
	var results []LawResult
	for _, name := range adc.Laws() {
		r := LawResult{Law: name}
		c, err := adc.Law(name).Cost(bits, referenceBits, chip.ADC.Rate)
		if err != nil {
			r.Refused = err.Error()
		} else {
			r.Power, r.Time, r.Energy, r.Area, r.Extrapolated = c.Power, c.Time(), c.Energy, c.Area, c.Extrapolated
		}
		results = append(results, r)
	}
	return results
}

func quotient(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
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

// lawTable compares converters of the resolutions in use with one of 8 bits.
func lawTable(slices []SliceResult) report.Table {
	t := report.Table{
		Title:   fmt.Sprintf("One converter against one of %d bits (a factor of 2× = half the cost; * = extrapolated)", referenceBits),
		Columns: []string{"bits>", "law", "power>", "time>", "energy>", "area>"},
	}
	for bits := 1; bits <= adc.MaxBits; bits++ {
		for _, s := range slices {
			if s.Bits == bits && bits != referenceBits {
				addLaws(&t, s)
				break
			}
		}
	}
	return t
}

func addLaws(t *report.Table, s SliceResult) {
	for _, l := range s.Laws {
		if l.Refused != "" {
			t.Add(s.Bits, l.Law, "not defined", "", "", "")
			continue
		}
		mark := ""
		if l.Extrapolated {
			mark = "*"
		}
		t.Add(s.Bits, l.Law+mark, report.Ratio(1/l.Power), report.Ratio(1/l.Time), report.Ratio(1/l.Energy), report.Ratio(1/l.Area))
	}
}

// MVMStatistics is what bitline mvm --stats writes.
type MVMStatistics struct {
	Schema      string            `json:"schema"`
	Chip        string            `json:"chip"`
	Rows        int               `json:"rows"`
	Columns     int               `json:"columns"`
	MVMs        int64             `json:"mvms"`
	Reads       int64             `json:"reads"`
	EmptyReads  int64             `json:"empty_reads"`
	Slices      []SliceResult     `json:"slices"`
	Certificate CertificateResult `json:"certificate"`
}

// Statistics describes what the bitlines saw.
func (r *MVMResult) Statistics(chip *arch.Chip) MVMStatistics {
	return MVMStatistics{
		Schema: "bitline.mvm/1", Chip: chip.Name, Rows: r.Matrix.Rows(), Columns: r.Matrix.Columns(),
		MVMs: r.Stats.MVMs, Reads: r.Stats.Reads, EmptyReads: r.Stats.EmptyReads,
		Slices: newSlices(chip, r.Stats, r.Bits), Certificate: newCertificate(r.Certificate),
	}
}

// WriteText writes what the bitlines saw for a reader.
func (r *MVMResult) WriteText(w io.Writer, chip *arch.Chip) error {
	s := r.Statistics(chip)
	if _, err := fmt.Fprintf(w, "%d products of %d inputs and %d outputs on %s; %d reads, %d of them empty\n\n",
		s.MVMs, s.Rows, s.Columns, chip, s.Reads, s.EmptyReads); err != nil {
		return err
	}
	t := sliceTable()
	addSlices(&t, matrixName, s.Slices)
	if err := t.WriteText(w); err != nil {
		return err
	}
	c := s.Certificate
	_, err := fmt.Fprintf(w, "\nColumns (per row block, slice and converter): %d proven never to clip, %d not seen to clip, %d clipped\n",
		c.Proven, c.Unseen, c.Clipped)
	return err
}
