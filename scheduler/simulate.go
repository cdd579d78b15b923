package scheduler

import (
	"context"
	"errors"
	"fmt"

	"bitline/arch"
	"bitline/internal/units"
)

// Options say how far a simulation goes.
type Options struct {
	// Images is the most images that pass the chip before it must have settled;
	// those of the measured window follow. 0 means 4096.
	Images int
}

// Timing is what a simulation found.
type Timing struct {
	// LatencySingle is the time of one image through an empty chip, from its
	// lying in the eDRAM of the first layer to its result in that of the last.
	LatencySingle units.Time
	// Interval is the time between images of a settled pipeline,
	// Window/WindowImages rounded half to even.
	Interval units.Time
	// Window is the measured time, in which WindowImages images were completed
	// and every resource did the work of as many: a period of the pipeline.
	Window       units.Time
	WindowImages int
	// Images counts the images that were completed, the window's included.
	Images int
	Events uint64
	// Layers are the actions of one image in each layer, PerImage their sum.
	Layers   []Counts
	PerImage Counts
	// Resources are the classes of resources, those of the IMAs layer by layer,
	// over the window.
	Resources []Resource
}

// defaultImages bounds a run whose pipeline does not settle.
const defaultImages = 4096

// ErrUnsettled is the cause where no steady interval can be stated.
var ErrUnsettled = errors.New("the pipeline has not settled")

// Simulate runs images through a mapping event by event: one image on an empty
// chip, and a stream of them until the pipeline has settled. bits holds the
// resolution of each layer and slice, least significant first.
//
// The rule of settling: the last gaps between completed images repeat with some
// period p, at least two periods and four gaps of them; then p or a small multiple
// of p images more are measured, whose gaps must be the same and in which every
// resource must do exactly the work of as many. A pipeline whose buffers still
// fill does not pass. It is ErrUnsettled if no such p is found within the options' images.
//
// Only layers that are applied once an image can be timed. Images lie ready in
// the eDRAM of the first layer's tiles as fast as there is room, and results
// leave that of the last as they come: links to the outside are not modelled.
func Simulate(ctx context.Context, chip *arch.Chip, mapping *Mapping, bits [][]int, opts Options) (*Timing, error) {
	if opts.Images < 0 {
		return nil, fmt.Errorf("images is %d, want 0 (for %d) or more", opts.Images, defaultImages)
	}
	b, err := newBuilder(chip, mapping, bits)
	if err != nil {
		return nil, fmt.Errorf("simulating network %s on chip %s: %w", mapping.Network, chip.Name, err)
	}
	t, err := b.simulate(ctx, opts)
	if err != nil {
		return nil, fmt.Errorf("simulating network %s on chip %s: %w", mapping.Network, chip.Name, err)
	}
	return t, nil
}

func (b *builder) simulate(ctx context.Context, opts Options) (*Timing, error) {
	single, err := b.model(1)
	if err != nil {
		return nil, err
	}
	single.start()
	if err := single.runTo(ctx, 1); err != nil {
		return nil, err
	}
	limit := opts.Images
	if limit == 0 {
		limit = defaultImages
	}
	stream, err := b.model(endless)
	if err != nil {
		return nil, err
	}
	stream.start()
	w, err := stream.settle(ctx, single, limit)
	if err != nil {
		return nil, err
	}
	t := &Timing{
		LatencySingle: single.done[0],
		Interval:      units.Time(units.MulDiv(int64(w.length), 1, int64(w.images))),
		Window:        w.length, WindowImages: w.images,
		Images: len(stream.done), Events: single.engine.Events() + stream.engine.Events(),
		Resources: b.resources(stream, w.length),
	}
	for k := range single.layers {
		c := b.counts(single, int32(k))
		t.Layers = append(t.Layers, c)
		t.PerImage.add(&c)
	}
	return t, nil
}

// endless is how many images the source of a stream has: more than may complete
// and be buffered, so that it never runs dry.
const endless = 1 << 40

// window is a measured stretch of a run.
type window struct {
	images int
	length units.Time
}

// runTo continues until so many images are complete.
func (m *model) runTo(ctx context.Context, images int) error {
	if len(m.done) >= images {
		return nil
	}
	m.stopAt = int64(images)
	if err := m.engine.Run(ctx, m); err != nil {
		return err
	}
	if len(m.done) < images {
		return fmt.Errorf("nothing more can happen after %d of %d images: a fault of the model", len(m.done), images)
	}
	return nil
}

// settle runs until a whole period has been measured.
func (m *model) settle(ctx context.Context, single *model, limit int) (window, error) {
	for target := min(8, limit); ; target = min(2*max(target, len(m.done)), limit) {
		if err := m.runTo(ctx, target); err != nil {
			return window{}, err
		}
		if p := period(m.done); p > 0 {
			w, err := m.measure(ctx, single, p)
			if err != nil || w.images > 0 {
				return w, err
			}
		}
		if target == limit {
			return window{}, fmt.Errorf("%w after %d images, want more of them", ErrUnsettled, len(m.done))
		}
	}
}

// maxPeriods is how many periods of the output are measured at most: resources
// may take turns, so that their work repeats less often than the output.
const maxPeriods = 16

// measure runs on by whole periods of p images until every resource has done the
// work of as many. The window is empty if that does not happen.
func (m *model) measure(ctx context.Context, single *model, p int) (window, error) {
	m.resetUse()
	from := len(m.done)
	for images := p; images <= maxPeriods*p; images += p {
		if err := m.runTo(ctx, from+images); err != nil {
			return window{}, err
		}
		if !sameGaps(m.done, p, p) {
			break
		}
		if m.workOf(int64(images), single) {
			return window{images: images, length: m.done[from+images-1] - m.done[from-1]}, nil
		}
	}
	return window{}, nil
}

// period is the smallest number of images with which the last gaps between
// completions repeat, over two periods and four gaps at least; 0 if there is none.
func period(done []units.Time) int {
	for p := 1; ; p++ {
		count := max(2*p, 4)
		if count+p > len(done)-1 {
			return 0
		}
		if sameGaps(done, p, count) {
			return p
		}
	}
}

// sameGaps says whether the last count gaps are those of p images before.
func sameGaps(done []units.Time, p, count int) bool {
	for i := len(done) - count; i < len(done); i++ {
		if done[i]-done[i-1] != done[i-p]-done[i-p-1] {
			return false
		}
	}
	return true
}

// ADCGain is what resolutions other than the rate's brought to a network.
type ADCGain struct {
	// Scan is how many times less converter time an image takes than with every
	// converter at rate_bits.
	Scan float64
	// Interval and Latency are how many times shorter those are: what of the
	// faster converters arrived.
	Interval, Latency float64
}

// CompareADC simulates a mapping a second time with every converter at the
// resolution of its rate and says what the resolutions behind t gained.
func CompareADC(ctx context.Context, chip *arch.Chip, mapping *Mapping, t *Timing, opts Options) (ADCGain, error) {
	bits := make([][]int, len(mapping.Layers))
	for i := range bits {
		bits[i] = make([]int, chip.Slicing().Count)
		for k := range bits[i] {
			bits[i][k] = chip.ADC.RateBits
		}
	}
	full, err := Simulate(ctx, chip, mapping, bits, opts)
	if err != nil {
		return ADCGain{}, err
	}
	return ADCGain{
		Scan:     float64(full.PerImage.ScanTime) / float64(t.PerImage.ScanTime),
		Interval: float64(full.Interval) / float64(t.Interval),
		Latency:  float64(full.LatencySingle) / float64(t.LatencySingle),
	}, nil
}
