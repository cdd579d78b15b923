package scheduler

import (
	"context"
	"math/bits"
	"testing"

	"bitline/crossbar"
	"bitline/workloads"
)

// TestRecord: the first layer drives the bits of the image's bytes, and what all
// arrays conduct is what the statistics of a replay say.
func TestRecord(t *testing.T) {
	model, images := smallModel(t, 8)
	chip := replayChip(crossbar.DefaultEncoding(), 4)
	r, err := NewReplayer(chip, model)
	if err != nil {
		t.Fatal(err)
	}
	plan := Plan{Bits: [][]int{{4, 4, 4, 4}, {4, 4, 4, 4}}}
	mapping, err := Map(chip, model.Network)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		image := images.Slice(i, i+1)
		record, class, err := r.Record(image, plan, "some")
		if err != nil {
			t.Fatal(err)
		}
		replay, err := r.Run(context.Background(), image, plan, nil)
		if err != nil {
			t.Fatal(err)
		}
		if class != replay.Classes[0] || record.Image != "some" {
			t.Errorf("image %q of class %d, want some of class %d", record.Image, class, replay.Classes[0])
		}
		for k := range record.Layers {
			l := &record.Layers[k]
			if err := l.Fits(&mapping.Layers[k], 8, 4); err != nil {
				t.Errorf("layer %d: %v", k, err)
			}
			for slice, s := range replay.Layers[k].Stats.Slices {
				if got := l.Sum(func(_, of int) bool { return of == slice }); got != s.Conducted() {
					t.Errorf("image %d: layer %d, slice %d conducted %d, want %d", i, k, slice, got, s.Conducted())
				}
			}
		}
		checkFirst(t, record, image)
	}
	if _, _, err := r.Record(images, plan, ""); err == nil {
		t.Error("150 images gave no error, want one image")
	}
}

// checkFirst compares the driven wordlines of a fully connected first layer in
// blocks of 32 rows with the bits of the image's bytes.
func checkFirst(t *testing.T, record *Record, image workloads.Images) {
	t.Helper()
	l, driven := &record.Layers[0], 0
	for step := range 8 {
		for block := range l.Blocks {
			want := 0
			for k := block * 32; k < min(len(image.Pixels), block*32+32); k++ {
				want += int(image.Pixels[k]) >> step & 1
			}
			if got := l.Driven[l.At(0, block, step)]; int(got) != want {
				t.Errorf("block %d, step %d drives %d wordlines, want %d", block, step, got, want)
			}
			driven += want
		}
	}
	ones := 0
	for _, p := range image.Pixels {
		ones += bits.OnesCount8(p)
	}
	if driven != ones {
		t.Errorf("%d wordlines in all, want %d", driven, ones)
	}
}

func TestRecordFits(t *testing.T) {
	layer := &Layer{Positions: 2, RowBlocks: 3, Groups: 1, Rows: 70}
	good := NewLayerRecord(2, 3, 8, 4)
	if err := good.Fits(layer, 8, 4); err != nil {
		t.Errorf("error is %v, want none", err)
	}
	for name, change := range map[string]func(*LayerRecord){
		"positions": func(l *LayerRecord) { l.Positions = 1 },
		"driven":    func(l *LayerRecord) { l.Driven = l.Driven[1:] },
		"conducted": func(l *LayerRecord) { l.Conducted = l.Conducted[1:] },
		"rows":      func(l *LayerRecord) { l.Driven[5] = 71 },
	} {
		l := NewLayerRecord(2, 3, 8, 4)
		if change(&l); l.Fits(layer, 8, 4) == nil {
			t.Errorf("%s: no error, want one", name)
		}
	}
	if good.Fits(layer, 7, 4) == nil || good.Fits(layer, 8, 3) == nil {
		t.Error("a record of 8 steps and 4 slices fits others")
	}
}
