package timing

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"bitline/arch"
	"bitline/configs"
	"bitline/internal/config"
	"bitline/internal/units"
	"bitline/scheduler"
	"bitline/workloads"
)

// shippedJob maps a shipped network onto so many shipped ISAAC chips, with copies
// as ISAAC has them.
func shippedJob(t testing.TB, network string, chips int, rules ...string) Job {
	t.Helper()
	table, err := config.Load(config.Source{Kind: "networks", Embedded: configs.Files()}, network, nil)
	if err != nil {
		t.Fatal(err)
	}
	net := workloads.ReadNetwork(table)
	if err := table.Finish(); err != nil {
		t.Fatal(err)
	}
	chip, err := arch.Load(config.Source{Kind: "chips", Embedded: configs.Files()}, "isaac-ce", append(rules, fmt.Sprint("chips=", chips)))
	if err != nil {
		t.Fatal(err)
	}
	return jobOf(t, chip, net, 8)
}

// TestShippedNetworksFit: layers share tiles only where their eDRAM has room.
func TestShippedNetworksFit(t *testing.T) {
	for _, tt := range []struct{ network, rule string }{
		{"resnet-18", "mapping.replicate=none"},
		{"resnet-18", "mapping.replicate=isaac"},
	} {
		b, err := newBuilder(shippedJob(t, tt.network, 1, tt.rule))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.model(modelOptions{images: 1}); err != nil {
			t.Errorf("%s, %s: %v", tt.network, tt.rule, err)
		}
	}
}

// BenchmarkPlacement simulates networks under each rule for dealing positions and
// for placing tiles: the table of docs/chips.md. Run it with -benchtime 1x; VGG-16
// takes its time.
func BenchmarkPlacement(b *testing.B) {
	for _, network := range []struct {
		name  string
		chips int
	}{{"resnet-18", 1}, {"vgg-16", 8}} {
		for _, deal := range []string{arch.DealCyclic, arch.DealStriped} {
			for _, place := range []string{arch.PlaceInOrder, arch.PlaceNearConsumer} {
				b.Run(fmt.Sprintf("%s/%s/%s", network.name, deal, place), func(b *testing.B) {
					job := shippedJob(b, network.name, network.chips, "mapping.replicate=isaac", "mapping.deal="+deal, "mapping.place="+place)
					for b.Loop() {
						benchmarkPlacement(b, job)
					}
				})
			}
		}
	}
}

func benchmarkPlacement(b *testing.B, job Job) {
	traffic, err := scheduler.TrafficOf(b.Context(), job.Chip, job.Network, job.Mapping)
	if err != nil {
		b.Fatal(err)
	}
	got, err := Simulate(context.Background(), job, Options{Steady: 0.001})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(got.Interval)/float64(units.Microsecond), "µs/image")
	b.ReportMetric(float64(got.LatencySingle)/float64(units.Microsecond), "µs-latency")
	b.ReportMetric(float64(traffic.Bits)/1e6, "Mb")
	b.ReportMetric(float64(traffic.BitHops)/1e6, "Mb-hops")
	if i := slices.IndexFunc(got.Resources, func(r Resource) bool { return r.Class == ClassRouter }); i >= 0 {
		b.ReportMetric(100*got.Resources[i].Peak, "%busiest-link")
	}
}
