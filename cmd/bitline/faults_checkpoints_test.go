package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
)

// tensorFile is a safetensors file with that header.
func tensorFile(header, data string) string {
	return string(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))) + header + data
}

// parts are the header and the data of a safetensors file.
func parts(t *testing.T, file string) (header, data string) {
	t.Helper()
	n := binary.LittleEndian.Uint64([]byte(file))
	return file[8 : 8+n], file[8+n:]
}

func zipped(t *testing.T, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A checkpoint that is no file of tensors is told with the tensor that is wrong.
func TestFaultsOfTensorFiles(t *testing.T) {
	header, data := parts(t, ownCheckpoint(t))
	of := func(name, content, want string) fault {
		return fault{name, map[string]string{"c.safetensors": content}, "run quickstart --checkpoint c.safetensors", "reading c.safetensors: " + want}
	}
	edited := func(name, old, text, want string) fault {
		if strings.Count(header, old) != 1 {
			t.Fatalf("the header holds %q %d times, want it once:\n%s", old, strings.Count(header, old), header)
		}
		return of(name, tensorFile(strings.Replace(header, old, text, 1), data), want)
	}
	const not = "not a whole safetensors file: "
	const fc2 = `"fc2.codes":{"dtype":"I16","shape":[32,10],"data_offsets":[4852,5492]}`
	announced := func(n uint64) string { return string(binary.LittleEndian.AppendUint64(nil, n)) + header + data }
	checkFaults(t, []fault{
		of("seven bytes", "\x01\x00\x00\x00\x00\x00\x00", not+"header too small"),
		of("a header of 2^63 bytes", announced(1<<63), fmt.Sprintf(not+"its first 8 bytes announce a header of 9223372036854775808 bytes, want at most the %d that follow", len(header+data))),
		of("a header of 90 MB", announced(90_000_000), fmt.Sprintf(not+"its first 8 bytes announce a header of 90000000 bytes, want at most the %d that follow", len(header+data))),
		of("an empty header", announced(0), not+"header is no JSON: unexpected end of JSON input"),
		of("a header of words", tensorFile("hello", ""), not+"header is no JSON: invalid character 'h' looking for beginning of value"),
		of("a header that is cut", tensorFile(header[:len(header)/2], ""), not+"header is no JSON: unexpected end of JSON input"),
		of("a header that is a list", tensorFile("[]", ""), not+`header has "[]", want an object`),
		of("a header without end", tensorFile(strings.Repeat(`{"a":`, 20_000), ""), not+"header is no JSON: invalid character '{' exceeded max depth"),
		of("float weights", tensorFile(`{"fc1.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "1234"), `metadata format_version is "", want "1": a checkpoint of bitline`),
		of("a number among the texts", tensorFile(`{"__metadata__":{"format_version":1}}`, ""), not+`header key __metadata__ has "{\"format_version\":1}", want an object of texts`),
		of("bytes that are missing", tensorFile(header, data[:len(data)-3]), not+"tensor fc2.codes ends at byte 5492 of the data, of which the file has 5489: it is cut short"),
		of("bytes behind the end", tensorFile(header, data+"more"), not+"tensors end at byte 5492 of the data, of which the file has 5496"),
		edited("a tensor over another", fc2, strings.Replace(fc2, "[4852,5492]", "[736,1376]", 1), not+"tensor fc1.codes has bytes 736 to 4832 of the data, want them to begin at 1376, behind the tensor before"),
		edited("a tensor outside", fc2, strings.Replace(fc2, "[4852,5492]", "[1000000000,1000000640]", 1),
			not+"tensor fc2.codes has bytes 1000000000 to 1000000640 of the data, want them to begin at 4852, behind the tensor before"),
		edited("a tensor before the beginning", fc2, strings.Replace(fc2, "4852", "-4852", 1),
			not+`header of tensor fc2.codes is {"dtype":"I16","shape":[32,10],"data_offsets":[-4852,5492]}, want a dtype, a shape and two data_offsets of whole numbers`),
		edited("a tensor without an end", fc2, strings.Replace(fc2, ",5492", "", 1),
			not+`header of tensor fc2.codes is {"dtype":"I16","shape":[32,10],"data_offsets":[4852]}, want a dtype, a shape and two data_offsets of whole numbers`),
		edited("a tensor of more values", fc2, strings.Replace(fc2, "[32,10]", "[32,11]", 1), not+"tensor fc2.codes is I16 [32 11] and has bytes 4852 to 5492 of the data, want as many as its values take"),
		edited("a tensor of 2^64 values", fc2, strings.Replace(fc2, "[32,10]", "[9223372036854775808,2,160]", 1),
			not+"tensor fc2.codes is I16 [9223372036854775808 2 160] and has bytes 4852 to 5492 of the data, want as many as its values take"),
		edited("an unknown type", fc2, strings.Replace(fc2, "I16", "I13", 1), not+`header of tensor fc2.codes has dtype "I13", want one such as F32 or I16`),
		edited("another type", fc2, strings.Replace(fc2, "I16", "U16", 1), "tensor fc2.codes is U16 [32 10], want I16 [32 10]"),
		edited("a transposed tensor", fc2, strings.Replace(fc2, "[32,10]", "[10,32]", 1), "tensor fc2.codes is I16 [10 32], want I16 [32 10]"),
		edited("a tensor whose name commands the terminal", fc2, strings.Replace(fc2, "fc2.codes", `fc2\u001b[2J`, 1), `header has the name "fc2\x1b[2J", want printable characters`),
		edited("a tensor twice", fc2, fc2+","+fc2, `header has "fc2.codes" twice, want it once`),
	})
}

// What a checkpoint says of itself is checked key by key.
func TestFaultsOfCheckpoints(t *testing.T) {
	own := ownCheckpoint(t)
	header, data := parts(t, own)
	var whole map[string]json.RawMessage
	if err := json.Unmarshal([]byte(header), &whole); err != nil {
		t.Fatal(err)
	}
	of := func(name, content, want string) fault {
		return fault{name, map[string]string{"c.safetensors": content}, "run quickstart --checkpoint c.safetensors", want}
	}
	// with is the checkpoint with another text under a key; "" for none.
	with := func(key, text string) string {
		var metadata map[string]string
		if err := json.Unmarshal(whole["__metadata__"], &metadata); err != nil {
			t.Fatal(err)
		}
		if _, found := metadata[key]; !found {
			t.Fatalf("the checkpoint has no key %s", key)
		}
		if metadata[key] = text; text == "" {
			delete(metadata, key)
		}
		edited := map[string]any{"__metadata__": metadata}
		for name, entry := range whole {
			if name != "__metadata__" {
				edited[name] = entry
			}
		}
		b, err := json.Marshal(edited)
		if err != nil {
			t.Fatal(err)
		}
		return tensorFile(string(b), data)
	}
	const reading = "reading c.safetensors: "
	packed := zipped(t, own)
	network := "[[layer]]\nname = \"fc1\"\noutputs = 32\n[[layer]]\nname = \"fc2\"\noutputs = 10\n"
	checkFaults(t, []fault{
		of("a later version", with("format_version", "99"), reading+`metadata format_version is "99", want "1": a checkpoint of bitline`),
		of("no network", with("network", ""), reading+"metadata network is missing"),
		of("a network of words", with("network", "dense"), reading+"metadata network is not a network: invalid character 'd' looking for beginning of value"),
		of("a scale of words", with("input_scale", "two"), reading+`metadata input_scale is "two", want a number`),
		of("a scale too few", with("weight_scale", "1"), reading+"metadata weight_scale has 1 numbers, want 2"),
		of("no seed", with("origin_seed", ""), reading+"metadata origin_seed is missing"),
		of("a method that commands the terminal", with("origin_method", "dense\x1b[2J"), reading+`origin_method is "dense\x1b[2J", want printable characters in UTF-8`),
		of("a layer that commands the terminal", with("network", `{"name":"flat","input":{"height":64,"width":1,"channels":1},"layers":[{"name":"fc1\u202e","kind":"linear","outputs":10,"relu":false}]}`),
			reading+`metadata network is not a network: layer 1: name is "fc1\u202e", want a name of printable characters in UTF-8`),
		of("epochs of words", with("origin_epochs", "many"), reading+`metadata origin_epochs is "many", want a number`),
		of("more bits than a code has", with("weight_bits", "99"), reading+"weight_bits is 99, want 1 to 15"),
		{"a rectifier more", map[string]string{"c.safetensors": own, "net.toml": "name = \"mine\"\ninput = [8, 8, 1]\n" + network}, "run quickstart --network net.toml --checkpoint c.safetensors",
			"checkpoint c.safetensors: holds network mlp-64-32-10 (64-32-10), whose layer fc1 is not that of the job's network mine: relu is true, want false"},
		of("another layout of the image", with("network", `{"name":"flat","input":{"height":64,"width":1,"channels":1},"layers":[{"name":"fc1","kind":"linear","outputs":32,"relu":true},{"name":"fc2","kind":"linear","outputs":10,"relu":false}]}`),
			"checkpoint c.safetensors: holds network flat (64-32-10) of input 64×1×1, want the input 8×8×1 of the job's network mlp-64-32-10"),
		{"a folder", map[string]string{"c.safetensors/": ""}, "run quickstart --checkpoint c.safetensors", "read c.safetensors: is a directory"},
		{"a training's state", map[string]string{"c.safetensors.state": ""}, "run quickstart --checkpoint c.safetensors.state", "c.safetensors.state is no checkpoint, want a file that ends in .safetensors or .safetensors.gz"},
		{"a shipped one with a slip", nil, "run quickstart --checkpoint mnist-mlp-dens",
			`checkpoint "mnist-mlp-dens" does not exist, want a file that ends in .safetensors or one of the shipped: ` + shippedCheckpoints(t) + ", did you mean mnist-mlp-dense?"},
		of("packed, cut short", packed[:len(packed)-10], reading+"not a whole gzip file: unexpected EOF"),
		of("packed, with its head alone", packed[:8], reading+"not a whole gzip file: unexpected EOF"),
		of("packed, with another checksum", packed[:len(packed)-8]+"12345678", reading+"not a whole gzip file: gzip: invalid checksum"),
		of("packed, with more behind", packed+"more", reading+"not a whole gzip file: unexpected EOF"),
		of("packed, nothing", zipped(t, ""), reading+"not a whole safetensors file: header too small"),
		of("packed, words", zipped(t, "hello, world"), reading+"not a whole safetensors file: its first 8 bytes announce a header of 8583909746840200552 bytes, want at most the 4 that follow"),
	})
}

// Float weights that cannot be imported.
func TestFaultsOfWeights(t *testing.T) {
	const net = "name = \"s\"\ninput = [8, 8, 1]\n[[layer]]\nname = \"fc\"\noutputs = 10\n"
	const job = "chip = \"bitslice-8bit\"\nnetwork = \"net.toml\"\nweights = \"w.safetensors\"\n"
	of := func(name, weights, want string) fault {
		return fault{name, map[string]string{"job.toml": job, "net.toml": net, "w.safetensors": weights}, "run job.toml", want}
	}
	state := func(edit func(stateDict)) string {
		s := stateDict{"fc.weight": {[]uint64{10, 64}, make([]float32, 640)}, "fc.bias": {[]uint64{10}, make([]float32, 10)}}
		edit(s)
		return s.encode(t)
	}
	whole := state(func(stateDict) {})
	header, data := parts(t, whole)
	const reading = "reading w.safetensors: "
	checkFaults(t, []fault{
		of("numbers of two bytes", tensorFile(`{"fc.weight":{"dtype":"BF16","shape":[10,64],"data_offsets":[0,1280]},"fc.bias":{"dtype":"F32","shape":[10],"data_offsets":[1280,1320]}}`, strings.Repeat("\x00", 1320)),
			reading+"layer fc: tensor fc.weight is BF16 [10 64], want F32 [10 64]"),
		of("an infinite bias", state(func(s stateDict) { s["fc.bias"].values[9] = float32(math.Inf(1)) }), reading+"layer fc: tensor fc.bias: value 9 is +Inf, want a finite number"),
		of("a bias of one number", state(func(s stateDict) { s["fc.bias"] = tensor{[]uint64{1}, []float32{1}} }), reading+"layer fc: tensor fc.bias is F32 [1], want F32 [10]"),
		of("weights beyond all scales", state(func(s stateDict) {
			for i := range s["fc.weight"].values {
				s["fc.weight"].values[i] = 3e38
			}
		}), "importing w.safetensors: layer fc: affine has a factor of 2^31 or more, want smaller ones"),
		of("a slip", state(func(s stateDict) { s["fc.weihgt"] = s["fc.weight"]; delete(s, "fc.weight") }),
			reading+"layer fc: tensor fc.weight is missing, want F32 [10 64]\ntensor fc.weihgt belongs to no layer of network \"s\""),
		of("a tensor twice", tensorFile(strings.TrimRight(header, " }")+`},"fc.bias":{"dtype":"F32","shape":[10],"data_offsets":[0,40]}}`, data), reading+`header has "fc.bias" twice, want it once`),
		of("a checkpoint", shippedCheckpoint(t, "mnist-mlp-dense"), reading+"it is a checkpoint of bitline, which the key checkpoint takes; want float weights"),
		of("a file of PyTorch's", "PK\x03\x04\x00\x00\x08\x08"+strings.Repeat("\x00", 90),
			reading+"not a whole safetensors file: its first 8 bytes announce a header of 578712552184433488 bytes, want at most the 90 that follow"),
		of("cut short", whole[:len(whole)-1], reading+"not a whole safetensors file: tensor fc.weight ends at byte 2600 of the data, of which the file has 2599: it is cut short"),
		{"a folder", map[string]string{"job.toml": job, "net.toml": net, "w.safetensors/": ""}, "run job.toml", "read w.safetensors: is a directory"},
		{"a mean for a list", map[string]string{"job.toml": job + "[import]\nmean = 0\ndeviation = [nan]\nstd = [1]\n", "net.toml": net}, "run job.toml",
			"job.toml:5: key import.mean is 0, want an array of numbers\njob.toml:6: key import.deviation[0] is NaN, want a number from 0.001 to 1000\njob.toml:7: unknown key import.std"},
	})
}
