package timing

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"bitline/arch"
	"bitline/configs"
	"bitline/internal/config"
	"bitline/workloads"
)

// mustModel makes a model of some images.
func mustModel(t testing.TB, job Job, images int64) (*builder, *model) {
	t.Helper()
	b, err := newBuilder(job)
	if err != nil {
		t.Fatal(err)
	}
	m, err := b.model(modelOptions{images: images})
	if err != nil {
		t.Fatal(err)
	}
	return b, m
}

// TestLeastSuffices runs random networks with an eDRAM of exactly what they need,
// every store without a place more, and with a byte less.
func TestLeastSuffices(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	for i := range 500 {
		job := randomJob(t, rng)
		least := leastBytes(t, job)
		job.Chip.Tile.EDRAM.Bytes = least
		b, m := mustModel(t, job, 3)
		for k := range m.stores {
			s := &m.stores[k]
			s.slots = s.least
			s.parts = make([]int32, s.slots)
		}
		m.start()
		if err := b.runTo(context.Background(), m, 3); err != nil {
			t.Errorf("case %d: %v\n%s", i, err, tellJob(job))
		}
		job.Chip.Tile.EDRAM.Bytes = least - 1
		_, err := b.model(modelOptions{images: 1})
		if want := fmt.Sprintf("has %d bytes, want at least %d: ", least-1, least); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("case %d: with a byte less the error is %v, want one with %q", i, err, want)
		}
	}
}

// TestNoRoomNamesEverything has all layers on one tile, with values of a byte.
// Windows of 3 × 3 reach over 2·4 + 3 positions. Position p = 4y + x of next needs
// those of conv up to (y+1, x+1), which is p + 5, and conv has sent as many to be
// added: 6 of them wait, one less at the end of a row. Two windows of the pool are
// open in a row, and fc sees four positions.
func TestNoRoomNamesEverything(t *testing.T) {
	net := onImage(conv("conv", 1, 1, 1), adding(conv("next", 1, 1, 1), "conv"), workloads.Layer{Name: "pool", Kind: workloads.MaxPool, Kernel: 2, Stride: 2})
	chip := tall(func(c *arch.Chip) { c.Tiles, c.Tile.IMAs, c.Encoding.InputBits, c.Tile.EDRAM.Bytes = 1, 4, 8, 33 })
	_, err := Simulate(context.Background(), jobOf(t, chip, net, 8), Options{})
	want := "simulating network image on chip tiny: the eDRAM of tile 0 has 33 bytes, want at least 34: " +
		"11 for the window of layer conv, 11 for the window of layer next, 6 for what layer next adds, " +
		"4 for the window of layer fc, 2 for the open windows of pool (key tile.edram.bytes)"
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %q", err, want)
	}
}

// TestDeadlockIsExplained takes a place from a store behind the builder's back.
func TestDeadlockIsExplained(t *testing.T) {
	net := onImage(conv("conv", 1, 1, 1), adding(conv("next", 1, 1, 1), "conv"), workloads.Layer{Name: "pool", Kind: workloads.MaxPool, Kernel: 2, Stride: 2})
	tests := []struct {
		name  string
		store func(b *builder, s *store) bool
		want  []string
	}{
		{"a window", func(b *builder, s *store) bool { return s.teams != nil && b.nodes[s.node].Name == "next" }, []string{
			"deadlock after 0 images", "the window of layer next fills all 10 positions (4 bytes) of the eDRAM of tile 1", "the next window needs 1 position more", "want a larger tile.edram.bytes",
		}},
		{"what is added", func(_ *builder, s *store) bool { return s.copy >= 0 }, []string{
			"what layer next adds fills all 5 positions (2 bytes) of the eDRAM of tile 1", "the sums that it is added to are not complete",
		}},
		{"open windows", func(_ *builder, s *store) bool { return s.emitter >= 0 }, []string{
			"the open windows of pool fills all 1 positions (1 bytes) of the eDRAM of tile 1",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, places := range []int64{0, 1} {
				b, m := mustModel(t, jobOf(t, tall(nil), net, 8), 3)
				for k := range m.stores {
					if s := &m.stores[k]; tt.store(b, s) {
						s.slots = s.least - places
						s.parts = make([]int32, s.slots)
					}
				}
				m.start()
				err := b.runTo(context.Background(), m, 3)
				if places == 0 && err != nil {
					t.Errorf("with what it needs: %v", err)
				}
				for _, want := range tt.want {
					if places > 0 && (err == nil || !strings.Contains(err.Error(), want)) {
						t.Errorf("error is %v, want one with %q", err, want)
					}
				}
			}
		})
	}
}

// TestWindowsOfVGG16 is the eDRAM that ISAAC's tiles of 64 KB have to hold: windows
// of 56 to 59 KB where all rows of a layer lie on one tile. A window of 3 × 3 at 16
// bits reaches over two rows and three positions.
func TestWindowsOfVGG16(t *testing.T) {
	source := func(kind string) config.Source { return config.Source{Embedded: configs.Files(), Kind: kind} }
	table, err := config.Load(source("networks"), "vgg-16", nil)
	if err != nil {
		t.Fatal(err)
	}
	net := workloads.ReadNetwork(table)
	chip, err := arch.Load(source("chips"), "isaac-ce", nil)
	if err != nil {
		t.Fatal(err)
	}
	chip.Tile.IMAs, chip.Tile.EDRAM.Bytes = 1<<14, 1<<26
	b, m := mustModel(t, jobOf(t, chip, net, 8), 1)
	want := map[string]int64{ // (2 · width + 3) · channels · 2 bytes
		"conv1_2": (2*224 + 3) * 64 * 2,
		"conv2_2": (2*112 + 3) * 128 * 2,
		"conv3_2": (2*56 + 3) * 256 * 2, "conv3_3": (2*56 + 3) * 256 * 2,
		"conv4_2": (2*28 + 3) * 512 * 2, "conv4_3": (2*28 + 3) * 512 * 2,
	}
	seen := 0
	for i := range m.stores {
		s := &m.stores[i]
		bytes, given := want[b.nodes[s.node].Name]
		if !given || s.teams == nil {
			continue
		}
		seen++
		if got := b.leastInput(s) * s.bits / 8; got != bytes || got < 56<<10 || got > 59<<10 {
			t.Errorf("the window of %s takes %d bytes, want %d, 56 to 59 KB", b.nodes[s.node].Name, got, bytes)
		}
	}
	if seen != len(want) {
		t.Errorf("%d layers seen, want %d", seen, len(want))
	}
}
