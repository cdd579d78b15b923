package timing

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"bitline/internal/report"
	"bitline/internal/units"
)

// Options say how a simulation is done.
type Options struct {
	// Images is the most images that pass the chip before it must have settled;
	// those of the measured window follow. 0 means 4096.
	Images int
	// InFlight is the most images that are on their way at once; 0 lets in as
	// many as fit into the buffers.
	InFlight int
	// Steady is by what share mean intervals may differ where a pipeline that does
	// not repeat itself is said to have settled; 0 means DefaultSteady.
	Steady float64
	// Exact makes every read, scan and shift-and-add of every array an event, and
	// takes no shortcut. The figures are the same.
	Exact bool
	// Trace, Power and Timeline ask for more than figures; nil means no, and costs
	// nothing. A trace is written in a run of its own once the figures are known;
	// power and timeline take as many images more as the window has, and those
	// that are under way.
	Trace    *TraceOptions
	Power    *PowerOptions
	Timeline *TimelineOptions
	// Critical bounds what Explain looks at.
	Critical CriticalOptions
	// Activity is what of the inputs drives the chip; it is wanted where the chip's
	// time or energy follows the data.
	Activity *Activity
}

// Timing is what a simulation found.
type Timing struct {
	// LatencySingle is the time of one image through an empty chip, from its
	// arrival at the host's port, or its lying ready, to its result there.
	LatencySingle units.Time
	// Interval is the time between images of a settled pipeline,
	// Window/WindowImages rounded half to even.
	Interval units.Time
	// Window is the measured time, in which WindowImages images were completed.
	Window       units.Time
	WindowImages int
	// Repeats says that the window is a whole period of the pipeline: from there
	// on everything repeats. Else its intervals are steady in the mean, within
	// the options' Steady.
	Repeats bool
	// InFlight is the mean number of images of which a part is in the chip and the
	// result is not out, just after each completion in the window.
	InFlight float64
	// Images counts the images that were completed, the window's included.
	Images int
	Events uint64
	// Layers are the actions of one image in each layer on crossbars, PerImage
	// their sum.
	Layers   []Counts
	PerImage Counts
	// Resources are the classes of resources, those of the IMAs layer by layer,
	// over the window.
	Resources []Resource
	// Power and Timeline are nil unless they were asked for.
	Power    *PowerReport
	Timeline *Timeline
	// Activity says what the activity was on which the figures rest; nil where time
	// and energy do not follow the data. Then LatencySingle, Layers and PerImage are
	// means over its images.
	Activity *ActivityReport
	// Rounds are the rounds of a network that runs in several; nil of one that runs
	// in one. The other figures are then those of a batch (see Round).
	Rounds []Round

	bound units.Time // no interval is below it; 0 where none is known
}

// defaultImages bounds a run whose pipeline does not settle.
const defaultImages = 4096

// ErrUnsettled is the cause where no steady interval can be stated.
var ErrUnsettled = errors.New("the pipeline has not settled")

// Simulate runs images through a mapping event by event: one image on an empty
// chip, and a stream of them until the pipeline has settled.
//
// The pipeline has settled when the whole state of the model at the completion of
// an image, but for the numbers of images and the time, is what it was some images
// before: from there on everything repeats. A chip with a crowded network may not
// repeat itself for long. It has settled as well when, but for the options' Steady,
// the mean interval of four images is the time that one of its resources works for
// an image, since none is shorter; or when, after 16 images, the mean interval of the
// last quarter is that of the quarter before and of as many images after. It is
// ErrUnsettled if none of these happens within the options' images.
func Simulate(ctx context.Context, job Job, opts Options) (*Timing, error) {
	if opts.Steady < 0 || opts.Steady > 1 {
		return nil, fmt.Errorf("steady within %g, want 0 (for %g) to 1", opts.Steady, DefaultSteady)
	}
	if opts.Images < 0 || opts.InFlight < 0 {
		return nil, fmt.Errorf("images is %d and in flight %d, want 0 (for %d, and no bound) or more", opts.Images, opts.InFlight, defaultImages)
	}
	if err := errors.Join(opts.Trace.check(), opts.Power.check(), opts.Timeline.check()); err != nil {
		return nil, err
	}
	if n := job.Mapping.Rounds; n > 1 && (opts.Trace != nil || opts.Power != nil || opts.Timeline != nil) {
		return nil, fmt.Errorf("network %s runs on chip %s in %d rounds, want one: a trace, power over time and a timeline are of one pipeline",
			job.Mapping.Network, job.Chip.Name, n)
	}
	b, err := activeBuilder(job, opts.Activity)
	if err == nil && opts.Power != nil && b.stepped() {
		err = errors.New("power over time is asked for, and the reads of a product differ: want a chip without operation units, skipped steps, resolutions by step and energy that follows the data")
	}
	var t *Timing
	switch {
	case err != nil:
	case job.Mapping.Rounds > 1:
		t, err = b.simulateRounds(ctx, opts)
	default:
		t, err = b.simulate(ctx, opts)
	}
	if err != nil {
		return nil, fmt.Errorf("simulating network %s on chip %s: %w", job.Mapping.Network, job.Chip.Name, err)
	}
	return t, nil
}

// simulate runs the image alone, and then the stream.
func (b *builder) simulate(ctx context.Context, opts Options) (*Timing, error) {
	t, bound, err := b.singles(ctx, opts.Exact)
	if err != nil {
		return nil, err
	}
	stream, w, err := b.settled(ctx, opts, bound)
	if err != nil {
		return nil, err
	}
	t.Interval = units.Time(units.MulDiv(int64(w.length), 1, int64(w.images)))
	t.Window, t.WindowImages, t.Repeats, t.Images = w.length, w.images, w.repeats, len(stream.done)
	t.bound = bound
	t.InFlight = float64(w.begun) / float64(w.images)
	t.Events += stream.events()
	t.Resources = b.resources(stream, w)
	settled := stream.engine.Now() - w.length
	if err := b.inspect(ctx, stream, t, opts); err != nil {
		return nil, err
	}
	if opts.Trace != nil {
		return t, b.writeTrace(ctx, opts, settled)
	}
	return t, nil
}

// settled runs a stream of images until it has settled and been measured. No
// interval is below bound, which is 0 where none is known.
func (b *builder) settled(ctx context.Context, opts Options, bound units.Time) (*model, window, error) {
	limit := opts.Images
	if limit == 0 {
		limit = defaultImages
	}
	m, err := b.model(modelOptions{images: endless, ahead: int64(opts.InFlight), exact: opts.Exact})
	if err != nil {
		return nil, window{}, err
	}
	m.start()
	w, err := b.settle(ctx, m, limit, opts.steady(), bound)
	return m, w, err
}

// endless is how many images the source of a stream has: more than may complete
// and be buffered, so that it never runs dry.
const endless = 1 << 32

// window is a measured stretch of a run.
type window struct {
	images  int
	length  units.Time
	repeats bool
	within  float64 // by what share its interval may be another's where it does not repeat itself
	begun   int64   // Σ of the images in flight after each completion
}

// runTo continues until so many images are complete.
func (b *builder) runTo(ctx context.Context, m *model, images int) error {
	if len(m.done) >= images {
		return nil
	}
	m.stopAt = int64(images)
	if err := m.engine.Run(ctx, m); err != nil {
		return err
	}
	if len(m.done) < images {
		return b.deadlock(m, images)
	}
	return nil
}

// settle runs until the state of the model is that of some images before, and
// measures as many images more; or until the interval is the bound's; or until the
// intervals are steady.
func (b *builder) settle(ctx context.Context, m *model, limit int, within float64, bound units.Time) (window, error) {
	var digests []uint64 // after each image
	attempt := trial{bound: bound, within: within}
	for images := 1; images <= limit; images++ {
		if err := b.runTo(ctx, m, images); err != nil {
			return window{}, err
		}
		now := m.digest()
		for p := 1; p <= min(len(digests), maxPeriod); p++ {
			if digests[len(digests)-p] == now {
				return b.measure(ctx, m, window{images: p, repeats: true, within: within})
			}
		}
		digests = append(digests, now)
		if attempt.image(m) {
			return attempt.window, nil
		}
		if n := b.wholeRounds(max(leastSteady/4, images/4)); images >= leastSteady && steady(m.done, n, within) {
			w, err := b.measure(ctx, m, window{images: n, within: within})
			if err != nil || steady(m.done, n, within) {
				return w, err
			}
			images = len(m.done)
			digests, attempt.images = nil, 0
		}
	}
	return window{}, fmt.Errorf("%w after %s, want more of them", ErrUnsettled, report.Counted(len(m.done), "image"))
}

const (
	// maxPeriod is the longest period in images that is looked for: resources may
	// take turns.
	maxPeriod = 256
	// leastSteady is after how many images intervals may be called steady.
	leastSteady = 16
	// DefaultSteady is by what share two mean intervals may differ where nothing
	// says otherwise.
	DefaultSteady = 0.005
)

func (o *Options) steady() float64 { return cmp.Or(o.Steady, DefaultSteady) }

// steady says whether the mean of the last n intervals is that of the n before,
// within a share.
func steady(done []units.Time, n int, within float64) bool {
	if len(done) <= 2*n {
		return false
	}
	last := len(done) - 1
	now, before := done[last]-done[last-n], done[last-n]-done[last-2*n]
	return max(now-before, before-now) <= units.Time(within*float64(now))
}

// measure runs on by the images of a window.
func (b *builder) measure(ctx context.Context, m *model, w window) (window, error) {
	m.resetUse()
	from := len(m.done)
	for i := range w.images {
		if err := b.runTo(ctx, m, from+i+1); err != nil {
			return window{}, err
		}
		w.begun += m.inFlight()
	}
	w.length = m.done[from+w.images-1] - m.done[from-1]
	return w, nil
}
