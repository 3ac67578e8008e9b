package export

import (
	"errors"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// ShopifyHeader is the header of Shopify's order export, in its order
// (https://help.shopify.com/en/manual/orders/exporting-orders).
var ShopifyHeader = strings.Split("Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,"+
	"Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,"+
	"Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,"+
	"Lineitem fulfillment status,Billing Name,Billing Street,Billing Address1,Billing Address2,Billing Company,Billing City,"+
	"Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,Shipping Street,Shipping Address1,"+
	"Shipping Address2,Shipping Company,Shipping City,Shipping Zip,Shipping Province,Shipping Country,Shipping Phone,Notes,"+
	"Note Attributes,Cancelled at,Payment Method,Payment Reference,Refunded Amount,Vendor,Outstanding Balance,Employee,"+
	"Location,Device ID,Id,Tags,Risk Level,Source,Lineitem discount,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,"+
	"Tax 3 Name,Tax 3 Value,Tax 4 Name,Tax 4 Value,Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,Billing Province Name,"+
	"Shipping Province Name,Payment ID,Payment Terms Name,Next Payment Due At,Payment References", ",")

// shopify writes one row a line item. The first row of an order has everything; the others repeat what tells which
// order they belong to, and are empty where the first has what concerns the order as a whole.
func (x *run) shopify() error {
	if len(x.r.Columns) > 0 {
		return refuse("the profile shopify has exactly Shopify's %d columns; leave the choice of columns out, or use the profile orders or lines", len(ShopifyHeader))
	}
	if x.r.Format.Dates == DatesISO {
		x.r.Format.Dates = DatesSpaced
	}
	x.begin(ShopifyHeader)
	return x.finish(x.each(func(r *order.Record) error {
		x.e.shopifyFirst(r)
		err := x.e.row()
		for i := 1; i < len(r.Lines) && err == nil; i++ {
			x.e.shopifyMore(r, i)
			err = x.e.row()
		}
		return errors.Join(err, x.tick(max(1, len(r.Lines))))
	}))
}

// shopifyFirst writes the first row of an order.
func (e *encoder) shopifyFirst(r *order.Record) {
	pay := settled(r)
	e.string("#" + r.Number)
	e.string(r.Customer.Email)
	e.word(financialStatus(r.CustomerPayment))
	if hasPaid(r.CustomerPayment) {
		e.time(pay.At)
	} else {
		e.next()
	}
	e.word(fulfillmentStatus(r.Fulfilment))
	e.time(fulfilledAt(r))
	e.word("no") // Accepts Marketing: no platform has told us that somebody does
	e.string(r.Currency)
	e.subtotal(r)
	e.money(r.ShippingCost)
	e.money(r.Tax)
	e.money(r.Total)
	e.string(strings.Join(r.DiscountCodes, ", "))
	e.money(r.Discount)
	e.string(r.ShippingMethod)
	e.time(r.CreatedAt)
	e.shopifyLine(r, 0)
	e.shopifyAddress(r.Billing)
	e.shopifyAddress(r.Shipping)
	e.string(r.CustomerNote)
	e.skip(1) // Note Attributes
	e.time(cancelledAt(r))
	e.string(r.PaymentMethod)
	e.string(pay.Reference)
	e.money(r.Refunded)
	e.string(supplierOfLine(r, 0)) // Vendor
	e.outstanding(r)
	e.skip(3) // Employee, Location, Device ID
	e.string(r.ExternalID)
	e.string(strings.Join(r.Tags, ", "))
	if r.State.Hold == order.HoldFraud {
		e.word("High")
	} else {
		e.skip(1) // Risk Level: not assessed, which is not the same as low
	}
	e.string(r.Source)
	e.lineDiscount(r, 0)
	if r.Tax.IsZero() {
		e.skip(2)
	} else {
		e.word("Tax")
		e.money(r.Tax)
	}
	e.skip(8) // Tax 2 to Tax 5
	e.string(phone(r))
	e.skip(4) // Receipt Number, Duties, Billing and Shipping Province Name
	e.string(pay.ExternalID)
	e.skip(2) // Payment Terms Name, Next Payment Due At
	e.string(references(r))
}

// subtotal writes what the lines come to once the discount is taken off, which is what Shopify's column holds.
func (e *encoder) subtotal(r *order.Record) {
	if rest, err := r.Subtotal.Sub(r.Discount); err == nil && !r.Discount.IsZero() {
		e.money(rest)
		return
	}
	e.money(r.Subtotal)
}

// shopifyMore writes the row of a further line.
func (e *encoder) shopifyMore(r *order.Record, i int) {
	e.string("#" + r.Number)
	e.string(r.Customer.Email)
	e.skip(13)
	e.time(r.CreatedAt)
	e.shopifyLine(r, i)
	e.skip(26)
	e.string(supplierOfLine(r, i))
	e.skip(8)
	e.lineDiscount(r, i)
	e.skip(19)
}

// shopifyLine writes "Lineitem quantity" to "Lineitem fulfillment status", empty where the order has no line.
func (e *encoder) shopifyLine(r *order.Record, i int) {
	if i >= len(r.Lines) {
		e.skip(8)
		return
	}
	l := &r.Lines[i]
	e.quantity(l.Quantity)
	name := l.Title
	if l.Variant != "" {
		name += " - " + l.Variant
	}
	e.string(name)
	e.money(l.UnitPrice)
	e.skip(1) // compare at price
	e.string(l.SKU)
	e.bool(!l.Digital)
	e.bool(!l.Tax.IsZero())
	switch {
	case l.Fulfilled >= l.Open() && l.Fulfilled > 0:
		e.word("fulfilled")
	case l.Fulfilled > 0:
		e.word("partial")
	default:
		e.word("pending")
	}
}

func (e *encoder) lineDiscount(r *order.Record, i int) {
	if i < len(r.Lines) {
		e.money(r.Lines[i].Discount)
		return
	}
	e.skip(1)
}

// shopifyAddress writes the ten cells of an address, "… Name" to "… Phone".
func (e *encoder) shopifyAddress(a order.Address) {
	street := a.Line1
	if a.Line2 != "" {
		street += ", " + a.Line2
	}
	e.string(a.Name)
	e.string(street)
	e.string(a.Line1)
	e.string(a.Line2)
	e.string(a.Company)
	e.string(a.City)
	e.code(a.PostalCode)
	e.string(a.Province)
	e.string(a.Country)
	e.string(a.Phone)
}

// outstanding writes what the customer still owes.
func (e *encoder) outstanding(r *order.Record) {
	owed, err := r.Total.Sub(r.Paid)
	if err != nil || owed.Minor < 0 || r.Lifecycle == order.LifecycleCancelled || financialStatus(r.CustomerPayment) == "voided" ||
		financialStatus(r.CustomerPayment) == "refunded" {
		owed = order.Money{Currency: r.Currency}
	}
	e.money(owed)
}

// financialStatus is the word that Shopify's export has for a payment: the nearest, where it has fewer.
func financialStatus(p order.CustomerPayment) string {
	switch p {
	case order.PaymentDraft, order.PaymentPending, order.PaymentAwaitingProof, order.PaymentFailed:
		return "pending"
	case order.PaymentOverpaid:
		return "paid"
	case order.PaymentExpired:
		return "voided"
	case order.PaymentChargeback:
		return "refunded"
	case order.PaymentAuthorized, order.PaymentPartiallyPaid, order.PaymentPaid, order.PaymentPartiallyRefunded,
		order.PaymentRefunded, order.PaymentVoided:
		return string(p)
	}
	return "pending"
}

func hasPaid(p order.CustomerPayment) bool {
	switch financialStatus(p) {
	case "paid", "partially_refunded", "refunded":
		return true
	}
	return false
}

// fulfillmentStatus is the word that Shopify's export has for a delivery.
func fulfillmentStatus(f order.Fulfilment) string {
	switch f {
	case order.FulfilmentPartial:
		return "partial"
	case order.Fulfilled, order.FulfilmentDelivered:
		return "fulfilled"
	case order.FulfilmentReturned:
		return "restocked"
	case order.Unfulfilled, order.FulfilmentScheduled, order.FulfilmentOnHold, order.FulfilmentRequested, order.FulfilmentInProgress:
	}
	return "unfulfilled"
}

// fulfilledAt is when the last parcel of a delivered order was sent.
func fulfilledAt(r *order.Record) time.Time {
	var last time.Time
	if fulfillmentStatus(r.Fulfilment) == "fulfilled" {
		for _, s := range r.Fulfilments {
			if s.Live && s.At.After(last) {
				last = s.At
			}
		}
	}
	return last
}

// cancelledAt is when we saw the order become cancelled; of one that was cancelled before we first saw it, when the
// platform last changed it.
func cancelledAt(r *order.Record) time.Time {
	if r.Lifecycle != order.LifecycleCancelled {
		return time.Time{}
	}
	var at time.Time
	for _, j := range r.Journal {
		if j.Field == "lifecycle" && j.After == string(order.LifecycleCancelled) && j.At.After(at) {
			at = j.At
		}
	}
	if at.IsZero() {
		return r.UpdatedAt
	}
	return at
}

// phone is the customer's, or else one that stands in an address.
func phone(r *order.Record) string {
	for _, p := range []string{r.Customer.Phone, r.Shipping.Phone, r.Billing.Phone} {
		if p != "" {
			return p
		}
	}
	return ""
}

// references lists those of every payment that has arrived.
func references(r *order.Record) string {
	var all []string
	for _, p := range r.Payments {
		if p.Settled && p.Reference != "" {
			all = append(all, p.Reference)
		}
	}
	return strings.Join(all, ", ")
}

func supplierOfLine(r *order.Record, i int) string {
	if i >= len(r.Lines) {
		return ""
	}
	return supplierOf(r, i)
}
