package timing

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
)

// TestExactEqualsDefault: the shortcuts give every figure of the run in which each
// read, scan and shift-and-add is an event.
func TestExactEqualsDefault(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 300 {
		chip, net, bits := randomCase(rng)
		compareExact(t, i, jobOf(t, chip, net, bits), Options{})
	}
}

// TestExactEqualsDefaultOnWholeChips has every kind of layer and of network between
// tiles, and half of the time an eDRAM that is hardly larger than it must be.
func TestExactEqualsDefaultOnWholeChips(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const cases = 800
	simulated := 0
	for i := range cases {
		job := randomJob(t, rng)
		if rng.IntN(2) == 0 {
			job.Chip.Tile.EDRAM.Bytes = leastBytes(t, job) + rng.IntN(3)*rng.IntN(20)
		}
		if compareExact(t, i, job, Options{InFlight: rng.IntN(3)}) {
			simulated++
		}
	}
	if simulated < cases-cases/50 {
		t.Errorf("%d of %d cases have settled, want nearly all", simulated, cases)
	}
}

// compareExact says whether the job could be simulated.
func compareExact(t *testing.T, i int, job Job, opts Options) bool {
	t.Helper()
	got, err := Simulate(context.Background(), job, opts)
	opts.Exact = true
	want, wantErr := Simulate(context.Background(), job, opts)
	if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
		t.Errorf("case %d: error is %v, exactly %v\n%s", i, err, wantErr, tellJob(job))
	}
	if err != nil || wantErr != nil {
		if !errors.Is(err, ErrUnsettled) {
			t.Errorf("case %d: %v\n%s", i, err, tellJob(job))
		}
		return false
	}
	got.Events, want.Events = 0, 0
	got.Images, want.Images = 0, 0 // settling may be noticed at another image
	if reflect.DeepEqual(got, want) {
		return true
	}
	t.Errorf("case %d: latency %v and %v, interval %v and %v of %d and %d images\n%s", i, got.LatencySingle, want.LatencySingle,
		got.Interval, want.Interval, got.WindowImages, want.WindowImages, tellJob(job))
	for k := range min(len(got.Resources), len(want.Resources)) {
		if got.Resources[k] != want.Resources[k] {
			t.Errorf("%+v\nwant %+v", got.Resources[k], want.Resources[k])
		}
	}
	return true
}
