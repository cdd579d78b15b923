package configs_test

import (
	"testing"

	"bitline/configs"
	"bitline/internal/config"
	"bitline/workloads"
)

func networks() config.Source { return config.Source{Embedded: configs.Files(), Kind: "networks"} }

// network reads a shipped network.
func network(t *testing.T, name string) *workloads.Network {
	t.Helper()
	table, err := config.Load(networks(), name, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := workloads.ReadNetwork(table)
	if err := table.Finish(); err != nil {
		t.Fatal(err)
	}
	return n
}

// macs is the multiply-adds of one image on matrices, weights the cells that
// they need.
func macs(n *workloads.Network) (macs, weights int) {
	for _, s := range n.Matrices() {
		weights += s.Groups * s.Rows * s.Columns
		macs += s.Groups * s.Rows * s.Columns * s.Positions
	}
	return macs, weights
}

// digital counts the learnt parameters beside the weights: biases, and factor and
// offset of each normalised channel.
func digital(n *workloads.Network) int {
	count := 0
	for _, l := range n.Layers {
		if l.Kind.Matrix() && !l.NoBias {
			count += l.Outputs
		}
		if l.BatchNorm {
			count += 2 * l.Outputs
		}
	}
	return count
}

// Multiply-adds and weights, summed by hand from the papers' tables. Where the
// comment gives multiply-adds alone, weights are the same sum without the numbers
// of positions.
func TestNetworkTotalsByHand(t *testing.T) {
	for _, c := range []struct {
		name          string
		macs, weights int
	}{
		// 1024·(27·16 + 6·144·16) + 256·(144·32 + 16·32 + 5·288·32) +
		// 64·(288·64 + 32·64 + 5·576·64) + 640.
		{"resnet-20", 40813184, 270896},
		// 1024·27·64 + 256·576·128 + 64·(1152+2304)·256 + 16·(2304+4608)·512 +
		// 4·2·4608·512 + 512·(512+512+10).
		{"vgg-11", 153293824, 9747136},
		{"vgg-11-bn", 153293824, 9747136},
		// 55²·363·64 + 27²·1600·192 + 13²·(1728·384 + 3456·256 + 2304·256), and
		// behind them, once per image, 9216·4096 + 4096² + 4096·1000.
		{"alexnet", 714188480, 61090496},
		// VGG-16, configuration D, with the last convolutions of the blocks of 56²,
		// 28² and 14² positions 1×1 instead of 3×3, which leaves out
		// 8·(256² + 512² + 512²) weights: 15470264320 − 8·(56²·256² + (28²+14²)·512²).
		{"isaac-vgg-2", 11770888192, 138344128 - 4718592},
		// An encoder has 4·768² weights of attention and 2·768·3072 behind it, for
		// each of 128 tokens; 768² and 2·768 follow for the first token.
		{"bert-base", 12*128*7077888 + 768*768 + 2*768, 12*7077888 + 768*768 + 2*768},
	} {
		got, weights := macs(network(t, c.name))
		if got != c.macs || weights != c.weights {
			t.Errorf("%s: %d multiply-adds of an image and %d weights, want %d and %d", c.name, got, weights, c.macs, c.weights)
		}
	}
}

// Totals against published ones: multiply-adds in millions, and all parameters.
func TestNetworkTotalsAsPublished(t *testing.T) {
	for _, c := range []struct {
		name             string
		millions, learnt int // of multiply-adds; parameters
		replayed         bool
	}{
		// torchvision's _ops and num_params of its IMAGENET1K_V1 weights.
		{name: "alexnet", millions: 714, learnt: 61100840, replayed: true},
		{name: "isaac-vgg-1", millions: 7609, learnt: 132863336, replayed: true},
		{name: "vgg-16", millions: 15470, learnt: 138357544, replayed: true},
		{name: "isaac-vgg-3", millions: 15470, learnt: 138357544, replayed: true},
		{name: "isaac-vgg-4", millions: 19632, learnt: 143667240, replayed: true},
		{name: "resnet-18", millions: 1814, learnt: 11689512, replayed: true},
		{name: "resnet-50", millions: 4089, learnt: 25557032, replayed: true},
		{name: "mobilenet-v2", millions: 301, learnt: 3504872},
		// The paper gives 134 million parameters of configuration C.
		{name: "isaac-vgg-2", millions: 11771, learnt: 133638952, replayed: true},
		// The pretrained bert-base-uncased has 109482240 parameters, of which
		// (30522 + 512 + 2)·768 + 2·768 embed and 12·4·768 normalise layers; 2·768 + 2
		// are the classifier's.
		{name: "bert-base", millions: 10872, learnt: 109482240 - 23837184 - 36864 + 1538},
	} {
		n := network(t, c.name)
		count, weights := macs(n)
		if got := (count + 500_000) / 1_000_000; got != c.millions {
			t.Errorf("%s: %d million multiply-adds of an image, want %d", c.name, got, c.millions)
		}
		if got := weights + digital(n); got != c.learnt {
			t.Errorf("%s: %d parameters, want %d", c.name, got, c.learnt)
		}
		if err := n.CheckValues(); (err == nil) != c.replayed {
			t.Errorf("%s: its values can be computed is %t, want %t: %v", c.name, err == nil, c.replayed, err)
		}
	}
}
