package pipeline

import (
	"fmt"

	"bitline/internal/config"
	"bitline/internal/report"
	"bitline/internal/units"
	"bitline/scheduler"
	"bitline/scheduler/timing"
	"bitline/workloads"
)

// activityKeys is what a job says of the data that a chip's time and energy may
// follow.
type activityKeys struct {
	images             int     // of the test set, whose activity is replayed
	driven, conducting float64 // assumed instead; driven 0 for not assumed
}

func readActivity(t *config.Table) activityKeys {
	return activityKeys{
		images: t.Int("activity_images", 1, 1, 1<<10),
		driven: t.Float("activity", 0, 0, 1), conducting: t.Float("conduction", 1, 0, 1),
	}
}

// followsData says whether the chip's time or energy is that of its data.
func (j *Job) followsData() bool { return j.Chip.TimeFollowsData() || j.Chip.CostFollowsData() }

// assumed is the activity that the job assumes, nil where it does not.
func (j *Job) assumed() *timing.Activity {
	if j.activity.driven == 0 {
		return nil
	}
	return &timing.Activity{Driven: j.activity.driven, Conducting: j.activity.conducting}
}

// record replays the activity of the first test images.
func (j *Job) record(r *scheduler.Replayer, test workloads.Images, plan scheduler.Plan) (*timing.Activity, error) {
	if a := j.assumed(); a != nil {
		return a, nil
	}
	a := &timing.Activity{}
	for i := range min(j.activity.images, test.Len()) {
		record, _, err := r.Record(test.Slice(i, i+1), plan, fmt.Sprintf("test image %d", i))
		if err != nil {
			return nil, err
		}
		a.Records = append(a.Records, record)
	}
	return a, nil
}

// ActivityResult says which data time and energy follow.
type ActivityResult struct {
	Images     []string  `json:"images,omitempty"`     // whose replays they are
	Assumed    float64   `json:"assumed,omitempty"`    // share of wordlines driven, where no images are
	Conducting float64   `json:"conducting,omitempty"` // share of what driven cells could conduct, likewise
	Driven     float64   `json:"driven_share"`         // of wordlines, over all input steps
	Empty      float64   `json:"empty_share"`          // of input steps of arrays, with no wordline driven
	Reads      float64   `json:"reads_per_image"`
	LatencyNS  []float64 `json:"latency_ns"` // of each image
}

func newActivityResult(a *timing.ActivityReport) *ActivityResult {
	if a == nil {
		return nil
	}
	r := &ActivityResult{
		Images: a.Images, Assumed: a.Driven, Conducting: a.Conducting,
		Driven: units.Quotient(a.DrivenWordlines, a.Wordlines), Empty: units.Quotient(a.Empty, a.Steps),
		Reads: float64(a.Reads) / float64(max(1, len(a.Latencies))),
	}
	for _, t := range a.Latencies {
		r.LatencyNS = append(r.LatencyNS, t.Nanoseconds())
	}
	return r
}

// String is the line of the report.
func (r *ActivityResult) String() string {
	of := "assumed"
	if n := len(r.Images); n > 0 {
		of = fmt.Sprintf("of %d replayed test images", n)
	}
	return fmt.Sprintf("%s of the wordlines driven, %s of the input steps of arrays empty, %s", report.Percent(r.Driven), report.Percent(r.Empty), of)
}

// activityText says on which activity time and energy rest.
func (j *Job) activityText() string {
	switch {
	case !j.followsData():
		return activity
	case j.activity.driven > 0:
		return fmt.Sprintf("assumed: every input step drives %s of the wordlines, of whose cells %s conduct", report.Percent(j.activity.driven), report.Percent(j.activity.conducting))
	}
	n := j.activity.images
	if j.Images > 0 {
		n = min(n, j.Images)
	}
	text := "replayed: the first test image"
	if n > 1 {
		text = fmt.Sprintf("replayed: the first %d test images by turns", n)
	}
	if j.Chip.ReplayFollowsChip() {
		return text
	}
	return text + "; the replay itself reads whole arrays at full resolution"
}
