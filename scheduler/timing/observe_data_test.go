package timing

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"bitline/adc"
	"bitline/arch"
	"bitline/internal/units"
	"bitline/scheduler"
)

// TestTracesWhereReadsDiffer: traces are those of exact runs, and timelines are the
// resources', where products follow the data or their steps differ.
func TestTracesWhereReadsDiffer(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for name, change := range map[string]func(*arch.Chip){
		"steps skipped":           func(c *arch.Chip) { c.SkipEmpty = arch.SkipByArray },
		"steps skipped by all":    func(c *arch.Chip) { c.SkipEmpty = arch.SkipByProduct },
		"operation units":         func(c *arch.Chip) { c.Crossbar.UnitRows, c.Crossbar.UnitColumns, c.ADC.PerIMA = 3, 2, 2 },
		"operation units in turn": func(c *arch.Chip) { c.Crossbar.UnitRows, c.ADC.PerIMA, c.ADC.Arbitration = 2, 1, adc.RoundRobin },
		"resolutions by step":     func(c *arch.Chip) { c.ADC.ByStep = [][]int{{3}, {8}, {2}} },
	} {
		t.Run(name, func(t *testing.T) {
			chip := tiny(func(c *arch.Chip) {
				c.Encoding.InputBits, c.Crossbar.Wordlines, c.Tile.EDRAM.Bytes, c.Tile.MaxPool.Count, c.Tile.MaxPool.Rate = 3, 8, 64, 1, units.Gigahertz
				change(c)
			})
			job := jobOf(t, chip, branched(), 8)
			record := recordOf(job, func(_, _, _, _ int) int { return rng.IntN(4) })
			opts := Options{Activity: &Activity{Records: []*scheduler.Record{record}}}
			exact := opts
			exact.Exact = true
			for _, o := range []TraceOptions{{To: 900 * ns}, {From: 333 * ns, To: 2 * units.Microsecond}} {
				got := trace(t, job, opts, o)
				if want := trace(t, job, exact, o); !bytes.Equal(got, want) {
					t.Errorf("%v to %v: %s", o.From, o.To, firstDifference(got, want))
				}
				if spans, _ := checkTrace(t, parseTrace(t, got).TraceEvents, o.From, o.To); spans < 100 {
					t.Errorf("%d spans", spans)
				}
			}
			opts.Timeline = &TimelineOptions{Rows: 1000}
			timing := simulated(t, job, opts)
			rows := map[[2]string]TimelineRow{}
			for _, r := range timing.Timeline.Rows {
				rows[[2]string{r.Class, r.Layer}] = r
			}
			for _, r := range timing.Resources {
				if row := rows[[2]string{r.Class, r.Layer}]; timing.Repeats && math.Abs(row.Share-r.Peak) > 1e-9 {
					t.Errorf("%s of %q is busy %v, want %v", r.Class, r.Layer, row.Share, r.Peak)
				}
			}
			opts.Power = &PowerOptions{}
			if _, err := Simulate(context.Background(), job, opts); err == nil || !strings.Contains(err.Error(), "the reads of a product differ") {
				t.Errorf("power: error is %v, want one of the reads", err)
			}
		})
	}
}
