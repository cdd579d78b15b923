package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Table is a table of a document, read key by key. A method that names a key
// (one name, never a dotted path) makes the key known; it gives the default
// where the key is absent or wrong, and notes the fault of a wrong one, so that
// a reader goes on and Finish reports everything at once. A table that is
// absent from the document is empty and gives defaults. A Table is for one
// goroutine.
type Table struct {
	doc  *document
	node *node    // nil if the table is absent
	pos  position // of the table, else of the nearest that is present
	path string
}

// document is what the tables of one document share.
type document struct {
	root   *node
	faults []fault
}

type fault struct {
	pos  position
	text string
}

func (f fault) Error() string { return f.pos.String() + ": " + f.text }

func newDocument(root *node) *Table {
	root.opened = true
	return &Table{doc: &document{root: root}, node: root, pos: root.pos}
}

// Has reports whether the table holds the key.
func (t *Table) Has(key string) bool { return t.node.ask(key) != nil }

// Require notes a fault for each of the keys that is absent.
func (t *Table) Require(keys ...string) {
	for _, key := range keys {
		if !t.Has(key) {
			t.Faultf(key, "is missing")
		}
	}
}

// Keys are the keys that the table holds, sorted. It makes none of them known.
func (t *Table) Keys() []string { return t.node.keys() }

// Path is the table's own key from the root, such as "adc" or "layers[2]";
// the root's is empty.
func (t *Table) Path() string { return t.path }

// Where is where the key was written: "chips/mine.toml:12" or
// "--set adc.bits". For an absent key it is where the table begins, and for an
// absent table or the root the file.
func (t *Table) Where(key string) string { return t.at(key).String() }

func (t *Table) at(key string) position {
	if n := t.node.ask(key); n != nil {
		return n.pos
	}
	return t.pos
}

// Value is the key's value as a string, int64, float64, bool, time.Time, []any
// or map[string]any, for keys that take values of several types; ok is false
// if the key is absent. All that lies under the key becomes known.
func (t *Table) Value(key string) (v any, ok bool) {
	n := t.node.ask(key)
	if n == nil {
		return nil, false
	}
	return n.plain(), true
}

// Faultf notes a fault of the key, at its position: FILE:LINE: key PATH and
// the formatted text, such as "is 9, want at most 8". If the key is absent,
// the position is that of the table, or of the file. An empty key stands for
// the table itself.
func (t *Table) Faultf(key, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	switch {
	case key != "":
		t.fault(t.at(key), JoinKey(t.path, key), text)
	case t.path != "":
		t.doc.faults = append(t.doc.faults, fault{t.pos, "table " + Shorten(t.path) + " " + text})
	default:
		t.doc.faults = append(t.doc.faults, fault{t.pos, text})
	}
}

func (t *Table) fault(pos position, path, text string) {
	t.doc.faults = append(t.doc.faults, fault{pos, "key " + Shorten(path) + " " + text})
}

// Table is the table of that key. An absent one is empty; anything else than a
// table is a fault and gives an empty table.
func (t *Table) Table(key string) *Table {
	n := t.node.ask(key)
	if n != nil && n.table == nil {
		t.Faultf(key, "is %s, want a table", n)
		n = nil
	}
	return t.sub(n, JoinKey(t.path, key))
}

// Tables are the tables of an array of tables, [[key]] or key = [{...}], in
// order; none if the key is absent. Anything else is a fault.
func (t *Table) Tables(key string) []*Table {
	n := t.node.ask(key)
	if n == nil {
		return nil
	}
	if !n.isList {
		t.Faultf(key, "is %s, want an array of tables", n)
		return nil
	}
	tables := make([]*Table, 0, len(n.list))
	for i, element := range n.list {
		path := joinIndex(JoinKey(t.path, key), i)
		if element.table == nil {
			t.fault(element.pos, path, fmt.Sprintf("is %s, want a table", element))
			continue
		}
		tables = append(tables, t.sub(element, path))
	}
	return tables
}

func (t *Table) sub(n *node, path string) *Table {
	s := &Table{doc: t.doc, node: n, pos: t.pos, path: path}
	if n != nil {
		n.opened = true
		s.pos = n.pos
	}
	return s
}

// Finish ends the reading of the whole document: it gives all faults that were
// noted and one for each key or table that nobody asked for, one line each,
// sorted by file and line with overrides last, or nil if there is none.
func (t *Table) Finish() error {
	faults := append(slices.Clone(t.doc.faults), unknown(t.doc.root, "")...)
	slices.SortFunc(faults, func(a, b fault) int {
		if a.pos.set != b.pos.set {
			if b.pos.set {
				return -1
			}
			return 1
		}
		return cmp.Or(
			cmp.Compare(a.pos.file, b.pos.file),
			cmp.Compare(a.pos.line, b.pos.line),
			cmp.Compare(a.text, b.text))
	})
	faults = slices.Compact(faults)
	errs := make([]error, len(faults))
	for i, f := range faults {
		errs[i] = f
	}
	return errors.Join(errs...)
}

// unknown lists the keys of an opened table, and of what was opened in it,
// that no reader asked for.
func unknown(n *node, path string) []fault {
	var faults []fault
	for _, key := range n.keys() {
		child, at := n.table[key], JoinKey(path, key)
		if !n.asked[key] {
			prefix := ""
			if path != "" {
				prefix = path + "."
			}
			hint := didYouMean(key, prefix, slices.Sorted(maps.Keys(n.asked)))
			faults = append(faults, fault{child.pos, "unknown key " + Shorten(at) + hint})
			continue
		}
		if child.opened {
			faults = append(faults, unknown(child, at)...)
		}
		for i, element := range child.list {
			if element.opened {
				faults = append(faults, unknown(element, joinIndex(at, i))...)
			}
		}
	}
	return faults
}
