package workloads

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Normalization is how the images that a network was trained on were scaled:
// (p/255 − Mean)/Deviation of every byte p, by channel, as torchvision's
// Normalize does after ToTensor.
type Normalization struct{ Mean, Deviation []float64 }

// ForInput returns the network that computes on (p − z)·2^(S−8), as input says,
// what f computes on images normalised by n: the first layers' weights take the
// ratio of the two scales by channel, their biases what the rounding of z leaves.
// Padding then stands for z instead of the mean, at most half a byte away.
func (f *Float) ForInput(n Normalization, input InputCodes) (*Float, error) {
	channels := f.Network.Input.Channels
	if len(n.Mean) != channels || len(n.Deviation) != channels || len(input.Zero) != channels {
		return nil, fmt.Errorf("normalization has %d means and %d deviations, the input %d zero points; want %d of each, one per channel",
			len(n.Mean), len(n.Deviation), len(input.Zero), channels)
	}
	ratio, shift := make([]float64, channels), make([]float64, channels)
	for c := range channels {
		if !(n.Deviation[c] > 0) || math.IsInf(n.Deviation[c], 0) || math.IsNaN(n.Mean[c]) || math.IsInf(n.Mean[c], 0) {
			return nil, fmt.Errorf("normalization of channel %d has mean %g and deviation %g, want finite ones, the deviation above 0", c, n.Mean[c], n.Deviation[c])
		}
		ratio[c] = math.Ldexp(1, ActivationBits-input.Scale) / (255 * n.Deviation[c])
		shift[c] = (float64(input.Zero[c])/255 - n.Mean[c]) / n.Deviation[c]
	}
	nodes, err := f.Network.computed()
	if err != nil {
		panic("workloads: " + err.Error())
	}
	g := &Float{Network: f.Network, Layers: slices.Clone(f.Layers)}
	for i := range nodes {
		if l := &nodes[i]; l.Adds == FromImage || l.Adds >= 0 && nodes[l.Adds].raw {
			return nil, layerError(l.Name, errors.New("it adds the image, which cannot be normalised; want add to name a layer"))
		} else if l.Kind.Matrix() && (l.Takes[0] == FromImage || nodes[l.Takes[0]].raw) {
			g.Layers[l.Matrix] = f.Layers[l.Matrix].rescaled(ratio, shift)
			if !finite(g.Layers[l.Matrix].Weights) || !finite(g.Layers[l.Matrix].Bias) {
				return nil, layerError(l.Name, errors.New("its weights overflow float32 once the normalisation is folded in, want smaller ones"))
			}
		}
	}
	return g, nil
}

func finite(values []float32) bool {
	return !slices.ContainsFunc(values, func(v float32) bool { return math.IsInf(float64(v), 0) || v != v })
}

// rescaled is the layer for inputs of which each channel's value v stands for
// v·ratio + shift.
func (l *FloatLayer) rescaled(ratio, shift []float64) FloatLayer {
	r := *l
	r.Weights = make([]float32, len(l.Weights))
	moved := make([]float64, l.Columns)
	for at, w := range l.Weights {
		c := at / l.Columns % len(ratio)
		r.Weights[at] = float32(float64(w) * ratio[c])
		moved[at%l.Columns] += float64(w) * shift[c]
	}
	r.Bias = make([]float32, l.Columns)
	for n := range r.Bias {
		if l.Bias != nil {
			moved[n] += float64(l.Bias[n])
		}
		r.Bias[n] = float32(moved[n])
	}
	return r
}
