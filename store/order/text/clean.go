// Package text makes text from outside safe to show (Clean, CleanLines, Limit) and easy to find (Fold, Tokens, Query).
//
// Everything that a store, a supplier or a customer wrote goes through Clean or CleanLines once, where it enters. What
// is searched for and what is searched in are split by the same rules, so that they meet.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"golang.org/x/text/unicode/norm"
)

// maxMarks is how many combining marks may stand on one character. Every living script gets by with fewer; a flood of
// them paints over the lines above and below.
const maxMarks = 8

// Clean makes a text of any origin one harmless line: NFC, without control characters, escape sequences, bidi
// controls, zero-width and other invisible characters; line breaks and tabs become spaces, what is not valid UTF-8
// becomes U+FFFD, and both ends are trimmed. Cleaning twice changes nothing more.
func Clean(s string) string { return clean(s, false) }

// CleanLines is Clean for texts of several lines: line breaks of every kind stay, as "\n".
func CleanLines(s string) string { return clean(s, true) }

func clean(s string, lines bool) string {
	if harmless(s, lines) {
		return s
	}
	out := make([]byte, 0, len(s))
	c := cleaner{lines: lines}
	out = c.append(out, s)
	if !norm.NFC.IsNormal(out) {
		// Marks are counted before as well: x/text/norm breaks runs of more than 30 with an invisible joiner.
		out = norm.NFC.Append(make([]byte, 0, len(out)), out...)
		out = limitMarks(out)
	}
	return strings.TrimSpace(string(out))
}

// harmless tells whether s is printable ASCII already, as nearly all text is.
func harmless(s string, lines bool) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < ' ' || c > '~') && (c != '\n' || !lines) {
			return false
		}
	}
	return s == "" || (s[0] > ' ' && s[len(s)-1] > ' ')
}

// cleaner removes what must not be shown; normalisation comes after it.
type cleaner struct {
	lines bool
	noEnd bool // no string terminator comes any more: do not look for one again
	marks int
}

func (c *cleaner) append(out []byte, s string) []byte {
	for i := 0; i < len(s); {
		if b := s[i]; b >= ' ' && b <= '~' {
			out, c.marks = append(out, b), 0
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == 0x1b || (r >= 0x80 && r < 0xa0 && r != 0x85):
			i += c.escape(s[i:])
			continue
		case r == '\r' && strings.HasPrefix(s[i+1:], "\n"):
			// the "\n" that follows stands for both
		case r == '\t':
			out, c.marks = append(out, ' '), 0
		case r >= '\n' && r <= '\r', r == 0x85, r == 0x2028, r == 0x2029:
			if c.lines {
				out = append(out, '\n')
			} else {
				out = append(out, ' ')
			}
			c.marks = 0
		case r < ' ' || r == 0x7f || invisible(r):
		case r == utf8.RuneError, foreign(r):
			out, c.marks = utf8.AppendRune(out, utf8.RuneError), 0
		case unicode.Is(unicode.M, r):
			c.marks++
			if c.marks <= maxMarks {
				out = append(out, s[i:i+size]...)
			}
		default:
			out, c.marks = append(out, s[i:i+size]...), 0
		}
		i += size
	}
	return out
}

// escape is the length of the escape sequence (or C1 control) that s begins with: ECMA-48 § 5.3–5.6 and what xterm
// makes of it. A control string without an end loses its introducer only, so that nothing readable is swallowed.
func (c *cleaner) escape(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	if r == 0x1b {
		if n == len(s) {
			return n
		}
		b := s[1]
		switch {
		case b >= 0x40 && b <= 0x5f:
			r, n = rune(b)+0x40, 2 // the two-byte form of a C1 control
		case b >= 0x20 && b <= 0x2f: // ESC, intermediate bytes, one final byte
			for n < len(s) && s[n] >= 0x20 && s[n] <= 0x2f {
				n++
			}
			if n < len(s) && s[n] >= 0x30 && s[n] <= 0x7e {
				n++
			}
			return n
		case b >= 0x30 && b <= 0x7e:
			return 2
		default:
			return 1
		}
	}
	switch r {
	case 0x9b: // CSI: parameters, intermediates, final
		for n < len(s) && s[n] >= 0x20 && s[n] <= 0x3f {
			n++
		}
		if n < len(s) && s[n] >= 0x40 && s[n] <= 0x7e {
			n++
		}
	case 0x90, 0x98, 0x9d, 0x9e, 0x9f: // DCS, SOS, OSC, PM, APC: up to BEL or ST
		if end := c.stringEnd(s[n:]); end > 0 {
			n += end
		}
	}
	return n
}

// stringEnd is the length of a control string with its terminator, or 0.
func (c *cleaner) stringEnd(s string) int {
	if c.noEnd {
		return 0
	}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case 0x07:
			return i + 1
		case 0x1b:
			if i+1 < len(s) && s[i+1] == '\\' {
				return i + 2
			}
		case 0xc2:
			if i+1 < len(s) && s[i+1] == 0x9c {
				return i + 2
			}
		}
	}
	c.noEnd = true
	return 0
}

// invisible tells whether a rune leaves no mark of its own on a screen but may change what others look like: bidi
// controls, zero-width and other default-ignorable characters (Unicode's Default_Ignorable_Code_Point), joiners and
// variation selectors among them. Formatting characters that are drawn (the Arabic number signs) are kept.
func invisible(r rune) bool {
	switch {
	case r < 0xad:
		return false
	case r == 0xad, r == 0x034f, r >= 0xe0000 && r <= 0xe0fff:
		return true
	case r < 0x0600:
		return r == 0x061c
	}
	return unicode.Is(unicode.Variation_Selector, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) ||
		(unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r))
}

// foreign tells whether a rune means nothing outside the font or program that it was made for.
func foreign(r rune) bool {
	return r >= 0xe000 && (unicode.Is(unicode.Co, r) || unicode.Is(unicode.Noncharacter_Code_Point, r))
}

// limitMarks drops the combining marks beyond maxMarks in a row, in place.
func limitMarks(b []byte) []byte {
	out, marks := b[:0], 0
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r >= 0x300 && unicode.Is(unicode.M, r) {
			marks++
		} else {
			marks = 0
		}
		if marks <= maxMarks {
			out = append(out, b[i:i+size]...)
		}
		i += size
	}
	return out
}

// Limit is s cut to at most n bytes, between two characters as people see them (grapheme clusters). Only where the
// first of them alone is longer than n is it cut between code points.
func Limit(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if n <= 0 {
		return ""
	}
	end := 0
	for g := graphemes.FromString(s); g.Next(); {
		if g.End() > n {
			break
		}
		end = g.End()
	}
	if end == 0 {
		return cutAt(s, n)
	}
	return s[:end]
}
