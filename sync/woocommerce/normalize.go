package woocommerce

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// glance is what a quick look at an order shows.
type glance struct {
	ID       loose          `json:"id"`
	Status   loose          `json:"status"`
	Total    loose          `json:"total"`
	Modified loose          `json:"date_modified_gmt"`
	Refunds  list[refunded] `json:"refunds"`
}

// glanceFields asks for no more than that.
const glanceFields = "id,status,total,date_modified_gmt,refunds"

type refunded struct {
	ID     loose `json:"id"`
	Reason loose `json:"reason"`
	Total  loose `json:"total"` // "-1.00"
}

// fingerprint is short, and another one after nearly every change. That of the status and the total is seen where
// date_modified_gmt is not moved: when a refund is deleted, or lines are edited.
func (g *glance) fingerprint() string {
	h := sha256.New()
	for _, part := range []loose{g.Modified, g.Status, g.Total} {
		h.Write([]byte(part + "\n"))
	}
	for i := range g.Refunds {
		h.Write([]byte(g.Refunds[i].ID + "\n"))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:12])
}

// number is the order's id as a number; 0 = it has none.
func (g *glance) number() int64 {
	n, err := strconv.ParseInt(string(g.ID), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

type fields struct {
	glance
	Number        loose          `json:"number"`
	Currency      loose          `json:"currency"`
	CreatedVia    loose          `json:"created_via"`
	Created       loose          `json:"date_created_gmt"`
	CreatedHere   loose          `json:"date_created"` // in the store's zone
	PaidAt        loose          `json:"date_paid_gmt"`
	CompletedAt   loose          `json:"date_completed_gmt"`
	Discount      loose          `json:"discount_total"`
	Shipping      loose          `json:"shipping_total"`
	Tax           loose          `json:"total_tax"`
	CustomerID    loose          `json:"customer_id"`
	Note          loose          `json:"customer_note"`
	Billing       thing[address] `json:"billing"`
	ShipTo        thing[address] `json:"shipping"`
	Method        loose          `json:"payment_method"`
	MethodTitle   loose          `json:"payment_method_title"`
	Transaction   loose          `json:"transaction_id"`
	Meta          list[meta]     `json:"meta_data"`
	Lines         list[line]     `json:"line_items"`
	ShippingLines list[extra]    `json:"shipping_lines"`
	Fees          list[extra]    `json:"fee_lines"`
	Coupons       list[extra]    `json:"coupon_lines"`
	PaymentURL    loose          `json:"payment_url"`
	Processing    *bool          `json:"needs_processing"`

	core list[coreParcel] // the store's own fulfilments, which come by themselves
}

type address struct {
	First    loose `json:"first_name"`
	Last     loose `json:"last_name"`
	Company  loose `json:"company"`
	Line1    loose `json:"address_1"`
	Line2    loose `json:"address_2"`
	City     loose `json:"city"`
	State    loose `json:"state"`
	Postcode loose `json:"postcode"`
	Country  loose `json:"country"`
	Email    loose `json:"email"`
	Phone    loose `json:"phone"`
}

type meta struct {
	Key          loose           `json:"key"`
	Value        json.RawMessage `json:"value"`
	DisplayKey   loose           `json:"display_key"`
	DisplayValue loose           `json:"display_value"`
}

type line struct {
	ID        loose      `json:"id"`
	Name      loose      `json:"name"`
	Parent    loose      `json:"parent_name"`
	Product   loose      `json:"product_id"`
	Variation loose      `json:"variation_id"`
	Quantity  loose      `json:"quantity"`
	Subtotal  loose      `json:"subtotal"`
	Total     loose      `json:"total"`
	TotalTax  loose      `json:"total_tax"`
	SKU       loose      `json:"sku"`
	Meta      list[meta] `json:"meta_data"`
	Image     thing[pic] `json:"image"`
	Taxes     list[struct {
		ID    loose `json:"id"`
		Total loose `json:"total"`
	}] `json:"taxes"`
}

type pic struct {
	Src loose `json:"src"`
}

type extra struct {
	Name  loose `json:"name"`
	Title loose `json:"method_title"`
	Code  loose `json:"code"`
	Total loose `json:"total"`
}

// The statuses of core, as REST writes them.
const (
	statusPending    = "pending"
	statusProcessing = "processing"
	statusHold       = "on-hold"
	statusCompleted  = "completed"
	statusCancelled  = "cancelled"
	statusRefunded   = "refunded"
	statusFailed     = "failed"
	statusTrash      = "trash"
)

// normalizer says an order of WooCommerce in Orderdeck's words. It is pure: the same answer gives the same order.
type normalizer struct {
	v        *fields
	s        *shop
	base     string // the site's address, for links
	currency string
	returned map[string]order.Quantity // refunded quantities by line; only of orders that are still worked on
}

func (n normalizer) order() order.Order {
	v := n.v
	n.currency = strings.ToUpper(clean(v.Currency))
	o := order.Order{
		ExternalID: clean(v.ID), Number: strings.TrimPrefix(clean(cmp.Or(v.Number, v.ID)), "#"), Currency: n.currency,
		Lifecycle: order.LifecycleOpen, Refund: order.CaseNone, Resend: order.ResendNone, RawStatus: clean(v.Status),
		CustomerNote: text.Limit(text.CleanLines(string(v.Note)), 10_000), PaymentMethod: plain(cmp.Or(v.MethodTitle, v.Method)),
		CashOnDelivery: v.Method == "cod", Fingerprint: v.fingerprint(), CreatedAt: n.created(), UpdatedAt: instant(v.Modified),
	}
	switch via := clean(v.CreatedVia); {
	case via == "checkout", via == "store-api", via == "":
		o.Source = "web"
	case strings.HasPrefix(via, "pos"):
		o.Source = "pos"
	default:
		o.Source = via
	}
	if o.UpdatedAt.IsZero() {
		o.UpdatedAt = o.CreatedAt
	}
	var ways []string
	for i := range v.ShippingLines {
		if w := plain(v.ShippingLines[i].Title); w != "" {
			ways = append(ways, w)
		}
	}
	o.ShippingMethod = strings.Join(ways, ", ")
	for i := range v.Coupons {
		if c := plain(v.Coupons[i].Code); c != "" {
			o.DiscountCodes = append(o.DiscountCodes, c)
		}
	}
	if n.base != "" && v.number() > 0 {
		o.AdminURL = n.base + "/wp-admin/post.php?post=" + string(v.ID) + "&action=edit"
	}
	n.people(&o)
	n.lines(&o)
	n.totals(&o)
	n.states(&o)
	n.parcels(&o)
	return o
}

func (a *address) normal() order.Address {
	return order.Address{
		Name: strings.TrimSpace(clean(a.First) + " " + clean(a.Last)), Company: clean(a.Company), Line1: clean(a.Line1), Line2: clean(a.Line2),
		City: clean(a.City), Province: clean(a.State), PostalCode: clean(a.Postcode), Country: strings.ToUpper(clean(a.Country)), Phone: clean(a.Phone),
	}
}

// taxIDs are the names under which the common plugins keep a customer's tax number.
var taxIDs = []string{
	"_billing_vat_number", "_vat_number", "vat_number", "_billing_vat", "billing_vat", "_billing_eu_vat_number", "_billing_nif", "billing_nif",
	"_billing_cpf", "_billing_cnpj", "_billing_tax_id",
}

func (n normalizer) people(o *order.Order) {
	b := &n.v.Billing.v
	o.Billing, o.Shipping = b.normal(), n.v.ShipTo.v.normal()
	o.Customer = order.Customer{
		Name: cmp.Or(o.Billing.Name, o.Shipping.Name), Email: clean(b.Email), Phone: cmp.Or(o.Billing.Phone, o.Shipping.Phone), Company: o.Billing.Company,
	}
	if id := clean(n.v.CustomerID); id != "0" { // 0 = a guest
		o.Customer.ExternalID = id
	}
	if !o.Shipping.IsZero() && o.Shipping.Phone == "" {
		o.Shipping.Phone = o.Billing.Phone
	}
	for i := range n.v.Meta {
		if m := &n.v.Meta[i]; slices.Contains(taxIDs, string(m.Key)) && o.Customer.TaxID == "" {
			o.Customer.TaxID = clean(m.text())
		}
	}
}

// text is the value where it is a plain one.
func (m *meta) text() loose {
	var l loose
	if len(m.Value) == 0 || json.Unmarshal(m.Value, &l) != nil {
		return ""
	}
	return l
}

func (n normalizer) lines(o *order.Order) {
	// A store says of the whole order alone whether anything of it has to be sent.
	digital := n.v.Processing != nil && !*n.v.Processing
	for i := range n.v.Lines {
		v := &n.v.Lines[i]
		l := order.Line{
			ExternalID: clean(v.ID), SKU: clean(v.SKU), Title: plain(v.Name), Variant: variant(v.Meta), Quantity: quantity(v.Quantity),
			Tax: n.money(v.TotalTax), Total: n.money(v.Total), Digital: digital,
		}
		l.Refunded = max(0, min(n.returned[string(v.ID)], l.Quantity)) // a store takes any number
		if parent := plain(v.Parent); l.Variant != "" && parent != "" {
			l.Title = parent // else the variant would be said twice
		}
		if id := clean(v.Variation); id != "" && id != "0" {
			l.ProductID = id
		} else if id := clean(v.Product); id != "0" {
			l.ProductID = id
		}
		if u := clean(v.Image.v.Src); strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
			l.ImageURL = u
		}
		n.prices(v, &l)
		o.Lines = append(o.Lines, l)
	}
}

// prices makes a unit price of what the line comes to: the "price" of the answer is a floating-point number, after
// discounts.
func (n normalizer) prices(v *line, l *order.Line) {
	before, raw := n.money(v.Subtotal), v.Subtotal
	if before.Minor < l.Total.Minor { // raised by hand
		before, raw = l.Total, v.Total
	}
	l.Discount, l.UnitPrice = order.New(before.Minor-l.Total.Minor, n.currency), before
	if r, ok := rational(raw); ok && l.Quantity > 0 && l.Quantity != order.Units(1) {
		l.UnitPrice = n.ratio(r.Quo(r, big.NewRat(int64(l.Quantity), int64(order.Units(1)))))
	}
}

// variant is what was chosen, from what the line shows; what begins with _ is the store's own.
func variant(all list[meta]) string {
	var parts []string
	for i := range all {
		m := &all[i]
		if m.Key == "" || strings.HasPrefix(string(m.Key), "_") {
			continue
		}
		value := plain(m.DisplayValue)
		if value == "" {
			value = plain(m.text())
		}
		if value != "" {
			parts = append(parts, plain(cmp.Or(m.DisplayKey, m.Key))+": "+value)
		}
	}
	return text.Limit(strings.Join(parts, ", "), 1000)
}

// totals reads what the order comes to. Lines, shipping and fees are without tax, however the shop writes its prices; the
// total is what was agreed, and is not lowered by refunds.
func (n normalizer) totals(o *order.Order) {
	v := n.v
	o.Discount, o.ShippingCost, o.Tax, o.Total = n.money(v.Discount), n.money(v.Shipping), n.money(v.Tax), n.money(v.Total)
	o.Subtotal, o.Refunded = order.New(0, n.currency), order.New(0, n.currency)
	lines := order.New(0, n.currency)
	for i := range v.Lines {
		if sum, err := o.Subtotal.Add(n.money(v.Lines[i].Subtotal)); err == nil {
			o.Subtotal = sum
		}
		if sum, err := lines.Add(o.Lines[i].Total); err == nil {
			lines = sum
		}
	}
	// A price that was changed by hand is a discount, or a raise, that discount_total does not have.
	if rest := o.Subtotal.Minor - lines.Minor; rest != o.Discount.Minor {
		if rest < 0 {
			o.Subtotal, rest = lines, 0
		}
		o.Discount = order.New(rest, n.currency)
	}
	for i := range v.Fees {
		if m := n.money(v.Fees[i].Total); !m.IsZero() {
			o.Adjustments = append(o.Adjustments, order.Adjustment{Title: cmp.Or(plain(v.Fees[i].Name), "Fee"), Amount: m})
		}
	}
	for i := range v.Refunds {
		r := &v.Refunds[i]
		m := n.money(r.Total)
		if m.Minor = -m.Minor; m.Exact != "" {
			m.Exact = strings.TrimPrefix(m.Exact, "-")
		}
		if sum, err := o.Refunded.Add(m); err == nil {
			o.Refunded = sum
		}
		o.Refunds = append(o.Refunds, order.Refund{ExternalID: clean(r.ID), State: statusRefunded, Amount: m, Settled: true, Reason: plain(r.Reason)})
	}
}

// states reads the one status that an order has. It says nothing of the payment, which has a date of its own.
func (n normalizer) states(o *order.Order) {
	paidAt := instant(n.v.PaidAt)
	paid := !paidAt.IsZero()
	o.Paid, o.CustomerPayment, o.Fulfilment = order.New(0, n.currency), order.PaymentPending, order.Unfulfilled
	sent := !instant(n.v.CompletedAt).IsZero()
	status := string(n.v.Status)
	switch status {
	case statusPending, statusHold, statusProcessing:
		sent = false
	case statusCompleted:
		sent = true
	case statusCancelled:
		o.Lifecycle, o.CustomerPayment, sent = order.LifecycleCancelled, order.PaymentVoided, false
	case statusRefunded:
		paid = true // a refund is no refund of nothing; the date is missing where it was set by hand
	case statusFailed:
		o.CustomerPayment = order.PaymentFailed
	case statusTrash:
		o.Lifecycle = order.LifecycleDeleted
	case "checkout-draft", "auto-draft": // a cart at the checkout, nothing to work on: it becomes an order when it is paid
		o.CustomerPayment, o.Archived = order.PaymentDraft, true
	case "shipped", "delivered": // of the common tracking plugins
		sent = true
	case "partial-shipped", "partially-shipped":
		sent, o.Fulfilment = false, order.FulfilmentPartial
	default:
		if _, named := n.s.statuses[status]; !named {
			o.UnknownStatus = true
		}
		sent = false
	}
	if paid {
		o.CustomerPayment, o.Paid = order.PaymentPaid, o.Total
		o.Payments = []order.Payment{{
			ExternalID: cmp.Or(clean(n.v.Transaction), "1"), At: paidAt, Method: o.PaymentMethod, State: "paid", Amount: o.Total, Settled: true,
			Reference: clean(n.v.Transaction),
		}}
		switch {
		case status == statusRefunded, o.Total.Minor > 0 && o.Refunded.Minor >= o.Total.Minor:
			o.CustomerPayment = order.PaymentRefunded
		case o.Refunded.Minor > 0:
			o.CustomerPayment = order.PaymentPartiallyRefunded
		}
	}
	switch {
	case status == statusRefunded:
		o.Refund = order.CasePaid
	case o.Refunded.Minor > 0 && o.Refunded.Minor < o.Total.Minor:
		o.Refund = order.CasePaidPartial
	case o.Refunded.Minor > 0:
		o.Refund = order.CasePaid
	}
	switch {
	case status == "delivered":
		o.Fulfilment = order.FulfilmentDelivered
	case sent:
		o.Fulfilment = order.Fulfilled
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		switch {
		case sent:
			l.Fulfilled = l.Open()
		case status == statusRefunded:
			l.Refunded = l.Quantity
		}
	}
}
