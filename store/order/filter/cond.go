package filter

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/orderdeck/orderdeck/store/order/text"
)

// raw is one value as it was typed.
type raw struct {
	text        string // without quotes
	bare        bool   // nothing of it is in quotes
	first, last bool   // its first and last character are not in quotes: they may be operators and stars
	pos, end    int
	open        bool // a quote was never closed
}

// cond takes the values of a field; at is where its name begins.
func (p *parser) cond(at int, name string) Expr {
	f, ok := FieldNamed(name)
	if !ok {
		p.fail(at, at+len(name), nearest(name, fieldNames()), "“%s” is not a field (put it in quotes to search for the words)", name)
		return nil
	}
	lists := f.Kind != Money && f.Kind != Quantity
	var out []Value
	for {
		v := p.value(lists)
		if v.open && !p.o.Partial {
			p.fail(v.pos, v.end, nil, "this quote is never closed")
			return nil
		}
		values, bad := p.typed(f, v)
		switch {
		case bad == nil:
			out = append(out, values...)
		case !p.unfinished(v.end):
			if bad.End == 0 {
				bad.Pos, bad.End = v.pos, v.end
			}
			if bad.Pos == bad.End { // nothing typed: point at the field
				bad.Pos, bad.End = at, max(v.end, at+len(name)+1)
			}
			p.err = bad
			return nil
		}
		if p.pos >= len(p.src) || p.src[p.pos] != ',' {
			break
		}
		p.pos++
	}
	switch {
	case len(out) == 0:
		return nil
	case lists || len(out) == 1:
		return Cond{Field: f.Name, Values: out}
	}
	// Amounts contain commas themselves, so that a list of them could not be printed and read again.
	var list Or
	for _, v := range out {
		list.Of = append(list.Of, Cond{Field: f.Name, Values: []Value{v}})
	}
	return list
}

// value takes one value, up to a blank, a parenthesis or (in lists) a comma outside of quotes.
func (p *parser) value(list bool) raw {
	v := raw{pos: p.pos, bare: true, first: true, last: true}
	var b strings.Builder
	for p.pos < len(p.src) {
		r, size := utf8.DecodeRuneInString(p.src[p.pos:])
		if unicode.IsSpace(r) || r == '(' || r == ')' || (list && r == ',') {
			break
		}
		if r != '"' {
			v.last = true
			b.WriteString(p.src[p.pos : p.pos+size])
			p.pos += size
			continue
		}
		if p.pos == v.pos {
			v.first = false
		}
		s, closed := p.quoted()
		b.WriteString(s)
		v.bare, v.last, v.open = false, false, !closed
	}
	v.text, v.end = b.String(), p.pos
	return v
}

// typed turns what was typed into values of a field's kind. An error without positions is about the whole value.
func (p *parser) typed(f Field, v raw) ([]Value, *SyntaxError) {
	s := v.text
	if strings.TrimSpace(s) == "" {
		return nil, &SyntaxError{Msg: f.Name + ": needs a value after the colon", Valid: f.examples()}
	}
	if s == "*" && v.bare && f.Name != "is" {
		return []Value{{Op: Exists}}, nil
	}
	one := func(v Value, err *SyntaxError) ([]Value, *SyntaxError) {
		if err != nil {
			return nil, err
		}
		return []Value{v}, nil
	}
	switch f.Kind {
	case Money, Quantity:
		return p.numbers(f, s)
	case Time:
		return one(p.when(f, s))
	}
	if v.first {
		if strings.HasPrefix(s, "<") || strings.HasPrefix(s, ">") {
			return nil, &SyntaxError{Msg: f.Name + ": cannot be compared with < or >, only with what it is", Valid: f.examples()}
		}
		s = strings.TrimPrefix(s, "=")
	}
	switch f.Kind {
	case Fixed:
		name, ok := f.fixed(s)
		if !ok {
			return nil, &SyntaxError{Msg: f.Name + ": cannot be “" + s + "”", Valid: nearest(s, f.Values)}
		}
		return []Value{{Op: Equal, Text: name}}, nil
	case Exact:
		return one(exact(f, s))
	case Phone:
		return one(phone(s))
	}
	return one(textual(f, s, v))
}

// examples are what may stand after a field's colon.
func (f Field) examples() []string {
	switch f.Kind {
	case Fixed:
		return f.Values
	case Money:
		return []string{">100", "50..100", "100BRL"}
	case Quantity:
		return []string{">1", "2..5", "1.5"}
	case Time:
		return []string{"2026-11-21", "2026-11", "today", "-7d", "2026-11-01..2026-11-21", ">=2026-11-01"}
	case Exact:
		if f.Name == "country" {
			return []string{"BR", "PT", "PL", "US"}
		}
		return []string{"BRL", "EUR", "PLN", "USD"}
	}
	return nil
}

// exact reads a code of letters: ISO 3166-1 alpha-2 for countries, ISO 4217 for currencies.
func exact(f Field, s string) (Value, *SyntaxError) {
	want, what := 2, "the country's two letters"
	if f.Name == "currency" {
		want, what = 3, "the currency's three letters"
	}
	code := strings.ToUpper(s)
	if len(code) != want || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return Value{}, &SyntaxError{Msg: f.Name + ": is " + what + ", not “" + s + "”", Valid: f.examples()}
	}
	return Value{Op: Equal, Text: code}, nil
}

func phone(s string) (Value, *SyntaxError) {
	all := text.PhoneTokens(nil, s)
	if strings.Trim(s, "0123456789+()-./ ") != "" || len(all) == 0 {
		return Value{}, &SyntaxError{Msg: "phone: is written in digits, not “" + s + "”"}
	}
	digits := all[0]
	if short := strings.TrimLeft(digits, "0"); len(short) >= 4 { // a trunk zero or exit code; shorter ones are endings
		digits = short
	}
	return Value{Op: Equal, Text: digits}, nil
}

// textual reads a value of a text: words, or a code with stars at its ends.
func textual(f Field, s string, v raw) (Value, *SyntaxError) {
	out := Value{Op: Equal}
	if f.Kind == Code {
		before := v.first && strings.HasPrefix(s, "*")
		after := v.last && strings.HasSuffix(s, "*") && len(s) > 1
		if before {
			s = s[1:]
		}
		if after {
			s = s[:len(s)-1]
		}
		switch {
		case before && after:
			out.Op = Contains
		case before:
			out.Op = Suffix
		case after:
			out.Op = Prefix
		}
	} else if v.last { // the last word may be a beginning anyway
		s = strings.TrimSuffix(s, "*")
	}
	out.Text = strings.TrimSpace(text.Fold(s))
	if f.Name == "number" && (out.Op == Equal || out.Op == Prefix) {
		out.Text = strings.TrimLeft(out.Text, "# ") // numbers are kept without it
	}
	if out.Text == "" || (f.Kind == Words && len(text.Words(nil, out.Text)) == 0) {
		return Value{}, &SyntaxError{Msg: f.Name + ": “" + v.text + "” has no letter or digit to look for"}
	}
	return out, nil
}
