package jumpseller

import (
	"cmp"
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// loose is a text that may come as a number, a truth value or null: Jumpseller's own samples disagree with its
// description here and there.
type loose string

// UnmarshalJSON implements json.Unmarshaler.
func (l *loose) UnmarshalJSON(data []byte) error {
	switch {
	case string(data) == "null":
		*l = ""
	case data[0] == '"':
		var s string
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		*l = loose(s)
	case data[0] == '{' || data[0] == '[': // nothing that we can use
		*l = ""
	default:
		*l = loose(data)
	}
	return nil
}

// wrapped is an order as it comes, in an object of its own.
type wrapped struct {
	Order *fields `json:"order"`
}

type fields struct {
	ID             loose     `json:"id"`
	CreatedAt      loose     `json:"created_at"`
	CompletedAt    loose     `json:"completed_at"`
	Currency       loose     `json:"currency"`
	Subtotal       loose     `json:"subtotal"`
	Tax            loose     `json:"tax"`
	ShippingTax    loose     `json:"shipping_tax"`
	Shipping       loose     `json:"shipping"`
	Total          loose     `json:"total"`
	Discount       loose     `json:"discount"`
	ShipDiscount   loose     `json:"shipping_discount"`
	GiftCards      loose     `json:"gift_cards_discount"`
	Ships          *bool     `json:"shipping_required"`
	Status         loose     `json:"status_enum"`
	StatusName     loose     `json:"status"`
	Fulfilment     loose     `json:"fulfillment_status"`
	Shipment       loose     `json:"shipment_status_enum"`
	ShippingMethod loose     `json:"shipping_method_name"`
	PaymentMethod  loose     `json:"payment_method_name"`
	PaymentRef     loose     `json:"payment_notification_id"`
	Note           loose     `json:"additional_information"`
	Coupons        loose     `json:"coupons"`
	Checkout       loose     `json:"checkout_url"`
	Duplicate      loose     `json:"duplicate_url"`
	Tracking       loose     `json:"tracking_number"`
	Carrier        loose     `json:"tracking_company"`
	TrackingURL    loose     `json:"tracking_url"`
	Source         source    `json:"source"`
	Customer       *customer `json:"customer"`
	ShipTo         *address  `json:"shipping_address"`
	BillTo         *address  `json:"billing_address"`
	Products       []product `json:"products"`
	Extra          []struct {
		Label loose `json:"label"`
		Value loose `json:"value"`
	} `json:"additional_fields"`
}

type source struct {
	From loose `json:"created_from"`
}

type customer struct {
	ID     loose `json:"id"`
	Email  loose `json:"email"`
	Name   loose `json:"fullname"`
	Phone  loose `json:"phone"`
	Prefix loose `json:"phone_prefix"`
}

type address struct {
	Name         loose `json:"name"`
	Surname      loose `json:"surname"`
	Address      loose `json:"address"`
	StreetNumber loose `json:"street_number"`
	Complement   loose `json:"complement"`
	City         loose `json:"city"`
	Postal       loose `json:"postal"`
	Municipality loose `json:"municipality"`
	Neighbour    loose `json:"neighbourhood"`
	Region       loose `json:"region"`
	Country      loose `json:"country"`
	CountryCode  loose `json:"country_code"`
	TaxID        loose `json:"taxid"`
}

type product struct {
	ID       loose `json:"id"`
	Variant  loose `json:"variant_id"`
	SKU      loose `json:"sku"`
	Name     loose `json:"name"`
	Quantity loose `json:"qty"`
	Price    loose `json:"price"`
	Discount loose `json:"discount"`
	Image    loose `json:"image"`
	Type     loose `json:"type"`
}

// normalize says an order of Jumpseller in Orderdeck's words. It is pure: the same answer gives the same order.
func normalize(v *fields, s *shop) order.Order {
	n := normalizer{v: v, currency: cmp.Or(strings.ToUpper(clean(v.Currency)), s.currency)}
	o := order.Order{
		ExternalID: clean(v.ID), Number: clean(v.ID), Currency: n.currency, Lifecycle: order.LifecycleOpen,
		Refund: order.CaseNone, Resend: order.ResendNone, Source: cmp.Or(clean(v.Source.From), "web"),
		RawStatus:      strings.Trim(clean(cmp.Or(v.Status, v.StatusName))+", "+clean(v.Shipment), ", "),
		CustomerNote:   text.Limit(text.CleanLines(string(v.Note)), 10_000),
		PaymentMethod:  clean(v.PaymentMethod),
		ShippingMethod: clean(v.ShippingMethod),
		AdminURL:       "",
	}
	o.CreatedAt = instant(v.CreatedAt)
	o.UpdatedAt = o.CreatedAt
	if done := instant(v.CompletedAt); done.After(o.UpdatedAt) {
		o.UpdatedAt = done
	}
	for _, c := range strings.Split(clean(v.Coupons), ",") {
		if c = strings.TrimSpace(c); c != "" {
			o.DiscountCodes = append(o.DiscountCodes, c)
		}
	}
	for _, f := range v.Extra {
		if f.Value != "" {
			o.Notes = append(o.Notes, order.Note{At: o.CreatedAt, Kind: "field", Text: clean(f.Label) + ": " + clean(f.Value)})
		}
	}
	n.people(&o)
	n.lines(&o)
	n.totals(&o)
	n.states(&o)
	return o
}

type normalizer struct {
	v        *fields
	currency string
}

func clean(l loose) string { return text.Limit(text.Clean(string(l)), 1000) }

// instant reads "2023-02-10 13:56:35 UTC".
func instant(l loose) time.Time {
	for _, layout := range []string{"2006-01-02 15:04:05 MST", time.RFC3339} {
		if t, err := time.Parse(layout, string(l)); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// money reads an amount that was a floating-point number on the other side: what such a number cannot say exactly, such
// as 9.809999999999999, is rounded away far behind the currency's decimals before the rest is taken as it is.
func (n normalizer) money(l loose) order.Money {
	zero := order.New(0, n.currency)
	if len(l) > 40 {
		return zero
	}
	if i := strings.IndexAny(string(l), "eE"); i >= 0 { // an exponent that nobody needs could take all memory
		if e, err := strconv.Atoi(string(l[i+1:])); err != nil || e > 18 || e < -18 {
			return zero
		}
	}
	r, ok := new(big.Rat).SetString(string(l))
	if !ok {
		return zero
	}
	exact := strings.TrimRight(strings.TrimRight(r.FloatString(order.Exponent(n.currency)+4), "0"), ".")
	m, err := order.ParseMoney(cmp.Or(exact, "0"), n.currency)
	if err != nil {
		return zero
	}
	return m
}

func (n normalizer) people(o *order.Order) {
	o.Shipping, o.Billing = n.v.ShipTo.normal(), n.v.BillTo.normal()
	c := n.v.Customer
	if c == nil {
		c = &customer{}
	}
	phone := clean(c.Phone)
	if prefix := clean(c.Prefix); prefix != "" && phone != "" && !strings.HasPrefix(phone, "+") {
		phone = "+" + strings.TrimPrefix(prefix, "+") + " " + phone
	}
	o.Customer = order.Customer{
		ExternalID: clean(c.ID), Name: cmp.Or(clean(c.Name), o.Shipping.Name, o.Billing.Name), Email: clean(c.Email), Phone: phone,
	}
	if n.v.BillTo != nil {
		o.Customer.TaxID = clean(n.v.BillTo.TaxID)
	}
	if !o.Shipping.IsZero() && o.Shipping.Phone == "" {
		o.Shipping.Phone = phone
	}
}

func (a *address) normal() order.Address {
	if a == nil {
		return order.Address{}
	}
	line2 := strings.Trim(clean(a.Complement)+", "+clean(a.Neighbour), ", ")
	return order.Address{
		Name:  strings.TrimSpace(clean(a.Name) + " " + clean(a.Surname)),
		Line1: strings.TrimSpace(clean(a.Address) + " " + clean(a.StreetNumber)), Line2: line2,
		City: cmp.Or(clean(a.City), clean(a.Municipality)), Province: clean(a.Region), PostalCode: clean(a.Postal),
		Country: strings.ToUpper(clean(a.CountryCode)), CountryName: clean(a.Country),
	}
}

func (n normalizer) lines(o *order.Order) {
	for i := range n.v.Products {
		p := &n.v.Products[i]
		q, err := order.ParseQuantity(string(p.Quantity))
		if err != nil || q < 0 {
			q = order.Units(1)
		}
		l := order.Line{
			ExternalID: strconv.Itoa(i + 1), // a line has no id of its own
			ProductID:  p.id(), SKU: clean(p.SKU), Title: cmp.Or(clean(p.Name), clean(p.SKU), clean(p.ID)),
			Quantity: q, UnitPrice: n.money(p.Price), Discount: n.money(p.Discount),
			Digital: n.v.Ships != nil && !*n.v.Ships || p.Type == "digital",
		}
		if u := clean(p.Image); strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
			l.ImageURL = u
		}
		l.Total = l.UnitPrice
		if gross, err := l.UnitPrice.Times(q); err == nil {
			l.Total = gross
			if rest, err := gross.Sub(l.Discount); err == nil {
				l.Total = rest
			}
		}
		o.Lines = append(o.Lines, l)
	}
}

// id is the product's, with a slash and the variant's behind it where it has one: a new order needs both.
func (p *product) id() string {
	id, variant := clean(p.ID), clean(p.Variant)
	if variant == "" || variant == "0" {
		return id
	}
	return id + "/" + variant
}

// totals reads what the order comes to. Of three kinds of discounts it is not said which of them the others contain; what
// makes the total is taken.
func (n normalizer) totals(o *order.Order) {
	v := n.v
	o.Subtotal, o.ShippingCost, o.Total = n.money(v.Subtotal), n.money(v.Shipping), n.money(v.Total)
	o.Tax = n.money(v.Tax)
	if sum, err := o.Tax.Add(n.money(v.ShippingTax)); err == nil {
		o.Tax = sum
	}
	discount, ship, gift := n.money(v.Discount).Minor, n.money(v.ShipDiscount).Minor, n.money(v.GiftCards).Minor
	o.Discount = order.New(discount+ship+gift, n.currency)
	for _, d := range []int64{discount + ship + gift, discount + ship, discount + gift, discount} {
		if o.Subtotal.Minor+o.ShippingCost.Minor+o.Tax.Minor-d == o.Total.Minor {
			o.Discount.Minor = d
			break
		}
	}
	o.Refunded = order.New(0, n.currency)
}

// states reads status_enum and shipment_status_enum. The words without "enum" are in the language of the store.
func (n normalizer) states(o *order.Order) {
	o.Paid = order.New(0, n.currency)
	status := cmp.Or(n.v.Status, n.v.StatusName)
	switch strings.ReplaceAll(strings.ToLower(string(status)), " ", "_") {
	case "paid":
		o.CustomerPayment, o.Paid = order.PaymentPaid, o.Total
		o.Payments = []order.Payment{{
			ExternalID: "1", At: o.UpdatedAt, Method: o.PaymentMethod, State: clean(status), Amount: o.Total, Settled: true, Reference: clean(n.v.PaymentRef),
		}}
	case "pending_payment", "created", "open":
		o.CustomerPayment = order.PaymentPending
	case "canceled", "cancelled":
		o.CustomerPayment, o.Lifecycle = order.PaymentVoided, order.LifecycleCancelled
	case "abandoned": // a cart that was left: nothing to work on, but it may still be taken up
		o.CustomerPayment, o.Archived = order.PaymentDraft, true
	default:
		o.CustomerPayment, o.UnknownStatus = order.PaymentPending, true
	}
	o.Fulfilment = order.Unfulfilled
	switch strings.ToLower(string(n.v.Shipment)) {
	case "", "unfulfilled":
		if n.v.Fulfilment == "fulfilled" {
			o.Fulfilment = order.Fulfilled
		}
	case "requested":
		o.Fulfilment = order.FulfilmentRequested
	case "in_transit", "fulfilled":
		o.Fulfilment = order.Fulfilled
	case "delivered":
		o.Fulfilment = order.FulfilmentDelivered
	case "failed", "pickup_available":
		o.Fulfilment = order.FulfilmentInProgress
	default:
		o.UnknownStatus = true
	}
	n.parcel(o)
}

// parcel makes the one parcel that an order has there. It is for the whole order.
func (n normalizer) parcel(o *order.Order) {
	sent := o.Fulfilment == order.Fulfilled || o.Fulfilment == order.FulfilmentDelivered
	tracking := clean(n.v.Tracking)
	if !sent && tracking == "" {
		return
	}
	s := order.Shipment{
		ExternalID: "1", At: o.UpdatedAt, State: clean(n.v.Shipment), Live: true, Shipped: sent, Delivered: o.Fulfilment == order.FulfilmentDelivered,
		Carrier: clean(n.v.Carrier), Tracking: tracking,
	}
	if u := clean(n.v.TrackingURL); strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
		s.URL = u
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if sent {
			l.Fulfilled = l.Quantity
		}
		s.Lines = append(s.Lines, order.ShipmentLine{LineID: l.ExternalID, Quantity: l.Quantity})
	}
	o.Fulfilments = []order.Shipment{s}
}

// jsonNumber writes an amount as the number that Jumpseller wants, with the currency's decimals and no others.
func jsonNumber(m order.Money) json.Number { return json.Number(m.Decimal()) }
