package config

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// position is where a key was written: a file and a line of it, a file as a
// whole (line 0), or an override ("--set adc.bits", line 0).
type position struct {
	file string
	line int
	set  bool
}

func (p position) String() string {
	if p.line == 0 {
		return p.file
	}
	return p.file + ":" + strconv.Itoa(p.line)
}

// node is a value of a document with its position: a table, a list or else a
// scalar (string, int64, float64, bool or time.Time).
type node struct {
	pos    position
	table  map[string]*node
	list   []*node
	isList bool
	scalar any

	asked  map[string]bool // keys of the table that a reader has asked for
	opened bool            // the table was read key by key, not as one value
}

// build makes a node of a decoded value. Its position is its line where the
// scan knows one, else that of what encloses it.
func build(v any, path string, lines map[string]int, pos position) *node {
	if line := lines[path]; line > 0 {
		pos.line = line
	}
	n := &node{pos: pos}
	switch v := v.(type) {
	case map[string]any:
		n.table = make(map[string]*node, len(v))
		for key, child := range v {
			n.table[key] = build(child, JoinKey(path, key), lines, pos)
		}
	case []map[string]any:
		n.isList = true
		for i, child := range v {
			n.list = append(n.list, build(child, joinIndex(path, i), lines, pos))
		}
	case []any:
		n.isList = true
		for i, child := range v {
			n.list = append(n.list, build(child, joinIndex(path, i), lines, pos))
		}
	default:
		n.scalar = v
	}
	return n
}

// merge lays over on base: tables are merged key by key, anything else is
// replaced. A merged table lies where a file last mentioned it.
func merge(base, over *node) *node {
	if base == nil || base.table == nil || over.table == nil {
		return over
	}
	for key, child := range over.table {
		base.table[key] = merge(base.table[key], child)
	}
	if !over.pos.set {
		base.pos = over.pos
	}
	return base
}

// ask marks a key as known and gives its value, nil if it is absent.
func (n *node) ask(key string) *node {
	if n == nil {
		return nil
	}
	if n.asked == nil {
		n.asked = map[string]bool{}
	}
	n.asked[key] = true
	return n.table[key]
}

func (n *node) keys() []string {
	if n == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(n.table))
}

// plain is the value of a node without positions.
func (n *node) plain() any {
	switch {
	case n.table != nil:
		m := make(map[string]any, len(n.table))
		for key, child := range n.table {
			m[key] = child.plain()
		}
		return m
	case n.isList:
		l := make([]any, len(n.list))
		for i, child := range n.list {
			l[i] = child.plain()
		}
		return l
	}
	return n.scalar
}

// maxShown bounds what Shorten leaves, in bytes.
const maxShown = 80

// String is the value as a fault shows it: on one line and not too long.
func (n *node) String() string {
	switch v := n.scalar.(type) {
	case string:
		if len(v) > maxShown {
			return strconv.Quote(Shorten(v))
		}
		return strconv.Quote(v)
	case float64:
		return formatFloat(v)
	case time.Time:
		return "a date or time"
	case nil:
	default:
		return fmt.Sprint(v)
	}
	if n.table != nil {
		return "a table"
	}
	var items []string
	for i, child := range n.list {
		if i == 8 {
			items = append(items, "...")
			break
		}
		if child.isList || child.table != nil {
			return "an array of arrays or tables"
		}
		items = append(items, child.String())
	}
	return Shorten("[" + strings.Join(items, ", ") + "]")
}

// formatFloat keeps a point or an exponent, so that 8.0 is not taken for 8.
func formatFloat(v float64) string {
	text := strconv.FormatFloat(v, 'g', -1, 64)
	if v == math.Trunc(v) && !strings.ContainsAny(text, ".eIN") {
		text += ".0"
	}
	return text
}

// Shorten is the text of a value or of a key as faults quote it: not too long.
func Shorten(s string) string {
	if len(s) <= maxShown {
		return s
	}
	return strings.ToValidUTF8(s[:maxShown-3], "") + "..."
}
