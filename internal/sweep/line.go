package sweep

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"strconv"
	"strings"
)

// A record is one line of JSON, with the checksum (CRC-32C, hexadecimal) of the
// bytes of the record itself:
//
//	{"crc32c":"33f587ab","record":{"point":7,"settings":{"adc.bits":"8"},"failure":"","figures":{"images":1000,"accuracy":0.97}}}
//
// An integer has neither point nor exponent, a number has one of them. A number
// that JSON does not know is {"number":"NaN"}.
const (
	lineHead   = `{"crc32c":"`
	lineMiddle = `","record":`
	lineTail   = "}\n"
	bodyStart  = len(lineHead) + 8 + len(lineMiddle)
)

// appendLine appends the record's line.
func appendLine(b []byte, r *Record) []byte {
	start := len(b)
	b = append(b, lineHead+"00000000"+lineMiddle...)
	b = appendRecord(b, r)
	copy(b[start+len(lineHead):], fmt.Sprintf("%08x", checksum(b[start+bodyStart:])))
	return append(b, lineTail...)
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

func appendRecord(b []byte, r *Record) []byte {
	b = strconv.AppendInt(append(b, `{"point":`...), int64(r.Point), 10)
	b = append(b, `,"settings":{`...)
	for i, s := range r.Settings {
		b = append(appendName(b, i, s.Key), ':')
		b = appendText(b, s.Value)
	}
	b = appendText(append(b, `},"failure":`...), r.Failure)
	b = append(b, `,"figures":{`...)
	for i, v := range r.Figures {
		b = append(appendName(b, i, v.Name), ':')
		b = appendValue(b, v)
	}
	return append(b, "}}"...)
}

func appendName(b []byte, i int, name string) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return appendText(b, name)
}

// appendText appends a JSON string. Bytes that are no UTF-8 become U+FFFD.
func appendText(b []byte, s string) []byte {
	special := func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }
	if strings.IndexFunc(s, special) < 0 {
		return append(append(append(b, '"'), s...), '"')
	}
	var quoted bytes.Buffer
	e := json.NewEncoder(&quoted)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic("sweep: " + err.Error()) // a string has a form in JSON
	}
	return append(b, bytes.TrimSuffix(quoted.Bytes(), []byte("\n"))...)
}

func appendValue(b []byte, v Value) []byte {
	switch v.Kind {
	case Truth:
		return strconv.AppendBool(b, v.Number != 0)
	case Integer:
		return strconv.AppendInt(b, int64(v.Number), 10)
	case Text:
		return appendText(b, v.Text)
	case Number:
		if math.IsNaN(v.Number) || math.IsInf(v.Number, 0) {
			b = strconv.AppendFloat(append(b, `{"number":"`...), v.Number, 'g', -1, 64)
			return append(b, `"}`...)
		}
		text := strconv.FormatFloat(v.Number, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return append(b, text...)
	}
	return append(b, "null"...)
}

// lineBody is the record's JSON of a whole and undamaged line, which ends in its
// line feed.
func lineBody(line []byte) ([]byte, bool) {
	if len(line) < bodyStart+len(lineTail) || !bytes.HasSuffix(line, []byte(lineTail)) {
		return nil, false
	}
	body := line[bodyStart : len(line)-len(lineTail)]
	want := fmt.Appendf(nil, "%s%08x%s", lineHead, checksum(body), lineMiddle)
	return body, bytes.Equal(line[:bodyStart], want)
}
