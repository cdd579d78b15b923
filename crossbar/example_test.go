package crossbar_test

import (
	"fmt"

	"bitline/adc"
	"bitline/crossbar"
)

// Slices of 2 bits of an 8-bit magnitude, the least significant first.
func ExampleSlicing() {
	s := crossbar.NewSlicing(8, 2)
	for i := range s.Count {
		fmt.Printf("slice %d of 201 is %d, which counts %d\n", i, s.Digit(201, i), 1<<s.Shift(i))
	}
	// Output:
	// slice 0 of 201 is 1, which counts 1
	// slice 1 of 201 is 2, which counts 4
	// slice 2 of 201 is 0, which counts 16
	// slice 3 of 201 is 3, which counts 64
}

// A two's-complement input of 4 bits, driven 2 bits at a time.
func ExampleEncoding_Steps() {
	e := crossbar.DefaultEncoding()
	e.InputBits, e.InputSign = 4, crossbar.TwosComplement
	for _, s := range e.Steps(2) {
		fmt.Printf("bits %d to %d count %d\n", s.Shift, s.Shift+s.Bits-1, s.Sign<<s.Shift)
	}
	// Output:
	// bits 0 to 1 count 1
	// bits 2 to 2 count 4
	// bits 3 to 3 count -8
}

// A matrix is programmed once and multiplied through converters of any
// resolution; the runner says what they clipped.
func ExampleMatrix() {
	design := crossbar.Design{Wordlines: 128, CellBits: 2, DACBits: 1, Encoding: crossbar.DefaultEncoding()}
	m, err := crossbar.Program(design, crossbar.Weights{
		Rows: 3, Columns: 2,
		Codes: []int32{
			200, -1,
			100, 2,
			255, -3,
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("worst sums:", m.WorstSums())
	for _, bits := range [][]int{{3, 3, 3, 3}, {1, 1, 1, 1}} {
		r, err := m.NewRunner(adc.Spec{Range: adc.Unit}, bits)
		if err != nil {
			fmt.Println(err)
			return
		}
		y := make([]int64, m.Columns())
		r.MVM(y, []int32{255, 255, 255})
		c := r.Certificate(r.Stats())
		fmt.Printf("bits %v: product %v, %d columns proven, %d clipped\n", bits, y, c.Proven, c.Clipped)
	}
	// Output:
	// worst sums: [4 6 5 7]
	// bits [3 3 3 3]: product [141525 -510], 16 columns proven, 0 clipped
	// bits [1 1 1 1]: product [21675 0], 10 columns proven, 6 clipped
}
