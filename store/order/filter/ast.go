// Package filter is the language of the search line: words, fields, ranges, OR, negation. It parses to an Expr, which
// is a predicate here (Match) and becomes SQL in the store.
package filter

import "time"

// Expr is a parsed filter. It is one of And, Or, Not, Word and Cond; nil means everything.
type Expr interface{ expr() }

// And holds when all hold; an empty And always holds.
type And struct{ Of []Expr }

// Or holds when one holds.
type Or struct{ Of []Expr }

// Not holds when the other does not.
type Not struct{ Of Expr }

// Word is a free word, or a phrase in quotes, that is looked for in number, customer, e-mail, phone, product, SKU,
// tracking number and note.
type Word struct {
	Text   string // as typed, without quotes
	Phrase bool   // in quotes: the words must follow each other
}

// Cond is field:value. It holds when one of the values does.
type Cond struct {
	Field  string // canonical name
	Values []Value
}

// Op is how a field is compared.
type Op string

// The values of Op.
const (
	Equal   Op = "="
	Less    Op = "<"
	AtMost  Op = "<="
	Greater Op = ">"
	AtLeast Op = ">="
	Between Op = ".." // both ends included
	Exists  Op = "*"  // has any value
)

// Value is one value of a condition, typed by its field.
type Value struct {
	Op   Op
	Text string // canonical text, folded where the field is compared folded
	// Amount is in ten-thousandths of the major unit, so that it can be compared whatever the currency's exponent;
	// Currency is set where the value names one. For items it is a Quantity.
	Amount, AmountTo int64
	Currency         string
	// From and To bound an instant: From ≤ t < To. A zero bound is open.
	From, To time.Time
}

func (And) expr()  {}
func (Or) expr()   {}
func (Not) expr()  {}
func (Word) expr() {}
func (Cond) expr() {}
