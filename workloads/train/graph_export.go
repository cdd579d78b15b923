package train

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync/atomic"

	"bitline/workloads"
)

// initialize draws the weights of layers in order: those before a rectifier or an
// addition from a uniform distribution of variance 2/rows (He et al., arXiv
// 1502.01852), the last layer's from U(−1/√rows, 1/√rows). Biases are 0.
func (g *graph) initialize(seed uint64) {
	random := rand.NewPCG(seed, initStream)
	for i, u := range g.units {
		if u.weight == nil {
			continue
		}
		bound := math.Sqrt(6 / float64(u.kernel.rows()))
		if i == len(g.units)-1 {
			bound = math.Sqrt(1 / float64(u.kernel.rows()))
		}
		for i := range u.weight.value {
			u.weight.value[i] = float32((2*unit01(random) - 1) * bound)
		}
		u.weight.measure()
	}
}

// float is the network with its present real weights and running statistics.
func (g *graph) float() *workloads.Float {
	f := &workloads.Float{Network: g.net}
	for _, u := range g.units {
		if u.weight == nil {
			continue
		}
		l := workloads.FloatLayer{Rows: u.kernel.rows(), Columns: u.Outputs, Weights: u.weight.value}
		if u.bias != nil {
			l.Bias = u.bias.value
		}
		if n := u.norm; n != nil {
			l.Norm = &workloads.Norm{Gamma: n.gamma.value, Beta: n.beta.value, Mean: n.mean[:u.Outputs], Variance: n.variance[:u.Outputs]}
		}
		f.Layers = append(f.Layers, l)
	}
	return f
}

// model folds and rounds the network as imported weights are. What that needs, to
// calibrate above all, is as large as the gradients or larger: it lets go of these
// at once, since the collector would wait until the heap has doubled.
func (g *graph) model(origin workloads.Origin) (*workloads.Model, error) {
	g.free = nil
	runtime.GC()
	var scales []int
	for _, u := range g.units {
		if u.weight != nil {
			u.weight.quantize()
			scales = append(scales, u.weight.scale)
		}
	}
	return g.float().Quantize(workloads.Quantization{
		WeightBits: g.cfg.WeightBits, WeightScales: scales,
		Input:       workloads.InputCodes{Zero: append([]int32(nil), g.data.Input.Zero...), Scale: g.data.Input.Scale},
		Calibration: g.data.Calibration(calibrationImages), Origin: origin,
	})
}

// accuracy is that of the exported integers, without converters. It lets go of
// them at once, before the next step takes memory for gradients again.
func (g *graph) accuracy(images workloads.Images) (float64, error) {
	defer runtime.GC()
	m, err := g.model(workloads.Origin{})
	if err != nil {
		return 0, err
	}
	packed := m.Pack()
	executors := make([]*workloads.Executor, g.cfg.Workers)
	batch := m.BatchFor(images.Len(), g.cfg.Workers)
	var right atomic.Int64
	each(g.cfg.Workers, (images.Len()+batch-1)/batch, func(worker, task int) {
		if executors[worker] == nil {
			executors[worker] = m.NewExecutor(packed.Product(), workloads.Options{Batch: batch})
		}
		some := images.Slice(task*batch, min((task+1)*batch, images.Len()))
		for i, class := range executors[worker].Classify(some) {
			if class == int(some.Labels[i]) {
				right.Add(1)
			}
		}
	})
	return float64(right.Load()) / float64(images.Len()), nil
}
