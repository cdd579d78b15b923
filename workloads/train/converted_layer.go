package train

import (
	"fmt"
	"math"
	"slices"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/internal/gemm"
	"bitline/workloads"
)

// convertedLayer is one matrix of a network in training through converters.
type convertedLayer struct {
	unit          *unit
	design        crossbar.Design
	spec          *Through
	bits          []int
	zero          []int32 // by row, nil for none
	zeroByChannel []int32
	rectified     bool      // no input is negative
	step          float64   // the value of one count of an accumulator
	unitOf        float64   // that in output codes
	slope         []float64 // of the start, by column
	ends          float64   // one output code
	factor        *param    // θ; nil where factors are fixed
	offset        *param    // in values
	blends        gemm.BlendSpec
	sums          []float64 // by channel: Σ dy and Σ dy·z
	pivot         []float32

	shards []shard
	// clipped is the running share of conversions that clipped, by block, slice,
	// sign and column.
	clipped []float32
	damped  []float32 // weights as the gradient by the input sees them
	excess  *excess   // nil for none
}

// shard is some neighbouring columns of a layer, which are programmed alone.
type shard struct {
	lo, hi  int
	runners []*crossbar.TileRunner // one a part
}

// shardColumns is the fewest columns worth a shard.
const shardColumns = 32

func newConvertedLayer(c *converted, u *unit) *convertedLayer {
	w := &c.start.Layers[u.Matrix]
	l := &convertedLayer{
		unit: u, spec: c.through, design: c.through.Design, bits: c.through.Bits[u.Matrix], zero: c.start.Zero(u.Matrix),
		zeroByChannel: zeroOf(u, c.start.Input), rectified: c.start.Network.Matrices()[u.Matrix].Rectified,
		offset: newParam(u.Name+".offset", u.Outputs, 0, c.cfg.Workers),
		sums:   make([]float64, 2*u.y.pitch), pivot: make([]float32, u.y.pitch), damped: make([]float32, len(w.Codes)),
		blends: gemm.BlendSpec{A: make([]float32, u.y.pitch), B: make([]float32, u.y.pitch), C: make([]float32, u.y.pitch)},
	}
	l.offset.kind = normParam
	if l.design.Encoding.Signed == crossbar.OffsetFlip {
		l.design.FlipBits = l.bits
	}
	l.setStart(c, w)
	if c.through.Affine == LearnedAffine {
		l.factor = newParam(u.Name+".factor", u.Outputs, 0, c.cfg.Workers)
		l.factor.kind = normParam
		for n := range l.factor.value {
			l.factor.value[n] = 1
		}
		l.factor.measure()
		if u.norm == nil {
			u.z = newTensor(u.Out, u.y.pitch, c.cfg.Batch)
		}
	}
	count := 1
	if c.graph.mostPositions() == 1 {
		count = max(min(c.cfg.Workers, u.Outputs/shardColumns), 1)
	}
	for i := range count {
		l.shards = append(l.shards, shard{lo: i * u.Outputs / count, hi: (i + 1) * u.Outputs / count})
	}
	converters := l.design.Encoding.Arrays()
	if l.design.Encoding.Signed == crossbar.DifferentialAnalog {
		converters = 1
	}
	l.clipped = make([]float32, l.blocks()*len(l.bits)*converters*u.Outputs)
	if c.through.Excess > 0 {
		l.excess = newExcess(l)
	}
	return l
}

// mostPositions is the largest number of output positions of a matrix.
func (g *graph) mostPositions() int {
	most := 1
	for _, u := range g.units {
		if u.weight != nil {
			most = max(most, u.y.positions())
		}
	}
	return most
}

// setStart takes weights and output stage from the start. With v = acc·M + B in
// units of 2^-F output codes, a code of 2^(Sy−8), and an accumulator's count of
// 2^(Sw+Sx−bits−8), the slope is that of values to values.
func (l *convertedLayer) setStart(c *converted, w *workloads.LayerWeights) {
	p := l.unit.weight
	p.freeze(w.Scale + l.spec.Headroom)
	for i, code := range w.Codes {
		p.value[i] = float32(math.Ldexp(float64(code), w.Scale-p.bits))
	}
	p.measure()
	in := c.inScale(l.unit)
	l.step = math.Ldexp(1, p.scale+in-p.bits-workloads.ActivationBits)
	l.ends = math.Ldexp(1, w.OutScale-workloads.ActivationBits)
	l.unitOf = l.step / l.ends
	was := math.Ldexp(1, w.Scale+in-w.OutScale-p.bits)
	for n := range l.unit.Outputs {
		l.slope = append(l.slope, math.Ldexp(float64(w.Affine.M[n]), -w.Affine.F)/was)
		l.offset.value[n] = float32(math.Ldexp(float64(w.Affine.B[n]), -w.Affine.F) * l.ends)
	}
	l.offset.measure()
}

// gain is the slope of a column's values.
func (l *convertedLayer) gain(n int) float64 {
	if l.factor == nil {
		return l.slope[n]
	}
	return l.slope[n] * float64(l.factor.value[n])
}

// line is the output stage in output codes a count.
func (l *convertedLayer) line() (m, b []float64) {
	for n := range l.unit.Outputs {
		m = append(m, l.gain(n)*l.unitOf)
		b = append(b, float64(l.offset.value[n])/l.ends)
	}
	return m, b
}

// blocks is the number of row blocks.
func (l *convertedLayer) blocks() int {
	return (l.unit.kernel.rows() + l.design.Wordlines - 1) / l.design.Wordlines
}

// programming says for how many parts of a batch a shard is laid out, and whether
// through the chip's converters.
type programming struct {
	parts    int
	clipping bool
}

// program lays the present codes of a shard out.
func (l *convertedLayer) program(i int, how programming) error {
	bits := l.bits
	if !how.clipping {
		bits = slices.Repeat([]int{adc.MaxBits}, len(bits))
	}
	s := &l.shards[i]
	rows, columns, width := l.unit.kernel.rows(), l.unit.Outputs, s.hi-s.lo
	w := crossbar.Weights{Rows: rows, Columns: width, Codes: make([]int32, rows*width), Zero: l.zero, Rectified: l.rectified}
	perCode := 1 / l.unit.weight.quantizer.Step()
	for k := range rows {
		to := w.Codes[k*width:][:width]
		for n, v := range l.unit.weight.quantized[k*columns+s.lo:][:width] {
			to[n] = int32(v * perCode)
		}
	}
	m, err := crossbar.Program(l.design, w)
	if err != nil {
		return fmt.Errorf("layer %s: %w", l.unit.Name, err)
	}
	first, err := m.NewTileRunner(l.spec.ADC, bits, crossbar.TileOptions{Statistics: crossbar.Clips})
	if err != nil {
		return fmt.Errorf("layer %s: %w", l.unit.Name, err)
	}
	s.runners = append(s.runners[:0], first)
	for len(s.runners) < how.parts {
		s.runners = append(s.runners, first.Fork())
	}
	return nil
}

// multiply computes a tile of a layer for a part of the batch.
func (l *convertedLayer) multiply(p *part, y []int64, x []int16, positions int) {
	each(len(l.shards), len(l.shards), func(_, i int) {
		s := &l.shards[i]
		s.runners[p.number].MVM(y[s.lo*workloads.TilePositions:s.hi*workloads.TilePositions], x, positions)
	})
}
