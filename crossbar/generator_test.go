package crossbar_test

import (
	"fmt"
	"math/rand/v2"

	"bitline/adc"
	"bitline/crossbar"
)

// encodings and inputSigns list all values of two enumerations.
func encodings() []crossbar.Signed {
	return []crossbar.Signed{
		crossbar.Differential, crossbar.DifferentialAnalog, crossbar.Offset,
		crossbar.OffsetUnitColumn, crossbar.OffsetFlip,
	}
}

func inputSigns() []crossbar.InputSign {
	return []crossbar.InputSign{crossbar.Unsigned, crossbar.SignSplit, crossbar.TwosComplement}
}

// generator makes designs, matrices and inputs from picks.
type generator struct {
	// pick is a number from 0 to n−1.
	pick func(n int) int
	// rectified makes inputs that drive nothing negative.
	rectified bool
}

func seeded(seed uint64) generator {
	r := rand.New(rand.NewPCG(seed, 0))
	return generator{pick: r.IntN}
}

// shape bounds what a generator makes.
type shape struct {
	wordlines   []int
	blocks      int // at most
	columns     int // at most
	weightBits  int // at most
	inputBits   int // at most
	encoding    crossbar.Signed
	inputSign   crossbar.InputSign
	rangeOf     adc.Range
	zeroAllowed bool
}

// anyShape is all that a configuration can ask for, but for its size: block
// heights stand on both sides of one and of two 64-bit words.
func (g generator) anyShape() shape {
	return shape{
		wordlines: []int{1, 7, 63, 64, 65, 100, 127, 128, 129, 150}, blocks: 3, columns: 4,
		weightBits: 16, inputBits: 16, zeroAllowed: true,
		encoding:  encodings()[g.pick(5)],
		inputSign: inputSigns()[g.pick(3)],
		rangeOf:   []adc.Range{adc.Unit, adc.Full, adc.Calibrated}[g.pick(3)],
	}
}

// twin makes a random case of the shape.
func (g generator) twin(s shape) *twin {
	d := crossbar.Design{
		Wordlines: s.wordlines[g.pick(len(s.wordlines))],
		CellBits:  1 + g.pick(4), DACBits: 1 + g.pick(2),
		Encoding: crossbar.Encoding{
			WeightBits: 2 + g.pick(s.weightBits-1), InputBits: 2 + g.pick(s.inputBits-1),
			InputSign: s.inputSign, Signed: s.encoding,
			UnitLevel: 1, UnitADC: []crossbar.UnitADC{crossbar.Shared, crossbar.Own}[g.pick(2)],
		},
	}
	if s.encoding != crossbar.OffsetFlip && d.CellBits > 1 {
		d.Encoding.UnitLevel += g.pick(2)
	}
	spec := adc.Spec{Range: s.rangeOf}
	if s.rangeOf == adc.Calibrated {
		spec.Low = float64(g.pick(80)-40) / 8
		spec.High = spec.Low + float64(1+g.pick(500))/[]float64{1, 8, 10}[g.pick(3)]
	}
	lowest := 1
	if s.encoding == crossbar.DifferentialAnalog {
		lowest = 2
	}
	var bits []int
	for left := d.Encoding.WeightBits; left > 0; left -= d.CellBits {
		bits = append(bits, lowest+g.pick(17-lowest))
		if s.encoding == crossbar.OffsetFlip {
			flip := bits[len(bits)-1]
			if g.pick(3) == 0 {
				flip = 1 + g.pick(8)
			}
			d.FlipBits = append(d.FlipBits, flip)
		}
	}
	rows := g.pick(s.blocks)*d.Wordlines + 1 + g.pick(d.Wordlines)
	w := crossbar.Weights{Rows: rows, Columns: 1 + g.pick(s.columns)}
	w.Codes = g.codes(d.Encoding, w.Rows*w.Columns)
	if s.zeroAllowed && g.pick(2) == 0 {
		for range w.Rows {
			w.Zero = append(w.Zero, int32(g.pick(300)-20))
		}
	}
	return newTwin(d, w, spec, bits)
}

// weightLimits is what the cells can hold, from the definition.
func weightLimits(e crossbar.Encoding) (low, high int64) {
	if e.Signed == crossbar.Differential || e.Signed == crossbar.DifferentialAnalog {
		return 1 - power(2, e.WeightBits), power(2, e.WeightBits) - 1
	}
	return -power(2, e.WeightBits-1), power(2, e.WeightBits-1) - 1
}

// inputLimits is what the wordlines can be driven with, from the definition.
func inputLimits(e crossbar.Encoding) (low, high int64) {
	switch e.InputSign {
	case crossbar.SignSplit:
		return 1 - power(2, e.InputBits), power(2, e.InputBits) - 1
	case crossbar.TwosComplement:
		return -power(2, e.InputBits-1), power(2, e.InputBits-1) - 1
	}
	return 0, power(2, e.InputBits) - 1
}

// codes are weights: all largest, all smallest, sparse, or of any size.
func (g generator) codes(e crossbar.Encoding, n int) []int32 {
	low, high := weightLimits(e)
	codes := make([]int32, n)
	kind := g.pick(6)
	for i := range codes {
		switch {
		case kind == 0:
			codes[i] = int32(high)
		case kind == 1:
			codes[i] = int32(low)
		case kind > 2 || g.pick(10) == 0:
			codes[i] = int32(low) + int32(g.pick(int(high-low)+1))
		}
	}
	return codes
}

// inputs are the corners (nothing driven, all largest, all smallest, one row
// alone), and a dense and a sparse input.
func (g generator) inputs(t *twin) [][]int32 {
	low, high := inputLimits(t.design.Encoding)
	if g.rectified {
		low = 0
	}
	one := g.pick(t.weights.Rows)
	var all [][]int32
	for kind := range 6 {
		x := make([]int32, t.weights.Rows)
		for k := range x {
			v := int64(0) // what is driven
			switch {
			case kind == 1, kind == 3 && k == one:
				v = high
			case kind == 2:
				v = low
			case kind == 4, kind == 5 && g.pick(8) == 0:
				v = low + int64(g.pick(int(high-low)+1))
			}
			if t.design.Encoding.InputSign != crossbar.Unsigned {
				v += t.zero(k)
			}
			x[k] = int32(v)
		}
		all = append(all, x)
	}
	return all
}

func (t *twin) String() string {
	return fmt.Sprintf("%+v, %d×%d, range %s [%g, %g], bits %v, zero points %t", t.design,
		t.weights.Rows, t.weights.Columns, t.spec.Range, t.spec.Low, t.spec.High, t.bits, t.weights.Zero != nil)
}
