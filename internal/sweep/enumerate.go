package sweep

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/vm"

	"bitline/internal/config"
	"bitline/internal/report"
)

// maxPoints bounds the whole grid, so that its places fit 32 bits.
const maxPoints = 1_000_000_000

// finishGrid makes the dimensions and counts the points that constraints leave.
func (r *reader) finishGrid() {
	p := r.plan
	for _, a := range r.axes {
		if r.sample == nil || a.path == seedsPath {
			p.dimensions = append(p.dimensions, a)
		}
	}
	if r.sample != nil {
		p.dimensions = append(p.dimensions, r.sample)
	}
	p.total = 1
	for _, d := range p.dimensions {
		if p.total > maxPoints/d.size() {
			r.table.Faultf("axis", "spans more than %d points, want fewer, or a [sample] of them", maxPoints)
			return
		}
		p.total *= d.size()
	}
	if len(r.rules) == 0 {
		return
	}
	kept, err := p.filter(r.rules)
	if err != nil {
		r.table.Faultf("constraints", "%v", err)
		return
	}
	p.kept = kept
	if kept.len() == 0 {
		r.table.Faultf("constraints", "leaves none of %s: %s", report.Counted(p.total, "point"), r.blame())
	}
}

// blame says how many points each constraint excludes by itself.
func (r *reader) blame() string {
	var parts []string
	for _, c := range r.rules {
		if kept, err := r.plan.filter([]*constraint{c}); err == nil && kept.len() < r.plan.total {
			parts = append(parts, fmt.Sprintf("%s excludes %d", show(c.text), r.plan.total-kept.len()))
		}
	}
	return strings.Join(parts, ", ")
}

// filter finds the points that satisfy all constraints.
func (p *Plan) filter(rules []*constraint) (*runs, error) {
	f := &filter{plan: p, rules: make([][]*constraint, len(p.dimensions)), env: map[string]any{}, places: make([]row, len(p.dimensions)), kept: &runs{}}
	for _, d := range p.dimensions {
		var slots []slot
		for _, key := range d.keys() {
			slots = append(slots, slotOf(f.env, key))
		}
		f.slots = append(f.slots, slots)
	}
	for _, c := range rules {
		level := 0
		for i, d := range p.dimensions {
			if slices.ContainsFunc(d.keys(), func(key string) bool { return slices.Contains(c.keys, key) }) {
				level = i
			}
		}
		f.rules[level] = append(f.rules[level], c)
		f.deepest = max(f.deepest, level)
	}
	if err := f.walk(0, 0, p.total); err != nil {
		return nil, err
	}
	return f.kept, nil
}

// filter walks the grid dimension by dimension and asks each constraint as soon as
// all that it names is set: what it excludes there is passed over at once, and below
// the deepest constraint all points are kept.
type filter struct {
	plan    *Plan
	rules   [][]*constraint // by the dimension that sets the last key they name
	deepest int
	env     map[string]any
	slots   [][]slot // of each dimension's keys
	places  []row    // of the dimensions down to the walk's
	machine vm.VM
	kept    *runs
}

// slot is where a key's value lies in the nested maps.
type slot struct {
	in  map[string]any
	key string
}

func slotOf(env map[string]any, key string) slot {
	parts := strings.Split(key, ".")
	for _, part := range parts[:len(parts)-1] {
		inner, ok := env[part].(map[string]any)
		if !ok {
			inner = map[string]any{}
			env[part] = inner
		}
		env = inner
	}
	return slot{env, parts[len(parts)-1]}
}

// walk goes through a dimension at points start to start+size−1, all of which the
// dimensions above share.
func (f *filter) walk(level, start, size int) error {
	d := f.plan.dimensions[level]
	size /= d.size()
	for i := range d.size() {
		place := d.row(i)
		f.places[level] = place
		for k, s := range f.slots[level] {
			s.in[s.key] = place.values[k].seen
		}
		holds, err := f.hold(level)
		switch {
		case err != nil:
			return err
		case !holds:
		case level == f.deepest:
			f.kept.add(start+i*size, size)
		default:
			if err := f.walk(level+1, start+i*size, size); err != nil {
				return err
			}
		}
	}
	return nil
}

// hold asks the constraints of a dimension.
func (f *filter) hold(level int) (bool, error) {
	for _, c := range f.rules[level] {
		answer, err := f.machine.Run(c.program, f.env)
		if err != nil {
			return false, fmt.Errorf("holds %s: %w%s", show(c.text), brief(err), f.settings(level, c.keys))
		}
		if holds, ok := answer.(bool); !ok {
			return false, fmt.Errorf("holds %s, which is %v, want true or false%s", show(c.text), answer, f.settings(level, c.keys))
		} else if !holds {
			return false, nil
		}
	}
	return true, nil
}

// settings are those of the walk's place that concern the keys, as the end of a
// sentence; empty where there are none.
func (f *filter) settings(level int, keys []string) string {
	var parts []string
	for i, d := range f.plan.dimensions[:level+1] {
		for k, key := range d.keys() {
			if slices.Contains(keys, key) {
				parts = append(parts, key+" = "+config.Shorten(f.places[i].values[k].text))
			}
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ", where " + strings.Join(parts, ", ")
}

// runs are ascending integers, as runs of neighbours.
type runs struct {
	starts []int32
	ends   []int32 // how many integers there are up to the end of each run
}

func (r *runs) len() int {
	if len(r.ends) == 0 {
		return 0
	}
	return int(r.ends[len(r.ends)-1])
}

// add appends start to start+n−1, which lie above all others.
func (r *runs) add(start, n int) {
	before, last := 0, len(r.starts)-1
	if last > 0 {
		before = int(r.ends[last-1])
	}
	if last >= 0 && int(r.starts[last])+r.len()-before == start {
		r.ends[last] += int32(n)
		return
	}
	r.ends = append(r.ends, int32(r.len()+n))
	r.starts = append(r.starts, int32(start))
}

// at is the integer of an index.
func (r *runs) at(i int) int {
	run, _ := slices.BinarySearchFunc(r.ends, i, func(end int32, i int) int { return cmp.Compare(int(end), i+1) })
	before := 0
	if run > 0 {
		before = int(r.ends[run-1])
	}
	return int(r.starts[run]) + i - before
}
