package filter

import (
	"strings"
	"unicode"
)

// String writes an expression as a filter text that Parse reads as the same expression (with the same Options, where
// it has relative dates). nil is "".
func String(e Expr) string {
	var b strings.Builder
	write(&b, e, outer)
	return b.String()
}

// Where an expression stands decides whether it needs parentheses.
const (
	outer = iota
	inOr
	inAnd
	inNot
)

func write(b *strings.Builder, e Expr, where int) {
	list := func(of []Expr, sep string, inside int, parens bool) {
		if parens {
			b.WriteByte('(')
		}
		for i, part := range of {
			if i > 0 {
				b.WriteString(sep)
			}
			write(b, part, inside)
		}
		if parens {
			b.WriteByte(')')
		}
	}
	switch e := e.(type) {
	case And:
		list(e.Of, " ", inAnd, where >= inAnd)
	case Or:
		list(e.Of, " OR ", inOr, where >= inOr)
	case Not:
		b.WriteByte('-')
		write(b, e.Of, inNot)
	case Word:
		switch {
		case e.Phrase:
			quote(b, e.Text)
		case where == inNot && strings.Contains(e.Text, " "):
			b.WriteString("(" + e.Text + ")")
		case where != inNot && (e.Text == "OR" || e.Text == "AND" || e.Text == "NOT"):
			b.WriteString("--" + e.Text) // twice negated it is no keyword
		default:
			b.WriteString(e.Text)
		}
	case Cond:
		b.WriteString(e.Field + ":")
		f, _ := FieldNamed(e.Field)
		for i, v := range e.Values {
			if i > 0 {
				b.WriteByte(',')
			}
			writeValue(b, f, v)
		}
	}
}

func writeValue(b *strings.Builder, f Field, v Value) {
	switch {
	case v.Op == Exists:
		b.WriteByte('*')
	case f.Kind == Money || f.Kind == Quantity:
		if v.Op != Equal && v.Op != Between {
			b.WriteString(string(v.Op))
		}
		b.WriteString(formatScaled(v.Amount))
		if v.Op == Between {
			b.WriteString(".." + formatScaled(v.AmountTo))
		}
		b.WriteString(v.Currency)
	default:
		if v.Op == Suffix || v.Op == Contains {
			b.WriteByte('*')
		}
		if plain(v.Text, f.Kind == Time) {
			b.WriteString(v.Text)
		} else {
			quote(b, v.Text)
		}
		if v.Op == Prefix || v.Op == Contains {
			b.WriteByte('*')
		}
	}
}

// plain tells whether a value means itself without quotes.
func plain(s string, operators bool) bool {
	if s == "" || strings.ContainsAny(s, `,"()*\`) || strings.IndexFunc(s, unicode.IsSpace) >= 0 {
		return false
	}
	return operators || !strings.ContainsRune("<>=", rune(s[0]))
}

func quote(b *strings.Builder, s string) {
	b.WriteByte('"')
	for _, r := range s {
		if r == '"' || r == '\\' {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	b.WriteByte('"')
}
