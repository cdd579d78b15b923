package sim

import "bitline/internal/units"

// Pool is some equal servers before one queue that serves the oldest first.
//
// Such a queue needs no list: service times are known on arrival, so the start
// of a job is known as well. Whoever brings jobs bounds their number.
type Pool struct {
	free []units.Time // when each server is done with all it was given
	use  Use
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
	return Pool{free: make([]units.Time, servers)}
}

// Serve takes a job that arrives at a time no earlier than the job before it, and
// returns when it is done.
func (p *Pool) Serve(arrival, service units.Time) (done units.Time) {
	server := 0
	for i, free := range p.free {
		if free < p.free[server] {
			server = i
		}
	}
	start := max(arrival, p.free[server])
	p.use.Jobs++
	p.use.Busy += service
	p.use.Waiting += start - arrival
	p.free[server] = start + service
	return start + service
}

// Servers is the number of servers.
func (p *Pool) Servers() int { return len(p.free) }

// Use is what the pool has done since the last Reset. A job counts as a whole
// when it arrives, so over a time in which the arrivals repeat themselves a whole
// number of times it is also what was done in that time.
func (p *Pool) Use() Use { return p.use }

// Reset starts counting anew; the jobs in service stay.
func (p *Pool) Reset() { p.use = Use{} }
