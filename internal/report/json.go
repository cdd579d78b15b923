package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// JSON is v indented, with a final newline and without HTML escapes.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// JSONFault says of a text that cannot be unmarshalled, with the error of it, where
// it is wrong and what was found there.
func JSONFault(content []byte, err error) error {
	line := func(offset int64) int {
		return 1 + bytes.Count(content[:min(max(offset, 0), int64(len(content)))], []byte("\n"))
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		where, want := fmt.Sprintf("line %d: ", line(e.Offset)), "an object"
		if e.Field != "" {
			where += "key " + e.Field + " "
		}
		switch e.Type.Kind().String() {
		case "int":
			want = "a whole number"
		case "string":
			want = "a string"
		case "slice":
			want = "an array"
		}
		return fmt.Errorf("%sis a JSON %s, want %s", where, e.Value, want)
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("line %d: is no whole JSON: %w", line(e.Offset), err)
	}
	return err
}
