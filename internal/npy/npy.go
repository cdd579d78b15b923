// Package npy reads and writes NumPy's .npy files, so that matrices and results
// can be exchanged with other simulators bit for bit.
//
// It reads versions 1.0 and 2.0 of the format and writes 1.0 (numpy.lib.format
// in NumPy's manual). It holds plain little-endian arrays in C order: no Fortran
// order, no big-endian numbers, no structured or object types, no .npz archives.
package npy

import (
	"encoding/binary"
	"fmt"
	"math"

	"bitline/internal/wholefile"
)

// Array is one n-dimensional array in C order, the last index fastest. A scalar
// has an empty shape and one value.
type Array struct {
	Shape []int
	// Dtype is the type in the file: int8, int16, int32, int64, uint8, uint16 or
	// float64.
	Dtype string
	// Ints are the values of an array of integers, widened; nil for float64.
	Ints []int64
	// Floats are the values of an array of float64; nil for integers.
	Floats []float64
}

// magic opens every .npy file.
const magic = "\x93NUMPY"

// element is one type of number that a file may hold.
type element struct {
	name  string
	size  int
	value func([]byte) int64 // nil for float64
}

// elements maps the format's descr to the types that are read.
var elements = map[string]element{
	"|i1": {"int8", 1, func(b []byte) int64 { return int64(int8(b[0])) }},
	"|u1": {"uint8", 1, func(b []byte) int64 { return int64(b[0]) }},
	"<i2": {"int16", 2, func(b []byte) int64 { return int64(int16(binary.LittleEndian.Uint16(b))) }},
	"<u2": {"uint16", 2, func(b []byte) int64 { return int64(binary.LittleEndian.Uint16(b)) }},
	"<i4": {"int32", 4, func(b []byte) int64 { return int64(int32(binary.LittleEndian.Uint32(b))) }},
	"<i8": {"int64", 8, func(b []byte) int64 { return int64(binary.LittleEndian.Uint64(b)) }},
	"<f8": {"float64", 8, nil},
}

// maxFile bounds a file, in bytes.
const maxFile = 1 << 32

// ReadFile reads the .npy file at path. Its errors name the file.
func ReadFile(path string) (*Array, error) {
	b, err := wholefile.Read(path, maxFile)
	if err != nil {
		return nil, err // names the file itself
	}
	a, err := Decode(b)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return a, nil
}

// Decode reads the array that b, a whole .npy file, holds. It allocates no more
// than the values that are really there, 8 bytes each; bytes after the last
// value are an error.
func Decode(b []byte) (*Array, error) {
	text, data, err := split(b)
	if err != nil {
		return nil, err
	}
	h, err := parseHeader(text)
	if err != nil {
		return nil, fmt.Errorf("npy header: %w", err)
	}
	e, err := h.element()
	if err != nil {
		return nil, err
	}
	count, err := h.count()
	if err != nil {
		return nil, err
	}
	if have := len(data) / e.size; count > have || count*e.size != len(data) {
		return nil, fmt.Errorf("npy data is %d bytes, want %d values of %d for shape %v", len(data), count, e.size, h.shape)
	}
	a := &Array{Shape: h.shape, Dtype: e.name}
	if e.value == nil {
		a.Floats = make([]float64, count)
		for i := range a.Floats {
			a.Floats[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[i*e.size:]))
		}
		return a, nil
	}
	a.Ints = make([]int64, count)
	for i := range a.Ints {
		a.Ints[i] = e.value(data[i*e.size:])
	}
	return a, nil
}

// split takes a file apart into the text of its header and its data.
func split(b []byte) (header string, data []byte, err error) {
	if len(b) < len(magic)+2 || string(b[:len(magic)]) != magic {
		return "", nil, fmt.Errorf("npy magic is %q, want %q and a version", b[:min(len(b), len(magic))], magic)
	}
	major, minor := b[len(magic)], b[len(magic)+1]
	b = b[len(magic)+2:]
	width := 0 // bytes of the header's length
	switch {
	case major == 1 && minor == 0:
		width = 2
	case major == 2 && minor == 0:
		width = 4
	default:
		return "", nil, fmt.Errorf("npy version is %d.%d, want 1.0 or 2.0", major, minor)
	}
	if len(b) < width {
		return "", nil, fmt.Errorf("npy header's length is cut off after %d bytes, want %d", len(b), width)
	}
	var size uint64
	for i := range width {
		size |= uint64(b[i]) << (8 * i)
	}
	b = b[width:]
	if size > uint64(len(b)) {
		return "", nil, fmt.Errorf("npy header is cut off after %d bytes, want %d", len(b), size)
	}
	return string(b[:size]), b[size:], nil
}

// Encode is a .npy file of version 1.0 that holds values in C order, as int64 or
// float64; an empty shape makes a scalar. It panics if the shape does not ask for
// exactly len(values) values, or has more than 32 dimensions.
func Encode[T int64 | float64](shape []int, values []T) []byte {
	h := header{descr: "<i8", shape: shape}
	if _, float := any(T(0)).(float64); float {
		h.descr = "<f8"
	}
	if count, err := h.count(); err != nil || count != len(values) {
		panic(fmt.Sprintf("npy: %d values for shape %v", len(values), shape))
	}
	text := h.text()
	b := make([]byte, 0, len(magic)+4+len(text)+8*len(values))
	b = append(b, magic...)
	b = append(b, 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	b = append(b, text...)
	for _, v := range values {
		word := uint64(v)
		if h.descr == "<f8" {
			word = math.Float64bits(float64(v))
		}
		b = binary.LittleEndian.AppendUint64(b, word)
	}
	return b
}
