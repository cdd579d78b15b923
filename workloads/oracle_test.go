package workloads

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/internal/config"
	"bitline/internal/npy"
)

// readTOML reads a network description that must be right.
func readTOML(t testing.TB, path string) *Network {
	t.Helper()
	table, err := config.Load(config.Source{Kind: "networks"}, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := ReadNetwork(table)
	if err := table.Finish(); err != nil {
		t.Fatal(err)
	}
	return n
}

// vectors is one folder of testdata/conv: what an independent integer reference
// in NumPy, which shares no code with this project, computes at every layer. 4
// images of 8×8×3, one all 0 and one all 255, zero points 10, 20 and 30; F is
// 20, of the last layer 18. The clipped ones went through converters of
// [4,4,4,2] bits, slice 0 first, on blocks of 32 rows, differential arrays, unit
// range, raw unsigned inputs.
type vectors struct {
	t   *testing.T
	dir string
}

func (v vectors) ints(name string) *npy.Array {
	v.t.Helper()
	a, err := npy.ReadFile(filepath.Join(v.dir, name+".npy"))
	if err != nil {
		v.t.Fatal(err)
	}
	return a
}

func (v vectors) model() *Model {
	m := &Model{
		Network:    readTOML(v.t, "testdata/conv/network.toml"),
		WeightBits: 8,
		Input:      InputCodes{Zero: []int32{10, 20, 30}, Scale: 2},
	}
	for _, s := range m.Network.Matrices() {
		codes := v.ints(s.Layer + "_codes")
		if !slices.Equal(codes.Shape, []int{s.Rows, s.Columns}) {
			v.t.Fatalf("codes of %s are %v, the network wants %d×%d", s.Layer, codes.Shape, s.Rows, s.Columns)
		}
		l := LayerWeights{Rows: s.Rows, Columns: s.Columns, Bias: make([]int16, s.Columns)}
		for _, c := range codes.Ints {
			l.Codes = append(l.Codes, int16(c))
		}
		l.Affine = Affine{M: v.ints(s.Layer + "_M").Ints, B: v.ints(s.Layer + "_B").Ints, F: 20}
		if s.Layer == "fc" {
			l.Affine.F = 18
		}
		m.Layers = append(m.Layers, l)
	}
	return m
}

func (v vectors) images(shape Shape) Images {
	in := v.ints("input")
	im := Images{Shape: shape, Labels: make([]uint8, in.Shape[0])}
	for _, p := range in.Ints {
		im.Pixels = append(im.Pixels, uint8(p))
	}
	return im
}

// compare checks a layer's values against a file in the order image, row,
// column, channel.
func (v vectors) compare(file string, got [][]int64) {
	v.t.Helper()
	want := v.ints(file)
	if len(got) != want.Shape[0] || len(got)*len(got[0]) != len(want.Ints) {
		v.t.Errorf("%s: %d images, want %v", file, len(got), want.Shape)
		return
	}
	channels := want.Shape[len(want.Shape)-1]
	pixels := len(want.Ints) / channels / len(got)
	for at, w := range want.Ints {
		channel, pixel, image := at%channels, at/channels%pixels, at/channels/pixels
		if g := got[image][channel*pixels+pixel]; g != w {
			v.t.Errorf("%s: image %d, pixel %d, channel %d is %d, want %d", file, image, pixel, channel, g, w)
			return
		}
	}
}

// run replays the vectors' images in batches of the given size.
func (v vectors) run(m *Model, mul MatMul, batch int) {
	s := look(m, mul, v.images(m.Network.Input), batch)
	for _, l := range m.Network.MatrixNames()[:len(m.Layers)-1] {
		v.compare("out_acc_"+l, s.sums[l])
	}
	v.compare("out_act_conv1", s.codes["conv1"])
	v.compare("out_act_conv2", s.codes["conv2"])
	v.compare("out_act_block", s.codes["conv3"])
	v.compare("out_pool", s.codes["pool"])
	v.compare("out_logits", s.logits)
	var classes []int64
	for _, l := range s.logits {
		classes = append(classes, int64(Class(l)))
	}
	if want := v.ints("out_class").Ints; !slices.Equal(classes, want) {
		v.t.Errorf("classes are %v, want %v", classes, want)
	}
}

func TestOracleExact(t *testing.T) {
	v := vectors{t, "testdata/conv/exact"}
	m := v.model()
	if err := m.Check(m.Affines(), 0); err != nil {
		t.Fatal(err)
	}
	for _, batch := range []int{1, 3, 4, 512} {
		v.run(m, m.Exact(), batch)
		v.run(m, m.Pack().Product(), batch)
	}
}

func TestOracleClipped(t *testing.T) {
	v := vectors{t, "testdata/conv/clipped"}
	m := v.model()
	for _, level := range []crossbar.Level{crossbar.Clips, crossbar.Sums} {
		replay := throughCrossbars(t, m, 32, []int{4, 4, 4, 2}, level)
		for _, batch := range []int{1, 4} {
			v.run(m, replay, batch)
		}
	}
}

// throughCrossbars is a model's products through differential arrays of so many
// wordlines and converters of the given resolutions: level Clips takes the fast
// path, Sums one vector after the other.
func throughCrossbars(t *testing.T, m *Model, wordlines int, bits []int, level crossbar.Level) MatMul {
	t.Helper()
	design := crossbar.Design{Encoding: crossbar.DefaultEncoding(), Wordlines: wordlines, CellBits: 2, DACBits: 1}
	var runners []*crossbar.TileRunner
	for i, l := range m.Layers {
		w := crossbar.Weights{Rows: l.Rows, Columns: l.Columns, Zero: m.Zero(i)}
		for _, c := range l.Codes {
			w.Codes = append(w.Codes, int32(c))
		}
		matrix, err := crossbar.Program(design, w)
		if err != nil {
			t.Fatal(err)
		}
		runner, err := matrix.NewTileRunner(adc.Spec{Range: adc.Unit}, bits, crossbar.TileOptions{Statistics: level})
		if err != nil {
			t.Fatal(err)
		}
		runners = append(runners, runner)
	}
	return func(layer int, y []int64, x []int16, positions int) { runners[layer].MVM(y, x, positions) }
}

// Real images through converters that cannot clip are the integer network, layer
// by layer: the embedded digits through a small residual network, and, where it is
// found, CIFAR-10 through ResNet-20. Weights are random, activations calibrated on
// the images.
func TestRealImages(t *testing.T) {
	small := &Network{Name: "small", Input: Shape{8, 8, 1}, Layers: []Layer{
		{Name: "c1", Kind: Conv, Outputs: 6, Kernel: 3, Stride: 1, Padding: 1, ReLU: true, BatchNorm: true, NoBias: true},
		{Name: "short", Kind: Conv, Outputs: 9, Kernel: 1, Stride: 2, BatchNorm: true, NoBias: true, Residual: true},
		{Name: "c2", Kind: Conv, Outputs: 9, Kernel: 3, Stride: 2, Padding: 1, ReLU: true, BatchNorm: true, NoBias: true, Input: "c1", Add: "short"},
		{Name: "pool", Kind: MaxPool, Kernel: 2, Stride: 2},
		{Name: "fc", Kind: Linear, Outputs: 10},
	}}
	for _, c := range []struct {
		network *Network
		data    string
		images  int
	}{
		{small, "digits", 20},
		{readTOML(t, "../configs/networks/resnet-20.toml"), "cifar10", 2},
	} {
		t.Run(c.network.Name, func(t *testing.T) {
			data, err := Load(NewFinder("", os.Getenv), c.data)
			if err != nil {
				t.Skipf("skipped, for it is about real images: %v", err)
			}
			m, err := RandomFloat(c.network, 1).Quantize(Quantization{WeightBits: 8, Input: data.Input, Calibration: data.Calibration(20)})
			if err != nil {
				t.Fatal(err)
			}
			images := data.Test.Slice(0, c.images)
			got := look(m, throughCrossbars(t, m, 128, []int{9, 9, 9, 9}, crossbar.Clips), images, c.images)
			p := plain{m: m}
			for i := range c.images {
				p.run(images.Image(i))
				comparePlain(t, &p, got, i)
			}
		})
	}
}
