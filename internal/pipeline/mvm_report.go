package pipeline

import (
	"fmt"
	"io"

	"bitline/arch"
	"bitline/internal/report"
)

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
	if _, err := fmt.Fprintf(w, "%s of %s and %s on %s; %s, %d of them empty\n\n",
		report.Counted(s.MVMs, "product"), report.Counted(s.Rows, "input"), report.Counted(s.Columns, "output"), chip, report.Counted(s.Reads, "read"), s.EmptyReads); err != nil {
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
