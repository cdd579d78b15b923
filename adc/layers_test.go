package adc_test

import (
	"reflect"
	"testing"

	"bitline/adc"
)

// Layers have the resolutions of their own name, or the configuration's; converters
// have the largest of every slice.
func TestPerLayer(t *testing.T) {
	s, faults := read(t, "bits = [3, 3, 3, 1]\nlayers = {conv1 = [5, 2, 5, 3], fc = 4}")
	if faults != nil {
		t.Fatal(faults)
	}
	got, err := s.PerLayer([]string{"conv1", "conv2", "fc"}, 4)
	if want := [][]int{{5, 2, 5, 3}, {3, 3, 3, 1}, {4, 4, 4, 4}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("layers have %v (%v), want %v", got, err, want)
	}
	most, err := s.Largest(4)
	if want := []int{5, 4, 5, 4}; err != nil || !reflect.DeepEqual(most, want) {
		t.Errorf("converters have %v (%v), want %v", most, err, want)
	}
	for _, c := range []struct {
		layers []string
		slices int
		want   string
	}{
		{[]string{"conv1", "conv2"}, 4, `adc.layers has a resolution of "fc", want layers of the network that have weights: conv1, conv2`},
		{[]string{"conv1", "fc"}, 3, "adc.bits lists 4 resolutions, want 1 or one per slice (3)"},
	} {
		if _, err := s.PerLayer(c.layers, c.slices); err == nil || err.Error() != c.want {
			t.Errorf("layers %v of %d slices give %v, want %s", c.layers, c.slices, err, c.want)
		}
	}
	s.Bits = []int{8}
	const want = "adc.layers.conv1 lists 4 resolutions, want 1 or one per slice (3)"
	if _, err := s.PerLayer([]string{"conv1", "fc"}, 3); err == nil || err.Error() != want {
		t.Errorf("three slices give %v, want %s", err, want)
	}
	if _, err := s.Largest(3); err == nil || err.Error() != want {
		t.Errorf("three slices give %v, want %s", err, want)
	}
	if got := s.WithBits([]int{6}); got.Layers != nil || got.Auto != adc.Given {
		t.Errorf("with other bits it has %+v, want no layers of their own", got)
	}
	if got := s.ByRule(adc.Observed, adc.WholeChip); got.Layers != nil || got.Bits != nil || got.Auto != adc.Observed {
		t.Errorf("by a rule it has %+v, want no resolutions", got)
	}
}
