package workloads

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/nlpodyssey/safetensors"

	"bitline/internal/wholefile"
)

// ReadModel reads the checkpoint at path. Its errors name the file and the key
// or tensor in it.
func ReadModel(path string) (*Model, error) {
	b, err := wholefile.Read(path, MaxFile)
	if err != nil {
		return nil, err // names the file itself
	}
	return DecodeModel(path, b)
}

// DecodeModel reads the checkpoint b, compressed or not; name is what errors call it. The model it
// gives is whole: every shape and every number has been checked.
func DecodeModel(name string, b []byte) (*Model, error) {
	b, err := expand(b)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	m, err := decodeModel(b)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return m, nil
}

func decodeModel(b []byte) (*Model, error) {
	file, metadata, err := openTensors(b)
	if err != nil {
		return nil, err
	}
	r := metadataReader{values: metadata}
	if r.values[keyVersion] != checkpointVersion {
		return nil, fmt.Errorf("metadata %s is %q, want %q: a checkpoint of bitline", keyVersion, r.values[keyVersion], checkpointVersion)
	}
	m := r.model()
	if err := errors.Join(r.faults...); err != nil {
		return nil, err
	}
	if err := readTensors(m, file); err != nil {
		return nil, err
	}
	return m, checkModel(m)
}

// A metadataReader turns the metadata into a model and collects what is wrong.
// Keys that it does not know are left to later writers; one that changes the
// meaning of the others changes the version.
type metadataReader struct {
	values map[string]string
	faults []error
}

func (r *metadataReader) faultf(key, format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf("metadata %s "+format, append([]any{key}, args...)...))
}

// model is everything but the tensors; the network is checked, so that they can
// be looked for.
func (r *metadataReader) model() *Model {
	m := &Model{Network: r.network()}
	if len(r.faults) > 0 { // it says how long the lists are
		return m
	}
	m.WeightBits = r.int(keyWeightBits)
	m.Input.Scale = r.int(keyInputScale)
	for _, z := range r.ints(keyInputZero, m.Network.Input.Channels) {
		m.Input.Zero = append(m.Input.Zero, int32(min(max(z, -1), 256))) // outside 0 to 255 stays outside
	}
	n := len(m.Network.Matrices())
	m.Layers = make([]LayerWeights, n)
	weight, bias := r.ints(keyWeightScale, n), r.ints(keyBiasScale, n)
	out, shift := r.ints(keyOutScale, n), r.ints(keyShift, n)
	m.Origin = r.origin()
	if len(r.faults) > 0 {
		return m
	}
	for i := range m.Layers {
		m.Layers[i] = LayerWeights{Scale: weight[i], BiasScale: bias[i], OutScale: out[i], Affine: Affine{F: shift[i]}}
	}
	return m
}

func (r *metadataReader) network() *Network {
	var net networkJSON
	text, found := r.values[keyNetwork]
	if !found {
		r.faultf(keyNetwork, "is missing")
		return &Network{}
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(&net)
	if err == nil && d.InputOffset() != int64(len(text)) {
		err = errors.New("goes on after the network")
	}
	n := &Network{Name: net.Name, Input: Shape(net.Input)}
	for _, l := range net.Layers {
		n.Layers = append(n.Layers, Layer(l))
	}
	if err == nil {
		err = n.Check()
	}
	if err != nil {
		r.faultf(keyNetwork, "is not a network: %w", err)
		return &Network{}
	}
	return n
}

func (r *metadataReader) origin() Origin {
	return Origin{
		Method:      r.text(keyMethod),
		Strength:    number(r, keyStrength, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) }),
		Seed:        number(r, keySeed, func(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) }),
		Epochs:      r.int(keyEpochs),
		DataSet:     r.text(keyDataSet),
		DataHash:    r.text(keyDataHash),
		Calibration: r.text(keyCalibration),
		KernelClass: r.text(keyKernelClass),
		Job:         r.text(keyJob),
		Log:         r.values[keyLog],
		Recipe:      r.values[keyRecipe],
	}
}

func (r *metadataReader) text(key string) string {
	text, found := r.values[key]
	if !found {
		r.faultf(key, "is missing")
	}
	return text
}

func (r *metadataReader) int(key string) int { return number(r, key, strconv.Atoi) }

// number parses the number under key.
func number[T int | uint64 | float64](r *metadataReader, key string, parse func(string) (T, error)) T {
	text, found := r.values[key]
	if !found {
		r.faultf(key, "is missing")
		return 0
	}
	v, err := parse(text)
	if err != nil {
		r.faultf(key, "is %q, want a number", text)
	}
	return v
}

// ints parses the list of n numbers under key.
func (r *metadataReader) ints(key string, n int) []int {
	text, found := r.values[key]
	if !found {
		r.faultf(key, "is missing")
		return nil
	}
	fields := strings.Split(text, ",")
	if len(fields) != n {
		r.faultf(key, "has %d numbers, want %d", len(fields), n)
		return nil
	}
	list := make([]int, n)
	for i, f := range fields {
		var err error
		if list[i], err = strconv.Atoi(f); err != nil {
			r.faultf(key, "has %q as number %d, want a whole number", f, i+1)
		}
	}
	return list
}

// readTensors fills the layers of m from the file, which must hold their tensors
// and no others.
func readTensors(m *Model, file safetensors.SafeTensors) error {
	r := tensorReader{file: file, used: map[string]bool{}}
	for i, shape := range m.Network.Matrices() {
		l := &m.Layers[i]
		l.Rows, l.Columns = shape.Rows, shape.Columns
		l.Codes = int16s(r.take(shape.Layer+partCodes, safetensors.I16, l.Rows, l.Columns))
		l.Bias = int16s(r.take(shape.Layer+partBias, safetensors.I16, l.Columns))
		l.Affine.M = int64s(r.take(shape.Layer+partAffineM, safetensors.I64, l.Columns))
		l.Affine.B = int64s(r.take(shape.Layer+partAffineB, safetensors.I64, l.Columns))
	}
	names := file.Names()
	sort.Strings(names)
	for _, name := range names {
		if !r.used[name] {
			r.faults = append(r.faults, fmt.Errorf("tensor %s belongs to no layer of network %q", name, m.Network.Name))
		}
	}
	return errors.Join(r.faults...)
}

// A tensorReader takes tensors out of a file and collects what is wrong.
type tensorReader struct {
	file   safetensors.SafeTensors
	used   map[string]bool
	faults []error
}

// take is the data of one tensor, nil with a fault.
func (r *tensorReader) take(name string, dtype safetensors.DType, shape ...int) []byte {
	r.used[name] = true
	t, found := r.file.Tensor(name)
	same := slices.EqualFunc(t.Shape(), shape, func(got uint64, want int) bool { return got == uint64(want) })
	switch {
	case !found:
		r.faults = append(r.faults, fmt.Errorf("tensor %s is missing, want %s %v", name, dtype, shape))
	case t.DType() != dtype || !same:
		r.faults = append(r.faults, fmt.Errorf("tensor %s is %s %v, want %s %v", name, t.DType(), t.Shape(), dtype, shape))
	default:
		return t.Data()
	}
	return nil
}

func int16s(b []byte) []int16 {
	v := make([]int16, len(b)/2)
	for i := range v {
		v[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return v
}

func int64s(b []byte) []int64 {
	v := make([]int64, len(b)/8)
	for i := range v {
		v[i] = int64(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return v
}
