package workloads

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// floatBatch is how many images the float pass computes at once.
const floatBatch = 64

// Forward computes the outputs of every image on all processors. They do not
// depend on how many there are.
func (f *Float) Forward(images Images, input InputCodes) [][]float32 {
	outputs := make([][]float32, images.Len())
	f.each(images, input, func(e *FloatExecutor) func(from, to int) {
		return func(from, to int) { copy(outputs[from:to], e.Run(images.Slice(from, to))) }
	})
	return outputs
}

// each calls, for the bounds of every batch of images and on one of several
// goroutines, the function that begin made for its executor.
func (f *Float) each(images Images, input InputCodes, begin func(*FloatExecutor) func(from, to int)) {
	stages := f.stages()
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			do := begin(f.newExecutor(input, stages))
			for {
				from := int(next.Add(floatBatch)) - floatBatch
				if from >= images.Len() {
					return
				}
				do(from, min(from+floatBatch, images.Len()))
			}
		})
	}
	wait.Wait()
}

// largest is, for each layer by name, the largest magnitude of its outputs over
// some images.
func (f *Float) largest(images Images, input InputCodes) map[string]float64 {
	all := map[string]float64{}
	var guard sync.Mutex
	f.each(images, input, func(e *FloatExecutor) func(from, to int) {
		e.OnValues = func(layer string, values []float32) {
			top := float32(0)
			for _, v := range values {
				if v > top {
					top = v
				} else if -v > top {
					top = -v
				}
			}
			guard.Lock()
			defer guard.Unlock()
			all[layer] = math.Max(all[layer], float64(top))
		}
		return func(from, to int) { e.Run(images.Slice(from, to)) }
	})
	return all
}

// RandomFloat is a network with weights drawn from a normal distribution of
// variance 2/rows (He et al., arXiv 1502.01852), for benchmarks and tests. It
// panics if the network does not check out.
func RandomFloat(n *Network, seed uint64) *Float {
	nodes, err := n.computed()
	if err != nil {
		panic("workloads: " + err.Error())
	}
	f := &Float{Network: n}
	for i := range nodes {
		l := &nodes[i]
		if !l.Kind.Matrix() {
			continue
		}
		r := rand.New(rand.NewPCG(seed, uint64(l.Matrix)))
		draw := func(count int, mean, deviation float64) []float32 {
			values := make([]float32, count)
			for i := range values {
				values[i] = float32(mean + deviation*r.NormFloat64())
			}
			return values
		}
		layer := FloatLayer{Rows: l.rows(), Columns: l.Outputs}
		layer.Weights = draw(layer.Rows*layer.Columns, 0, math.Sqrt(2/float64(layer.Rows)))
		if !l.NoBias {
			layer.Bias = draw(l.Outputs, 0, 0.1)
		}
		if l.BatchNorm {
			layer.Norm = &Norm{Gamma: draw(l.Outputs, 1, 0.1), Beta: draw(l.Outputs, 0, 0.1), Mean: draw(l.Outputs, 0, 0.1), Variance: draw(l.Outputs, 1.5, 0.1)}
		}
		f.Layers = append(f.Layers, layer)
	}
	return f
}
