package acts

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// name says which line of a form it is.
type name string

const (
	nameText    name = "note"
	nameWho     name = "who sees it"
	nameAdd     name = "add"
	nameRemove  name = "remove"
	nameAmount  name = "amount"
	nameRestock name = "stock"
	nameNotify  name = "customer"
	nameReason  name = "reason"
	nameWhere   name = "where"
	nameStatus  name = "status"
	nameCarrier name = "carrier"
	nameNumber  name = "number"
	nameLink    name = "link"
	nameService name = "service"
)

// row is one line of the form: a text, or one of some choices.
type row struct {
	name    name
	field   *ui.Field // nil = choices
	choices []choice
	at      int
	hint    string
}

type choice struct {
	title string
	value string
}

func typed(n name, value, hint string) row {
	return row{name: n, field: ui.NewField(value), hint: hint}
}

func oneOf(n name, choices ...choice) row { return row{name: n, choices: choices} }

const yes = "yes"

var (
	restock = oneOf(nameRestock, choice{"put back into stock", yes}, choice{"leave the stock as it is", ""})
	notify  = oneOf(nameNotify, choice{"is not written to", ""}, choice{"is written to by the store", yes})
)

// The values of the line "where".
const (
	atStore = "store"
	atDesk  = "desk"
)

// form are the lines that an act has; rec is nil for several orders.
func (s *Screen) form(rec *order.Record) []row {
	switch s.arg.Kind {
	case order.ActNote:
		return []row{
			typed(nameText, "", "what is to be remembered"),
			oneOf(nameWho, choice{"only us", ""}, choice{"the customer, too", yes}),
		}
	case order.ActTags:
		return []row{typed(nameAdd, "", "tags, with commas between them"), typed(nameRemove, "", has(rec))}
	case order.ActMarkPaid:
		return []row{typed(nameAmount, "", "all of it, or a part of what was authorized")}
	case order.ActRefund:
		left := ""
		if m, ok := order.Refundable(&rec.Order); ok {
			left = plain(m, s.ctx.Locale.DecimalMark())
		}
		stock := restock
		stock.at = 1 // not every store can, and the goods may be with the customer
		return []row{typed(nameAmount, left, "all that is left"), typed(nameReason, "", "why, for the store's books"), stock, notify}
	case order.ActCancel:
		return s.cancelForm()
	case order.ActStatus:
		now := "a status that the store has"
		if rec != nil && rec.RawStatus != "" {
			now += "; now it is " + rec.RawStatus
		}
		return []row{typed(nameStatus, "", now)}
	case order.ActTracking:
		return []row{typed(nameNumber, "", "the right number"), typed(nameCarrier, carrier(rec), "who carries it"), typed(nameLink, "", "where to follow it; may be empty"), notify}
	case order.ActRequest:
		return []row{typed(nameService, "", "empty = the one that the store has for these products")}
	}
	return nil
}

func (s *Screen) cancelForm() []row {
	reasons := oneOf(nameReason)
	for _, why := range []string{"the customer changed their mind", "it cannot be delivered", "it is a duplicate", "it looks like fraud", "another reason"} {
		reasons.choices = append(reasons.choices, choice{why, why})
	}
	where := oneOf(nameWhere, choice{"at the store", atStore}, choice{"on this desk alone; the store is not told", atDesk})
	if s.cannot != "" {
		where.choices = where.choices[1:]
		return []row{reasons, where}
	}
	return []row{reasons, restock, notify, where}
}

func has(rec *order.Record) string {
	if rec == nil || len(rec.Tags) == 0 {
		return "tags that are to go"
	}
	return "it has " + strings.Join(rec.Tags, ", ")
}

func carrier(rec *order.Record) string {
	if rec == nil {
		return ""
	}
	for i := range slices.Backward(rec.Fulfilments) {
		if f := &rec.Fulfilments[i]; f.Live {
			return f.Carrier
		}
	}
	return ""
}

// value is what a line of the form says now.
func (s *Screen) value(n name) string {
	for i := range s.rows {
		r := &s.rows[i]
		switch {
		case r.name != n:
		case r.field != nil:
			return strings.TrimSpace(text.Clean(r.field.Value()))
		default:
			return r.choices[r.at].value
		}
	}
	return ""
}

// act is what the form asks for.
func (s *Screen) act() (order.Act, error) {
	a := order.Act{
		Kind: s.arg.Kind, Step: s.arg.Step, Text: s.value(nameText), Public: s.value(nameWho) == yes, Add: tags(s.value(nameAdd)), Remove: tags(s.value(nameRemove)),
		Reason: s.value(nameReason), Restock: s.value(nameRestock) == yes, Notify: s.value(nameNotify) == yes, Status: s.value(nameStatus),
		Service: s.value(nameService),
		Parcel:  order.Parcel{Tracking: s.value(nameNumber), Carrier: s.value(nameCarrier), URL: s.value(nameLink)},
	}
	typed := s.value(nameAmount)
	if typed == "" || s.rec == nil {
		return a, nil
	}
	currency := cmp.Or(s.rec.Paid.Currency, s.rec.Currency)
	amount, err := checkout.ParseSum(typed, currency)
	if err != nil {
		return a, fmt.Errorf("%q is no amount of %s: %w", typed, currency, err)
	}
	a.Amount = amount
	return a, nil
}

// plain is an amount that can be read back without a doubt: nothing between the thousands.
func plain(m order.Money, mark rune) string {
	if order.Exponent(m.Currency) == 3 { // behind a comma three digits may be thousands
		return m.Decimal()
	}
	return strings.Replace(m.Decimal(), ".", string(mark), 1)
}

func tags(list string) []string {
	var out []string
	for t := range strings.SplitSeq(list, ",") {
		if t = strings.TrimSpace(t); t != "" {
			out = append(out, t)
		}
	}
	return out
}
