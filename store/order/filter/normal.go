package filter

import (
	"strings"

	"github.com/orderdeck/orderdeck/store/order/text"
)

// normal brings a parsed expression into normal form (see Parse); nil where nothing is left.
func normal(e Expr) Expr {
	switch e := e.(type) {
	case And:
		parts := phones(flat(e.Of, func(e Expr) ([]Expr, bool) { a, ok := e.(And); return a.Of, ok }))
		if len(parts) > 1 {
			return And{parts}
		}
		return first(parts)
	case Or:
		parts := flat(e.Of, func(e Expr) ([]Expr, bool) { o, ok := e.(Or); return o.Of, ok })
		if len(parts) > 1 {
			return Or{parts}
		}
		return first(parts)
	case Not:
		inner := normal(e.Of)
		if inner == nil {
			return nil
		}
		if not, ok := inner.(Not); ok {
			return not.Of
		}
		return Not{inner}
	case Word:
		if len(text.Words(nil, e.Text)) == 0 {
			return nil
		}
		return e
	case Cond:
		return e
	}
	return nil
}

// flat normalises parts and takes apart those that are of the same sort as what they are in.
func flat(of []Expr, same func(Expr) ([]Expr, bool)) []Expr {
	var out []Expr
	for _, part := range of {
		n := normal(part)
		if inner, ok := same(n); ok {
			out = append(out, inner...)
		} else if n != nil {
			out = append(out, n)
		}
	}
	return out
}

func first(parts []Expr) Expr {
	if len(parts) == 0 {
		return nil
	}
	return parts[0]
}

// phones makes one word of neighbours that together look like one phone number: "555 01 03".
func phones(parts []Expr) []Expr {
	var out []Expr
	var run []string
	end := func() {
		for len(run) > 0 {
			n, phone := text.PhoneRun(run)
			if phone {
				out = append(out, Word{Text: strings.Join(run[:n], " ")})
			} else {
				for _, w := range run[:n] {
					out = append(out, Word{Text: w})
				}
			}
			run = run[n:]
		}
	}
	for _, part := range parts {
		if w, ok := part.(Word); ok && !w.Phrase {
			run = append(run, strings.Fields(w.Text)...)
			continue
		}
		end()
		out = append(out, part)
	}
	end()
	return out
}
