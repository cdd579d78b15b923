package config

import (
	"strings"
	"unicode"
)

// Printable says whether a text may be shown as it is: it is UTF-8 without control
// characters, line separators and characters that turn the direction of writing, with
// which a file from elsewhere would command the terminal or forge what it shows.
func Printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp)
	}) && strings.ToValidUTF8(text, "") == text
}
