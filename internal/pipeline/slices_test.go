package pipeline

import (
	"slices"
	"testing"

	"bitline/adc"
	"bitline/crossbar"
)

// One wordline and cells of 0 to 3: inputs of 1 read each cell once in the lowest
// step, and the seven higher steps of an 8-bit input are empty, as is the negative
// array. So of 2 × 8 × 4 sums of slice 0 one each is 1, 2 and 3, and 61 are 0. One
// bit holds 0 and 1 and clips 2; two bits hold all.
func TestClippedAt(t *testing.T) {
	m, err := crossbar.Program(crossbar.Design{Wordlines: 4, CellBits: 2, DACBits: 1, Encoding: crossbar.DefaultEncoding()},
		crossbar.Weights{Rows: 1, Columns: 4, Codes: []int32{0, 1, 2, 3}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.NewRunner(adc.DefaultSpec(), []int{8, 8, 8, 8})
	if err != nil {
		t.Fatal(err)
	}
	r.MVM(make([]int64, 4), []int32{1})
	s := r.Stats().Slices[0]
	if got, want := clippedAt(s, false), []float64{2.0 / 64, 0}; !slices.Equal(got, want) {
		t.Errorf("unsigned converters clip %v of %d sums, want %v", got, s.Conversions(), want)
	}
	// A signed converter of b ≥ 2 bits holds ±(2^(b−1) − 1): ±1, ±3. One bit is
	// none, and counts as clipping everything.
	if got, want := clippedAt(s, true), []float64{1, 2.0 / 64, 0}; !slices.Equal(got, want) {
		t.Errorf("signed converters clip %v, want %v", got, want)
	}
}
