package timing

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"bitline/scheduler"
	"bitline/scheduler/sim"
)

// TestConservationOnWholeChips compares the counts of random networks on random
// chips with what a census over network and mapping finds.
func TestConservationOnWholeChips(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	for i := range 400 {
		job := randomJob(t, rng)
		got, err := Simulate(context.Background(), job, Options{})
		if err != nil {
			t.Fatalf("case %d: %v\n%s", i, err, tellJob(job))
		}
		want, c := mustWalk(t, job).want, got.PerImage
		// Times and transfers are not walked.
		have := Counts{
			Reads: c.Reads, Drives: c.Drives, Latches: c.Latches, Conversions: c.Conversions, UnitConversions: c.UnitConversions, Codes: c.Codes,
			FetchBits: c.FetchBits, OutputBits: c.OutputBits, WriteBits: c.WriteBits, RouterBits: c.RouterBits,
			TileSums: c.TileSums, Activations: c.Activations, Pooled: c.Pooled, HostTransfers: c.HostTransfers,
		}
		if have != want {
			t.Errorf("case %d: counts are\n%+v, want\n%+v\n%s", i, have, want, tellJob(job))
		}
		for _, r := range got.Resources {
			if overworked(r) {
				t.Errorf("case %d: %+v, repeats: %t", i, r, got.Repeats)
			}
		}
	}
}

// witness lets a model run and counts what happens to each position of each image.
type witness struct {
	m        *model
	written  map[[3]int64]int // store, value of an image, position through all images
	products map[[3]int64]int // kind of event, team or copy
	last     sim.Event
	t        *testing.T
}

func (w *witness) Handle(e sim.Event) {
	if e.Time < w.last.Time {
		w.t.Errorf("event %+v comes after %+v", e, w.last)
	}
	w.last = e
	switch e.Kind {
	case writeEnd:
		w.written[[3]int64{int64(e.A), int64(e.B), e.C}]++
	case fetchEnd, productEnd, outputLeft, activationEnd, outputEnd, resultArrive:
		w.products[[3]int64{int64(e.Kind), int64(e.A)}]++
	}
	w.m.Handle(e)
}

// TestEveryPositionOnce runs images to their end and looks at every event: each
// position of each image is written once wherever it is needed, each product
// happens once in each of its teams, and nothing is left over.
func TestEveryPositionOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 24))
	const images = 3
	for i := range 200 {
		job := randomJob(t, rng)
		job.Chip.Tile.EDRAM.Bytes = leastBytes(t, job) + rng.IntN(2)*100
		b, err := newBuilder(job)
		if err != nil {
			t.Fatal(err)
		}
		m, err := b.model(modelOptions{images: images, exact: rng.IntN(2) == 0})
		if err != nil {
			t.Fatal(err)
		}
		w := &witness{m: m, written: map[[3]int64]int{}, products: map[[3]int64]int{}, t: t}
		m.start()
		if err := m.engine.Run(context.Background(), w); err != nil {
			t.Fatal(err)
		}
		if len(m.done) != images || m.engine.Pending() != 0 {
			t.Fatalf("case %d: %d images are done and %d events pending, want %d and none\n%s", i, len(m.done), m.engine.Pending(), images, tellJob(job))
		}
		for k, n := range w.written {
			if n != 1 {
				t.Errorf("case %d: %v is written %d times", i, k, n)
			}
		}
		checkStores(t, i, w, images)
		checkProducts(t, i, w, images)
	}
}

func checkStores(t *testing.T, i int, w *witness, images int64) {
	t.Helper()
	values := map[int64]int64{}
	for k := range w.written {
		values[k[0]]++
	}
	for k := range w.m.stores {
		s := &w.m.stores[k]
		want := images * int64(len(s.positions))
		if s.emitter >= 0 {
			want = images * int64(len(s.start)-1)
		} else if f := &w.m.flows[s.flow]; f.emitter == nil && w.m.hostBits == nil {
			want = 0 // of an image that lies ready
		}
		if values[int64(k)] != want {
			t.Errorf("case %d: store %d is written %d values, want %d", i, k, values[int64(k)], want)
		}
		if s.arrived != images*s.perImage || s.freed != s.arrived && s.perImage > 0 && s.teams == nil || len(s.waiting) > 0 {
			t.Errorf("case %d: store %d has %d entries and %d freed at the end, want %d", i, k, s.arrived, s.freed, images*s.perImage)
		}
		for _, n := range s.parts {
			if n != 0 {
				t.Errorf("case %d: store %d holds a part of an entry at the end", i, k)
			}
		}
	}
}

func checkProducts(t *testing.T, i int, w *witness, images int64) {
	t.Helper()
	for k := range w.m.teams {
		want := int(images * int64(len(w.m.teams[k].need)))
		for _, kind := range []uint8{fetchEnd, productEnd, outputLeft} {
			if got := w.products[[3]int64{int64(kind), int64(k)}]; got != want {
				t.Errorf("case %d: event %d of team %d happens %d times, want %d", i, kind, k, got, want)
			}
		}
	}
	for k := range w.m.copies {
		e := &w.m.emitters[k]
		want := images * e.perImage
		if got := w.products[[3]int64{int64(activationEnd), int64(k)}]; int64(got) != want || e.written != want || e.writing != want {
			t.Errorf("case %d: copy %d activates %d and writes %d positions, want %d", i, k, got, e.written, want)
		}
	}
}

// TestSameBytesTwice maps and simulates random jobs twice.
func TestSameBytesTwice(t *testing.T) {
	rng := rand.New(rand.NewPCG(25, 26))
	for i := range 60 {
		job := randomJob(t, rng)
		var first string
		for range 2 {
			m, err := scheduler.Map(job.Chip, job.Network)
			if err != nil {
				t.Fatal(err)
			}
			job.Mapping = m
			got, err := Simulate(context.Background(), job, Options{})
			if err != nil {
				t.Fatalf("case %d: %v\n%s", i, err, tellJob(job))
			}
			text, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			if first == "" {
				first = string(text)
			} else if string(text) != first {
				t.Errorf("case %d: a second run gives\n%s, the first\n%s", i, text, first)
			}
		}
	}
}
