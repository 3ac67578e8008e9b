package vendure

import (
	"cmp"
	"math/big"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/vendure/admin"
)

// linePrices are a line's price before and after discounts, with tax, and the latter without tax, for the quantity
// that was ordered. Vendure tells them for the quantity that is left; after a cancellation that may be none, so they
// are worked out the way Vendure does: from unrounded unit prices, rounded once for the line.
func (n normalizer) linePrices(l *admin.OrderFieldsLinesOrderLine, ordered int) (gross, net, total int64) {
	if l.Quantity == ordered {
		return l.LinePriceWithTax, l.ProratedLinePrice, l.ProratedLinePriceWithTax
	}
	rate := new(big.Rat).SetFloat64(l.TaxRate)
	if rate == nil {
		rate = new(big.Rat)
	}
	factor := new(big.Rat).Add(big.NewRat(1, 1), rate.Quo(rate, big.NewRat(100, 1)))
	q := big.NewRat(int64(ordered), 1)
	fromNet := round(new(big.Rat).Mul(new(big.Rat).Mul(big.NewRat(l.UnitPrice, 1), factor), q))
	fromGross := l.UnitPriceWithTax * int64(ordered)
	gross = fromNet
	// What is left of the line tells which of its prices is the listed one; an empty line leaves it to the channel.
	if n.shop.pricesWithTax {
		gross = fromGross
	}
	if l.Quantity > 0 && l.LinePriceWithTax == l.UnitPriceWithTax*int64(l.Quantity) && gross != fromGross &&
		round(new(big.Rat).Mul(new(big.Rat).Mul(big.NewRat(l.UnitPrice, 1), factor), big.NewRat(int64(l.Quantity), 1))) != l.LinePriceWithTax {
		gross = fromGross
	}
	total = gross
	if l.Quantity > 0 && l.LinePriceWithTax != 0 { // the discount on what is left tells that on the whole
		total = round(new(big.Rat).Mul(big.NewRat(l.ProratedLinePriceWithTax, l.LinePriceWithTax), big.NewRat(gross, 1)))
	}
	net = total
	if factor.Sign() > 0 {
		net = round(new(big.Rat).Quo(big.NewRat(total, 1), factor))
	}
	return gross, net, total
}

// round rounds to a whole number, half away from zero.
func round(r *big.Rat) int64 {
	twice := new(big.Int).Mul(r.Num(), big.NewInt(2))
	if r.Sign() < 0 {
		twice.Sub(twice, r.Denom())
	} else {
		twice.Add(twice, r.Denom())
	}
	return twice.Quo(twice, new(big.Int).Mul(r.Denom(), big.NewInt(2))).Int64()
}

// totals fills in what the customer agreed to pay. Vendure's totals fall when lines or the shipping are cancelled;
// then the lines are counted as they were ordered and the shipping as it was chosen, and what the customer paid or
// promised settles what remains unclear (a discount on the whole order vanishes with its lines).
func (n normalizer) totals(o *order.Order) {
	v := n.v
	var gross, surcharges, tax, restored int64
	for i := range v.Lines {
		l := &v.Lines[i]
		ordered := max(l.Quantity, l.OrderPlacedQuantity)
		g, net, total := n.linePrices(l, ordered)
		gross += g
		tax += total - net
		if l.Quantity < ordered {
			restored += total - l.ProratedLinePriceWithTax
		}
	}
	for _, s := range v.Surcharges {
		surcharges += s.PriceWithTax
		o.Adjustments = append(o.Adjustments, order.Adjustment{Title: clean(s.Description), Amount: n.money(s.PriceWithTax)})
	}
	shipping := v.ShippingWithTax
	for _, l := range v.ShippingLines {
		for _, d := range l.Discounts {
			if d.AdjustmentSource == "CANCEL_ORDER" {
				shipping -= d.AmountWithTax
				restored -= d.AmountWithTax
			}
		}
	}
	total := v.TotalWithTax + restored
	if promised := n.promised(); restored != 0 && promised > 0 && promised <= total+int64(len(v.Lines)) {
		total = promised // a cent a line may have been lost to rounding
	}
	discount := gross + surcharges + shipping - total
	if restored == 0 {
		// Vendure's own parts, so that a total that does not fit them shows.
		discount = gross + surcharges - v.SubTotalWithTax
		tax = v.TotalWithTax - v.Total
	}
	o.Subtotal, o.Discount, o.ShippingCost = n.money(gross), n.money(discount), n.money(shipping)
	o.Tax, o.Total = n.money(tax), n.money(total)
}

// promised is what the customer has paid or agreed to pay; payments that came to nothing do not count, unless there
// is nothing else (a cancelled order's payment may be cancelled as well).
func (n normalizer) promised() int64 {
	var good, cancelled int64
	for _, p := range n.v.Payments {
		switch p.State {
		case "Settled", "Authorized":
			good += p.Amount
		case "Cancelled":
			cancelled += p.Amount
		}
	}
	return cmp.Or(good, cancelled)
}

// payments copies the payments and refunds and adds up those that have been settled.
func (n normalizer) payments(o *order.Order) {
	var paid, refunded int64
	payments := slices.Clone(n.v.Payments)
	slices.SortStableFunc(payments, func(a, b admin.OrderFieldsPaymentsPayment) int { return compareIDs(a.Id, b.Id) })
	for _, p := range payments {
		method := clean(p.Method)
		o.Payments = append(o.Payments, order.Payment{
			ExternalID: p.Id, At: instant(p.CreatedAt), Method: method, State: clean(p.State), Amount: n.money(p.Amount),
			Settled: p.State == "Settled", Reference: cleanPtr(p.TransactionId), Error: cleanPtr(p.ErrorMessage),
		})
		o.PaymentMethod = join(o.PaymentMethod, method)
		o.CashOnDelivery = o.CashOnDelivery || cashOnDelivery(method)
		if p.State == "Settled" {
			paid += p.Amount
		}
		refunds := slices.Clone(p.Refunds)
		slices.SortStableFunc(refunds, func(a, b admin.OrderFieldsPaymentsPaymentRefundsRefund) int { return compareIDs(a.Id, b.Id) })
		for _, r := range refunds {
			o.Refunds = append(o.Refunds, order.Refund{
				ExternalID: r.Id, At: instant(r.CreatedAt), State: clean(r.State), Amount: n.money(r.Total),
				Settled: r.State == "Settled", Reason: unmarked(cleanPtr(r.Reason)), Reference: cleanPtr(r.TransactionId),
			})
			if r.State == "Settled" {
				refunded += r.Total
			}
		}
	}
	o.Paid, o.Refunded = n.money(paid), n.money(refunded)
}

func cashOnDelivery(method string) bool {
	m := strings.ToLower(method)
	return m == "cod" || strings.HasPrefix(m, "cod-") || strings.Contains(strings.NewReplacer("_", "-", " ", "-").Replace(m), "cash-on-delivery")
}

// paid says how far the customer has paid.
func (n normalizer) paid(o *order.Order) order.CustomerPayment {
	var authorized, failed, cancelled, other bool
	for _, p := range n.v.Payments {
		switch p.State {
		case "Settled":
		case "Authorized":
			authorized = true
		case "Declined", "Error":
			failed = true
		case "Cancelled":
			cancelled = true
		case "Created":
		default:
			other = true
		}
	}
	paid, refunded, total := o.Paid.Minor, o.Refunded.Minor, o.Total.Minor
	switch {
	case n.v.State == "Draft":
		return order.PaymentDraft
	case refunded > 0 && refunded >= paid:
		return order.PaymentRefunded
	case refunded > 0:
		return order.PaymentPartiallyRefunded
	case paid > 0 && paid > total:
		return order.PaymentOverpaid
	case paid > 0 && paid == total:
		return order.PaymentPaid
	case paid > 0:
		return order.PaymentPartiallyPaid
	case authorized:
		return order.PaymentAuthorized
	case afterPayment[n.v.State] && (total == 0 || other): // nothing to pay, or paid in a state of the shop's own
		return order.PaymentPaid
	case o.Lifecycle == order.LifecycleCancelled, cancelled && !failed:
		return order.PaymentVoided
	case failed:
		return order.PaymentFailed
	}
	return order.PaymentPending
}

// refundState says how far the refunds to the customer are. A refund that waits to be sent by hand is what needs a
// person, so it comes before what is settled.
func refundState(o *order.Order) order.CaseState {
	var settled, pending, failed bool
	for _, r := range o.Refunds {
		switch {
		case r.Settled:
			settled = true
		case r.State == "Failed":
			failed = true
		default:
			pending = true
		}
	}
	switch {
	case pending:
		return order.CaseApproved
	case settled && o.Refunded.Minor >= o.Paid.Minor:
		return order.CasePaid
	case settled:
		return order.CasePaidPartial
	case failed:
		return order.CaseRejected
	}
	return order.CaseNone
}
