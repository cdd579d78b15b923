package timing

import (
	"cmp"
	"context"
	"slices"

	"bitline/internal/units"
)

// This file goes back along the causes from the last result until the way comes
// round to where it was some periods before: that is the critical cycle. No cycle
// of services and hand-overs takes longer for an image.

// spot is a place on the way: a node, or the work of one part of a team's IMAs
// that a product leaves.
type spot struct {
	node, product int32 // one of them is noCause
	class, part   int16
}

// key is what makes up a share of the cycle.
type key struct {
	on    reason
	layer int16
	place int32
}

// spent is the time that many services took.
type spent struct {
	time  units.Time
	times int64
}

// walk is the way back.
type walk struct {
	causes  *causes
	insides map[*outcome]*inside
	parts   map[key]spent
	hands   [hands]int64
}

func (c *causes) walk() *walk {
	return &walk{causes: c, insides: map[*outcome]*inside{}, parts: map[key]spent{}}
}

// take adds to the parts of the way.
func (w *walk) take(k key, time units.Time, times int64) {
	if k.on == onStage && time == 0 {
		return
	}
	p := w.parts[k]
	w.parts[k] = spent{p.time + time, p.times + times}
}

// back takes one step; false where the record begins.
func (w *walk) back(s spot) (spot, bool) {
	c := w.causes
	if s.node == noCause {
		p := &c.products[s.product]
		in := w.inside(p, s.class)
		return w.through(s.product, s.class, in, in.leaves[s.part])
	}
	n := &c.nodes[s.node]
	switch {
	case n.cause == noCause:
		return s, false
	case n.on >= reasons:
		return w.enter(n)
	}
	w.hands[n.hand]++
	w.take(key{n.on, n.layer, n.place}, n.at-c.nodes[n.cause].at, int64(n.times))
	return spot{node: n.cause, product: noCause}, true
}

// enter goes into the IMAs of a team that were the last to be ready, or complete,
// or to free their registers.
func (w *walk) enter(n *node) (spot, bool) {
	c := w.causes
	p := &c.products[n.cause]
	last, class := units.Time(-1), int16(0)
	for k := range c.model.teams[p.team].classes {
		o := c.outcomes[p.outcomes+int32(k)]
		if at := [...]units.Time{o.registerFree, o.complete, o.ready}[n.on-onRegisters]; at > last {
			last, class = at, int16(k)
		}
	}
	in := w.inside(p, class)
	step := [...]int32{in.registers, in.complete, in.ready}[n.on-onRegisters]
	if p.begin == noCause {
		return spot{node: noCause, product: n.cause, class: class}, false
	}
	// A converter's grant may be the last, and lies between the edges of stages.
	w.take(key{onStage, c.layer(c.model.teams[p.team].layer), c.model.teams[p.team].tile}, n.at-c.nodes[p.begin].at-in.steps[step].at, 1)
	return w.through(n.cause, class, in, step)
}

// inside is what happened to a product in the IMAs of a class.
func (w *walk) inside(p *product, class int16) *inside {
	o := w.causes.outcomes[p.outcomes+int32(class)]
	in := w.insides[o]
	if in == nil {
		in = w.causes.model.teams[p.team].classes[class].kind.trace(o)
		w.insides[o] = in
	}
	return in
}

// through goes back along the steps of a product to its beginning, or to what the
// product before has left.
func (w *walk) through(product int32, class int16, in *inside, i int32) (spot, bool) {
	c := w.causes
	p := &c.products[product]
	layer := c.layer(c.model.teams[p.team].layer)
	place := c.model.teams[p.team].tile
	for {
		s := in.steps[i]
		switch {
		case s.cause >= 0:
			w.take(key{s.on, layer, place}, s.at-in.steps[s.cause].at, 1)
			i = s.cause
			continue
		case s.cause == began:
			w.hands[p.hand]++
			return spot{node: p.begin, product: noCause}, p.begin != noCause
		}
		return spot{node: noCause, product: p.before, class: class, part: int16(began - 1 - s.cause)}, p.before != noCause
	}
}

// at is when a spot has come about.
func (w *walk) at(s spot) units.Time {
	c := w.causes
	if s.node != noCause {
		return c.nodes[s.node].at
	}
	p := &c.products[s.product]
	if p.begin == noCause {
		return -1
	}
	return c.nodes[p.begin].at + c.outcomes[p.outcomes+int32(s.class)].leaves[s.part]
}

// cycle is what a critical cycle consists of.
type cycle struct {
	closed bool // else it is the way back over a window
	images int64
	length units.Time
	parts  map[key]spent
	hands  [hands]int64
}

// period says how a record repeats itself: from the first node and product on, every
// window has as many of each.
type period struct {
	window
	firstNode, firstProduct int32
	nodes, products         int32
}

// relative is a spot but for the window in which it lies, and that window.
func (p *period) relative(s spot) (in spot, number int32) {
	if s.node != noCause {
		number = (s.node - p.firstNode) / p.nodes
		s.node = (s.node - p.firstNode) % p.nodes
		return s, number
	}
	number = (s.product - p.firstProduct) / p.products
	s.product = (s.product - p.firstProduct) % p.products
	return s, number
}

// holds says whether a spot lies in the part that repeats itself.
func (p *period) holds(s spot) bool { return s.node >= p.firstNode || s.product >= p.firstProduct }

// find goes back from a node until it comes to a spot for the second time, some
// windows earlier; nil if the record is too short.
func (c *causes) find(from int32, p period) *cycle {
	seen := map[spot]int32{} // windows
	walk := c.walk()
	for s, ok := (spot{node: from, product: noCause}), true; ok && p.holds(s); s, ok = walk.back(s) {
		relative, number := p.relative(s)
		if before, again := seen[relative]; again {
			return c.between(from, relative, [2]int32{before, number}, p)
		}
		seen[relative] = number
	}
	return nil
}

// between goes the way once more and takes what lies on the cycle.
func (c *causes) between(from int32, end spot, windows [2]int32, p period) *cycle {
	walk := c.walk()
	late := units.Time(-1)
	for s, ok := (spot{node: from, product: noCause}), true; ok; s, ok = walk.back(s) {
		relative, number := p.relative(s)
		switch {
		case relative != end:
		case number == windows[0]:
			late = walk.at(s)
			clear(walk.parts)
			walk.hands = [hands]int64{}
		case number == windows[1]:
			return &cycle{
				closed: true, length: late - walk.at(s), images: int64(windows[0]-windows[1]) * int64(p.images),
				parts: walk.parts, hands: walk.hands,
			}
		}
	}
	panic("timing: a cycle was found and is not there")
}

// path is the way back over a window that does not repeat itself.
func (c *causes) path(from int32, w window) *cycle {
	walk := c.walk()
	s, ok := spot{node: from, product: noCause}, true
	length := units.Time(0)
	for start := walk.at(s); ok && length < w.length; {
		if s, ok = walk.back(s); ok {
			length = start - max(walk.at(s), 0)
		}
	}
	return &cycle{length: length, images: int64(w.images), parts: walk.parts, hands: walk.hands}
}

// maxNodes bounds the memory of a record.
const maxNodes = 1 << 23

// critical continues a settled run and finds its critical cycle: over so many
// windows as the results are behind what bounds them, and once round.
func (b *builder) critical(ctx context.Context, m *model, w window) (*cycle, error) {
	c := m.record()
	defer c.stop()
	p := period{window: w}
	nodes, products := int32(len(c.nodes)), int32(0)
	for windows, look := 1, 2; ; windows++ {
		if err := b.runTo(ctx, m, len(m.done)+w.images); err != nil {
			return nil, err
		}
		n, k := int32(len(c.nodes))-nodes, int32(len(c.products))-products
		if n != p.nodes || k != p.products { // events from before the record
			p.nodes, p.products, p.firstNode, p.firstProduct = n, k, nodes, products
		}
		nodes, products = int32(len(c.nodes)), int32(len(c.products))
		last := len(c.nodes)+int(n) > maxNodes
		if !w.repeats {
			return c.path(c.current, w), nil
		}
		if windows < look && !last {
			continue
		}
		if found := c.find(c.current, p); found != nil {
			return found, nil
		}
		if last {
			return c.path(c.current, w), nil
		}
		look *= 2
	}
}

// services is how often a class is on the cycle, and how long, in the mean of an
// image; of a layer, or of all.
func (y *cycle) services(class string, layer int) (times, time float64) {
	for _, k := range y.keys() {
		if reasonClass[k.on] == class && (layer < 0 || int(k.layer) == layer) {
			times += float64(y.parts[k].times)
			time += float64(y.parts[k].time)
		}
	}
	return times / float64(y.images), time / float64(y.images)
}

// keys are those of the parts in order.
func (y *cycle) keys() []key {
	var keys []key
	for k := range y.parts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.on, b.on), cmp.Compare(a.layer, b.layer), cmp.Compare(a.place, b.place))
	})
	return keys
}
