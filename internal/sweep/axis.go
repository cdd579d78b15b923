package sweep

import (
	"fmt"
	"slices"
	"strings"

	"bitline/internal/config"
	"bitline/internal/pipeline"
)

// axis is what a sweep varies: a key or keys that change together, over rows of
// values or a range, or named sets of keys.
type axis struct {
	columns  []string
	rows     []row
	span     *span // the range from which samples draw; nil for one of rows alone
	variants bool
	known    map[string]bool // the rows' values, while they are read
	path     string          // in the file
}

func (a *axis) keys() []string { return a.columns }
func (a *axis) size() int      { return len(a.rows) }
func (a *axis) row(i int) row  { return a.rows[i] }

// draw is the row at u, 0 ≤ u < 1: rows share the interval in equal parts, in
// their order.
func (a *axis) draw(u float64) row {
	if a.span == nil {
		return a.rows[int(u*float64(len(a.rows)))]
	}
	return a.rowOf(a.span.draw(u))
}

// holdsNumbers says whether a column of the axis is one of numbers in results.
func (a *axis) holdsNumbers(column int) bool {
	if a.span != nil {
		return a.span.unit == ""
	}
	return !slices.ContainsFunc(a.rows, func(r row) bool {
		kind := literalValue(r.values[column].text).Kind
		return kind != Integer && kind != Number
	})
}

// add adds a row, unless there is one like it, which is a fault.
func (a *axis) add(t *config.Table, key string, r row) {
	var words []string
	for _, v := range r.values {
		words = append(words, v.text)
	}
	text := strings.Join(words, ", ")
	if a.known[text] {
		t.Faultf(key, "holds %s twice, want each once", config.Shorten(text))
		return
	}
	if a.known == nil {
		a.known = map[string]bool{}
	}
	a.known[text] = true
	a.rows = append(a.rows, r)
}

// rowOf is the row of values for the axis's keys.
func (a *axis) rowOf(values ...value) row {
	r := row{values: values}
	for k, key := range a.columns {
		r.sets = append(r.sets, key+"="+values[k].text)
	}
	return r
}

func (r *reader) readAxis(t *config.Table, i int) {
	checkPlaces(t)
	var given []string
	for _, key := range []string{"key", "keys", "name"} {
		if t.Has(key) {
			given = append(given, key)
		}
	}
	a := &axis{path: fmt.Sprintf("axis[%d]", i)}
	r.axes = append(r.axes, a)
	if len(given) != 1 { // what else it holds is no fault
		for _, key := range []string{"values", "range", "variant"} {
			t.Value(key)
		}
	}
	switch {
	case len(given) == 0:
		t.Faultf("", "has no key, want key, keys or name")
	case len(given) > 1:
		t.Faultf(given[1], "is given beside %s, want one of key, keys and name", given[0])
	case given[0] == "name":
		r.readVariants(t, a)
	default:
		r.readKeys(t, a, given[0])
		r.readValues(t, a)
	}
	for column := range a.columns {
		unify(a.rows, column)
	}
}

// readKeys reads the keys that the axis sets.
func (r *reader) readKeys(t *config.Table, a *axis, at string) {
	given, _ := t.Value(at)
	items, ok := []any{given}, true
	if at == "keys" {
		if items, ok = given.([]any); !ok || len(items) == 0 {
			t.Faultf(at, "is %s, want a list of keys that change together", show(given))
		}
	}
	for _, item := range items {
		key, ok := item.(string)
		if !ok || !keyWord.MatchString(key) {
			t.Faultf(at, "names %s, %s", show(item), keyWant)
			key = ""
		} else {
			r.claim(claim{key, t, at, a.path})
		}
		a.columns = append(a.columns, key)
	}
}

// readValues reads what the axis sets its keys to.
func (r *reader) readValues(t *config.Table, a *axis) {
	given, has := t.Value("values")
	switch {
	case has && t.Has("range"):
		t.Faultf("range", "is given beside values, want one of them")
	case has:
		items, ok := given.([]any)
		if !ok {
			t.Faultf("values", "is %s, want a list of values", show(given))
		} else if isEmpty(given) {
			t.Faultf("values", "holds nothing, want at least one value")
		}
		for _, item := range items {
			a.readItem(t, item)
		}
	case !t.Has("range"):
		t.Faultf("", "has neither values nor range, want one of them")
	case len(a.columns) != 1:
		t.Faultf("range", "is given for keys, want values: a row for each point, with a value for each key")
	default:
		r.readRange(t.Table("range"), a)
	}
}

// readRange reads the range of an axis: where points are drawn the range itself, else
// its values.
func (r *reader) readRange(t *config.Table, a *axis) {
	sampled := r.table.Has("sample")
	s, steps := readSpan(t, sampled)
	switch r.steps += steps; {
	case s == nil:
	case sampled:
		a.span = s
	case r.steps > maxAllSteps:
		t.Faultf("steps", "is %d, which makes %d of all ranges so far, want at most %d", steps, r.steps, maxAllSteps)
	default:
		for _, v := range s.grid(steps) {
			a.rows = append(a.rows, a.rowOf(v))
		}
	}
}

// readItem reads one of the values, of zipped keys a list with one for each.
func (a *axis) readItem(t *config.Table, item any) {
	items := []any{item}
	if len(a.columns) > 1 {
		list, ok := item.([]any)
		if !ok || len(list) != len(a.columns) {
			t.Faultf("values", "holds %s, want lists of %d, a value for each of keys", show(item), len(a.columns))
			return
		}
		items = list
	}
	var values []value
	for _, item := range items {
		v, ok := valueOf(item)
		if !ok {
			t.Faultf("values", "holds %s, want numbers, words, true or false, and lists of them", show(item))
			return
		}
		values = append(values, v)
	}
	a.add(t, "values", a.rowOf(values...))
}

// checkColumn finds an axis of variants whose column would hide another of the
// results.
func checkColumn(t *config.Table, name string) {
	const want = "want a name of its own, such as variant"
	switch {
	case slices.Contains(pipeline.FigureNames(), name):
		t.Faultf("name", "is %q, which is the name of a figure of the results, %s", name, want)
	case isOwnColumn(name):
		t.Faultf("name", "is %q, which is the name of a column of all results, %s", name, want)
	}
}

// readVariants reads named sets of keys.
func (r *reader) readVariants(t *config.Table, a *axis) {
	name := readWord(t, "name", axisWord, axisWant)
	if name != "" {
		checkColumn(t, name)
		r.claim(claim{name, t, "name", a.path})
	}
	a.columns, a.variants = []string{name}, true
	t.Require("variant")
	tables := t.Tables("variant")
	if t.Has("variant") && len(tables) == 0 {
		t.Faultf("variant", "holds nothing, want at least one variant")
	}
	var own []string // keys of this axis, which its variants share
	for i, v := range tables {
		checkPlaces(v, "set")
		v.Require("name")
		word := readWord(v, "name", nameWord, nameWant)
		sets := v.Strings("set", nil)
		for _, key := range setKeys(v, "set", sets) {
			if slices.Contains(own, key) {
				continue
			}
			if r.claim(claim{key, v, "set", fmt.Sprintf("%s.variant[%d]", a.path, i)}) {
				own = append(own, key)
			}
		}
		if word != "" {
			a.add(v, "name", row{values: []value{{word, word}}, sets: sets})
		}
	}
}
