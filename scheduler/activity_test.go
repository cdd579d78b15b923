package scheduler

import (
	"context"
	"testing"

	"bitline/crossbar"
)

// The reads of one image add up to the statistics of its replay, every product of
// a layer has the same number of them, and the class is the replay's.
func TestActivity(t *testing.T) {
	model, images := smallModel(t, 8)
	r, err := NewReplayer(replayChip(crossbar.DefaultEncoding(), 4), model)
	if err != nil {
		t.Fatal(err)
	}
	plan := Plan{Bits: [][]int{{4, 4, 4, 4}, {4, 4, 4, 4}}}
	for i := range 5 {
		image := images.Slice(i, i+1)
		conducted, reads := map[[2]int]int64{}, map[[2]int]int64{}
		last := Activity{}
		class, err := r.Activity(image, plan, func(a Activity) {
			conducted[[2]int{a.Layer, a.Slice}] += a.Conducted
			reads[[2]int{a.Layer, a.Position}]++
			if a.Layer < last.Layer || a.Layer == last.Layer && a.Position < last.Position {
				t.Fatalf("read %+v follows %+v", a, last)
			}
			last = a
		})
		if err != nil {
			t.Fatal(err)
		}
		replay, err := r.Run(context.Background(), image, plan, nil)
		if err != nil {
			t.Fatal(err)
		}
		if class != replay.Classes[0] {
			t.Errorf("image %d: class %d, want %d", i, class, replay.Classes[0])
		}
		for layer, l := range replay.Layers {
			if got := reads[[2]int{layer, 0}]; got != l.Stats.Reads {
				t.Errorf("image %d: %d reads in layer %s, want %d", i, got, l.Name, l.Stats.Reads)
			}
			for k, s := range l.Stats.Slices {
				if got := conducted[[2]int{layer, k}]; got != s.Conducted() {
					t.Errorf("image %d: layer %s, slice %d conducted %d, want %d", i, l.Name, k, got, s.Conducted())
				}
			}
		}
	}
	if _, err := r.Activity(images, plan, func(Activity) {}); err == nil {
		t.Error("150 images gave no error, want one image")
	}
}
