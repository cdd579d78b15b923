package pipeline

import (
	"encoding/csv"
	"io"
	"strconv"

	"bitline/arch"
	"bitline/crossbar"
)

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

// certified is the clip certificates of one matrix's columns.
type certified struct {
	layer   string
	bits    []int // resolution of each slice
	columns crossbar.ColumnCertificates
}

// WriteCertificate writes the clip certificate of every column as CSV: layers in
// order, their columns by row block, slice, sign and column. docs/output.md
// describes it. A result without values has no columns.
func (r *Result) WriteCertificate(w io.Writer) error {
	var layers []certified
	if r.Valued == nil {
		return writeCertificate(w, crossbar.Signed(r.Setting.Signed), nil)
	}
	for i, l := range r.Layers {
		layers = append(layers, certified{l.Name, r.ADCBits[i], l.columns})
	}
	return writeCertificate(w, crossbar.Signed(r.Setting.Signed), layers)
}

// WriteCertificate writes the clip certificate of every column as CSV, as that of
// a layer called matrix.
func (r *MVMResult) WriteCertificate(w io.Writer, chip *arch.Chip) error {
	return writeCertificate(w, chip.Encoding.Signed, []certified{{matrixName, r.Bits, r.Columns}})
}

// matrixName stands for a layer's name where a matrix is no layer's.
const matrixName = "matrix"

func writeCertificate(w io.Writer, signed crossbar.Signed, layers []certified) error {
	out := csv.NewWriter(w)
	record := []string{"layer", "row_block", "slice", "sign", "column", "adc_bits", "status", "clipped_conversions", "conversions"}
	if err := out.Write(record); err != nil {
		return err
	}
	for _, l := range layers {
		for c := range l.columns.All() {
			record = append(record[:0], l.layer, strconv.Itoa(c.Block), strconv.Itoa(c.Slice), signName(signed, c.Sign), strconv.Itoa(c.Column),
				strconv.Itoa(l.bits[c.Slice]), string(c.Status), strconv.FormatInt(c.Clips, 10), strconv.FormatInt(c.Conversions, 10))
			if err := out.Write(record); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// signName says which weights lie on the array of a sign.
func signName(signed crossbar.Signed, sign int) string {
	switch {
	case signed == crossbar.DifferentialAnalog:
		return "difference" // of both arrays' sums
	case signed != crossbar.Differential:
		return "offset" // one array holds all weights
	case sign == 0:
		return "positive"
	}
	return "negative"
}
