package timing

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"bitline/internal/units"
)

// search asks a question that takes simulations of changed jobs to answer, one
// after the other.
type search interface {
	// next is the next simulation; nil when there is an answer.
	next() *probe
	told(r probed)
}

// gainSearch asks what a change gains.
type gainSearch struct {
	base  window
	probe *probe
	gain  *Gain
}

func (s *gainSearch) next() *probe { return s.probe }

func (s *gainSearch) told(r probed) {
	s.probe = nil
	if r.err != nil {
		s.gain.Why = r.err.Error()
		return
	}
	s.gain.Known = true
	if s.base.longerThan(r.window) || r.window.longerThan(s.base) {
		s.gain.Gain = s.base.interval()/r.window.interval() - 1
	}
}

// slackSearch asks by how much longer each service of a class may take before the
// interval grows. With a fixed order of services the interval is a convex function
// of that, made of straight pieces, as it is the greatest of all cycles' lengths.
// So the tangent where it has grown, whose slope is the number of services on the
// critical cycle there, meets the old interval where it has not grown yet or at
// the slack itself; a few tangents find it to the femtosecond. Where the order of
// services changes, or a stage rounds, the bracket is halved instead. What is
// stated has been simulated.
type slackSearch struct {
	base       window
	template   probe
	slack      *Slack
	layer      int
	resolution units.Time
	at         units.Time // of the next simulation; −1 for none
	met        bool       // it is where a tangent meets the old interval
	tangents   int
}

// mostTangents is after how many the bracket is halved only: in a few they have
// found what there is, where the interval is convex.
const mostTangents = 8

func (s *slackSearch) next() *probe {
	if s.at < 0 {
		return nil
	}
	p := s.template
	c := *p.change
	c.longer = s.at
	p.change, p.cycle = &c, s.base.repeats && p.job.Chip.Stage == 0 && s.tangents < mostTangents
	return &p
}

func (s *slackSearch) told(r probed) {
	at, first := s.at, !s.slack.Known
	s.at = -1
	if r.err != nil {
		return // what is known is known
	}
	grown := r.window.longerThan(s.base)
	if grown {
		s.slack.Below = at
	} else {
		s.slack.AtLeast = at
	}
	s.slack.Known = true
	low, high := s.slack.AtLeast, s.slack.Below
	if high == 0 || high-low <= s.resolution { // even the most is not too long, or near enough
		return
	}
	meets := s.meeting(r, at)
	switch {
	case grown && meets > low && meets < high:
		s.at = meets
		s.tangents++
		s.met = true
	case !grown && s.met, grown && meets == low, grown && first && s.base.repeats:
		s.at, s.met = low+1, false // it is expected to be too long
	default:
		s.at, s.met = low+(high-low)/2, false
	}
}

// meeting is where the tangent at a time meets the old interval; −1 for none.
func (s *slackSearch) meeting(r probed, at units.Time) units.Time {
	if r.cycle == nil || !r.cycle.closed {
		return -1
	}
	slope, _ := r.cycle.services(s.template.change.class, s.layer)
	if slope == 0 {
		return -1
	}
	return at - units.Time(math.Ceil((r.window.interval()-s.base.interval())/slope-1e-6))
}

// mostAtOnce is how many searches are under way together, fewer of large networks:
// what a budget allows must not depend on the machine.
const mostAtOnce = 8

// budget bounds what is asked.
type budget struct {
	events uint64 // after which nothing more is asked
	each   uint64 // of a simulation, about
}

func (b budget) atOnce() int { return int(min(max(b.events/8/max(b.each, 1), 2), mostAtOnce)) }

// answer runs searches in their order, some of them at once, until all have an
// answer or the budget of events is spent. It says how many simulations and events
// it took, and whether all have an answer.
func answer(ctx context.Context, searches []search, opts Options, limit budget) (probes int, events uint64, all bool, err error) {
	for len(searches) > 0 && events < limit.events {
		var open []search
		var asked []*probe
		rest := searches[:0:0]
		for _, s := range searches {
			if len(open) < limit.atOnce() {
				p := s.next()
				if p == nil {
					continue
				}
				open, asked = append(open, s), append(asked, p)
			}
			rest = append(rest, s)
		}
		found := make([]probed, len(asked))
		inParallel(len(asked), func(i int) { found[i] = asked[i].run(ctx, opts) })
		for i, s := range open {
			if err := ctx.Err(); err != nil {
				return probes, events, false, err
			}
			probes++
			events += found[i].events
			s.told(found[i])
		}
		searches = rest
	}
	return probes, events, len(searches) == 0, nil
}

// inParallel calls do for every index below n on all processors.
func inParallel(n int, do func(i int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wait.Wait()
}
