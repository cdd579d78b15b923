package scheduler

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/units"
	"bitline/workloads"
)

// Replayer computes a model's inferences through a chip's crossbars, bit for bit.
// It keeps the programmed matrices from one replay to the next, so that chip and
// model must not change, and is safe for concurrent use.
type Replayer struct {
	chip   *arch.Chip
	model  *workloads.Model
	layers []workloads.MatrixShape
	// cells are the layers' matrices where they do not depend on resolutions, laid
	// out at first use.
	cells  []func() (*crossbar.Matrix, error)
	packed func() *workloads.Packed
}

// Replay is what a replay of some images came to.
type Replay struct {
	Images       int
	Correct      int   // images whose class is right
	CorrectExact int   // the same without converters, by the plain integer product
	Classes      []int // the class of each image
	Layers       []LayerReplay
}

// LayerReplay is what one layer's crossbars saw.
type LayerReplay struct {
	Name        string
	Bits        []int // resolution of each slice, least significant first
	Stats       crossbar.Stats
	Certificate crossbar.Certificate
	Columns     crossbar.ColumnCertificates // the certificate of every column
}

// Accuracy is the share of images whose class is right.
func (r *Replay) Accuracy() float64 { return units.Quotient(r.Correct, r.Images) }

// AccuracyExact is the share without converters.
func (r *Replay) AccuracyExact() float64 { return units.Quotient(r.CorrectExact, r.Images) }

// Plan is how the digital side and the converters of a replay are set, and what
// of it is recorded. Nothing but Bits is needed.
type Plan struct {
	// Bits is, for each layer, the resolution of each slice.
	Bits [][]int
	// Affines are the output stages, nil for the model's own.
	Affines []workloads.Affine
	// Statistics says what is recorded; "" is crossbar.Sums, which costs about twice
	// crossbar.Clips where columns can clip, and ten times where none can.
	Statistics crossbar.Level
	// NoReference leaves out the classes without converters: CorrectExact stays 0.
	NoReference bool
	// Batch is how many images a worker computes at once; 0 chooses so many that
	// the tiles of small layers are filled and memory stays bounded. It has no
	// influence on any result.
	Batch int
}

// NewReplayer checks that a model's codes, inputs and accumulators fit a chip.
func NewReplayer(chip *arch.Chip, model *workloads.Model) (*Replayer, error) {
	for i, l := range model.Network.Matrices() {
		low, high := model.InputRange(i)
		if chip.Encoding.InputSign != crossbar.Unsigned {
			low, high = centred(low, high, model.Zero(i))
		}
		if err := chip.Encoding.CheckInput(low, high); err != nil {
			return nil, fmt.Errorf("layer %s on chip %s: %w", l.Layer, chip.Name, err)
		}
	}
	if low, high := chip.Encoding.WeightRange(); workloads.MaxCode(model.WeightBits) > min(-low, high) {
		return nil, fmt.Errorf("model has weights of %d magnitude bits, want at most %d: what chip %s with encoding.weight_bits = %d and signed = %q can hold",
			model.WeightBits, chip.Encoding.MagnitudeBits(), chip.Name, chip.Encoding.WeightBits, chip.Encoding.Signed)
	}
	r := &Replayer{chip: chip, model: model, layers: model.Network.Matrices(), packed: sync.OnceValue(model.Pack)}
	for i := range r.layers {
		r.cells = append(r.cells, sync.OnceValues(func() (*crossbar.Matrix, error) { return r.layOut(i, nil) }))
	}
	return r, nil
}

// centred is the range of codes with their zero points taken off.
func centred(low, high int32, zero []int32) (int32, int32) {
	if len(zero) == 0 {
		return low, high
	}
	return low - slices.Max(zero), high - slices.Min(zero)
}

// program is one layer laid out for the given resolutions, by which OffsetFlip
// alone decides what the cells hold.
func (r *Replayer) program(layer int, bits []int) (*crossbar.Matrix, error) {
	if r.chip.Encoding.Signed == crossbar.OffsetFlip {
		return r.layOut(layer, bits)
	}
	return r.cells[layer]()
}

// layOut programs one layer.
func (r *Replayer) layOut(layer int, bits []int) (*crossbar.Matrix, error) {
	l := &r.model.Layers[layer]
	w := crossbar.Weights{Rows: l.Rows, Columns: l.Columns, Codes: make([]int32, len(l.Codes)), Zero: r.model.Zero(layer), Rectified: r.layers[layer].Rectified}
	for i, c := range l.Codes {
		w.Codes[i] = int32(c)
	}
	m, err := crossbar.Program(r.chip.Design(bits), w)
	if err != nil {
		return nil, fmt.Errorf("layer %s: %w", r.layers[layer].Layer, err)
	}
	return m, nil
}

// programAll is every layer laid out for a plan's resolutions.
func (r *Replayer) programAll(bits [][]int) ([]*crossbar.Matrix, error) {
	matrices := make([]*crossbar.Matrix, len(r.layers))
	err := parallel(len(matrices), func(i int) (err error) {
		matrices[i], err = r.program(i, bits[i])
		return err
	})
	return matrices, err
}

// Run replays images under a plan. progress, if not nil, is told from time to
// time how many images are done. The result is the same for any number of
// processors.
func (r *Replayer) Run(ctx context.Context, images workloads.Images, plan Plan, progress func(done int)) (*Replay, error) {
	replays, err := r.RunMany(ctx, images, []Plan{plan}, progress)
	if err != nil {
		return nil, err
	}
	return replays[0], nil
}

// RunMany replays images under several plans in one pass, and returns for each
// what Run returns, statistics included. It saves what plans share: the reference
// is computed once, and so is every layer before the first in which plans differ.
// Plans part at a layer's product where resolutions or Statistics differ, and
// behind it where output stages do.
//
// The columns at risk of every different pair of layer and resolutions are in
// memory at the same time. The images of a batch are the fewest that a plan asks
// for.
func (r *Replayer) RunMany(ctx context.Context, images workloads.Images, plans []Plan, progress func(done int)) ([]*Replay, error) {
	if len(plans) == 0 {
		return nil, nil
	}
	p, err := r.prepare(images, plans)
	if err != nil {
		return nil, err
	}
	return p.run(ctx, progress)
}

// Bits is the resolution of each layer and slice: the configuration's, or found
// by its rule. Calibration images are replayed where the rule asks for it.
func (r *Replayer) Bits(ctx context.Context, calibration workloads.Images) ([][]int, error) {
	switch r.chip.ADC.Auto {
	case adc.WorstCase:
		bits, err := r.WorstCaseBits()
		return r.scoped(bits), err
	case adc.Observed:
		worst, err := r.WorstCaseBits()
		if err != nil {
			return nil, err
		}
		seen, err := r.Run(ctx, calibration, Plan{Bits: worst}, nil)
		if err != nil {
			return nil, err
		}
		return r.observedBits(seen), nil
	case adc.LossBudget:
		return r.SearchBits(ctx, calibration)
	}
	return r.chip.ADC.PerLayer(r.model.Network.MatrixNames(), r.chip.Slicing().Count)
}

// scoped gives all layers the largest resolution of each slice where they share it.
func (r *Replayer) scoped(bits [][]int) [][]int {
	if r.chip.ADC.Scope != adc.WholeChip {
		return bits
	}
	for k := range r.chip.Slicing().Count {
		largest := 0
		for _, layer := range bits {
			largest = max(largest, layer[k])
		}
		for _, layer := range bits {
			layer[k] = largest
		}
	}
	return bits
}

// observedBits is the resolution that the largest sums of a replay need.
func (r *Replayer) observedBits(seen *Replay) [][]int {
	bits := make([][]int, len(seen.Layers))
	for i, l := range seen.Layers {
		for _, s := range l.Stats.Slices {
			bits[i] = append(bits[i], adc.BitsFor(s.MaxSum(), r.signedADC()))
		}
		if r.chip.Encoding.HasUnitColumn() && r.chip.Encoding.UnitADC == crossbar.Shared {
			top := len(bits[i]) - 1
			bits[i][top] = max(bits[i][top], adc.BitsFor(l.Stats.UnitMaxSum, false))
		}
	}
	return r.scoped(bits)
}

// WorstCaseBits is the resolution at which no column of a layer's slice can
// clip, whatever the input.
func (r *Replayer) WorstCaseBits() ([][]int, error) {
	bits := make([][]int, len(r.model.Layers))
	for i := range bits {
		m, err := r.program(i, nil)
		if err != nil {
			return nil, err
		}
		for _, sum := range m.WorstSums() {
			bits[i] = append(bits[i], adc.BitsFor(sum, r.signedADC()))
		}
	}
	return bits, nil
}

func (r *Replayer) signedADC() bool { return r.chip.Encoding.Signed == crossbar.DifferentialAnalog }
