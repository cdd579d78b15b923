package timing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"bitline/arch"
	"bitline/internal/units"
	"bitline/workloads"
)

// CriticalOptions bound what Explain looks at.
type CriticalOptions struct {
	// Events is after how many simulated events no more changes are simulated; 0
	// means 200 million. What has been started is finished.
	Events uint64
}

// defaultEvents is about half a minute on two cores.
const defaultEvents = 200e6

// Explanation says what bounds the interval of a settled pipeline, and what would
// change it.
type Explanation struct {
	// Interval is the time between images, as in Timing.
	Interval units.Time
	Cycle    Cycle
	// Rows are the classes of resources, the largest share of the cycle first, and
	// after them those of single layers.
	Rows []Row
	// More are the gains of what is no resource: room in the eDRAMs.
	More []Gain
	// Simulations counts those of changed chips, Events theirs. Complete says
	// that there was no need to stop before everything was answered.
	Simulations int
	Events      uint64
	Complete    bool
}

// Cycle is a chain of services and hand-overs, each of which begins when the one
// before ends, and of which the last lets the first begin again: an image cannot
// take less time than it. Where several cycles are as long, it is one of them.
type Cycle struct {
	// Closed says that the way back from the last result came round to where it
	// was some periods before. Otherwise the pipeline does not repeat itself, and
	// the cycle is the way back over the measured window.
	Closed bool
	// Length is the time once round, in which Images images pass.
	Length units.Time
	Images int64
	// Parts are what the length consists of, the longest first.
	Parts []Part
	// Hands are how often a hand-over closes the way: something becomes free.
	Hands []Hand
}

// Part is the time of a cycle that a resource takes for a layer.
type Part struct {
	Class, Layer string
	// At names the tile or link; it is empty for stages.
	At       string
	Services int64
	Time     units.Time
}

// Hand is a kind of hand-over and how often it is on a cycle.
type Hand struct {
	Name  string
	Times int64
}

// Row is what a class of resources has to do with the interval: of the whole
// system, or of one layer.
type Row struct {
	Class string
	Layer string // "" is all
	// Share is the part of the cycle that the class takes, 0 to 1. Where no other
	// cycle is as long, it is the derivative of the interval's logarithm with
	// respect to that of the time of the class's services.
	Share float64
	// Services is how many there are on the cycle, an image: the derivative of the
	// interval with respect to a time by which each service becomes longer.
	Services float64
	// Slack is how much longer each service may take before the interval grows.
	Slack Slack
	// TwiceRate is the gain when the class is twice as fast, HalfRate when it is
	// half as fast (and less than 0), TwiceCount when there are twice as many, for
	// channels twice as wide. More are the gains of twice as fast parts of it.
	TwiceRate, HalfRate, TwiceCount Gain
	More                            []Gain

	index int // of the layer on crossbars; −1 for all
}

// Slack is bracketed by simulations: with services longer by AtLeast the interval
// is what it was, with services longer by Below it has grown. They differ by 1 fs
// on a small network, and on a larger one where that was found on the way.
//
// Where longer services come in another order than before, the interval may grow
// and become what it was again; then it is one of the times between which it grows
// that is found, and not always the first.
type Slack struct {
	AtLeast units.Time
	// Below is 0 where no time was found to be too long.
	Below units.Time
	Known bool
}

// Gain is what a change of a chip is worth.
type Gain struct {
	// Key is that of the chip's file, or those. It is empty where there is none.
	Key string
	// Gain is by which part more images pass, 0 for none. It is 0 unless Known.
	Gain  float64
	Known bool
	// AtMost bounds the gain if nothing but the class becomes faster, and the
	// order of services remains.
	AtMost float64
	// Why says why it is not known.
	Why string
}

// Explain says what bounds the interval that a simulation has found: it follows
// the causes back from the last result to the critical cycle, and simulates the
// job with its resources changed one after the other, on all processors. t is the
// job's Timing with the same options.
//
// The cycle, its parts and the derivatives are exact where the pipeline repeats
// itself. So are gains and slacks, stages' rounding and the order in which
// resources serve included, as each has been simulated; slacks where it repeats
// itself to the femtosecond. On a large network not everything may be answered
// within the options' events.
func Explain(ctx context.Context, job Job, t *Timing, opts Options) (*Explanation, error) {
	if job.Mapping.Rounds > 1 {
		return nil, fmt.Errorf("explaining network %s on chip %s: it runs in %d rounds, want one: no interval is settled in several",
			job.Mapping.Network, job.Chip.Name, job.Mapping.Rounds)
	}
	if err := CheckExplained(job.Chip); err != nil {
		return nil, fmt.Errorf("explaining network %s: %w", job.Mapping.Network, err)
	}
	opts.Exact = false // the figures are the same
	e, err := explain(ctx, job, t, opts)
	if err != nil {
		return nil, fmt.Errorf("explaining network %s on chip %s: %w", job.Mapping.Network, job.Chip.Name, err)
	}
	return e, nil
}

// CheckExplained is an error if a chip's interval cannot be explained.
func CheckExplained(chip *arch.Chip) error {
	if chip.TimeFollowsData() {
		return fmt.Errorf("the time of chip %s follows the data, want one whose products of a layer all take the same: no cycle bounds the interval of different images", chip.Name)
	}
	return nil
}

func explain(ctx context.Context, job Job, t *Timing, opts Options) (*Explanation, error) {
	b, err := activeBuilder(job, opts.Activity)
	if err != nil {
		return nil, err
	}
	base, m := b.stream(ctx, opts, t.bound)
	if base.err != nil {
		return nil, base.err
	}
	if base.window.length != t.Window || base.window.images != t.WindowImages {
		return nil, errors.New("the timing given is of another job, or of other options")
	}
	x := &explainer{Job: job, b: b, base: base, limits: b.limits(m, base.window.length), Explanation: Explanation{Interval: t.Interval}}
	if x.base.cycle, err = b.critical(ctx, m, base.window); err != nil {
		return nil, err
	}
	x.describe(m)
	x.addRows(t)
	limit := budget{events: opts.Critical.Events, each: base.events}
	if limit.events == 0 {
		limit.events = defaultEvents
	}
	x.Simulations, x.Events, x.Complete, err = answer(ctx, x.searches(), opts, limit)
	return &x.Explanation, err
}

// explainer makes an explanation.
type explainer struct {
	Job
	Explanation
	b    *builder
	base probed
	// limits are how much longer the services of a class, and of a layer's class,
	// can be at most, because a resource is then always busy.
	limits map[[2]string]units.Time
}

// limits works out how long each class of resources would idle for each of its
// services.
func (b *builder) limits(m *model, window units.Time) map[[2]string]units.Time {
	limits := map[[2]string]units.Time{}
	lower := func(k [2]string, t units.Time) {
		if known, ok := limits[k]; !ok || t < known {
			limits[k] = max(t, 0)
		}
	}
	b.eachStation(m, func(s station) {
		if s.use.Jobs > 0 { // a resource that is busy all the time bounds the interval
			idle := (units.Time(s.servers)*window - s.use.Busy) / units.Time(s.use.Jobs)
			lower([2]string{s.class, ""}, idle)
			lower([2]string{s.class, s.layer}, idle)
		}
	})
	return limits
}

// describe puts the cycle into words.
func (x *explainer) describe(m *model) {
	y := x.base.cycle
	c := Cycle{Closed: y.closed, Length: y.length, Images: y.images}
	for _, k := range y.keys() {
		p := Part{Class: reasonClass[k.on], Layer: x.Mapping.Layers[k.layer].Name, Services: y.parts[k].times, Time: y.parts[k].time}
		switch k.on {
		case onLink, onIO, onHop:
			p.At = m.net.name(k.place)
		case onHost:
			p.At = "host"
		case onStage:
		default:
			p.At = x.b.tilePath(int(k.place))
		}
		c.Parts = append(c.Parts, p)
	}
	slices.SortStableFunc(c.Parts, func(a, b Part) int { return cmp.Compare(b.Time, a.Time) })
	for h, n := range y.hands {
		if n > 0 && hand(h) != noHand {
			c.Hands = append(c.Hands, Hand{handName[h], n})
		}
	}
	x.Cycle = c
}

// addRows makes a row of every class that has work, and of those of layers.
func (x *explainer) addRows(t *Timing) {
	row := func(class, layer string, index int) Row {
		times, time := x.base.cycle.services(class, index)
		whole := float64(x.Cycle.Length) / float64(x.Cycle.Images)
		return Row{Class: class, Layer: layer, Share: time / whole, Services: times, index: index}
	}
	var rows, layers []Row
	for _, r := range t.Resources {
		if len(rows) == 0 || !slices.ContainsFunc(rows, func(o Row) bool { return o.Class == r.Class }) {
			rows = append(rows, row(r.Class, "", -1))
		}
		if r.Layer != "" && len(x.Mapping.Layers) > 1 {
			layers = append(layers, row(r.Class, r.Layer, x.layer(r.Layer)))
		}
	}
	if x.Chip.NoC.Hop > 0 || x.Chip.IO.Hop > 0 {
		rows = append(rows, row(ClassHop, "", -1))
	}
	if x.Chip.Stage > 0 {
		rows = append(rows, row(ClassStage, "", -1))
	}
	byShare := func(a, b Row) int { return cmp.Compare(b.Share, a.Share) }
	slices.SortStableFunc(rows, byShare)
	slices.SortStableFunc(layers, byShare)
	x.Rows = append(rows, layers...)
}

// layer is the index of a layer on crossbars.
func (x *explainer) layer(name string) int {
	return x.b.nodes[slices.IndexFunc(x.b.nodes, func(n workloads.Node) bool { return n.Name == name })].Matrix
}

// searches asks all there is to ask: first what the classes of the cycle gain, then
// their slack, and the same of layers.
func (x *explainer) searches() []search {
	var all []search
	split := slices.IndexFunc(x.Rows, func(r Row) bool { return r.index >= 0 })
	if split < 0 {
		split = len(x.Rows)
	}
	for _, rows := range [][]Row{x.Rows[:split], x.Rows[split:]} {
		for i := range rows {
			all = append(all, x.gains(&rows[i])...)
		}
		for i := range rows {
			if rows[i].Class != ClassStage {
				all = append(all, x.slack(&rows[i]))
			}
		}
		if len(x.More) == 0 {
			k := roomKnob()
			x.More = []Gain{{Key: k.key}}
			all = append(all, x.whole(k, 2, 1, &x.More[0]))
		}
	}
	return all
}

// whole asks what a changed chip gains.
func (x *explainer) whole(k knob, num, den int, g *Gain) search {
	job := x.Job
	job.Chip = k.turned(x.Chip, num, den)
	return &gainSearch{base: x.base.window, probe: &probe{job: job}, gain: g}
}

// gains asks what faster and more resources of a row gain.
func (x *explainer) gains(r *Row) (all []search) {
	rate, count, more := knobs(r.Class)
	ask := func(k knob, num, den int, g *Gain) {
		g.Key = k.key
		switch {
		case k.key == keyCopies:
			job, why := moreCopies(x.Job, r.index)
			if g.Why = why; why == "" {
				all = append(all, &gainSearch{base: x.base.window, probe: &probe{job: job}, gain: g})
			}
		case k.turn == nil:
			g.Why = "there is no such thing"
		case r.index < 0:
			all = append(all, x.whole(k, num, den, g))
		default:
			p := &probe{job: x.Job, chip: k.turned(x.Chip, num, den), change: &change{class: r.Class, layer: r.index}}
			all = append(all, &gainSearch{base: x.base.window, probe: p, gain: g})
		}
	}
	ask(rate, 2, 1, &r.TwiceRate)
	r.TwiceRate.AtMost = 1/(1-r.Share/2) - 1
	ask(count, 2, 1, &r.TwiceCount)
	if r.index < 0 {
		ask(rate, 1, 2, &r.HalfRate)
	}
	r.More = make([]Gain, len(more))
	for i, k := range more {
		ask(k, 2, 1, &r.More[i])
		r.More[i].AtMost = r.TwiceRate.AtMost
	}
	return all
}

// fewEvents is up to how many in a simulation a slack is looked for to the
// femtosecond by halving; above it to a 64th of the idle time for each service, or of
// the interval.
const fewEvents = 1e5

// farthest is how many intervals longer a service is made at most where nothing
// else bounds it.
const farthest = 16

// slack asks for the slack of a row. Where a resource would be busy all the time,
// the interval has grown.
func (x *explainer) slack(r *Row) search {
	s := &slackSearch{
		base: x.base.window, slack: &r.Slack, layer: r.index, resolution: 1,
		template: probe{job: x.Job, change: &change{class: r.Class, layer: r.index}},
	}
	limit, ok := x.limits[[2]string{r.Class, r.Layer}]
	if ok && s.base.repeats {
		r.Slack.Below = limit + 1
	}
	if !ok {
		limit = farthest * units.Time(math.Ceil(s.base.interval()))
	}
	s.at = limit
	if !s.base.repeats || x.base.events > fewEvents {
		s.resolution = max(1, min(limit, units.Time(s.base.interval()))/64)
	}
	switch {
	case r.Services > 0 && s.base.repeats:
		s.at = min(1, limit)
	case r.Services > 0:
		s.at = min(s.resolution, limit)
	}
	if s.at == 0 { // always busy
		r.Slack.Known, r.Slack.Below = true, 1
		s.at = -1
	}
	return s
}
