package sim

import (
	"cmp"
	"math/bits"
	"slices"

	"bitline/internal/units"
)

// Times are cut into digits of ten bits, which are about fs, ps, ns, µs, ms, s and
// 1,000 s: one digit splits what falls into one tick of the next.
const (
	digitBits = 10
	digits    = 1 << digitBits
	levels    = (63 + digitBits - 1) / digitBits
	phases    = 1 << 8
)

// queue holds the pending events and knows the present.
//
// It is a radix heap: since no event comes before the present, an event belongs to
// the highest digit in which its time differs from the present, and there into the
// list of its own digit. The first events are then in the first list of the lowest
// level that has any. When the present moves to the first time in that list, its
// events are dealt out again, to lower levels or, by phase, to the present; no
// other list is concerned, because the others differ from the new present in the
// same digit as from the old one. So an event moves at most levels times, whatever
// the distribution of times, and nothing needs tuning.
//
// Events of one time are always in one list, and lists are only appended to and
// dealt out from the front. So they keep the order of scheduling without a sequence
// number. The list of a phase of the present is sorted by concern when its first
// event is wanted, unless it is in that order already.
//
// Ahuja, Mehlhorn, Orlin and Tarjan, "Faster algorithms for the shortest path
// problem", J. ACM 37(2), 1990.
type queue struct {
	now      units.Time
	pending  int
	nodes    []node
	order    []ranked // memory of compare
	concerns concerns
	unused   int32 // 1 + the first node without an event, 0 if there is none

	phases  set // of present
	mixed   set // phases of present that are not in the order of concerns
	present [phases]list

	filled uint32 // levels that have events
	levels [levels]level
}

// node is an event in a list, 32 bytes so that two share a cache line.
type node struct {
	time        units.Time
	c           int64
	a, b        int32
	next        int32 // without meaning in the last node of a list
	phase, kind uint8
}

// none is no node.
const none int32 = -1

// list is a list of nodes. It has no empty state: a set says which lists are.
type list struct{ head, tail int32 }

// level holds the events whose times agree with the present above one digit.
type level struct {
	set   set
	lists [digits]timed
}

// timed is a list with the earliest time in it.
type timed struct {
	list
	least units.Time
}

// take finds a node for an event that is to be placed.
func (q *queue) take() (int32, *node) {
	q.pending++
	if q.unused == 0 {
		q.grow()
	}
	i := q.unused - 1
	n := &q.nodes[i]
	q.unused = n.next
	return i, n
}

func (q *queue) grow() {
	q.nodes = append(q.nodes, node{})
	q.unused = int32(len(q.nodes))
}

// place appends a node, whose time is not before the present, to the list where it
// belongs.
func (q *queue) place(i int32, n *node) {
	differ := uint64(n.time ^ q.now)
	if differ == 0 {
		q.placePresent(i, n.phase)
		return
	}
	k := uint(63-bits.LeadingZeros64(differ)) / digitBits
	d := uint(n.time>>(k*digitBits)) % digits
	v := &q.levels[k]
	l := &v.lists[d]
	if v.set.has(d) {
		q.nodes[l.tail].next = i
		l.tail = i
		l.least = min(l.least, n.time)
		return
	}
	v.set.add(d)
	q.filled |= 1 << k
	*l = timed{list{i, i}, n.time}
}

func (q *queue) placePresent(i int32, phase uint8) {
	l := &q.present[phase]
	if q.phases.has(uint(phase)) {
		if q.nodes[i].a < q.nodes[l.tail].a {
			q.mixed.add(uint(phase))
		}
		q.nodes[l.tail].next = i
		l.tail = i
		return
	}
	q.phases.add(uint(phase))
	*l = list{i, i}
}

// pop takes the first event of a queue that has one, and makes its time the
// present. The event is in the node until the next take.
func (q *queue) pop() *node {
	i := none
	if q.phases.empty() {
		i = q.advance()
	}
	if i == none {
		i = q.popPresent()
	}
	q.pending--
	n := &q.nodes[i]
	n.next = q.unused
	q.unused = i + 1
	return n
}

func (q *queue) popPresent() int32 {
	phase := q.phases.first()
	l := &q.present[phase%phases]
	if !q.mixed.empty() && q.mixed.has(phase) {
		q.sort(l)
		q.mixed.remove(phase)
	}
	i := l.head
	if i == l.tail {
		q.phases.remove(phase)
	} else {
		l.head = q.nodes[i].next
	}
	return i
}

// sort puts a list into the order of concerns, equals as they are.
func (q *queue) sort(l *list) {
	n, least, most := 0, q.nodes[l.head].a, q.nodes[l.head].a
	for i := l.head; ; i = q.nodes[i].next {
		n++
		least, most = min(least, q.nodes[i].a), max(most, q.nodes[i].a)
		if i == l.tail {
			break
		}
	}
	if reach := int64(most) - int64(least); n > fewConcerns && reach < int64(n)*wideReach {
		*l = q.concerns.deal(q.nodes, *l, least, int(reach)+1)
		return
	}
	q.compare(l)
}

const (
	// fewConcerns are sorted faster by comparison.
	fewConcerns = 12
	// wideReach is how many concerns an event may come to on average for a bitmap
	// of them to be looked through.
	wideReach = 512
)

// concerns deals events out to a list for each concern, which a bitmap finds in
// order.
type concerns struct {
	lists  []list
	words  []uint64 // which lists have events
	filled []uint64 // which words are not 0
}

// deal sorts a list of events that concern least and the next, so many in all.
func (c *concerns) deal(nodes []node, l list, least int32, many int) list {
	for len(c.lists) < many {
		c.lists = append(c.lists, list{})
		if len(c.words)*64 < len(c.lists) {
			c.words = append(c.words, 0)
		}
		if len(c.filled)*64 < len(c.words) {
			c.filled = append(c.filled, 0)
		}
	}
	for i := l.head; ; {
		n := &nodes[i]
		a := uint32(n.a - least)
		next, last := n.next, i == l.tail
		if w := a / 64; c.words[w]>>(a%64)&1 != 0 {
			nodes[c.lists[a].tail].next = i
			c.lists[a].tail = i
		} else {
			c.words[w] |= 1 << (a % 64)
			c.filled[w/64] |= 1 << (w % 64)
			c.lists[a] = list{i, i}
		}
		if last {
			return c.join(nodes)
		}
		i = next
	}
}

// join strings the lists together and forgets them.
func (c *concerns) join(nodes []node) list {
	all := list{none, none}
	for f, filled := range c.filled {
		for ; filled != 0; filled &= filled - 1 {
			w := f*64 + bits.TrailingZeros64(filled)
			for word := c.words[w]; word != 0; word &= word - 1 {
				l := c.lists[w*64+bits.TrailingZeros64(word)]
				if all.head == none {
					all.head = l.head
				} else {
					nodes[all.tail].next = l.head
				}
				all.tail = l.tail
			}
			c.words[w] = 0
		}
		c.filled[f] = 0
	}
	return all
}

// compare sorts a list by comparison.
func (q *queue) compare(l *list) {
	q.order = q.order[:0]
	for i := l.head; ; i = q.nodes[i].next {
		// Equal concerns stay in order by their place in the list.
		q.order = append(q.order, ranked{int64(q.nodes[i].a)<<32 | int64(len(q.order)), i})
		if i == l.tail {
			break
		}
	}
	slices.SortFunc(q.order, func(a, b ranked) int { return cmp.Compare(a.key, b.key) })
	for k, r := range q.order[1:] {
		q.nodes[q.order[k].node].next = r.node
	}
	*l = list{q.order[0].node, q.order[len(q.order)-1].node}
}

// ranked is a node with its place in a list that is being sorted.
type ranked struct {
	key  int64
	node int32
}

// each visits the pending events.
func (q *queue) each(visit func(*node)) {
	walk := func(l list) {
		for i := l.head; ; i = q.nodes[i].next {
			visit(&q.nodes[i])
			if i == l.tail {
				return
			}
		}
	}
	q.phases.each(func(phase uint) { walk(q.present[phase]) })
	for k := range q.levels {
		q.levels[k].set.each(func(d uint) { walk(q.levels[k].lists[d].list) })
	}
}

// advance moves the present, which has no events left, to the next time that has.
// A node that is alone in its list, as most are where times are scattered, is
// taken out and returned instead of passing through the lists of the present; else
// advance returns none.
func (q *queue) advance() int32 {
	k := uint(bits.TrailingZeros32(q.filled)) % levels
	v := &q.levels[k]
	d := v.set.first()
	v.set.remove(d)
	if v.set.empty() {
		q.filled &^= 1 << k
	}
	l := &v.lists[d%digits]
	q.now = l.least
	i, tail := l.head, l.tail
	if i == tail {
		return i
	}
	for {
		n := &q.nodes[i]
		next := n.next // place overwrites it once another node follows
		q.place(i, n)
		if i == tail {
			return none
		}
		i = next
	}
}

// set is a set of digits that finds its least one in two steps.
type set struct {
	words    [digits / 64]uint64
	nonempty uint64 // words that are not 0
}

func (s *set) empty() bool { return s.nonempty == 0 }

func (s *set) has(d uint) bool { return s.words[d/64]>>(d%64)&1 != 0 }

func (s *set) add(d uint) {
	s.words[d/64] |= 1 << (d % 64)
	s.nonempty |= 1 << (d / 64)
}

func (s *set) remove(d uint) {
	s.words[d/64] &^= 1 << (d % 64)
	if s.words[d/64] == 0 {
		s.nonempty &^= 1 << (d / 64)
	}
}

// each visits the elements, the least first.
func (s *set) each(visit func(d uint)) {
	for w, word := range s.words {
		for ; word != 0; word &= word - 1 {
			visit(uint(w*64 + bits.TrailingZeros64(word)))
		}
	}
}

// first is the least element of a set that is not empty.
func (s *set) first() uint {
	word := uint(bits.TrailingZeros64(s.nonempty))
	return word*64 + uint(bits.TrailingZeros64(s.words[word]))
}
