package timing

import (
	"context"
	"math"
	"testing"

	"bitline/arch"
	"bitline/workloads"
)

// edgeJob is a 3×3 convolution of 4×4 pixels by a number of copies, and a linear
// layer. Each array, of 4 places of the window, lies on a tile of its own. Of four
// copies the last computes the last column; there place 8, the only one on its third
// tile, lies right of the image, in the padding.
func edgeJob(t *testing.T, copies int) Job {
	chip := tiny(func(c *arch.Chip) {
		c.IMA.Crossbars = 1
		c.Map.Replicate, c.Map.Copies = arch.ReplicateByHand, map[string]int{"a": copies}
	})
	return jobOf(t, chip, &workloads.Network{
		Name: "edge", Input: workloads.Shape{Height: 4, Width: 4, Channels: 1},
		Layers: []workloads.Layer{
			{Name: "a", Kind: workloads.Conv, Outputs: 1, Kernel: 3, Stride: 1, Padding: 1},
			{Name: "fc", Kind: workloads.Linear, Outputs: 1},
		},
	}, 8)
}

// TestOnlyPadding: a team that sees nothing but padding is told of no input, and yet
// its sums are waited for.
func TestOnlyPadding(t *testing.T) {
	job := edgeJob(t, 4)
	b, err := newBuilder(job)
	if err != nil {
		t.Fatal(err)
	}
	m, err := b.model(modelOptions{images: 1})
	if err != nil {
		t.Fatal(err)
	}
	blind := 0
	for i := range m.teams {
		if m.stores[m.teams[i].store].perImage == 0 {
			blind++
		}
	}
	if blind != 1 {
		t.Fatalf("%d teams see only padding, want 1", blind)
	}
	for _, exact := range []bool{false, true} {
		got, err := Simulate(context.Background(), job, Options{Exact: exact})
		if err != nil {
			t.Fatal(err)
		}
		// Three arrays for each position of a, four of fc.
		if want := int64(16*3 + 4); got.PerImage.Reads != want {
			t.Errorf("exact %v: %d reads an image, want %d", exact, got.PerImage.Reads, want)
		}
	}
}

// TestGainOfCopiesInThePadding: what twice as many copies gain is what they gain,
// though one of them sees only padding.
func TestGainOfCopiesInThePadding(t *testing.T) {
	job, more := edgeJob(t, 2), edgeJob(t, 4)
	now, _ := interval(t, job)
	then, repeats := interval(t, more)
	g := rowOf(explained(t, job, Options{}), ClassCrossbar, "").TwiceCount
	if want := now/then - 1; !g.Known || !repeats || math.Abs(g.Gain-want) > 1e-12 || want <= 0 {
		t.Errorf("gain is %+v, want %v, which is more than 0", g, want)
	}
	got, err := Simulate(context.Background(), more, Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := explained(t, more, Options{})
	if !e.Cycle.Closed {
		t.Errorf("the cycle of the copies is not closed: %+v", e.Cycle)
	}
	checkCycle(t, 0, got, e)
}
