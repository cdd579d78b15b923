package crossbar_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"bitline/crossbar"
	"bitline/internal/config"
)

// TestSlicingJoins puts the digits of random numbers together again.
func TestSlicingJoins(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 0))
	for bits := 1; bits <= 16; bits++ {
		for cellBits := 1; cellBits <= 4; cellBits++ {
			s := crossbar.NewSlicing(bits, cellBits)
			if s.Count*cellBits < bits || (s.Count-1)*cellBits >= bits {
				t.Fatalf("%d bits over cells of %d bits take %d slices", bits, cellBits, s.Count)
			}
			top := uint32(1)<<bits - 1
			for _, v := range []uint32{0, 1, top, random.Uint32N(top + 1), random.Uint32N(top + 1)} {
				joined := uint32(0)
				for i := range s.Count {
					d := s.Digit(v, i)
					if d > s.Max(i) || s.Max(i) >= 1<<cellBits {
						t.Fatalf("%+v: digit %d of %d is %d, largest %d", s, i, v, d, s.Max(i))
					}
					joined += d << s.Shift(i)
				}
				if joined != v {
					t.Fatalf("%+v: digits of %d join to %d", s, v, joined)
				}
			}
			for i := range s.Count {
				if got := s.Digit(top, i); got != s.Max(i) {
					t.Errorf("%+v: digit %d of the largest number is %d, want Max %d", s, i, got, s.Max(i))
				}
			}
		}
	}
}

// TestSteps lists the steps of cases on both sides of what the driver divides.
func TestSteps(t *testing.T) {
	type step = crossbar.Step
	cases := []struct {
		name     string
		bits     int
		sign     crossbar.InputSign
		dac      int
		want     []step
		wantPass int
	}{
		{"one bit at a time", 3, crossbar.Unsigned, 1, []step{{0, 1, 1}, {1, 1, 1}, {2, 1, 1}}, 1},
		{"driver divides", 4, crossbar.Unsigned, 2, []step{{0, 2, 1}, {2, 2, 1}}, 1},
		{"narrow last step", 3, crossbar.Unsigned, 2, []step{{0, 2, 1}, {2, 1, 1}}, 1},
		{"two passes", 3, crossbar.SignSplit, 2, []step{{0, 2, 1}, {2, 1, 1}}, 2},
		{"sign bit alone", 3, crossbar.TwosComplement, 2, []step{{0, 2, 1}, {2, 1, -1}}, 1},
		{"sign bit after a narrow step", 4, crossbar.TwosComplement, 2, []step{{0, 2, 1}, {2, 1, 1}, {3, 1, -1}}, 1},
		{"two bits, signed", 2, crossbar.TwosComplement, 2, []step{{0, 1, 1}, {1, 1, -1}}, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := crossbar.Encoding{InputBits: c.bits, InputSign: c.sign}
			if got := e.Steps(c.dac); !slices.Equal(got, c.want) {
				t.Errorf("steps %v, want %v", got, c.want)
			}
			if got := e.Passes(false); got != c.wantPass {
				t.Errorf("passes %d, want %d", got, c.wantPass)
			}
		})
	}
}

// TestStepsJoin puts the digits of every input that can be driven together again.
func TestStepsJoin(t *testing.T) {
	for bits := 2; bits <= 9; bits++ {
		for dac := 1; dac <= 2; dac++ {
			for _, sign := range []crossbar.InputSign{crossbar.Unsigned, crossbar.TwosComplement} {
				e := crossbar.Encoding{InputBits: bits, InputSign: sign}
				low, high := e.InputRange()
				for v := low; v <= high; v++ {
					joined := int64(0)
					for _, s := range e.Steps(dac) {
						joined += s.Sign * int64(uint32(v)>>s.Shift&(1<<s.Bits-1)) << s.Shift
					}
					if joined != int64(v) {
						t.Fatalf("%d bits %s, %d at a time: digits of %d join to %d", bits, sign, dac, v, joined)
					}
				}
			}
		}
	}
}

// TestEncodingOf states what each encoding makes of 8 weight bits.
func TestEncodingOf(t *testing.T) {
	cases := []struct {
		signed             crossbar.Signed
		low, high          int32
		arrays, magnitude  int
		offset, unitColumn bool
	}{
		{signed: crossbar.Differential, low: -255, high: 255, arrays: 2, magnitude: 8},
		{signed: crossbar.DifferentialAnalog, low: -255, high: 255, arrays: 2, magnitude: 8},
		{signed: crossbar.Offset, low: -128, high: 127, arrays: 1, magnitude: 7, offset: true},
		{signed: crossbar.OffsetUnitColumn, low: -128, high: 127, arrays: 1, magnitude: 7, offset: true, unitColumn: true},
		{signed: crossbar.OffsetFlip, low: -128, high: 127, arrays: 1, magnitude: 7, offset: true, unitColumn: true},
	}
	for _, c := range cases {
		t.Run(string(c.signed), func(t *testing.T) {
			e := crossbar.Encoding{WeightBits: 8, Signed: c.signed}
			low, high := e.WeightRange()
			got := fmt.Sprint(low, high, e.Arrays(), e.MagnitudeBits(), e.IsOffset(), e.HasUnitColumn())
			want := fmt.Sprint(c.low, c.high, c.arrays, c.magnitude, c.offset, c.unitColumn)
			if got != want {
				t.Errorf("range, arrays, magnitude bits, offset, unit column: got %s, want %s", got, want)
			}
		})
	}
}

// TestCheckInput holds both sides of each end of what can be driven.
func TestCheckInput(t *testing.T) {
	cases := []struct {
		sign      crossbar.InputSign
		low, high int32
	}{
		{crossbar.Unsigned, 0, 255},
		{crossbar.SignSplit, -255, 255},
		{crossbar.TwosComplement, -128, 127},
	}
	for _, c := range cases {
		t.Run(string(c.sign), func(t *testing.T) {
			e := crossbar.Encoding{InputBits: 8, InputSign: c.sign}
			if low, high := e.InputRange(); low != c.low || high != c.high {
				t.Errorf("inputs span %d to %d, want %d to %d", low, high, c.low, c.high)
			}
			if err := e.CheckInput(c.low, c.high); err != nil {
				t.Errorf("inputs at the ends are refused: %v", err)
			}
			for _, ends := range [][2]int32{{c.low - 1, 0}, {0, c.high + 1}} {
				want := fmt.Sprintf("inputs span %d to %d, want %d to %d: what encoding.input_bits = 8 with input_sign = %q can drive",
					ends[0], ends[1], c.low, c.high, c.sign)
				if err := e.CheckInput(ends[0], ends[1]); err == nil || err.Error() != want {
					t.Errorf("got error %v, want %s", err, want)
				}
			}
		})
	}
}

// TestReadEncoding reads a whole table and an absent one.
func TestReadEncoding(t *testing.T) {
	root := parse(t, `
[encoding]
weight_bits = 16
input_bits = 2
input_sign = "twos-complement"
signed = "offset-flip"
slices = "interleaved"
unit_level = 2
unit_adc = "own"
`)
	want := crossbar.Encoding{
		WeightBits: 16, InputBits: 2, InputSign: crossbar.TwosComplement, Signed: crossbar.OffsetFlip,
		Slices: crossbar.Interleaved, UnitLevel: 2, UnitADC: crossbar.Own,
	}
	if got := crossbar.ReadEncoding(root.Table("encoding")); got != want {
		t.Errorf("read %+v, want %+v", got, want)
	}
	if got := crossbar.ReadEncoding(root.Table("absent")); got != crossbar.DefaultEncoding() {
		t.Errorf("an absent table reads as %+v, want the defaults", got)
	}
	if err := root.Finish(); err != nil {
		t.Error(err)
	}
}

// TestReadEncodingFaults reports every fault of the table at once.
func TestReadEncodingFaults(t *testing.T) {
	root := parse(t, `[encoding]
weight_bits = 1
input_bits = 17
input_sign = "signed"
signed = "ofset"
slices = 4
unit_level = 3
unit_adc = "both"
weights = 8
`)
	crossbar.ReadEncoding(root.Table("encoding"))
	checkFaults(t, root, []string{
		`chip.toml:2: key encoding.weight_bits is 1, want 2 to 16`,
		`chip.toml:3: key encoding.input_bits is 17, want 2 to 16`,
		`chip.toml:4: key encoding.input_sign is "signed", want unsigned | sign-split | twos-complement, did you mean unsigned?`,
		`chip.toml:5: key encoding.signed is "ofset", want differential | differential-analog | offset | offset-unit-column | offset-flip, did you mean offset?`,
		`chip.toml:6: key encoding.slices is 4, want grouped | interleaved`,
		`chip.toml:7: key encoding.unit_level is 3, want 1 to 2`,
		`chip.toml:8: key encoding.unit_adc is "both", want shared | own`,
		`chip.toml:9: unknown key encoding.weights`,
	})
}

func parse(t *testing.T, text string) *config.Table {
	t.Helper()
	root, err := config.Parse("chip.toml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// checkFaults compares the faults of a document line by line.
func checkFaults(t *testing.T, root *config.Table, want []string) {
	t.Helper()
	got := lines(root.Finish())
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("missing fault %s", want[i])
		case i >= len(want):
			t.Errorf("unexpected fault %s", got[i])
		case got[i] != want[i]:
			t.Errorf("fault %d is\n%s, want\n%s", i, got[i], want[i])
		}
	}
}
