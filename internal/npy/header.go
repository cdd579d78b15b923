package npy

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// header is the dictionary before the data, a Python literal such as
// {'descr': '<i8', 'fortran_order': False, 'shape': (16, 40), }.
type header struct {
	descr   string
	fortran bool
	shape   []int
}

// maxRank is the number of dimensions that NumPy 1 allows an array.
const maxRank = 32

// alignment is the multiple of bytes at which NumPy lets the data start.
const alignment = 64

// element is the type of the values, or what is wrong with the one named.
func (h header) element() (element, error) {
	e, ok := elements[h.descr]
	switch {
	case h.fortran:
		return e, errors.New("npy fortran_order is True, want an array in C order")
	case ok:
		return e, nil
	case strings.HasPrefix(h.descr, ">"):
		return e, fmt.Errorf("npy descr is %q, want little-endian numbers such as \"<i8\"", h.descr)
	}
	return e, fmt.Errorf("npy descr is %q, want |i1, |u1, <i2, <u2, <i4, <i8 or <f8", h.descr)
}

// count is the number of values of the shape; one that no memory holds is an
// error.
func (h header) count() (int, error) {
	if len(h.shape) > maxRank {
		return 0, fmt.Errorf("npy shape has %d dimensions, want at most %d", len(h.shape), maxRank)
	}
	n, empty := 1, false
	for _, d := range h.shape {
		switch {
		case d < 0:
			return 0, fmt.Errorf("npy shape is %v, want no negative dimension", h.shape)
		case d == 0:
			empty = true
		case n > math.MaxInt/8/d: // at most 8 bytes a value
			return 0, fmt.Errorf("npy shape is %v, want fewer than 2^60 values", h.shape)
		default:
			n *= d
		}
	}
	if empty {
		return 0, nil
	}
	return n, nil
}

// text is the header as NumPy writes it: padded with spaces and a line feed, so
// that the data start at a multiple of the alignment.
func (h header) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "{'descr': '%s', 'fortran_order': False, 'shape': (", h.descr)
	for i, d := range h.shape {
		if i > 0 {
			b.WriteString(" ")
		}
		b.WriteString(strconv.Itoa(d))
		if i+1 < len(h.shape) || len(h.shape) == 1 {
			b.WriteString(",")
		}
	}
	b.WriteString("), }")
	before := len(magic) + 2 + 2 // magic, version, length
	unpadded := before + b.Len() + 1
	b.WriteString(strings.Repeat(" ", (alignment-unpadded%alignment)%alignment))
	b.WriteString("\n")
	return b.String()
}

// parseHeader reads the dictionary: its three keys once each, in any order.
func parseHeader(text string) (header, error) {
	var h header
	s := scanner{rest: text}
	if !s.take('{') {
		return h, s.want("{")
	}
	seen := map[string]bool{}
	for !s.take('}') {
		key, err := s.quoted()
		if err != nil {
			return h, err
		}
		if seen[key] {
			return h, fmt.Errorf("key %q stands there twice", key)
		}
		seen[key] = true
		if !s.take(':') {
			return h, s.want(":")
		}
		switch key {
		case "descr":
			h.descr, err = s.quoted()
		case "fortran_order":
			h.fortran, err = s.boolean()
		case "shape":
			h.shape, err = s.tuple()
		default:
			err = errors.New("want descr, fortran_order and shape alone")
		}
		if err != nil {
			return h, fmt.Errorf("key %q: %w", key, err)
		}
		if s.take(',') {
			continue
		}
		if !s.take('}') {
			return h, s.want(", or }")
		}
		break
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if !seen[key] {
			return h, fmt.Errorf("key %q is missing", key)
		}
	}
	if s.skip(); s.rest != "" {
		return h, s.want("the end")
	}
	return h, nil
}

// scanner reads a Python literal from its front.
type scanner struct{ rest string }

func (s *scanner) skip() { s.rest = strings.TrimLeft(s.rest, " \t\r\n") }

// take steps over c, if it comes next.
func (s *scanner) take(c byte) bool {
	s.skip()
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// want is the error of finding something else.
func (s *scanner) want(what string) error {
	return fmt.Errorf("%q follows, want %s", s.rest[:min(len(s.rest), 12)], what)
}

// quoted reads a string in single or double quotes, without escapes: no key and
// no type that is read here has one.
func (s *scanner) quoted() (string, error) {
	for _, quote := range []byte{'\'', '"'} {
		if !s.take(quote) {
			continue
		}
		text, rest, found := strings.Cut(s.rest, string(quote))
		if !found || strings.ContainsRune(text, '\\') {
			return "", s.want("a plain string and its closing quote")
		}
		s.rest = rest
		return text, nil
	}
	return "", s.want("a string in quotes")
}

func (s *scanner) boolean() (bool, error) {
	s.skip()
	for _, word := range []string{"True", "False"} {
		if rest, found := strings.CutPrefix(s.rest, word); found {
			s.rest = rest
			return word == "True", nil
		}
	}
	return false, s.want("True or False")
}

// tuple reads a tuple of whole numbers such as (), (3,) or (2, 3).
func (s *scanner) tuple() ([]int, error) {
	if !s.take('(') {
		return nil, s.want("a tuple of whole numbers")
	}
	numbers := []int{}
	for !s.take(')') {
		if len(numbers) > 0 && !s.take(',') {
			return nil, s.want(", or )")
		}
		if len(numbers) > 0 && s.take(')') {
			break
		}
		s.skip()
		digits := len(s.rest) - len(strings.TrimLeft(s.rest, "0123456789"))
		n, err := strconv.Atoi(s.rest[:digits])
		if errors.Is(err, strconv.ErrRange) {
			return nil, fmt.Errorf("dimension is %s, want less than 2^63", s.rest[:digits])
		}
		if err != nil {
			return nil, s.want("a whole number")
		}
		numbers = append(numbers, n)
		s.rest = s.rest[digits:]
	}
	return numbers, nil
}
