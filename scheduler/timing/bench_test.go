package timing

import (
	"context"
	"errors"
	"testing"
)

// BenchmarkChips times the simulation of whole networks on ISAAC's chips, without
// mapping: the table of docs/performance.md. Run it with -benchtime 1x; the exact
// run of VGG-16 takes its time.
func BenchmarkChips(b *testing.B) {
	const replicated = "mapping.replicate=isaac"
	for _, tt := range []struct {
		name, network string
		chips         int
		rules         []string
		opts          Options
	}{
		{"resnet-18", "resnet-18", 1, []string{replicated}, Options{}},
		{"resnet-18-one-copy", "resnet-18", 1, nil, Options{}},
		{"vgg-16", "vgg-16", 8, []string{replicated}, Options{}},
		{"vgg-16-eight-in-flight", "vgg-16", 8, []string{replicated}, Options{InFlight: 8}},
	} {
		b.Run(tt.name, func(b *testing.B) {
			job := shippedJob(b, tt.network, tt.chips, tt.rules...)
			events := uint64(0)
			b.ReportAllocs()
			for b.Loop() {
				t, err := Simulate(context.Background(), job, tt.opts)
				if err != nil {
					b.Fatal(err)
				}
				events += t.Events
			}
			reportEvents(b, events)
		})
	}
	b.Run("vgg-16-eight-images", func(b *testing.B) {
		job := shippedJob(b, "vgg-16", 8, replicated)
		events := uint64(0)
		b.ReportAllocs()
		for b.Loop() {
			built, err := newBuilder(job)
			if err != nil {
				b.Fatal(err)
			}
			m, err := built.model(modelOptions{images: 8})
			if err != nil {
				b.Fatal(err)
			}
			m.start()
			if err := built.runTo(context.Background(), m, 8); err != nil {
				b.Fatal(err)
			}
			events += m.events()
		}
		reportEvents(b, events)
	})
	b.Run("vgg-16-exact-one-image", func(b *testing.B) {
		job := shippedJob(b, "vgg-16", 8, replicated)
		events, reads := uint64(0), int64(0)
		b.ReportAllocs()
		for b.Loop() {
			t, err := single(context.Background(), job, true)
			if err != nil {
				b.Fatal(err)
			}
			events += t.Events
			reads += t.PerImage.Reads
		}
		reportEvents(b, events)
		b.ReportMetric(float64(reads)/float64(b.N)/1e6, "Mreads")
	})
}

// single simulates one image on an empty chip.
func single(ctx context.Context, job Job, exact bool) (*Timing, error) {
	b, err := newBuilder(job)
	if err != nil {
		return nil, err
	}
	t, _, err := b.singles(ctx, exact)
	return t, err
}

func reportEvents(b *testing.B, events uint64) {
	b.ReportMetric(float64(events)/1e6/float64(b.N), "Mevents")
	b.ReportMetric(float64(events)/1e6/b.Elapsed().Seconds(), "Mevents/s")
}

// An image in exact detail counts as many events as reads, at least.
func TestExactImageIsWhole(t *testing.T) {
	job := jobOf(t, chipWith(nil), mlp(784, 100, 10), 8)
	exact, err := single(context.Background(), job, true)
	quick, errQuick := single(context.Background(), job, false)
	if err := errors.Join(err, errQuick); err != nil {
		t.Fatal(err)
	}
	if int64(exact.Events) < exact.PerImage.Reads || exact.Events <= quick.Events || exact.PerImage != quick.PerImage || exact.LatencySingle != quick.LatencySingle {
		t.Errorf("%d events for %d reads in exact detail, %d events else: %v and %v", exact.Events, exact.PerImage.Reads, quick.Events, exact.LatencySingle, quick.LatencySingle)
	}
}
