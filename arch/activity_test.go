package arch

import (
	"strings"
	"testing"
)

func TestActivityKeys(t *testing.T) {
	plain, err := fromText(t, "")
	if err != nil {
		t.Fatal(err)
	}
	if plain.TimeFollowsData() || plain.CostFollowsData() || !plain.ReplayFollowsChip() || plain.activityFact() != "" {
		t.Errorf("the default chip follows the data: %q", plain.activityFact())
	}
	tests := []struct {
		set                string
		time, cost, replay bool
		fact               string
	}{
		{`pipeline.skip_empty_steps="array"`, true, false, true, "skipped by array"},
		{`pipeline.skip_empty_steps="product"`, true, false, true, "skipped by product"},
		{`crossbar.unit_rows=16`, true, false, false, "units of 16 × 128"},
		{`crossbar.unit_columns=16`, false, false, true, "units of 128 × 16"},
		{`adc.bits_by_step=[8, 8, 8, 8, 7, 6, 5, 4]`, false, false, false, "a table of steps"},
		{`adc.kept_bits=[4, 20]`, false, false, false, "bits 4 to 19"},
		{`crossbar.charge="conducting"`, false, true, true, "what cells conduct"},
		{`dac.charge="driven"`, false, true, true, "wordlines that they drive"},
	}
	for _, tt := range tests {
		c, err := fromText(t, "", tt.set)
		if err != nil {
			t.Errorf("%s: %v", tt.set, err)
			continue
		}
		if c.TimeFollowsData() != tt.time || c.CostFollowsData() != tt.cost || c.ReplayFollowsChip() != tt.replay {
			t.Errorf("%s: time %v, cost %v, replay %v, want %v, %v, %v", tt.set, c.TimeFollowsData(), c.CostFollowsData(), c.ReplayFollowsChip(), tt.time, tt.cost, tt.replay)
		}
		if !strings.Contains(c.activityFact(), tt.fact) {
			t.Errorf("%s: described as %q, want %q", tt.set, c.activityFact(), tt.fact)
		}
	}
	for _, tt := range []struct{ set, want string }{
		{`pipeline.skip_empty_steps="ima"`, "skip_empty_steps"},
		{`crossbar.unit_rows=129`, "is 129, want at most the 128 wordlines of the array"},
		{`crossbar.unit_columns=200`, "is 200, want at most the 128 bitlines of the array"},
		{`adc.bits_by_step=[8]`, "lists 1 steps, want the 8 of encoding.input_bits = 8 and dac.bits = 1"},
		{`adc.bits_by_step=[8, 8, 8, 8, 8, 8, 8, [8, 8]]`, "lists 2 resolutions for step 7, want 1 or one for each of 4 slices"},
	} {
		if _, err := fromText(t, "", tt.set); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error is %v, want one with %q", tt.set, err, tt.want)
		}
	}
}
