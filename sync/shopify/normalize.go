package shopify

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/sync/shopify/admin"
)

// fields is an order as it comes: its head, and the connections that a bulk operation tells apart.
type fields struct {
	admin.OrderHead
	LineItems admin.Lines    `json:"lineItems"`
	Parcels   []admin.Parcel `json:"parcels"` // what is in the fulfilments; nil = not known
}

// normalize says an order of Shopify in Orderdeck's words. It is pure: the same answer gives the same order. Amounts are in
// the store's currency, as all that the merchant reckons in; what the customer saw in another is noted.
func normalize(v *fields, s *shop) order.Order {
	n := normalizer{v: v, currency: cmp.Or(clean(v.CurrencyCode), s.currency)}
	o := order.Order{
		ExternalID: clean(v.LegacyResourceId), Number: strings.TrimPrefix(clean(v.Name), "#"), Currency: n.currency,
		Lifecycle: order.LifecycleOpen, Refund: order.CaseNone, Resend: order.ResendNone, Archived: v.Closed, Test: v.Test,
		CreatedAt: cmp.Or(instant(v.ProcessedAt), instant(v.CreatedAt)), UpdatedAt: instant(v.UpdatedAt),
		TaxIncluded: v.TaxesIncluded, CustomerNote: note(v.Note), Source: source(deref(v.SourceName)),
		PaymentMethod: clean(strings.Join(v.PaymentGatewayNames, ", ")),
		AdminURL:      "https://" + s.domain + "/admin/orders/" + clean(v.LegacyResourceId),
	}
	if o.Number == "" {
		o.Number = o.ExternalID
	}
	o.RawStatus = strings.Trim(clean(deref(v.DisplayFinancialStatus))+", "+clean(v.DisplayFulfillmentStatus), ", ")
	if v.ReturnStatus != "" && v.ReturnStatus != "NO_RETURN" {
		o.RawStatus += ", " + clean(v.ReturnStatus)
	}
	if v.CancelledAt != nil {
		o.Lifecycle, o.CancelReason = order.LifecycleCancelled, strings.ToLower(clean(deref(v.CancelReason)))
	}
	if l := v.ShippingLine; l != nil {
		o.ShippingMethod = clean(l.Title)
	}
	for _, t := range v.Tags {
		o.Tags = append(o.Tags, clean(t))
	}
	for _, c := range v.DiscountCodes {
		o.DiscountCodes = append(o.DiscountCodes, clean(c))
	}
	o.CashOnDelivery = slices.ContainsFunc(v.PaymentGatewayNames, func(g string) bool {
		return strings.Contains(strings.ToLower(g), "cash on delivery") || strings.EqualFold(g, "cash_on_delivery")
	})
	n.people(&o)
	n.lines(&o)
	n.totals(&o)
	n.payments(&o)
	n.states(&o)
	n.notes(&o)
	return o
}

type normalizer struct {
	v        *fields
	currency string
}

func clean(s string) string { return text.Limit(text.Clean(s), 1000) }

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func note(s *string) string { return text.Limit(text.CleanLines(deref(s)), 10_000) }

// instant reads a date of the API; what cannot be read is the zero time.
func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// link lets only addresses through that a browser may be given.
func link(s string) string {
	if s = clean(s); strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") {
		return s
	}
	return ""
}

// source says where an order came from. Orders that were drafts are kept apart.
func source(s string) string {
	switch s = clean(s); s {
	case "shopify_draft_order":
		return "draft"
	case "":
		return "web"
	}
	return s
}

func (n normalizer) money(amount string) order.Money {
	m, err := order.ParseMoney(amount, n.currency)
	if err != nil {
		return order.New(0, n.currency)
	}
	return m
}

func (n normalizer) shop(s *admin.Shop) order.Money {
	if s == nil {
		return order.New(0, n.currency)
	}
	return n.money(s.ShopMoney.Amount)
}

func postal(a *admin.Address) order.Address {
	if a == nil {
		return order.Address{}
	}
	return order.Address{
		Name: clean(deref(a.Name)), Company: clean(deref(a.Company)), Line1: clean(deref(a.Address1)), Line2: clean(deref(a.Address2)),
		City: clean(deref(a.City)), Province: clean(deref(a.Province)), PostalCode: clean(deref(a.Zip)),
		Country: strings.ToUpper(clean(deref(a.CountryCodeV2))), CountryName: clean(deref(a.Country)), Phone: clean(deref(a.Phone)),
	}
}

// people reads who bought. The customer is null for guests, at the till, and where the key may not see it.
func (n normalizer) people(o *order.Order) {
	v := n.v
	o.Shipping, o.Billing = postal(v.ShippingAddress), postal(v.BillingAddress)
	o.Customer = order.Customer{
		Name: cmp.Or(o.Shipping.Name, o.Billing.Name), Email: clean(deref(v.Email)), Phone: clean(deref(v.Phone)),
		Locale: clean(deref(v.CustomerLocale)), Company: cmp.Or(o.Billing.Company, o.Shipping.Company),
	}
	if c := v.Customer; c != nil {
		o.Customer.ExternalID = number(c.Id)
		o.Customer.Name = cmp.Or(clean(c.DisplayName), o.Customer.Name)
		if e := c.DefaultEmailAddress; e != nil {
			o.Customer.Email = cmp.Or(o.Customer.Email, clean(e.EmailAddress))
		}
		if t := c.DefaultPhoneNumber; t != nil {
			o.Customer.Phone = cmp.Or(o.Customer.Phone, clean(t.PhoneNumber))
		}
	}
	o.Customer.Phone = cmp.Or(o.Customer.Phone, o.Shipping.Phone, o.Billing.Phone)
}

// number is the number at the end of a global id ("gid://shopify/Order/1?x=y").
func number(gid string) string {
	gid, _, _ = strings.Cut(gid, "?")
	return clean(gid[strings.LastIndexByte(gid, '/')+1:])
}

// lines reads the lines as they were ordered. Shopify counts what was taken out of an order and what was refunded together;
// of an order that was edited or cancelled and never refunded it is the former.
func (n normalizer) lines(o *order.Order) {
	for i := range n.v.LineItems.Nodes {
		v := &n.v.LineItems.Nodes[i]
		l := order.Line{
			ExternalID: number(v.Id), SKU: clean(deref(v.Sku)), Title: cmp.Or(clean(v.Title), clean(v.Name)), Variant: clean(deref(v.VariantTitle)),
			Quantity: order.Units(int64(max(0, v.Quantity))), UnitPrice: n.shop(&v.OriginalUnitPriceSet), Digital: !v.RequiresShipping,
		}
		if v.Variant != nil {
			l.ProductID = number(v.Variant.Id)
		} else if v.Product != nil {
			l.ProductID = number(v.Product.Id)
		}
		if v.Image != nil {
			l.ImageURL = link(v.Image.Url)
		}
		if gone := order.Units(int64(max(0, v.Quantity-v.CurrentQuantity))); len(n.v.Refunds) == 0 {
			l.Cancelled = gone
		} else {
			l.Refunded = gone
		}
		l.Fulfilled = order.Units(int64(max(0, v.Quantity-v.UnfulfilledQuantity-v.NonFulfillableQuantity)))
		l.Discount, l.Tax, l.Total = order.New(0, n.currency), order.New(0, n.currency), n.shop(&v.DiscountedTotalSet)
		if gross, err := l.UnitPrice.Times(l.Quantity); err == nil {
			if off, err := gross.Sub(l.Total); err == nil && off.Minor > 0 {
				l.Discount = off
			}
			l.Total = gross
			if rest, err := gross.Sub(l.Discount); err == nil {
				l.Total = rest
			}
		}
		for _, t := range v.TaxLines {
			if sum, err := l.Tax.Add(n.shop(&t.PriceSet)); err == nil {
				l.Tax = sum
			}
		}
		o.Lines = append(o.Lines, l)
	}
}

// totals reads what the order came to when it was placed. Shopify's subtotal has the discounts taken off already, and how
// the rest is split between goods and shipping is not said alike everywhere: the discount is what the parts before it are
// more than the total.
func (n normalizer) totals(o *order.Order) {
	v := n.v
	o.Total, o.Tax = n.money(v.TotalPriceSet.ShopMoney.Amount), n.shop(v.TotalTaxSet)
	o.ShippingCost, o.Discount = n.shop(&v.TotalShippingPriceSet), order.New(0, n.currency)
	o.Paid, o.Refunded = n.shop(&v.TotalReceivedSet), n.shop(&v.TotalRefundedSet)
	o.Subtotal = order.New(0, n.currency)
	for i := range o.Lines {
		gross, err := o.Lines[i].Total.Add(o.Lines[i].Discount)
		if err == nil {
			gross, err = o.Subtotal.Add(gross)
		}
		if err == nil {
			o.Subtotal = gross
		}
	}
	if n.v.LineItems.PageInfo.HasNextPage || len(o.Lines) == 0 {
		o.Subtotal = n.shop(v.SubtotalPriceSet)
	}
	for _, a := range []struct {
		title string
		set   *admin.Shop
	}{{"Tip", &v.TotalTipReceivedSet}, {"Duties", v.OriginalTotalDutiesSet}, {"Additional fees", v.OriginalTotalAdditionalFeesSet}} {
		if m := n.shop(a.set); !m.IsZero() {
			o.Adjustments = append(o.Adjustments, order.Adjustment{Title: a.title, Amount: m})
		}
	}
	sum, err := o.Subtotal.Add(o.ShippingCost)
	if err == nil && !o.TaxIncluded {
		sum, err = sum.Add(o.Tax)
	}
	for _, a := range o.Adjustments {
		if err == nil {
			sum, err = sum.Add(a.Amount)
		}
	}
	if err == nil {
		if off, err := sum.Sub(o.Total); err == nil && off.Minor > 0 {
			o.Discount = off
		}
	}
}

// payments reads transactions and refunds.
func (n normalizer) payments(o *order.Order) {
	for i := range n.v.Transactions {
		t := &n.v.Transactions[i]
		if t.Kind == "REFUND" || t.Kind == "SUGGESTED_REFUND" || t.Kind == "CHANGE" {
			continue
		}
		o.Payments = append(o.Payments, order.Payment{
			ExternalID: number(t.Id), At: cmp.Or(instant(deref(t.ProcessedAt)), instant(t.CreatedAt)),
			Method: clean(cmp.Or(deref(t.FormattedGateway), deref(t.Gateway))), State: strings.ToLower(clean(t.Kind + " " + t.Status)),
			Amount: n.money(t.AmountSet.ShopMoney.Amount), Settled: t.Status == "SUCCESS" && (t.Kind == "SALE" || t.Kind == "CAPTURE"),
			Error: strings.ToLower(clean(deref(t.ErrorCode))),
		})
	}
	for i := range n.v.Refunds {
		r := &n.v.Refunds[i]
		o.Refunds = append(o.Refunds, order.Refund{
			ExternalID: number(r.Id), At: cmp.Or(instant(deref(r.CreatedAt)), instant(r.ProcessedAt)), State: "refunded",
			Amount: n.shop(&r.TotalRefundedSet), Settled: true, Reason: clean(deref(r.Note)),
		})
	}
}

// financial are the values of displayFinancialStatus.
var financial = map[string]order.CustomerPayment{
	"AUTHORIZED": order.PaymentAuthorized, "EXPIRED": order.PaymentExpired, "PAID": order.PaymentPaid, "PARTIALLY_PAID": order.PaymentPartiallyPaid,
	"PARTIALLY_REFUNDED": order.PaymentPartiallyRefunded, "PENDING": order.PaymentPending, "REFUNDED": order.PaymentRefunded, "VOIDED": order.PaymentVoided,
}

// fulfilments are the values of displayFulfillmentStatus.
var fulfilments = map[string]order.Fulfilment{
	"UNFULFILLED": order.Unfulfilled, "OPEN": order.Unfulfilled, "RESTOCKED": order.Unfulfilled, "REQUEST_DECLINED": order.Unfulfilled,
	"SCHEDULED": order.FulfilmentScheduled, "ON_HOLD": order.FulfilmentOnHold, "PENDING_FULFILLMENT": order.FulfilmentRequested,
	"IN_PROGRESS": order.FulfilmentInProgress, "PARTIALLY_FULFILLED": order.FulfilmentPartial, "FULFILLED": order.Fulfilled,
	"FULFILLMENT_NOT_REQUIRED": order.Fulfilled, // there is nothing to send
}

// returns are the values of returnStatus.
var returns = map[string]bool{
	"": true, "NO_RETURN": true, "INSPECTION_COMPLETE": true, "IN_PROGRESS": true, "RETURNED": true, "RETURN_FAILED": true, "RETURN_REQUESTED": true,
}

func (n normalizer) states(o *order.Order) {
	v := n.v
	var ok bool
	switch status := deref(v.DisplayFinancialStatus); {
	case status != "":
		if o.CustomerPayment, ok = financial[status]; !ok {
			o.CustomerPayment, o.UnknownStatus = order.PaymentPending, true
		}
	case v.FullyPaid: // the status may be null
		o.CustomerPayment = order.PaymentPaid
	default:
		o.CustomerPayment = order.PaymentPending
	}
	if o.Fulfilment, ok = fulfilments[v.DisplayFulfillmentStatus]; !ok {
		o.Fulfilment, o.UnknownStatus = order.Unfulfilled, true
	}
	o.UnknownStatus = o.UnknownStatus || !returns[v.ReturnStatus]
	n.shipments(o)
	switch v.ReturnStatus {
	case "RETURN_REQUESTED":
		o.Refund = order.CaseRequested
	case "IN_PROGRESS", "INSPECTION_COMPLETE":
		o.Refund = order.CaseApproved
	case "RETURNED":
		o.Fulfilment = order.FulfilmentReturned
	}
	switch {
	case o.CustomerPayment == order.PaymentRefunded:
		o.Refund = order.CasePaid
	case !o.Refunded.IsZero():
		o.Refund = order.CasePaidPartial
	}
}

// shipments reads the fulfilments. One with several numbers is several parcels to a carrier, and one here, with the first.
func (n normalizer) shipments(o *order.Order) {
	inside := map[string][]order.ShipmentLine{}
	for i := range n.v.Parcels {
		p := &n.v.Parcels[i]
		for _, l := range p.FulfillmentLineItems.Nodes {
			if l.Quantity != nil && *l.Quantity > 0 {
				inside[p.Id] = append(inside[p.Id], order.ShipmentLine{LineID: number(l.LineItem.Id), Quantity: order.Units(int64(*l.Quantity))})
			}
		}
	}
	live, delivered := 0, 0
	for i := range n.v.Fulfillments {
		f := &n.v.Fulfillments[i]
		sh := order.Shipment{
			ExternalID: number(f.Id), At: instant(f.CreatedAt), State: strings.ToLower(clean(cmp.Or(deref(f.DisplayStatus), f.Status))), Lines: inside[f.Id],
			Live: f.Status != "CANCELLED" && f.Status != "ERROR" && f.Status != "FAILURE",
		}
		sh.Shipped = sh.Live && f.Status == "SUCCESS"
		sh.Delivered = sh.Live && (f.DeliveredAt != nil || deref(f.DisplayStatus) == "DELIVERED" || deref(f.DisplayStatus) == "PICKED_UP")
		if len(f.TrackingInfo) > 0 {
			t := f.TrackingInfo[0]
			sh.Carrier, sh.Tracking, sh.URL = clean(deref(t.Company)), clean(deref(t.Number)), link(deref(t.Url))
		}
		if sh.Live {
			live++
			if sh.Delivered {
				delivered++
			}
		}
		o.Fulfilments = append(o.Fulfilments, sh)
	}
	if o.Fulfilment == order.Fulfilled && live > 0 && delivered == live {
		o.Fulfilment = order.FulfilmentDelivered
	}
}

// notes keeps what has no place of its own.
func (n normalizer) notes(o *order.Order) {
	add := func(kind, what string) {
		o.Notes = append(o.Notes, order.Note{At: o.CreatedAt, Kind: kind, Text: what})
	}
	both := n.v.TotalPriceSet
	if c := clean(both.PresentmentMoney.CurrencyCode); c != "" && c != n.currency {
		if m, err := order.ParseMoney(both.PresentmentMoney.Amount, c); err == nil {
			add("presentment", "The customer saw "+m.String())
		}
	}
	if po := clean(deref(n.v.PoNumber)); po != "" {
		add("field", "PO number: "+po)
	}
	for _, a := range n.v.CustomAttributes {
		if value := clean(deref(a.Value)); value != "" {
			add("field", clean(a.Key)+": "+value)
		}
	}
	for i := range n.v.Fulfillments {
		f := &n.v.Fulfillments[i]
		for _, t := range f.TrackingInfo[min(1, len(f.TrackingInfo)):] {
			if num := clean(deref(t.Number)); num != "" {
				add("tracking", strings.TrimSpace(clean(deref(t.Company))+" "+num))
			}
		}
	}
}
