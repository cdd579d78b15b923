package workloads

import (
	"errors"
	"fmt"
	"math"
)

// Model is a network with integer weights: all that a replay computes with, and
// where it came from. Real values are (code − zero)·2^(S−bits).
type Model struct {
	Network *Network
	// WeightBits is the number of magnitude bits of every weight code.
	WeightBits int
	Input      InputCodes
	Layers     []LayerWeights // one per layer that is a matrix, in their order
	Origin     Origin
}

// InputCodes says how image bytes become values: (p − Zero[channel])·2^(Scale−8).
type InputCodes struct {
	Zero  []int32
	Scale int
}

// LayerWeights are the integers of one layer.
type LayerWeights struct {
	Rows, Columns int
	Codes         []int16 // Rows × Columns, row-major
	Scale         int     // S of the weights
	Bias          []int16 // Columns codes of 8 magnitude bits
	BiasScale     int     // S of the biases
	OutScale      int     // S of the outputs
	Affine        Affine
}

// Origin says how a model came to be, so that a report can name it.
type Origin struct {
	Method      string // dense, pruned, l1, bitslice-l1, through-adc, or imported and from which file
	Strength    float64
	Seed        uint64
	Epochs      int
	DataSet     string // name and copy of the data
	DataHash    string // SHA-256 of what was trained on
	Calibration string // SHA-256 of the calibration images
	KernelClass string
	Job         string // the job that made it, in words
	Log         string // a line for each epoch of its training; "" where none is known
	// Recipe is a digest of what made it, with which whoever made it can tell whether
	// the same would be made again; "" where none is known.
	Recipe string
}

// Affine is a layer's digital output stage: v = acc·M[n] + B[n], y = RHE(v/2^F).
type Affine struct {
	M, B []int64
	F    int
}

// maxShift bounds F, so that M keeps at most 31 bits (docs/semantics.md, Layer).
const maxShift = 30

// NewAffine rounds real factors m and offsets b to integers at the largest
// F ≤ 30 for which every |m|·2^F < 2^31.
func NewAffine(m, b []float64) (Affine, error) {
	f := maxShift
	for n := range m {
		if math.IsNaN(m[n]) || math.IsInf(m[n], 0) || math.IsNaN(b[n]) || math.IsInf(b[n], 0) {
			return Affine{}, fmt.Errorf("affine of output %d is %g·acc + %g, want finite numbers", n, m[n], b[n])
		}
		for f >= 0 && math.RoundToEven(math.Abs(m[n])*math.Ldexp(1, f)) >= 1<<31 {
			f--
		}
	}
	if f < 0 {
		return Affine{}, errors.New("affine has a factor of 2^31 or more, want smaller ones")
	}
	a := Affine{M: make([]int64, len(m)), B: make([]int64, len(b)), F: f}
	for n := range m {
		offset := math.RoundToEven(b[n] * math.Ldexp(1, f))
		if math.Abs(offset) >= 1<<62 {
			return Affine{}, fmt.Errorf("affine offset of output %d is %g, want less than 2^%d", n, b[n], 62-f)
		}
		a.M[n] = int64(math.RoundToEven(m[n] * math.Ldexp(1, f)))
		a.B[n] = int64(offset)
	}
	return a, nil
}

// Apply is v = acc·M + B for output n of an accumulator whose unit is 2^-frac.
// Check has proved that it does not overflow.
func (a Affine) Apply(n int, acc int64, frac int) int64 { return acc*a.M[n] + a.B[n]<<frac }

func magnitude(x int64) uint64 {
	if x < 0 {
		return uint64(-x)
	}
	return uint64(x)
}

func layerError(name string, err error) error { return fmt.Errorf("layer %s: %w", name, err) }
