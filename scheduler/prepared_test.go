package scheduler

import (
	"context"
	"reflect"
	"sync"
	"testing"

	"bitline/crossbar"
)

// A Replayer that is used at two resolutions, from two goroutines at once, gives
// what Replayers of their own give: also where the cells depend on resolutions.
func TestReplayerIsReused(t *testing.T) {
	plans := []Plan{
		{Bits: [][]int{{3, 3, 3, 2}, {4, 3, 3, 3}}, Statistics: crossbar.Clips},
		{Bits: [][]int{{6, 6, 6, 6}, {6, 6, 6, 6}}, Statistics: crossbar.Sums},
		{Bits: [][]int{{5, 4, 4, 3}, {5, 5, 5, 5}}, Statistics: crossbar.Clips, NoReference: true},
	}
	for _, signed := range []crossbar.Signed{crossbar.Differential, crossbar.DifferentialAnalog, crossbar.OffsetFlip} {
		t.Run(string(signed), func(t *testing.T) {
			e := crossbar.DefaultEncoding()
			e.Signed = signed
			model, images := smallModel(t, e.MagnitudeBits())
			newReplayer := func() *Replayer {
				r, err := NewReplayer(replayChip(e, 9), model)
				if err != nil {
					t.Fatal(err)
				}
				return r
			}
			shared := newReplayer()
			got := make([]*Replay, 2*len(plans))
			var wait sync.WaitGroup
			for i := range got {
				wait.Go(func() {
					var err error
					if got[i], err = shared.Run(context.Background(), images, plans[i%len(plans)], nil); err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			for i := range got {
				want, err := newReplayer().Run(context.Background(), images, plans[i%len(plans)], nil)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got[i], want) {
					t.Errorf("run %d: a shared Replayer gives %+v, one of its own %+v", i, got[i], want)
				}
			}
			if reflect.DeepEqual(got[0].Layers[0].Stats, got[2].Layers[0].Stats) {
				t.Error("two resolutions give one statistics, so the test shows little")
			}
		})
	}
}

// Layers are laid out once, except where OffsetFlip lays them out by resolution.
func TestProgramOnce(t *testing.T) {
	for _, c := range []struct {
		signed crossbar.Signed
		same   bool
	}{{crossbar.Differential, true}, {crossbar.OffsetUnitColumn, true}, {crossbar.OffsetFlip, false}} {
		e := crossbar.DefaultEncoding()
		e.Signed = c.signed
		model, _ := smallModel(t, e.MagnitudeBits())
		r, err := NewReplayer(replayChip(e, 9), model)
		if err != nil {
			t.Fatal(err)
		}
		first, err := r.program(1, []int{3, 3, 3, 3})
		if err != nil {
			t.Fatal(err)
		}
		second, err := r.program(1, []int{9, 9, 9, 9})
		if err != nil {
			t.Fatal(err)
		}
		if got := first == second; got != c.same {
			t.Errorf("%s: one layout at two resolutions: %t, want %t", c.signed, got, c.same)
		}
	}
}

// A prepared replay that runs twice finds the classes again, and counts both runs.
func TestPreparedRunsTwice(t *testing.T) {
	model, images := residualModel(t)
	r, err := NewReplayer(replayChip(crossbar.DefaultEncoding(), 3), model)
	if err != nil {
		t.Fatal(err)
	}
	bits, err := r.Bits(context.Background(), images)
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.prepare(images, []Plan{{Bits: bits, Statistics: crossbar.Clips}})
	if err != nil {
		t.Fatal(err)
	}
	var runs [2]*Replay
	for i := range runs {
		replays, err := p.run(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		runs[i] = replays[0]
	}
	if !reflect.DeepEqual(runs[0].Classes, runs[1].Classes) || runs[0].CorrectExact != runs[1].CorrectExact {
		t.Errorf("classes are %v, then %v, want the same", runs[0].Classes, runs[1].Classes)
	}
	for i, l := range runs[0].Layers {
		twice := l.Stats
		twice.Add(l.Stats)
		if !reflect.DeepEqual(runs[1].Layers[i].Stats, twice) {
			t.Errorf("layer %s: statistics of two runs are not twice those of one", l.Name)
		}
	}
}
