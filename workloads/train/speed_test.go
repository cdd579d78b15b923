//go:build unix

package train

import (
	"syscall"
	"testing"

	"bitline/workloads"
)

// BenchmarkStep is a training step of the networks for CIFAR-10 at batch 128.
func BenchmarkStep(b *testing.B) {
	data := randomData(workloads.Shape{Height: 32, Width: 32, Channels: 3}, 10, 256)
	for _, name := range []string{"resnet-20", "vgg-11", "vgg-11-bn"} {
		b.Run(name, func(b *testing.B) {
			cfg := DefaultConfig()
			cfg.Batch, cfg.Workers, cfg.LearningRate = 128, 2, 0.001
			cfg.Pretrain.Method = None
			trainer := newTestTrainer(b, cfg, network(b, name), data)
			if err := trainer.step(); err != nil {
				b.Fatal(err)
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

// processTime is the processors' time that the process has taken, in seconds.
func processTime(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
