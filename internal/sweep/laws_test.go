package sweep

import (
	"context"
	"sync/atomic"
	"testing"

	"bitline/adc"
	"bitline/internal/pipeline"
	"bitline/scheduler"
)

// countdown is a context that ends when it has been asked so many times whether it
// has.
type countdown struct {
	context.Context
	left atomic.Int64
}

func (c *countdown) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// byLaw is two points of shapes alone under every law, of which the survey is not
// defined at 3 bits.
const byLaw = `
name = "by-law"
job  = "quickstart"
set  = ["data.set=none"]
laws = true

[[axis]]
key    = "adc.bits"
values = [3, 8]
`

// A sweep under all laws that is stopped at any moment, between two laws too, and goes
// on ends in the bytes of one that nobody stopped: a point is recorded with the
// figures of all its laws or not at all.
func TestLawsStopped(t *testing.T) {
	p := planOf(t, byLaw)
	whole := t.TempDir()
	if err := runPlan(t.Context(), t, p, whole, Whole, nil); err != nil {
		t.Fatal(err)
	}
	want := csvIn(t, whole)
	for asked := int64(0); ; asked++ {
		dir := t.TempDir()
		ctx := &countdown{Context: t.Context()}
		ctx.left.Store(asked)
		stopped := runPlan(ctx, t, p, dir, Whole, nil)
		if err := runPlan(t.Context(), t, p, dir, Whole, nil); err != nil {
			t.Fatal(err)
		}
		if got := csvIn(t, dir); got != want {
			t.Fatalf("stopped when asked %d times, the records are\n%s\nwant\n%s", asked, got, want)
		}
		if stopped == nil {
			if asked < 2*int64(len(adc.Laws())) {
				t.Errorf("a run asks %d times whether it is stopped, want it to at every law of two points", asked)
			}
			return
		}
	}
}

// A point has no figures under a law that is not defined at its resolutions, and
// whatever else a law comes to is not taken for that.
func TestUnderLaws(t *testing.T) {
	for _, c := range []struct {
		name string
		sets []string
		want map[adc.Law]bool // whether it has figures
	}{
		{"8 bits", []string{"adc.bits=8"}, map[adc.Law]bool{adc.PowerLaw: true, adc.Linear: true, adc.Survey: true}},
		{"3 bits", []string{"adc.bits=3"}, map[adc.Law]bool{adc.PowerLaw: true, adc.Linear: true, adc.Survey: false}},
		{"one slice of 3 bits", []string{"adc.bits=[8,8,8,3]"}, map[adc.Law]bool{adc.PowerLaw: true, adc.Survey: false}},
		{"the lowest step at 3 bits", []string{"adc.bits=8", "adc.bits_by_step=[3,8,8,8,8,8,8,8]"}, map[adc.Law]bool{adc.PowerLaw: true, adc.Survey: false}},
		{"the lowest step not at all", []string{"adc.bits=8", "adc.bits_by_step=[0,8,8,8,8,8,8,8]"}, map[adc.Law]bool{adc.PowerLaw: true, adc.Survey: true}},
	} {
		job, err := pipeline.LoadJob("quickstart", append([]string{"data.set=none", "simulate.activity=1"}, c.sets...))
		if err != nil {
			t.Fatal(err)
		}
		point := task{job: job}
		if point.mapping, err = scheduler.Map(job.Chip, job.Network); err != nil {
			t.Fatal(err)
		}
		all, err := pipeline.Compute(t.Context(), pipeline.Host{}, []*pipeline.Job{job})
		if err != nil || all[0].Err != nil {
			t.Fatal(err, all[0].Err)
		}
		figures, err := point.underLaws(t.Context(), all[0].Values, nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for law, want := range c.want {
			for _, f := range figures {
				if f.Name == LawColumn("energy_pj", law) && law != job.Chip.ADC.Law && (f.Value != nil) != want {
					t.Errorf("%s: %s is %v, want figures: %t", c.name, f.Name, f.Value, want)
				}
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := point.underLaws(ctx, all[0].Values, nil); err == nil {
			t.Errorf("%s: no error from laws that are stopped", c.name)
		}
	}
}
