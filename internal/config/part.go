package config

// Part is a table of one document that is laid over another; the zero Part is
// empty.
type Part struct{ node *node }

// Part takes the table of that key for another document. What it holds is known
// here and judged there, with the lines of here. Anything else than a table is a
// fault, and so is a base.
func (t *Table) Part(key string) Part {
	n := t.node.ask(key)
	if n == nil {
		return Part{}
	}
	if n.table == nil {
		t.Faultf(key, "is %s, want a table", n)
		return Part{}
	}
	part := n.clone()
	if base := part.table["base"]; base != nil {
		t.fault(base.pos, JoinKey(JoinKey(t.path, key), "base"), "is given, want it in a file: only a file can start from another")
		delete(part.table, "base")
	}
	return Part{part}
}

// over lays the part over a document, whose own place stays that of what it
// lacks.
func (p Part) over(root *node) {
	if p.node == nil {
		return
	}
	file := root.pos
	merge(root, p.node.clone())
	root.pos = file
}

// clone copies a node as if no reader had asked of it.
func (n *node) clone() *node {
	c := &node{pos: n.pos, isList: n.isList, scalar: n.scalar}
	if n.table != nil {
		c.table = make(map[string]*node, len(n.table))
		for key, child := range n.table {
			c.table[key] = child.clone()
		}
	}
	for _, child := range n.list {
		c.list = append(c.list, child.clone())
	}
	return c
}
