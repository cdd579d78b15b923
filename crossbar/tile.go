package crossbar

import (
	"fmt"
	"math/bits"

	"bitline/adc"
)

// Level says what statistics a TileRunner gathers.
type Level string

const (
	// Clips counts reads, unit columns and the clipped conversions of every
	// column, all exact, but no sums: no histograms, no largest sums of slices.
	Clips Level = "clips"
	// Sums counts all that a Runner counts: every sum as well.
	Sums Level = "sums"
)

// TileOptions says how a TileRunner works; the zero value asks for Clips.
type TileOptions struct {
	Statistics Level
}

// TileRunner computes the products of a Runner for TilePositions vectors at a
// time. Under a unit range a product is the exact integer product less what the
// converters clip off, and only the columns that the inputs of the tile could
// clip are counted, or at level Sums those that have cells set. It owns scratch
// memory: one goroutine at a time; Fork makes one for another.
type TileRunner struct {
	m     *Matrix
	slow  *Runner // products one by one, statistics, the certificate
	level Level
	in    []int32 // an input and an output of slow
	out   []int64
	fast  *fastPath // nil where every product goes through slow
}

// NewTileRunner prepares products through converters of spec s with the given
// resolution for each slice, least significant first.
func (m *Matrix) NewTileRunner(s adc.Spec, resolution []int, o TileOptions) (*TileRunner, error) {
	kernels := allKernels()
	return m.newTileRunner(s, resolution, tileChoice{o, kernels[len(kernels)-1]})
}

// tileChoice is a caller's options and the kernels to use.
type tileChoice struct {
	TileOptions
	kernels kernels
}

func (m *Matrix) newTileRunner(s adc.Spec, resolution []int, c tileChoice) (*TileRunner, error) {
	slow, err := m.NewRunner(s, resolution)
	if err != nil {
		return nil, err
	}
	level := c.Statistics
	switch level {
	case "":
		level = Clips
	case Clips, Sums:
	default:
		return nil, fmt.Errorf("statistics level is %q, want %q or %q", c.Statistics, Clips, Sums)
	}
	var plan *fastPlan
	if s.Range == adc.Unit && m.fitsLists() {
		plan = newFastPlan(m, slow, c)
	}
	return newTileRunnerFor(slow, level, plan), nil
}

// newTileRunnerFor makes the memory of a tile runner; plan is nil where every
// product goes through slow.
func newTileRunnerFor(slow *Runner, level Level, plan *fastPlan) *TileRunner {
	r := &TileRunner{m: slow.m, slow: slow, level: level, in: make([]int32, slow.m.rows), out: make([]int64, slow.m.columns)}
	if plan != nil {
		r.fast = newFastPath(plan, &slow.stats)
	}
	return r
}

// Fork makes a runner of the same matrix, converters and options that has seen
// nothing yet. The two share what does not change, so that it costs little, and
// may be used at the same time.
func (r *TileRunner) Fork() *TileRunner {
	var plan *fastPlan
	if r.fast != nil {
		plan = r.fast.fastPlan
	}
	return newTileRunnerFor(r.slow.fork(), r.level, plan)
}

// fitsLists says whether row lists can name the rows of a block.
func (m *Matrix) fitsLists() bool {
	return stepLayout{rows: m.blocks[0].rows, width: m.design.DACBits, complement: m.analog()}.fits()
}

// Fraction is the number of fraction bits of the outputs: 0 under a unit range,
// else adc.FractionBits.
func (r *TileRunner) Fraction() int { return r.slow.fraction }

// MVM sets y[n·TilePositions + p], for every position p below positions, to the
// product of column n with the vector x[k·TilePositions + p] of raw input codes,
// which must lie in what CheckInput accepted. What x holds at other positions does
// not matter, and what y holds there afterwards means nothing.
func (r *TileRunner) MVM(y []int64, x []int16, positions int) {
	if len(x) != r.m.rows*TilePositions || len(y) != r.m.columns*TilePositions {
		panic("crossbar: MVM of a tile wants a full tile of inputs and of outputs")
	}
	if positions < 1 || positions > TilePositions {
		panic("crossbar: MVM of a tile wants 1 to 512 positions")
	}
	if r.fast != nil {
		r.fast.mvm(y, x, positions)
		return
	}
	for p := range positions {
		for k := range r.in {
			r.in[k] = int32(x[k*TilePositions+p])
		}
		r.slow.MVM(r.out, r.in)
		for n, v := range r.out {
			y[n*TilePositions+p] = v
		}
	}
}

// Stats is what the runner has seen so far.
func (r *TileRunner) Stats() Stats {
	s := r.slow.Stats()
	if r.level == Clips {
		for i := range s.Slices {
			s.Slices[i].Histogram = nil
		}
	} else if r.fast != nil {
		r.fast.addSums(&s)
	}
	return s
}

// Certificate sums the runner's clip certificate up.
func (r *TileRunner) Certificate(s Stats) Certificate { return r.slow.Certificate(s) }

// accumulatorLevels bounds what all excess of a column can count: not more than
// the sums themselves, and a counter's spare levels.
func (m *Matrix) accumulatorLevels() int {
	e := m.design.Encoding
	return bits.Len(uint(m.rows)) + e.InputBits + e.WeightBits + listLevels
}
