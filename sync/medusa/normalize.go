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
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// asked is what is asked for of an order: the default fields have neither e-mail nor currency, and a list's not even
// addresses.
const asked = "id,display_id,status,payment_status,fulfillment_status,email,currency_code,created_at,updated_at,canceled_at," +
	"total,item_total,shipping_total,tax_total,discount_total,metadata,locale,version,summary,*customer,*sales_channel," +
	"*items,*items.detail,*items.tax_lines,*items.adjustments,*shipping_address,*billing_address,*shipping_methods," +
	"*shipping_methods.tax_lines,*shipping_methods.adjustments,*fulfillments,*fulfillments.items,*fulfillments.labels," +
	"*payment_collections,*payment_collections.payments,*payment_collections.payments.captures,*payment_collections.payments.refunds"

// glanced is what shows whether an order has changed.
const glanced = "id,status,payment_status,fulfillment_status,updated_at"

// fields are those of an order, or of a draft; and, as far as it goes, those of a payment.
type fields struct {
	ID            string                     `json:"id"`
	Number        json.Number                `json:"display_id"`
	Status        string                     `json:"status"`
	PaymentStatus string                     `json:"payment_status"`
	Fulfilment    string                     `json:"fulfillment_status"`
	Email         string                     `json:"email"`
	Currency      string                     `json:"currency_code"`
	CreatedAt     time.Time                  `json:"created_at"`
	UpdatedAt     time.Time                  `json:"updated_at"`
	Locale        string                     `json:"locale"`
	Metadata      map[string]json.RawMessage `json:"metadata"`
	Customer      *customer                  `json:"customer"`
	Channel       *named                     `json:"sales_channel"`
	Items         *[]lineItem                `json:"items"`
	ShipTo        *address                   `json:"shipping_address"`
	BillTo        *address                   `json:"billing_address"`
	Methods       []method                   `json:"shipping_methods"`
	Fulfilments   []fulfilment               `json:"fulfillments"`
	Collections   []collection               `json:"payment_collections"`

	// Of a payment: where it belongs to.
	Collection *struct {
		Order *struct {
			ID string `json:"id"`
		} `json:"order"`
	} `json:"payment_collection"`
}

type named struct {
	Name string `json:"name"`
}

type customer struct {
	ID      string `json:"id"`
	First   string `json:"first_name"`
	Last    string `json:"last_name"`
	Company string `json:"company_name"`
	Phone   string `json:"phone"`
	Email   string `json:"email"`
}

type address struct {
	First    string `json:"first_name"`
	Last     string `json:"last_name"`
	Company  string `json:"company"`
	Line1    string `json:"address_1"`
	Line2    string `json:"address_2"`
	City     string `json:"city"`
	Province string `json:"province"`
	Postal   string `json:"postal_code"`
	Country  string `json:"country_code"`
	Phone    string `json:"phone"`
}

// exact is an amount as a text, which stands beside the number that was made of it.
type exact struct {
	Value digits `json:"value"`
}

// digits are a number that is written as a text, or as a number.
type digits string

// UnmarshalJSON implements json.Unmarshaler.
func (d *digits) UnmarshalJSON(data []byte) error {
	*d = digits(strings.Trim(string(data), `"`))
	return nil
}

// priced is what lines and ways of sending have in common.
type priced struct {
	TaxIncluded bool        `json:"is_tax_inclusive"`
	Total       json.Number `json:"total"`
	RawTotal    *exact      `json:"raw_total"`
	Tax         json.Number `json:"tax_total"`
	RawTax      *exact      `json:"raw_tax_total"`
	Original    json.Number `json:"original_total"`
	RawOriginal *exact      `json:"raw_original_total"`
	OrigTax     json.Number `json:"original_tax_total"`
	RawOrigTax  *exact      `json:"raw_original_tax_total"`
	Adjustments []struct {
		Code string `json:"code"`
	} `json:"adjustments"`
}

type lineItem struct {
	priced
	ID        string      `json:"id"`
	Title     string      `json:"title"`
	Subtitle  string      `json:"subtitle"`
	Thumbnail string      `json:"thumbnail"`
	VariantID string      `json:"variant_id"`
	ProductID string      `json:"product_id"`
	Product   string      `json:"product_title"`
	SKU       string      `json:"variant_sku"`
	Variant   string      `json:"variant_title"`
	Ships     *bool       `json:"requires_shipping"`
	Price     json.Number `json:"unit_price"`
	RawPrice  *exact      `json:"raw_unit_price"`
	Quantity  json.Number `json:"quantity"`
	Detail    *struct {
		Fulfilled  json.Number `json:"fulfilled_quantity"`
		Shipped    json.Number `json:"shipped_quantity"`
		Delivered  json.Number `json:"delivered_quantity"`
		Returned   json.Number `json:"return_received_quantity"`
		WrittenOff json.Number `json:"written_off_quantity"`
	} `json:"detail"`
}

type method struct {
	priced
	Name   string `json:"name"`
	Option string `json:"shipping_option_id"`
}

type fulfilment struct {
	ID        string     `json:"id"`
	CreatedAt time.Time  `json:"created_at"`
	Packed    *time.Time `json:"packed_at"`
	Shipped   *time.Time `json:"shipped_at"`
	Delivered *time.Time `json:"delivered_at"`
	Canceled  *time.Time `json:"canceled_at"`
	Provider  string     `json:"provider_id"`
	Items     []struct {
		Line     string      `json:"line_item_id"`
		Quantity json.Number `json:"quantity"`
	} `json:"items"`
	Labels []label `json:"labels"`
}

type label struct {
	Number string `json:"tracking_number"`
	URL    string `json:"tracking_url"`
}

func (f *fulfilment) sent() bool { return f.Shipped != nil || f.Delivered != nil }

type collection struct {
	ID        string      `json:"id"`
	Status    string      `json:"status"`
	Amount    json.Number `json:"amount"`
	RawAmount *exact      `json:"raw_amount"`
	Payments  []payment   `json:"payments"`
}

type payment struct {
	ID        string      `json:"id"`
	Provider  string      `json:"provider_id"`
	CreatedAt time.Time   `json:"created_at"`
	Captured  *time.Time  `json:"captured_at"`
	Canceled  *time.Time  `json:"canceled_at"`
	Amount    json.Number `json:"amount"`
	RawAmount *exact      `json:"raw_amount"`
	Captures  []moved     `json:"captures"`
	Refunds   []moved     `json:"refunds"`
}

// moved is money that was taken or given back.
type moved struct {
	ID        string      `json:"id"`
	At        time.Time   `json:"created_at"`
	Amount    json.Number `json:"amount"`
	RawAmount *exact      `json:"raw_amount"`
	Note      string      `json:"note"`
	Reason    *struct {
		Label string `json:"label"`
	} `json:"refund_reason"`
}

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
