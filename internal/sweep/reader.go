package sweep

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bitline/configs"
	"bitline/internal/config"
)

// reader reads a sweep file into a plan and collects its faults in the table.
type reader struct {
	table  *config.Table
	file   string // the sweep's name, or its file
	plan   *Plan
	axes   []*axis // the seeds first
	sample *sample // nil for the whole grid
	rules  []*constraint
	claims []claim
	steps  int // of all ranges so far
}

// claim is a key that is set, or an axis's name, and where.
type claim struct {
	key   string
	table *config.Table
	at    string // the key in table
	by    string // what names it
}

// words are names of keys, of sweeps and variants, and of axes of variants.
var (
	keyWord  = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
	nameWord = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)
	axisWord = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

const (
	keyWant  = "want a key such as adc.bits"
	nameWant = "want letters, digits and, behind the first, any of . _ + -"
	axisWant = "want letters, digits and _, no digit first"
)

// readWord reads a word, "" where it is absent or a fault.
func readWord(t *config.Table, key string, pattern *regexp.Regexp, want string) string {
	given, has := t.Value(key)
	if word, ok := given.(string); ok && pattern.MatchString(word) {
		return word
	}
	if has {
		t.Faultf(key, "is %s, %s", show(given), want)
	}
	return ""
}

// checkPlaces finds keys of the whole sweep in a table below, where they end up
// when they are written behind it. A table's own keys are asked for by then.
func checkPlaces(t *config.Table, own ...string) {
	for _, key := range t.Keys() {
		if slices.Contains([]string{"job", "set", "seeds", "constraints", "pareto", "laws"}, key) && !slices.Contains(own, key) {
			t.Faultf(key, "belongs to the whole sweep, want it above the first table")
		}
	}
}

func (r *reader) read() {
	t, p := r.table, r.plan
	if p.Name = readWord(t, "name", nameWord, nameWant); !t.Has("name") {
		p.Name = config.Stem(r.file)
	}
	r.readJob()
	r.readShared()
	r.readSeeds()
	for i, axis := range t.Tables("axis") {
		r.readAxis(axis, i)
	}
	if list, ok := t.Value("axis"); len(r.axes) == 0 && (!ok || isEmpty(list)) {
		t.Faultf("axis", "is missing, want at least one [[axis]]")
	}
	p.Laws = t.Bool("laws", false)
	r.sample = r.readSample()
	r.readPareto()
	r.readConstraints()
	for _, a := range r.axes {
		p.Columns = append(p.Columns, a.columns...)
		for i, column := range a.columns {
			if !a.holdsNumbers(i) {
				p.words = append(p.words, column)
			}
		}
	}
}

// isEmpty says whether a decoded value is a list of nothing.
func isEmpty(v any) bool {
	list, ok := v.([]any)
	return ok && len(list) == 0
}

// readJob finds the base job beside the sweep's file. What it holds is read with
// the points.
func (r *reader) readJob() {
	t, p := r.table, r.plan
	t.Require("job")
	if given, _ := t.Value("job"); given == "" {
		t.Faultf("job", "is empty, want a job's name or file")
	}
	if p.job = t.String("job", ""); p.job == "" {
		return
	}
	p.Job = config.Beside(r.file, p.job, ".toml")
	if _, err := config.Load(config.Source{Embedded: configs.Files(), Kind: "jobs"}, p.Job, nil); err != nil {
		t.Faultf("job", "is %q: %v", p.job, err)
	}
}

// readShared reads the overrides of all points.
func (r *reader) readShared() {
	r.plan.shared = r.table.Strings("set", nil)
	for _, key := range setKeys(r.table, "set", r.plan.shared) {
		r.claim(claim{key, r.table, "set", "set"})
	}
}

// setKeys are the keys of overrides; what is none is a fault.
func setKeys(t *config.Table, at string, sets []string) []string {
	var keys []string
	for _, set := range sets {
		key, _, found := config.CutSet(set)
		if !found || !keyWord.MatchString(key) {
			t.Faultf(at, "holds %s, want KEY=VALUE such as adc.bits=5", show(set))
			continue
		}
		keys = append(keys, key)
	}
	return keys
}

// claim notes who names a key. Two that name the same, or one a table of the
// other's, are a fault: the later would silently win.
func (r *reader) claim(c claim) bool {
	for _, other := range r.claims {
		switch {
		case c.key == other.key && c.by == other.by:
			c.table.Faultf(c.at, "names %s twice", config.Shorten(c.key))
			return false
		case c.key == other.key:
			c.table.Faultf(c.at, "names %s, which %s names too", config.Shorten(c.key), other.by)
			return false
		case strings.HasPrefix(c.key, other.key+"."), strings.HasPrefix(other.key, c.key+"."):
			c.table.Faultf(c.at, "names %s, and %s names %s", config.Shorten(c.key), other.by, config.Shorten(other.key))
			return false
		}
	}
	r.claims = append(r.claims, c)
	return true
}

// seedsPath is the path of the axis of seeds, which is never drawn from.
const seedsPath = "seeds"

// readSeeds makes the outermost axis of seeds.
func (r *reader) readSeeds() {
	t := r.table
	if !t.Has("seeds") {
		return
	}
	a := &axis{columns: []string{"train.seed"}, path: seedsPath}
	for _, seed := range t.Ints("seeds", []int{0}, 0, math.MaxInt) {
		a.add(t, "seeds", a.rowOf(value{strconv.Itoa(seed), seed}))
	}
	if len(a.rows) == 0 {
		t.Faultf("seeds", "holds nothing, want at least one seed")
	}
	if r.claim(claim{"train.seed", t, "seeds", "seeds"}) {
		r.axes = append(r.axes, a)
	}
}

// readPareto reads sets of figures.
func (r *reader) readPareto() {
	t := r.table
	given, has := t.Value("pareto")
	if !has {
		return
	}
	const want = `want lists of two or three figures, such as ["accuracy", "energy_pj"]`
	sets, ok := given.([]any)
	if !ok {
		t.Faultf("pareto", "is %s, %s", show(given), want)
	}
	for _, set := range sets {
		var names []string
		items, ok := set.([]any)
		for _, item := range items {
			name, isText := item.(string)
			ok = ok && isText && name != "" && !slices.Contains(names, name)
			names = append(names, name)
		}
		if !ok || len(names) < 2 || len(names) > 3 {
			t.Faultf("pareto", "holds %s, %s", show(set), want)
			continue
		}
		r.plan.Pareto = append(r.plan.Pareto, names)
	}
}
