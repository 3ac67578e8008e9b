package filter

import (
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// maxIndexed is how many bytes of one text are searched: a note of a megabyte is no reason for a million words.
const maxIndexed = 16 << 10

// Texts are the texts of an order in which a quoted phrase is looked for: number, customer, e-mail, products, SKUs,
// tracking numbers and notes. Phone numbers are found by their digits alone, see Tokens.
func Texts(r *order.Record) []string {
	out := make([]string, 0, 16)
	add := func(s string) {
		if len(s) > maxIndexed {
			s = text.Limit(s, maxIndexed)
		}
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, field := range []string{"number", "customer", "email", "product", "sku", "tracking", "note"} {
		texts(field, r, add)
	}
	return out
}

// Tokens appends the words to dst under which an order is found, sorted and each once: those of its Texts and the
// digits and endings of its phone numbers. The store's index has exactly these.
func Tokens(dst []string, r *order.Record) []string {
	start := len(dst)
	for _, s := range Texts(r) {
		dst = text.Tokens(dst, s)
	}
	texts("phone", r, func(s string) { dst = text.PhoneTokens(dst, s) })
	slices.Sort(dst[start:])
	return dst[:start+len(slices.Compact(dst[start:]))]
}

// texts calls yield with each text that an order has for a field that is compared as text; some may be empty.
func texts(field string, r *order.Record, yield func(string)) {
	switch field {
	case "store":
		yield(r.Store)
	case "number":
		yield(r.Number)
	case "external_id":
		yield(r.ExternalID)
	case "customer", "email", "phone", "city", "country":
		people(field, r, yield)
	case "product", "sku", "tracking", "note":
		parts(field, r, yield)
	case "tag":
		each(r.Tags, yield)
	case "supplier":
		each(r.State.Suppliers, yield)
	case "currency":
		yield(r.Currency)
	case "source":
		yield(r.Source)
	case "payment":
		yield(r.PaymentMethod)
	case "shipping":
		yield(r.ShippingMethod)
	}
}

func each(list []string, yield func(string)) {
	for _, s := range list {
		yield(s)
	}
}

// people yields what is known of who ordered, who pays and where it goes.
func people(field string, r *order.Record, yield func(string)) {
	switch field {
	case "customer":
		yield(r.Customer.Name)
		yield(r.Customer.Company)
		yield(r.Shipping.Name)
		yield(r.Shipping.Company)
		yield(r.Billing.Name)
		yield(r.Billing.Company)
	case "email":
		yield(r.Customer.Email)
	case "phone":
		yield(r.Customer.Phone)
		yield(r.Shipping.Phone)
		yield(r.Billing.Phone)
	case "city":
		yield(r.Destination().City)
	case "country":
		yield(r.Destination().Country)
	}
}

// parts yields what an order has several of.
func parts(field string, r *order.Record, yield func(string)) {
	switch field {
	case "product":
		for i := range r.Lines {
			yield(strings.TrimSuffix(r.Lines[i].Title+" "+r.Lines[i].Variant, " "))
		}
	case "sku":
		for i := range r.Lines {
			yield(r.Lines[i].SKU)
		}
	case "tracking":
		for i := range r.Fulfilments {
			yield(r.Fulfilments[i].Tracking)
		}
		for i := range r.Placements {
			for j := range r.Placements[i].Parcels {
				yield(r.Placements[i].Parcels[j].Tracking)
			}
		}
	case "note":
		yield(r.CustomerNote)
		for i := range r.Notes {
			if n := &r.Notes[i]; n.Kind == "note" || n.Kind == "customer_note" {
				yield(n.Text)
			}
		}
	}
}

// Holds tells whether a word is in an order that has these Tokens (sorted) and Texts. Texts matter to phrases only.
func (w Word) Holds(tokens, texts []string) bool {
	if !w.Phrase {
		for _, t := range text.Query(w.Text) {
			if !holds(t, tokens) {
				return false
			}
		}
		return true
	}
	words := text.Words(nil, w.Text)
	for _, s := range texts {
		if text.HasWords(s, words) {
			return true
		}
	}
	n, phone := text.PhoneRun(strings.Fields(w.Text))
	if !phone || n != len(strings.Fields(w.Text)) {
		return false
	}
	terms := text.Query(w.Text)
	return len(terms) == 1 && has(tokens, phoneOf(terms[0]), true)
}

func phoneOf(t text.Term) string {
	if t.Phone == "" {
		return t.Words[0]
	}
	return t.Phone
}

func holds(t text.Term, tokens []string) bool {
	for i, w := range t.Words {
		if !has(tokens, w, t.Prefix && i == len(t.Words)-1) {
			return t.Phone != "" && has(tokens, t.Phone, true)
		}
	}
	return true
}

// has looks a word up in sorted tokens.
func has(tokens []string, word string, prefix bool) bool {
	i, found := slices.BinarySearch(tokens, word)
	return found || (prefix && i < len(tokens) && strings.HasPrefix(tokens[i], word))
}
