package npy

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// file is a .npy file of version 1.0 put together by hand.
func file(header string, data ...byte) []byte {
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	return append(append(b, header...), data...)
}

func TestDecode(t *testing.T) {
	const tail = ", 'fortran_order': False, 'shape': (2,), }\n"
	const text2 = "{'descr': '|i1', 'fortran_order': False, 'shape': (2,), } \n" // 59 = 0x3b bytes
	const version2 = "\x93NUMPY\x02\x00\x3b\x00\x00\x00" + text2 + "\x01\xfe"
	tests := []struct {
		name string
		in   []byte
		want Array
	}{
		{"int8", file("{'descr': '|i1'"+tail, 0x7f, 0x80), Array{[]int{2}, "int8", []int64{127, -128}, nil}},
		{"uint8", file("{'descr': '|u1'"+tail, 0x7f, 0x80), Array{[]int{2}, "uint8", []int64{127, 128}, nil}},
		{"int16", file("{'descr': '<i2'"+tail, 1, 2, 0xfe, 0xff), Array{[]int{2}, "int16", []int64{513, -2}, nil}},
		{"uint16", file("{'descr': '<u2'"+tail, 1, 2, 0xfe, 0xff), Array{[]int{2}, "uint16", []int64{513, 65534}, nil}},
		{"int32", file("{'descr': '<i4'"+tail, 0, 0, 1, 0, 0xff, 0xff, 0xff, 0xff), Array{[]int{2}, "int32", []int64{65536, -1}, nil}},
		{"int64", file("{'descr': '<i8'"+tail, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80),
			Array{[]int{2}, "int64", []int64{1 << 32, math.MinInt64}, nil}},
		// 1.5 = 0x3ff8<<48 and −2 = 0xc000<<48, IEEE 754.
		{"float64", file("{'descr': '<f8'"+tail, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0),
			Array{[]int{2}, "float64", nil, []float64{1.5, -2}}},
		{"version 2.0", []byte(version2), Array{[]int{2}, "int8", []int64{1, -2}, nil}},
		{"keys in another order, double quotes, no last comma", file(`{"shape":(1,2),"fortran_order":False,"descr":"|u1"}`, 8, 9),
			Array{[]int{1, 2}, "uint8", []int64{8, 9}, nil}},
		{"scalar", file("{'descr': '|u1', 'fortran_order': False, 'shape': ()}", 5), Array{[]int{}, "uint8", []int64{5}, nil}},
		{"empty", file("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 0)}"), Array{[]int{3, 0}, "uint8", []int64{}, nil}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Decode(tt.in)
			if err != nil {
				t.Fatalf("Decode: %v", err)
			}
			if !reflect.DeepEqual(*got, tt.want) {
				t.Errorf("got %+v, want %+v", *got, tt.want)
			}
		})
	}
}

func TestDecodeFaults(t *testing.T) {
	shaped := func(shape string, data ...byte) []byte {
		return file("{'descr': '<i2', 'fortran_order': False, 'shape': "+shape+", }", data...)
	}
	tests := []struct {
		name string
		in   []byte
		want string // part of the error
	}{
		{"empty file", nil, "magic"},
		{"another format", []byte("P5 28 28 255 and so on"), "magic"},
		{"no version", []byte("\x93NUMPY\x01"), "want \"\\x93NUMPY\" and a version"},
		{"version 3.0", []byte("\x93NUMPY\x03\x00\x00\x00\x00\x00"), "version is 3.0, want 1.0 or 2.0"},
		{"length cut off", []byte("\x93NUMPY\x02\x00\x00\x00\x00"), "cut off after 3 bytes, want 4"},
		{"header cut off", []byte("\x93NUMPY\x01\x00\x05\x00{'d"), "cut off after 3 bytes, want 5"},
		{"header of 4 GB", []byte("\x93NUMPY\x02\x00\xff\xff\xff\xff{}"), "cut off after 2 bytes, want 4294967295"},
		{"not a dictionary", file("[1]"), "want {"},
		{"unclosed", file("{'descr': '<i2'"), "want , or }"},
		{"string unclosed", file("{'descr': '<i2"), "closing quote"},
		{"missing key", file("{'descr': '<i2', 'shape': (2,)}"), `"fortran_order" is missing`},
		{"key twice", file("{'descr': '<i2', 'descr': '<i2'}"), "twice"},
		{"another key", file("{'colour': 3}"), `key "colour"`},
		{"after the dictionary", file("{'descr': '|u1', 'fortran_order': False, 'shape': ()} x", 5), "want the end"},
		{"Fortran order", file("{'descr': '<i2', 'fortran_order': True, 'shape': (1,)}", 0, 0), "want an array in C order"},
		{"order as a number", file("{'descr': '<i2', 'fortran_order': 0, 'shape': (1,)}", 0, 0), "want True or False"},
		{"big-endian", file("{'descr': '>i2', 'fortran_order': False, 'shape': (1,)}", 0, 0), "want little-endian"},
		{"object", file("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", 0), `descr is "|O", want`},
		{"structured", file("{'descr': [('a', '<i2')], 'fortran_order': False, 'shape': (1,)}", 0, 0), `key "descr"`},
		{"float32", file("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", 0, 0, 0, 0), `descr is "<f4", want`},
		{"one byte short", shaped("(2,)", 1, 2, 3), "data is 3 bytes, want 2 values of 2 for shape [2]"},
		{"one value over", shaped("(1,)", 1, 2, 3, 4), "data is 4 bytes, want 1 values of 2"},
		{"bytes in an empty array", shaped("(0,)", 1, 2), "data is 2 bytes, want 0"},
		{"product overflows to 0", shaped("(4294967296, 4294967296)"), "fewer than 2^60"},
		{"too large for the file", shaped("(1152921504606846975,)", 1, 2), "data is 2 bytes"},
		{"dimension past int64", shaped("(9223372036854775808,)"), "less than 2^63"},
		{"negative", shaped("(-1,)"), "want a whole number"},
		{"shape without a comma", shaped("(1 2)"), "want , or )"},
		{"33 dimensions", shaped("("+strings.Repeat("1,", 33)+")", 1, 2), "33 dimensions, want at most 32"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := Decode(tt.in)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %+v and error %v, want an error with %q", a, err, tt.want)
			}
		})
	}
}

func TestEncode(t *testing.T) {
	// 10 bytes of magic, version and length, 118 of header: data start at 128.
	const head = "\x93NUMPY\x01\x00\x76\x00{'descr': '<i8', 'fortran_order': False, 'shape': (1, 2), }"
	want := []byte(head + strings.Repeat(" ", 128-len(head)-1) + "\n")
	want = binary.LittleEndian.AppendUint64(want, 7)
	want = binary.LittleEndian.AppendUint64(want, math.MaxUint64) // −1
	if got := Encode([]int{1, 2}, []int64{7, -1}); !bytes.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestEncodeDecode(t *testing.T) {
	// −0 and a NaN's payload must survive, so floats compare as bits.
	floats := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Float64frombits(0x7ff8000000000123), 1e-300, -3}
	for _, shape := range [][]int{{6}, {2, 3}, {1, 2, 3, 1}, {6, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}} {
		b := Encode(shape, floats)
		a, err := Decode(b)
		if err != nil {
			t.Fatalf("shape %v: %v", shape, err)
		}
		if !slices.Equal(a.Shape, shape) || !slices.EqualFunc(a.Floats, floats, func(x, y float64) bool {
			return math.Float64bits(x) == math.Float64bits(y)
		}) {
			t.Errorf("shape %v: got %v %v, want %v", shape, a.Shape, a.Floats, floats)
		}
		if start := len(b) - 8*len(floats); start%64 != 0 {
			t.Errorf("shape %v: data start at %d, want a multiple of 64", shape, start)
		}
	}
	for _, ints := range [][]int64{{}, {math.MinInt64, math.MaxInt64, -1, 0}} {
		a, err := Decode(Encode([]int{len(ints)}, ints))
		if err != nil || !slices.Equal(a.Ints, ints) || a.Dtype != "int64" {
			t.Errorf("got %+v and error %v, want %v", a, err, ints)
		}
	}
	if a, err := Decode(Encode(nil, []int64{42})); err != nil || len(a.Shape) != 0 || a.Ints[0] != 42 {
		t.Errorf("scalar: got %+v and error %v, want 42", a, err)
	}
}

func TestEncodePanicsOnWrongShape(t *testing.T) {
	defer func() {
		if got, _ := recover().(string); !strings.HasPrefix(got, "npy: 3 values for shape [2 2]") {
			t.Errorf("got panic %q, want one that names 3 values and shape [2 2]", got)
		}
	}()
	Encode([]int{2, 2}, []int64{1, 2, 3})
}

// vectors is the folder of matrices written by NumPy, where a checkout has one.
func vectors(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "vectors")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("skipped: no NumPy files at %s", dir)
	}
	return dir
}

// TestVectorsRoundTrip reads every file that NumPy wrote, and writes those of
// int64 again to the same bytes.
func TestVectorsRoundTrip(t *testing.T) {
	dir, read := vectors(t), 0
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".npy" {
			return err
		}
		read++
		a, err := ReadFile(path)
		if err != nil {
			return err
		}
		if want, err := os.ReadFile(path); err != nil {
			return err
		} else if a.Dtype == "int64" && !bytes.Equal(Encode(a.Shape, a.Ints), want) {
			t.Errorf("%s: written again, it has other bytes", path)
		}
		return nil
	})
	if err != nil || read == 0 {
		t.Errorf("read %d files, error %v, want all of at least one", read, err)
	}
}

// TestVectorsValues compares two matrices with their CSV twins, and the product
// of the two, computed here, with the third.
func TestVectorsValues(t *testing.T) {
	dir := vectors(t)
	load := func(name string) *Array {
		a, err := ReadFile(filepath.Join(dir, name+".npy"))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	x, w, y := load("inputs_16x300_uint8"), load("weights_300x40_int8"), load("exact_16x40_int64")
	for name, a := range map[string]*Array{"inputs_16x300_uint8": x, "weights_300x40_int8": w} {
		text, err := os.ReadFile(filepath.Join(dir, name+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		fields := strings.FieldsFunc(string(text), func(r rune) bool { return r == ',' || r == '\n' || r == '\r' })
		if len(fields) != len(a.Ints) {
			t.Fatalf("%s: %d values, want %d as in the CSV", name, len(a.Ints), len(fields))
		}
		for i, f := range fields {
			if want, err := strconv.ParseInt(f, 10, 64); err != nil || a.Ints[i] != want {
				t.Fatalf("%s: value %d is %d, want %s", name, i, a.Ints[i], f)
			}
		}
	}
	for b := range 16 {
		for n := range 40 {
			var sum int64
			for k := range 300 {
				sum += x.Ints[b*300+k] * w.Ints[k*40+n]
			}
			if got := y.Ints[b*40+n]; got != sum {
				t.Fatalf("product (%d, %d): file has %d, want %d", b, n, got, sum)
			}
		}
	}
}

func TestReadFileNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "short.npy")
	if err := os.WriteFile(path, []byte("short"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, path + ".missing"} {
		if _, err := ReadFile(p); err == nil || !strings.Contains(err.Error(), p) {
			t.Errorf("got error %v, want one that names %s", err, p)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(Encode([]int{2, 3}, []int64{1, 2, 3, 4, 5, 6}))
	f.Add(Encode([]int{1}, []float64{1.5}))
	f.Add(file("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 0)}"))
	f.Add(file("{'descr': '<i2', 'fortran_order': True, 'shape': (1 2)}", 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Decode(b)
		if err != nil {
			return
		}
		n := 1
		for _, d := range a.Shape {
			n *= d
		}
		if n != len(a.Ints)+len(a.Floats) || n > len(b) {
			t.Fatalf("%d values for shape %v from %d bytes", len(a.Ints)+len(a.Floats), a.Shape, len(b))
		}
		again := []byte(nil)
		if a.Dtype == "float64" {
			again = Encode(a.Shape, a.Floats)
		} else {
			again = Encode(a.Shape, a.Ints)
		}
		if _, err := Decode(again); err != nil {
			t.Fatalf("written again: %v", err)
		}
	})
}
