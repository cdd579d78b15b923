package config

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"bitline/internal/units"
)

// wantPrintable is what a string is wanted to be that is not Printable.
const wantPrintable = "printable characters"

// String is the key's string, which must be Printable.
func (t *Table) String(key, def string) string {
	text := scalar(t, key, def, "a string")
	if text != def && !Printable(text) {
		t.Faultf(key, "is %s, want %s", t.node.ask(key), wantPrintable)
		return def
	}
	return text
}

// Bool is the key's truth value.
func (t *Table) Bool(key string, def bool) bool {
	return scalar(t, key, def, "true or false")
}

// scalar reads a value of exactly one type.
func scalar[T string | bool](t *Table, key string, def T, want string) T {
	n := t.node.ask(key)
	if n == nil {
		return def
	}
	v, ok := n.scalar.(T)
	if !ok {
		t.Faultf(key, "is %s, want %s", n, want)
		return def
	}
	return v
}

// Int is the key's integer, from lo to hi, both included; math.MinInt and
// math.MaxInt stand for no bound. A float is a fault even if it is whole.
func (t *Table) Int(key string, def, lo, hi int) int {
	n := t.node.ask(key)
	if n == nil {
		return def
	}
	v, ok := n.integer(lo, hi)
	if !ok {
		t.Faultf(key, "is %s, want %s", n, integerRange(n, lo, hi))
		return def
	}
	return v
}

func (n *node) integer(lo, hi int) (int, bool) {
	v, ok := n.scalar.(int64)
	return int(v), ok && int64(lo) <= v && v <= int64(hi)
}

// integerRange says what was wanted instead of n; where n is an integer its
// range says enough.
func integerRange(n *node, lo, hi int) string {
	bounds := ""
	switch {
	case lo != math.MinInt && hi != math.MaxInt:
		bounds = fmt.Sprintf("%d to %d", lo, hi)
	case lo != math.MinInt:
		bounds = fmt.Sprintf("at least %d", lo)
	case hi != math.MaxInt:
		bounds = fmt.Sprintf("at most %d", hi)
	}
	if _, ok := n.scalar.(int64); ok {
		return bounds
	}
	return strings.TrimSpace("an integer " + bounds)
}

// Float is the key's number, from lo to hi, both included; infinities stand
// for no bound. An integer is taken as a number; inf and nan are faults.
func (t *Table) Float(key string, def, lo, hi float64) float64 {
	n := t.node.ask(key)
	if n == nil {
		return def
	}
	v, ok := n.float(lo, hi)
	if !ok {
		t.Faultf(key, "is %s, want %s", n, floatRange(lo, hi))
		return def
	}
	return v
}

func (n *node) float(lo, hi float64) (float64, bool) {
	v, ok := n.scalar.(float64)
	if i, isInt := n.scalar.(int64); isInt {
		v, ok = float64(i), true
	}
	return v, ok && !math.IsNaN(v) && !math.IsInf(v, 0) && lo <= v && v <= hi
}

func floatRange(lo, hi float64) string {
	switch {
	case !math.IsInf(lo, 0) && !math.IsInf(hi, 0):
		return fmt.Sprintf("a number from %g to %g", lo, hi)
	case !math.IsInf(lo, 0):
		return fmt.Sprintf("a number of at least %g", lo)
	case !math.IsInf(hi, 0):
		return fmt.Sprintf("a number of at most %g", hi)
	}
	return "a finite number"
}

// Enum is the key's word, one of the options.
func (t *Table) Enum(key, def string, options ...string) string {
	n := t.node.ask(key)
	if n == nil {
		return def
	}
	word, _ := n.scalar.(string)
	if !slices.Contains(options, word) {
		t.Faultf(key, "is %s, want %s%s", n, strings.Join(options, " | "), didYouMean(word, "", options))
		return def
	}
	return word
}

// Ints is the key's array of integers, each from lo to hi as Int has them. A
// fault names the element; then, as for anything but an array, the whole
// array is the default.
func (t *Table) Ints(key string, def []int, lo, hi int) []int {
	n := t.node.ask(key)
	if n == nil {
		return slices.Clone(def)
	}
	if !n.isList {
		t.Faultf(key, "is %s, want an array of integers", n)
		return slices.Clone(def)
	}
	list := make([]int, len(n.list))
	good := true
	for i, element := range n.list {
		v, ok := element.integer(lo, hi)
		if !ok {
			t.elementFault(key, i, integerRange(element, lo, hi))
			good = false
		}
		list[i] = v
	}
	if !good {
		return slices.Clone(def)
	}
	return list
}

// Floats is the key's array of numbers, each from lo to hi as Float has them. A
// fault names the element, and then the whole array is the default.
func (t *Table) Floats(key string, def []float64, lo, hi float64) []float64 {
	n := t.node.ask(key)
	if n == nil {
		return slices.Clone(def)
	}
	if !n.isList {
		t.Faultf(key, "is %s, want an array of numbers", n)
		return slices.Clone(def)
	}
	list := make([]float64, len(n.list))
	good := true
	for i, element := range n.list {
		v, ok := element.float(lo, hi)
		if !ok {
			t.elementFault(key, i, floatRange(lo, hi))
			good = false
		}
		list[i] = v
	}
	if !good {
		return slices.Clone(def)
	}
	return list
}

// Strings is the key's array of Printable strings; a fault names the element, and then
// the whole array is the default.
func (t *Table) Strings(key string, def []string) []string {
	n := t.node.ask(key)
	if n == nil {
		return slices.Clone(def)
	}
	if !n.isList {
		t.Faultf(key, "is %s, want an array of strings", n)
		return slices.Clone(def)
	}
	list := make([]string, len(n.list))
	good := true
	for i, element := range n.list {
		v, ok := element.scalar.(string)
		switch {
		case !ok:
			t.elementFault(key, i, "a string")
		case !Printable(v):
			t.elementFault(key, i, wantPrintable)
		}
		good = good && ok && Printable(v)
		list[i] = v
	}
	if !good {
		return slices.Clone(def)
	}
	return list
}

func (t *Table) elementFault(key string, i int, want string) {
	element := t.node.ask(key).list[i]
	path := joinIndex(JoinKey(t.path, key), i)
	t.fault(element.pos, path, fmt.Sprintf("is %s, want %s", element, want))
}

// Time is the key's time, a string with its unit such as "100ns".
func (t *Table) Time(key string, def units.Time) units.Time {
	return quantity(t, key, def, units.ParseTime, `a time with its unit such as "100ns"`)
}

// Energy is the key's energy, a string with its unit such as "1.6pJ".
func (t *Table) Energy(key string, def units.Energy) units.Energy {
	return quantity(t, key, def, units.ParseEnergy, `an energy with its unit such as "1.6pJ"`)
}

// Power is the key's power, a string with its unit such as "2mW".
func (t *Table) Power(key string, def units.Power) units.Power {
	return quantity(t, key, def, units.ParsePower, `a power with its unit such as "2mW"`)
}

// Area is the key's area, a string with its unit such as "1200um2".
func (t *Table) Area(key string, def units.Area) units.Area {
	return quantity(t, key, def, units.ParseArea, `an area with its unit such as "1200um2"`)
}

// Frequency is the key's frequency, a string with its unit such as "1.28GHz".
func (t *Table) Frequency(key string, def units.Frequency) units.Frequency {
	return quantity(t, key, def, units.ParseFrequency, `a frequency with its unit such as "1.28GHz"`)
}

func quantity[T ~int64](t *Table, key string, def T, parse func(string) (T, error), want string) T {
	n := t.node.ask(key)
	if n == nil {
		return def
	}
	switch v := n.scalar.(type) {
	case string:
		q, err := parse(v)
		if err != nil {
			t.fault(n.pos, JoinKey(t.path, key)+":", err.Error())
			return def
		}
		return q
	case int64, float64:
		t.Faultf(key, "is the bare number %s, want %s", n, want)
	default:
		t.Faultf(key, "is %s, want %s", n, want)
	}
	return def
}
