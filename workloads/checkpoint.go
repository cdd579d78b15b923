package workloads

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"bitline/internal/atomicfile"

	"github.com/nlpodyssey/safetensors"
)

// A checkpoint is a safetensors file. Each layer that is a matrix has four
// tensors, LAYER.codes (rows × columns; a convolution lowered) and LAYER.bias of
// I16 and LAYER.affine_m and LAYER.affine_b of I64; all else
// stands in the file's metadata, as strings under the keys below.

// checkpointVersion changes whenever an older reader would misread the file.
const checkpointVersion = "1"

// The keys of the metadata. A list has one number per matrix, or per channel for
// keyInputZero, with commas between them.
const (
	keyVersion     = "format_version"
	keyNetwork     = "network" // JSON
	keyWeightBits  = "weight_bits"
	keyInputZero   = "input_zero"
	keyInputScale  = "input_scale"
	keyWeightScale = "weight_scale"
	keyBiasScale   = "bias_scale"
	keyOutScale    = "output_scale"
	keyShift       = "affine_shift"

	keyMethod      = "origin_method"
	keyStrength    = "origin_strength"
	keySeed        = "origin_seed"
	keyEpochs      = "origin_epochs"
	keyDataSet     = "origin_data_set"
	keyDataHash    = "origin_data_hash"
	keyCalibration = "origin_calibration_hash"
	keyKernelClass = "origin_kernel_class"
	keyJob         = "origin_job"
	keyLog         = "origin_log"    // optional
	keyRecipe      = "origin_recipe" // optional
)

// The parts of a layer that are tensors, as the ends of their names.
const (
	partCodes   = ".codes"
	partBias    = ".bias"
	partAffineM = ".affine_m"
	partAffineB = ".affine_b"
)

// networkJSON, shapeJSON and layerJSON are the file's own names for the fields
// of Network, Shape and Layer. The last two are converted as a whole, so a field
// that is added there does not compile until it has a name here.
type networkJSON struct {
	Name   string      `json:"name"`
	Input  shapeJSON   `json:"input"`
	Layers []layerJSON `json:"layers"`
}

type shapeJSON struct {
	Height   int `json:"height"`
	Width    int `json:"width"`
	Channels int `json:"channels"`
}

type layerJSON struct {
	Name      string `json:"name"`
	Kind      Kind   `json:"kind"`
	Outputs   int    `json:"outputs"`
	ReLU      bool   `json:"relu"`
	Input     string `json:"input,omitempty"`
	Kernel    int    `json:"kernel,omitempty"`
	Stride    int    `json:"stride,omitempty"`
	Padding   int    `json:"padding,omitempty"`
	BatchNorm bool   `json:"batch_norm,omitempty"`
	NoBias    bool   `json:"no_bias,omitempty"`
	Add       string `json:"add,omitempty"`
	Residual  bool   `json:"residual,omitempty"`
	Weights   string `json:"weights,omitempty"`
	Norm      string `json:"norm,omitempty"`
	// What follows belongs to layers whose values are not computed, which no
	// checkpoint holds.
	Groups int    `json:"-"`
	Heads  int    `json:"-"`
	Keys   string `json:"-"`
	Values string `json:"-"`
}

// WriteModel writes a checkpoint, compressed where the name of the file ends in .gz.
// The file at path is replaced at once and whole or, with an error, not at all.
func WriteModel(path string, m *Model) error {
	b, err := EncodeModel(m)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if strings.HasSuffix(path, ".gz") {
		b = compress(b)
	}
	return atomicfile.Write(path, b)
}

// EncodeModel is the checkpoint of m: equal models give equal bytes. A model
// that DecodeModel would refuse is an error.
func EncodeModel(m *Model) ([]byte, error) {
	if err := checkModel(m); err != nil {
		return nil, err
	}
	metadata, err := encodeMetadata(m)
	if err != nil {
		return nil, err
	}
	tensors := map[string]safetensors.TensorView{}
	names := m.Network.MatrixNames()
	for i, l := range m.Layers {
		name := names[i]
		column := []uint64{uint64(l.Columns)}
		for _, t := range []struct {
			part  string
			dtype safetensors.DType
			shape []uint64
			data  []byte
		}{
			{partCodes, safetensors.I16, []uint64{uint64(l.Rows), uint64(l.Columns)}, int16Bytes(l.Codes)},
			{partBias, safetensors.I16, column, int16Bytes(l.Bias)},
			{partAffineM, safetensors.I64, column, int64Bytes(l.Affine.M)},
			{partAffineB, safetensors.I64, column, int64Bytes(l.Affine.B)},
		} {
			view, err := safetensors.NewTensorView(t.dtype, t.shape, t.data)
			if err != nil {
				return nil, fmt.Errorf("tensor %s: %w", name+t.part, err)
			}
			tensors[name+t.part] = view
		}
	}
	return safetensors.Serialize(tensors, metadata)
}

// encodeMetadata is all of m that is no tensor.
func encodeMetadata(m *Model) (map[string]string, error) {
	net := networkJSON{Name: m.Network.Name, Input: shapeJSON(m.Network.Input)}
	for _, l := range m.Network.Layers {
		net.Layers = append(net.Layers, layerJSON(l))
	}
	network, err := json.Marshal(net)
	if err != nil {
		return nil, fmt.Errorf("metadata %s: %w", keyNetwork, err)
	}
	perLayer := func(number func(LayerWeights) int) string {
		list := make([]string, len(m.Layers))
		for i, l := range m.Layers {
			list[i] = strconv.Itoa(number(l))
		}
		return strings.Join(list, ",")
	}
	zeros := make([]string, len(m.Input.Zero))
	for i, z := range m.Input.Zero {
		zeros[i] = strconv.Itoa(int(z))
	}
	values := map[string]string{
		keyVersion:     checkpointVersion,
		keyNetwork:     string(network),
		keyWeightBits:  strconv.Itoa(m.WeightBits),
		keyInputZero:   strings.Join(zeros, ","),
		keyInputScale:  strconv.Itoa(m.Input.Scale),
		keyWeightScale: perLayer(func(l LayerWeights) int { return l.Scale }),
		keyBiasScale:   perLayer(func(l LayerWeights) int { return l.BiasScale }),
		keyOutScale:    perLayer(func(l LayerWeights) int { return l.OutScale }),
		keyShift:       perLayer(func(l LayerWeights) int { return l.Affine.F }),
		keyMethod:      m.Origin.Method,
		keyStrength:    strconv.FormatFloat(m.Origin.Strength, 'g', -1, 64),
		keySeed:        strconv.FormatUint(m.Origin.Seed, 10),
		keyEpochs:      strconv.Itoa(m.Origin.Epochs),
		keyDataSet:     m.Origin.DataSet,
		keyDataHash:    m.Origin.DataHash,
		keyCalibration: m.Origin.Calibration,
		keyKernelClass: m.Origin.KernelClass,
		keyJob:         m.Origin.Job,
	}
	if m.Origin.Log != "" {
		values[keyLog] = m.Origin.Log
	}
	if m.Origin.Recipe != "" {
		values[keyRecipe] = m.Origin.Recipe
	}
	return values, nil
}

func int16Bytes(v []int16) []byte {
	b := make([]byte, 0, 2*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint16(b, uint16(x))
	}
	return b
}

func int64Bytes(v []int64) []byte {
	b := make([]byte, 0, 8*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, uint64(x))
	}
	return b
}
