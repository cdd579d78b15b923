package sweep

import (
	"math"
	"strconv"
	"strings"
	"time"

	"bitline/internal/config"
	"bitline/internal/units"
)

// value is what a key is set to: as an override has it, and as constraints see it.
type value struct {
	text string
	seen any // int, float64, string, bool or []any of them
}

// valueOf makes a value of a decoded one; ok is false for what a key cannot be set
// to: tables, dates and numbers that are not finite.
func valueOf(v any) (value, bool) {
	text, ok := literal(v, false)
	if !ok {
		return value{}, false
	}
	return value{text, seen(v)}, true
}

// literal is the text of a decoded value after --set KEY=. A word stands without
// quotes where it is read back as it is, but not within a list.
func literal(v any, inList bool) (text string, ok bool) {
	switch v := v.(type) {
	case string:
		if !inList && isBare(v) {
			return v, true
		}
		return quote(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		text = strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return text, !math.IsNaN(v) && !math.IsInf(v, 0)
	case bool:
		return strconv.FormatBool(v), true
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			if items[i], ok = literal(item, true); !ok {
				return "", false
			}
		}
		return "[" + strings.Join(items, ", ") + "]", true
	}
	return "", false
}

// isBare says whether an override without quotes means the word. Words are kept to
// what needs no quoting elsewhere either.
func isBare(word string) bool {
	for _, c := range word {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-/µμ²", c) {
			return false
		}
	}
	t, err := config.Parse("", nil, []string{"value=" + word})
	if err != nil {
		return false
	}
	v, _ := t.Value("value")
	return v == word && word != ""
}

// quote is a basic string of TOML.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c < ' ' || c == 0x7f:
			b.WriteString(`\u00`)
			b.WriteByte("01234567"[c>>4])
			b.WriteByte("0123456789abcdef"[c&15])
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// seen is a decoded value for constraints. A quantity is a number of its SI unit.
func seen(v any) any {
	switch v := v.(type) {
	case string:
		if number, ok := quantity(v); ok {
			return number
		}
		return v
	case int64:
		return int(v)
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = seen(item)
		}
		return items
	}
	return v
}

// quantity is a quantity in s, J, W, m² or Hz. Both operands of each division are
// whole, so that it is the number that the same decimal gives up to 2^53 base units.
func quantity(text string) (number float64, ok bool) {
	if v, err := units.ParseTime(text); err == nil {
		return float64(v) / 1e15, true
	}
	if v, err := units.ParseEnergy(text); err == nil {
		return float64(v) / 1e18, true
	}
	if v, err := units.ParsePower(text); err == nil {
		return float64(v) / 1e12, true
	}
	if v, err := units.ParseArea(text); err == nil {
		return float64(v) / 1e18, true // nm²
	}
	if v, err := units.ParseFrequency(text); err == nil {
		return float64(v), true
	}
	return 0, false
}

// show is a decoded value for a fault.
func show(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return "a table"
	case time.Time:
		return "a date or time"
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(v, 'g', -1, 64), "+"))
		}
	}
	if text, ok := literal(v, true); ok {
		return config.Shorten(text)
	}
	return "an array of tables or dates"
}

// unify makes the column of rows one kind of number where it has whole ones and
// others, so that constraints divide and compare them alike.
func unify(rows []row, column int) {
	whole, broken := 0, 0
	for _, r := range rows {
		switch r.values[column].seen.(type) {
		case int:
			whole++
		case float64:
			broken++
		}
	}
	if broken == 0 || whole+broken < len(rows) {
		return
	}
	for _, r := range rows {
		if v, ok := r.values[column].seen.(int); ok {
			r.values[column].seen = float64(v)
		}
	}
}
