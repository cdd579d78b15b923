package sim

import (
	"math/rand/v2"
	"slices"
	"testing"

	"bitline/internal/units"
)

func TestPool(t *testing.T) {
	type job struct{ arrival, service, done units.Time }
	tests := []struct {
		name    string
		servers int
		jobs    []job
		waiting units.Time
	}{
		{"idle between jobs", 1, []job{{0, 5, 5}, {7, 5, 12}}, 0},
		{"arrival as the server becomes free", 1, []job{{0, 5, 5}, {5, 5, 10}}, 0},
		{"arrival one before", 1, []job{{0, 5, 5}, {4, 5, 10}}, 1},
		{"two servers, three jobs", 2, []job{{0, 5, 5}, {0, 3, 3}, {1, 4, 7}}, 2},
		{"no service time", 1, []job{{2, 0, 2}, {2, 1, 3}}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := NewPool(tt.servers)
			var busy units.Time
			for i, j := range tt.jobs {
				busy += j.service
				if got := p.Serve(j.arrival, j.service); got != j.done {
					t.Errorf("job %d is done at %d, want %d", i, got, j.done)
				}
			}
			want := Use{Jobs: int64(len(tt.jobs)), Busy: busy, Waiting: tt.waiting}
			if got := p.Use(); got != want {
				t.Errorf("use is %+v, want %+v", got, want)
			}
			p.Reset()
			if got := p.Use(); got != (Use{}) {
				t.Errorf("use after a reset is %+v, want nothing", got)
			}
		})
	}
}

// TestPoolStepByStep compares a pool with a queue that is stepped one unit of
// time at a time.
func TestPoolStepByStep(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	const jobs, servers = 300, 3
	arrival, service := make([]int, jobs), make([]int, jobs)
	for i := range jobs {
		if i > 0 {
			arrival[i] = arrival[i-1] + rng.IntN(4)
		}
		service[i] = 1 + rng.IntN(9)
	}
	want := make([]units.Time, jobs)
	var left [servers]int
	var serving [servers]int
	next := 0
	for now := 0; next < jobs || left != [servers]int{}; now++ {
		for s := range left {
			if left[s] > 0 {
				if left[s]--; left[s] == 0 {
					want[serving[s]] = units.Time(now)
				}
			}
		}
		for s := range left {
			if left[s] == 0 && next < jobs && arrival[next] <= now {
				left[s], serving[s] = service[next], next
				next++
			}
		}
	}
	p := NewPool(servers)
	for i := range jobs {
		if got := p.Serve(units.Time(arrival[i]), units.Time(service[i])); got != want[i] {
			t.Fatalf("job %d is done at %d, want %d", i, got, want[i])
		}
	}
}

// TestPoolByLooking compares a pool with a list of its servers that is searched for
// the first of those that are free first.
func TestPoolByLooking(t *testing.T) {
	for _, servers := range []int{1, 2, 3, 5, 6, 22, 4096} {
		for _, equal := range []bool{true, false} { // whether all services take the same time
			rng := rand.New(rand.NewPCG(9, uint64(servers)))
			p := NewPool(servers)
			free := make([]units.Time, servers)
			var now units.Time
			var use Use
			for job := range 3*servers + 1000 {
				// Jobs come every 4 on average, and the servers need 5 for each.
				now += units.Time(rng.IntN(9))
				service := units.Time(5 * servers)
				if !equal {
					service = units.Time(rng.IntN(10*servers + 1))
				}
				server := slices.Index(free, slices.Min(free))
				start := max(now, free[server])
				free[server] = start + service
				use.Jobs++
				use.Busy += service
				use.Waiting += start - now
				if got := p.Serve(now, service); got != free[server] {
					t.Fatalf("%d servers, equal services %t: job %d is done at %d, want %d", servers, equal, job, got, free[server])
				}
			}
			if p.Use() != use || p.Servers() != servers {
				t.Errorf("%d servers, equal services %t: use is %+v of %d servers, want %+v", servers, equal, p.Use(), p.Servers(), use)
			}
			if use.Waiting == 0 {
				t.Errorf("%d servers, equal services %t: no job waited, the test wants some", servers, equal)
			}
		}
	}
}

// TestPoolAhead compares when servers are free, and for how long they are busy, with
// a list of the servers.
func TestPoolAhead(t *testing.T) {
	for _, servers := range []int{1, 2, 5, 40} {
		rng := rand.New(rand.NewPCG(10, uint64(servers)))
		p := NewPool(servers)
		free := make([]units.Time, servers)
		var now units.Time
		for job := range 500 {
			now += units.Time(rng.IntN(6))
			service := units.Time(rng.IntN(10*servers + 1))
			k := slices.Index(free, slices.Min(free))
			free[k] = max(now, free[k]) + service
			p.Serve(now, service)
			// One before, at and after: a server that is free by then is not busy.
			for _, at := range []units.Time{now, slices.Min(free), slices.Max(free), slices.Max(free) + 1} {
				var want units.Time
				for _, f := range free {
					want += max(0, f-at)
				}
				if got := p.Backlog(at); got != want {
					t.Fatalf("%d servers, job %d: backlog at %d is %d, want %d", servers, job, at, got, want)
				}
			}
			got := p.Frees([]units.Time{-1})
			if got[0] != -1 || len(got) != servers+1 {
				t.Fatalf("%d servers: frees are %v, want one for each after what was there", servers, got)
			}
			want := slices.Clone(free)
			slices.Sort(got[1:])
			slices.Sort(want)
			if !slices.Equal(got[1:], want) {
				t.Fatalf("%d servers, job %d: servers are free at %v, want %v", servers, job, got[1:], want)
			}
		}
	}
}
