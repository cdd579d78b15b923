package train

import (
	"math"

	"bitline/crossbar"
	"bitline/workloads"
)

// bitRates are the running shares of a layer's inputs whose digit is 1, by wordline,
// pass and input step. Wordlines of a convolution that see the same channel share
// them, over all positions of the image: padding is rare.
type bitRates struct {
	encoding crossbar.Encoding
	steps    []crossbar.Step
	inputsOf
	share []float32 // [line][pass][step]
	lines int
}

// inputsOf is what is known of a layer's inputs.
type inputsOf struct {
	zero      []int32 // points by channel; nil for none
	rectified bool    // none is negative
}

// newBitRates makes shares of 0 for so many lines.
func newBitRates(e crossbar.Encoding, lines int, of inputsOf) *bitRates {
	b := &bitRates{encoding: e, steps: e.Steps(1), inputsOf: of, lines: lines}
	b.share = make([]float32, lines*b.width())
	return b
}

// width is the number of shares of a line.
func (b *bitRates) width() int { return b.encoding.Passes(b.rectified) * len(b.steps) }

// inputsSeen are a layer's inputs of a batch.
type inputsSeen struct {
	x       *tensor
	perUnit float32 // codes per unit of value
	workers int
}

// inputs are the layer's of the present batch.
func (l *convertedLayer) inputs(c *converted) inputsSeen {
	return inputsSeen{x: c.graph.source(l.unit.Takes[0]), perUnit: l.codesPerValue(c), workers: c.cfg.Workers}
}

// observe takes a batch's inputs into the running shares. Lines are counted in
// whole numbers, each by one worker.
func (b *bitRates) observe(in inputsSeen, weight float64) {
	channels := in.x.shape.Channels
	planes := 1 // that share a line's rates
	if b.lines == channels {
		planes = in.x.positions()
	}
	blocks := (channels + rateBlock - 1) / rateBlock
	each(in.workers, in.x.positions()/planes*blocks, func(_, task int) {
		group, first := task/blocks, task%blocks*rateBlock
		var seen [rateBlock][2*centredMax + 1]uint32
		last := min(first+rateBlock, channels)
		for plane := group * planes; plane < (group+1)*planes; plane++ {
			for row := range in.x.rows {
				at := in.x.plane(plane) + row*in.x.pitch
				for c, v := range in.x.data[at+first : at+last] {
					seen[c][int32(v*in.perUnit)+centredMax]++
				}
			}
		}
		for c := first; c < last; c++ {
			b.average(group*channels+c, weight, b.counts(seen[c-first][:], c))
		}
	})
}

const (
	// rateBlock is the channels that are counted together.
	rateBlock = 8
	// centredMax bounds codes less their zero points, in magnitude.
	centredMax = 255
	// maxInputSteps is the most input steps of a pass.
	maxInputSteps = 16
)

// bitCounts counts the ones of each step, the second pass's behind the first's, and
// the inputs.
type bitCounts struct {
	ones  [2 * maxInputSteps]uint64
	total uint64
}

// counts turns the numbers of inputs by centred code into those of driven ones.
func (b *bitRates) counts(seen []uint32, channel int) bitCounts {
	var c bitCounts
	for i, n := range seen {
		if n == 0 {
			continue
		}
		c.total += uint64(n)
		first, driven := b.driven(int32(i)-centredMax, channel)
		for t := first; driven != 0; driven >>= 1 {
			c.ones[t] += uint64(n) * uint64(driven&1)
			t++
		}
	}
	return c
}

// driven is what an input drives, as bits, and the first step of the pass that does:
// centred is its code less the zero point.
func (b *bitRates) driven(centred int32, channel int) (first int, bits uint32) {
	steps := len(b.steps)
	switch b.encoding.InputSign {
	case crossbar.SignSplit:
		if centred < 0 {
			return steps, uint32(-centred)
		}
	case crossbar.TwosComplement:
		return 0, uint32(centred) & (1<<steps - 1)
	case crossbar.Unsigned:
		if b.zero != nil {
			centred += b.zero[channel]
		}
	}
	return 0, uint32(centred)
}

// average takes a batch's counts of a line into its shares.
func (b *bitRates) average(line int, weight float64, c bitCounts) {
	to := b.share[line*b.width():][:b.width()]
	for i := range to {
		seen := float64(c.ones[i]) / float64(c.total)
		to[i] += float32(weight * (seen - float64(to[i])))
	}
}

// line is that of a matrix row.
func (b *bitRates) line(row int) int { return row % b.lines }

// zeroOf is the zero point by channel of what a unit takes.
func zeroOf(u *unit, input workloads.InputCodes) []int32 {
	if u.Takes[0] != workloads.FromImage {
		return nil
	}
	return input.Zero
}

// normalTail is the expected excess E[max(s − limit, 0)] of a normal s of the given
// mean and variance, with its derivatives by mean and by variance:
//
//	a = (mean − limit)/σ:  E = σ·(a·Φ(a) + φ(a)),  ∂E/∂mean = Φ(a),  ∂E/∂variance = φ(a)/(2σ)
//
// Without variance it is max(mean − limit, 0).
func normalTail(mean, variance, limit float64) (excess, byMean, byVariance float64) {
	if variance <= 0 {
		if mean > limit {
			return mean - limit, 1, 0
		}
		return 0, 0, 0
	}
	sigma := math.Sqrt(variance)
	a := (mean - limit) / sigma
	if a < -farTail {
		return 0, 0, 0
	}
	below := math.Erfc(-a/math.Sqrt2) / 2
	density := math.Exp(-a*a/2) / math.Sqrt(2*math.Pi)
	return sigma * (float64(a*below) + density), below, density / (2 * sigma)
}

// farTail is how many deviations away an excess, of some 10^-17 σ, counts as none.
const farTail = 8
