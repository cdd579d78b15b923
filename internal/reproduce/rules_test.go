package reproduce

import (
	"testing"

	"bitline/internal/pipeline"
)

// Variants of one job have the figures of their own chips, and share a simulation
// where these are equal.
func TestSimulateOncePerChip(t *testing.T) {
	variant := func(sets ...string) Variant {
		t.Helper()
		job, err := pipeline.LoadJob("quickstart", sets)
		if err != nil {
			t.Fatal(err)
		}
		return Variant{Job: job, job: "quickstart", sets: sets}
	}
	m := &measurement{chips: map[string]*chipFigures{}}
	of := func(v Variant, bits ...int) *chipFigures {
		t.Helper()
		f, err := m.simulate(t.Context(), v, v.Job.Chip, bits)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	plain := of(variant(), 8)
	if f := of(variant("train.seed=5"), 8); f != plain {
		t.Error("a variant with another training is simulated again, want the figures of the first")
	}
	if f := of(variant("crossbar.read_latency=1us"), 8); f.timing.Interval <= plain.timing.Interval {
		t.Errorf("with reads of 1 µs the interval is %v, want more than %v", f.timing.Interval, plain.timing.Interval)
	}
	if f := of(variant(), 3); f.adc >= plain.adc {
		t.Errorf("converters of 3 bits take %g µJ, want less than the %g of 8", f.adc, plain.adc)
	}
}
