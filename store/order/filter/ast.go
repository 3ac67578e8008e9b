// Package filter is the language of the search line: words, fields, ranges, OR, negation. It parses to an Expr, which
// is a predicate here (Match) and becomes SQL in the store.
//
//	stage:unpaid,pending store:aurora total:>100 created:2026-11-01..2026-11-21 -tag:wholesale "linen shirt"
//
// Terms are ANDed; OR (upper case) binds less tightly; "-" or NOT negates; parentheses group. A term is a word, a
// "quoted phrase", or field:value with values separated by commas (any of them), comparisons (>100, >=, <, <=), ranges
// (a..b, both ends included) or * (has any value). Texts take * at their ends for "anything".
package filter

import "time"

// Expr is a parsed filter. It is one of And, Or, Not, Word and Cond; nil means everything.
type Expr interface{ expr() }

// And holds when all hold. It has at least two parts, none of which is an And.
type And struct{ Of []Expr }

// Or holds when one holds. It has at least two parts, none of which is an Or.
type Or struct{ Of []Expr }

// Not holds when the other does not, which is no Not.
type Not struct{ Of Expr }

// Word is a free word, or a phrase in quotes, that is looked for in number, customer, e-mail, phone, product, SKU,
// tracking number and note; see Tokens and Texts. It has at least one letter or digit.
type Word struct {
	Text   string // as typed, without quotes; parts of one phone number stay together ("555 01 03")
	Phrase bool   // in quotes: the words must follow each other
}

// Cond is field:value. It holds when one of the values does. Amounts and quantities have exactly one.
type Cond struct {
	Field  string // canonical name, see Fields
	Values []Value
}

// Op is how a field is compared.
type Op string

// The values of Op.
const (
	Equal    Op = "="
	Prefix   Op = "a*"  // texts: begins with Text
	Suffix   Op = "*a"  // texts: ends with Text
	Contains Op = "*a*" // texts: has Text anywhere
	Less     Op = "<"
	AtMost   Op = "<="
	Greater  Op = ">"
	AtLeast  Op = ">="
	Between  Op = ".." // both ends included
	Exists   Op = "*"  // has any value
)

// Value is one value of a condition, typed by the Kind of its field.
type Value struct {
	Op Op
	// Text is what is compared for texts and fixed values, folded where the field is compared folded. For times it is
	// the canonical text, for printing only.
	Text string
	// Amount is in ten-thousandths of the major unit (order.Money.Scaled), so that it can be compared whatever the
	// currency's exponent; AmountTo is the upper end of Between. Currency is set where the value names one. For items
	// they are an order.Quantity.
	Amount, AmountTo int64
	Currency         string
	// From and To bound an instant: From ≤ t < To. A zero bound is open. Op is Between.
	From, To time.Time
}

func (And) expr()  {}
func (Or) expr()   {}
func (Not) expr()  {}
func (Word) expr() {}
func (Cond) expr() {}
