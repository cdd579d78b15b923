package train

import (
	"math"

	"bitline/internal/gemm"
	"bitline/workloads"
)

// normMomentum is the share of a batch in the running statistics, as in PyTorch's
// BatchNorm2d.
const normMomentum = 0.1

// norm is a batch normalisation: γ·(z − mean)/√(variance + ε) + β by channel, with
// the statistics of the batch in training and the running ones after it.
type norm struct {
	gamma, beta    *param
	mean, variance []float32 // running, the variance unbiased; 0 behind the channels
	batchMean      []float32
	inverse        []float64 // 1/√(variance + ε) of the batch
	a, b           []float64 // sums by channel
	blend          gemm.BlendSpec
	count          float64 // values of a channel in the batch
}

func newNorm(s *workloads.Node, pitch int, cfg *Config) *norm {
	n := &norm{
		gamma: newParam(s.Name+".gamma", s.Outputs, 0, cfg.Workers), beta: newParam(s.Name+".beta", s.Outputs, 0, cfg.Workers),
		mean: make([]float32, pitch), variance: make([]float32, pitch), batchMean: make([]float32, pitch),
		inverse: make([]float64, pitch), a: make([]float64, pitch), b: make([]float64, pitch),
	}
	n.gamma.kind, n.beta.kind = normParam, normParam
	n.blend = gemm.BlendSpec{A: make([]float32, pitch), B: make([]float32, pitch), C: make([]float32, pitch)}
	for c := range s.Outputs {
		n.gamma.value[c], n.variance[c] = 1, 1
	}
	n.gamma.measure()
	return n
}

// batchLine makes the output stage from the statistics of z and takes them into
// the running ones. Sums are of z less the running mean, so that they do not
// cancel.
func (u *unit) batchLine(workers int) {
	n := u.norm
	pitch, tasks := u.z.pitch, u.z.chunks()
	sums := u.sums[:2*pitch*tasks]
	clear(sums)
	each(workers, tasks, func(_, task int) {
		lo, hi := u.z.bounds(task)
		own := sums[2*pitch*task:][:2*pitch]
		gemm.Moments(own[:pitch], own[pitch:], n.mean, u.z.data[lo:hi])
	})
	u.addChunks(n.a, n.b)
	n.count = float64(u.z.positions() * u.z.rows)
	for c := range u.Outputs {
		shift := n.a[c] / n.count
		variance := max(n.b[c]/n.count-float64(shift*shift), 0)
		mean := float64(n.mean[c]) + shift
		n.inverse[c] = 1 / math.Sqrt(variance+workloads.NormEpsilon)
		u.line(c, mean, n.inverse[c])
		n.batchMean[c] = float32(mean)
		unbiased := variance * n.count / max(n.count-1, 1)
		n.mean[c] = float32(float64(n.mean[c])*(1-normMomentum) + float64(mean*normMomentum))
		n.variance[c] = float32(float64(n.variance[c])*(1-normMomentum) + float64(unbiased*normMomentum))
	}
}

// line is the output stage of one channel.
func (u *unit) line(c int, mean, inverse float64) {
	slope := float64(u.norm.gamma.value[c]) * inverse
	u.slope[c] = float32(slope)
	u.offset[c] = float32(float64(u.norm.beta.value[c]) - float64(mean*slope))
}

// normGradient turns the gradient by y into that by z: with x̂ the normalised z and
// means over the batch, dz = γ/σ·(dy − mean(dy) − x̂·mean(dy·x̂)).
func (u *unit) normGradient(dz []float32, workers int) {
	n := u.norm
	u.gate(n.a, n.b, n.batchMean, workers)
	for c := range u.Outputs {
		product := n.b[c] * n.inverse[c] // Σ dy·x̂
		n.beta.gradient[c], n.gamma.gradient[c] = float32(n.a[c]), float32(product)
		slope := float64(n.gamma.value[c]) * n.inverse[c]
		pull := -slope * n.inverse[c] * product / n.count
		n.blend.A[c], n.blend.B[c] = float32(slope), float32(pull)
		n.blend.C[c] = float32(-slope*n.a[c]/n.count - float64(pull*float64(n.batchMean[c])))
	}
	each(workers, u.z.chunks(), func(_, task int) {
		lo, hi := u.z.bounds(task)
		gemm.Blend(dz[lo:hi], u.gradient[lo:hi], u.z.data[lo:hi], &n.blend)
	})
}
