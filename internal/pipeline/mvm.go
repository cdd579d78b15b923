package pipeline

import (
	"fmt"

	"bitline/adc"
	"bitline/arch"
	"bitline/crossbar"
)

// MVM is a matrix and a batch of inputs of the user's own.
type MVM struct {
	Chip          *arch.Chip
	Rows, Columns int
	Weights       []int64 // Rows × Columns, row-major
	Batch         int
	Inputs        []int64 // Batch × Rows
	// Statistics says what is recorded; "" counts clips alone, which is fast.
	Statistics crossbar.Level
	// WeightsName and InputsName are what errors call the two, such as their files.
	WeightsName, InputsName string
}

// MVMResult is what the crossbars made of it.
type MVMResult struct {
	// Outputs is Batch × Columns in units of 2^-Fraction.
	Outputs  []int64
	Fraction int
	Bits     []int // resolution of each slice
	Stats    crossbar.Stats
	Matrix   *crossbar.Matrix
	crossbar.Certificate
	Columns crossbar.ColumnCertificates // the certificate of every column
}

// mostOutputs bounds the products of a batch, which are held in memory: 1 GiB of them.
const mostOutputs = 1 << 27

// checkSize finds that there are more products than can be held. Few inputs take the
// room of a whole tile of them.
func (u MVM) checkSize() error {
	if max(u.Batch, crossbar.TilePositions) <= mostOutputs/max(1, u.Columns) {
		return nil
	}
	return fmt.Errorf("the %d inputs of %s and the %d columns of %s make too many products, want at most %d (fewer than %d inputs count as so many)",
		u.Batch, u.InputsName, u.Columns, u.WeightsName, mostOutputs, crossbar.TilePositions)
}

// Run computes every product. It is an error if there are too many of them, if a
// weight or an input does not fit the chip, or if the chip's resolutions are to be
// found by observation.
func (u MVM) Run() (*MVMResult, error) {
	if err := u.checkSize(); err != nil {
		return nil, err
	}
	bits, err := u.bits()
	if err != nil {
		return nil, err
	}
	if len(u.Inputs) > 0 {
		low, high := u.Inputs[0], u.Inputs[0]
		for _, x := range u.Inputs {
			low, high = min(low, x), max(high, x)
		}
		if err := u.Chip.Encoding.CheckInput(int32(low), int32(high)); err != nil {
			return nil, fmt.Errorf("%s on chip %s: %w", u.InputsName, u.Chip.Name, err)
		}
	}
	matrix, err := u.program(bits)
	if err != nil {
		return nil, err
	}
	runner, err := matrix.NewTileRunner(u.Chip.ADC, bits, crossbar.TileOptions{Statistics: u.Statistics})
	if err != nil {
		return nil, err
	}
	r := &MVMResult{Outputs: make([]int64, u.Batch*u.Columns), Fraction: runner.Fraction(), Bits: bits, Matrix: matrix}
	u.multiply(runner, r.Outputs)
	r.Stats = runner.Stats()
	r.Columns = runner.Columns(r.Stats)
	r.Certificate = r.Columns.Total()
	return r, nil
}

// multiply computes the batch tile by tile: a tile is planar, the inputs' and
// outputs' index the slow one.
func (u MVM) multiply(runner *crossbar.TileRunner, outputs []int64) {
	const tile = crossbar.TilePositions
	x, y := make([]int16, u.Rows*tile), make([]int64, u.Columns*tile)
	for first := 0; first < u.Batch; first += tile {
		count := min(tile, u.Batch-first)
		for p := range count {
			for k, v := range u.Inputs[(first+p)*u.Rows : (first+p+1)*u.Rows] {
				x[k*tile+p] = int16(v)
			}
		}
		runner.MVM(y, x, count)
		for p := range count {
			for n := range u.Columns {
				outputs[(first+p)*u.Columns+n] = y[n*tile+p]
			}
		}
	}
}

// program fits the weights into cells.
func (u MVM) program(bits []int) (*crossbar.Matrix, error) {
	w := crossbar.Weights{Rows: u.Rows, Columns: u.Columns, Codes: make([]int32, len(u.Weights))}
	for i, c := range u.Weights {
		w.Codes[i] = int32(c)
	}
	matrix, err := crossbar.Program(u.Chip.Design(bits), w)
	if err != nil {
		return nil, fmt.Errorf("%s on chip %s: %w", u.WeightsName, u.Chip.Name, err)
	}
	return matrix, nil
}

// bits is the chip's resolutions, found by the worst case where they are "auto".
func (u MVM) bits() ([]int, error) {
	slices := u.Chip.Slicing().Count
	switch u.Chip.ADC.Auto {
	case adc.Given:
		return u.Chip.ADC.PerSlice(slices)
	case adc.Observed, adc.LossBudget:
		return nil, fmt.Errorf("adc.bits is \"auto\" with adc.auto = %q, which wants a network's calibration images: give resolutions or adc.auto = \"worst-case\"", u.Chip.ADC.Auto)
	}
	matrix, err := u.program(nil)
	if err != nil {
		return nil, err
	}
	var bits []int
	for _, sum := range matrix.WorstSums() {
		bits = append(bits, adc.BitsFor(sum, u.Chip.Encoding.Signed == crossbar.DifferentialAnalog))
	}
	return bits, nil
}
