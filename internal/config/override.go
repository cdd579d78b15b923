package config

import (
	"errors"
	"fmt"
	"strings"
)

// CutSet parts an override such as adc.bits=5 in its key, without spaces around it, and
// its value. found is false where there is no "=".
func CutSet(set string) (key, value string, found bool) {
	key, value, found = strings.Cut(set, "=")
	return strings.TrimSpace(key), value, found
}

// override lays the overrides key=value over a document, later ones last.
func override(root *node, sets []string) (*Table, error) {
	var errs []error
	for _, set := range sets {
		over, err := parseSet(set)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		merge(root, over)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return newDocument(root), nil
}

// parseSet makes a document of one override such as adc.bits=5.
func parseSet(set string) (*node, error) {
	s := newScanner(set)
	parts, ok := s.keyParts()
	if !ok || s.peek() != '=' {
		return nil, fmt.Errorf("--set %s: want KEY=VALUE such as adc.bits=5", Shorten(set))
	}
	if parts[0] == "base" {
		return nil, errors.New("--set base: only a file can name its base")
	}
	path := ""
	for _, part := range parts {
		path = JoinKey(path, part)
	}
	pos := position{file: "--set " + Shorten(path), set: true}
	n := build(setValue(s.text[s.next+1:]), "", nil, pos)
	for i := len(parts) - 1; i >= 0; i-- {
		n = &node{pos: pos, table: map[string]*node{parts[i]: n}}
	}
	return n, nil
}

// setValue is the text as a TOML value, or as a string if it is none: what a
// shell leaves of 'adc.law="linear"' should work.
func setValue(text string) any {
	values, _, err := decodeText("value = " + text)
	if v, ok := values["value"]; ok && err == nil && len(values) == 1 {
		return v
	}
	return strings.TrimSpace(text)
}
