package scheduler

import (
	"testing"

	"bitline/arch"
)

// BenchmarkMap lays VGG-16 out on 16 ISAAC chips: 245,656 crossbars.
func BenchmarkMap(b *testing.B) {
	net := shipped(b, "vgg-16")
	for _, place := range []string{arch.PlaceInOrder, arch.PlaceNearConsumer} {
		chip := isaacChips(16, arch.ReplicateBalanced)
		chip.Map.Place = place
		b.Run(place, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				mustMap(b, chip, net)
			}
		})
	}
}

// BenchmarkTraffic weighs that layout.
func BenchmarkTraffic(b *testing.B) {
	net, chip := shipped(b, "vgg-16"), isaacChips(16, arch.ReplicateBalanced)
	m := mustMap(b, chip, net)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := TrafficOf(b.Context(), chip, net, m); err != nil {
			b.Fatal(err)
		}
	}
}
