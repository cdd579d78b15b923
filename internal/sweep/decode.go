package sweep

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"
)

// errForm is a body that appendRecord does not write.
var errForm = errors.New("is no record of this version's form")

// decoder reads the bodies that appendRecord writes, and no other JSON: a sweep
// has a hundred million bytes of them. It keeps one copy of a string that comes
// again and again.
type decoder struct {
	rest  []byte
	fault bool
	known map[string]string
}

// keptStrings bounds the strings that a decoder remembers.
const keptStrings = 1 << 14

func newDecoder() *decoder { return &decoder{known: map[string]string{}} }

// point reads a body's point alone.
func (d *decoder) point(body []byte) (int, error) {
	d.rest, d.fault = body, false
	d.take(`{"point":`)
	n, err := strconv.Atoi(string(d.word()))
	if err != nil || d.fault || n < 0 {
		return 0, errForm
	}
	return n, nil
}

// record reads a body into a record, whose slices it uses again.
func (d *decoder) record(body []byte, r *Record) error {
	var err error
	if r.Point, err = d.point(body); err != nil {
		return err
	}
	r.Settings, r.Figures = r.Settings[:0], r.Figures[:0]
	d.take(`,"settings":{`)
	for d.more(len(r.Settings)) {
		key := d.text()
		d.take(":")
		r.Settings = append(r.Settings, Setting{key, d.text()})
	}
	d.take(`,"failure":`)
	r.Failure = d.text()
	d.take(`,"figures":{`)
	for d.more(len(r.Figures)) {
		name := d.text()
		d.take(":")
		v := d.value()
		v.Name = name
		r.Figures = append(r.Figures, v)
	}
	d.take("}")
	if d.fault || len(d.rest) > 0 {
		return errForm
	}
	return nil
}

// take goes past a text that must come next.
func (d *decoder) take(text string) {
	rest, ok := bytes.CutPrefix(d.rest, []byte(text))
	d.rest, d.fault = rest, d.fault || !ok
}

// more goes past what stands before the member i of an object, or past its end.
func (d *decoder) more(i int) bool {
	if d.fault {
		return false
	}
	if rest, ok := bytes.CutPrefix(d.rest, []byte("}")); ok {
		d.rest = rest
		return false
	}
	if i > 0 {
		d.take(",")
	}
	return !d.fault
}

// word reads up to the end of a member.
func (d *decoder) word() []byte {
	end := bytes.IndexAny(d.rest, ",}")
	if end < 0 {
		d.fault = true
		return nil
	}
	word := d.rest[:end]
	d.rest = d.rest[end:]
	return word
}

// text reads a string.
func (d *decoder) text() string {
	if len(d.rest) == 0 || d.rest[0] != '"' {
		d.fault = true
		return ""
	}
	end := 1
	for end < len(d.rest) && d.rest[end] != '"' {
		if d.rest[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(d.rest) {
		d.fault = true
		return ""
	}
	quoted := d.rest[:end+1]
	d.rest = d.rest[end+1:]
	if bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
		return d.keep(quoted[1:end])
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		d.fault = true
	}
	return s
}

// keep is the string, the same one for the same bytes as long as there are few.
func (d *decoder) keep(b []byte) string {
	if s, ok := d.known[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(d.known) < keptStrings {
		d.known[s] = s
	}
	return s
}

// value reads a figure's value.
func (d *decoder) value() Value {
	if len(d.rest) > 0 && d.rest[0] == '"' {
		return Value{Kind: Text, Text: d.text()}
	}
	if rest, ok := bytes.CutPrefix(d.rest, []byte(`{"number":`)); ok {
		d.rest = rest
		x := d.parse([]byte(d.text()))
		d.take("}")
		return Value{Kind: Number, Number: x}
	}
	switch word := d.word(); {
	case string(word) == "null":
		return Value{}
	case string(word) == "true":
		return Value{Kind: Truth, Number: 1}
	case string(word) == "false":
		return Value{Kind: Truth}
	case bytes.ContainsAny(word, ".e"):
		return Value{Kind: Number, Number: d.parse(word)}
	default:
		return Value{Kind: Integer, Number: d.parse(word)}
	}
}

func (d *decoder) parse(word []byte) float64 {
	x, err := strconv.ParseFloat(string(word), 64)
	d.fault = d.fault || err != nil
	return x
}
