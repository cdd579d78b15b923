package timing

import (
	"errors"
	"math"
	"strings"
	"testing"

	"bitline/arch"
)

// TestTimelineIsTheResources: in a window that repeats, the share of each class's
// busiest resource is its peak.
func TestTimelineIsTheResources(t *testing.T) {
	for name, job := range watched(t) {
		timing := simulated(t, job, Options{Timeline: &TimelineOptions{Rows: 1000, Columns: 7}})
		rows := map[[2]string]TimelineRow{}
		for i, r := range timing.Timeline.Rows {
			rows[[2]string{r.Class, r.Layer}] = r
			sum := 0.
			for _, share := range r.Columns {
				sum += share / 7
				if share < 0 || share > 1 {
					t.Errorf("%s: %s is busy for %v of a column", name, r.Path, share)
				}
			}
			if math.Abs(sum-r.Share) > 1e-6 || len(r.Columns) != 7 {
				t.Errorf("%s: %s: the mean of %d columns is %v, want %v", name, r.Path, len(r.Columns), sum, r.Share)
			}
			if i > 0 && r.Share > timing.Timeline.Rows[i-1].Share {
				t.Errorf("%s: row %d is busier than the one before", name, i)
			}
		}
		for _, r := range timing.Resources {
			row := rows[[2]string{r.Class, r.Layer}]
			if math.Abs(row.Share-r.Peak) > 1e-9 || r.Peak > 0 && row.Path != r.PeakAt {
				t.Errorf("%s: %s of %q is busy %v at %s, want %v at %s", name, r.Class, r.Layer, row.Share, row.Path, r.Peak, r.PeakAt)
			}
		}
	}
}

// TestTimelineText is the tiny chip of TestTraceByHand in columns of 5 ns. Images
// are complete at 54 + 30·n, so the window begins at 24 of 30. Shift-and-adds are
// from 16, 26 and 36 on, 4 ns each: 2, 12 and 22 ns into the window, 3 ns in one
// column and 1 in the next. The bus is busy with the output from 40 on, 16 into the
// window, for 4 ns, and from 52 on with the write and the next fetch, 2 ns each,
// the one before the window begins anew and the other after.
func TestTimelineText(t *testing.T) {
	job := jobOf(t, tiny(func(c *arch.Chip) { c.Encoding.InputBits = 3 }), mlp(4, 4), 8)
	timing := simulated(t, job, Options{Timeline: &TimelineOptions{Rows: 3, Columns: 6}})
	var b strings.Builder
	if err := timing.Timeline.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"Busiest resources in a window of 30 ns, 5 ns a column (░ up to 25 %, ▒ 50 %, ▓ 75 %, █ more)\n" +
		"  crossbar of fc1  chip.tile[0].ima[0]       100.0 %  ██████\n" +
		"  shift-and-add of fc1  chip.tile[0].ima[0]   40.0 %  ▓░▓░▓░\n" +
		"  edram port and bus  chip.tile[0].edram      26.7 %  ▒··█·▒\n"
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err := timing.Timeline.WriteText(failing{errors.New("no space left")}); err == nil {
		t.Error("a full disk is no error")
	}
}
