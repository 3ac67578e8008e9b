package export

import (
	"unicode"
	"unicode/utf8"
)

// A spreadsheet runs a cell that begins with one of = + - @ (in Asia also their full-width forms), TAB, CR or LF as a
// formula, even when the cell stands in quotes, and a customer can choose his own name. A leading apostrophe makes
// the cell a text: it is the mitigation that OWASP lists.

// suspect marks the first bytes after which a cell must be looked at: the triggers, what may hide one, and everything
// that is not ASCII.
var suspect = func() (t [256]bool) {
	for _, b := range []byte("=+-@'\x7f") {
		t[b] = true
	}
	for i := range t {
		t[i] = t[i] || i <= ' ' || i >= utf8.RuneSelf
	}
	return t
}()

// Hazardous tells whether a spreadsheet might run a text as a formula: whether its first character, after apostrophes,
// blanks and invisible ones, is a trigger.
func Hazardous(s []byte) bool {
	if len(s) == 0 || !suspect[s[0]] {
		return false
	}
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		switch r {
		case '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '﹢', '﹣', '﹦', '﹫', '−':
			return true
		}
		if r != '\'' && !hides(r) {
			return false
		}
		s = s[n:]
	}
	return false
}

// hides tells whether a spreadsheet may skip a character at the beginning of a cell, or a reader may not see it.
func hides(r rune) bool {
	return unicode.IsSpace(r) || !unicode.IsPrint(r) ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// Neutralise makes a text inert by putting an apostrophe before it, and tells whether that was needed. A text that
// only looks like a neutralised one gets its apostrophe too, so that Restore always gives back what went in.
func Neutralise(s string) (string, bool) {
	if !Hazardous([]byte(s)) {
		return s, false
	}
	return "'" + s, true
}

// Restore takes off the apostrophe that Neutralise has put before a text.
func Restore(s string) string {
	if len(s) > 1 && s[0] == '\'' && Hazardous([]byte(s[1:])) {
		return s[1:]
	}
	return s
}
