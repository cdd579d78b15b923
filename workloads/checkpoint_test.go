package workloads

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// smallModel is a model of 2×1×2 images with layers of 4×3 and 3×2 weights,
// whose numbers lie at the edges of their ranges.
func smallModel() *Model {
	return &Model{
		Network: &Network{
			Name:  "small",
			Input: Shape{2, 1, 2},
			Layers: []Layer{
				{Name: "fc1", Kind: Linear, Outputs: 3, ReLU: true},
				{Name: "fc2 <größer>", Kind: Linear, Outputs: 2},
			},
		},
		WeightBits: 8,
		Input:      InputCodes{Zero: []int32{0, 255}, Scale: 2},
		Layers: []LayerWeights{
			{
				Rows: 4, Columns: 3, Codes: []int16{0, 1, -1, 255, -255, 2, 3, 4, 5, 6, 7, -8}, Scale: -2,
				Bias: []int16{255, -255, 0}, BiasScale: -3, OutScale: 3,
				Affine: Affine{M: []int64{math.MaxInt32, -math.MaxInt32, 1}, B: []int64{1<<62 - 1, -(1<<62 - 1), 0}, F: 30},
			},
			{
				Rows: 3, Columns: 2, Codes: []int16{9, 8, 7, 6, 5, 4}, Scale: 1,
				Bias: []int16{1, 2}, BiasScale: 0, OutScale: 5,
				Affine: Affine{M: []int64{5, 6}, B: []int64{-7, 8}, F: 0},
			},
		},
		Origin: Origin{
			Method: "bitslice-l1", Strength: 1.0 / 3, Seed: math.MaxUint64, Epochs: 12,
			DataSet: "digits", DataHash: "ab", Calibration: "cd", KernelClass: "avx2", Job: "seed = 1\n# \"quoted\"\n",
			Log: "pre-training epoch 1/2 loss 0.5\npre-training epoch 2/2 loss 0.4",
		},
	}
}

func encoded(t testing.TB, m *Model) []byte {
	t.Helper()
	b, err := EncodeModel(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCheckpointRoundTrip(t *testing.T) {
	m := smallModel()
	b := encoded(t, m)
	if !bytes.Equal(b, encoded(t, smallModel())) {
		t.Error("two encodings of one model differ")
	}
	got, err := DecodeModel("small", b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, m) {
		t.Errorf("got  %+v\nwant %+v", got, m)
	}
	path := filepath.Join(t.TempDir(), "small.safetensors")
	for range 2 { // the second replaces the first
		if err := WriteModel(path, m); err != nil {
			t.Fatal(err)
		}
	}
	if got, err = ReadModel(path); err != nil || !reflect.DeepEqual(got, m) {
		t.Errorf("from a file: got %+v and error %v", got, err)
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
		t.Errorf("the folder holds %v (%v), want the checkpoint alone", files, err)
	}
}

// A name that ends in .gz compresses, and reading finds out by itself. A part of such
// a file, or what expands without end, is an error.
func TestCompressedCheckpoint(t *testing.T) {
	m := smallModel()
	folder := t.TempDir()
	plain, packed := filepath.Join(folder, "m.safetensors"), filepath.Join(folder, "m.safetensors.gz")
	for _, path := range []string{plain, packed} {
		if err := WriteModel(path, m); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadModel(path); err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%s: got %+v and error %v", path, got, err)
		}
	}
	b, err := os.ReadFile(packed)
	if whole := encoded(t, m); err != nil || len(b) >= len(whole) {
		t.Errorf("compressed to %d of %d bytes (%v), want fewer", len(b), len(whole), err)
	}
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"cut short": {b[:len(b)-1], "reading m: not a whole gzip file: unexpected EOF"},
		"no header": {b[:5], "reading m: not a whole gzip file: unexpected EOF"},
	} {
		if _, err := DecodeModel("m", c.content); err == nil || err.Error() != c.want {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
	}
	zeros := make([]byte, 1000)
	if _, err := expandTo(compress(zeros), 999); err == nil || err.Error() != "expands to more than 999 bytes, want a checkpoint of at most that" {
		t.Errorf("1000 bytes of at most 999: error %v", err)
	}
	if got, err := expandTo(compress(zeros), 1000); err != nil || !bytes.Equal(got, zeros) {
		t.Errorf("1000 bytes of at most 1000: %d bytes, error %v", len(got), err)
	}
}

// header is the part of a safetensors file before its data.
type header map[string]json.RawMessage

type tensorEntry struct {
	Dtype   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
}

// splitFile takes a safetensors file apart by the published layout alone:
// 8 bytes of length, little-endian, a JSON object of that length, the data.
func splitFile(t testing.TB, b []byte) (header, []byte) {
	t.Helper()
	n := binary.LittleEndian.Uint64(b)
	h := header{}
	if err := json.Unmarshal(b[8:8+n], &h); err != nil {
		t.Fatal(err)
	}
	return h, b[8+n:]
}

func joinFile(t testing.TB, h any, data []byte) []byte {
	t.Helper()
	text, ok := h.(string)
	if !ok {
		j, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		text = string(j)
	}
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	return append(append(b, text...), data...)
}

func TestCheckpointLayout(t *testing.T) {
	b := encoded(t, smallModel())
	h, data := splitFile(t, b)
	if start := len(b) - len(data); start%8 != 0 {
		t.Errorf("data start at byte %d, want a multiple of 8", start)
	}
	wants := map[string]struct {
		dtype  string
		shape  []int
		values []int64
	}{
		"fc1.codes":             {"I16", []int{4, 3}, []int64{0, 1, -1, 255, -255, 2, 3, 4, 5, 6, 7, -8}},
		"fc1.bias":              {"I16", []int{3}, []int64{255, -255, 0}},
		"fc1.affine_m":          {"I64", []int{3}, []int64{math.MaxInt32, -math.MaxInt32, 1}},
		"fc1.affine_b":          {"I64", []int{3}, []int64{1<<62 - 1, -(1<<62 - 1), 0}},
		"fc2 <größer>.codes":    {"I16", []int{3, 2}, []int64{9, 8, 7, 6, 5, 4}},
		"fc2 <größer>.bias":     {"I16", []int{2}, []int64{1, 2}},
		"fc2 <größer>.affine_m": {"I64", []int{2}, []int64{5, 6}},
		"fc2 <größer>.affine_b": {"I64", []int{2}, []int64{-7, 8}},
	}
	if len(h) != len(wants)+1 {
		t.Errorf("header has %d keys, want %d tensors and __metadata__", len(h), len(wants))
	}
	for name, want := range wants {
		var e tensorEntry
		if err := json.Unmarshal(h[name], &e); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var values []int64
		for at := e.Offsets[0]; at < e.Offsets[1]; {
			if want.dtype == "I16" {
				values = append(values, int64(int16(uint16(data[at])|uint16(data[at+1])<<8)))
				at += 2
			} else {
				values = append(values, int64(binary.LittleEndian.Uint64(data[at:at+8])))
				at += 8
			}
		}
		if e.Dtype != want.dtype || !reflect.DeepEqual(e.Shape, want.shape) || !reflect.DeepEqual(values, want.values) {
			t.Errorf("%s: got %s %v %v, want %+v", name, e.Dtype, e.Shape, values, want)
		}
	}
	var metadata map[string]string
	if err := json.Unmarshal(h["__metadata__"], &metadata); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"format_version": "1", "weight_bits": "8", "input_zero": "0,255", "input_scale": "2", "weight_scale": "-2,1",
		"bias_scale": "-3,0", "output_scale": "3,5", "affine_shift": "30,0", "origin_seed": "18446744073709551615",
		"origin_strength": "0.3333333333333333", "origin_job": "seed = 1\n# \"quoted\"\n",
	} {
		if metadata[key] != want {
			t.Errorf("metadata %s is %q, want %q", key, metadata[key], want)
		}
	}
}

// TestDecodeModelMetadata changes or removes one entry of the metadata.
func TestDecodeModelMetadata(t *testing.T) {
	const net = `{"name":"n","input":{"height":2,"width":1,"channels":2},"layers":[`
	tests := []struct{ key, value, want string }{
		{keyVersion, "2", `metadata format_version is "2", want "1"`},
		{keyWeightBits, "0", "weight_bits is 0, want 1 to 15"},
		{keyWeightBits, "16", "weight_bits is 16, want 1 to 15"},
		{keyWeightBits, "7", "tensor fc1.codes: value 3 is 255, want -127 to 127"},
		{keyWeightBits, "eight", `weight_bits is "eight", want a number`},
		{keyInputZero, "0", "input_zero has 1 numbers, want 2"},
		{keyInputZero, "0,", `input_zero has "" as number 2`},
		{keyInputZero, "0,256", "input_zero of channel 1 is 256, want 0 to 255"},
		{keyInputZero, "4294967296,0", "input_zero of channel 0 is 256, want 0 to 255"},
		{keyInputScale, "129", "input_scale is 129, want -128 to 128"},
		{keyWeightScale, "1,2,3", "weight_scale has 3 numbers, want 2"},
		{keyBiasScale, "1,-129", "bias_scale of layer fc2 <größer> is -129"},
		{keyOutScale, "1,1e3", `output_scale has "1e3" as number 2`},
		{keyShift, "31,0", "affine_shift of layer fc1 is 31, want 0 to 30"},
		{keyShift, "-1,0", "affine_shift of layer fc1 is -1, want 0 to 30"},
		{keyStrength, "NaN", "origin_strength is NaN"},
		{keySeed, "-1", `origin_seed is "-1"`},
		{keyEpochs, "-1", "origin_epochs is -1"},
		{keyNetwork, "", "network is not a network: EOF"},
		{keyNetwork, "null", "input is 0×0×0"},
		{keyNetwork, net + "]}", "layer is missing"},
		{keyNetwork, net + "]} {}", "goes on after the network"},
		{keyNetwork, net + `],"weight":1}`, `unknown field "weight"`},
		{keyNetwork, net + `{"name":"a","kind":"dense","outputs":2}]}`, `layer "a": kind is "dense", want one of ["linear" "conv"`},
		{keyNetwork, net + `{"name":"a","kind":"linear","outputs":65537}]}`, `layer "a": outputs is 65537, want 1 to 65536`},
		{keyNetwork, net + `{"name":"a","kind":"linear","outputs":1},{"name":"a","kind":"linear","outputs":1}]}`, `layer 2: name is "a" a second time`},
		{keyNetwork, net + `{"name":"","kind":"linear","outputs":1}]}`, "layer 1: name is \"\""},
		{keyNetwork, `{"input":{"height":65536,"width":65536,"channels":2},"layers":[{"name":"a","kind":"linear","outputs":1}]}`, "want at most 1073741824 values"},
	}
	for _, key := range []string{
		keyVersion, keyNetwork, keyWeightBits, keyInputZero, keyInputScale, keyWeightScale, keyBiasScale, keyOutScale, keyShift,
		keyMethod, keyStrength, keySeed, keyEpochs, keyDataSet, keyDataHash, keyCalibration, keyKernelClass, keyJob,
	} {
		tests = append(tests, struct{ key, value, want string }{key, "(removed)", "metadata " + key + " is "})
	}
	h, data := splitFile(t, encoded(t, smallModel()))
	for _, tt := range tests {
		t.Run(tt.key+"="+tt.value, func(t *testing.T) {
			var metadata map[string]string
			if err := json.Unmarshal(h["__metadata__"], &metadata); err != nil {
				t.Fatal(err)
			}
			if metadata[tt.key] = tt.value; tt.value == "(removed)" {
				delete(metadata, tt.key)
			}
			changed := map[string]any{}
			for k, v := range h {
				changed[k] = v
			}
			changed["__metadata__"] = metadata
			wantDecodeFault(t, joinFile(t, changed, data), tt.want)
		})
	}
}

// TestDecodeModelTensors changes the tensors, or the file around them.
func TestDecodeModelTensors(t *testing.T) {
	good := encoded(t, smallModel())
	h, data := splitFile(t, good)
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(old, replacement string) []byte {
		changed := strings.Replace(string(text), old, replacement, 1)
		if changed == string(text) {
			t.Fatalf("%q is not in the header %s", old, text)
		}
		return joinFile(t, changed, data)
	}
	// put overwrites the first value of a tensor.
	put := func(tensor string, value uint64) []byte {
		var e tensorEntry
		if err := json.Unmarshal(h[tensor], &e); err != nil {
			t.Fatal(err)
		}
		changed := bytes.Clone(data)
		if e.Dtype == "I16" {
			binary.LittleEndian.PutUint16(changed[e.Offsets[0]:], uint16(value))
		} else {
			binary.LittleEndian.PutUint64(changed[e.Offsets[0]:], value)
		}
		return joinFile(t, h, changed)
	}
	const entry = `"fc1.bias":{"dtype":"I16","shape":[3],`
	tests := []struct {
		name string
		in   []byte
		want string
	}{
		{"empty", nil, "not a whole safetensors file"},
		{"length alone", good[:8], "not a whole safetensors file"},
		{"one byte short", good[:len(good)-1], "not a whole safetensors file"},
		{"one byte over", append(bytes.Clone(good), 0), "not a whole safetensors file"},
		{"header of 2^63 bytes", append([]byte{0, 0, 0, 0, 0, 0, 0, 128}, good[8:]...), "not a whole safetensors file"},
		{"no metadata", joinFile(t, "{}", nil), `format_version is "", want "1"`},
		{"null", joinFile(t, "null", nil), "want an object"},
		{"code of 256", put("fc1.codes", 256), "tensor fc1.codes: value 0 is 256, want -255 to 255"},
		{"code of −256", put("fc1.codes", 0xff00), "tensor fc1.codes: value 0 is -256, want -255 to 255"},
		{"bias of 256", put("fc1.bias", 256), "tensor fc1.bias: value 0 is 256"},
		{"M of 2^31", put("fc1.affine_m", 1<<31), "tensor fc1.affine_m: value 0 is 2147483648"},
		{"B of −2^63", put("fc1.affine_b", 1<<63), "tensor fc1.affine_b: value 0 is -9223372036854775808"},
		{"missing tensor", edit(`"fc1.bias"`, `"fc1.b"`), "tensor fc1.bias is missing, want I16 [3]"},
		{"unknown tensor", edit(`"fc1.bias"`, `"fc1.b"`), `tensor fc1.b belongs to no layer of network "small"`},
		{"another type", edit(entry, `"fc1.bias":{"dtype":"U16","shape":[3],`), "tensor fc1.bias is U16 [3], want I16 [3]"},
		{"another rank", edit(entry, `"fc1.bias":{"dtype":"I16","shape":[3,1],`), "tensor fc1.bias is I16 [3 1], want I16 [3]"},
		{"transposed", edit(`"shape":[4,3]`, `"shape":[3,4]`), "tensor fc1.codes is I16 [3 4], want I16 [4 3]"},
		{"shape past the data", edit(entry, `"fc1.bias":{"dtype":"I16","shape":[4611686018427387904,3],`), "not a whole safetensors file"},
		{"tensor twice", edit(entry, `"fc1.bias":{"dtype":"I16","shape":[9],"data_offsets":[0,18]},`+entry), `header has "fc1.bias" twice`},
		{"key twice in a tensor", edit(entry, entry+`"shape":[3],`), `header has "shape" twice`},
		{"key twice in the metadata", edit(`"__metadata__":{`, `"__metadata__":{"weight_bits":"9",`), `header has "weight_bits" twice`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantDecodeFault(t, tt.in, tt.want) })
	}
	if _, err := DecodeModel("small", joinFile(t, string(text), data)); err != nil {
		t.Errorf("unchanged: %v", err)
	}
}

func wantDecodeFault(t *testing.T, b []byte, want string) {
	t.Helper()
	m, err := DecodeModel("small.safetensors", b)
	if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "reading small.safetensors: ") {
		t.Errorf("got error %v, want one that names the file, with %q", err, want)
	}
	if m != nil {
		t.Errorf("got a model beside the error %v", err)
	}
}

func TestDecodeModelCollectsFaults(t *testing.T) {
	m := smallModel()
	h, data := splitFile(t, encoded(t, m))
	var metadata map[string]string
	if err := json.Unmarshal(h["__metadata__"], &metadata); err != nil {
		t.Fatal(err)
	}
	metadata[keyShift], metadata[keyInputScale], metadata[keyEpochs] = "31,-1", "200", "-3"
	text, err := json.Marshal(metadata)
	if err != nil {
		t.Fatal(err)
	}
	h["__metadata__"] = text
	b := joinFile(t, h, data)
	for _, want := range []string{"of layer fc1 is 31", "of layer fc2 <größer> is -1", "input_scale is 200", "origin_epochs is -3"} {
		wantDecodeFault(t, b, want)
	}
}

func TestEncodeModelFaults(t *testing.T) {
	tests := []struct {
		name string
		edit func(*Model)
		want string
	}{
		{"no network", func(m *Model) { m.Network = nil }, "no network"},
		{"a layer short", func(m *Model) { m.Layers = m.Layers[:1] }, "weights of 1 layers, want 2"},
		{"layers that do not chain", func(m *Model) { m.Layers[1].Rows = 2 }, "tensor fc2 <größer>.codes is 2×2, want 3×2"},
		{"codes missing", func(m *Model) { m.Layers[0].Codes = m.Layers[0].Codes[1:] }, "tensor fc1.codes has 11 values, want 12"},
		{"biases missing", func(m *Model) { m.Layers[0].Bias = nil }, "tensor fc1.bias has 0 values, want 3"},
		{"offsets missing", func(m *Model) { m.Layers[0].Affine.B = nil }, "tensor fc1.affine_b has 0 values, want 3"},
		{"name not in UTF-8", func(m *Model) { m.Network.Layers[0].Name = "\xff" }, "want a name of printable characters in UTF-8"},
		{"method that commands the terminal", func(m *Model) { m.Origin.Method = "dense\x1b[2J" }, `origin_method is "dense\x1b[2J", want printable characters in UTF-8`},
		{"job not in UTF-8", func(m *Model) { m.Origin.Job = "a\xff" }, "origin_job is \"a\\xff\", want UTF-8"},
		{"infinite strength", func(m *Model) { m.Origin.Strength = math.Inf(1) }, "origin_strength is +Inf"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := smallModel()
			tt.edit(m)
			path := filepath.Join(t.TempDir(), "model.safetensors")
			err := WriteModel(path, m)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "writing "+path) {
				t.Errorf("got error %v, want one that names the file, with %q", err, tt.want)
			}
		})
	}
}

func TestWriteModelCleansUp(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(path, "inside"), 0o755); err != nil { // a folder cannot be replaced by a file
		t.Fatal(err)
	}
	if err := WriteModel(path, smallModel()); err == nil {
		t.Error("got no error, want one: a folder has the name")
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("the folder holds %v (%v), want nothing new", files, err)
	}
	if err := WriteModel(filepath.Join(dir, "none", "m"), smallModel()); err == nil {
		t.Error("got no error, want one: the folder does not exist")
	}
}

func TestReadModelNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.safetensors")
	if _, err := ReadModel(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got error %v, want one that names %s", err, path)
	}
}

func FuzzDecodeModel(f *testing.F) {
	good := encoded(f, smallModel())
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(joinFile(f, "{}", nil))
	f.Add(joinFile(f, `{"a.codes":{"dtype":"I16","shape":[0],"data_offsets":[0,0]},"__metadata__":null}`, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := DecodeModel("fuzz", b)
		if err != nil {
			return
		}
		again, err := EncodeModel(m)
		if err != nil {
			t.Fatalf("a decoded model is refused: %v", err)
		}
		if twice, err := DecodeModel("again", again); err != nil || !reflect.DeepEqual(twice, m) {
			t.Fatalf("got %+v and error %v, want %+v", twice, err, m)
		}
	})
}
