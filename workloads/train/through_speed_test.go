//go:build unix

package train

import (
	"fmt"
	"io/fs"
	"slices"
	"testing"

	"bitline/configs"
	"bitline/workloads"
)

// shipped is an embedded checkpoint.
func shipped(b *testing.B, name string) *workloads.Model {
	b.Helper()
	content, err := fs.ReadFile(configs.Files(), "checkpoints/"+name+".safetensors.gz")
	if err != nil {
		b.Fatal(err)
	}
	m, err := workloads.DecodeModel(name, content)
	if err != nil {
		b.Fatal(err)
	}
	return m
}

// BenchmarkThroughStep is a training step of fine-tuning at [3, 3, 3, 1] bits: plain,
// and through the converters, the perceptron from a shipped checkpoint, ResNet-20
// with many small weights. Pixels are random.
func BenchmarkThroughStep(b *testing.B) {
	for _, n := range []struct {
		name  string
		batch int
		shape workloads.Shape
	}{
		{"mlp-784-100-10", 64, workloads.Shape{Height: 28, Width: 28, Channels: 1}},
		{"mlp-784-100-10", 256, workloads.Shape{Height: 28, Width: 28, Channels: 1}},
		{"resnet-20", 128, workloads.Shape{Height: 32, Width: 32, Channels: 3}},
	} {
		data := randomData(n.shape, 10, 256)
		net := network(b, n.name)
		cfg := DefaultConfig()
		cfg.Batch, cfg.Workers, cfg.LearningRate, cfg.WeightScale = n.batch, 2, 1e-6, Frozen
		cfg.Pretrain.Method, cfg.Finetune.Method, cfg.PruneThreshold = None, None, 0
		plain := newTestTrainer(b, cfg, net, data)
		for _, p := range plain.params {
			if p.kind == weightParam { // what initialisers draw evenly
				for i := range p.value {
					p.value[i] *= p.value[i] * p.value[i]
				}
				p.measure()
			}
		}
		start, err := plain.Model()
		if err != nil {
			b.Fatal(err)
		}
		if n.name == "mlp-784-100-10" {
			start = shipped(b, "mnist-mlp-bitslice-l1-0.5")
			data.Input = start.Input
		}
		for _, how := range []string{"plain", "through", "through with excess"} {
			b.Run(fmt.Sprintf("%s, batch %d/%s", n.name, n.batch, how), func(b *testing.B) {
				trainer := plain
				if how != "plain" {
					cfg.Pretrain.Epochs = 0
					chip := chipOf(b, "unsigned")
					chip.Crossbar.Wordlines, chip.ADC.Bits = 128, []int{3, 3, 3, 1}
					cfg.Through = &Through{Forward: true, Gradient: ClipAware, Affine: LearnedAffine, Start: start, Design: chip.Design(nil), ADC: chip.ADC,
						Bits: slices.Repeat([][]int{chip.ADC.Bits}, len(start.Layers))}
					if how != "through" {
						cfg.Through.Excess = 1
					}
					trainer = newTestTrainer(b, cfg, net, data)
				}
				before := processTime(b)
				for b.Loop() {
					if err := trainer.step(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N*cfg.Batch)/b.Elapsed().Seconds(), "images/s")
				b.ReportMetric(float64(b.N*cfg.Batch)/(processTime(b)-before), "images/core-s")
			})
		}
	}
}
