package config

import (
	"maps"
	"slices"
)

// Files are the files that give the table its keys, by their cleaned paths, sorted:
// that of the document and those that it starts from. Of embedded files the names
// are those within the program.
func (t *Table) Files() []string {
	files := map[string]bool{}
	t.node.eachFile(files)
	return slices.Sorted(maps.Keys(files))
}

func (n *node) eachFile(files map[string]bool) {
	if n == nil {
		return
	}
	if n.pos.file != "" && !n.pos.set {
		files[n.pos.file] = true
	}
	for _, child := range n.table {
		child.eachFile(files)
	}
	for _, child := range n.list {
		child.eachFile(files)
	}
}
