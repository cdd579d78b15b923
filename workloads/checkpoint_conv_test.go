package workloads

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// A checkpoint of a network with convolutions holds all that its description
// says, and its matrices lowered.
func TestConvolutionCheckpoint(t *testing.T) {
	m := vectors{t, "testdata/conv/exact"}.model()
	m.Network.Layers[0].BatchNorm, m.Network.Layers[0].NoBias = true, true
	m.Network.Layers[0].Weights, m.Network.Layers[0].Norm = "features.0", "features.1"
	b := encoded(t, m)
	got, err := DecodeModel("conv", b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, m) {
		t.Errorf("got  %+v\nwant %+v", got, m)
	}
	h, _ := splitFile(t, b)
	if entry := string(h["conv2.codes"]); !strings.Contains(entry, `"shape":[72,16]`) {
		t.Errorf("conv2.codes is %s, want a shape of 3·3·8 rows and 16 columns", entry)
	}
	if _, pool := h["pool.codes"]; pool {
		t.Error("a pool has codes in the checkpoint, want none")
	}
	for _, c := range []struct{ old, new, want string }{
		{`\"add\":\"shortcut\"`, `\"add\":\"shirtcut\"`, `layer \"conv3\": add is \"shirtcut\"`},
		{`\"kernel\":3,\"stride\":2`, `\"kernel\":3,\"stride\":0`, `layer \"conv2\": stride is 0, want 1 to`},
		{`\"kernel\":3,\"stride\":2`, `\"kernel\":9,\"stride\":9`, "size 4 does not fit input 1×1×16"},
	} {
		edited := bytes.Replace(b, []byte(c.old), []byte(c.new), 1)
		want := strings.ReplaceAll(c.want, `\"`, `"`)
		if _, err := DecodeModel("conv", edited); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("with %s: error is %v, want one with %s", c.new, err, want)
		}
	}
}

// Encoding the shipped checkpoints again gives the same bytes.
func TestShippedCheckpointsKeepTheirBytes(t *testing.T) {
	paths, err := filepath.Glob("../configs/checkpoints/*.safetensors.gz")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d shipped checkpoints (%v), want some", len(paths), err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m, err := DecodeModel(path, b)
		if err != nil {
			t.Error(err)
			continue
		}
		if b, err = expand(b); err != nil || !bytes.Equal(encoded(t, m), b) {
			t.Errorf("%s: its model encodes to other bytes", path)
		}
	}
}
