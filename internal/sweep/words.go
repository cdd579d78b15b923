package sweep

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/file"
)

// inWords is an error of the language of conditions on one line, with its place,
// and in the words of who writes conditions rather than in types of Go. sides are
// the names of what stands on either side of the operator there, "" where that is
// no name.
func inWords(err error, place string, sides func(at int) [2]string) error {
	at, ok := errors.AsType[*file.Error](err)
	if !ok {
		return errors.New(plain(err.Error(), [2]string{}))
	}
	return fmt.Errorf("%s at %s %d", plain(at.Message, sides(at.From)), place, at.Column+1)
}

// unnamed are the sides of an operator without names.
func unnamed(int) [2]string { return [2]string{} }

// phrase says a message of the language in other words. Of what its pattern finds,
// say makes the words.
type phrase struct {
	pattern *regexp.Regexp
	say     func(found []string, sides [2]string) string
}

var phrases = []phrase{
	{regexp.MustCompile(`^unexpected token EOF`), func([]string, [2]string) string { return "unexpected end" }},
	{regexp.MustCompile(`^unexpected token \w+\("(.*)"\)`), func(found []string, _ [2]string) string { return "unexpected " + found[1] + hint(found[1]) }},
	{regexp.MustCompile(`^unrecognized character: U\+\S+ '(.+)'`), func(found []string, _ [2]string) string { return "unexpected " + found[1] + hint(found[1]) }},
	{regexp.MustCompile(`^expected bool, but got (.+)$`), isNoTruth},
	{regexp.MustCompile(`^invalid operation: bool\((.+)\)$`), isNoTruth},
	{regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types (.+) and (.+)\)$`), func(found []string, sides [2]string) string {
		words := clash(found[1], [2]string{found[2], found[3]}, sides)
		if found[2] == "string" || found[3] == "string" {
			words += " (a text stands in quotation marks)"
		}
		return words
	}},
	{regexp.MustCompile(`^invalid operation: (.+) ([-+*/%]|[<>]=?) (.+)$`), func(found []string, sides [2]string) string {
		return clash(found[2], [2]string{found[1], found[3]}, sides)
	}},
	{regexp.MustCompile(`^invalid operation: (\S+) \(mismatched type (.+)\)$`), func(found []string, _ [2]string) string {
		return found[1] + " before " + kindWord(found[2])
	}},
	{regexp.MustCompile(`^interface conversion: interface {} is (.+), not (.+)$`), func(found []string, _ [2]string) string {
		return fmt.Sprintf("is %s, want %s", kindWord(found[1]), kindWord(found[2]))
	}},
	{regexp.MustCompile(`^runtime error: integer divide by zero$`), func([]string, [2]string) string { return "division by zero" }},
	{regexp.MustCompile(`^type (.+) has no field (.+)$`), func(found []string, _ [2]string) string {
		return fmt.Sprintf("%s has no field %s", kindWord(found[1]), found[2])
	}},
	{regexp.MustCompile(`^cannot fetch (.+) from (.+)$`), func(found []string, _ [2]string) string {
		return fmt.Sprintf("%s has no element %s", kindWord(found[2]), found[1])
	}},
	{regexp.MustCompile(`^type (.+)\[.+\] is undefined$`), func(found []string, _ [2]string) string { return kindWord(found[1]) + " has no elements" }},
	{regexp.MustCompile(`^operator "in" not defined on (.+)$`), func(found []string, _ [2]string) string { return "in wants a list, not " + kindWord(found[1]) }},
}

// plain is a message on one line in words.
func plain(message string, sides [2]string) string {
	message = strings.ReplaceAll(message, "\n", " ")
	for _, p := range phrases {
		if found := p.pattern.FindStringSubmatch(message); found != nil {
			return p.say(found, sides)
		}
	}
	return message
}

// hint is what may have been meant by a sign.
func hint(sign string) string {
	switch sign {
	case "=":
		return ", want == to compare"
	case "&":
		return ", want && for and"
	}
	return ""
}

func isNoTruth(found []string, _ [2]string) string {
	return fmt.Sprintf("is %s, want a condition that is true or false", kindWord(found[1]))
}

// clash says that an operator takes no two values of these kinds.
func clash(operator string, kinds, sides [2]string) string {
	want := "two of a kind"
	switch operator {
	case "&&", "||", "and", "or":
		want = "conditions that are true or false"
	default:
		if kindWord(kinds[0]) == kindWord(kinds[1]) {
			want = "values that it takes"
		}
	}
	for i, kind := range kinds {
		kinds[i] = kindWord(kind)
		if sides[i] != "" {
			kinds[i] = sides[i] + ", which is " + kinds[i] + ","
		}
	}
	return strings.TrimSuffix(fmt.Sprintf("%s between %s and %s", operator, kinds[0], kinds[1]), ",") + ", want " + want
}

// kindWord is a type of the language, or of Go, in a word.
func kindWord(kind string) string {
	switch {
	case kind == "int", kind == "float64":
		return "a number"
	case kind == "string":
		return "a text"
	case kind == "bool":
		return "true or false"
	case strings.HasPrefix(kind, "[]"), strings.HasPrefix(kind, "array"):
		return "a list"
	case strings.HasPrefix(kind, "map"):
		return "a table"
	case strings.Contains(kind, "nil"):
		return "nothing"
	}
	return "another value"
}
