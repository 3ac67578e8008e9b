package store

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
)

// difference lists what a person would notice between an order as it was and as it is.
func difference(b *before, was, now *order.Order, r *row, state *order.State, flags int64) []order.Entry {
	var out []order.Entry
	add := func(field, before, after string) {
		if before != after {
			out = append(out, order.Entry{Field: field, Before: before, After: after})
		}
	}
	add("stage", string(stageOf(b.bucket)), string(state.Stage))
	add("archived", yesNo(b.bucket >= archivedBucket), yesNo(r.bucket >= archivedBucket))
	add("supplier", list(b.suppliers), list(r.suppliers))
	add("cost", cost(b.flags&flagCostKnown != 0, order.New(b.cost, b.costCurrency)), cost(state.CostKnown, state.Cost))
	add("claim", string(valueAt(order.CaseStates, b.claim)), string(cmp.Or(state.Claim, order.CaseNone)))
	add("hold", string(valueAt(order.HoldKinds, b.hold)), string(valueAt(order.HoldKinds, r.hold)))
	add("missing_upstream", yesNo(b.flags&flagGone != 0), yesNo(flags&flagGone != 0))
	add("tracking", list(b.tracking), list(r.tracking))
	if was == now {
		return out
	}
	add("number", was.Number, now.Number)
	add("customer_payment", string(was.CustomerPayment), string(now.CustomerPayment))
	add("fulfilment", string(was.Fulfilment), string(now.Fulfilment))
	add("refund", string(was.Refund), string(now.Refund))
	add("resend", string(was.Resend), string(now.Resend))
	add("lifecycle", string(was.Lifecycle), string(now.Lifecycle))
	add("status", was.RawStatus, now.RawStatus)
	add("total", was.Total.String(), now.Total.String())
	add("paid", was.Paid.String(), now.Paid.String())
	add("refunded", was.Refunded.String(), now.Refunded.String())
	add("customer", was.Customer.Name, now.Customer.Name)
	add("email", was.Customer.Email, now.Customer.Email)
	add("phone", was.Customer.Phone, now.Customer.Phone)
	add("shipping_address", was.Shipping.OneLine(), now.Shipping.OneLine())
	add("billing_address", was.Billing.OneLine(), now.Billing.OneLine())
	add("items", lineText(was), lineText(now))
	add("customer_note", was.CustomerNote, now.CustomerNote)
	add("tags", strings.Join(was.Tags, ", "), strings.Join(now.Tags, ", "))
	add("payment_method", was.PaymentMethod, now.PaymentMethod)
	add("shipping_method", was.ShippingMethod, now.ShippingMethod)
	add("cancel_reason", was.CancelReason, now.CancelReason)
	return out
}

func yesNo(b bool) string { return strconv.FormatBool(b) }

func list(joined string) string { return strings.ReplaceAll(joined, sep, ", ") }

func cost(known bool, m order.Money) string {
	if !known {
		return ""
	}
	return m.String()
}

// lineText is what was ordered and what became of it, in one line.
func lineText(o *order.Order) string {
	var b strings.Builder
	for i := range o.Lines {
		l := &o.Lines[i]
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(l.Quantity.String() + "× " + l.Title)
		if l.Variant != "" {
			b.WriteString(" " + l.Variant)
		}
		for _, part := range []struct {
			name string
			n    order.Quantity
		}{{"cancelled", l.Cancelled}, {"refunded", l.Refunded}, {"fulfilled", l.Fulfilled}} {
			if part.n != 0 {
				b.WriteString(" (" + part.n.String() + " " + part.name + ")")
			}
		}
	}
	return b.String()
}

// journal writes entries, all at the transaction's time and by whoever it works for.
func (a *applier) journal(id int64, entries []order.Entry) error {
	for _, e := range entries {
		if err := a.exec(`INSERT INTO journal (order_id, at, who, field, before, after) VALUES (?, ?, ?, ?, ?, ?)`,
			id, millis(a.now), a.who, e.Field, e.Before, e.After); err != nil {
			return err
		}
	}
	return nil
}
