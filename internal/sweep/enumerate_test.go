package sweep

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Both sides of each kind of constraint, by hand.
func TestConstraints(t *testing.T) {
	const axes = `
[[axis]]
key = "adc.per_ima"
values = [1, 2, 3]
[[axis]]
key = "adc.bits"
values = [4, "auto", [3, 3]]
[[axis]]
name = "variant"
[[axis.variant]]
name = "dense"
[[axis.variant]]
name = "l1"
set = ["train.finetune.method=l1"]
[[axis]]
keys = ["crossbar.read_latency", "crossbar.wordlines"]
values = [["50ns", 2], ["0.1us", 64]]
`
	for _, c := range []struct {
		constraints string
		want        []string // of seed, per_ima, bits, variant, latency, wordlines: what all kept points have, a blank for any
		len         int
	}{
		{`"adc.per_ima <= 3"`, nil, 72},
		{`"adc.per_ima < 3"`, nil, 48},
		{`"adc.per_ima == 3"`, []string{"", "3"}, 24},
		{`"adc.per_ima > 1", "adc.per_ima < 3"`, []string{"", "2"}, 24},
		{`"adc.per_ima <= crossbar.wordlines"`, nil, 60}, // 3 > 2 goes, which is 2·3·2 points
		{`"adc.bits == 'auto'"`, []string{"", "", "auto"}, 24},
		{`"adc.bits == 'auto' || len(adc.bits) == 2"`, nil, 0}, // the length of 4
		{`"adc.bits in ['auto', 4]"`, nil, 48},
		{`"type(adc.bits) == 'array' && sum(adc.bits) == 6"`, []string{"", "", "[3, 3]"}, 24},
		{`"variant == 'l1'"`, []string{"", "", "", "l1"}, 36},
		{`"variant != 'l1' or train.seed == 8"`, nil, 54},
		{`"train.seed == 8"`, []string{"8"}, 36},
		{`"crossbar.read_latency < 100e-9"`, []string{"", "", "", "", "50ns"}, 36},
		{`"crossbar.read_latency <= 100e-9"`, nil, 72}, // 0.1us is 1e-7 exactly
		{`"crossbar.read_latency >= 50e-9"`, nil, 72},
		{`"crossbar.wordlines % 64 == 0"`, []string{"", "", "", "", "0.1us", "64"}, 36},
		{`"let half = crossbar.wordlines / 2; half == 32"`, []string{"", "", "", "", "0.1us"}, 36},
		{`"adc?.per_ima == 2"`, []string{"", "2"}, 24},
		{`"true"`, nil, 72},
	} {
		p, err := read(t, "job = 'quickstart'\nseeds = [7, 8]\nconstraints = ["+c.constraints+"]\n"+axes)
		if err != nil {
			if c.len > 0 {
				t.Error(err)
			}
			continue
		}
		if p.Len() != c.len {
			t.Errorf("%s leaves %d points, want %d", c.constraints, p.Len(), c.len)
		}
		for i := range p.Len() {
			for k, want := range c.want {
				if got := p.Point(i).Settings[k]; want != "" && got.Value != want {
					t.Errorf("%s: point %d has %s, want %s", c.constraints, i, got, want)
				}
			}
		}
	}
}

// Kept points keep their order, and constraints hold for samples too.
func TestConstrainedOrder(t *testing.T) {
	const axes = "[[axis]]\nkey = 'adc.bits'\nrange = {from = 1, to = 3, steps = 3, round = true}\n[[axis]]\nkey = 'adc.per_ima'\nvalues = [1, 2, 3]\n"
	p := plan(t, base+"constraints = ['adc.bits != adc.per_ima']\n"+axes)
	if got, want := table(p), "1 2\n1 3\n2 1\n2 3\n3 1\n3 2"; got != want {
		t.Errorf("points are\n%s\nwant\n%s", got, want)
	}
	const sample = "[sample]\nkind = 'random'\npoints = 50\n"
	var want []string
	for _, line := range strings.Split(table(plan(t, base+axes+sample)), "\n") {
		if line[0] < line[2] {
			want = append(want, line)
		}
	}
	if got := table(plan(t, base+"constraints = ['adc.bits < adc.per_ima']\n"+axes+sample)); got != strings.Join(want, "\n") || len(want) == 0 || len(want) == 50 {
		t.Errorf("points are\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// A grid at the limit is a plan, and one a point larger is a fault; without
// constraints neither takes memory or time.
func TestHugeGrids(t *testing.T) {
	axis := func(key string, steps int) string {
		return fmt.Sprintf("[[axis]]\nkey = '%s'\nrange = {from = 1, to = %d, steps = %d}\n", key, max(2, steps), steps)
	}
	p := plan(t, base+axis("adc.bits", 1000)+axis("adc.per_ima", 1000)+axis("ima.crossbars", 1000))
	if p.Len() != 1_000_000_000 || p.kept != nil {
		t.Errorf("%d points, want a thousand million and no list of them", p.Len())
	}
	want := []Setting{{"adc.bits", "124"}, {"adc.per_ima", "457"}, {"ima.crossbars", "790"}}
	if got := p.Point(123_456_789).Settings; !slices.Equal(got, want) {
		t.Errorf("point 123456789 is %v, want %v", got, want)
	}
	checkFault(t, base+axis("adc.bits", 1000)+axis("adc.per_ima", 1000)+axis("ima.crossbars", 1001),
		"s.toml:2: key axis spans more than 1000000000 points, want fewer, or a [sample] of them")
	var many strings.Builder
	for i := range 20 { // 1000^20 fits no integer
		many.WriteString(axis(fmt.Sprintf("k%d", i), 1000))
	}
	checkFault(t, base+many.String(), "s.toml:2: key axis spans more than 1000000000 points, want fewer, or a [sample] of them")
	p = plan(t, base+"constraints = ['adc.bits > 999', 'adc.per_ima <= 2 || adc.per_ima > 999']\n"+axis("adc.bits", 1000)+axis("adc.per_ima", 1000)+axis("ima.crossbars", 1000))
	if p.Len() != 3000 || len(p.kept.starts) != 2 {
		t.Errorf("%d points in %d runs, want 3000 in 2", p.Len(), len(p.kept.starts))
	}
	if got := p.Point(2000).Settings; got[1].Value != "1000" || got[2].Value != "1" {
		t.Errorf("point 2000 is %v, want the first of the second run", got)
	}
}

// Runs against a plain list.
func TestRuns(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		var list []int
		kept, next := &runs{}, 0
		for range random.IntN(20) {
			next += random.IntN(3)
			n := 1 + random.IntN(4)
			kept.add(next, n)
			for range n {
				list = append(list, next)
				next++
			}
		}
		if kept.len() != len(list) {
			t.Fatalf("%d integers, want %v", kept.len(), list)
		}
		for i, want := range list {
			if got := kept.at(i); got != want {
				t.Fatalf("integer %d is %d, want %d of %v", i, got, want, list)
			}
		}
		for i, start := range kept.starts {
			if i > 0 && !slices.Contains(list, int(start)) || slices.Contains(list, int(start)-1) {
				t.Fatalf("a run starts at %d amid %v", start, list)
			}
		}
	}
}

// BenchmarkFilter asks a million points, of which half are kept, each other one.
func BenchmarkFilter(b *testing.B) {
	p, axes := &Plan{total: 1_000_000}, []*axis{}
	for _, key := range []string{"adc.bits", "adc.per_ima", "ima.crossbars"} {
		a := &axis{columns: []string{key}}
		for _, v := range (&span{from: 1, to: 100}).grid(100) {
			a.rows = append(a.rows, a.rowOf(v))
		}
		axes, p.dimensions = append(axes, a), append(p.dimensions, a)
	}
	env, known := environment(axes)
	c, err := compile("(adc.bits + adc.per_ima + ima.crossbars) % 2 == 0", env, known)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		kept, err := p.filter([]*constraint{c})
		if err != nil || kept.len() != 500_000 {
			b.Fatalf("%d points and %v, want 500000", kept.len(), err)
		}
	}
}
