package filter

import (
	"math"
	"strconv"
	"strings"
)

// numbers reads an amount or a quantity with its comparison: 100, >=1.250,00, 50..100, 100BRL. A comma is part of the
// number where it can be one, and else separates several.
func (p *parser) numbers(f Field, s string) ([]Value, *SyntaxError) {
	v, err := p.number(f, s)
	if err == nil {
		return []Value{v}, nil
	}
	parts := strings.Split(s, ",")
	if len(parts) == 1 || (f.Kind == Money && strings.Contains(strings.ReplaceAll(s, "..", ""), ".")) {
		return nil, err
	}
	var out []Value
	for i, part := range parts {
		v, bad := p.number(f, part)
		// "1250,00" where the decimal sign is the dot: an amount of another country rather than two amounts.
		if bad != nil || (f.Kind == Money && i > 0 && len(part) <= 2) {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// number reads one comparison or range.
func (p *parser) number(f Field, s string) (Value, *SyntaxError) {
	v := Value{Op: Equal}
	bad := func(msg string) (Value, *SyntaxError) {
		return Value{}, &SyntaxError{Msg: f.Name + ": " + msg, Valid: f.examples()}
	}
	amount := func(s string) (int64, string) {
		n, code, msg := p.amount(s, f.Kind == Money)
		if msg == "" && code != "" {
			if v.Currency != "" && v.Currency != code {
				return 0, "a range has one currency"
			}
			v.Currency = code
		}
		return n, msg
	}
	var msg string
	if low, high, ok := strings.Cut(s, ".."); ok {
		switch {
		case low == "" && high == "":
			return bad("the range has no ends")
		case low == "":
			v.Op = AtMost
			v.Amount, msg = amount(high)
		case high == "":
			v.Op = AtLeast
			v.Amount, msg = amount(low)
		default:
			v.Op = Between
			if v.Amount, msg = amount(low); msg == "" {
				v.AmountTo, msg = amount(high)
			}
			if msg == "" && v.Amount > v.AmountTo {
				msg = "the range “" + s + "” ends before it begins"
			}
		}
	} else {
		for _, op := range []Op{AtLeast, AtMost, Greater, Less, Equal} {
			if rest, ok := strings.CutPrefix(s, string(op)); ok {
				v.Op, s = op, rest
				break
			}
		}
		v.Amount, msg = amount(s)
	}
	if msg != "" {
		return bad(msg)
	}
	return v, nil
}

// amount reads a decimal number, with a currency's three letters before or after it where these are allowed. msg says
// what is wrong.
func (p *parser) amount(s string, money bool) (n int64, code, msg string) {
	s = strings.TrimSpace(s)
	typed := s
	if money {
		if c, rest := s[:min(3, len(s))], s[min(3, len(s)):]; isCode(c) {
			code, s = strings.ToUpper(c), strings.TrimSpace(rest)
		} else if i := max(0, len(s)-3); isCode(s[i:]) {
			code, s = strings.ToUpper(s[i:]), strings.TrimSpace(s[:i])
		}
	}
	example := "1,250.00"
	if p.o.Decimal == ',' {
		example = "1.250,00"
	}
	n, ok, large := scaled(s, p.o.Decimal)
	switch {
	case large:
		return 0, "", "“" + typed + "” is larger than any amount"
	case !ok && typed == "":
		return 0, "", "a number is missing"
	case !ok:
		return 0, "", "“" + typed + "” is not a number here: write it as " + example
	}
	return n, code, ""
}

func isCode(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return len(s) == 3
}

// scaled reads a decimal number in ten-thousandths. Groups of thousands are accepted where they are whole; a dot that
// cannot group is the decimal sign in every locale, so that 12.50 is never refused.
func scaled(s string, decimal rune) (n int64, ok, large bool) {
	sign := ""
	if strings.HasPrefix(s, "-") || strings.HasPrefix(s, "+") {
		sign, s = strings.TrimPrefix(s[:1], "+"), s[1:]
	}
	s = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "\u2009", "", "'", "", "’", "").Replace(s)
	dec, group := ".", ","
	if decimal == ',' {
		dec, group = ",", "."
	}
	whole, frac, hasFrac := strings.Cut(s, dec)
	if !hasFrac && group == "." && strings.Count(s, ".") == 1 && !grouped(s, group) {
		whole, frac, hasFrac = strings.Cut(s, ".")
	}
	if !grouped(whole, group) && (whole != "" || frac == "") {
		return 0, false, false
	}
	whole = strings.ReplaceAll(whole, group, "")
	frac = strings.TrimRight(frac, "0")
	if !isDigits(whole) || !isDigits(frac) || len(frac) > 4 || (hasFrac && whole == "" && frac == "") {
		return 0, false, false
	}
	n, err := strconv.ParseInt(sign+whole+frac+strings.Repeat("0", 4-len(frac)), 10, 64)
	if err != nil || n == math.MinInt64 {
		return 0, false, true
	}
	return n, true, false
}

// grouped tells whether digits stand alone or in groups of thousands.
func grouped(s, sep string) bool {
	first, rest, more := strings.Cut(s, sep)
	if !more {
		return isDigits(s) && s != ""
	}
	if first == "" || len(first) > 3 || !isDigits(first) {
		return false
	}
	for _, g := range strings.Split(rest, sep) {
		if len(g) != 3 || !isDigits(g) {
			return false
		}
	}
	return true
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// number writes ten-thousandths so that every locale reads the same: a dot, and never three decimals, which could be
// a group of thousands.
func formatScaled(n int64) string {
	sign := ""
	u := uint64(n)
	if n < 0 {
		sign, u = "-", -u
	}
	whole, frac := u/10_000, u%10_000
	out := sign + strconv.FormatUint(whole, 10)
	switch {
	case frac == 0:
		return out
	case frac%100 == 0:
		return out + "." + strconv.FormatUint(100+frac/100, 10)[1:]
	}
	return out + "." + strconv.FormatUint(10_000+frac, 10)[1:]
}
