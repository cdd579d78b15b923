package workloads

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strconv"

	"bitline/internal/config"

	"github.com/nlpodyssey/safetensors"
)

// metadataKey is the header's key of texts beside the tensors.
const metadataKey = "__metadata__"

// openTensors reads a safetensors file: 8 bytes with the length of a header, the
// header, which is JSON, and the tensors' bytes one after the other.
func openTensors(b []byte) (file safetensors.SafeTensors, metadata map[string]string, err error) {
	size, header, err := safetensors.ReadMetadata(b)
	if err != nil {
		return file, nil, fmt.Errorf("not a whole safetensors file: %w", cmp.Or(layoutFault(b), err))
	}
	if err := checkKeys(b[8 : 8+size]); err != nil {
		return file, nil, err
	}
	if file, err = safetensors.Deserialize(b); err != nil {
		return file, nil, fmt.Errorf("not a whole safetensors file: %w", err)
	}
	return file, header.Metadata(), nil
}

// checkKeys refuses a key that stands twice in one object of the header, of
// which a JSON decoder would silently take the last. The header is known to be
// an object of objects.
func checkKeys(header []byte) error {
	top, err := objectKeys(header)
	if err != nil {
		return err
	}
	for _, part := range top {
		if _, err := objectKeys(part); err != nil {
			return err
		}
	}
	return nil
}

// objectKeys lists the values of a JSON object.
func objectKeys(object []byte) ([]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, fmt.Errorf("header has %.20q, want an object", object)
	}
	var values []json.RawMessage
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("header: %w", err)
		}
		key, _ := token.(string) // the decoder lets no other key pass
		if !config.Printable(key) {
			return nil, errUnprintable(key)
		}
		if seen[key] {
			return nil, fmt.Errorf("header has %q twice, want it once", key)
		}
		seen[key] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("header key %q: %w", key, err)
		}
		values = append(values, value)
	}
	return values, nil
}

func errUnprintable(name string) error {
	return fmt.Errorf("header has the name %.80q, want printable characters", name)
}

// layoutEntry is what the header says of a tensor.
type layoutEntry struct {
	name    string
	kind    safetensors.DType
	DType   string   `json:"dtype"`
	Shape   []uint64 `json:"shape"`
	Offsets []uint64 `json:"data_offsets"` // of the first byte and behind the last one
}

// layoutFault says what is wrong with a file that is no safetensors file, nil where
// it cannot tell.
func layoutFault(b []byte) error {
	if len(b) < 8 {
		return nil
	}
	length, rest := binary.LittleEndian.Uint64(b), b[8:]
	if length > uint64(len(rest)) {
		return fmt.Errorf("its first 8 bytes announce a header of %d bytes, want at most the %d that follow", length, len(rest))
	}
	entries, err := readEntries(rest[:length])
	if err != nil {
		return err
	}
	return checkEntries(entries, uint64(len(rest))-length)
}

// readEntries reads what the header says of the tensors, by their place.
func readEntries(header []byte) ([]layoutEntry, error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(header, &parts); err != nil {
		if _, isJSON := errors.AsType[*json.UnmarshalTypeError](err); isJSON {
			return nil, fmt.Errorf("header has %.40q, want an object", header)
		}
		return nil, fmt.Errorf("header is no JSON: %w", err)
	}
	var entries []layoutEntry
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if name == metadataKey {
			var texts map[string]string
			if err := json.Unmarshal(parts[name], &texts); err != nil {
				return nil, fmt.Errorf("header key %s has %.80q, want an object of texts", name, parts[name])
			}
			continue
		}
		if !config.Printable(name) {
			return nil, errUnprintable(name)
		}
		e := layoutEntry{name: name}
		if err := json.Unmarshal(parts[name], &e); err != nil || len(e.Offsets) != 2 {
			return nil, fmt.Errorf("header of tensor %s is %s, want a dtype, a shape and two data_offsets of whole numbers", name, shown(parts[name]))
		}
		var err error
		if e.kind, err = safetensors.ParseDType(e.DType); err != nil {
			return nil, fmt.Errorf("header of tensor %s has dtype %.40q, want one such as F32 or I16", name, e.DType)
		}
		entries = append(entries, e)
	}
	slices.SortStableFunc(entries, func(a, b layoutEntry) int { return slices.Compare(a.Offsets, b.Offsets) })
	return entries, nil
}

// shown is the beginning of a JSON value, quoted where it cannot be shown as it is.
func shown(value json.RawMessage) string {
	text := string(value[:min(len(value), 200)])
	if config.Printable(text) {
		return text
	}
	return strconv.Quote(text)
}

// checkEntries wants each tensor behind the one before, and the last at the end.
func checkEntries(entries []layoutEntry, data uint64) error {
	end := uint64(0)
	for _, e := range entries {
		from, to := e.Offsets[0], e.Offsets[1]
		switch size, ok := e.size(); {
		case from != end:
			return fmt.Errorf("tensor %s has bytes %d to %d of the data, want them to begin at %d, behind the tensor before", e.name, from, to, end)
		case to < from || !ok || to-from != size:
			return fmt.Errorf("tensor %s is %s %v and has bytes %d to %d of the data, want as many as its values take", e.name, e.DType, e.Shape, from, to)
		case to > data:
			return fmt.Errorf("tensor %s ends at byte %d of the data, of which the file has %d: it is cut short", e.name, to, data)
		}
		end = to
	}
	if end < data {
		return fmt.Errorf("tensors end at byte %d of the data, of which the file has %d", end, data)
	}
	return nil
}

// size is the number of bytes that the values take; ok is false if no file holds them.
func (e layoutEntry) size() (size uint64, ok bool) {
	size = e.kind.Size()
	for _, n := range e.Shape {
		over, product := bits.Mul64(size, n)
		if over != 0 {
			return 0, false
		}
		size = product
	}
	return size, true
}
