package timing

import (
	"context"
	"maps"
	"math/bits"
	"slices"

	"bitline/arch"
	"bitline/internal/units"
	"bitline/scheduler"
	"bitline/tile"
)

// change is how a model differs from that of its job.
type change struct {
	class string
	layer int // on crossbars; −1 for all
	// longer is by how much each service of the class takes longer.
	longer units.Time
	// other has the IMAs that the layer gets instead of its own.
	other *builder
}

// alter changes a model that is laid out.
func (b *builder) alter() {
	switch c := b.changed; {
	case c == nil:
	case c.other != nil:
		b.exchange(c)
	default:
		b.lengthen(c)
	}
}

// exchange gives a layer the IMAs of another chip.
func (b *builder) exchange(c *change) {
	for i := range b.m.teams {
		t := &b.m.teams[i]
		if b.nodes[t.layer].Matrix != c.layer {
			continue
		}
		t.classes = nil
		for from := 0; from < len(t.arrays); {
			to := from
			for to < len(t.arrays) && t.arrays[to].IMA == t.arrays[from].IMA {
				to++
			}
			b.addIMA(t, c.other.kindOf(t.layer, t.arrays[from:to]), t.arrays[from].IMA)
			from = to
		}
	}
}

// lengthen makes each service of a class longer.
func (b *builder) lengthen(c *change) {
	m, d := b.m, c.longer
	switch c.class {
	case ClassCrossbar, ClassADC, ClassShiftAdd:
		b.lengthenIMAs(c)
	case ClassBuffer:
		for i := range m.teams {
			m.teams[i].fetchTime += d
			m.teams[i].outputTime += d
		}
		for i := range m.flows {
			m.flows[i].outTime += d
		}
		b.lengthenWrites(d, false)
	case ClassPool:
		b.lengthenWrites(d, true)
	case ClassTileAdd:
		for i := range m.teams {
			m.teams[i].sumTime += d
			m.teams[i].mergeTime += d
		}
	case ClassActivation:
		for i := range m.copies {
			m.copies[i].activationTime += d
		}
	case ClassRouter:
		m.net.longer = d
	case ClassIO:
		m.net.ioLonger = d
	case ClassHop:
		m.net.hop += d
		m.net.ioHop += d
	case ClassHost:
		m.hostLonger = d
	default:
		panic("timing: services of " + c.class + " cannot be lengthened")
	}
}

// lengthenWrites makes the writes into pools longer, or those into the other stores.
func (b *builder) lengthenWrites(d units.Time, pools bool) {
	for i := range b.m.stores {
		if s := &b.m.stores[i]; (s.emitter >= 0) == pools {
			s.writeTime += d
		}
	}
}

func (b *builder) lengthenIMAs(c *change) {
	longer := map[*imaKind]*imaKind{}
	for i := range b.m.teams {
		t := &b.m.teams[i]
		if c.layer >= 0 && b.nodes[t.layer].Matrix != c.layer {
			continue
		}
		for k := range t.classes {
			x := &t.classes[k]
			if longer[x.kind] == nil {
				longer[x.kind] = x.kind.lengthened(c.class, c.longer)
			}
			x.kind = longer[x.kind]
		}
	}
}

// lengthened is a kind of IMA whose services of a class take longer.
func (k *imaKind) lengthened(class string, d units.Time) *imaKind {
	l := *k
	l.lanes, l.outcomes = slices.Clone(k.lanes), nil
	switch class {
	case ClassCrossbar:
		l.read += d
	case ClassADC:
		l.eachShot(func(s *shot) { s.scan += d })
	case ClassShiftAdd:
		l.eachShot(func(s *shot) { s.add += d })
	}
	return &l
}

// eachShot changes every shot of the kind, in lists of its own.
func (k *imaKind) eachShot(change func(*shot)) {
	for i := range k.lanes {
		l := &k.lanes[i]
		change(&l.shot)
		l.steps = slices.Clone(l.steps)
		for n := range l.steps {
			l.steps[n] = slices.Clone(l.steps[n])
			for j := range l.steps[n] {
				change(&l.steps[n][j])
			}
		}
	}
}

// probe is one simulation of a changed job.
type probe struct {
	job    Job
	change *change
	// chip is that whose IMAs the changed layer gets; nil where it keeps its own.
	chip  *arch.Chip
	cycle bool // the critical cycle is wanted as well
}

// probed is what a probe found.
type probed struct {
	window window
	cycle  *cycle
	events uint64
	err    error
}

// run simulates a stream of images until it has settled.
func (p *probe) run(ctx context.Context, opts Options) probed {
	b, err := activeBuilder(p.job, opts.Activity)
	if err != nil {
		return probed{err: err}
	}
	if p.change != nil {
		c := *p.change
		if p.chip != nil {
			other := p.job
			other.Chip = p.chip
			if c.other, err = newBuilder(other); err != nil {
				return probed{err: err}
			}
		}
		b.changed = &c
	}
	r, m := b.stream(ctx, opts, 0)
	if r.err == nil && p.cycle {
		r.cycle, r.err = b.critical(ctx, m, r.window)
	}
	return r
}

// stream simulates a stream of images until it has settled and been measured; bound is
// that of settled.
func (b *builder) stream(ctx context.Context, opts Options, bound units.Time) (r probed, m *model) {
	opts.Exact = false // the figures are the same
	m, r.window, r.err = b.settled(ctx, opts, bound)
	if m == nil {
		return r, nil
	}
	r.events = m.engine.Events()
	return r, m
}

// longerThan says whether the images of a window take longer than those of
// another: at all where both repeat themselves, else by more than twice what is steady.
func (w window) longerThan(o window) bool {
	if !w.repeats || !o.repeats {
		return w.interval() > o.interval()*(1+2*w.within)
	}
	high, low := bits.Mul64(uint64(w.length), uint64(o.images))
	otherHigh, otherLow := bits.Mul64(uint64(o.length), uint64(w.images))
	return high > otherHigh || high == otherHigh && low > otherLow
}

// interval is the time of an image, in femtoseconds.
func (w window) interval() float64 { return float64(w.length) / float64(w.images) }

// knob is a key of a chip, or several, that makes a class of resources faster or
// more of them.
type knob struct {
	key  string
	turn turn
}

// turn changes a chip to num/den of what it has: of a rate, a width, a count.
type turn func(c *arch.Chip, num, den int)

// turned is a copy of a chip with a knob turned.
func (k knob) turned(c *arch.Chip, num, den int) *arch.Chip {
	turned := *c
	k.turn(&turned, num, den)
	return &turned
}

// both are turned together.
func both(a, b knob) knob {
	return knob{a.key + " and " + b.key, func(c *arch.Chip, num, den int) {
		a.turn(c, num, den)
		b.turn(c, num, den)
	}}
}

// The knobs of one kind differ in where on the chip they are.

func rateOf(key string, of func(*arch.Chip) *units.Frequency) knob {
	return knob{key, func(c *arch.Chip, num, den int) { f := of(c); *f = *f * units.Frequency(num) / units.Frequency(den) }}
}

func countOf(key string, of func(*arch.Chip) *int) knob {
	return knob{key, func(c *arch.Chip, num, den int) { n := of(c); *n = *n * num / den }}
}

// timeOf is a time, so that num/den of the rate is den/num of it.
func timeOf(key string, of func(*arch.Chip) *units.Time) knob {
	return knob{key, func(c *arch.Chip, num, den int) { t := of(c); *t = *t * units.Time(den) / units.Time(num) }}
}

func unitOf(key string, of func(*arch.Chip) *tile.Unit) (rate, count knob) {
	return rateOf(key+".rate", func(c *arch.Chip) *units.Frequency { return &of(c).Rate }), countOf(key+".count", func(c *arch.Chip) *int { return &of(c).Count })
}

func channelOf(key string, of func(*arch.Chip) *tile.Channel) (clock, width knob) {
	return rateOf(key+".clock", func(c *arch.Chip) *units.Frequency { return &of(c).Clock }), countOf(key+".width", func(c *arch.Chip) *int { return &of(c).Width })
}

// knobs are what may be turned of a class: its rate, its count, and what else there
// is. Neither needs to be there.
func knobs(class string) (rate, count knob, more []knob) {
	switch class {
	case ClassCrossbar:
		rate = timeOf("crossbar.read_latency", func(c *arch.Chip) *units.Time { return &c.Crossbar.ReadLatency })
		count.key = keyCopies
	case ClassADC:
		rate = rateOf("adc.rate", func(c *arch.Chip) *units.Frequency { return &c.ADC.Rate })
		count = countOf("adc.per_ima", func(c *arch.Chip) *int { return &c.ADC.PerIMA })
	case ClassShiftAdd:
		rate, count = unitOf("ima.shift_add", func(c *arch.Chip) *tile.Unit { return &c.IMA.ShiftAdd })
	case ClassBuffer:
		clock, width := channelOf("tile.edram_port", func(c *arch.Chip) *tile.Channel { return &c.Tile.EDRAMPort })
		busClock, busWidth := channelOf("tile.bus", func(c *arch.Chip) *tile.Channel { return &c.Tile.Bus })
		rate, count, more = both(clock, busClock), both(width, busWidth), []knob{clock, busClock}
	case ClassTileAdd:
		rate, count = unitOf("tile.shift_add", func(c *arch.Chip) *tile.Unit { return &c.Tile.ShiftAdd })
	case ClassActivation:
		rate, count = unitOf("tile.activation", func(c *arch.Chip) *tile.Unit { return &c.Tile.Activation })
	case ClassPool:
		rate, count = unitOf("tile.max_pool", func(c *arch.Chip) *tile.Unit { return &c.Tile.MaxPool })
	case ClassRouter:
		rate, count = channelOf("tile.router", func(c *arch.Chip) *tile.Channel { return &c.Tile.Router })
	case ClassIO:
		rate, count = channelOf("io", func(c *arch.Chip) *tile.Channel { return &c.IO.Channel })
	case ClassHop:
		rate = both(timeOf("noc.hop", func(c *arch.Chip) *units.Time { return &c.NoC.Hop }), timeOf("io.hop", func(c *arch.Chip) *units.Time { return &c.IO.Hop }))
	case ClassHost:
		rate, count = channelOf("host", func(c *arch.Chip) *tile.Channel { return &c.Host.Channel })
	case ClassStage:
		rate = timeOf("pipeline.stage", func(c *arch.Chip) *units.Time { return &c.Stage })
	}
	return rate, count, more
}

// keyCopies is what more crossbars are for: copies of layers.
const keyCopies = "mapping.copies"

// keyRoom is the size of the eDRAMs.
const keyRoom = "tile.edram.bytes"

func roomKnob() knob {
	return countOf(keyRoom, func(c *arch.Chip) *int { return &c.Tile.EDRAM.Bytes })
}

// moreCopies is a job with twice as many copies of a layer, or of all. why says why
// there is none.
func moreCopies(job Job, layer int) (more Job, why string) {
	chip := *job.Chip
	chip.Map.Replicate, chip.Map.Crossbars = arch.ReplicateByHand, 0
	chip.Map.Copies = map[string]int{}
	doubled := maps.Clone(chip.Map.Copies)
	grows := false
	for i, l := range job.Mapping.Layers {
		chip.Map.Copies[l.Name], doubled[l.Name] = len(l.Copies), len(l.Copies)
		if layer < 0 || i == layer {
			doubled[l.Name] = max(len(l.Copies), min(2*len(l.Copies), l.Positions))
			grows = grows || doubled[l.Name] > len(l.Copies)
		}
	}
	if !grows {
		return job, "every position has a copy of its own"
	}
	same, err := scheduler.Map(&chip, job.Network)
	if err != nil || !slices.EqualFunc(same.Layers, job.Mapping.Layers, sameLayout) {
		return job, "the mapping is not laid out by the chip's rules"
	}
	more, turned := job, chip
	turned.Map.Copies = doubled
	more.Chip = &turned
	if more.Mapping, err = scheduler.Map(&turned, job.Network); err != nil {
		return job, "twice the copies do not fit"
	}
	return more, ""
}

// sameLayout says whether a layer lies on the same crossbars in two mappings.
func sameLayout(a, b scheduler.Layer) bool {
	return slices.EqualFunc(a.Copies, b.Copies, func(x, y scheduler.Copy) bool {
		return x.Home == y.Home && slices.Equal(x.Arrays, y.Arrays)
	})
}
