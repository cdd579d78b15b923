package train

import (
	"math"
	"slices"
	"testing"

	"bitline/workloads"
)

// TestPlace looks up every value of a shifted and flipped image: of a row 0 1 2 3,
// shifted by one, 1 2 3 and the padding remain, flipped 2 1 0 and the padding.
func TestPlace(t *testing.T) {
	table := newPixelTable(workloads.InputCodes{Zero: []int32{0}, Scale: 8}) // values are bytes
	shape := workloads.Shape{Height: 2, Width: 4, Channels: 1}
	image := []uint8{10, 11, 12, 13, 20, 21, 22, 23}
	tests := []struct {
		name string
		v    view
		want []float32
	}{
		{"as it is", view{}, []float32{10, 11, 12, 13, 20, 21, 22, 23}},
		{"flipped", view{flip: true}, []float32{13, 12, 11, 10, 23, 22, 21, 20}},
		{"one to the right", view{across: 1}, []float32{11, 12, 13, 0, 21, 22, 23, 0}},
		{"two to the left", view{across: -2}, []float32{0, 0, 10, 11, 0, 0, 20, 21}},
		{"one down", view{top: 1}, []float32{20, 21, 22, 23, 0, 0, 0, 0}},
		{"all", view{flip: true, top: -1, across: 1}, []float32{0, 0, 0, 0, 0, 13, 12, 11}},
		{"a hole", view{hole: 2, holeY: 1, holeX: 1}, []float32{10, 11, 12, 13, 20, 0, 0, 23}},
		{"a hole over the edge of what is flipped", view{flip: true, hole: 2, holeY: -1, holeX: -1}, []float32{0, 12, 11, 10, 23, 22, 21, 20}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			to := newTensor(shape, 1, 3)
			for i := range to.data {
				to.data[i] = -1
			}
			table.place(to, 2, image, tt.v)
			var got []float32
			for i, v := range to.data {
				if i%3 == 2 {
					got = append(got, v)
				} else if v != -1 {
					t.Errorf("value %d belongs to another image and is %g, want it untouched", i, v)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("values are %v, want %v", got, tt.want)
			}
		})
	}
}

// TestViews draws many views: all places come about equally often, half of them
// flipped, and the same position gives the same ones.
func TestViews(t *testing.T) {
	a := Augment{Flip: true, Crop: 4}
	to, again, other := make([]view, 8100), make([]view, 8100), make([]view, 8100)
	shape := workloads.Shape{Height: 5, Width: 9, Channels: 1}
	draw := func(a Augment, to []view, step int) {
		a.views(to, shape, stepRandom(augmentStream, 7, Position{Epoch: 3, Step: step}))
	}
	draw(a, to, 5)
	draw(a, again, 5)
	draw(a, other, 6)
	if !slices.Equal(to, again) || slices.Equal(to, other) {
		t.Error("views of one position differ, or those of two are the same")
	}
	flips, places := 0, map[[2]int]int{}
	for _, v := range to {
		if v.flip {
			flips++
		}
		places[[2]int{v.top, v.across}]++
	}
	if math.Abs(float64(flips)-4050) > 200 { // 4.4 deviations of 45
		t.Errorf("%d of 8100 are flipped, want about half", flips)
	}
	for p, n := range places {
		if n < 55 || n > 150 || max(p[0], -p[0], p[1], -p[1]) > 4 { // 100 ± 5 deviations of 10
			t.Errorf("place %v came %d times, want about 100 times and within 4", p, n)
		}
	}
	if len(places) != 81 {
		t.Errorf("%d places came, want 81", len(places))
	}
	// The middle of a square of 4 lies on each of the 45 pixels about equally often.
	holes := map[[2]int]int{}
	draw(Augment{Cutout: 4}, to, 5)
	for _, v := range to {
		holes[[2]int{v.holeY, v.holeX}]++
	}
	for h, n := range holes {
		if n < 113 || n > 247 || h[0] < -2 || h[0] > 2 || h[1] < -2 || h[1] > 6 { // 180 ± 5 deviations of 13.3
			t.Errorf("square at %v came %d times, want about 180 times and its middle within the image", h, n)
		}
	}
	if len(holes) != 45 || to[0].hole != 4 {
		t.Errorf("squares of %d at %d places, want of 4 at 45", to[0].hole, len(holes))
	}
	draw(Augment{}, to, 5)
	if to[0] != (view{}) {
		t.Errorf("view without augmentation is %+v, want none", to[0])
	}
}

// TestDropout: a share of the hidden outputs is 0, the others have grown, and the
// gradient passes where they are open.
func TestDropout(t *testing.T) {
	cfg := everything()
	cfg.Dropout = 0.25
	trainer := newTestTrainer(t, cfg, everyLayer(), hundred(t))
	g := graphOf(trainer)
	u := g.units[len(g.units)-2]
	if u.dropout != 0.25 || g.units[len(g.units)-1].dropout != 0 || g.units[0].dropout != 0 {
		t.Fatalf("shares are %g, %g and %g, want 0.25 for the rectified linear layer alone", u.dropout, g.units[len(g.units)-1].dropout, g.units[0].dropout)
	}
	for i := range u.y.data {
		u.y.data[i] = 3
	}
	u.drop(stepRandom(dropoutStream, 1, Position{}))
	zero, grown := 0, 0
	for row := range u.y.rows {
		for _, v := range u.y.data[row*u.y.pitch:][:u.Out.Channels] {
			switch v {
			case 0:
				zero++
			case 4:
				grown++
			}
		}
	}
	if n := u.y.rows * u.Out.Channels; zero+grown != n || math.Abs(float64(zero)-float64(n)/4) > 50 { // 480 values, deviation 9.5
		t.Errorf("%d are dropped and %d have grown to 4, want about a quarter of %d and the rest", zero, grown, n)
	}
	u.gradient = make([]float32, len(u.y.data))
	for i := range u.gradient {
		u.gradient[i] = 6
	}
	u.dropGradient()
	u.biasGradient(1)
	for i, v := range u.gradient {
		if i%u.y.pitch >= u.Out.Channels {
			continue
		}
		if want := map[float32]float32{0: 0, 4: 8}[u.y.data[i]]; v != want {
			t.Fatalf("gradient %d is %g where the output is %g, want %g", i, v, u.y.data[i], want)
		}
	}
}
