package config

import (
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"
)

// TOML is the document that the table is the root of, as one text without a base:
// the files that start from one another and the overrides, merged. What it does
// not say has its default. Keys are sorted.
func (t *Table) TOML() (string, error) {
	values, _ := t.doc.root.plain().(map[string]any)
	var b strings.Builder
	encoder := toml.NewEncoder(&b)
	encoder.Indent = ""
	if err := encoder.Encode(values); err != nil {
		return "", fmt.Errorf("writing %s: %w", t.doc.root.pos, err)
	}
	return b.String(), nil
}
