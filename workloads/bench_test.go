package workloads

import (
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
)

// benchImages are CIFAR-10 test images where they are found, else random ones.
func benchImages(b *testing.B, n int) (Images, InputCodes) {
	b.Helper()
	if d, err := Load(NewFinder("", os.Getenv), cifarName); err == nil {
		return d.Test.Slice(0, n), d.Input
	}
	b.Log("random images: no CIFAR-10 here")
	return randomImages(rand.New(rand.NewPCG(1, 1)), cifarShape, n), cifarInput()
}

// perSecond reports the rate of a benchmark whose iteration computes n images.
func perSecond(b *testing.B, n int) {
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "images/s")
	b.ReportMetric(float64(runtime.GOMAXPROCS(0)), "cores")
}

var benchNetworks = []string{"resnet-20", "vgg-11"}

// BenchmarkFloat is the speed of the project's own float32 pass on all
// processors.
func BenchmarkFloat(b *testing.B) {
	for _, name := range benchNetworks {
		b.Run(name, func(b *testing.B) {
			n := readTOML(b, "../configs/networks/"+name+".toml")
			images, input := benchImages(b, 256)
			f := RandomFloat(n, 1)
			for b.Loop() {
				f.Forward(images, input)
			}
			perSecond(b, images.Len())
		})
	}
}

// BenchmarkExact is the speed of the integer network on one processor.
func BenchmarkExact(b *testing.B) {
	for _, name := range benchNetworks {
		b.Run(name, func(b *testing.B) {
			n := readTOML(b, "../configs/networks/"+name+".toml")
			images, input := benchImages(b, 256)
			m, err := RandomFloat(n, 1).Quantize(Quantization{WeightBits: 8, Input: input, Calibration: images.Slice(0, 64)})
			if err != nil {
				b.Fatal(err)
			}
			e := m.NewExecutor(m.Pack().Product(), Options{})
			for b.Loop() {
				for from := 0; from < images.Len(); from += e.Batch() {
					e.Run(images.Slice(from, min(from+e.Batch(), images.Len())))
				}
			}
			perSecond(b, images.Len())
		})
	}
}
