package vendure

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/sync/vendure/admin"
)

// stockStates are the order states of stock Vendure. Shops add their own.
var stockStates = map[string]bool{
	"Created": true, "Draft": true, "AddingItems": true, "ArrangingPayment": true, "PaymentAuthorized": true,
	"PaymentSettled": true, "PartiallyShipped": true, "Shipped": true, "PartiallyDelivered": true, "Delivered": true,
	"Modifying": true, "ArrangingAdditionalPayment": true, "Cancelled": true,
}

// afterPayment are the stock states that an order only reaches when it is paid for.
var afterPayment = map[string]bool{
	"PaymentSettled": true, "PartiallyShipped": true, "Shipped": true, "PartiallyDelivered": true, "Delivered": true,
}

// normalize says an order of Vendure in Orderdeck's words. It is pure: the same answer gives the same order.
//
// Vendure has no payment status and no "refunded": both follow from the payments and refunds. A state that the shop
// has added to its order process is kept as it is and needs no special care, since nothing but Cancelled and Draft is
// read from the state alone; one that is not even in that process is marked.
func normalize(v *admin.OrderFields, s *shop) order.Order {
	n := normalizer{v: v, shop: s, currency: cmp.Or(clean(v.CurrencyCode), s.currency)}
	o := order.Order{
		ExternalID: v.Id, Number: clean(v.Code), Currency: n.currency,
		RawStatus: clean(v.State), UnknownStatus: !stockStates[v.State] && !s.states[v.State],
		Lifecycle: order.LifecycleOpen, Resend: order.ResendNone,
		TaxIncluded: true,
		Source:      n.source(),
		Fingerprint: fingerprint(glance(v)),
	}
	o.CreatedAt = cmp.Or(optional(v.OrderPlacedAt), instant(v.CreatedAt))
	o.UpdatedAt = n.lastChange(o.CreatedAt)
	if v.State == "Cancelled" {
		o.Lifecycle = order.LifecycleCancelled
	}
	o.Shipping, o.Billing = address(v.ShippingAddress), address(v.BillingAddress)
	o.Customer = n.customer(o.Shipping, o.Billing)
	for _, code := range v.CouponCodes {
		o.DiscountCodes = append(o.DiscountCodes, clean(code))
	}
	for _, l := range v.ShippingLines {
		o.ShippingMethod = join(o.ShippingMethod, clean(l.ShippingMethod.Name))
	}
	o.Lines = n.lines()
	n.payments(&o)
	n.shipments(&o)
	n.totals(&o)
	o.CustomerPayment, o.Refund = n.paid(&o), refundState(&o)
	n.history(&o)
	return o
}

type normalizer struct {
	v        *admin.OrderFields
	shop     *shop
	currency string
}

func (n normalizer) money(minor int64) order.Money {
	return order.FromScaled(minor, n.shop.precision, n.currency)
}

func clean(s string) string { return text.Limit(text.Clean(s), 1000) }

func cleanPtr(s *string) string {
	if s == nil {
		return ""
	}
	return clean(*s)
}

func join(list, next string) string {
	if list == "" || next == "" || list == next || strings.HasSuffix(list, ", "+next) {
		return cmp.Or(list, next)
	}
	return list + ", " + next
}

func address(a *admin.Address) order.Address {
	if a == nil {
		return order.Address{}
	}
	return order.Address{
		Name: cleanPtr(a.FullName), Company: cleanPtr(a.Company), Line1: cleanPtr(a.StreetLine1), Line2: cleanPtr(a.StreetLine2),
		City: cleanPtr(a.City), Province: cleanPtr(a.Province), PostalCode: cleanPtr(a.PostalCode),
		Country: strings.ToUpper(cleanPtr(a.CountryCode)), CountryName: cleanPtr(a.Country), Phone: cleanPtr(a.PhoneNumber),
	}
}

func (n normalizer) customer(ship, bill order.Address) order.Customer {
	out := order.Customer{Name: cmp.Or(ship.Name, bill.Name), Phone: cmp.Or(ship.Phone, bill.Phone), Company: cmp.Or(bill.Company, ship.Company)}
	if c := n.v.Customer; c != nil {
		out.ExternalID, out.Email = c.Id, clean(c.EmailAddress)
		out.Name = cmp.Or(strings.TrimSpace(clean(c.FirstName)+" "+clean(c.LastName)), out.Name)
		out.Phone = cmp.Or(cleanPtr(c.PhoneNumber), out.Phone)
	}
	return out
}

// lastChange is the newest of all the dates of an order, since its own updatedAt stays behind.
func (n normalizer) lastChange(created time.Time) time.Time {
	last := created
	see := func(stamp string) {
		if t := instant(stamp); t.After(last) {
			last = t
		}
	}
	see(n.v.UpdatedAt)
	for _, p := range n.v.Payments {
		see(p.UpdatedAt)
		for _, r := range p.Refunds {
			see(r.UpdatedAt)
		}
	}
	for _, f := range n.v.Fulfillments {
		see(f.UpdatedAt)
	}
	for _, h := range n.v.History.Items {
		see(h.CreatedAt)
	}
	return last
}

// source tells drafts that the merchant made from orders of the shop, and the orders of a marketplace apart.
func (n normalizer) source() string {
	if t := clean(n.v.Type); t != "" && t != "Regular" {
		return strings.ToLower(t)
	}
	for _, h := range n.v.History.Items {
		var d historyData
		if h.Type == "ORDER_STATE_TRANSITION" && json.Unmarshal(h.Data, &d) == nil && d.To == "Draft" {
			return "draft"
		}
	}
	return "web"
}

// lines are the lines as they were ordered. Cancelling takes from a line's quantity; orderPlacedQuantity stays. A
// draft has not been placed, and a line that was added to later has more than was placed.
func (n normalizer) lines() []order.Line {
	refunded := map[string]int{}
	for _, p := range n.v.Payments {
		for _, r := range p.Refunds {
			if r.State == "Failed" {
				continue
			}
			for _, l := range r.Lines {
				refunded[l.OrderLineId] += l.Quantity
			}
		}
	}
	out := make([]order.Line, 0, len(n.v.Lines))
	for i := range n.v.Lines {
		l := &n.v.Lines[i]
		ordered := max(l.Quantity, l.OrderPlacedQuantity)
		if ordered == 0 {
			continue // taken out again before it was placed
		}
		cancelled := ordered - l.Quantity
		line := order.Line{
			ExternalID: l.Id, ProductID: l.ProductVariant.Id, SKU: clean(l.ProductVariant.Sku), Title: clean(l.ProductVariant.Name),
			Quantity: order.Units(int64(ordered)), Cancelled: order.Units(int64(cancelled)),
			Refunded:  order.Units(int64(max(0, min(refunded[l.Id], ordered)-cancelled))),
			UnitPrice: n.money(l.UnitPriceWithTax),
		}
		if l.FeaturedAsset != nil && (strings.HasPrefix(l.FeaturedAsset.Preview, "https://") || strings.HasPrefix(l.FeaturedAsset.Preview, "http://")) {
			line.ImageURL = clean(l.FeaturedAsset.Preview)
		}
		gross, net, total := n.linePrices(l, ordered)
		line.Total, line.Discount, line.Tax = n.money(total), n.money(gross-total), n.money(total-net)
		out = append(out, line)
	}
	return out
}

// shipments turns fulfilments into parcels, counts what of each line has been sent, and says how far the order is.
func (n normalizer) shipments(o *order.Order) {
	at := map[string]int{}
	for i, l := range o.Lines {
		at[l.ExternalID] = i
	}
	fulfilments := slices.Clone(n.v.Fulfillments)
	slices.SortStableFunc(fulfilments, func(a, b admin.OrderFieldsFulfillmentsFulfillment) int { return compareIDs(a.Id, b.Id) })
	delivered := make([]order.Quantity, len(o.Lines))
	preparing := false
	for _, f := range fulfilments {
		sh := order.Shipment{
			ExternalID: f.Id, At: instant(f.CreatedAt), State: clean(f.State), Live: f.State != "Cancelled",
			Delivered: f.State == "Delivered", Carrier: clean(f.Method), Tracking: cleanPtr(f.TrackingCode),
		}
		sh.Shipped = sh.Delivered || f.State == "Shipped"
		preparing = preparing || sh.Live && !sh.Shipped
		for _, l := range f.Lines {
			q := order.Units(int64(l.Quantity))
			sh.Lines = append(sh.Lines, order.ShipmentLine{LineID: l.OrderLineId, Quantity: q})
			i, ok := at[l.OrderLineId]
			if !ok || !sh.Shipped {
				continue
			}
			o.Lines[i].Fulfilled += q
			if sh.Delivered {
				delivered[i] += q
			}
		}
		o.Fulfilments = append(o.Fulfilments, sh)
	}
	o.Fulfilment = fulfilment(o.Lines, delivered, preparing)
}

// fulfilment compares what was sent with what is still to be sent: neither cancelled nor refunded before.
func fulfilment(lines []order.Line, delivered []order.Quantity, preparing bool) order.Fulfilment {
	anySent, allSent, allDelivered := false, len(lines) > 0, len(lines) > 0
	for i, l := range lines {
		anySent = anySent || l.Fulfilled > 0
		// Once sent, a piece is sent, even when it was refunded or cancelled afterwards.
		allSent = allSent && l.Fulfilled >= l.Open()
		allDelivered = allDelivered && delivered[i] >= max(l.Open(), l.Fulfilled)
	}
	switch {
	case anySent && allDelivered && allSent:
		return order.FulfilmentDelivered
	case anySent && allSent:
		return order.Fulfilled
	case anySent:
		return order.FulfilmentPartial
	case preparing:
		return order.FulfilmentInProgress
	}
	return order.Unfulfilled
}

// historyData is what the entries of an order's history may carry.
type historyData struct {
	Note   string `json:"note"`
	From   string `json:"from"`
	To     string `json:"to"`
	Reason string `json:"reason"`
	Coupon string `json:"couponCode"`
}

// history reads notes, events and the reason for a cancellation.
func (n normalizer) history(o *order.Order) {
	items := slices.Clone(n.v.History.Items)
	slices.SortStableFunc(items, func(a, b admin.OrderFieldsHistoryHistoryEntryListItemsHistoryEntry) int {
		return cmp.Or(instant(a.CreatedAt).Compare(instant(b.CreatedAt)), compareIDs(a.Id, b.Id))
	})
	for _, h := range items {
		var d historyData
		_ = json.Unmarshal(h.Data, &d) // what a plugin puts there is its own affair
		d.Reason = unmarked(d.Reason)
		entry := order.Note{At: instant(h.CreatedAt), Kind: strings.ToLower(clean(h.Type)), Public: h.IsPublic}
		if h.Administrator != nil {
			entry.Author = strings.TrimSpace(clean(h.Administrator.FirstName) + " " + clean(h.Administrator.LastName))
		}
		switch {
		case h.Type == "ORDER_NOTE":
			entry.Kind, entry.Text = "note", text.Limit(unmarked(text.CleanLines(d.Note)), 10_000)
		case d.To != "":
			entry.Text = clean(d.From) + " → " + clean(d.To)
			if d.Reason != "" {
				entry.Text += ": " + clean(d.Reason)
			}
		default:
			entry.Text = clean(cmp.Or(d.Reason, d.Coupon))
		}
		if h.Type == "ORDER_CANCELLATION" && d.Reason != "" {
			o.CancelReason = clean(d.Reason)
		}
		o.Notes = append(o.Notes, entry)
	}
}
