package adc

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"bitline/internal/config"
)

func TestStepBits(t *testing.T) {
	table := Spec{ByStep: [][]int{{8, 6}, {0}, {16}}}
	kept := Spec{Kept: Kept{Low: 3, High: 9}}
	tests := []struct {
		name   string
		spec   Spec
		at     Conversion
		signed bool
		want   int
	}{
		{"nothing stated", Spec{}, Conversion{Step: 2, Slice: 1, Shift: 40}, false, 8},
		{"as many", table, Conversion{Step: 0, Slice: 0}, false, 8},
		{"fewer", table, Conversion{Step: 0, Slice: 1}, false, 6},
		{"one for all slices", table, Conversion{Step: 1, Slice: 3}, false, 0},
		{"never more", table, Conversion{Step: 2, Slice: 1}, false, 8},
		// Bits 0 to 7 of the sum are bits Shift to Shift + 7 of the accumulator.
		{"low bits dropped", kept, Conversion{Shift: 0}, false, 5},
		{"none dropped below", kept, Conversion{Shift: 3}, false, 6},
		{"high bits dropped", kept, Conversion{Shift: 6}, false, 3},
		{"the last kept", kept, Conversion{Shift: 8}, false, 1},
		{"the last kept, signed", kept, Conversion{Shift: 8}, true, 2},
		{"all dropped", kept, Conversion{Shift: 9}, true, 0},
		{"far above", kept, Conversion{Shift: 30}, false, 0},
		{"far below", Spec{Kept: Kept{Low: 20, High: 30}}, Conversion{Shift: 2}, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.spec.StepBits(8, tt.at, tt.signed); got != tt.want {
				t.Errorf("%d bits, want %d", got, tt.want)
			}
		})
	}
}

func readText(t *testing.T, text string) (Spec, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "adc.toml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	table, err := config.Load(config.Source{}, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := ReadSpec(table)
	return s, table.Finish()
}

func TestReadSteps(t *testing.T) {
	s, err := readText(t, "bits_by_step = [8, [7, 0], [6]]\nkept_bits = [10, 26]\n")
	if err != nil {
		t.Fatal(err)
	}
	if want := [][]int{{8}, {7, 0}, {6}}; !reflect.DeepEqual(s.ByStep, want) || s.Kept != (Kept{10, 26}) || !s.Stepped() {
		t.Errorf("steps are %v and %v, want %v and bits 10 to 25", s.ByStep, s.Kept, want)
	}
	if DefaultSpec().Stepped() {
		t.Error("the default has resolutions by step")
	}
	for _, tt := range []struct{ text, want string }{
		{"bits_by_step = 8", "key bits_by_step is 8, want a list of steps"},
		{"bits_by_step = []", "want a list of steps"},
		{"bits_by_step = [8, 17]", "is 17 for slice 0 in step 1, want 0 to 16"},
		{"bits_by_step = [[8, -1]]", "is -1 for slice 1 in step 0, want 0 to 16"},
		{"bits_by_step = [\"8\"]", "for slice 0 in step 0, want 0 to 16"},
		{"bits_by_step = [[]]", "is empty for step 0"},
		{"bits_by_step = [3]\nlaw = \"survey\"", "is survey at 3 bits"},
		{"kept_bits = [10]", "is [10], want the lowest bit"},
		{"kept_bits = [26, 10]", "is [26 10], want the lowest bit"},
		{"kept_bits = [10, 65]", "kept_bits"},
	} {
		if _, err := readText(t, tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: error is %v, want one with %q", tt.text, err, tt.want)
		}
	}
}
