package workloads

import (
	"encoding/binary"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// importText is a small network whose names are mapped in every way.
const importText = `
name  = "user"
input = [5, 4, 2]
layer = [
  {name = "conv1", kind = "conv", outputs = 3, kernel = 3, padding = 1, relu = true, batch_norm = true, norm = "bn1"},
  {name = "conv2", kind = "conv", outputs = 2, kernel = 2, stride = 2, weights = "features.3"},
  {name = "fc", kind = "linear", outputs = 4},
]`

// stateDict is the tensors of a float network in PyTorch's layout.
type stateDict map[string]tensor

type tensor struct {
	dtype  string
	shape  []int
	values []float32
}

// encode lays the file out by hand, since PyTorch's has a scalar too.
func (s stateDict) encode(t *testing.T) []byte {
	t.Helper()
	entries := map[string]tensorEntry{"bn1.num_batches_tracked": {Dtype: "I64", Shape: []int{}, Offsets: [2]int{0, 8}}}
	data := make([]byte, 8)
	for _, name := range slices.Sorted(maps.Keys(s)) {
		x, from := s[name], len(data)
		for _, v := range x.values {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
		if x.dtype == "F16" {
			data = data[:(from+len(data))/2]
		}
		entries[name] = tensorEntry{Dtype: x.dtype, Shape: x.shape, Offsets: [2]int{from, len(data)}}
	}
	return joinFile(t, entries, data)
}

// userState is random weights for importText.
func userState() stateDict {
	r := rand.New(rand.NewPCG(4, 4))
	s := stateDict{}
	put := func(name string, shape ...int) {
		x := tensor{dtype: "F32", shape: shape}
		size := 1
		for _, d := range shape {
			size *= d
		}
		for range size {
			x.values = append(x.values, float32(r.NormFloat64()))
		}
		if strings.HasSuffix(name, "running_var") {
			for i := range x.values {
				x.values[i] = 1 + x.values[i]*x.values[i]
			}
		}
		s[name] = x
	}
	put("conv1.weight", 3, 2, 3, 3)
	for _, part := range []string{"weight", "bias", "running_mean", "running_var"} {
		put("bn1."+part, 3)
	}
	put("features.3.weight", 2, 3, 2, 2)
	put("features.3.bias", 2)
	put("fc.weight", 4, 8)
	put("fc.bias", 4)
	return s
}

// pytorchForward is importText as PyTorch computes it: channel, row, column, the
// flattened input of fc in that order.
func pytorchForward(s stateDict, input InputCodes, image []uint8) []float64 {
	at := func(name string, i int) float64 { return float64(s[name].values[i]) }
	x := make([][][]float64, 2)
	for c := range x {
		for y := range 5 {
			x[c] = append(x[c], nil)
			for k := range 4 {
				x[c][y] = append(x[c][y], (float64(image[(y*4+k)*2+c])-float64(input.Zero[c]))/64)
			}
		}
	}
	var hidden [3][5][4]float64
	for n := range 3 {
		for y := range 5 {
			for k := range 4 {
				sum := 0.0
				for c := range 2 {
					for i := range 3 {
						for j := range 3 {
							if yy, kk := y+i-1, k+j-1; yy >= 0 && yy < 5 && kk >= 0 && kk < 4 {
								sum += x[c][yy][kk] * at("conv1.weight", ((n*2+c)*3+i)*3+j)
							}
						}
					}
				}
				sum = (sum-at("bn1.running_mean", n))/math.Sqrt(at("bn1.running_var", n)+1e-5)*at("bn1.weight", n) + at("bn1.bias", n)
				hidden[n][y][k] = math.Max(sum, 0)
			}
		}
	}
	var flat []float64
	for n := range 2 {
		for y := range 2 {
			for k := range 2 {
				sum := at("features.3.bias", n)
				for c := range 3 {
					for i := range 2 {
						for j := range 2 {
							sum += hidden[c][2*y+i][2*k+j] * at("features.3.weight", ((n*3+c)*2+i)*2+j)
						}
					}
				}
				flat = append(flat, sum)
			}
		}
	}
	var out []float64
	for n := range 4 {
		sum := at("fc.bias", n)
		for i, v := range flat {
			sum += v * at("fc.weight", n*8+i)
		}
		out = append(out, sum)
	}
	return out
}

func TestImport(t *testing.T) {
	n, err := parseNetwork(t, importText)
	if err != nil {
		t.Fatal(err)
	}
	s := userState()
	f, err := DecodeFloat("user.safetensors", s.encode(t), n)
	if err != nil {
		t.Fatal(err)
	}
	input := InputCodes{Zero: []int32{100, 140}, Scale: 2}
	images := randomImages(rand.New(rand.NewPCG(6, 6)), n.Input, 20)
	m, err := f.Quantize(Quantization{WeightBits: 8, Input: input, Calibration: images, Origin: Origin{Method: "imported"}})
	if err != nil {
		t.Fatal(err)
	}
	if m.Origin.Method != "imported" || m.Origin.Calibration != images.Hash() {
		t.Errorf("origin is %+v, want the method imported and the calibration's hash", m.Origin)
	}
	last := m.Layers[2]
	step := math.Pow(2, float64(last.OutScale-8-last.Affine.F))
	floats, ints := f.Forward(images, input), m.NewExecutor(m.Exact(), Options{}).Run(images)
	for i := range images.Len() {
		want := pytorchForward(s, input, images.Image(i))
		for k := range want {
			if d := math.Abs(float64(floats[i][k]) - want[k]); d > 1e-3 {
				t.Fatalf("float output %d of image %d is %g, want %g", k, i, floats[i][k], want[k])
			}
			if d := math.Abs(float64(ints[i][k])*step - want[k]); d > math.Ldexp(1, last.OutScale)/16 {
				t.Fatalf("integer output %d of image %d is %g, want %g", k, i, float64(ints[i][k])*step, want[k])
			}
		}
	}
}

func TestImportFaults(t *testing.T) {
	n, err := parseNetwork(t, importText)
	if err != nil {
		t.Fatal(err)
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		name string
		edit func(stateDict)
		want string
	}{
		{"missing", func(s stateDict) { delete(s, "features.3.bias") }, "layer conv2: tensor features.3.bias is missing, want F32 [2]"},
		{"another shape", func(s stateDict) { x := s["conv1.weight"]; x.shape = []int{2, 3, 3, 3}; s["conv1.weight"] = x },
			"layer conv1: tensor conv1.weight is F32 [2 3 3 3], want F32 [3 2 3 3]"},
		{"half precision", func(s stateDict) { x := s["fc.weight"]; x.dtype = "F16"; s["fc.weight"] = x },
			"layer fc: tensor fc.weight is F16 [4 8], want F32 [4 8]"},
		{"nan", func(s stateDict) { s["fc.bias"].values[2] = nan }, "layer fc: tensor fc.bias: value 2 is NaN, want a finite number"},
		{"infinite", func(s stateDict) { s["bn1.weight"].values[0] = inf }, "layer conv1: tensor bn1.weight: value 0 is +Inf"},
		{"variance", func(s stateDict) { s["bn1.running_var"].values[1] = -1 }, "tensor bn1.running_var: value 1 is -1, want 0 or more"},
		{"unknown", func(s stateDict) { s["fc2.bias"] = s["fc.bias"] }, `tensor fc2.bias belongs to no layer of network "user"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := userState()
			c.edit(s)
			_, err := DecodeFloat("user.safetensors", s.encode(t), n)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "reading user.safetensors: ") {
				t.Errorf("error is %v, want one with %q", err, c.want)
			}
		})
	}
	if _, err := DecodeFloat("x", []byte("not a file"), n); err == nil || !strings.Contains(err.Error(), "reading x: not a whole safetensors file") {
		t.Errorf("error is %v, want that the file is none", err)
	}
}
