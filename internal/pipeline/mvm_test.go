package pipeline

import (
	"strings"
	"testing"
)

// Small files can ask for more products than any memory holds: as many as the inputs
// of one times the columns of the other. A tile of 512 inputs is the least that is
// computed.
func TestMVMSize(t *testing.T) {
	chip, err := LoadChip("bitslice-8bit", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name           string
		batch, columns int
		fits           bool
	}{
		{"2^27 products", 1 << 13, 1 << 14, true},
		{"2^27 products and a batch more", 1 << 13, 1<<14 + 1, false},
		{"one input of 2^18 columns", 1, 1 << 18, true},
		{"one input of a column more", 1, 1<<18 + 1, false},
		{"a product that no integer holds", 1 << 40, 1 << 40, false},
	} {
		u := MVM{Chip: chip, Rows: 1, Columns: c.columns, Batch: c.batch, WeightsName: "w.npy", InputsName: "x.npy"}
		if err := u.checkSize(); (err == nil) != c.fits {
			t.Errorf("%s: error %v, want one: %t", c.name, err, !c.fits)
		}
	}
	u := MVM{Chip: chip, Rows: 1, Columns: 1 << 20, Weights: make([]int64, 1<<20), Batch: 1 << 20, Inputs: make([]int64, 1<<20), WeightsName: "w.npy", InputsName: "x.npy"}
	want := "the 1048576 inputs of x.npy and the 1048576 columns of w.npy make too many products, want at most 134217728"
	if _, err := u.Run(); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
}
