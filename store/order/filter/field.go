package filter

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
)

// Kind is what sort of value a field has, and so how it is compared.
type Kind uint8

// The values of Kind.
const (
	Words    Kind = iota // words that follow each other in one text, the last may be a beginning (text.HasWords)
	Code                 // folded equality, * at either end
	Exact                // a code of letters: country, currency
	Phone                // digits, from any place that a number may be cut at (text.PhoneTokens)
	Fixed                // one of Field.Values
	Money                // amounts
	Quantity             // how many
	Time                 // instants
)

// Field is something of an order that can be asked for by name.
type Field struct {
	Name   string
	Kind   Kind
	Help   string   // a few words for completion and documentation
	Values []string // for Fixed: all there are
}

// Fields are all fields, in the order in which completion offers them.
var Fields = []Field{
	{Name: "stage", Kind: Fixed, Help: "how far it is at the supplier", Values: names(order.Stages)},
	{Name: "store", Kind: Code, Help: "the store's name"},
	{Name: "created", Kind: Time, Help: "when the customer ordered"},
	{Name: "total", Kind: Money, Help: "what the customer pays"},
	{Name: "customer_payment", Kind: Fixed, Help: "how far the customer has paid", Values: names(order.CustomerPayments)},
	{Name: "fulfilment", Kind: Fixed, Help: "delivery, as the store says", Values: names(order.Fulfilments)},
	{Name: "is", Kind: Fixed, Help: "a mark", Values: []string{"new", "exception", "late", "archived", "test", "gone", "partly"}},
	{Name: "customer", Kind: Words, Help: "name or company"},
	{Name: "country", Kind: Exact, Help: "two letters, where it goes"},
	{Name: "city", Kind: Words, Help: "where it goes"},
	{Name: "tag", Kind: Code, Help: "a tag of the order"},
	{Name: "product", Kind: Words, Help: "title and variant of a line"},
	{Name: "sku", Kind: Code, Help: "SKU of a line"},
	{Name: "supplier", Kind: Words, Help: "who delivers"},
	{Name: "number", Kind: Code, Help: "the order's number"},
	{Name: "email", Kind: Code, Help: "the customer's e-mail"},
	{Name: "phone", Kind: Phone, Help: "a phone number or its last digits"},
	{Name: "tracking", Kind: Code, Help: "a tracking number"},
	{Name: "note", Kind: Words, Help: "words of a note"},
	{Name: "currency", Kind: Exact, Help: "three letters"},
	{Name: "cost", Kind: Money, Help: "what the supplier gets"},
	{Name: "items", Kind: Quantity, Help: "how many pieces"},
	{Name: "exception", Kind: Fixed, Help: "what contradicts itself", Values: names(order.ExceptionCodes)},
	{Name: "hold", Kind: Fixed, Help: "why it waits", Values: names(order.HoldKinds)},
	{Name: "refund", Kind: Fixed, Help: "money back to the customer", Values: names(order.CaseStates)},
	{Name: "claim", Kind: Fixed, Help: "money back from the supplier", Values: names(order.CaseStates)},
	{Name: "resend", Kind: Fixed, Help: "a second parcel", Values: names(order.ResendStates)},
	{Name: "lifecycle", Kind: Fixed, Help: "open, cancelled, archived, deleted", Values: names(order.Lifecycles)},
	{Name: "updated", Kind: Time, Help: "when the store changed it"},
	{Name: "payment", Kind: Words, Help: "payment method"},
	{Name: "shipping", Kind: Words, Help: "shipping method"},
	{Name: "source", Kind: Code, Help: "where it was ordered: web, pos ..."},
	{Name: "external_id", Kind: Code, Help: "the platform's own id"},
}

// aliases are other words for fields that people try first.
var aliases = map[string]string{
	"date": "created", "fulfillment": "fulfilment", "tags": "tag", "products": "product", "mail": "email",
	"e_mail": "email", "order": "number", "shop": "store", "amount": "total",
}

func names[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

var byName = func() map[string]Field {
	out := make(map[string]Field, len(Fields)+len(aliases))
	for _, f := range Fields {
		out[f.Name] = f
	}
	for alias, name := range aliases {
		out[alias] = out[name]
	}
	return out
}()

// FieldNamed finds a field by its name or alias, whatever the case and with - for _.
func FieldNamed(name string) (Field, bool) {
	f, ok := byName[name]
	if !ok {
		f, ok = byName[canonical(name)]
	}
	return f, ok
}

// canonical is the form of names of fields and fixed values.
func canonical(s string) string {
	return strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(s))
}

// fixed finds a fixed value, forgiving case, - for _ and the American spelling.
func (f Field) fixed(value string) (string, bool) {
	v := canonical(value)
	if v == "canceled" {
		v = "cancelled"
	}
	return v, slices.Contains(f.Values, v)
}

// SyntaxError says what in a filter cannot be understood, where, and what would be.
type SyntaxError struct {
	Pos, End int      // bytes of the text: what is wrong is text[Pos:End]
	Msg      string   // a sentence
	Valid    []string // what would be understood in its place, nearest first; may be empty
}

// Error is the sentence with the nearest of the valid words.
func (e *SyntaxError) Error() string {
	const shown = 12
	switch n := len(e.Valid); {
	case n == 0:
		return e.Msg
	case n > shown:
		return fmt.Sprintf("%s; use %s … (%d in all)", e.Msg, strings.Join(e.Valid[:shown], ", "), n)
	}
	return e.Msg + "; use " + strings.Join(e.Valid, ", ")
}

// nearest sorts words by how little must be changed to make them from what was typed; beginnings come first.
func nearest(typed string, words []string) []string {
	typed = canonical(typed)
	if len(typed) > 40 {
		typed = typed[:40]
	}
	type scored struct {
		word string
		cost int
	}
	all := make([]scored, len(words))
	for i, w := range words {
		all[i] = scored{w, distance(typed, w)}
		if typed != "" && strings.HasPrefix(w, typed) {
			all[i].cost = 0
		}
	}
	if typed != "" {
		slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(a.cost, b.cost) })
	}
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = s.word
	}
	return out
}

// distance is the Levenshtein distance of two short ASCII words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			next := diagonal
			if a[i] != b[j] {
				next = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}

func fieldNames() []string {
	out := make([]string, len(Fields))
	for i, f := range Fields {
		out[i] = f.Name
	}
	return out
}
