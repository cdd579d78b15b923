package scheduler

import (
	"context"
	"testing"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/workloads"
)

// The table that a search finds keeps its promise, is not above the observed one,
// and no entry of it can be lowered further.
func TestSearchBits(t *testing.T) {
	model, images := smallModel(t, 8)
	chip := replayChip(crossbar.DefaultEncoding())
	chip.ADC.Auto, chip.ADC.Budget = adc.LossBudget, 0.1
	r, err := NewReplayer(chip, model)
	if err != nil {
		t.Fatal(err)
	}
	labelled(t, r, images)
	accuracy := func(bits [][]int) float64 {
		replay, err := r.Run(context.Background(), images, Plan{Bits: bits}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return replay.Accuracy()
	}
	bits, err := r.Bits(context.Background(), images)
	if err != nil {
		t.Fatal(err)
	}
	if got := accuracy(bits); got < 0.9 {
		t.Errorf("accuracy is %g at %v, want at least 0.9", got, bits)
	}
	chip.ADC.Auto = adc.Observed
	observed, err := r.Bits(context.Background(), images)
	if err != nil {
		t.Fatal(err)
	}
	lowered := 0
	for i := range bits {
		for k := range bits[i] {
			lowered += observed[i][k] - bits[i][k]
			if bits[i][k] > observed[i][k] {
				t.Errorf("layer %d, slice %d has %d bits, %d suffice", i, k, bits[i][k], observed[i][k])
			}
			if bits[i][k] == 1 {
				continue
			}
			bits[i][k]--
			if got := accuracy(bits); got >= 0.9 {
				t.Errorf("layer %d, slice %d can still be lowered to %d: accuracy %g", i, k, bits[i][k], got)
			}
			bits[i][k]++
		}
	}
	if lowered == 0 {
		t.Errorf("nothing was lowered from %v", observed)
	}
}

// labelled gives every image the class that the network sees in it.
func labelled(t *testing.T, r *Replayer, images workloads.Images) {
	t.Helper()
	worst, err := r.WorstCaseBits()
	if err != nil {
		t.Fatal(err)
	}
	replay, err := r.Run(context.Background(), images, Plan{Bits: worst}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, class := range replay.Classes {
		images.Labels[i] = uint8(class)
	}
}
