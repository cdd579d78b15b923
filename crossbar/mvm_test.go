package crossbar_test

import (
	"fmt"
	"slices"
	"testing"

	"bitline/adc"
	"bitline/crossbar"
)

// TestMVMAgainstTwin visits every encoding, input sign and range.
func TestMVMAgainstTwin(t *testing.T) {
	cases := 8
	if testing.Short() {
		cases = 1
	}
	for _, signed := range encodings() {
		for _, sign := range inputSigns() {
			for _, rangeOf := range []adc.Range{adc.Unit, adc.Full, adc.Calibrated} {
				t.Run(fmt.Sprintf("%s/%s/%s", signed, sign, rangeOf), func(t *testing.T) {
					for seed := range cases {
						g := seeded(uint64(seed))
						s := g.anyShape()
						s.encoding, s.inputSign, s.rangeOf = signed, sign, rangeOf
						w := g.twin(s)
						compare(t, w, g.inputs(w))
					}
				})
			}
		}
	}
}

// TestMVMCommonShape visits the kernel for 65 to 128 rows of 2-bit cells driven
// with 1-bit digits, and a last block that does not fit it.
func TestMVMCommonShape(t *testing.T) {
	for _, rows := range []int{64, 65, 127, 128, 129, 193, 256} {
		for _, signed := range encodings() {
			g := seeded(uint64(rows))
			d := crossbar.Design{Wordlines: 128, CellBits: 2, DACBits: 1, Encoding: crossbar.Encoding{
				WeightBits: 7, InputBits: 5, InputSign: crossbar.Unsigned, Signed: signed, UnitLevel: 1, UnitADC: crossbar.Shared,
			}}
			if signed == crossbar.OffsetFlip {
				d.FlipBits = []int{7, 7, 7, 6}
			}
			w := newTwin(d, crossbar.Weights{Rows: rows, Columns: 3, Codes: g.codes(d.Encoding, rows*3)},
				adc.Spec{Range: adc.Unit}, []int{7, 7, 7, 6})
			compare(t, w, g.inputs(w))
		}
	}
}

// TestMVMSingleRow multiplies by one row, one wordline and one column.
func TestMVMSingleRow(t *testing.T) {
	for _, signed := range encodings() {
		for _, sign := range inputSigns() {
			g := seeded(1)
			s := shape{wordlines: []int{1}, blocks: 1, columns: 1, weightBits: 8, inputBits: 8,
				encoding: signed, inputSign: sign, rangeOf: adc.Unit, zeroAllowed: true}
			for range 10 {
				w := g.twin(s)
				compare(t, w, g.inputs(w))
			}
		}
	}
}

// FuzzMVM compares a case that the knobs choose, the seed where they end, with
// the twin.
func FuzzMVM(f *testing.F) {
	for i := range byte(45) { // every encoding, input sign and range
		f.Add(uint64(i), []byte{i % 5, i / 5 % 3, i / 15})
	}
	f.Add(uint64(1), []byte{0, 0, 0, 7, 1, 0, 6, 6}) // 128 wordlines of 2-bit cells, 1-bit digits
	f.Add(uint64(2), []byte{4, 2, 1, 4, 2, 1, 5, 0}) // two's complement of 2 bits with 2-bit drivers
	f.Fuzz(func(t *testing.T, seed uint64, knobs []byte) {
		g := seeded(seed)
		random := g.pick
		g.pick = func(n int) int {
			if len(knobs) == 0 {
				return random(n)
			}
			k := int(knobs[0])
			knobs = knobs[1:]
			return k % n
		}
		w := g.twin(g.anyShape())
		compare(t, w, g.inputs(w))
	})
}

// product is the exact integer product Σ code·(x − zero).
func product(w crossbar.Weights, x []int32) []int64 {
	y := make([]int64, w.Columns)
	for k := range x {
		v := int64(x[k])
		if w.Zero != nil {
			v -= int64(w.Zero[k])
		}
		for c := range y {
			y[c] += int64(w.Codes[k*w.Columns+c]) * v
		}
	}
	return y
}

// TestMVMExact holds the promise that a unit range which cannot clip gives the
// integer product, with 16 bits: more than any sum of these shapes.
func TestMVMExact(t *testing.T) {
	for _, signed := range encodings() {
		for _, sign := range inputSigns() {
			for seed := range uint64(15) {
				g := seeded(seed)
				s := g.anyShape()
				s.encoding, s.inputSign, s.rangeOf = signed, sign, adc.Unit
				w := g.twin(s) // with flips by other resolutions
				for i := range w.bits {
					w.bits[i] = 16
				}
				m, r := program(t, w.design, w.weights, w.spec, w.bits)
				y := make([]int64, m.Columns())
				for i, x := range g.inputs(w) {
					r.MVM(y, x)
					if want := product(w.weights, x); !slices.Equal(y, want) {
						t.Fatalf("%v\ninput %d %v\ngot  %d\nwant %d", w, i, x, y, want)
					}
				}
			}
		}
	}
}

// TestMVMWorstCaseBits holds both sides of the edge: the bits that the worst-case
// sums need give the exact product and a proof for every column, one bit fewer in
// any slice clips where every digit is at its maximum.
func TestMVMWorstCaseBits(t *testing.T) {
	for _, signed := range encodings() {
		for _, sign := range inputSigns() {
			for seed := range uint64(6) {
				g := seeded(seed)
				s := g.anyShape()
				s.encoding, s.inputSign, s.rangeOf = signed, sign, adc.Unit
				testWorstCaseBits(t, g, g.twin(s))
			}
		}
	}
}

func testWorstCaseBits(t *testing.T, g generator, w *twin) {
	t.Helper()
	_, high := weightLimits(w.design.Encoding)
	for k := range w.weights.Rows { // so that one column reaches the worst case also where two arrays are subtracted
		w.weights.Codes[k*w.weights.Columns] = int32(high)
	}
	signed := w.design.Encoding.Signed == crossbar.DifferentialAnalog
	m, err := crossbar.Program(w.design, w.weights)
	if err != nil {
		t.Fatal(err)
	}
	var bits []int
	for _, sum := range m.WorstSums() {
		bits = append(bits, adc.BitsFor(sum, signed))
	}
	_, r := program(t, w.design, w.weights, w.spec, bits)
	y := make([]int64, m.Columns())
	for i, x := range g.inputs(w) {
		r.MVM(y, x)
		if want := product(w.weights, x); !slices.Equal(y, want) {
			t.Fatalf("%v\nbits %d, input %d %v\ngot  %d\nwant %d", w, bits, i, x, y, want)
		}
	}
	if c := r.Certificate(r.Stats()); c.Unseen != 0 || c.Clipped != 0 {
		t.Errorf("%v\nbits %d: %d columns unseen and %d clipped, want all proven", w, bits, c.Unseen, c.Clipped)
	}
	x := make([]int32, m.Rows())
	for k := range x { // every digit at its maximum
		_, v := inputLimits(w.design.Encoding)
		if w.design.Encoding.InputSign == crossbar.TwosComplement {
			v = -1
		}
		if w.design.Encoding.InputSign != crossbar.Unsigned {
			v += w.zero(k)
		}
		x[k] = int32(v)
	}
	for i := range bits {
		if bits[i] == 1 || signed && bits[i] == 2 {
			continue
		}
		bits[i]--
		_, r := program(t, w.design, w.weights, w.spec, bits)
		r.MVM(y, x)
		if s := r.Stats(); s.Slices[i].Clipped+s.UnitClipped == 0 {
			t.Errorf("%v\nslice %d with %d bits does not clip its worst-case sum %d", w, i, bits[i], m.WorstSums()[i])
		}
		bits[i]++
	}
}

// TestMVMAllocatesNothing keeps garbage out of the inner loop.
func TestMVMAllocatesNothing(t *testing.T) {
	g := seeded(3)
	s := g.anyShape()
	w := g.twin(s)
	m, r := program(t, w.design, w.weights, w.spec, w.bits)
	y, x := make([]int64, m.Columns()), g.inputs(w)[4]
	if n := testing.AllocsPerRun(10, func() { r.MVM(y, x) }); n != 0 {
		t.Errorf("an MVM allocates %g times, want 0", n)
	}
}

// TestMVMPanicsOnWrongLengths treats a wrong length as the caller's bug.
func TestMVMPanicsOnWrongLengths(t *testing.T) {
	d := crossbar.Design{Wordlines: 4, CellBits: 2, DACBits: 1, Encoding: crossbar.DefaultEncoding()}
	_, r := program(t, d, crossbar.Weights{Rows: 2, Columns: 1, Codes: []int32{1, 2}}, adc.DefaultSpec(), []int{8, 8, 8, 8})
	for name, call := range map[string]func(){
		"short input":  func() { r.MVM(make([]int64, 1), make([]int32, 1)) },
		"long input":   func() { r.MVM(make([]int64, 1), make([]int32, 3)) },
		"short output": func() { r.MVM(nil, make([]int32, 2)) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				want := "crossbar: MVM wants one input a row and one output a column"
				if got := recover(); got != want {
					t.Errorf("panic %v, want %q", got, want)
				}
			}()
			call()
		})
	}
}

// BenchmarkMVM is the first layer of an MNIST perceptron, 784×100, with the
// resolutions that a bit-sparse network leaves.
func BenchmarkMVM(b *testing.B) {
	g := seeded(1)
	d := crossbar.Design{Wordlines: 128, CellBits: 2, DACBits: 1, Encoding: crossbar.DefaultEncoding()}
	w := crossbar.Weights{Rows: 784, Columns: 100}
	for range w.Rows * w.Columns {
		w.Codes = append(w.Codes, int32(g.pick(511)-255))
	}
	_, r := program(b, d, w, adc.DefaultSpec(), []int{5, 5, 5, 3})
	x := make([]int32, w.Rows)
	for k := range x {
		x[k] = int32(g.pick(256))
	}
	y := make([]int64, w.Columns)
	b.ReportAllocs()
	for b.Loop() {
		r.MVM(y, x)
	}
}
