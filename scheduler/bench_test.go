package scheduler

import (
	"context"
	"os"
	"runtime"
	"testing"

	"bitline/crossbar"
	"bitline/internal/config"
	"bitline/workloads"
)

// BenchmarkReplay is the speed of a replay with clip counts on all processors,
// of random weights on real images where they are found.
func BenchmarkReplay(b *testing.B) {
	data, err := workloads.Load(workloads.NewFinder("", os.Getenv), "cifar10")
	if err != nil {
		b.Skipf("skipped: %v", err)
	}
	for _, name := range []string{"resnet-20", "vgg-11"} {
		table, err := config.Load(config.Source{Kind: "networks"}, "../configs/networks/"+name+".toml", nil)
		if err != nil {
			b.Fatal(err)
		}
		images := data.Test.Slice(0, 512)
		model, err := workloads.RandomFloat(workloads.ReadNetwork(table), 1).Quantize(workloads.Quantization{
			WeightBits: 8, Input: data.Input, Calibration: images.Slice(0, 64),
		})
		if err != nil {
			b.Fatal(err)
		}
		for _, c := range []struct {
			name string
			bits int
		}{{"9bit", 9}, {"5bit", 5}} {
			b.Run(name+"/"+c.name, func(b *testing.B) {
				chip := replayChip(crossbar.DefaultEncoding(), c.bits)
				chip.Crossbar.Wordlines = 128
				r, err := NewReplayer(chip, model)
				if err != nil {
					b.Fatal(err)
				}
				bits, err := r.Bits(context.Background(), images)
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					if _, err := r.Run(context.Background(), images, Plan{Bits: bits, Statistics: crossbar.Clips, NoReference: true}, nil); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(images.Len()*b.N)/b.Elapsed().Seconds(), "images/s")
				b.ReportMetric(float64(runtime.GOMAXPROCS(0)), "cores")
			})
		}
	}
}
