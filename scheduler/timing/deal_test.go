package timing

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"bitline/arch"
	"bitline/tile"
	"bitline/workloads"
)

// TestDealing simulates copies of convolutions by both rules, on tiles whose eDRAM
// is small: exactly and by the shortcut, with the same products.
func TestDealing(t *testing.T) {
	net := &workloads.Network{Name: "small", Input: workloads.Shape{Height: 6, Width: 5, Channels: 2}, Layers: []workloads.Layer{
		{Name: "a", Kind: workloads.Conv, Outputs: 3, Kernel: 3, Stride: 1, Padding: 1},
		{Name: "b", Kind: workloads.Conv, Outputs: 3, Kernel: 3, Stride: 1, Padding: 1, Add: "a"},
		{Name: "pool", Kind: workloads.MaxPool, Kernel: 2, Stride: 2},
		{Name: "fc", Kind: workloads.Linear, Outputs: 3},
	}}
	for _, deal := range []string{arch.DealCyclic, arch.DealStriped} {
		for _, copies := range [][2]int{{1, 1}, {2, 3}, {4, 7}, {5, 10}, {11, 13}} {
			for _, bytes := range []int{36, 64, 1024} {
				name := fmt.Sprintf("%s, %v copies, %d bytes", deal, copies, bytes)
				chip := tiny(func(c *arch.Chip) {
					c.Encoding.InputBits, c.Tile.IMAs, c.Tile.EDRAM.Bytes = 4, 3, bytes
					c.NoC.Topology = tile.Mesh
					c.Tile.MaxPool = c.Tile.Activation
					c.Map = arch.Mapping{Replicate: arch.ReplicateByHand, Copies: map[string]int{"a": copies[0], "b": copies[1]}, Deal: deal, Place: arch.PlaceNearConsumer}
				})
				job := jobOf(t, chip, net, 8)
				got, err := Simulate(context.Background(), job, Options{})
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				want, err := Simulate(context.Background(), job, Options{Exact: true})
				if err != nil {
					t.Fatal(err)
				}
				got.Events, got.Images = want.Events, want.Images
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%s: interval %v and latency %v, exactly %v and %v", name, got.Interval, got.LatencySingle, want.Interval, want.LatencySingle)
				}
				if arrays := int64(len(job.Mapping.Layers[0].Copies[0].Arrays)); got.Layers[0].Reads != 30*4*arrays {
					t.Errorf("%s: %d reads of the first layer, want %d", name, got.Layers[0].Reads, 30*4*arrays)
				}
			}
		}
	}
}
