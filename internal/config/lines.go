package config

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds the parts of a key and the nesting of a value. The TOML
// decoder recurses on values and takes quadratic time in the parts of a key.
const maxDepth = 32

var errDepth = errors.New("nested deeper than " + strconv.Itoa(maxDepth) + " levels")

// A scanner finds the line of every key of a TOML document, which the decoder
// does not tell. It checks no more than it needs to: on text that is not TOML
// it stops early, and the decoder says why.
type scanner struct {
	text  string
	next  int // offset of the first byte not yet read
	line  int
	lines map[string]int // path of a key, a table or an element, as JoinKey and joinIndex write it
	size  map[string]int // path of an array of tables to its number of tables so far
	err   error          // errDepth, or nil

	// onKey, if set, sees each key that the document spells out, in order and
	// without indices, as toml.MetaData.Keys lists them.
	onKey func(key []string)
}

// scanLines maps the path of each key, table and array element of a document
// to its line, counted from 1. It fails only on too deep a nesting, with the
// line where that was seen under the empty path.
func scanLines(text string) (map[string]int, error) {
	s := newScanner(text)
	s.document()
	if s.err != nil {
		s.lines[""] = s.line
	}
	return s.lines, s.err
}

func newScanner(text string) *scanner {
	for _, mark := range []string{"\xff\xfe", "\xfe\xff", "\xef\xbb\xbf"} { // byte order marks, as the decoder drops them
		if rest, ok := strings.CutPrefix(text, mark); ok {
			text = rest
			break
		}
	}
	return &scanner{text: text, line: 1, lines: map[string]int{}, size: map[string]int{}}
}

// JoinKey is the path of a key in the table at path, quoted where a bare key
// could not be written: JoinKey("adc", "bits") is "adc.bits".
func JoinKey(path, key string) string {
	for i := range len(key) {
		if !isBare(key[i]) {
			key = strconv.Quote(key)
			break
		}
	}
	if key == "" {
		key = `""`
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// joinIndex is the path of an element: joinIndex("layers", 2) is "layers[2]".
func joinIndex(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func isBare(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}

func (s *scanner) document() {
	table := place{}
	for ok := true; ok; {
		s.skipSpace()
		switch c := s.peek(); c {
		case 0:
			return
		case '[':
			table, ok = s.header()
		default:
			ok = s.keyValue(table, 0)
		}
	}
}

// place is a table or a value under construction: its path with indices, and
// its key without.
type place struct {
	path string
	key  []string
}

// child is the place of a key in p; its slice is its own.
func (p place) child(key string) place {
	return place{JoinKey(p.path, key), append(p.key[:len(p.key):len(p.key)], key)}
}

// enter goes down the leading parts of a key. One that is an array of tables
// stands for its last table.
func (s *scanner) enter(table place, parts []string, line int) place {
	for _, part := range parts {
		table = table.child(part)
		s.noteFirst(table.path, line)
		if n := s.size[table.path]; n > 0 {
			table.path = joinIndex(table.path, n-1)
		}
	}
	return table
}

// header reads [a.b] or [[a.b]].
func (s *scanner) header() (table place, ok bool) {
	line := s.line
	s.skip(1)
	array := s.peek() == '['
	if array {
		s.skip(1)
	}
	parts, ok := s.keyParts()
	if !ok || s.peek() != ']' {
		return table, false
	}
	s.skip(1)
	if array && s.peek() == ']' {
		s.skip(1)
	}
	last := len(parts) - 1
	table = s.enter(table, parts[:last], line).child(parts[last])
	if array {
		s.noteFirst(table.path, line)
		n := s.size[table.path]
		s.size[table.path] = n + 1
		table.path = joinIndex(table.path, n)
	}
	s.note(table, line)
	return table, true
}

// note records a key that is spelled out in full; noteFirst one that a longer
// key merely implies.
func (s *scanner) note(p place, line int) {
	s.lines[p.path] = line
	if s.onKey != nil {
		s.onKey(p.key)
	}
}

func (s *scanner) noteFirst(path string, line int) {
	if _, known := s.lines[path]; !known {
		s.lines[path] = line
	}
}

// keyValue reads a.b = value in the given table.
func (s *scanner) keyValue(table place, depth int) bool {
	line := s.line
	parts, ok := s.keyParts()
	if !ok || s.peek() != '=' {
		return false
	}
	s.skip(1)
	last := len(parts) - 1
	p := s.enter(table, parts[:last], line).child(parts[last])
	s.note(p, line)
	return s.value(p, depth+1)
}

// keyParts reads a dotted key and the blanks after it.
func (s *scanner) keyParts() (parts []string, ok bool) {
	for {
		s.skipBlanks()
		part, ok := s.keyPart()
		if !ok {
			return nil, false
		}
		parts = append(parts, part)
		if len(parts) > maxDepth {
			s.err = errDepth
			return nil, false
		}
		s.skipBlanks()
		if s.peek() != '.' {
			return parts, true
		}
		s.skip(1)
	}
}

func (s *scanner) keyPart() (part string, ok bool) {
	start := s.next
	switch c := s.peek(); c {
	case '"', '\'':
		if !s.oneLineString(c) {
			return "", false
		}
		part = s.text[start+1 : s.next-1]
		if c == '"' {
			part = unescape(part)
		}
		return part, true
	default:
		for isBare(s.peek()) {
			s.skip(1)
		}
		return s.text[start:s.next], s.next > start
	}
}

func (s *scanner) value(p place, depth int) bool {
	if depth > maxDepth {
		s.err = errDepth
		return false
	}
	s.skipBlanks()
	switch c := s.peek(); c {
	case '"', '\'':
		if strings.HasPrefix(s.text[s.next:], strings.Repeat(string(c), 3)) {
			return s.longString(c)
		}
		return s.oneLineString(c)
	case '[':
		return s.list(']', func(i int) bool {
			element := place{joinIndex(p.path, i), p.key}
			s.lines[element.path] = s.line
			return s.value(element, depth+1)
		})
	case '{':
		return s.list('}', func(int) bool { return s.keyValue(p, depth) })
	default: // a number, a date or a word
		n := strings.IndexAny(s.text[s.next:], ",]}#\r\n")
		if n < 0 {
			n = len(s.text) - s.next
		}
		s.skip(n)
		return n > 0
	}
}

// list reads the items of an array or an inline table, with its brackets.
func (s *scanner) list(end byte, item func(i int) bool) bool {
	s.skip(1)
	for i := 0; ; i++ {
		s.skipSpace()
		if s.peek() == end {
			break
		}
		if !item(i) {
			return false
		}
		s.skipSpace()
		if s.peek() != ',' {
			break
		}
		s.skip(1)
	}
	if s.peek() != end {
		return false
	}
	s.skip(1)
	return true
}

// oneLineString reads a string with its quotes.
func (s *scanner) oneLineString(quote byte) bool {
	s.skip(1)
	for {
		switch c := s.peek(); {
		case c == 0 || c == '\n':
			return false
		case c == '\\' && quote == '"':
			s.skip(2)
		default:
			s.skip(1)
			if c == quote {
				return true
			}
		}
	}
}

// longString reads a string of three quotes, which may end in up to two quotes
// of its own.
func (s *scanner) longString(quote byte) bool {
	end := strings.Repeat(string(quote), 3)
	s.skip(3)
	for !strings.HasPrefix(s.text[s.next:], end) {
		switch c := s.peek(); {
		case c == 0:
			return false
		case c == '\\' && quote == '"':
			s.skip(2)
		default:
			s.skip(1)
		}
	}
	s.skip(3)
	for range 2 {
		if s.peek() == quote {
			s.skip(1)
		}
	}
	return true
}

// peek is the next byte, 0 at the end. (TOML text holds no zero bytes.)
func (s *scanner) peek() byte {
	if s.next >= len(s.text) {
		return 0
	}
	return s.text[s.next]
}

func (s *scanner) skip(n int) {
	end := min(s.next+n, len(s.text))
	s.line += strings.Count(s.text[s.next:end], "\n")
	s.next = end
}

func (s *scanner) skipBlanks() {
	for s.peek() == ' ' || s.peek() == '\t' {
		s.skip(1)
	}
}

// skipSpace skips blanks, ends of lines and comments.
func (s *scanner) skipSpace() {
	for {
		switch s.peek() {
		case ' ', '\t', '\r', '\n':
			s.skip(1)
		case '#':
			n := strings.IndexByte(s.text[s.next:], '\n')
			if n < 0 {
				n = len(s.text) - s.next
			}
			s.skip(n)
		default:
			return
		}
	}
}

// escapes are the letters after a backslash that stand for one byte.
const (
	escapeLetters = `btnfre"\`
	escapeBytes   = "\b\t\n\f\r\x1b\"\\"
)

// unescape replaces the escapes of a basic string; a wrong one stays as it is.
func unescape(s string) string {
	var b strings.Builder
	for s != "" {
		before, after, found := strings.Cut(s, `\`)
		b.WriteString(before)
		if !found {
			break
		}
		s = after
		if s == "" {
			b.WriteByte('\\')
			break
		}
		if i := strings.IndexByte(escapeLetters, s[0]); i >= 0 {
			b.WriteByte(escapeBytes[i])
			s = s[1:]
			continue
		}
		n := strings.IndexByte("  x u   U", s[0]) // its place is its number of digits
		r, err := rune(0), errors.New("no code")
		if n > 1 && len(s) > n {
			var code uint64
			code, err = strconv.ParseUint(s[1:1+n], 16, 32)
			r = rune(code)
		}
		if err != nil || !utf8.ValidRune(r) {
			b.WriteByte('\\')
			continue
		}
		b.WriteRune(r)
		s = s[1+n:]
	}
	return b.String()
}
