package filter

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/orderdeck/orderdeck/store/order/text"
)

// Options are what the meaning of a filter depends on besides its text.
type Options struct {
	Now     time.Time      // what "today" and "-7d" are counted from
	Zone    *time.Location // in which days begin; nil = UTC
	Decimal rune           // ',' where amounts are written 1.250,00; otherwise 1,250.00
	// Partial is for searching while somebody types: a last term that is not finished yet is left out instead of being
	// an error, and a quote or parenthesis that is still open counts as closed.
	Partial bool
}

// Limits of a filter. Nobody types as much; they keep the parser's stack and the store's SQL small.
const (
	maxText  = 4096
	maxDepth = 40
	maxTerms = 200
)

// Parse reads a filter. The result is in normal form: it has no And in an And, no Or in an Or, no Not of a Not and no
// word without a letter or digit. A text of nothing but blanks is nil, which means everything. The error is a
// *SyntaxError.
//
// Relative dates (today, -7d) become instants here; who keeps a filter keeps its text and parses it again.
func Parse(src string, o Options) (Expr, error) {
	if len(src) > maxText {
		return nil, &SyntaxError{Pos: maxText, End: len(src), Msg: fmt.Sprintf("the filter is too long: at most %d bytes are read", maxText)}
	}
	p := &parser{src: blank(src), o: o}
	if p.o.Zone == nil {
		p.o.Zone = time.UTC
	}
	p.skip()
	start := p.pos
	if start == len(p.src) {
		return nil, nil
	}
	e := p.or(0)
	if p.err == nil && p.pos < len(p.src) { // only a closing parenthesis stops or()
		p.fail(p.pos, p.pos+1, nil, "no parenthesis is open here")
	}
	if p.err != nil {
		return nil, p.err
	}
	e = normal(e)
	if e == nil && !o.Partial {
		return nil, &SyntaxError{Pos: start, End: len(src), Msg: "nothing here has a letter or a digit to look for"}
	}
	return e, nil
}

// All is the filter that holds when all of the given ones do; nil ones count as everything.
func All(filters ...Expr) Expr { return normal(And{filters}) }

// blank replaces what must never be typed (controls, invisible characters, broken UTF-8) by blanks, byte for byte, so
// that positions stay what they are.
func blank(s string) string {
	if strings.IndexFunc(s, text.Hidden) < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if text.Hidden(r) {
			b.WriteString("    "[:size])
		} else {
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

type parser struct {
	src   string
	pos   int
	o     Options
	terms int
	err   *SyntaxError
}

// fail keeps the first error.
func (p *parser) fail(pos, end int, valid []string, format string, args ...any) {
	if p.err == nil {
		p.err = &SyntaxError{Pos: pos, End: min(end, len(p.src)), Msg: fmt.Sprintf(format, args...), Valid: valid}
	}
}

// unfinished tells whether what ends here may still be being typed.
func (p *parser) unfinished(end int) bool { return p.o.Partial && end >= len(p.src) }

func (p *parser) skip() {
	for p.pos < len(p.src) {
		r, size := utf8.DecodeRuneInString(p.src[p.pos:])
		if !unicode.IsSpace(r) {
			return
		}
		p.pos += size
	}
}

// bare is the run of characters from pos on that neither a blank nor a parenthesis ends.
func (p *parser) bare() string {
	s := p.src[p.pos:]
	if i := strings.IndexFunc(s, func(r rune) bool { return r == '(' || r == ')' || unicode.IsSpace(r) }); i >= 0 {
		return s[:i]
	}
	return s
}

// keyword takes a word in capitals.
func (p *parser) keyword(word string) bool {
	if p.bare() != word {
		return false
	}
	p.pos += len(word)
	return true
}

func (p *parser) or(depth int) Expr {
	var parts []Expr
	op := -1 // where the OR before this part stands
	for {
		at := p.pos
		e := p.and(depth)
		if p.err != nil {
			return nil
		}
		nothing := strings.TrimSpace(p.src[at:p.pos]) == ""
		next := p.pos
		more := p.keyword("OR")
		if nothing && (op >= 0 || more) && (more || !p.unfinished(p.pos)) {
			if op < 0 {
				op = next
			}
			p.fail(op, op+2, nil, "OR needs something on both sides")
			return nil
		}
		if e != nil {
			parts = append(parts, e)
		}
		if !more {
			break
		}
		op = next
	}
	if len(parts) == 0 {
		return nil
	}
	return Or{parts}
}

// and takes terms up to the end, a closing parenthesis or OR, and the blanks behind them.
func (p *parser) and(depth int) Expr {
	var parts []Expr
	before := false // something stands before this place
	for p.err == nil {
		p.skip()
		if p.pos == len(p.src) || p.src[p.pos] == ')' || p.bare() == "OR" {
			break
		}
		at := p.pos
		if p.keyword("AND") {
			p.skip()
			if !before || (p.nothing() && !p.unfinished(p.pos)) {
				p.fail(at, at+3, nil, "AND needs something on both sides")
			}
			before = false
			continue
		}
		before = true
		if e := p.not(depth); e != nil {
			parts = append(parts, e)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return And{parts}
}

// nothing tells whether no term begins here.
func (p *parser) nothing() bool {
	if p.pos == len(p.src) || p.src[p.pos] == ')' {
		return true
	}
	word := p.bare()
	return word == "OR" || word == "AND"
}

func (p *parser) not(depth int) Expr {
	at := p.pos
	if depth > maxDepth {
		p.fail(at, at+max(1, len(p.bare())), nil, "the filter is nested too deeply")
		return nil
	}
	dash := p.src[p.pos] == '-' && len(p.bare()) > 1 || strings.HasPrefix(p.src[p.pos:], "-(")
	switch {
	case dash:
		p.pos++
	case p.keyword("NOT"):
		p.skip()
		if p.nothing() {
			if !p.unfinished(p.pos) {
				p.fail(at, at+3, nil, "NOT needs something after it")
			}
			return nil
		}
	default:
		return p.term(depth)
	}
	if e := p.not(depth + 1); e != nil {
		return Not{e}
	}
	return nil
}

func (p *parser) term(depth int) Expr {
	at := p.pos
	p.terms++
	if p.terms > maxTerms {
		p.fail(at, at+max(1, len(p.bare())), nil, "the filter has too many terms: at most %d are read", maxTerms)
		return nil
	}
	switch p.src[p.pos] {
	case '(':
		p.pos++
		inside := p.pos
		e := p.or(depth + 1)
		if p.err != nil {
			return nil
		}
		if p.pos == len(p.src) {
			if !p.o.Partial {
				p.fail(at, at+1, nil, "this parenthesis is never closed")
			}
			return e
		}
		if strings.TrimSpace(p.src[inside:p.pos]) == "" {
			p.fail(at, p.pos+1, nil, "there is nothing in these parentheses")
		}
		p.pos++
		return e
	case '"':
		s, closed := p.quoted()
		if !closed && !p.o.Partial {
			p.fail(at, len(p.src), nil, "this quote is never closed")
			return nil
		}
		return Word{Text: s, Phrase: true}
	}
	word := p.bare()
	if name, _, ok := strings.Cut(word, ":"); ok && isName(name) {
		p.pos += len(name) + 1
		return p.cond(at, name)
	}
	p.pos += len(word)
	return Word{Text: word}
}

// isName tells whether what stands before a colon is meant as a field: "14:30" and "山田:" are words.
func isName(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; (c < 'a' || c > 'z') && (i == 0 || (s[i] != '_' && s[i] != '-')) {
			return false
		}
	}
	return s != ""
}

// quoted takes a text in quotes; \" and \\ stand for themselves. Blanks are made plain.
func (p *parser) quoted() (s string, closed bool) {
	var b strings.Builder
	for p.pos++; p.pos < len(p.src); p.pos++ {
		switch c := p.src[p.pos]; {
		case c == '"':
			p.pos++
			return b.String(), true
		case c == '\\' && p.pos+1 < len(p.src) && (p.src[p.pos+1] == '"' || p.src[p.pos+1] == '\\'):
			p.pos++
			b.WriteByte(p.src[p.pos])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), false
}
