package config

import "strings"

// maxWord bounds the words that are compared, as the time is quadratic.
const maxWord = 40

// nearest is the word of the list that is most like the given one, and the
// first of equals; ok is false if none is like enough to be what was meant:
// a third of its letters may differ, and at least one.
func nearest(word string, list []string) (best string, ok bool) {
	if len(word) > maxWord {
		return "", false
	}
	least := maxWord
	for _, candidate := range list {
		if len(candidate) > maxWord {
			continue
		}
		d := distance(strings.ToLower(word), strings.ToLower(candidate))
		limit := max(1, min(len(word), len(candidate))/3)
		if d <= limit && d < len(word) && d < least {
			best, least = candidate, d
		}
	}
	return best, least < maxWord
}

// distance counts the insertions, deletions, substitutions and exchanges of
// neighbours that turn a into b (optimal string alignment), byte by byte.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}

// didYouMean is the end of a fault about a word, empty without a suggestion.
func didYouMean(word, prefix string, list []string) string {
	if best, ok := nearest(word, list); ok {
		return ", did you mean " + prefix + best + "?"
	}
	return ""
}

// DidYouMean is the end of an error about a word that is none of the list: a
// suggestion, or empty if no word of it is like enough.
func DidYouMean(word string, list []string) string { return didYouMean(word, "", list) }
