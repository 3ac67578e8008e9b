package medusa

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// What entries of the metadata that we wrote are called.
const (
	noteKey  = "orderdeck_note_" // with the key of the note behind it
	draftKey = "orderdeck_key"
)

// customerNote is what shops call what a customer wrote: Medusa has no field for it.
var customerNote = regexp.MustCompile(`(?i)^(customer|client|buyer|order|checkout|delivery|shipping|gift)?_?(notes?|comments?|messages?|instructions?|remarks?)$`)

// normalize says an order of Medusa in Orderdeck's words. It is pure: the same answer gives the same order.
func normalize(v *fields, s *shop) order.Order {
	n := normalizer{v: v, currency: cmp.Or(strings.ToUpper(clean(v.Currency)), s.currency)}
	o := order.Order{
		ExternalID: v.ID, Number: cmp.Or(clean(v.Number.String()), v.ID), Currency: n.currency, CreatedAt: v.CreatedAt.UTC(), UpdatedAt: v.UpdatedAt.UTC(),
		Lifecycle: order.LifecycleOpen, Refund: order.CaseNone, Resend: order.ResendNone, Source: "web",
		RawStatus:   strings.Trim(clean(v.Status)+", "+clean(v.PaymentStatus)+", "+clean(v.Fulfilment), ", "),
		Fingerprint: fingerprint(v), AdminURL: s.admin + "/orders/" + v.ID,
	}
	if c := v.Channel; c != nil {
		o.Source = cmp.Or(clean(c.Name), o.Source)
	}
	o.TaxIncluded = n.taxIncluded()
	n.costs(o.TaxIncluded)
	n.states(&o)
	n.people(&o)
	n.lines(&o)
	n.totals(&o)
	n.payments(&o)
	n.parcels(&o)
	n.metadata(&o)
	return o
}

// fingerprint is what a glance shows: payments move no date of the order, but its word for them.
func fingerprint(v *fields) string {
	return v.Status + "|" + v.PaymentStatus + "|" + v.Fulfilment + "|" + stamp(v.UpdatedAt)
}

type normalizer struct {
	v        *fields
	currency string
	items    []cost // of every line
	methods  []cost // of every way of sending
}

func clean(s string) string { return text.Limit(text.Clean(s), 1000) }

// number reads a decimal, exactly: the text beside a number where there is one.
func number(n json.Number, raw *exact) *big.Rat {
	for _, s := range [...]string{rawText(raw), n.String()} {
		if s == "" || len(s) > 60 {
			continue
		}
		if i := strings.IndexAny(s, "eE"); i >= 0 { // an exponent that nobody needs could take all memory
			if e, err := strconv.Atoi(s[i+1:]); err != nil || e > 18 || e < -24 {
				continue
			}
		}
		if r, ok := new(big.Rat).SetString(s); ok && !strings.Contains(s, "/") {
			return r
		}
	}
	return new(big.Rat)
}

func rawText(raw *exact) string {
	if raw == nil {
		return ""
	}
	return string(raw.Value)
}

// decimal writes an amount with as many decimals as it has, twenty at the most, which is what Medusa keeps.
func decimal(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	return strings.TrimRight(strings.TrimRight(r.FloatString(20), "0"), ".")
}

func (n normalizer) money(r *big.Rat) order.Money {
	if r.Denom().IsInt64() && 10_000%r.Denom().Int64() == 0 && r.Num().IsInt64() { // most are of so few decimals
		unit := int64(1)
		for range order.Exponent(n.currency) {
			unit *= 10
		}
		if num, d := r.Num().Int64(), r.Denom().Int64(); unit%d == 0 && num < 1<<50 && num > -1<<50 {
			return order.New(num*(unit/d), n.currency)
		}
	}
	m, err := order.ParseMoney(decimal(r), n.currency)
	if err != nil {
		return order.New(0, n.currency)
	}
	return m
}

func quantity(n json.Number) order.Quantity {
	q, err := order.ParseQuantity(n.String())
	if err != nil || q < 0 {
		return 0
	}
	return q
}

// states reads the three words for how an order stands.
func (n normalizer) states(o *order.Order) {
	switch n.v.Status {
	case "pending", "completed", "requires_action":
	case "draft":
		o.Source, o.AdminURL = "draft", strings.Replace(o.AdminURL, "/orders/", "/draft-orders/", 1)
	case "archived":
		o.Lifecycle, o.Archived = order.LifecycleArchived, true
	case "canceled":
		o.Lifecycle = order.LifecycleCancelled
	default:
		o.UnknownStatus = true
	}
	switch n.v.PaymentStatus {
	case "not_paid", "awaiting", "requires_action", "partially_authorized":
		o.CustomerPayment = order.PaymentPending
	case "authorized":
		o.CustomerPayment = order.PaymentAuthorized
	case "captured":
		o.CustomerPayment = order.PaymentPaid
	case "partially_captured":
		o.CustomerPayment = order.PaymentPartiallyPaid
	case "partially_refunded":
		o.CustomerPayment = order.PaymentPartiallyRefunded
	case "refunded":
		o.CustomerPayment = order.PaymentRefunded
	case "canceled":
		o.CustomerPayment = order.PaymentVoided
	default:
		o.CustomerPayment, o.UnknownStatus = order.PaymentPending, true
	}
	if n.v.Status == "draft" {
		o.CustomerPayment = order.PaymentDraft
	}
	switch n.v.Fulfilment { // "fulfilled" there is packed; only a shipment has left
	case "not_fulfilled", "canceled":
		o.Fulfilment = order.Unfulfilled
	case "partially_fulfilled", "fulfilled":
		o.Fulfilment = order.FulfilmentInProgress
	case "partially_shipped", "partially_delivered":
		o.Fulfilment = order.FulfilmentPartial
	case "shipped":
		o.Fulfilment = order.Fulfilled
	case "delivered":
		o.Fulfilment = order.FulfilmentDelivered
	default:
		o.Fulfilment, o.UnknownStatus = order.Unfulfilled, true
	}
}

func (n normalizer) people(o *order.Order) {
	o.Shipping, o.Billing = n.v.ShipTo.normal(), n.v.BillTo.normal()
	c := n.v.Customer
	if c == nil {
		c = &customer{}
	}
	o.Customer = order.Customer{
		ExternalID: c.ID, Name: cmp.Or(fullName(c.First, c.Last), o.Shipping.Name, o.Billing.Name), Email: clean(cmp.Or(n.v.Email, c.Email)),
		Phone: cmp.Or(clean(c.Phone), o.Shipping.Phone, o.Billing.Phone), Locale: clean(n.v.Locale), Company: cmp.Or(clean(c.Company), o.Billing.Company),
	}
}

func fullName(first, last string) string { return strings.TrimSpace(clean(first) + " " + clean(last)) }

func (a *address) normal() order.Address {
	if a == nil {
		return order.Address{}
	}
	return order.Address{
		Name: fullName(a.First, a.Last), Company: clean(a.Company), Line1: clean(a.Line1), Line2: clean(a.Line2), City: clean(a.City),
		Province: clean(a.Province), PostalCode: clean(a.Postal), Country: strings.ToUpper(clean(a.Country)), Phone: clean(a.Phone),
	}
}

func (v *fields) items() []lineItem {
	if v.Items == nil {
		return nil
	}
	return *v.Items
}

func (n normalizer) lines(o *order.Order) {
	for i := range n.v.items() {
		v := &(*n.v.Items)[i]
		q := quantity(v.Quantity)
		c := n.items[i]
		l := order.Line{
			ExternalID: v.ID, ProductID: cmp.Or(v.VariantID, v.ProductID), SKU: clean(v.SKU), Title: clean(cmp.Or(v.Product, v.Title, v.SKU, v.ID)),
			Variant: clean(cmp.Or(v.Variant, v.Subtitle)), Quantity: q, UnitPrice: n.money(number(v.Price, v.RawPrice)),
			Discount: n.money(new(big.Rat).Sub(c.before, c.after)), Tax: n.money(c.tax), Total: n.money(c.after),
			Digital: v.Ships != nil && !*v.Ships,
		}
		if l.Variant == l.Title || strings.EqualFold(l.Variant, "default variant") {
			l.Variant = ""
		}
		if strings.HasPrefix(v.Thumbnail, "https://") || strings.HasPrefix(v.Thumbnail, "http://") {
			l.ImageURL = clean(v.Thumbnail)
		}
		if d := v.Detail; d != nil {
			l.Fulfilled = max(quantity(d.Shipped), quantity(d.Delivered))
			l.Refunded = min(q, quantity(d.Returned)+quantity(d.WrittenOff))
		}
		o.Lines = append(o.Lines, l)
		for _, a := range v.Adjustments {
			o.DiscountCodes = appendNew(o.DiscountCodes, clean(a.Code))
		}
	}
	for i := range n.v.Methods {
		m := &n.v.Methods[i]
		for _, a := range m.Adjustments {
			o.DiscountCodes = appendNew(o.DiscountCodes, clean(a.Code))
		}
		if name := clean(m.Name); name != "" {
			o.ShippingMethod = strings.TrimPrefix(o.ShippingMethod+", "+name, ", ")
		}
	}
}

func appendNew(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func (n normalizer) parcels(o *order.Order) {
	all := slices.Clone(n.v.Fulfilments)
	slices.SortStableFunc(all, func(a, b fulfilment) int { return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID)) })
	for i := range all {
		f := &all[i]
		s := order.Shipment{
			ExternalID: f.ID, At: f.CreatedAt.UTC(), State: "packed", Live: f.Canceled == nil, Shipped: f.sent(), Delivered: f.Delivered != nil,
		}
		switch {
		case f.Canceled != nil:
			s.State = "canceled"
		case f.Delivered != nil:
			s.State = "delivered"
		case f.Shipped != nil:
			s.State, s.At = "shipped", f.Shipped.UTC()
		}
		for _, it := range f.Items {
			s.Lines = append(s.Lines, order.ShipmentLine{LineID: it.Line, Quantity: quantity(it.Quantity)})
		}
		for _, l := range f.Labels {
			if s.Tracking == "" {
				s.Tracking = clean(l.Number)
			}
			if u := clean(l.URL); s.URL == "" && (strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://")) {
				s.URL = u
			}
		}
		o.Fulfilments = append(o.Fulfilments, s)
	}
	if n.v.Fulfilment == "partially_delivered" && !slices.ContainsFunc(o.Lines, func(l order.Line) bool { return l.Fulfilled < l.Open() }) {
		o.Fulfilment = order.Fulfilled // all of it has left
	}
}

// metadata reads what shops and we keep there: what the customer wrote, tags, notes, and other things as they are.
func (n normalizer) metadata(o *order.Order) {
	const most = 50
	keys := make([]string, 0, len(n.v.Metadata))
	for k := range n.v.Metadata {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys[:min(len(keys), most)] {
		raw := n.v.Metadata[k]
		var value string
		isText := json.Unmarshal(raw, &value) == nil
		var list []string
		switch {
		case isText && strings.HasPrefix(k, noteKey):
			o.Notes = append(o.Notes, order.Note{At: o.CreatedAt, Kind: "note", Text: text.Limit(text.CleanLines(value), 10_000)})
		case isText && customerNote.MatchString(k):
			if v := text.Limit(text.CleanLines(value), 10_000); v != "" {
				o.CustomerNote = strings.TrimPrefix(o.CustomerNote+"\n"+v, "\n")
			}
		case strings.EqualFold(k, "tags") && json.Unmarshal(raw, &list) == nil:
			for _, t := range list {
				o.Tags = appendNew(o.Tags, clean(t))
			}
		case k == draftKey:
		case string(raw) != "null":
			if !isText {
				value = string(raw)
			}
			o.Notes = append(o.Notes, order.Note{At: o.CreatedAt, Kind: "field", Text: clean(fmt.Sprintf("%s: %s", k, value))})
		}
	}
}
