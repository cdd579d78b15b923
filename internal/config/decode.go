package config

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// decode makes a tree of a TOML document; its errors start with FILE:LINE.
func decode(name string, data []byte) (*node, error) {
	file := position{file: name}
	if len(data) > maxSize {
		return nil, fault{file, fmt.Sprintf("has more than %d bytes", maxSize)}
	}
	values, lines, err := decodeText(string(data))
	if err != nil {
		return nil, fault{position{file: name, line: lines[""]}, err.Error()}
	}
	return build(values, "", lines, file), nil
}

// decodeText gives the values of a document and the lines of its keys; with an
// error, its line is under the empty path.
func decodeText(text string) (values map[string]any, lines map[string]int, err error) {
	lines, err = scanLines(text)
	if err != nil {
		return nil, lines, err
	}
	defer func() {
		// The decoder panics where its own lexer and parser disagree; a
		// document, however odd, may not end the program.
		if r := recover(); r != nil {
			err = errors.New("not TOML that can be read")
		}
	}()
	_, err = toml.Decode(text, &values)
	if parse, ok := errors.AsType[toml.ParseError](err); ok {
		lines[""] = lineOf(parse.Position, text)
		return nil, lines, errors.New(oneLine(parse.Message))
	}
	return values, lines, err
}

// lineOf is the line of a decoder's error. Where it ends in a line's end the
// decoder may already count the next line.
func lineOf(p toml.Position, text string) int {
	text = newScanner(text).text
	if end := p.Start + p.Len - 1; 0 <= end && end < len(text) && text[end] == '\n' {
		return 1 + strings.Count(text[:end], "\n")
	}
	return max(1, p.Line)
}

// oneLine fits a message of the decoder to the form of ours.
func oneLine(message string) string {
	message = strings.ReplaceAll(strings.TrimSuffix(message, "."), "\n", " ")
	message = strings.Map(func(r rune) rune { // it quotes the document as it is
		if !Printable(string(r)) {
			return utf8.RuneError
		}
		return r
	}, message)
	first, n := utf8.DecodeRuneInString(message)
	if second, _ := utf8.DecodeRuneInString(message[n:]); unicode.IsUpper(second) {
		return message // an initialism
	}
	return string(unicode.ToLower(first)) + message[n:]
}
