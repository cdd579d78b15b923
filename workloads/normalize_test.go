package workloads

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// One linear layer on an image of two pixels: Σ w·(p/255 − mean)/deviation + bias
// whatever the zero points are.
func TestForInput(t *testing.T) {
	n := &Network{Name: "one", Input: Shape{1, 2, 2}, Layers: []Layer{{Name: "fc", Kind: Linear, Outputs: 3}}}
	f := RandomFloat(n, 1)
	norm := Normalization{Mean: []float64{0.49, 0.41}, Deviation: []float64{0.2, 0.3}}
	input := InputCodes{Zero: []int32{120, 90}, Scale: 3}
	g, err := f.ForInput(norm, input)
	if err != nil {
		t.Fatal(err)
	}
	images := randomImages(rand.New(rand.NewPCG(3, 3)), n.Input, 4)
	for i, got := range g.Forward(images, input) {
		for k := range got {
			want := float64(f.Layers[0].Bias[k])
			for at, p := range images.Image(i) {
				want += float64(f.Layers[0].Weights[at*3+k]) * (float64(p)/255 - norm.Mean[at%2]) / norm.Deviation[at%2]
			}
			if math.Abs(float64(got[k])-want) > 1e-4 {
				t.Errorf("output %d of image %d is %g, want %g", k, i, got[k], want)
			}
		}
	}
	for _, c := range []struct {
		norm Normalization
		want string
	}{
		{Normalization{Mean: []float64{0}, Deviation: []float64{1, 1}}, "1 means and 2 deviations"},
		{Normalization{Mean: []float64{0, 0}, Deviation: []float64{1, 0}}, "channel 1 has mean 0 and deviation 0"},
	} {
		if _, err := f.ForInput(c.norm, input); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error is %v, want one with %q", err, c.want)
		}
	}
	f.Layers[0].Weights[4] = 3e38 // × 2^5/(255·0.01) is beyond 3.4e38
	if _, err := f.ForInput(Normalization{Mean: []float64{0, 0}, Deviation: []float64{0.01, 0.01}}, input); err == nil || !strings.Contains(err.Error(), "layer fc: its weights overflow float32") {
		t.Errorf("error is %v, want that weights overflow", err)
	}
}
