package sim

// arity is the number of children of a node: a node of four is half as deep as
// one of two, and its children lie side by side in memory.
const arity = 4

// entry is an event with its place among those of the same time.
type entry struct {
	event Event
	order uint64 // phase above sequence
}

func (a *entry) before(b *entry) bool {
	if a.event.Time != b.event.Time {
		return a.event.Time < b.event.Time
	}
	return a.order < b.order
}

// heap is a priority queue with the earliest entry first. It is written out
// because container/heap would box every event in an interface.
type heap []entry

func (h *heap) push(x entry) {
	*h = append(*h, x)
	q := *h
	i := len(q) - 1
	for i > 0 {
		parent := (i - 1) / arity
		if !x.before(&q[parent]) {
			break
		}
		q[i] = q[parent]
		i = parent
	}
	q[i] = x
}

// pop takes the earliest entry of a heap that has one.
func (h *heap) pop() Event {
	q := *h
	top := q[0].event
	last := q[len(q)-1]
	q = q[:len(q)-1]
	*h = q
	if len(q) > 0 {
		q.sink(last)
	}
	return top
}

// sink puts x where the top was and restores the order.
func (h heap) sink(x entry) {
	i := 0
	for {
		first := arity*i + 1
		if first >= len(h) {
			break
		}
		least := first
		for child := first + 1; child < min(first+arity, len(h)); child++ {
			if h[child].before(&h[least]) {
				least = child
			}
		}
		if !h[least].before(&x) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = x
}
