package medusa

import (
	"math/big"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
)

// taxIncluded tells whether the prices of an order contain its tax: of its lines, else of its sending.
func (n normalizer) taxIncluded() bool {
	if items := n.v.items(); len(items) > 0 {
		return items[0].TaxIncluded
	}
	return len(n.v.Methods) > 0 && n.v.Methods[0].TaxIncluded
}

// cost is what something costs before discounts and with them: with its tax where the order's prices are, else without.
type cost struct{ before, after, tax, whole *big.Rat }

func (p *priced) cost(withTax bool) cost {
	c := cost{before: number(p.Original, p.RawOriginal), whole: number(p.Total, p.RawTotal), tax: number(p.Tax, p.RawTax)}
	c.after = c.whole
	if !withTax {
		c.before.Sub(c.before, number(p.OrigTax, p.RawOrigTax))
		c.after = new(big.Rat).Sub(c.whole, c.tax)
	}
	return c
}

// costs works out what everything costs, once.
func (n *normalizer) costs(withTax bool) {
	n.items = make([]cost, len(n.v.items()))
	for i := range n.items {
		n.items[i] = (*n.v.Items)[i].cost(withTax)
	}
	n.methods = make([]cost, len(n.v.Methods))
	for i := range n.methods {
		n.methods[i] = n.v.Methods[i].cost(withTax)
	}
}

// promised is what the customer agreed to pay: lines and sending, with tax. The order's own total falls with every
// refund, and the summary's original one may be without tax.
func (v *fields) promised() *big.Rat {
	sum := new(big.Rat)
	for i := range v.items() {
		l := &(*v.Items)[i]
		sum.Add(sum, number(l.Total, l.RawTotal))
	}
	for i := range v.Methods {
		m := &v.Methods[i]
		sum.Add(sum, number(m.Total, m.RawTotal))
	}
	return sum
}

// totals adds the parts up exactly and rounds each of them at the end; what that takes away or adds is put to the tax, so
// that the parts of an order that is in order make its total.
func (n normalizer) totals(o *order.Order) {
	subtotal, shipping, discount, tax, total := new(big.Rat), new(big.Rat), new(big.Rat), new(big.Rat), new(big.Rat)
	add := func(all []cost, to *big.Rat) {
		for _, c := range all {
			to.Add(to, c.before)
			discount.Add(discount, c.before).Sub(discount, c.after)
			tax.Add(tax, c.tax)
			total.Add(total, c.whole)
		}
	}
	add(n.items, subtotal)
	add(n.methods, shipping)
	o.Subtotal, o.ShippingCost, o.Discount, o.Tax = n.money(subtotal), n.money(shipping), n.money(discount), n.money(tax)
	o.Total = n.money(total)
	rest := o.Total.Minor - o.Subtotal.Minor - o.ShippingCost.Minor + o.Discount.Minor
	if o.TaxIncluded {
		o.Subtotal.Minor += rest // lines and sending contain the tax
	} else {
		o.Tax.Minor = rest
	}
}

// payments reads payments and what was given back.
func (n normalizer) payments(o *order.Order) {
	paid, refunded := new(big.Rat), new(big.Rat)
	for i := range n.v.Collections {
		for j := range n.v.Collections[i].Payments {
			p := &n.v.Collections[i].Payments[j]
			captured, back := sum(p.Captures), sum(p.Refunds)
			state, at := "authorized", p.CreatedAt
			switch {
			case p.Canceled != nil:
				state, at = "canceled", *p.Canceled
			case captured.Sign() > 0 && captured.Cmp(number(p.Amount, p.RawAmount)) < 0:
				state = "partially_captured"
			case captured.Sign() > 0:
				state = "captured"
			}
			if p.Captured != nil {
				at = *p.Captured
			}
			amount := number(p.Amount, p.RawAmount)
			if captured.Sign() > 0 {
				amount = captured
			}
			o.Payments = append(o.Payments, order.Payment{
				ExternalID: p.ID, At: at.UTC(), Method: provider(p.Provider), State: state, Amount: n.money(amount), Settled: captured.Sign() > 0,
			})
			if p.Canceled == nil || o.PaymentMethod == "" {
				o.PaymentMethod = provider(p.Provider)
			}
			for k := range p.Refunds {
				r := &p.Refunds[k]
				reason := r.Note
				if r.Reason != nil {
					reason = strings.Trim(r.Reason.Label+": "+r.Note, ": ")
				}
				o.Refunds = append(o.Refunds, order.Refund{
					ExternalID: r.ID, At: r.At.UTC(), State: "refunded", Amount: n.money(number(r.Amount, r.RawAmount)), Settled: true, Reason: clean(reason),
				})
			}
			paid.Add(paid, captured)
			refunded.Add(refunded, back)
		}
	}
	o.Paid, o.Refunded = n.money(paid), n.money(refunded)
	switch {
	case refunded.Sign() <= 0:
	case refunded.Cmp(paid) >= 0:
		o.Refund = order.CasePaid
	default:
		o.Refund = order.CasePaidPartial
	}
	if o.CustomerPayment == order.PaymentPending && n.v.PaymentStatus == "not_paid" && len(o.Lines) > 0 && o.Total.IsZero() {
		o.CustomerPayment = order.PaymentPaid // there is nothing to be paid, and never will be
	}
}

func sum(all []moved) *big.Rat {
	out := new(big.Rat)
	for i := range all {
		out.Add(out, number(all[i].Amount, all[i].RawAmount))
	}
	return out
}

// provider makes "stripe" of "pp_stripe_stripe", as Medusa calls them.
func provider(id string) string {
	s := clean(strings.TrimPrefix(id, "pp_"))
	if a, b, ok := strings.Cut(s, "_"); ok && a == b {
		return a
	}
	if s == "system_default" {
		return "manual"
	}
	return s
}
