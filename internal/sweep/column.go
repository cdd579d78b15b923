package sweep

import (
	"math"
	"strconv"
	"strings"
)

// Column is a column of results: one value for each row, most of them of the
// column's kind, the others missing.
type Column struct {
	Name string
	Kind ValueKind // Truth, Integer, Number or Text

	setting bool
	kinds   []ValueKind // of each row; Missing beyond the end, as below
	numbers []float64
	texts   []string
}

// Value is that of a row, with the column's name.
func (c *Column) Value(row int) Value {
	v := Value{Name: c.Name}
	if row < len(c.kinds) {
		v.Kind = c.kinds[row]
	}
	if row < len(c.numbers) {
		v.Number = c.numbers[row]
	}
	if row < len(c.texts) {
		v.Text = c.texts[row]
	}
	return v
}

// set gives a row beyond all others, or the last, its value.
func (c *Column) set(row int, v Value) {
	c.kinds = extend(c.kinds, row)
	c.kinds[row] = v.Kind
	switch v.Kind {
	case Missing:
	case Text:
		c.texts = extend(c.texts, row)
		c.texts[row] = v.Text
	default:
		c.numbers = extend(c.numbers, row)
		c.numbers[row] = v.Number
	}
}

// extend makes a slice that has the element i.
func extend[T any](s []T, i int) []T {
	var zero T
	for len(s) <= i {
		s = append(s, zero)
	}
	return s
}

// pick is a column of some of the rows, in their order.
func (c *Column) pick(rows []int) *Column {
	picked := &Column{Name: c.Name, Kind: c.Kind, setting: c.setting, kinds: make([]ValueKind, len(rows))}
	if len(c.numbers) > 0 {
		picked.numbers = make([]float64, len(rows))
	}
	if len(c.texts) > 0 {
		picked.texts = make([]string, len(rows))
	}
	for i, row := range rows {
		v := c.Value(row)
		picked.kinds[i] = v.Kind
		if picked.numbers != nil {
			picked.numbers[i] = v.Number
		}
		if picked.texts != nil {
			picked.texts[i] = v.Text
		}
	}
	return picked
}

// settle gives the column the one kind that holds all its values, and them that
// kind: integers among numbers are numbers, and anything else mixed is text.
func (c *Column) settle() {
	var seen [Text + 1]bool
	for _, k := range c.kinds {
		seen[k] = true
	}
	switch {
	case seen[Text] || seen[Truth] && (seen[Integer] || seen[Number]):
		c.Kind = Text
	case seen[Truth]:
		c.Kind = Truth
	case seen[Integer] && !seen[Number]:
		c.Kind = Integer
	default:
		c.Kind = Number
	}
	for row, k := range c.kinds {
		if k == Missing || k == c.Kind {
			continue
		}
		v := c.Value(row)
		if c.Kind == Text {
			v.Text = v.format()
			c.texts = extend(c.texts, row)
			c.texts[row] = v.Text
		}
		c.kinds[row] = c.Kind
	}
	if c.Kind == Text {
		c.numbers = nil
	}
}

// settleSetting makes values of TOML literals, and settles them.
func (c *Column) settleSetting() {
	literals := c.texts
	c.texts = nil
	for row, text := range literals {
		c.set(row, literalValue(text))
	}
	c.settle()
}

// literalValue is the value of a TOML literal, or of a variant's name: an integer, a
// number, a truth, or text, a string's without its quotation marks.
func literalValue(text string) Value {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && -1<<53 <= n && n <= 1<<53 {
		return Value{Kind: Integer, Number: float64(n)}
	}
	if x, err := strconv.ParseFloat(text, 64); err == nil && strings.Trim(text, "0123456789+-.eE") == "" {
		return Value{Kind: Number, Number: x}
	}
	switch text {
	case "true":
		return Value{Kind: Truth, Number: 1}
	case "false":
		return Value{Kind: Truth}
	}
	if len(text) >= 2 && text[0] == '\'' && text[len(text)-1] == '\'' {
		return Value{Kind: Text, Text: text[1 : len(text)-1]}
	}
	if s, err := strconv.Unquote(text); err == nil && text[0] == '"' {
		return Value{Kind: Text, Text: s}
	}
	return Value{Kind: Text, Text: text}
}

// format is the value in full: a number's shortest text that is no other number's.
func (v Value) format() string {
	switch v.Kind {
	case Missing:
		return ""
	case Truth:
		return strconv.FormatBool(v.Number != 0)
	case Integer:
		return strconv.FormatInt(int64(v.Number), 10)
	case Text:
		return v.Text
	}
	switch size := math.Abs(v.Number); {
	case math.IsNaN(v.Number):
		return "nan"
	case math.IsInf(v.Number, 0):
		return strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(v.Number, 'g', -1, 64)), "+")
	case size != 0 && size < 1e-4 || size >= 1e15:
		return strconv.FormatFloat(v.Number, 'e', -1, 64)
	}
	return strconv.FormatFloat(v.Number, 'f', -1, 64)
}

// brief is the value for a reader, numbers in six digits.
func (v Value) brief() string {
	switch v.Kind {
	case Number:
		return strconv.FormatFloat(v.Number, 'g', 6, 64)
	case Text:
		return strings.ReplaceAll(strings.TrimSpace(v.Text), "\n", "; ")
	}
	return v.format()
}
