package query

import (
	"strings"
	"unicode"
)

// words splits a text into its words, in lower case: runs of letters, marks,
// digits and underscores, with a dot or an apostrophe kept between two letters
// or two digits. It is near to Unicode's word boundaries, without their tables
// for scripts that set no spaces.
func words(text string) []string {
	var found []string
	runes := []rune(strings.ToLower(text))
	start := -1
	for i := range runes {
		switch in := inWord(runes, i); {
		case in && start < 0:
			start = i
		case !in && start >= 0:
			found = append(found, string(runes[start:i]))
			start = -1
		}
	}
	if start >= 0 {
		found = append(found, string(runes[start:]))
	}
	return found
}

func inWord(runes []rune, i int) bool {
	r := runes[i]
	if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || r == '_' {
		return true
	}
	if !strings.ContainsRune(".'’", r) || i == 0 || i == len(runes)-1 {
		return false
	}
	before, after := runes[i-1], runes[i+1]
	return unicode.IsLetter(before) && unicode.IsLetter(after) || unicode.IsDigit(before) && unicode.IsDigit(after)
}

// emailWords is how an address is found by its parts.
func emailWords(text string) []string {
	text = strings.ToLower(text)
	found := append([]string{text}, strings.FieldsFunc(text, func(r rune) bool { return r == '@' })...)
	found = append(found, strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })...)
	return append(found, strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsDigit(r) })...)
}
