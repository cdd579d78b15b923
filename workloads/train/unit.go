package train

import (
	"math"
	"slices"

	"bitline/internal/gemm"
	"bitline/workloads"
)

// unit is one layer of a graph with all that it holds of a batch.
type unit struct {
	workloads.Node
	weight, bias *param // nil for a pool; bias also where there is none
	kernel       *kernel
	norm         *norm // nil where no batch normalisation follows
	// raw says that the outputs are never rounded: another layer adds them, or they
	// are the classes'.
	raw     bool
	dropout float32 // the share that is dropped, of a rectified linear layer

	y tensor // the output
	z tensor // what the batch normalisation takes; y where there is none
	// gradient is that of y; its memory is lent while it is needed.
	gradient []float32

	// recent is the largest output of late: of the last batch, or the one before
	// less a 64th, whichever is more. It decides the scale of the next batch.
	recent [1]float32
	scale  int // S of the output
	// slope and offset are the output stage by channel, 0 behind the last.
	slope, offset []float32
	tops          []uint32 // the largest output of each chunk
	sums          []float32
}

// recentDecay is what a largest output counts a step later.
const recentDecay = 1 - 1.0/64

func newUnit(s workloads.Node, from *tensor, cfg *Config) *unit {
	u := &unit{Node: s, y: newTensor(s.Out, pitchOf(s.Out.Channels), cfg.Batch)}
	if !s.Kind.Matrix() {
		return u
	}
	u.weight = newParam(s.Name+".weight", s.Window.Height*s.Window.Width*s.In.Channels*s.Out.Channels, cfg.WeightBits, cfg.Workers)
	u.kernel = newKernel(&s, from.pitch, s.Takes[0] != workloads.FromImage, cfg.Workers)
	u.z = u.y
	if s.BatchNorm {
		u.norm = newNorm(&s, u.y.pitch, cfg)
		u.z = newTensor(s.Out, u.y.pitch, cfg.Batch)
	} else if !s.NoBias {
		u.bias = newParam(s.Name+".bias", s.Outputs, workloads.BiasBits, cfg.Workers)
		u.bias.kind = biasParam
	}
	if s.Kind == workloads.Linear && s.ReLU {
		u.dropout = float32(cfg.Dropout)
	}
	u.slope, u.offset = make([]float32, u.y.pitch), make([]float32, u.y.pitch)
	u.tops = make([]uint32, u.y.chunks())
	u.sums = make([]float32, 2*u.y.pitch*u.y.chunks())
	return u
}

// params lists the unit's parameters.
func (u *unit) params() []*param {
	var all []*param
	if u.weight != nil {
		all = append(all, u.weight)
	}
	if u.bias != nil {
		all = append(all, u.bias)
	}
	if u.norm != nil {
		all = append(all, u.norm.gamma, u.norm.beta)
	}
	return all
}

// memory lists what the unit remembers besides.
func (u *unit) memory() [][]float32 {
	if u.weight == nil {
		return nil
	}
	if u.norm == nil {
		return [][]float32{u.recent[:]}
	}
	return [][]float32{u.recent[:], u.norm.mean, u.norm.variance}
}

// product quantizes the weights and sets z to the sums of x.
func (u *unit) product(x *tensor, exact bool) {
	weights := u.weight.value
	if !exact {
		u.weight.quantize()
		weights = u.weight.quantized
	}
	u.kernel.pack(weights)
	u.kernel.product(&u.z, x)
}

// biasLine makes the output stage of a layer without batch normalisation.
func (u *unit) biasLine(exact bool) {
	for c := range u.Outputs {
		u.slope[c] = 1
	}
	switch {
	case u.bias == nil:
	case exact:
		copy(u.offset, u.bias.value)
	default:
		u.bias.quantize()
		copy(u.offset, u.bias.quantized)
	}
}

// finish computes the output from z, what is added, and the output stage, at
// scale u.scale unless the output is not rounded, and returns its largest
// magnitude before that as float32 bits.
func (u *unit) finish(add []float32, rounded bool, workers int) uint32 {
	spec := gemm.LineSpec{Slope: u.slope, Offset: u.offset, Rectified: u.ReLU}
	if rounded {
		spec.High = float32(workloads.MaxCode(workloads.ActivationBits))
		spec.Scale = float32(math.Ldexp(1, workloads.ActivationBits-u.scale))
		spec.Step = 1 / spec.Scale // exact: both are powers of two
	}
	return u.apply(spec, add, workers, func(lo, hi int) []float32 { return u.y.data[lo:hi] })
}

// measure is the largest magnitude that finish would find, and changes nothing.
func (u *unit) measure(add []float32, workers int) uint32 {
	spec := gemm.LineSpec{Slope: u.slope, Offset: u.offset, Rectified: u.ReLU}
	return u.apply(spec, add, workers, func(lo, hi int) []float32 { return make([]float32, hi-lo) })
}

// apply computes an output stage chunk by chunk, to where to says.
func (u *unit) apply(spec gemm.LineSpec, add []float32, workers int, to func(lo, hi int) []float32) uint32 {
	tasks := u.y.chunks()
	each(workers, tasks, func(_, task int) {
		lo, hi := u.y.bounds(task)
		s := spec
		if add != nil {
			s.Add = add[lo:hi]
		}
		u.tops[task] = gemm.Line(to(lo, hi), u.z.data[lo:hi], &s)
	})
	return slices.Max(u.tops[:tasks])
}

// remember takes the largest output of a batch into the running one.
func (u *unit) remember(top uint32) {
	u.recent[0] = max(math.Float32frombits(top), float32(u.recent[0]*recentDecay))
}

// gate clears the gradient where the rectifier was shut and sets to sum, by
// channel, what is left, and to product what that times z − pivot is, unless pivot
// is nil. Chunks are added up in order, in float64.
func (u *unit) gate(sum, product []float64, pivot []float32, workers int) {
	pitch, tasks := u.y.pitch, u.y.chunks()
	sums := u.sums[:2*pitch*tasks]
	clear(sums)
	each(workers, tasks, func(_, task int) {
		lo, hi := u.y.bounds(task)
		own := sums[2*pitch*task:][:2*pitch]
		s := gemm.GateSpec{G: u.gradient[lo:hi], Sum: own[:pitch], Product: own[pitch:], Pivot: pivot}
		if u.ReLU {
			s.Y = u.y.data[lo:hi]
		}
		if pivot != nil {
			s.X = u.z.data[lo:hi]
		}
		gemm.Gate(&s)
	})
	u.addChunks(sum, product)
}

// addChunks adds up the pairs of sums of the chunks.
func (u *unit) addChunks(a, b []float64) {
	clear(a)
	clear(b)
	pitch := u.y.pitch
	for task := range u.y.chunks() {
		own := u.sums[2*pitch*task:][:2*pitch]
		for c := range pitch {
			a[c] += float64(own[c])
			b[c] += float64(own[pitch+c])
		}
	}
}

// biasGradient gates the gradient and adds it up to that of the bias.
func (u *unit) biasGradient(workers int) {
	sums := make([]float64, 2*u.y.pitch)
	u.gate(sums[:u.y.pitch], sums[u.y.pitch:], nil, workers)
	if u.bias != nil {
		for c := range u.bias.gradient {
			u.bias.gradient[c] = float32(sums[c])
		}
	}
}
