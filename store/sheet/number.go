package sheet

import (
	"fmt"
	"strings"
	"unicode"
)

// Numbers finds out how a column writes its numbers, and reads them.
type Numbers struct {
	dot, comma bool // cells that decide were seen
	open       string
}

// Observe looks at a cell.
func (n *Numbers) Observe(cell string) {
	s, _ := bare(cell)
	dots, commas := strings.Count(s, "."), strings.Count(s, ",")
	switch {
	case dots == 0 && commas == 0:
	case dots > 0 && commas > 0:
		n.decide(strings.LastIndexByte(s, '.') > strings.LastIndexByte(s, ','))
	case dots > 1 || commas > 1: // only thousands come more than once
		n.decide(commas > 1)
	default:
		at := strings.IndexAny(s, ".,")
		whole, part := strings.TrimLeft(s[:at], "+-"), s[at+1:]
		if len(part) == 3 && len(whole) >= 1 && len(whole) <= 3 && whole[0] != '0' {
			if n.open == "" {
				n.open = strings.TrimSpace(cell)
			}
			return
		}
		n.decide(dots == 1)
	}
}

func (n *Numbers) decide(dot bool) {
	n.dot, n.comma = n.dot || dot, n.comma || !dot
}

// Err says what is not clear about the column: nothing decides whether its "1.234" is one or a thousand, or its cells
// contradict each other.
func (n *Numbers) Err(column string) error {
	switch {
	case n.dot && n.comma:
		return fmt.Errorf("the column %q writes decimals with a dot in some cells and with a comma in others", column)
	case n.open != "" && !n.dot && !n.comma:
		return fmt.Errorf("the column %q has %s, which may be a thousand or a little over one: say which with --decimal comma or --decimal dot", column, n.open)
	}
	return nil
}

// Force settles what the cells leave open.
func (n *Numbers) Force(comma bool) { n.dot, n.comma = !comma, comma }

// Parse gives a cell as a decimal text with a dot, "" for an empty one.
func (n *Numbers) Parse(cell string) (string, error) {
	s, ok := bare(cell)
	if !ok {
		return "", fmt.Errorf("%q is not a number", strings.TrimSpace(cell))
	}
	if n.comma {
		s = strings.ReplaceAll(strings.ReplaceAll(s, ".", ""), ",", ".")
	} else {
		s = strings.ReplaceAll(s, ",", "")
	}
	if strings.Count(s, ".") > 1 {
		return "", fmt.Errorf("%q is not a number", strings.TrimSpace(cell))
	}
	return s, nil
}

// bare takes away what people write around a number: blanks of all kinds, a currency, quotes against formulas. ok is
// false when something is left that no number has.
func bare(cell string) (string, bool) {
	cell = strings.TrimPrefix(strings.TrimSpace(cell), "'")
	negative := strings.HasPrefix(cell, "(") && strings.HasSuffix(cell, ")") // as accountants write it
	var b strings.Builder
	letters := 0
	for _, r := range strings.Trim(cell, "()") {
		switch {
		case r >= '0' && r <= '9', r == '.', r == ',', r == '-', r == '+':
			b.WriteRune(r)
		case r == '−':
			b.WriteByte('-')
		case unicode.IsSpace(r), r == '\'', unicode.Is(unicode.Sc, r):
		case unicode.IsLetter(r):
			letters++ // "R$", "zł", "EUR"
		default:
			return "", false
		}
	}
	s := strings.Trim(b.String(), ".,")
	if letters > 3 || strings.LastIndexAny(s, "+-") > 0 || s != "" && !strings.ContainsAny(s, "0123456789") || s == "" && letters > 0 {
		return "", false
	}
	if negative {
		s = "-" + s
	}
	return s, true
}
