package sim

import (
	"context"
	"fmt"
	"math"
	"testing"

	"bitline/internal/units"
)

// load is a handler that does the least that a chip's does: each event occupies a
// server and schedules one later event, so that as many stay pending.
type load struct {
	engine *Engine
	pools  []Pool
	state  uint64
	left   int
	draw   func(l *load, now units.Time, r uint64) (at units.Time, phase uint8)
	waits  [1024]units.Time // quantiles of an exponential distribution
}

// benchClock is a stage of ISAAC's pipeline.
const benchClock = 100 * units.Nanosecond

// loads are the distributions of times. Each takes a random number.
var loads = []struct {
	name string
	draw func(l *load, now units.Time, r uint64) (at units.Time, phase uint8)
}{
	// Waits are exponential with mean 100 ns: hardly any two times are equal.
	{"exponential", func(l *load, now units.Time, r uint64) (units.Time, uint8) {
		return now + l.exponential(r), 0
	}},
	// All happens at edges, in 16 phases, up to four edges ahead.
	{"edges", func(_ *load, now units.Time, r uint64) (units.Time, uint8) {
		return (now/benchClock + 1 + units.Time(r>>58&3)) * benchClock, uint8(r >> 60)
	}},
	// Half at the next edge, an eighth at present, a sixth exponential, the rest
	// some conversions of 781.25 ps ahead; half of those pending are 1 ms ahead.
	{"mixed", func(l *load, now units.Time, r uint64) (units.Time, uint8) {
		switch k := r & 255; {
		case r>>32&0x3fff == 0:
			now += units.Millisecond + units.Time(r>>20&0xfffffff)
		case k < 128:
			now = (now/benchClock + 1) * benchClock
		case k < 160:
		case k < 200:
			now += l.exponential(r)
		default:
			now += units.Time(1+r>>20&31) * 781250
		}
		return now, uint8(r >> 16 & 15)
	}},
	// The logarithm of waits is uniform from 1 fs to 35 ms.
	{"skewed", func(_ *load, now units.Time, r uint64) (units.Time, uint8) {
		bit := uint64(1) << (r >> 56 % 45)
		return now + units.Time(bit|r&(bit-1)), 0
	}},
}

func (l *load) exponential(r uint64) units.Time {
	return l.waits[r>>54] + units.Time(r&0xfffff)
}

// random is the next number of a congruential generator, whose low bits are mixed:
// it costs less than what is measured.
func (l *load) random() uint64 {
	l.state = l.state*6364136223846793005 + 1442695040888963407
	return l.state ^ l.state>>29
}

func (l *load) Handle(e Event) {
	r := l.random()
	l.pools[int(e.A)%len(l.pools)].Serve(e.Time, units.Nanosecond)
	e.A = int32(r >> 40 & 255)
	e.Time, e.Phase = l.draw(l, e.Time, r)
	l.engine.Schedule(e)
	if l.left--; l.left <= 0 {
		l.engine.Stop()
	}
}

// newLoad makes a load that has run until its queue has grown to its size.
func newLoad(tb testing.TB, pending, number int) *load {
	l := &load{engine: &Engine{}, state: 1, draw: loads[number].draw}
	for i := range l.waits {
		l.waits[i] = units.Time(-math.Log((float64(i)+0.5)/1024) * float64(benchClock))
	}
	for range 256 {
		l.pools = append(l.pools, NewPool(1))
	}
	for i := range pending {
		at, phase := l.draw(l, 0, l.random())
		l.engine.Schedule(Event{Time: at, Phase: phase, A: int32(i)})
	}
	l.run(tb, 10*pending)
	return l
}

func (l *load) run(tb testing.TB, events int) {
	l.left = events
	if err := l.engine.Run(context.Background(), l); err != nil {
		tb.Fatal(err)
	}
}

func TestNoAllocations(t *testing.T) {
	for i, d := range loads {
		l := newLoad(t, 1000, i)
		if n := testing.AllocsPerRun(5, func() { l.run(t, 10000) }); n != 0 {
			t.Errorf("%s: 10000 events allocate %v times, want 0", d.name, n)
		}
	}
}

func BenchmarkEngine(b *testing.B) {
	for i, d := range loads {
		for _, pending := range []int{1e2, 1e4, 1e5} {
			b.Run(fmt.Sprintf("%s/pending=%d", d.name, pending), func(b *testing.B) {
				l := newLoad(b, pending, i)
				b.ReportAllocs()
				b.ResetTimer()
				l.run(b, b.N)
			})
		}
	}
}

// BenchmarkHandler is what of BenchmarkEngine is not the engine's.
func BenchmarkHandler(b *testing.B) {
	for i, d := range loads {
		b.Run(d.name, func(b *testing.B) {
			l := newLoad(b, 0, i)
			var e Event
			b.ResetTimer()
			for range b.N {
				r := l.random()
				l.pools[int(e.A)%len(l.pools)].Serve(e.Time, units.Nanosecond)
				e.A = int32(r >> 40 & 255)
				e.Time, e.Phase = l.draw(l, e.Time, r)
			}
		})
	}
}

// BenchmarkPool keeps a pool just below its capacity.
func BenchmarkPool(b *testing.B) {
	for _, servers := range []int{1, 8, 64, 4096} {
		b.Run(fmt.Sprintf("servers=%d", servers), func(b *testing.B) {
			p := NewPool(servers)
			l := load{state: 1}
			var now units.Time
			for range b.N {
				p.Serve(now, units.Time(servers)*units.Time(1+l.random()>>54))
				now += 520 // the mean service over servers is 512.5
			}
		})
	}
}
