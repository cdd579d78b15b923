package sim

import "bitline/internal/units"

// Pool is some equal servers before one queue that serves the oldest first.
//
// Such a queue needs no list: service times are known on arrival, so the start
// of a job is known as well. Whoever brings jobs bounds their number.
type Pool struct {
	// first is when the server that is free first is done with all it was given;
	// rest is a heap of these times of the others. Equal servers that are free at
	// one time are interchangeable, so no server has a name.
	first units.Time
	rest  []units.Time
	use   Use
}

// Use is what a pool has done.
type Use struct {
	Jobs int64
	Busy units.Time // summed over servers
	// Waiting is the time between the arrival of the jobs and their start,
	// summed over jobs.
	Waiting units.Time
}

// NewPool makes a pool. It panics unless it has a server.
func NewPool(servers int) Pool {
	if servers < 1 {
		panic("sim: a pool wants at least one server")
	}
	if servers == 1 {
		return Pool{}
	}
	return Pool{rest: make([]units.Time, servers-1)}
}

// Serve takes a job that arrives at a time no earlier than the job before it, and
// returns when it is done. Its effort grows with the logarithm of the servers.
func (p *Pool) Serve(arrival, service units.Time) (done units.Time) {
	start := max(arrival, p.first)
	done = start + service
	p.use.Jobs++
	p.use.Busy += service
	p.use.Waiting += start - arrival
	if len(p.rest) == 0 || done <= p.rest[0] {
		p.first = done
		return done
	}
	p.first = p.rest[0]
	sink(p.rest, done)
	return done
}

// arity is the number of children of a node of the heap. Four were about as fast as
// two or faster, and faster than eight.
const arity = 4

// sink replaces the least of a heap by x.
func sink(heap []units.Time, x units.Time) {
	i := 0
	for {
		from := arity*i + 1
		if from >= len(heap) {
			break
		}
		least := from
		for child := from + 1; child < min(from+arity, len(heap)); child++ {
			if heap[child] < heap[least] {
				least = child
			}
		}
		if heap[least] >= x {
			break
		}
		heap[i] = heap[least]
		i = least
	}
	heap[i] = x
}

// Frees appends when each server is done with all it was given, in no particular
// order.
func (p *Pool) Frees(to []units.Time) []units.Time { return append(append(to, p.first), p.rest...) }

// Backlog is the time for which servers are still busy at a time with what they
// were given, summed over servers.
func (p *Pool) Backlog(now units.Time) units.Time {
	sum := max(p.first-now, 0)
	for _, t := range p.rest {
		sum += max(t-now, 0)
	}
	return sum
}

// Servers is the number of servers.
func (p *Pool) Servers() int { return 1 + len(p.rest) }

// Use is what the pool has done since the last Reset. A job counts as a whole
// when it arrives, so over a time in which the arrivals repeat themselves a whole
// number of times it is also what was done in that time.
func (p *Pool) Use() Use { return p.use }

// Reset starts counting anew; the jobs in service stay.
func (p *Pool) Reset() { p.use = Use{} }
